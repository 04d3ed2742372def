// The fold: observations in, and what becomes of them.

package oldcore

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

const (
	defaultCrashGrace = 60 * time.Second
	// prebootLife is how long an answer to whether preboot is on is good for.
	prebootLife = 150 * time.Second
	// maxGaps is how many gaps of the log are told of.
	maxGaps = 100
	// crashLoop is how many crashes of one dyno within the grace are a loop.
	crashLoop = 3
)

// Rollout is the state of one wait. Its methods are not safe for concurrent use.
type Rollout struct {
	cfg    Config
	clock  *platformClock
	target *target
	fleet  *fleet

	now         time.Duration
	full        *Look         // the newest full look
	changedAt   time.Duration // when a line in scope was last learnt
	dirty       bool          // something happened that the newest look may not show
	apiAt       time.Duration // when the log last told of something done to the app or its releases
	readyAt     time.Duration // since when all conditions hold; -1 while they do not
	lookedAt    time.Duration // when the newest look arrived
	refusal     *Trouble      // the platform's no, or a bug: it ends the wait
	outages     map[About]*outage
	outageCount int
	end         End
	targetAt    time.Duration // when the target became known
	prebootAt   time.Duration // when preboot was last asked for
	doubtAt     time.Duration // since when only the list of releases is in the way; -1: it is not
	verdict     *Verdict
	times       Times
	gaps        []Gap
	notices     []string
	tooShort    bool // it was said that a hold reaches past the timeout
	moments     []Moment
	crashSince  map[string]crash

	survey survey // as of the newest observation
}

// New begins a wait.
func New(cfg Config) *Rollout {
	r := &Rollout{cfg: cfg, clock: &platformClock{}, readyAt: -1, doubtAt: -1, crashSince: map[string]crash{}, outages: map[About]*outage{}}
	if r.cfg.CrashGrace == 0 {
		r.cfg.CrashGrace = defaultCrashGrace
	}
	r.target = newTarget(&r.cfg, r.clock)
	r.fleet = newFleet(&r.cfg, r.clock)
	return r
}

// Apply takes in one observation. After the verdict it changes nothing.
func (r *Rollout) Apply(o Observation) {
	if r.verdict != nil {
		return
	}
	r.now = max(r.now, o.At)
	asked := time.Duration(0) // whatever it was that was asked, it was not before the start
	if o.Look != nil {
		asked = o.Look.AskedAt
	}
	r.clock.learn(o.Date, asked, o.At)
	switch {
	case o.App != nil:
		r.seeAnswer(AboutApp)
		r.fleet.app = *o.App
		if o.App.Maintenance {
			r.notice("the app is in maintenance mode; its dynos run all the same")
		}
	case o.Preboot != nil:
		r.fleet.seePreboot(o.Preboot)
		r.prebootAt = cmp.Or(o.Preboot.AskedAt, r.now)
		r.fleet.prebootAt = r.prebootAt
		if !r.fleet.preboot.Known && !r.fleet.rolling() {
			r.notice("the platform does not say whether preboot is on; the gate holds as if it were")
		}
	case o.Look != nil:
		r.seeLook(o.Look)
	case o.Code != nil:
		r.seeAnswer(AboutCode)
		r.target.seeCode(o.Code)
		r.retarget()
	case o.Builds != nil:
		r.seeAnswer(AboutBuilds)
		r.target.seeBuilds(o.Builds)
		r.retarget()
	case o.Line != nil:
		r.seeLine(o.Line)
	case o.Log != nil:
		r.seeLog(o.Log)
	case o.Trouble != nil:
		r.seeTrouble(o.Trouble)
	case o.Budget != nil:
		r.notice(fmt.Sprintf("the account's budget of API requests is low (%d left): the gate looks less often to make it last", o.Budget.Remaining))
	}
	if o.End != "" {
		r.end = o.End
	}
	r.judge()
}

func (r *Rollout) seeLook(l *Look) {
	if last := r.fleet.look; last != nil && l.AskedAt < last.AskedAt {
		return // overtaken by a newer one
	}
	r.lookedAt = r.now
	r.dirty = max(r.changedAt, r.apiAt) > l.AskedAt
	if l.Full() {
		r.seeAnswer(AboutLook)
		r.full = l
	}
	r.target.see(l)
	r.fleet.seeList(l, r.now)
	r.retarget()
}

// retarget tells the fleet of the target, once it is known, and of its fate.
func (r *Rollout) retarget() {
	rel := r.target.rel
	if rel == nil {
		r.noteCommit()
		return
	}
	if r.fleet.version != rel.Version {
		r.targetAt = r.now
		r.times, r.moments, r.readyAt = Times{}, nil, -1
		r.fleet.retarget(rel.Version, rel.CreatedAt)
		r.times.ReleaseCreated = rel.CreatedAt
		r.moment(rel.CreatedAt, fmt.Sprintf("release v%d created", rel.Version), FromAPI)
	}
	r.fleet.finished = rel.Status == "succeeded"
	if rel.Status == "succeeded" && r.times.ReleaseFinished.IsZero() {
		r.times.ReleaseFinished = rel.UpdatedAt
		r.moment(rel.UpdatedAt, fmt.Sprintf("Heroku calls release v%d finished", rel.Version), FromAPI)
	}
	if r.longAgo() && r.target.building() {
		r.notice(fmt.Sprintf("a build is running, and release v%d is from before it: to wait for what is being built, use the input \"commit\"", rel.Version))
	}
	if n := r.target.codeless(); n > 0 {
		r.notice(fmt.Sprintf("the platform does not tell which code release v%d carries: a rollback would not be seen", n))
	}
	if n := r.target.newerMax; n > 0 {
		r.notice(fmt.Sprintf("release v%d was made after v%d; its dynos count as new, too", n, rel.Version))
	}
	if c := r.target.codes[rel.Code().ID].Commit; c != "" && r.cfg.WorkflowCommit != "" && r.cfg.Want == (Want{}) &&
		!strings.HasPrefix(strings.ToLower(r.cfg.WorkflowCommit), c) {
		r.notice(fmt.Sprintf("release v%d carries commit %.12s, not the workflow's %.12s: if the deploy is still under way, use the input \"commit\"",
			rel.Version, c, r.cfg.WorkflowCommit))
	}
}

// noteCommit says at once what keeps a commit from being found.
func (r *Rollout) noteCommit() {
	if r.cfg.Want.Commit == "" {
		return
	}
	if r.target.noCommits() {
		r.notice(noCommits)
		return
	}
	e := r.target.earlier()
	switch {
	case e == nil:
	case failed(e) && (r.target.built || r.now > listLag):
		r.notice(fmt.Sprintf("release v%d of commit %.12s %s in an earlier try: waiting for the commit to be deployed again", e.Version, r.cfg.Want.Commit, e.Status))
	case e.Status == "succeeded":
		r.notice(fmt.Sprintf("release v%d carries commit %.12s, but other code has followed it: waiting for the commit to be deployed again", e.Version, r.cfg.Want.Commit))
	}
}

// noCommits says what to do where no commit can be matched.
const noCommits = `the app's releases tell of no commit, so none can be matched: use the input "release" instead`

func (r *Rollout) seeLine(l *Line) {
	if l.Kind == API {
		r.target.heard = max(r.target.heard, l.Release)
		r.heard(l.Stamp)
		return
	}
	counts := r.fleet.seeLine(l, r.now)
	if l.Kind == Exit && r.fleet.typeOf(l.Label) == "release" && r.fleet.oneOff("release") {
		r.heard(l.Stamp.Add(apiSoon)) // a release phase is over, and the release soon is
	}
	if !counts {
		return
	}
	r.changedAt = r.now
	// A SIGTERM or an exit does not change the list; a start or a state does.
	if l.Kind == Start || l.Kind == State || l.Kind == Exit && r.fleet.fir() {
		r.dirty = true
	}
}

// heard notes that something was done to the app, or to its releases: what happened
// before the newest full look was asked for is in it.
func (r *Rollout) heard(done time.Time) {
	if r.full == nil || done.After(r.clock.now(r.full.AskedAt)) {
		r.dirty, r.apiAt = true, r.now
	}
}

func (r *Rollout) seeLog(s *LogStatus) {
	r.fleet.seeLog(s, r.now)
	switch s.State {
	case Gapped:
		if len(r.gaps) < maxGaps {
			r.gaps = append(r.gaps, Gap{At: r.now, Reason: s.Reason})
		}
		r.notice("the log has a gap (" + s.Reason + "): what it does not prove from here on is presumed after a hold")
	case Refused:
		r.notice("no log: " + s.Reason + "; without it nothing is proven, and the gate holds instead")
	}
}

// judge brings the picture up to date and decides.
func (r *Rollout) judge() {
	if r.fleet.look != nil && r.fleet.version != 0 {
		r.survey = r.fleet.survey(r.now)
		r.follow()
		if until := r.holding(); r.cfg.Timeout > 0 && until > r.cfg.Timeout && until != never {
			r.noticeOnce(&r.tooShort, fmt.Sprintf("without proof by the log, old dynos count as alive until %s: that is past the timeout of %s",
				Short(until), Short(r.cfg.Timeout)))
		}
	}
	switch rel := r.target.rel; {
	case rel == nil || rel.Status != "succeeded" || r.doubtful() == "":
		r.doubtAt = -1
	case r.doubtAt < 0:
		r.doubtAt = r.now
	}
	r.verdict = r.decide()
}

// Verdict is the end of the wait; false while there is none.
func (r *Rollout) Verdict() (Verdict, bool) {
	if r.verdict == nil {
		return Verdict{}, false
	}
	return *r.verdict, true
}
