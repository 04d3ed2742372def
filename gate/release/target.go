// The target: the release that the gate waits for.

package release

import (
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// ReleaseDue is how long after a deploy its release is listed at the latest.
const ReleaseDue = time.Minute

// A Want says which release the caller wants. At most one field is set; the zero value means
// the newest release at the start.
type Want struct {
	Version   int
	ID        string
	Commit    string // whole or abbreviated
	NewerThan int    // the newest release, if its version is higher than this one
}

// newest reports whether the newest release is wanted, whichever that is.
func (w Want) newest() bool { return w.Version == 0 && w.ID == "" && w.Commit == "" }

// A Workflow is the run on GitHub that started the gate; empty if there is none.
type Workflow struct {
	Commit string // that the workflow runs on
	// Head is the head of the pull request that the workflow runs for. Commit is then a merge commit: GitHub
	// merges Head into the base branch ("Events that trigger workflows", GitHub Docs).
	Head string
}

// runsOn reports whether the workflow can have deployed a commit. That is also true of a commit that is not
// known.
func (w Workflow) runsOn(commit string) bool {
	return strings.HasPrefix(w.Commit, commit) || strings.HasPrefix(w.Head, commit)
}

// A Target finds the release that the gate waits for, and follows it.
type Target struct {
	want      Want
	policy    Policy
	workflow  Workflow
	clock     *observe.Clock
	headStart bool
	began     time.Duration // when the wait began; nothing is chosen before

	history           history
	codes             map[string]observe.Code // by id of slug or image
	builds            []observe.Build
	buildsRead        bool
	newestAtFirstLook int           // the newest version in the first full look; 0 before it
	newestAtWait      int           // the newest version in the first full look since the wait began; -1 before it
	fullAskedAt       time.Duration // when the newest full look was requested

	newestInLog   int          // the newest version in the lines of the log
	newestOfDynos int          // the newest version that a listed dyno ever ran
	dynoVersions  map[int]bool // the versions that the dynos of the newest look run
	release       *observe.Release
	notListed     bool   // the newest full look should show the release, and does not
	nothingRuns   bool   // the newest full look shows neither dynos nor process types
	wrongWant     string // why the gate cannot do what the caller wants
	newer         newer
}

// New begins to look for a release. policy says what newer releases mean. workflow serves to warn if the release
// has another commit than the workflow. With a head start the wait begins when [Target.Begin] is called;
// without one it begins at once.
func New(want Want, policy Policy, workflow Workflow, headStart bool, clock *observe.Clock) *Target {
	t := &Target{
		want: want, policy: policy, clock: clock, headStart: headStart,
		workflow: Workflow{Commit: strings.ToLower(workflow.Commit), Head: strings.ToLower(workflow.Head)},
		history:  history{byVersion: map[int]observe.Release{}}, newestAtWait: -1,
		codes: map[string]observe.Code{"": {}}, // a release without code: there is nothing to read
	}
	if headStart {
		t.began = observe.Never
	}
	return t
}

// Begin says that the wait begins. What was listed before stays known, but only looks from now on choose the
// target.
func (t *Target) Begin(at time.Duration) { t.began = at }

// Release is the target as it was last listed; nil while it is not known.
func (t *Target) Release() *observe.Release { return t.release }

// Commit is the commit of the target's code; empty if it has none, or if that is not known.
func (t *Target) Commit() string { return t.codes[t.release.Code().ID].Commit }

// WrongWant says why the gate cannot do what the caller wants; empty if it can.
func (t *Target) WrongWant() string { return t.wrongWant }

// See handles an observation of releases, their code or builds, and judges the releases after the target again.
func (t *Target) See(o observe.Observation) {
	switch {
	case o.Code != nil:
		t.seeCode(*o.Code)
	case o.Look != nil:
		t.seeLook(o.Look)
	case o.Builds != nil:
		t.seeBuilds(o.Builds)
	case o.Line != nil:
		t.newestInLog = max(t.newestInLog, o.Line.Release)
		return
	default:
		return
	}
	if t.release != nil {
		t.judgeNewer()
	}
}

func (t *Target) seeLook(l *observe.Look) {
	t.dynoVersions = map[int]bool{}
	for _, d := range l.Dynos {
		t.newestOfDynos = max(t.newestOfDynos, d.Version)
		t.dynoVersions[d.Version] = true
	}
	if !l.Full() {
		return
	}
	wasConfirmed := t.fullLookAfter(observe.ListLag)
	t.fullAskedAt = l.AskedAt
	t.nothingRuns = len(l.Dynos)+len(l.Formation) == 0
	t.history.see(l)
	if t.newestAtFirstLook == 0 {
		t.newestAtFirstLook = t.history.newest
	}
	if t.newestAtWait < 0 && t.fullLookAfter(0) {
		t.newestAtWait = t.history.newest
	}
	t.choose()
	if t.release == nil {
		return
	}
	t.correctNewest(wasConfirmed)
	again := t.history.byVersion[t.release.Version]
	t.release = &again
	t.notListed = !shows(l, again.Version)
}

// seeCode notes the commit of a code.
func (t *Target) seeCode(c observe.Code) {
	c.Commit = strings.ToLower(c.Commit)
	t.codes[c.ID] = c
	t.choose()
}

// choose looks for the target while it is not known. If the caller wants a commit, and the commit is released
// once more, the target becomes that newer release: a gate that started later would wait for it, too.
func (t *Target) choose() {
	if !t.fullLookAfter(0) {
		return
	}
	if t.want.Commit != "" {
		if r := t.byCommit(); r != nil && (t.release == nil || r.Version > t.release.Version && r.Deployed()) {
			t.release = r
		}
		return
	}
	if t.release != nil {
		return
	}
	switch w := t.want; {
	case w.ID != "":
		for _, r := range t.history.byVersion {
			if strings.EqualFold(r.ID, w.ID) {
				t.release = &r
			}
		}
	case w.Version != 0:
		t.release = t.history.get(w.Version)
	case t.history.newest > w.NewerThan && !t.ReleasesBehind() && !t.neverHadCode():
		t.release = t.latest()
	}
}

// fullLookAfter reports whether the newest full look was requested at least d after the wait began.
func (t *Target) fullLookAfter(d time.Duration) bool { return t.fullAskedAt-t.began >= d }

// neverHadCode reports whether the app has never run any code, and its newest release has none either. The gate
// then waits for the first release with code.
func (t *Target) neverHadCode() bool {
	newest := t.history.byVersion[t.history.newest]
	return t.nothingRuns && t.history.knownFrom == 0 && t.history.firstCode == nil && newest.Code().ID == ""
}

// FirstCode is when the first release with code was made. Nothing ran before. It is zero if not known: the
// platform may not give the code of container images.
func (t *Target) FirstCode() time.Time {
	if t.history.knownFrom > 0 || t.history.firstCode == nil {
		return time.Time{}
	}
	return t.history.firstCode.CreatedAt
}

// correctNewest corrects the choice of the newest release: if the list was behind when the wait began, a newer
// release was already there. Until the choice was confirmed, a newer release counts as already there if it was
// by the clock of any answer.
func (t *Target) correctNewest(wasConfirmed bool) {
	if !t.want.newest() {
		return
	}
	start := t.clock.AnyStart()
	if wasConfirmed {
		start = t.clock.LatestStart()
	}
	start = start.Add(t.began)
	for _, r := range t.history.byVersion {
		if r.Version > t.release.Version && !r.CreatedAt.After(start.Add(time.Second)) {
			t.release = &r
		}
	}
}

// ReleasesBehind reports whether the dynos or the log show a release that the list of releases does not show
// yet.
func (t *Target) ReleasesBehind() bool { return t.newestSeen() > t.history.newest }

// newestSeen is the newest version that the dynos or the log have shown.
func (t *Target) newestSeen() int { return max(t.newestInLog, t.newestOfDynos) }

// ReleasesBehindLog reports whether the log shows a release that the list of releases does not show yet.
func (t *Target) ReleasesBehindLog() bool { return t.newestInLog > t.history.newest }

// OldAtStart reports whether the caller named no release, and the newest one was made more than a minute before
// the wait began.
func (t *Target) OldAtStart() bool {
	return t.want == (Want{}) && t.release != nil && t.release.CreatedAt.Before(t.clock.Platform(t.began).Add(-time.Minute))
}

// MadeBefore reports whether the target is from before the deploy. With a head start, it was there when the
// watch began. Without one, it was made more than [longestDeploy] before the gate started, and its release
// phase, which is part of a deploy, ended as long ago.
func (t *Target) MadeBefore() bool {
	switch {
	case t.release == nil || t.want.NewerThan != 0:
		return false
	case t.headStart:
		return t.release.Version <= t.newestBefore()
	}
	long := t.clock.Start().Add(-longestDeploy)
	return t.release.CreatedAt.Before(long) && t.release.UpdatedAt.Before(long)
}

// Unconfirmed reports whether the newest release may not be the one that the caller meant. A list that is
// behind can hide a newer release, and the log can be even later. A full look that is requested
// [observe.ListLag] after the wait began shows every release that was there when it began.
func (t *Target) Unconfirmed() bool {
	return t.want.newest() && t.release != nil && !t.fullLookAfter(observe.ListLag)
}

// IsCurrent reports whether the app runs no newer release: the platform calls the target the current release,
// and no listed dyno runs a newer one.
func (t *Target) IsCurrent() bool {
	for v := range t.dynoVersions {
		if v > t.release.Version {
			return false
		}
	}
	return t.history.current == t.release.Version
}
