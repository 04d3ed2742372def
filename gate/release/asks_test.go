// What the gate must request, by what it knows.

package release_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestReleasesToAsk(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"at first", "v42", "", "20"},
		{"the whole history is known", "r41", "look: v42, v43", "20"},
		{"a version is not reached yet", "v42", "look, cut: v44-v63", "41 and the history"},
		{"it is reached at last", "v42", "look, cut: v44-v63; 2s look, cut: v42-v63", "20"},
		{"it was reached before", "v42", "look, cut: v42-v63; 2s look, cut: v44-v63", "20"},
		{"the whole history was known before", "r41", "look: v42; 2s look, cut: v42, v43", "20"},
		{"there may be releases between two looks", "v42", "look: v42, v43; 2s look, cut: v45", "23 and the history"},
		{"the list is suddenly empty", "v42", "look, cut: v44-v63; 2s look:", "41 and the history"},
		{"an id is not found yet", "r1", "look, cut: v44-v63", "10000 and the history"},
		{"an id is not found, and no more releases are read", "r1", "look, cut: v10001-v20000", "20"},
		{"a version is too far back", "v1", "look, cut: v20000", "10000 and the history"},
		{"a commit is searched among the newest releases", "B", "look, cut: v41, v42", "20"},
		{"the log shows a newer release", "latest", "log v43; look, cut: v42", "20"},
		{"newer releases came", "latest", "look, cut: v42; 2s look, cut: v44-v63", "41 and the history"},
		{"the target has succeeded, and newer releases came", "v42", "look: v42-v50", "20"},
		{"the target is pending, and newer releases came", "v42", "look: v42 pending, v43-v50", "28"},
		{"code after the target may be from long before", "v42", "look, cut: v41, v42, v43; code s41 = A; code s42 = B; code s43 = C built -1h", "10000 and the history"},
		{"code after the target is not read yet", "v42", "look, cut: v41, v42, v43; code s41 = A; code s42 = B", "20"},
	}, func(s *subject) string {
		all := fmt.Sprint(s.ReleasesToAsk())
		if s.NeedsHistory() {
			all += " and the history"
		}
		return all
	})
}

func TestToAsk(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "latest", "", ""},
		{"a version", "v42", "", "42"},
		{"an id", "r42", "look: v41", "r42"},
		{"an id whose release is listed", "r42", "look: v42", "42"},
		{"the newest", "latest", "look: v42", "42"},
		{"a commit", "B", "look: v42", ""},
	}, func(s *subject) string { return s.ToAsk() })
}

func TestNeedsBuilds(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"a commit, and nothing is known", "B", "", "true"},
		{"a commit, and its release is not found", "B", "look: v42; builds:; code s42 = C", "true"},
		{"a commit, and its release is found", "B", "look: v42; code s42 = B", "false"},
		{"a version that is not there", "v42", "look: v41", "false"},
		{"a version that is old", "v41", "look: v41", "false"},
		{"the newest is young", "latest", "look: v42", "false"},
		{"the newest is old", "latest", "look: v41", "true"},
		{"the newest is old, and the builds are known", "latest", "look: v41; builds:", "false"},
	}, func(s *subject) string { return fmt.Sprint(s.NeedsBuilds()) })
}

func TestCodesToRead(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "B", "", ""},
		{"the target's code", "v42", "look: v41, v42", "s42"},
		{"the target's code is read", "v42", "look: v41, v42; code s42 =", ""},
		{"the target has no code", "v42", "look: v42 codeless", ""},
		{"the target is an image", "v42", "look: v42 image", "i42 (image)"},
		{"there is no target", "latest", "log v43; look: v42", ""},
		{"a commit is searched", "B", "look: v39 codeless, v40, v41, v42 s41, v43; code s43 = C", "s41 s40"},
		{"a commit is searched among the newest releases", "B", "look: v20-v42", "s42 s41 s40 s39 s38 s37 s36 s35 s34 s33"},
		{"a newer release", "v42", "look: v42, v43", "s42 s43"},
		{"the target's code was destroyed", "v40", "look: v40 expired", ""},
		{"a commit is searched, and some code was destroyed", "B", "look: v40 expired, v41, v42", "s42 s41"},
		{"a release of some code has expired, and another has not", "B", "look: v40 expired, v41 s40, v42", "s42 s40"},
		{"all releases of some code have expired", "B", "look: v40 expired, v41 s40 expired, v42", "s42"},
	}, func(s *subject) string {
		var all []string
		for _, c := range s.CodesToRead() {
			id := c.ID
			if c.Image {
				id += " (image)"
			}
			all = append(all, id)
		}
		return strings.Join(all, " ")
	})
}

func TestBuilds(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"no build", "B", "", "failed none, building false"},
		{"failed", "B", "30s look: v41; builds: failed B -1m", "failed B, building false"},
		{"failed, and may be tried again", "B", "29s look: v41; builds: failed B -1m", "failed none, building false"},
		{"failed while watched", "B", "2s look: v41; builds: failed B +1s", "failed B, building false"},
		{"failed long ago", "B", "30s look: v41; builds: failed B -31m", "failed none, building false"},
		{"succeeded", "B", "30s look: v41; builds: succeeded B -1m", "failed none, building false"},
		{"a build runs", "B", "builds: pending BBBBBBBB -1m", "failed none, building true"},
		{"a build runs after a failed one", "B", "builds: pending B -1m, failed B -3m", "failed none, building true"},
		{"a build runs after a failed one that is listed first", "B", "builds: failed B -3m, pending B -1m", "failed none, building true"},
		{"failed, and another commit is built", "B", "30s look: v41; builds: failed B -3m, pending C -1m", "failed B, building false"},
	}, func(s *subject) string {
		failed := "none"
		if b := s.FailedBuild(); b != nil {
			failed = strings.ToUpper(b.Commit[:1])
		}
		return fmt.Sprintf("failed %s, building %v", failed, s.Building())
	})
}

func TestTriedBefore(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "B", "", ""},
		{"nothing failed", "B", "look: v41; builds: pending B -1m; code s41 = A", ""},
		{"its build failed", "B", "look: v41; builds: failed B -1m", "its last build failed"},
		{"its build failed, and no other attempt followed", "B", "30s look: v41; builds: failed B -1m", ""},
		{"a build failed, and the caller wants no commit", "latest", "log v42; look: v41; builds: failed B -1m", ""},
		{"its build failed, and it was released", "B", "look: v42; builds: failed B -1s; code s42 = B", ""},
		{"its release failed", "B", "look: v42 failed; code s42 = B", "release v42 of it failed"},
		{"its release failed, and its build is older", "B", "look: v42 failed; builds: succeeded B -1m; code s42 = B", "release v42 of it failed"},
		{"its release failed, and it is built again", "B", "look: v42 failed; builds: pending B -1s; code s42 = B", ""},
		{"other code has followed", "B", "look: v42, v43; code s42 = B; code s43 = C", "other code followed release v42 of it"},
		{"other code has followed, and it was built before", "B", "look: v42, v43; builds: succeeded B -20s; code s42 = B; code s43 = C", "other code followed release v42 of it"},
		{"other code has followed, and it is built again", "B", "look: v42, v43; builds: pending B -1s; code s42 = B; code s43 = C", ""},
		{"other code has followed long ago", "B", "look: v41, v42; code s41 = B; code s42 = C", ""},
		{"a release with other code is pending", "B7", "look: v42, v43 pending; code s42 = B; code s43 = C", ""},
	}, func(s *subject) string { return s.TriedBefore() })
}
