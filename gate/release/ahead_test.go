// The target after a head start: a release that is newer than those from before the deploy, if it comes in time.

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
		{"a newer release is there", "ahead latest", "look: v41, v42; 20s begin; 20s look: v42, v43", "v43"},
		{"a release that was made just after the start", "ahead latest", "look: v42; 20s begin; look: v42, v43 +500ms", "v43"},
		{"a release that was made just before the start", "ahead latest", "look: v42; 20s begin; look: v42, v43 -1s", "none, newer than v43"},
		{"many releases from before", "ahead latest", "look: v2-v42; 20s begin; 21s look: v42", "none, newer than v42"},
		{"the first answer has an old date", "ahead latest", "clock -60s; look: v41, v42; clock +0s; 20s begin; 21s look: v42", "none, newer than v42"},
		{"a clock jumps ahead", "ahead latest", "look: v42; clock +600s; 20s begin; look: v42, v43", "v43"},
		{"no newer release is there", "ahead latest", "look: v41, v42; 20s begin; 21s look: v42", "none, newer than v42"},
		{"no newer release for less than a minute", "ahead latest", "look: v42; 20s begin; 79s look: v42", "none, newer than v42"},
		{"no newer release for a minute", "ahead latest", "look: v42; 20s begin; 80s look: v42", "v42, from before: the deploy made no release: v42 was the newest one"},
		{"an app without releases", "ahead latest", "look: ; 20s begin; 80s look: ", "none"},
		{"a newer release comes late", "ahead latest", "look: v42; 20s begin; 79s look: v42; 80s look: v42, v43 +70s", "v43"},
		{"the list was behind when the wait began", "ahead latest", "look: v42; 20s begin; 20s look: v42, v43; 30s look: v42, v43, v44 +19s", "v44"},
		{"a newer release that came after the wait began", "ahead latest", "look: v42; 20s begin; 20s look: v42, v43; 30s look: v42, v43, v44 +25s", "v43"},
		{"newer than a given version", "ahead >v41", "look: v42; 20s begin; 20s look: v42", "v42"},
		{"a version", "ahead v42", "look: v42; 20s begin; 20s look: v42", "v42, from before"},
		{"a version, before the wait begins", "ahead v42", "look: v42", "none"},
		{"a commit, before the wait begins", "ahead B", "look: v42; code s42 = B", "none"},
		{"a commit", "ahead B", "look: v42; 20s begin; 20s look: v42, v43; code s43 = B; code s42 = A", "v43"},
		{"a commit from before that other code has followed", "ahead B", "look: v42; 20s begin; 20s look: v42, v43; code s42 = B; code s43 = C", "none, tried before"},
		{"a commit that failed since the watch began", "ahead B", "look: v42; 20s begin; 20s look: v42, v43 failed; code s43 = B; builds:", "v43"},
		{"a commit that failed before", "ahead B", "look: v42 failed; 20s begin; 20s look: v42 failed; code s42 = B; builds:", "none, tried before"},
		{"a commit that failed before, and is not tried again", "ahead B", "look: v42 failed; 20s begin; 50s look: v42 failed; code s42 = B; builds:", "v42, from before"},
	}, func(s *subject) string {
		var parts []string
		r := s.Release()
		switch {
		case r == nil && s.AwaitsNewer():
			parts = append(parts, "none, newer than "+strings.TrimPrefix(s.Wish(), "a release newer than "))
		case r == nil && s.TriedBefore() != "":
			parts = append(parts, "none, tried before")
		case r == nil:
			parts = append(parts, "none")
		default:
			parts = append(parts, fmt.Sprintf("v%d", r.Version))
		}
		if s.MadeBefore() {
			parts = append(parts, "from before")
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

// There are no notices before the wait begins, and the newest release is only confirmed some time later.
func TestHeadStartIsQuiet(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"before the wait begins", "ahead B", "11s look: v42, v43; code s42 = B; code s43 = C", "quiet"},
		{"after the wait began", "ahead B", "11s look: v42, v43; code s42 = B; code s43 = C; 20s begin; 20s look: v42, v43", "1 notices"},
		{"a failure, and the list may be behind", "ahead B", "look: v42 failed; code s42 = B; 20s begin; 29s look: v42 failed", "quiet"},
		{"a failure", "ahead B", "look: v42 failed; code s42 = B; 20s begin; 31s look: v42 failed", "1 notices"},
		{"the newest release, and the list may be behind", "ahead latest", "look: v42; 20s begin; 29s look: v42, v43", "quiet, unconfirmed"},
		{"the newest release", "ahead latest", "look: v42; 20s begin; 30s look: v42, v43", "quiet"},
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
		{"only other code", "v42", code + "look: v41, v42, v43", "v0"},
		{"after other code", "v42", code + "look: v41, v42, v43, v44 s42", "v44"},
		{"before other code", "v42", code + "look: v41, v42, v43 s42, v44", "v0"},
		{"without other code", "v42", code + "look: v41, v42, v43 s42", "v43"},
	}, func(s *subject) string { return fmt.Sprintf("v%d", s.OwnAgain()) })
}
