// The messages about the target, by what the gate knows.

package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
)

func TestWhyMissing(t *testing.T) {
	t.Parallel()
	const (
		inputs  = `check the input "release", and that the deploy was started`
		app     = `check the input "app", and that the deploy was started`
		commits = `check the input "commit", and that the deploy was started`
		useless = `the app's releases carry no commit, so none can be matched: use the input "newer-than" or "release" instead`
		checks  = `no build of it was seen: if Heroku waits for the checks of the commit to pass, it waits for this job, too, so begin the gate on "deployment_status", as docs/recipes.md shows; if it does not, ` + commits
		head    = `Heroku's GitHub integration builds the head of a pull request, which is aaaaaaa, and not bbbbbbb, which GitHub made for the workflow: if that is what deploys, name ${{ github.event.pull_request.head.sha }}`
		newer   = `check the input "newer-than", and that the deploy made a release`
	)
	check(t, []row{
		{"no release since the watch began", "ahead latest", "look: v42; 20s begin; 21s look: v42",
			`a release newer than v42: the newest release is still v42, which was there before the deploy; see whether the deploy made a release; if it was not meant to, give the input "timeout" more than 1m00s`},
		{"nothing is known", "latest", "", "the first release of the app: the app has no release yet; " + app},
		{"no code", "latest", "look: v1 codeless", "the first release of the app: no release of the app carries code yet; " + app},
		{"no list, and a dyno", "latest", "dynos: v43", "the first release of the app: the app has no release yet; " + app},
		{"newer than a version, and the list is late", ">v42", "dynos: v43; look: v42", "a release newer than v42: the newest release is v42; " + newer},
		{"a list that is late", "latest", "dynos: v43; look: v42", "release v43: the list of releases ends with v42, though v43 is there by the log or the dynos; see https://status.heroku.com, and run the step again"},
		{"a version", "v43", "look: v42", "release v43: the newest release is v42; " + inputs},
		{"newer than a version", ">v42", "look: v42", "a release newer than v42: the newest release is v42; " + newer},
		{"newer than a version, in an app without releases", ">v42", "look:", "a release newer than v42: the app has no release yet; " + newer},
		{"newer than a version, and the newest has no code", ">v1", "look: v1 codeless, v2 codeless", "a release newer than v1: no release of the app carries code yet; " + newer},
		{"an id", "r43", "look: v42", `release "r43": the newest release is v42; ` + inputs},
		{"a commit", "B8", "look: v42; code s42 = C", `a release of commit "bbbbbbbb": the newest release is v42; ` + commits},
		{"a commit that was not built", "B8", "look: v42; code s42 = C; builds: pending D -1m",
			`a release of commit "bbbbbbbb": the newest release is v42; no build of it was seen, so ` + commits},
		{"the workflow's commit that was not built", "B8 on B", "look: v42; code s42 = C; builds: pending D -1m",
			`a release of commit "bbbbbbbb": the newest release is v42; ` + checks},
		{"the workflow's commit, and the builds are not known", "B8 on B", "look: v42; code s42 = C", `a release of commit "bbbbbbbb": the newest release is v42; ` + commits},
		{"the workflow's commit that was built", "B8 on B", "look: v42; code s42 = C; builds: succeeded B -1m", `a release of commit "bbbbbbbb": the newest release is v42; ` + commits},
		{"another commit than the workflow's that was not built", "B8 on C", "look: v42; code s42 = C; builds: pending D -1m",
			`a release of commit "bbbbbbbb": the newest release is v42; no build of it was seen, so ` + commits},
		{"the commit that was made for a pull request", "B8 on B for A", "look: v42; code s42 = C; builds:", `a release of commit "bbbbbbbb": the newest release is v42; ` + head},
		{"the head of a pull request", "A8 on B for A", "look: v42; code s42 = C; builds:",
			`a release of commit "aaaaaaaa": the newest release is v42; ` + checks},
		{"a commit that was built", "B8", "look: v42; code s42 = C; builds: succeeded B -1m", `a release of commit "bbbbbbbb": the newest release is v42; ` + commits},
		{"a commit that is built", "B8", "look: v42; code s42 = C; builds: pending B -1m",
			`a release of commit "bbbbbbbb": the newest release is v42; its build is still running, so raise the input "timeout"`},
		{"a commit that other code has followed", "B8", "10s look: v40, v41, v42; code s40 = A; code s41 = B; code s42 = C",
			`a release of commit "bbbbbbbb": the newest release is v42; v41 carried it and is not what runs any more, so deploy the commit again, or ask the gate of the newer deploy`},

		// Releases without a commit.
		{"images", "B8", "look: v41 image, v42 image; code i42 =; code i41 =", `a release of commit "bbbbbbbb": the newest release is v42; ` + useless},
		{"images that are not read", "B8", "look: v41 image, v42 image; code i42 =", `a release of commit "bbbbbbbb": the newest release is v42; ` + commits},
		{"an image with a commit", "B8", "look: v41 image, v42 image; code i42 =; code i41 = C", `a release of commit "bbbbbbbb": the newest release is v42; ` + commits},
		{"no code", "B8", "look: v3 codeless", `a release of commit "bbbbbbbb": the newest release is v3; ` + useless},
		{"no code, in a new app", "B8", "look: v1 codeless, v2 codeless", `a release of commit "bbbbbbbb": the newest release is v2; ` + commits},
		{"no code in the newest releases", "B8", "look: v32, v33-v42 codeless", `a release of commit "bbbbbbbb": the newest release is v42; ` + useless},
	}, func(s *subject) string {
		known, next := s.WhyMissing()
		return s.Wish() + ": " + known + "; " + next
	})
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{"pending", "v42", "look: v42 pending", "its release phase is not over"},
		{"no status", "v42", "look: v42 statusless", "the platform does not tell its status"},
		{"failed", "v42", "look: v42 failed", "it failed; whether a newer one was tried shows in some seconds"},
		{"a new word", "v42", "look: v42 resting", `its status is "resting", which is not known to mean that it succeeded`},
	}, func(s *subject) string { return s.Unfinished() })
}

func TestNotices(t *testing.T) {
	t.Parallel()
	const (
		building = `a build is running, and release v41 is from before it: to wait for what is being built, use the input "commit"`
		workflow = `release v42 carries commit bbbbbbb, not the workflow's aaaaaaa: to wait for that one, use the input "commit"`
		followed = `release v42 carries commit bbbbbbb, but other code has followed it: whether the commit is deployed again shows by 30s`
		again    = `release v42 carries commit bbbbbbb, but other code has followed it: waiting for the commit to be deployed again`
		failed   = `release v42 of commit bbbbbbb failed in an earlier try: waiting for the commit to be deployed again`
		merge    = `Heroku's GitHub integration builds the head of a pull request, which is aaaaaaa, and not bbbbbbb, which GitHub made for the workflow: if that is what deploys, name ${{ github.event.pull_request.head.sha }}`
		old      = `release v41, the newest one, was made at 2026-03-02 09:49 UTC, more than 10m00s before the gate came: if a deploy has just been run, it made no release`
		useless  = `the app's releases carry no commit, so none can be matched: use the input "newer-than" or "release" instead`
	)
	check(t, []row{
		{"nothing", "latest on A", "look: v42", ""},
		{"an old release, and a newer build", "latest", "look: v41; builds: succeeded B -1s, pending B -1m", building},
		{"an old release, and a build that is over", "latest", "look: v41; builds: succeeded B -1m", ""},
		{"an old release, and a build from before it", "latest", "look: v41; builds: pending B -2h", ""},
		{"a young release, and a newer build", "latest", "look: v42; builds: pending B -1s", ""},

		{"an old release that may not be the newest one", "latest", "9s look: v41", ""},
		{"an old release", "latest", "10s look: v41 -11m", old},
		{"an old release whose phase was over short before the gate came", "latest", "10s look: v41 -11m over-1m", ""},
		{"a release that is not so old", "latest", "10s look: v41 -9m", ""},
		{"an old release that is newer than a version", ">v40", "10s look: v41 -11m", ""},
		{"an old release that is named", "v41", "10s look: v41 -11m", ""},

		{"newer releases", "v42", "look: v42, v43 s42, v44 s42", "release v44 was made after v42; its dynos count as new, too"},
		{"newer releases without code", "v42", "look: v42, v43 codeless, v44 codeless, v45 s42",
			"the platform does not tell which code release v44 carries: neither other code nor a rollback would be seen / release v45 was made after v42; its dynos count as new, too"},
		{"newer releases without code, and the target has none", "v42", "look: v42 codeless, v43 codeless",
			"the platform does not tell which code release v42 carries: neither other code nor a rollback would be seen / release v43 was made after v42; its dynos count as new, too"},
		{"newer releases with code, and the target has none", "v42", "look: v42 codeless, v43; code s43 = C",
			"the platform does not tell which code release v42 carries: neither other code nor a rollback would be seen / release v43 was made after v42; its dynos count as new, too"},
		{"another image", "v42", "look: v42 image, v43 image; code i42 =; code i43 =",
			"the platform does not tell whether the image of release v43 is that of v42, built again: other code would not be seen / release v43 was made after v42; its dynos count as new, too"},
		{"another image, and any may follow", "v42, follow", "look: v42 image, v43 image; code i42 =; code i43 =", "release v43 was made after v42; its dynos count as new, too"},
		{"newer releases with other code", "v42", "look: v42, v43; code s42 = B; code s43 = C", ""},
		{"newer releases with other code, and any may follow", "v42, follow", "look: v42, v43; code s42 = B; code s43 = C", "release v43 was made after v42; its dynos count as new, too"},
		{"newer releases whose code is not read", "v42, follow", "look: v42, v43; code s42 = B", ""},
		{"newer releases with old code", "v42, follow", "look: v41, v42, v43 s41; code s42 = B", ""},
		{"other releases without code", "v42", "look: v41 codeless, v42 codeless, v43 failed codeless", ""},

		{"another commit than the workflow's", "latest on A", "look: v42; code s42 = B", workflow},
		{"the workflow's commit", "latest on B", "look: v42; code s42 = B8", ""},
		{"another commit than the workflow's, newer than a version", ">v41 on A", "look: v42; code s42 = B", workflow},
		{"the head of the workflow's pull request", "latest on A for B", "look: v42; code s42 = B", ""},
		{"another commit than the workflow's pull request", "latest on C for A", "look: v42; code s42 = B", workflow},
		{"the merge commit of the workflow's pull request", "latest on B for A", "look: v42; code s42 = B", ""},
		{"the merge commit of a pull request is wanted", "B on B for A", "look: v42; code s42 = C", merge},
		{"the merge commit of a pull request is wanted, and other code has followed it", "B on B for A", "11s look: v42, v43; code s42 = B; code s43 = C", merge + " / " + followed},
		{"a commit that is not of the pull request is wanted", "C on B for A", "look: v42; code s42 = B", ""},
		{"the head is the workflow's commit", "A on A for A", "look: v42; code s42 = B", ""},
		{"the merge commit of a pull request is found", "B on B for A", "look: v42; code s42 = B", ""},
		{"the head of a pull request is wanted", "A on B for A", "look: v42; code s42 = C", ""},
		{"no workflow", "latest", "look: v42; code s42 = B", ""},
		{"no commit", "latest on A", "look: v42; code s42 =", ""},
		{"a version, in a workflow", "v42 on A", "look: v42; code s42 = B", ""},

		{"a version that is not there", "v43", "look: v3 codeless", ""},
		{"no release has a commit", "B", "look: v3 codeless", useless},
		{"the commit was never released", "B", "look: v42; code s42 = C", ""},
		{"a short commit, and no code has followed it", "B8", "look: v42; code s42 = B", ""},
		{"other code has followed the commit, but failed", "B8", "look: v42, v43 failed; code s42 = B; code s43 = C", ""},
		{"other code has followed the commit", "B", "11s look: v42, v43; code s42 = B; code s43 = C", followed},
		{"other code has followed the commit long ago", "B", "11s look: v42 -31m, v43; code s42 = B; code s43 = C", again},
		{"other code has followed the commit, and it is built again", "B", "11s look: v42, v43; code s42 = B; code s43 = C; builds: pending B -1s", again},
		{"the commit failed long ago", "B", "11s look: v42 failed -1h; code s42 = B", failed},
		{"the commit failed, and the builds are not known", "B", "look: v42 failed; code s42 = B", ""},
		{"the commit is being built again", "B", "look: v42 failed; code s42 = B; builds: pending B -1s", failed},
		{"a line of the log", "B", "9s look: v42 failed -1h; code s42 = B; 11s log v42", ""},
	}, func(s *subject) string { return strings.Join(s.Notices(s.last, s.now), " / ") })
}

// The commit is known as soon as the code is read, and the passing of time brings no notices.
func TestCommit(t *testing.T) {
	t.Parallel()
	s := newSubject(t, "v42")
	s.learn("look: v42")
	before := s.Commit()
	s.learn("code s42 = BBBB")
	if got := fmt.Sprint(before, s.Commit()); got != "bbbb" {
		t.Errorf("the commit is %q, want bbbb", got)
	}
	if n := s.Notices(observe.Observation{At: time.Minute}, time.Minute); n != nil {
		t.Errorf("notices although nothing happened: %q", n)
	}
}
