// The releases after the target, by what the gate knows.

package release_test

import (
	"fmt"
	"strings"
	"testing"

	"heroku-rollout-gate/gate/observe"
)

// whatFollowed shows the newest release after the target, the release that brings old code back, the release that
// ends the wait and why, whether a release is not classified yet, and what must be read for that: some codes, or
// the whole history.
func whatFollowed(s *subject) string {
	all := fmt.Sprintf("followed by v%d", s.SupersededBy())
	if v := s.RolledBackBy(); v != 0 {
		all += fmt.Sprintf(", v%d is old code", v)
	}
	if strings.HasPrefix(s.NotShown(), "Heroku to say which code ") {
		all += ", unclassified"
	}
	if v := s.EndedBy(); v != 0 {
		all += fmt.Sprintf(", v%d ends it", v)
		if other := s.OtherCode(v); other != "" {
			all += " with " + other
		}
	}
	if codes := s.CodesToRead(); len(codes) > 0 {
		all += fmt.Sprintf(", %d to read", len(codes))
	}
	if s.NeedsHistory() {
		all += ", the history is needed"
	}
	return all
}

func TestWhatFollowed(t *testing.T) {
	t.Parallel()
	const others = "code s41 = A; code s42 = B; code s43 = C"
	check(t, []row{
		{"nothing", "v42", "look: v41, v42; code s42 = B", "followed by v0"},
		{"a failed release, and a pending one", "v42", "look: v41, v42, v43 failed, v44 pending; code s42 = B", "followed by v0"},
		{"the same code", "v42", "look: v41, v42, v43 s42; code s42 =", "followed by v43"},
		{"other code", "v42", "look: v41, v42, v43, v44; " + others + "; code s44 = D", "followed by v44, v44 ends it with other code (commit ddddddd)"},
		{"other code, and the same code after it", "v42", "look: v41, v42, v43, v44 s42; " + others, "followed by v44, v43 ends it with other code (commit ccccccc)"},
		{"other code, and no commit of it", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 =", "followed by v43, v43 ends it with other code"},
		{"another image, and no commit of any", "v42", "look: v41 image, v42 image, v43 image; code i41 =; code i42 =; code i43 =", "followed by v43"},
		{"another image, and no commit of the target's", "v42", "look: v41 image, v42 image, v43 image; code i41 = A; code i42 =; code i43 = C", "followed by v43"},
		{"another image, and no commit of it", "v42", "look: v41 image, v42 image, v43 image; code i41 = A; code i42 = B; code i43 =", "followed by v43"},
		{"another image, of another commit", "v42", "look: v41 image, v42 image, v43 image; code i41 = A; code i42 = B; code i43 = C", "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"other code, and then code that is not read", "v42", "look: v41, v42, v43, v44; " + others, "followed by v44, unclassified, 1 to read"},
		{"as much other code as is compared", "v42", "look: v42, v43 s42, v44-v48; code s42 = B; code s44 = B; code s45 = B; code s46 = B; code s47 = B; code s48 = B", "followed by v48"},
		{"more other code than is compared", "v42", "look: v42-v48; code s42 = B; code s44 = B; code s45 = B; code s46 = B; code s47 = B; code s48 = B", "followed by v48, v43 ends it with other code"},
		{"the code before, and other code", "v42", "look: v41, v42, v43 s41, v44; " + others + "; code s44 = D", "followed by v44, v43 is old code, v44 ends it with other code (commit ddddddd)"},
		{"the code before", "v42", "look: v41, v42, v43 s41; code s42 = B", "followed by v43, v43 is old code"},
		{"the code of a release that failed before", "v42", "look: v40 failed s43, v41, v42, v43; " + others, "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"no code", "v42", "look: v41, v42, v43 codeless; code s42 = B", "followed by v43"},
		{"no release has code", "v42", "look: v41 codeless, v42 codeless, v43 codeless", "followed by v43"},
		{"code, and the target has none", "v42", "look: v41, v42 codeless, v43; code s41 = A; code s43 = C", "followed by v43"},

		// The policy.
		{"other code, and any may follow", "v42, follow", "look: v41, v42, v43; " + others, "followed by v43"},
		{"the code before, and any may follow", "v42, follow", "look: v41, v42, v43 s41; code s42 = B", "followed by v43, v43 is old code"},
		{"other code, and only the same may follow", "v42, same-code", "look: v41, v42, v43; " + others, "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"the same code, and only the same may follow", "v42, same-code", "look: v41, v42, v43 s42; code s42 =", "followed by v43"},
		{"the same code, and none may follow", "v42, fail", "look: v41, v42, v43 s42; code s42 =", "followed by v43, v43 ends it"},
		{"other code, and none may follow", "v42, fail", "look: v41, v42, v43; " + others, "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"code that is not read, and none may follow", "v42, fail", "look: v41, v42, v43; code s41 = A; code s42 = B", "followed by v43, unclassified, 1 to read"},
		{"nothing, and none may follow", "v42, fail", "look: v41, v42; code s42 = B", "followed by v0"},

		// Code that is not read yet.
		{"its code is not read", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B", "followed by v43, unclassified, 1 to read"},
		{"the target's code is not read", "v42", "look: v41, v42, v43; code s41 = A; code s43 = C", "followed by v43, unclassified, 1 to read"},
		{"the code before is not read", "v42", "look: v40, v41, v42, v43; code s40 = C; code s42 = B; code s43 = A", "followed by v43, unclassified, 1 to read"},
		{"older code is not read", "v42", "look: v40, v41, v42, v43; code s41 = A; code s42 = B; code s43 = C", "followed by v43, unclassified, 1 to read"},
		{"only the newest codes are read", "v42", "look: v42-v60; code s42 = B", "followed by v60, unclassified, 5 to read"},
		{"only the newest codes are read, and those of listed dynos", "v42", "dynos: v44, v59; look: v42-v60; code s42 = B", "followed by v60, unclassified, 6 to read"},
		{"of the codes before the target, only the newest are read", "v42", "look: v20-v43; code s42 = B; code s43 = C", "followed by v43, unclassified, 10 to read"},

		// The same commit, built again.
		{"the commit before", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 = A", "followed by v43, v43 is old code"},
		{"the target's commit", "v42", "look, cut: v41, v42, v43; code s41 = A; code s42 = B built -2h; code s43 = B built -1h", "followed by v43"},
		{"the target's commit, abbreviated", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 = B8", "followed by v43"},
		{"the target's commit, which is abbreviated", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B8; code s43 = B", "followed by v43"},
		{"a commit that begins differently", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 = bbbbbbbc", "followed by v43, v43 ends it with other code (commit bbbbbbb)"},
		{"the commit before, abbreviated", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 = A8", "followed by v43, v43 is old code"},
		{"a branch, and the code before is not read", "v42", "look: v41, v42, v43; code s42 = B; code s43 = main", "followed by v43, v43 ends it with other code (commit main)"},
		{"the label of the target", "v42", "look: v41, v42, v43; code s41 = A; code s42 = v1.4.2; code s43 = v1.4.2", "followed by v43, v43 ends it with other code (commit v1.4.2)"},
		{"the label that the caller wants", "l1.4.2", "look: v41, v42; code s41 = A; code s42 = l1.4.2; 2s look: v41, v42, v43; code s43 = l1.4.2", "followed by v0"},
		{"another label than the caller wants", "l1.4.2", "look: v41, v42; code s41 = A; code s42 = l1.4.2; 2s look: v41, v42, v43; code s43 = l1.4.3", "followed by v43, v43 ends it with other code (commit l1.4.3)"},
		{"the commit of a release that failed before", "v42", "look: v40 failed, v41, v42, v43; code s40 = C; " + others, "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"the commit of a release that is pending for ever", "v42", "look: v40 pending, v41, v42, v43; code s40 = C; " + others, "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"a commit from before many configurations", "v42", "look: v25, v26-v41 s41, v42, v43; code s25 = C; " + others, "followed by v43, v43 is old code"},
		{"a branch with a short name", "v42", "look: v41, v42, v43; code s41 = beef; code s42 = B; code s43 = beef", "followed by v43, v43 ends it with other code (commit beef)"},
		{"a branch with a long name", "v42", "look: v41, v42, v43; code s41 = release-branch; code s42 = B; code s43 = release-branch", "followed by v43, v43 ends it with other code (commit release-branch)"},

		// Only a part of the history is known.
		{"built after the target", "v42", "look, cut: v41, v42, v43; " + others + " built +1s", "followed by v43, v43 ends it with other code (commit ccccccc)"},
		{"built before the target", "v42", "look, cut: v41, v42, v43; " + others + " built -1h", "followed by v43, unclassified, the history is needed"},
		{"built before the target, and the history is whole", "v42", "look: v41, v42, v43; " + others + " built -1h", "followed by v43, v43 ends it with other code (commit ccccccc)"},
	}, whatFollowed)
}

func TestBroughtBack(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing", "v42", "look: v41, v42; code s42 = B", ""},
		{"other code", "v42", "look: v41, v42, v43; code s41 = A; code s42 = B; code s43 = C", ""},
		{"the code before", "v42", "look: v40, v41, v42, v43 s41; code s42 = B", "runs the code of v41 again, as after a rollback"},
		{"the code of the two releases before", "v42", "look: v40, v41 s40, v42, v43 s40; code s42 = B", "runs the code of v41 again, as after a rollback"},
		{"older code", "v42", "look: v40, v41, v42, v43 s40; code s42 = B", "runs the code of v40 again, as after a rollback"},
		{"older code, and the code before", "v42", "look: v40, v41, v42, v43 s40, v44 s41; code s42 = B", "runs the code of v41 again, as after a rollback"},
		{"the commit before, built again, and a failed release of that build", "v42", "look: v40 failed s43, v41, v42, v43; code s41 = A; code s42 = B; code s43 = A",
			"brings back commit aaaaaaa, which ran before v42, as when an older commit is deployed again"},
		{"the commit before, built again, twice", "v42", "look: v41, v42, v43, v44 s43; code s41 = A; code s42 = B; code s43 = A",
			"brings back commit aaaaaaa, which ran before v42, as when an older commit is deployed again"},
	}, func(s *subject) string { return s.BroughtBack() })
}

func TestBackFromPhase(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"nothing", "v42", "look: v41, v42", "0"},
		{"old code, after the phase", "v42", "look: v41, v42 over+1s, v43 s41 +1s", "0"},
		{"old code, in the phase", "v42", "look: v41, v42 over+2s, v43 s41 +1s", "43"},
		{"old code in the phase, and again after it", "v42", "look: v41, v42 over+2s, v43 s41 +1s, v44 s41 +5s", "43"},
		{"the target's code, in the phase", "v42", "look: v41, v42 over+2s, v43 s42 +1s", "0"},
	}, func(s *subject) string { return fmt.Sprint(s.BackFromPhase()) })
}

func TestNotShown(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"it is current", "v42", "look: v41, v42 current", ""},
		{"none is called current", "v42", "look: v42, v43 s42", ""},
		{"the log shows a newer release", "v42", "log v44; dynos: v43; look: v42", "the list of releases to show v44, which is there by the log or the dynos"},
		{"a dyno runs a newer release", "v42", "log v43; dynos: v44; look: v42", "the list of releases to show v44, which is there by the log or the dynos"},
		{"it is not listed any more", "v42", "look: v42, v44; 2s look: v43, v44", "the list of releases to show v42 and all after it"},
		{"the list is suddenly empty", "v42", "look: v42; 2s look:", "the list of releases to show v42 and all after it"},
		{"only newer releases were requested", "v42", "look: v42, v43 s42; 2s look, cut: v43 s42", ""},
		{"a longer list comes without releases", "v42", "look: v42; 2s look, cut:", "the list of releases to show v42 and all after it"},
		{"it is missing in the middle of the list", "v42", "look: v41, v42, v43 s42; 2s look, cut: v41, v43 s42", "the list of releases to show v42 and all after it"},
		{"there may be other releases after it", "v42", "look: v42; 2s look, cut: v44 s42", "the list of releases to show v42 and all after it"},
		{"the release before is current", "v42", "look: v41 current, v42", "release v42 to be the current one, which is v41"},
		{"a newer release is current", "v42", "look: v42, v43 s42 current", ""},
		{"old code comes back", "v42", "look: v41, v42 current, v43 s41", "release v43, which brings old code back and is not the current one, to be overtaken"},
		{"the code of a newer release is not read", "v42", "look: v41, v42 current, v43", "Heroku to say which code release v43 carries"},
	}, func(s *subject) string { return s.NotShown() })
}

// A look that arrives after a newer one reaches the target without its lists, and changes nothing.
func TestLookThatArrivesTooLate(t *testing.T) {
	t.Parallel()
	s := newSubject(t, "v42")
	s.learn("look: v42, v43 s42")
	s.See(observe.Observation{})
	if got := whatFollowed(s); got != "followed by v43, 1 to read" || !s.Succeeded(43) || s.Succeeded(44) {
		t.Errorf("%s; v43 succeeded: %v", got, s.Succeeded(43))
	}
}
