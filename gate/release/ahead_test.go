// The target of a wait that has a head start: it is newer than what was there before, if that comes in time.

package release_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestHeadStart(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"before the wait begins", "ahead latest", "look: v41, v42; 10s look: v41, v42, v43", "none"},
		{"no look since then", "ahead latest", "look: v41, v42, v43; 20s begin", "none"},
		{"a new one is there", "ahead latest", "look: v41, v42; 20s begin; 20s look: v42, v43", "v43"},
		{"one that was made just after the start", "ahead latest", "look: v42; 20s begin; look: v42, v43 +500ms", "v43"},
		{"and one just before it", "ahead latest", "look: v42; 20s begin; look: v42, v43 -1s", "none, more new than v43"},
		{"many of before", "ahead latest", "look: v2-v42; 20s begin; 21s look: v42", "none, more new than v42"},
		{"the first answer has an old date", "ahead latest", "clock -60s; look: v41, v42; clock +0s; 20s begin; 21s look: v42", "none, more new than v42"},
		{"a clock jumps ahead", "ahead latest", "look: v42; clock +600s; 20s begin; look: v42, v43", "v43"},
		{"none is there", "ahead latest", "look: v41, v42; 20s begin; 21s look: v42", "none, more new than v42"},
		{"none has come in a minute", "ahead latest", "look: v42; 20s begin; 79s look: v42", "none, more new than v42"},
		{"none comes", "ahead latest", "look: v42; 20s begin; 80s look: v42", "v42, of before: the deploy made no release: v42 was the newest one"},
		{"none comes to a young app", "ahead latest", "look: ; 20s begin; 80s look: ", "none"},
		{"one comes late", "ahead latest", "look: v42; 20s begin; 79s look: v42; 80s look: v42, v43 +70s", "v43"},
		{"the list was behind when the wait began", "ahead latest", "look: v42; 20s begin; 20s look: v42, v43; 30s look: v42, v43, v44 +19s", "v44"},
		{"a newer one that came after that", "ahead latest", "look: v42; 20s begin; 20s look: v42, v43; 30s look: v42, v43, v44 +25s", "v43"},
		{"newer than one that is given", "ahead >v41", "look: v42; 20s begin; 20s look: v42", "v42"},
		{"a version", "ahead v42", "look: v42; 20s begin; 20s look: v42", "v42, of before"},
		{"a version, before the wait begins", "ahead v42", "look: v42", "none"},
		{"a commit, before the wait begins", "ahead B", "look: v42; code s42 = B", "none"},
		{"a commit", "ahead B", "look: v42; 20s begin; 20s look: v42, v43; code s43 = B; code s42 = A", "v43"},
		{"a commit of before that other code has followed since", "ahead B", "look: v42; 20s begin; 20s look: v42, v43; code s42 = B; code s43 = C", "none, tried before"},
		{"a commit that failed since the watch began", "ahead B", "look: v42; 20s begin; 20s look: v42, v43 failed; code s43 = B; builds:", "v43"},
		{"a commit that failed before", "ahead B", "look: v42 failed; 20s begin; 20s look: v42 failed; code s42 = B; builds:", "none, tried before"},
		{"a commit that failed before, and is not tried again", "ahead B", "look: v42 failed; 20s begin; 50s look: v42 failed; code s42 = B; builds:", "v42, of before"},
	}, func(s *subject) string {
		var parts []string
		r := s.Release()
		switch {
		case r == nil && s.AwaitsNewer():
			parts = append(parts, "none, more new than "+strings.TrimPrefix(s.Wish(), "a release newer than "))
		case r == nil && s.TriedBefore() != "":
			parts = append(parts, "none, tried before")
		case r == nil:
			parts = append(parts, "none")
		default:
			parts = append(parts, fmt.Sprintf("v%d", r.Version))
		}
		if s.MadeBefore() {
			parts = append(parts, "of before")
		}
		text := strings.Join(parts, ", ")
		for _, n := range s.Notices(s.last, s.now) {
			if notice, _, ok := strings.Cut(n, " before it, and still is "); ok {
				text += ": " + notice
			}
		}
		return text
	})
}

// Nothing is told before the wait begins, and the newest release is only confirmed some time after that.
func TestHeadStartIsQuiet(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"before", "ahead B", "11s look: v42, v43; code s42 = B; code s43 = C", "quiet"},
		{"after", "ahead B", "11s look: v42, v43; code s42 = B; code s43 = C; 20s begin; 20s look: v42, v43", "1 notices"},
		{"a failure is too fresh", "ahead B", "look: v42 failed; code s42 = B; 20s begin; 29s look: v42 failed", "quiet"},
		{"a failure", "ahead B", "look: v42 failed; code s42 = B; 20s begin; 31s look: v42 failed", "1 notices"},
		{"the newest, not confirmed yet", "ahead latest", "look: v42; 20s begin; 29s look: v42, v43", "quiet, unconfirmed"},
		{"the newest", "ahead latest", "look: v42; 20s begin; 30s look: v42, v43", "quiet"},
	}, func(s *subject) string {
		text := "quiet"
		if n := len(s.Notices(s.last, s.now)); n > 0 {
			text = fmt.Sprintf("%d notices", n)
		}
		if s.Unconfirmed() {
			text += ", unconfirmed"
		}
		return text
	})
}

func TestOwnAgain(t *testing.T) {
	t.Parallel()
	code := "code s41 = A; code s42 = B; code s43 = C; code s44 = D; "
	check(t, []row{
		{"none", "v42", code + "look: v41, v42, v43", "v0"},
		{"after other code", "v42", code + "look: v41, v42, v43, v44 s42", "v44"},
		{"before other code", "v42", code + "look: v41, v42, v43 s42, v44", "v0"},
		{"without other code", "v42", code + "look: v41, v42, v43 s42", "v43"},
	}, func(s *subject) string { return fmt.Sprintf("v%d", s.OwnAgain()) })
}
