// The release that is waited for.

package release

import (
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// ReleaseDue is how long after a deploy, at the latest, the release that it made is there.
const ReleaseDue = time.Minute

// A Want says which release is waited for. At most one field is set; the zero value means
// the newest release at the start.
type Want struct {
	Version   int
	ID        string
	Commit    string // whole or abbreviated
	NewerThan int    // the newest release, if its version is higher than this one
}

// newest reports whether the newest release is waited for, whichever that is.
func (w Want) newest() bool { return w.Version == 0 && w.ID == "" && w.Commit == "" }

// A Workflow is what the gate's caller runs on, as GitHub says; empty outside of it.
type Workflow struct {
	Commit string
	// Head is the head of the pull request that the workflow runs for, whose Commit GitHub makes: it merges
	// Head into the base branch ("Events that trigger workflows", GitHub Docs).
	Head string
}

// runsOn reports whether a commit is one that the workflow can be meant to have deployed.
func (w Workflow) runsOn(commit string) bool {
	return strings.HasPrefix(w.Commit, commit) || strings.HasPrefix(w.Head, commit)
}

// A Target follows the release that is waited for.
type Target struct {
	want      Want
	policy    Policy
	workflow  Workflow
	clock     *observe.Clock
	headStart bool
	began     time.Duration // when the wait began: until then nothing is chosen
	atFirst   int           // the newest version of the first full look of all

	history    history
	codes      map[string]observe.Code // by id of slug or image
	builds     []observe.Build
	buildsRead bool
	// newestAtStart is the newest version of the first full look; -1 before it.
	newestAtStart int
	fullAskedAt   time.Duration // when the newest full look was asked for

	logVersion  int          // the newest version that the log has told of
	dynoVersion int          // the newest version that a listed dyno was of
	listed      map[int]bool // the versions that the dynos of the newest look are of
	release     *observe.Release
	missing     bool   // the newest full look should have shown it, and did not
	nothingRuns bool   // the newest full look shows neither dynos nor process types
	wrongWant   string // why the caller's wish cannot be met
	newer       newer
}

// New begins to look for a release. policy is what newer ones mean, and workflow serves to warn
// of a commit that is not the one that was meant. With a head start the wait begins when Begin
// says so, and without one at once.
func New(want Want, policy Policy, workflow Workflow, headStart bool, clock *observe.Clock) *Target {
	t := &Target{
		want: want, policy: policy, clock: clock, headStart: headStart,
		workflow: Workflow{Commit: strings.ToLower(workflow.Commit), Head: strings.ToLower(workflow.Head)},
		history:  history{byVersion: map[int]observe.Release{}}, newestAtStart: -1,
		codes: map[string]observe.Code{"": {}}, // of a release without code there is nothing to read
	}
	if headStart {
		t.began = observe.Never
	}
	return t
}

// Begin says that the wait begins. What was listed before is known, and the target is chosen by the
// looks from then on.
func (t *Target) Begin(at time.Duration) { t.began = at }

// Release is the release that is waited for, as it was last listed; nil while it is not known.
func (t *Target) Release() *observe.Release { return t.release }

// Commit is the commit of its code; empty if it has none or that is not known.
func (t *Target) Commit() string { return t.codes[t.release.Code().ID].Commit }

// WrongWant says why the caller's wish cannot be met; empty if it can.
func (t *Target) WrongWant() string { return t.wrongWant }

// See takes in what an observation tells of releases, their code and the builds. What came after
// the target is then judged anew, by the dynos of the newest look.
func (t *Target) See(o observe.Observation) {
	switch {
	case o.Code != nil:
		t.seeCode(*o.Code)
	case o.Look != nil:
		t.seeLook(o.Look)
	case o.Builds != nil:
		t.seeBuilds(o.Builds)
	case o.Line != nil:
		t.logVersion = max(t.logVersion, o.Line.Release)
		return
	default:
		return
	}
	if t.release != nil {
		t.judgeNewer()
	}
}

func (t *Target) seeLook(l *observe.Look) {
	t.listed = map[int]bool{}
	for _, d := range l.Dynos {
		t.dynoVersion = max(t.dynoVersion, d.Version)
		t.listed[d.Version] = true
	}
	if !l.Full() {
		return
	}
	believed := t.askedLater(observe.ListLag)
	t.fullAskedAt = l.AskedAt
	t.nothingRuns = len(l.Dynos)+len(l.Formation) == 0
	t.history.see(l)
	if t.atFirst == 0 {
		t.atFirst = t.history.newest
	}
	if t.newestAtStart < 0 && t.askedLater(0) {
		t.newestAtStart = t.history.newest
	}
	t.choose()
	if t.release == nil {
		return
	}
	t.correct(believed)
	again := t.history.byVersion[t.release.Version]
	t.release = &again
	t.missing = !shows(l, again.Version)
}

// seeCode takes in what code was built from.
func (t *Target) seeCode(c observe.Code) {
	c.Commit = strings.ToLower(c.Commit)
	t.codes[c.ID] = c
	t.choose()
}

// choose looks for the target while it is not known. That of a commit becomes a newer one if the commit
// is released once more, since that is what a gate that comes later waits for.
func (t *Target) choose() {
	if !t.askedLater(0) {
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

// askedLater reports whether the newest full look was asked for so long after the wait began.
func (t *Target) askedLater(after time.Duration) bool { return t.fullAskedAt-t.began >= after }

// atStart is the platform's time of the begin of the wait; zero before any answer.
func (t *Target) atStart() time.Time { return t.clock.Platform(t.began) }

// neverHadCode reports whether the app has never run any code, and the newest release brings none: its first
// release with code is awaited.
func (t *Target) neverHadCode() bool {
	newest := t.history.byVersion[t.history.newest]
	return t.nothingRuns && t.history.knownFrom == 0 && t.history.firstCode == nil && newest.Code().ID == ""
}

// FirstCode is when the first release with code was made, before which nothing ran; zero if that is
// not known. Of container images the platform may not tell the code.
func (t *Target) FirstCode() time.Time {
	if t.history.knownFrom > 0 || t.history.firstCode == nil {
		return time.Time{}
	}
	return t.history.firstCode.CreatedAt
}

// correct mends the choice of the newest release: a list that was behind when the gate
// started can have hidden a newer one that was already there. Until the choice is believed, one that
// is newer by any answer's clock is taken for it.
func (t *Target) correct(believed bool) {
	if !t.want.newest() {
		return
	}
	start := t.clock.AnyStart()
	if believed {
		start = t.clock.LatestStart()
	}
	start = start.Add(t.began)
	for _, r := range t.history.byVersion {
		if r.Version > t.release.Version && !r.CreatedAt.After(start.Add(time.Second)) {
			t.release = &r
		}
	}
}

// ReleasesBehind reports whether dynos or the log know of a release that the list of releases
// does not show yet.
func (t *Target) ReleasesBehind() bool { return t.newestSeen() > t.history.newest }

// newestSeen is the newest version that dynos or the log know of.
func (t *Target) newestSeen() int { return max(t.logVersion, t.dynoVersion) }

// ReleasesBehindLog is the same by the log alone.
func (t *Target) ReleasesBehindLog() bool { return t.logVersion > t.history.newest }

// OldAtStart reports whether the newest release, which is waited for as nothing else was
// named, was there long before the gate.
func (t *Target) OldAtStart() bool {
	return t.want == (Want{}) && t.release != nil && t.release.CreatedAt.Before(t.atStart().Add(-time.Minute))
}

// MadeBefore reports whether the release was made so long before the gate that no deploy that the gate came
// right after can have made it. A release phase is part of the deploy.
func (t *Target) MadeBefore() bool {
	switch {
	case t.release == nil || t.want.NewerThan != 0:
		return false
	case t.headStart:
		return t.release.Version <= t.newestBefore()
	}
	for _, at := range []time.Time{t.release.CreatedAt, t.release.UpdatedAt} {
		if !at.Before(t.clock.Start().Add(-longestDeploy)) {
			return false
		}
	}
	return true
}

// Unconfirmed reports whether the newest release may not be the one that was meant: a list that
// is behind can hide a newer one, and so can the log, which is later still. A full look that is
// asked for [observe.ListLag] after the wait began shows it, if it was there by then.
func (t *Target) Unconfirmed() bool {
	return t.want.newest() && t.release != nil && !t.askedLater(observe.ListLag)
}

// IsCurrent reports whether no newer release is what runs: the platform calls the target the
// current release, and no listed dyno is of a newer one.
func (t *Target) IsCurrent() bool {
	for v := range t.listed {
		if v > t.release.Version {
			return false
		}
	}
	return t.history.current == t.release.Version
}
