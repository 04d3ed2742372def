// The fold: observations in, and what becomes of them.

package rollout

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

// Config says what is waited for and how strictly. Its zero value waits for the
// newest release of an app with preboot limits of the platform's defaults.
type Config struct {
	// App is the name or id of the app, for messages.
	App string
	// Want names the release; zero means the newest one at the start.
	Want release.Want
	// Types are the process types in scope; none means all of the formation.
	Types []string
	// Timeout bounds the wait; only used to say that a hold reaches past it. 0: no bound.
	Timeout time.Duration
	// Settle is how long everything must hold before the gate opens. 0: at once.
	Settle time.Duration
	// BootTimeout is the app's boot timeout on Heroku. 0: the platform's default, 60 s.
	BootTimeout time.Duration
	// PrebootHold overrides the hold for prebooted dynos. 0: computed.
	PrebootHold time.Duration
	// CrashGrace is how long a new dyno may stay crashed. 0: 60 s.
	CrashGrace time.Duration
	// FailOnNewer ends the wait when a newer release succeeds; otherwise it is followed.
	FailOnNewer bool
	// RequireProof never opens on presumption.
	RequireProof bool
	// IncludeOneOff counts one-off dynos, too.
	IncludeOneOff bool
	// UseLog: the log is read. If not, nothing can be proven.
	UseLog bool
	// WorkflowCommit is the commit that the workflow runs on, to warn when the
	// newest release carries another. Empty: not known.
	WorkflowCommit string
}

const (
	defaultCrashGrace = 60 * time.Second
	// maxGaps and maxNotices are how many of them are told.
	maxGaps    = 100
	maxNotices = 50
)

// Rollout is the state of one wait. Its methods are not safe for concurrent use.
type Rollout struct {
	cfg    Config
	clock  *observe.Clock
	target *release.Target
	roster *roster
	lists  lists

	now       time.Duration
	targetAt  time.Duration // when the target became known
	prebootAt time.Duration // when preboot was last asked for
	outages   outages
	refusal   *observe.Trouble // the platform's no, or a bug: it ends the wait
	end       observe.End

	status   fleetStatus   // as of the newest observation
	readyAt  time.Duration // since when nothing keeps the gate shut; -1 while something does
	doubtAt  time.Duration // since when the list of releases is in doubt; -1 while it is not
	timeline timeline
	gaps     []Gap
	notices  []string
	tooShort bool // it was said that a hold reaches past the timeout
	verdict  *Verdict
}

// New begins a wait.
func New(cfg Config) *Rollout {
	if cfg.CrashGrace == 0 {
		cfg.CrashGrace = defaultCrashGrace
	}
	r := &Rollout{cfg: cfg, clock: &observe.Clock{}, outages: outages{open: map[observe.About]*outage{}}, readyAt: -1, doubtAt: -1}
	r.target = release.New(cfg.Want, cfg.WorkflowCommit, r.clock)
	r.roster = newRoster(&r.cfg, r.clock)
	return r
}

// Apply takes in one observation. After the verdict it changes nothing.
func (r *Rollout) Apply(o observe.Observation) {
	if r.verdict != nil {
		return
	}
	r.now = max(r.now, o.At)
	asked := time.Duration(0) // whatever it was that was asked, it was not before the start
	if o.Look != nil {
		asked = o.Look.AskedAt
	}
	r.clock.Learn(o.Date, asked, o.At)
	r.see(o)
	if o.End != "" {
		r.end = o.End
	}
	r.judge()
	if r.verdict = r.decide(); r.verdict != nil && r.verdict.Result == Passed {
		r.close()
	}
}

// Verdict is the end of the wait; false while there is none.
func (r *Rollout) Verdict() (Verdict, bool) {
	if r.verdict == nil {
		return Verdict{}, false
	}
	return *r.verdict, true
}

// see takes in what an observation tells.
func (r *Rollout) see(o observe.Observation) {
	switch {
	case o.App != nil:
		r.answered(observe.AboutApp)
		r.roster.app = *o.App
		if o.App.Maintenance {
			r.notice("the app is in maintenance mode; its dynos run all the same")
		}
	case o.Preboot != nil:
		r.roster.seePreboot(o.Preboot)
		r.prebootAt = r.now
		if !r.roster.preboot.Known && !r.roster.rolling() {
			r.notice("the platform does not say whether preboot is on; the gate holds as if it were")
		}
	case o.Look != nil:
		r.seeLook(o.Look)
	case o.Code != nil:
		r.answered(observe.AboutCode)
		r.target.SeeCode(o.Code)
		r.seeTarget()
	case o.Builds != nil:
		r.answered(observe.AboutBuilds)
		r.target.SeeBuilds(o.Builds)
		r.seeTarget()
	case o.Line != nil:
		r.seeLine(o.Line)
	case o.Log != nil:
		r.seeLog(o.Log)
	case o.Trouble != nil && o.Trouble.Kind != observe.Unreachable:
		r.refusal = o.Trouble
	case o.Trouble != nil:
		r.notice(r.outages.begin(o.Trouble, r.now))
	case o.Budget != nil:
		r.notice(fmt.Sprintf("the account's budget of API requests is low (%d left): the gate looks less often to make it last", o.Budget.Remaining))
	}
}

func (r *Rollout) seeLook(l *observe.Look) {
	if last := r.roster.look; last != nil && l.AskedAt < last.AskedAt {
		return // overtaken by a newer one
	}
	if l.Full() {
		r.answered(observe.AboutLook)
	}
	r.lists.see(l, r.now)
	r.target.SeeLook(l)
	r.roster.seeLook(l, r.now)
	r.seeTarget()
}

// seeTarget takes in what is known of the target now.
func (r *Rollout) seeTarget() {
	if rel := r.target.Release(); rel != nil {
		if r.roster.target.version != rel.Version {
			r.targetAt, r.readyAt = r.now, -1
			r.roster.aim(rel.Version, rel.CreatedAt)
			r.timeline = newTimeline(rel)
		}
		r.roster.target.finished = rel.Status == "succeeded"
		r.timeline.seeRelease(rel)
	}
	for _, notice := range r.target.Notices(r.now) {
		r.notice(notice)
	}
}

func (r *Rollout) seeLine(l *observe.Line) {
	if l.Kind == observe.API {
		r.target.HearOf(l.Release)
		r.noteAPIChange(l.Stamp)
		return
	}
	counts := r.roster.seeLine(l, r.now)
	if l.Kind == observe.Exit && r.roster.guessType(l.Label) == "release" && r.roster.oneOff("release") {
		r.noteAPIChange(l.Stamp.Add(apiSoon)) // a release phase is over, and the release soon is
	}
	if counts {
		// A SIGTERM or an exit does not change the list; a start or a state does.
		changes := l.Kind == observe.Start || l.Kind == observe.State || l.Kind == observe.Exit && r.roster.fir()
		r.lists.noteLine(changes, r.now)
	}
}

// noteAPIChange notes that something was done to the app, or to its releases: what happened
// before the newest full look was asked for is in it.
func (r *Rollout) noteAPIChange(done time.Time) {
	if full := r.lists.full; full == nil || done.After(r.clock.Platform(full.AskedAt)) {
		r.lists.unseen, r.lists.apiAt = true, r.now
	}
}

func (r *Rollout) seeLog(s *observe.LogStatus) {
	r.roster.seeLog(s, r.now)
	switch s.State {
	case observe.Gapped:
		if len(r.gaps) < maxGaps {
			r.gaps = append(r.gaps, Gap{At: r.now, Reason: s.Reason})
		}
		r.notice("the log has a gap (" + s.Reason + "): what it does not prove from here on is presumed after a hold")
	case observe.Refused:
		r.notice("no log: " + s.Reason + "; without it nothing is proven, and the gate holds instead")
	}
}

func (r *Rollout) answered(about observe.About) { r.notice(r.outages.end(about, r.now)) }

// notice says something once; an empty text is nothing.
func (r *Rollout) notice(s string) {
	if s != "" && !slices.Contains(r.notices, s) && len(r.notices) < maxNotices {
		r.notices = append(r.notices, s)
	}
}

// judge brings up to date what is known of the fleet, and since when.
func (r *Rollout) judge() {
	if r.roster.look != nil && r.roster.target.version != 0 {
		r.status = r.roster.update(r.status, r.now)
		r.timeline.follow(&r.status, r.clock, r.cfg.Types)
		r.noticeLongHold()
	}
	rel := r.target.Release()
	r.doubtAt = since(r.doubtAt, r.now, rel != nil && rel.Status == "succeeded" && r.doubtful() != "")
	r.readyAt = since(r.readyAt, r.now, len(r.obstacles(&r.status)) == 0)
	if name := r.unknownType(); name != "" && (rel == nil || rel.Status != "succeeded") && !r.typesDue() {
		r.notice(r.noSuchType(name) + "waiting for the release to bring it")
	}
}

// since is since when something is so: begun, now if it was not so before, or -1 if it is not.
func since(begun, now time.Duration, is bool) time.Duration {
	switch {
	case !is:
		return -1
	case begun < 0:
		return now
	}
	return begun
}

// noticeLongHold warns once of a hold that reaches past the timeout.
func (r *Rollout) noticeLongHold() {
	if until := r.status.holdUntil(); r.cfg.Timeout > 0 && until > r.cfg.Timeout && until != observe.Never && !r.tooShort {
		r.tooShort = true
		r.notice(fmt.Sprintf("without proof by the log, old dynos count as alive until %s: that is past the timeout of %s", Short(until), Short(r.cfg.Timeout)))
	}
}
