// The fold: observations in, and what becomes of them.

package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

// Config says what is waited for and how strictly. Its zero value waits for the
// newest release of an app with preboot limits of the platform's defaults.
type Config struct {
	// App is the name or id of the app, for messages.
	App string
	// WaitForApp: the app may be still to come.
	WaitForApp bool
	// Want names the release; zero means the newest one when the wait begins.
	Want release.Want
	// HeadStart: what is observed first is from before the deploy, and an observation says when
	// the wait begins ([observe.Observation.Begin]). If not, it begins with the first one.
	HeadStart bool
	// Types are the process types in scope; none means all of the formation.
	Types []string
	// Timeout ends the wait, which is the caller's to do: here it is only used to say that a
	// hold reaches past it. 0: no bound.
	Timeout time.Duration
	// Settle is how long everything must hold before the gate opens. 0: at once.
	Settle time.Duration
	// BootTimeout is the app's boot timeout on Heroku. 0: the platform's default, 60 s.
	BootTimeout time.Duration
	// PrebootHold overrides the hold for prebooted dynos. 0: computed.
	PrebootHold time.Duration
	// CrashGrace is how long a new dyno may stay crashed. 0: 60 s.
	CrashGrace time.Duration
	// OnSupersede is what newer releases mean. Empty: those of the target's own code are followed.
	OnSupersede release.Policy
	// RequireProof never opens on presumption.
	RequireProof bool
	// IncludeOneOff counts one-off dynos, too.
	IncludeOneOff bool
	// UseLog: the log is read. If not, nothing can be proven.
	UseLog bool
	// WorkflowCommit is the commit that the workflow runs on, to warn when the
	// newest release carries another. Empty: not known.
	WorkflowCommit string
	// PullRequestHead is the head of the pull request that the workflow runs for. Empty: it
	// runs for none.
	PullRequestHead string
}

const (
	defaultCrashGrace = 60 * time.Second
	// maxNotices is how many of them are told.
	maxNotices = 50
)

// Rollout is the state of one wait. Its methods are not safe for concurrent use.
type Rollout struct {
	cfg     Config
	clock   *observe.Clock
	now     time.Duration
	began   time.Duration // when the wait began; observe.Never during a head start
	outages outages
	target  *release.Target
	roster  *roster
	lists   lists
	end     observe.End

	// As of the newest observation:
	status       fleetStatus
	timeline     timeline
	obstacle     obstacle      // the first thing that is still missing
	unshown      string        // what the lists do not show yet of the target; empty if they do
	unshownSince time.Duration // since when there is such a thing; -1 while there is none
	readyAt      time.Duration // since when nothing keeps the gate shut; -1 while something does
	verdict      *Verdict

	targetAt time.Duration // when the target became known
	notices  []string
	held     []string // notices of before the first good answer
	figures  figures  // the ends of holds as they are told
	tooShort bool     // it was said that a hold reaches past the timeout
}

// New begins a wait.
func New(cfg Config) *Rollout {
	if cfg.CrashGrace == 0 {
		cfg.CrashGrace = defaultCrashGrace
	}
	r := &Rollout{cfg: cfg, clock: &observe.Clock{}, readyAt: -1, unshownSince: -1}
	r.lists.shortAt = -1
	r.outages.open, r.outages.awaitsApp = map[observe.About]*outage{}, cfg.WaitForApp
	r.target = release.New(cfg.Want, cfg.OnSupersede, release.Workflow{Commit: cfg.WorkflowCommit, Head: cfg.PullRequestHead}, cfg.HeadStart, r.clock)
	if cfg.HeadStart {
		r.began = observe.Never
	}
	r.roster = newRoster(&r.cfg, r.clock)
	r.obstacle = *r.findObstacle(&r.status)
	return r
}

// Apply takes in one observation: it is shown to all that may learn from it, and then everything
// is judged. After the verdict it changes nothing.
func (r *Rollout) Apply(o observe.Observation) {
	if r.verdict != nil {
		return
	}
	r.now = max(r.now, o.At)
	r.clock.Learn(o)
	if l := o.Look; l != nil && r.roster.look != nil && l.AskedAt < r.roster.look.AskedAt {
		o.Look = nil // overtaken by a newer one
	}
	if o.Begin && r.ahead() {
		r.begin()
	}
	notices := r.outages.see(o, r.waited(r.now))
	if r.ahead() {
		notices = nil // told if it still is so when the wait begins
	}
	r.target.See(o)
	news := r.roster.see(o, r.now)
	// What follows from a refusal is told once something was given: until then key or app may be wrong.
	r.held = append(r.held, r.noticesOf(o)...)
	if r.outages.answered {
		notices, r.held = append(notices, r.held...), nil
	}
	notices = slices.Concat(notices, clockNotice(o), r.target.Notices(o, r.now))
	if r.roster.aim(r.target.Release(), r.target.FirstCode()) {
		r.targetAt, r.readyAt, r.timeline = r.now, -1, timeline{}
	}
	r.lists.see(o, news, r.clock, r.now)
	if o.Release != nil {
		r.lists.seeRelease(o.Release, r.target.Release(), r.now)
	}

	if r.roster.target.version != 0 {
		r.status = r.roster.update(r.status, r.now)
		r.timeline.follow(r.target.Release(), &r.status, r.listedAt())
		r.tellHolds()
	}
	r.end = cmp.Or(o.End, r.end)
	r.unshown = r.notShown()
	shut := r.findObstacle(&r.status)
	r.obstacle = *cmp.Or(shut, r.lastLook())
	r.unshownSince, r.readyAt = r.since(r.unshownSince, r.unshown != ""), r.since(r.readyAt, shut == nil)
	r.verdict = r.decide()
	if r.verdict != nil && r.outages.refusal == nil {
		notices = append(notices, r.held...)
	}
	r.notice(append(notices, r.warnings()...))
	if r.verdict != nil {
		r.timeline.close(r.oldCode(), &r.status)
	}
}

// listedAt is the time of which the newest look tells for sure: its lists may be behind.
func (r *Rollout) listedAt() time.Time {
	if r.roster.look == nil {
		return time.Time{}
	}
	return r.clock.Platform(r.roster.look.AskedAt - observe.ListLag)
}

// ahead reports whether this is a head start still: everything is taken in, and nothing is decided.
func (r *Rollout) ahead() bool { return r.began == observe.Never }

// begin ends the head start. What was refused before it may be answered now.
func (r *Rollout) begin() {
	r.began = r.now
	r.target.Begin(r.now)
	r.roster.waitFrom = r.now
	r.outages.forget()
}

// waited is how long the wait has lasted at a moment, as people are told it: a head start does not count.
func (r *Rollout) waited(at time.Duration) time.Duration {
	if r.ahead() {
		return at
	}
	return at - r.began
}

// span is the same in words.
func (r *Rollout) span(at time.Duration) string { return observe.Span(r.waited(at)).String() }

// Verdict is the end of the wait; false while there is none.
func (r *Rollout) Verdict() (Verdict, bool) {
	if r.verdict == nil {
		return Verdict{}, false
	}
	return *r.verdict, true
}

// awaited reports whether the target is not known yet, or has not succeeded.
func (r *Rollout) awaited() bool {
	rel := r.target.Release()
	return rel == nil || !rel.Deployed()
}

// since is since when something is so: begun, now if it was not so before, or -1 if it is not.
func (r *Rollout) since(begun time.Duration, is bool) time.Duration {
	switch {
	case !is:
		return -1
	case begun < 0:
		return r.now
	}
	return begun
}

// notice says each thing once.
func (r *Rollout) notice(notices []string) {
	for _, s := range notices {
		if !slices.Contains(r.notices, s) && len(r.notices) < maxNotices {
			r.notices = append(r.notices, s)
		}
	}
}

// noticesOf are what a person should know of an observation.
func (r *Rollout) noticesOf(o observe.Observation) []string {
	switch {
	case o.App != nil && o.App.Maintenance:
		return []string{"the app is in maintenance mode; its dynos run all the same"}
	case o.Preboot != nil && !r.roster.preboot.Known && !r.roster.rolling():
		return []string{"the platform does not say whether preboot is on; the gate waits as if it were"}
	case o.Log != nil && o.Log.State == observe.Gapped:
		return []string{"the log has a gap (" + o.Log.Reason + "): what it does not prove from here on can only be presumed"}
	case o.Log != nil && o.Log.State == observe.Refused:
		return []string{"no log: " + o.Log.Reason + "; without it nothing can be proven, and the gate waits until the longest time that an old dyno can live is over"}
	case o.Budget != nil:
		return []string{fmt.Sprintf("the account's budget of API requests, which all its programs share, is low (%d left): the gate looks less often to make it last", o.Budget.Remaining)}
	}
	return nil
}

// clockNotice says that the clock of Heroku's answers is not believed.
func clockNotice(o observe.Observation) []string {
	if o.App == nil || o.Runner.IsZero() {
		return nil // of all answers only one tells of it
	}
	return []string{fmt.Sprintf("Heroku's answers are dated %s ahead of this machine's clock, as a proxy can do: that is not believed, and this machine's clock is", observe.Span(o.Date.Sub(o.Runner)))}
}

// warnings are what a person should know of what was judged.
func (r *Rollout) warnings() []string {
	var all []string
	until := r.status.holdUntil
	if r.cfg.Timeout > 0 && until != observe.Never && r.waited(until) > r.cfg.Timeout && !r.tooShort {
		r.tooShort = true
		all = append(all, fmt.Sprintf("without proof by the log, old dynos are assumed to run until %s: that is past the timeout of %s", observe.Span(r.holdEnd(until)), observe.Span(r.cfg.Timeout)))
	}
	if name := r.unknownType(); name != "" && r.verdict == nil {
		what, next := r.noSuchType(name), ": the list may be behind, and is asked for again"
		if r.awaited() {
			next = ": waiting for the release to bring it"
		}
		if !slices.ContainsFunc(r.notices, func(n string) bool { return strings.HasPrefix(n, what) }) {
			all = append(all, what+next)
		}
	}
	if r.verdict != nil && r.verdict.Reason == NothingToRun {
		all = append(all, "the formation wants no dynos of what is in scope: nothing runs")
	}
	return all
}
