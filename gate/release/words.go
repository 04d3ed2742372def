// Messages about the target.

package release

import (
	"cmp"
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// longestDeploy is how old the release of a deploy can be if the gate starts right after that deploy.
const longestDeploy = 10 * time.Minute

// noCommitsAdvice is the message for apps whose releases have no commit.
const noCommitsAdvice = `the app's releases carry no commit, so none can be matched: use the input "newer-than" or "release" instead`

// Wish says which release the gate waits for.
func (t *Target) Wish() string {
	switch w := t.want; {
	case w.Commit != "":
		return fmt.Sprintf("a release of commit %q", w.Commit)
	case w.ID != "":
		return fmt.Sprintf("release %q", w.ID)
	case w.Version != 0:
		return fmt.Sprintf("release v%d", w.Version)
	case w.NewerThan != 0:
		return fmt.Sprintf("a release newer than v%d", w.NewerThan)
	}
	if v := t.newestBefore(); v > 0 {
		return fmt.Sprintf("a release newer than v%d", v)
	}
	if t.listBehind() {
		return fmt.Sprintf("release v%d", t.newestSeen())
	}
	return "the first release of the app"
}

// listBehind reports whether the list of releases lacks the newest release, though it shows earlier ones.
func (t *Target) listBehind() bool { return t.history.newest > 0 && t.ReleasesBehind() }

// Instead says which release counts if the deploy makes none; empty if the gate does not wait for the release of
// the deploy.
func (t *Target) Instead() string {
	if !t.AwaitsNewer() {
		return ""
	}
	return fmt.Sprintf("if none does by %s of the wait, v%d is taken", observe.Span(ReleaseDue), t.history.newest)
}

// Building reports whether a build of the wanted commit runs.
func (t *Target) Building() bool {
	b := t.newestBuild()
	return b != nil && b.Status == "pending"
}

// WhyMissing says what is known about a release that did not appear, and what to do next.
func (t *Target) WhyMissing() (known, next string) {
	known = "the app has no release yet"
	if before := t.newestBefore(); t.AwaitsNewer() {
		return fmt.Sprintf("the newest release is still v%d, which was there before the deploy", before),
			fmt.Sprintf(`see whether the deploy made a release; if it was not meant to, give the input "timeout" more than %s`, observe.Span(ReleaseDue))
	}
	switch newest := t.history.newest; {
	case t.want == (Want{}) && t.listBehind():
		return fmt.Sprintf("the list of releases ends with v%d, though v%d is there by the log or the dynos", newest, t.newestSeen()),
			"see https://status.heroku.com, and run the step again"
	case t.want.newest() && newest > t.want.NewerThan:
		known = "no release of the app carries code yet"
	case newest > 0:
		known = fmt.Sprintf("the newest release is v%d", newest)
	}
	switch {
	case t.want.NewerThan != 0:
		return known, `check the input "newer-than", and that the deploy made a release`
	case t.want == (Want{}):
		return known, `check the input "app", and that the deploy was started`
	case t.want.Commit == "":
		return known, `check the input "release", and that the deploy was started`
	}
	next = `check the input "commit", and that the deploy was started`
	earlier, advice := t.earlierAttempt(), t.headAdvice()
	notBuilt := t.buildsRead && t.newestBuild() == nil
	switch {
	case t.noCommits():
		next = noCommitsAdvice
	case t.Building():
		next = `its build is still running, so raise the input "timeout"`
	case earlier != nil:
		next = fmt.Sprintf("v%d carried it and is not what runs any more, so deploy the commit again, or ask the gate of the newer deploy", earlier.Version)
	case advice != "":
		next = advice
	case notBuilt && (t.wanted(t.workflow.Commit) || t.wanted(t.workflow.Head)):
		next = `no build of it was seen: if Heroku waits for the checks of the commit to pass, it waits for this job, too, so begin the gate on "deployment_status", as docs/recipes.md shows; if it does not, ` + next
	case notBuilt:
		next = "no build of it was seen, so " + next
	}
	return known, next
}

// madeAt is when the release was made, in words.
func (t *Target) madeAt() string { return t.release.CreatedAt.UTC().Format("2006-01-02 15:04 MST") }

// NotNew says that the target is from before the deploy, although the caller did not name it; empty if it may be
// new.
func (t *Target) NotNew() string {
	switch v := t.release.Version; {
	case t.want != (Want{}) || !t.MadeBefore():
		return ""
	case t.headStart:
		return fmt.Sprintf("no new release was made, and what runs is v%d, made at %s", v, t.madeAt())
	default:
		return fmt.Sprintf("release v%d, which is not new (made at %s)", v, t.madeAt())
	}
}

// Unfinished says why the gate still waits for the target to be deployed.
func (t *Target) Unfinished() string {
	switch r := t.release; {
	case r.Status == "pending":
		return "its release phase is not over"
	case r.Status == "":
		return "the platform does not tell its status"
	case failed(r):
		return "it " + r.Status + "; whether a newer one was tried shows in some seconds"
	}
	return fmt.Sprintf("its status is %q, which is not known to mean that it succeeded", t.release.Status)
}

// NotShown says what the gate still waits for in the list of releases, which must show that the app runs the
// target, and which code the releases after it have. Empty if it shows all of that.
func (t *Target) NotShown() string {
	v := t.release.Version
	switch {
	case t.ReleasesBehind():
		return fmt.Sprintf("the list of releases to show v%d, which is there by the log or the dynos", t.newestSeen())
	case t.notListed || t.history.knownFrom > v:
		return fmt.Sprintf("the list of releases to show v%d and all after it", v)
	case t.history.current != 0 && t.history.current < v:
		return fmt.Sprintf("release v%d to be the current one, which is v%d", v, t.history.current)
	case t.RolledBackBy() != 0:
		return fmt.Sprintf("release v%d, which brings old code back and is not the current one, to be overtaken", t.RolledBackBy())
	case t.newer.newestWith[unclassified] != 0:
		return fmt.Sprintf("Heroku to say which code release v%d carries", t.newer.newestWith[unclassified])
	}
	return ""
}

// Succeeded reports whether the status of a version is succeeded, by the list of releases.
func (t *Target) Succeeded(version int) bool {
	return t.history.byVersion[version].Status == "succeeded"
}

// Notices are messages for people about the choice of the target, after an observation at the moment now.
func (t *Target) Notices(o observe.Observation, now time.Duration) []string {
	if o.Look == nil && o.Code == nil && o.Builds == nil || !t.fullLookAfter(0) {
		return nil
	}
	if t.release == nil {
		return t.noticesOfCommit(now)
	}
	var all []string
	notice := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	v := t.release.Version
	if t.OldAtStart() && t.newerBuild() {
		notice("a build is running, and release v%d is from before it: to wait for what is being built, use the input \"commit\"", v)
	}
	if before := t.newestBefore(); t.want == (Want{}) && v <= before {
		notice("the deploy made no release: v%d was the newest one before it, and still is %s after it; v%d is what counts now, which is right if this run repeats an earlier one",
			v, observe.Span(ReleaseDue), v)
	} else if t.want == (Want{}) && !t.Unconfirmed() && t.MadeBefore() {
		notice("release v%d, the newest one, was made at %s, more than %s before the gate came: if a deploy has just been run, it made no release",
			v, t.madeAt(), observe.Span(longestDeploy))
	}
	if n := t.newer.newestWith[unknowable]; n > 0 {
		all = append(all, t.noticeOfUnknowable(n)...)
	}
	if n := t.newer.newest; n > 0 && t.newer.newestWith[unclassified] == 0 && t.EndedBy() == 0 && t.RolledBackBy() == 0 {
		notice("release v%d was made after v%d; its dynos count as new, too", n, v)
	}
	if c := t.Commit(); t.workflow.Commit != "" && t.want.newest() && !t.workflow.runsOn(c) {
		mine := cmp.Or(t.workflow.Head, t.workflow.Commit)
		notice("release v%d carries commit %.7s, not the workflow's %.7s: to wait for that one, use the input \"commit\"", v, c, mine)
	}
	return all
}

// noticeOfUnknowable says what the gate cannot notice about a newer release, since the platform does not give its
// code, or not the target's.
func (t *Target) noticeOfUnknowable(version int) []string {
	r := t.history.byVersion[version]
	switch {
	case t.release.Code().ID == "":
		version = t.release.Version
	case r.Code().ID == "":
	case t.policy == Follow:
		return nil // other code is allowed
	default:
		return []string{fmt.Sprintf("the platform does not tell whether the image of release v%d is that of v%d, built again: other code would not be seen", version, t.release.Version)}
	}
	return []string{fmt.Sprintf("the platform does not tell which code release v%d carries: neither other code nor a rollback would be seen", version)}
}

// noticesOfCommit says early why no release with the wanted commit is found.
func (t *Target) noticesOfCommit(now time.Duration) []string {
	if t.want.Commit == "" {
		return nil
	}
	if t.noCommits() {
		return []string{noCommitsAdvice}
	}
	var all []string
	if advice := t.headAdvice(); advice != "" {
		all = append(all, advice)
	}
	e := t.earlierAttempt()
	switch {
	case e == nil:
	case failed(e) && (t.buildsRead || now-t.began > observe.ListLag):
		all = append(all, fmt.Sprintf("release v%d of commit %.7s %s in an earlier try: waiting for the commit to be deployed again", e.Version, t.want.Commit, e.Status))
	case t.followedByOther(e):
		next := "waiting for the commit to be deployed again"
		if t.TriedBefore() != "" {
			next = fmt.Sprintf("whether the commit is deployed again shows by %s", observe.Span(RetryWindow))
		}
		all = append(all, fmt.Sprintf("release v%d carries commit %.7s, but other code has followed it: %s", e.Version, t.want.Commit, next))
	}
	return all
}

// headAdvice says which commit to name instead, if the wanted commit is the merge commit that GitHub made for a
// pull request: only a workflow can deploy that one. Empty if it is not.
func (t *Target) headAdvice() string {
	w := t.workflow
	if w.Head == "" || !t.wanted(w.Commit) || t.wanted(w.Head) {
		return ""
	}
	return fmt.Sprintf("Heroku's GitHub integration builds the head of a pull request, which is %.7s, and not %.7s, which GitHub made for the workflow: if that is what deploys, name ${{ github.event.pull_request.head.sha }}", w.Head, w.Commit)
}
