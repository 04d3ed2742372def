// Which release the gate waits for, by what it knows.

package release_test

import (
	"fmt"
	"testing"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "latest", "", "none"},
		{"the app has no release", "latest", "look:", "none"},
		{"the newest release", "latest", "look: v42, v41", "v42"},
		{"the log shows a newer release", "latest", "log v43; log v41; look: v42", "none"},
		{"a dyno runs a newer release", "latest", "dynos: v43, v41; look: v42", "none"},
		{"a newer release that the log shows first", "latest", "log v43; look: v42; 2s look: v42, v43", "v43"},
		{"a newer release that comes later", "latest", "look: v42; 20s look: v42, v43 +15s", "v42"},
		{"a newer release was there, and is listed late", "latest", "look: v42; 2s look: v42, v43 -3s", "v43"},
		{"the newest release was made after the wait began", "latest", "5s look: v42 +4s, v30-v41", "v42"},
		{"a newer release, by the wrong date of an answer", "latest", "look: v42; clock +100s; 2s look: v42, v43 +50s", "v43"},
		{"a newer release, by the wrong date of an answer, after the newest one was confirmed", "latest", "10s look: v42; clock +100s; 12s look: v42, v43 +50s", "v42"},
		{"a new app without code", "latest", "look: v1 codeless, v2 codeless", "none"},
		{"the newest release has no code, and an older one has", "latest", "look: v41, v42 codeless", "v42"},
		{"a new app whose code is not deployed yet", "latest", "look: v1 codeless, v2 pending", "v2"},
		{"a new app whose first deploy failed", "latest", "look: v1 codeless, v2 failed", "v2"},
		{"a new app whose first deploy failed, and which was configured since", "latest", "look: v1 codeless, v2 failed, v3 codeless", "none"},
		{"releases without code, and dynos", "latest", "dynos: v2; look: v1 codeless, v2 codeless", "v2"},
		{"older releases may have code", "latest", "look, cut: v41 codeless, v42 codeless", "v42"},

		{"a version", "v42", "look: v41, v42, v43", "v42"},
		{"a version that is not there", "v42", "look: v41, v43", "none"},
		{"a version, and newer releases were there", "v42", "look: v42, v43 -3s", "v42"},
		{"a version, and a newer release is not listed yet", "v42", "log v43; look: v42", "v42"},
		{"newer than a version, and there is no such release", ">v42", "look: v41, v42", "none"},
		{"newer than a version that is not there yet", ">v43", "look: v41, v42", "none"},
		{"newer than a version", ">v41", "look: v41, v42", "v42"},
		{"newer than a version, that is not listed any more", ">v40", "look: v42", "v42"},
		{"newer than a version, and the newest of several releases", ">v41", "look: v42, v43 -3s", "v43"},
		{"newer than a version, and it comes later", ">v42", "look: v42; 60s look: v42, v43 +55s", "v43"},
		{"newer than a version, and another release comes after it", ">v42", "look: v42; 60s look: v42, v43 +55s; 70s look: v42, v43 +55s, v44 +65s", "v43"},
		{"newer than a version, and a newer release was there, and is listed late", ">v41", "look: v42; 2s look: v42, v43 -3s", "v43"},
		{"newer than a version, and the log shows a newer release", ">v41", "log v43; look: v42", "none"},
		{"newer than a version, in a new app without code", ">v1", "look: v1 codeless, v2 codeless", "none"},

		{"an id", "R42", "look: v41, v42, v43", "v42"},
		{"an id that is not there", "r50", "look: v41, v42, v43", "none"},
	}, target)
}

func TestTargetOfACommit(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"the newest code is read", "B", "look: v41, v42; code s42 = B", "v42"},
		{"the newest code is not read", "B", "look: v41, v42, v43; code s41 = A; code s42 = B", "none"},
		{"the newest code is not read, and came after the first look", "B", "look: v42; 2s look: v42, v43; code s42 = B", "none"},
		{"in capitals", "BBBBBBBB", "10s look: v41, v42; code s41 = A; code s42 = B", "v42"},
		{"releases without code", "B", "look: v41, v42, v43 codeless; code s41 = A; code s42 = B", "none"},
		{"releases without code that came later", "B", "look: v42; 2s look: v42, v43 codeless; code s42 = B", "v42"},
		{"abbreviated by the platform", "B", "look: v42; code s42 = B7", "v42"},
		{"too short to be a commit", "B", "look: v42; code s42 = B6", "none"},

		// The first deployed release in the newest series of releases with the code.
		{"it was configured since", "B", "look: v41, v42, v43 s42; code s41 = A; code s42 = B", "v42"},
		{"it failed at first", "B", "look: v41, v42 failed, v43 s42; code s41 = A; code s42 = B", "v43"},
		{"it was built again", "B", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 = B", "v43"},

		// Other code has followed.
		{"followed, and may be tried again", "B", "29s look: v42, v43; code s42 = B; code s43 = C", "none"},
		{"followed, and is not tried again", "B", "30s look: v42, v43; code s42 = B; code s43 = C", "v42"},
		{"followed, and is built again", "B", "30s look: v42, v43; builds: pending B -5s; code s42 = B; code s43 = C", "none"},
		{"followed, and no build is newer", "B", "30s look: v42, v43; builds: succeeded B -20s; code s42 = B; code s43 = C", "v42"},
		{"followed long ago", "B", "30s look: v42 -31m, v43; code s42 = B; code s43 = C", "none"},
		{"followed a while ago", "B", "30s look: v42 -29m, v43; code s42 = B; code s43 = C", "v42"},
		{"followed by what failed", "B", "look: v42, v43 failed; code s42 = B; code s43 = C", "v42"},
		{"followed after the first look", "B", "look: v42; 2s look: v42, v43; code s42 = B; code s43 = C", "v42"},
		{"followed, and it had failed", "B", "30s look: v42 failed, v43; code s42 = B; code s43 = C", "v42"},

		// The commit is released again during the wait.
		{"built again, and not read yet", "B", "look: v42; code s42 = B; 2s look: v42, v43", "v42"},
		{"built again", "B", "look: v42; code s42 = B; 2s look: v42, v43; code s43 = B", "v43"},
		{"built again, and its release phase runs", "B", "look: v42; code s42 = B; 2s look: v42, v43 pending; code s43 = B", "v42"},
		{"built again, and configured since", "B", "look: v42; code s42 = B; 2s look: v42, v43, v44 s43; code s43 = B", "v43"},
		{"followed, and built again", "B", "look: v42; code s42 = B; 2s look: v42, v43, v44; code s43 = C; code s44 = B", "v44"},
		{"an earlier release of it is listed late", "B", "look, cut: v42; code s42 = B; 2s look: v41 s42, v42", "v42"},
		{"configured", "B", "look: v42; code s42 = B; 2s look: v42, v43 s42", "v42"},
		{"it is not listed for a moment", "B", "look: v42; code s42 = B; 2s look:", "v42"},

		// An earlier attempt, or an attempt that another may follow.
		{"failed, and may be tried again", "B", "29s look: v42 failed; builds:; code s42 = B", "none"},
		{"failed, and is not tried again", "B", "30s look: v42 failed; code s42 = B", "v42"},
		{"failed while watched", "B", "2s look: v42 failed +1s; code s42 = B", "v42"},
		{"failed, and no build is newer", "B", "30s look: v42 failed; builds: succeeded B -20s, pending C -5s; code s42 = B", "v42"},
		{"failed, and is built again", "B", "30s look: v42 failed; builds: pending B -5s; code s42 = B", "none"},
		{"failed long ago", "B", "30s look: v42 failed -31m; code s42 = B", "none"},
		{"failed a while ago", "B", "30s look: v42 failed -29m; code s42 = B", "v42"},

		// Abbreviated by the caller.
		{"short, and the builds are not known", "B8", "9s look: v42; code s42 = B", "none"},
		{"short, and the builds did not come", "B8", "10s look: v42; code s42 = B", "v42"},
		{"short, and the builds are known", "B8", "look: v42; builds:; code s42 = B", "v42"},
		{"short, and older code is not read", "B8", "10s look: v41, v42; code s42 = B", "none"},
		{"short, and code older than the newest ten releases is not read", "B8", "10s look: v32, v33-v42 s42; code s42 = B", "v33"},
		{"short, and two abbreviations of the same commit", "B8", "look: v41, v42; builds: succeeded B12 -20s; code s41 = A; code s42 = B", "v42"},
		{"short, and two commits begin like this", "B8", "look: v42; builds: succeeded bbbbbbbbc -20s; code s42 = B",
			`none, commit "bbbbbbbb" is ambiguous: both bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb and bbbbbbbbc begin with it; give more of it`},
	}, target)
}

func TestOldUnconfirmedBehind(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "latest", "", "old false, unconfirmed false, behind false, by the log false"},
		{"the newest release is old", "latest", "9s look: v41", "old true, unconfirmed true, behind false, by the log false"},
		{"the newest release is young", "latest", "9s look: v42", "old false, unconfirmed true, behind false, by the log false"},
		{"the newest release is seen again", "latest", "9s look: v42; 10s look: v42", "old false, unconfirmed false, behind false, by the log false"},
		{"only dynos are seen again", "latest", "9s look: v42; 10s dynos: v42", "old false, unconfirmed true, behind false, by the log false"},
		{"newer than a version", ">v40", "9s look: v41", "old false, unconfirmed true, behind false, by the log false"},
		{"newer than a version, and seen again", ">v40", "9s look: v41; 10s look: v41", "old false, unconfirmed false, behind false, by the log false"},
		{"a version that is old", "v41", "9s look: v41", "old false, unconfirmed false, behind false, by the log false"},
		{"the log shows a newer release", "v42", "look: v42; log v43", "old false, unconfirmed false, behind true, by the log true"},
		{"a dyno runs a newer release", "v42", "look: v42; dynos: v43", "old false, unconfirmed false, behind true, by the log false"},
	}, func(s *subject) string {
		return fmt.Sprintf("old %v, unconfirmed %v, behind %v, by the log %v", s.OldAtStart(), s.Unconfirmed(), s.ReleasesBehind(), s.ReleasesBehindLog())
	})
}

func TestMadeBefore(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "latest", "", "false"},
		{"long before the gate", "latest", "10s look: v41 -11m", "true"},
		{"not so long before it", "latest", "10s look: v41 -9m", "false"},
		{"its release phase was over short before it", "latest", "10s look: v41 -1h over-9m", "false"},
		{"its release phase was over long before it", "latest", "10s look: v41 -1h over-11m", "true"},
		{"while the gate waits", "v43", "look: v42; 20m look: v42, v43 +19m", "false"},
		{"a release that the caller named", "v41", "10s look: v41 -11m", "true"},
		{"newer than a given version", ">v40", "10s look: v41 -11m", "false"},
	}, func(s *subject) string { return fmt.Sprint(s.MadeBefore()) })
}

func TestFirstCode(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing is known", "latest", "", "never"},
		{"no code", "latest", "look: v1 codeless", "never"},
		{"some code", "latest", "look: v38 codeless, v39 failed, v40, v41, v42 codeless", "-2h0m0s"},
		{"code that was destroyed since", "latest", "look: v39 expired, v42", "-3h0m0s"},
		{"older releases may have code", "latest", "look, cut: v40, v42", "never"},
	}, func(s *subject) string {
		if s.FirstCode().IsZero() {
			return "never"
		}
		return s.FirstCode().Sub(start).String()
	})
}

func TestIsCurrent(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"the target is", "v42", "dynos: v41, v42; look: v42 current, v43", "true"},
		{"a newer release is", "v42", "look: v42, v43 current", "false"},
		{"no release is", "v42", "look: v42 current; 2s look: v42", "false"},
		{"two releases are, since the pages of the list are read one after another", "v42", "look: v43 current, v42 current", "false"},
		{"a dyno runs a newer release", "v42", "dynos: v43; look: v42 current, v43", "false"},
		{"that dyno is gone", "v42", "dynos: v43; look: v42 current, v43; dynos: v42", "true"},
	}, func(s *subject) string { return fmt.Sprint(s.IsCurrent()) })
}

// A label that is no commit cannot be abbreviated, so the target is found without the builds.
func TestLabelWithoutBuilds(t *testing.T) {
	t.Parallel()
	s := newSubject(t, "B")
	s.Target = release.New(release.Want{Commit: "v1.4.2"}, "", release.Workflow{}, false, &s.clock)
	s.learn("1s look: v42")
	s.See(observe.Observation{Code: &observe.Code{ID: "s42", Commit: "v1.4.2"}})
	if r := s.Release(); r == nil || r.Version != 42 {
		t.Errorf("the target is %+v, want v42", r)
	}
}
