// The fold: each observation changes the state, and then everything is judged.

package rollout

import (
	"cmp"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

// Config says what the gate waits for, and how strictly. Its zero value waits for the newest release of an
// app that has the platform's default limits.
type Config struct {
	// App is the name or id of the app. It is only used in messages.
	App string
	// WaitForApp: the app may not exist yet.
	WaitForApp bool
	// Want names the release. Zero: the newest one when the wait begins.
	Want release.Want
	// HeadStart: the gate watches the app before the deploy. The wait begins with the observation that says
	// so ([observe.Observation.Begin]). Without a head start the wait begins with the first observation.
	HeadStart bool
	// Types are the process types that count. Empty: all of the formation.
	Types []string
	// Timeout is when the caller will end the wait. The core only compares holds with it. 0: no timeout.
	Timeout time.Duration
	// Settle is how long nothing may be missing before the gate opens. 0: the gate opens at once.
	Settle time.Duration
	// BootTimeout is the app's boot timeout on Heroku. 0: the platform's default, 60 s.
	BootTimeout time.Duration
	// PrebootHold replaces the computed hold of prebooted dynos. 0: computed.
	PrebootHold time.Duration
	// CrashGrace is how long a new dyno may stay crashed. 0: 60 s.
	CrashGrace time.Duration
	// OnSupersede says what newer releases mean. Empty: [release.SameCode].
	OnSupersede release.Policy
	// RequireProof: the gate does not open on presumption.
	RequireProof bool
	// IncludeOneOff: one-off dynos count, too.
	IncludeOneOff bool
	// UseLog: the gate reads the log. Without the log nothing can be proven.
	UseLog bool
	// WorkflowCommit is the commit that the workflow runs on. The gate warns if the newest release carries
	// another one. Empty: not known.
	WorkflowCommit string
	// PullRequestHead is the head of the pull request that the workflow runs for. Empty: there is none.
	PullRequestHead string
}

const (
	defaultCrashGrace = 60 * time.Second
	// maxNotices bounds how many notices are kept.
	maxNotices = 50
)

// Rollout is the state of one wait. Its methods are not safe for concurrent use.
type Rollout struct {
	cfg     Config
	clock   *observe.Clock
	now     time.Duration
	began   time.Duration // when the wait began; observe.Never during the head start
	outages outages
	target  *release.Target
	roster  *roster
	lists   lists
	end     observe.End

	// As of the newest observation:
	status     fleetStatus
	timeline   timeline
	obstacle   obstacle // the first thing that is still missing
	listsLack  string   // what the lists do not show yet of the target; empty if they show all
	unshown    since    // they lack something
	clear      since    // there is no obstacle
	shortSince since    // fewer dynos are listed than the formation wants
	verdict    *Verdict

	targetAt time.Duration // when the target became known
	notices  []string
	held     []string // notices from before the first good answer
	holdEnds holdEnds
}

// New begins a wait.
func New(cfg Config) *Rollout {
	cfg.CrashGrace = cmp.Or(cfg.CrashGrace, defaultCrashGrace)
	r := &Rollout{cfg: cfg, clock: &observe.Clock{}}
	r.outages.open, r.outages.awaitsApp = map[observe.About]*outage{}, cfg.WaitForApp
	r.target = release.New(cfg.Want, cfg.OnSupersede, release.Workflow{Commit: cfg.WorkflowCommit, Head: cfg.PullRequestHead}, cfg.HeadStart, r.clock)
	if cfg.HeadStart {
		r.began = observe.Never
	}
	r.roster = newRoster(&r.cfg, r.clock)
	r.obstacle = *r.findObstacle(&r.status)
	return r
}

// Apply updates the state with one observation, and judges everything anew. After the verdict it changes nothing.
func (r *Rollout) Apply(o observe.Observation) {
	if r.verdict != nil {
		return
	}
	r.now = max(r.now, o.At)
	r.clock.Learn(o)
	if l := o.Look; l != nil && r.roster.look != nil && l.AskedAt < r.roster.look.AskedAt {
		o.Look = nil // a newer look has arrived before it
	}
	if o.Begin && r.ahead() {
		r.begin()
	}
	waited, ahead := r.waited(r.now), r.ahead()
	notices := r.outages.see(o, waited)
	if ahead {
		notices = nil // an outage that lasts is told when the wait begins
	}
	r.target.See(o)
	news := r.roster.see(o, r.now)
	notices = append(notices, r.noticesOf(o)...)
	if r.roster.setTarget(r.target.Release(), r.target.FirstCode()) {
		r.targetAt, r.clear, r.timeline = r.now, since{}, timeline{}
	}
	r.lists.see(o, news, r.target.Release(), r.clock, r.now)
	if r.roster.target.version != 0 {
		r.roster.setHolds()
		r.status = r.roster.update(r.status, r.now)
		r.timeline.follow(r.target.Release(), &r.status, r.listedAt())
		for _, t := range r.status.types {
			r.holdEnds.remember(r.waited(t.HoldUntil))
		}
	}
	r.end = cmp.Or(o.End, r.end)
	r.updateObstacle()
	r.verdict = r.decide()
	r.notify(notices)
	if r.verdict != nil {
		r.timeline.close(r.oldCode())
	}
}

// listedAt is the latest time of which the newest look shows the state for certain. Its lists can be late.
func (r *Rollout) listedAt() time.Time {
	if r.roster.look == nil {
		return time.Time{}
	}
	return r.clock.Platform(r.roster.look.AskedAt - observe.ListLag)
}

// Verdict is the end of the wait. It is false while there is none.
func (r *Rollout) Verdict() (Verdict, bool) {
	if r.verdict == nil {
		return Verdict{}, false
	}
	return *r.verdict, true
}

// awaited reports whether the target is not known yet, or was not deployed yet.
func (r *Rollout) awaited() bool { return !r.roster.target.finished }
