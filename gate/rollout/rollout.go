// The fold: observations in, picture and verdict out, and what is wanted next.

package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config says what is waited for and how strictly. Its zero value waits for the
// newest release of an app with preboot limits of the platform's defaults.
type Config struct {
	// App is the name or id of the app, for messages.
	App string
	// Want names the release; zero means the newest one at the start.
	Want Want
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
	// UseLog tells that the log is read. If not, nothing can be proven.
	UseLog bool
	// WorkflowCommit is the commit that the workflow runs on, to warn when the
	// newest release carries another. Empty: not known.
	WorkflowCommit string
}

// Want names a release. At most one field is set.
type Want struct {
	Version int
	ID      string
	Commit  string // whole or abbreviated
}

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
	apiAt       time.Duration // when the log last told of something done through the API
	readyAt     time.Duration // since when all conditions hold; -1 while they do not
	lookedAt    time.Duration // when the newest look arrived
	refusal     *Trouble      // the platform's no, or a bug: it ends the wait
	outages     map[About]*outage
	outageCount int
	end         End
	targetAt    time.Duration // when the target became known
	prebootAt   time.Duration // when preboot was last asked for
	verdict     *Verdict
	times       Times
	gaps        []Gap
	notices     []string
	tooShort    bool // it was said that a hold reaches past the timeout
	moments     []Moment
	crashSince  map[string]time.Duration

	types []typeStanding // as of the newest observation
	dynos []DynoPicture
}

// New begins a wait.
func New(cfg Config) *Rollout {
	r := &Rollout{cfg: cfg, clock: &platformClock{}, readyAt: -1, crashSince: map[string]time.Duration{}, outages: map[About]*outage{}}
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
	r.clock.learn(o.Date, o.At)
	switch {
	case o.App != nil:
		r.seeAnswer(AboutApp)
		r.fleet.app = *o.App
		if o.App.Maintenance {
			r.notice("the app is in maintenance mode; its dynos run all the same")
		}
	case o.Preboot != nil:
		r.fleet.seePreboot(o.Preboot)
		r.prebootAt = r.now
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
	case e.failed() && (r.target.built || r.now > listLag):
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
		// What happened before the newest full look was asked for is in it.
		if r.full == nil || l.Stamp.After(r.clock.now(r.full.AskedAt)) {
			r.dirty, r.apiAt = true, r.now
		}
		return
	}
	if !r.fleet.seeLine(l, r.now) {
		return
	}
	r.changedAt = r.now
	// A SIGTERM or an exit does not change the list; a start or a state does.
	if l.Kind == Start || l.Kind == State || l.Kind == Exit && r.fleet.fir() {
		r.dirty = true
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
		r.types, r.dynos = r.fleet.survey(r.now)
		r.follow()
		if until := r.holding(); r.cfg.Timeout > 0 && until > r.cfg.Timeout && until != never {
			r.noticeOnce(&r.tooShort, fmt.Sprintf("without proof by the log, old dynos count as alive until %s: that is past the timeout of %s",
				Short(until), Short(r.cfg.Timeout)))
		}
	}
	r.verdict = r.decide()
}

// follow notes the moments that the outputs carry.
func (r *Rollout) follow() {
	t := &r.times
	wanted, up, old := r.sums()
	var first, last time.Time
	for _, d := range r.dynos {
		if d.UpAt.IsZero() {
			continue
		}
		if first.IsZero() || d.UpAt.Before(first) {
			first = d.UpAt
		}
		if d.UpAt.After(last) {
			last = d.UpAt
		}
	}
	if t.FirstNewUp.IsZero() && !first.IsZero() {
		t.FirstNewUp = first
		r.moment(first, "first new dyno up", FromAPI)
	}
	if t.AllNewUp.IsZero() && up >= wanted && !last.IsZero() {
		t.AllNewUp = last
		r.moment(last, fmt.Sprintf("all new dynos up (%d); the dyno list shows %d old", up, r.listed()), FromAPI)
	}
	t.FirstOldStopped = r.firstStop()
	r.mark(t.FirstOldStopped, "first old dyno ended", FromLog)
	if old > 0 || r.holding() != 0 || len(r.types) == 0 && len(r.cfg.Types) > 0 {
		t.OldGone = time.Time{}
		return
	}
	if t.OldGone.IsZero() {
		t.OldGone = r.lastPresumed()
		for _, d := range r.dynos {
			if d.GoneAt.After(t.OldGone) {
				t.OldGone = d.GoneAt
			}
		}
		if t.OldGone.IsZero() {
			t.OldGone = t.ReleaseFinished // there was nothing old
		}
	}
}

func (r *Rollout) sums() (wanted, up, old int) {
	for _, t := range r.types {
		wanted += t.Wanted
		up += t.Up
		old += t.OldListed + t.OldHidden
	}
	return
}

func (r *Rollout) listed() int {
	n := 0
	for _, t := range r.types {
		n += t.OldListed
	}
	return n
}

// holding is the latest end of a hold; 0 if there is none, never if it is open.
func (r *Rollout) holding() time.Duration {
	var until time.Duration
	for _, t := range r.types {
		if t.Basis == "" {
			until = max(until, t.HoldUntil)
		}
	}
	return until
}

func (r *Rollout) notice(s string) {
	if !slices.Contains(r.notices, s) && len(r.notices) < 50 {
		r.notices = append(r.notices, s)
	}
}

// noticeOnce gives a notice that would change from one observation to the next.
func (r *Rollout) noticeOnce(given *bool, s string) {
	if !*given {
		*given = true
		r.notice(s)
	}
}

func (r *Rollout) moment(at time.Time, what string, from Source) {
	r.moments = append(r.moments, Moment{Time: at, What: what, Source: from})
}

// firstStop is when the first old dyno was seen to end. A crash of a new one can look
// like it for a moment, until the next line tells.
func (r *Rollout) firstStop() time.Time {
	var first time.Time
	for _, lb := range r.fleet.labels {
		if !r.fleet.inScope(lb.typ) {
			continue
		}
		stop := lb.firstStop
		if stop.IsZero() && len(lb.books.entries) > 0 {
			stop = r.fleet.tally(lb, r.now).firstStop
		}
		if !stop.IsZero() && (first.IsZero() || stop.Before(first)) {
			first = stop
		}
	}
	return first
}

// mark keeps the one moment of its kind; a zero time takes it back.
func (r *Rollout) mark(at time.Time, what string, from Source) {
	r.moments = slices.DeleteFunc(r.moments, func(m Moment) bool { return m.What == what })
	if !at.IsZero() {
		r.moment(at, what, from)
	}
}

// Verdict is the end of the wait; false while there is none.
func (r *Rollout) Verdict() (Verdict, bool) {
	if r.verdict == nil {
		return Verdict{}, false
	}
	return *r.verdict, true
}

// Wants is what the core would like to be told next.
type Wants struct {
	// Ready: only a fresh full look is missing for the gate to open.
	Ready bool
	// Changed: something happened that the newest look may not show.
	Changed bool
	// Quiet: the log flows and every new dyno is up, so only the log brings news.
	Quiet bool
	// Full: the dyno list alone will not do for the next look.
	Full bool
	// WakeAt is when time alone may change the verdict; 0 if it will not.
	WakeAt time.Duration
	// LookAt is when a look at the dyno list would settle a doubt; 0: there is none.
	LookAt time.Duration
	// Releases is how many of the newest releases a full look should bring.
	Releases int
	// Codes are the slugs and images whose commit is not known and matters.
	Codes []CodeRef
	// Preboot: the answer to whether preboot is on is missing, or too old.
	Preboot bool
	// Flowing: the log tells of what happens.
	Flowing bool
	// Builds: the newest builds may tell why the release does not appear.
	Builds bool
}

// Wants tells what would help the core along.
func (r *Rollout) Wants() Wants {
	w := Wants{
		Ready:    r.readyAt >= 0 && r.now >= r.readyAt+r.cfg.Settle,
		Changed:  r.dirty,
		Releases: r.target.ask(),
		Codes:    r.target.codesWanted(),
		Builds:   r.cfg.Want.Commit != "" && r.target.rel == nil || !r.target.built && r.longAgo(),
	}
	rel := r.target.rel
	waits := rel == nil || rel.Status != "succeeded"
	wanted, up, _ := r.sums()
	w.Quiet = !waits && r.fleet.log == Flowing && up >= wanted && r.listed() == 0 && !r.target.ahead() && r.target.unjudged == 0
	w.Flowing = r.fleet.log == Flowing
	w.Preboot = !r.fleet.preboot.Known || r.prebootAt < r.targetAt || r.now-r.prebootAt > prebootLife
	w.Changed = w.Changed || r.behind() || r.target.deeper()
	w.Full = waits || w.Ready || r.full == nil || r.apiAt > r.full.AskedAt || r.target.ahead() || r.target.unjudged != 0 || r.target.deeper()
	wake := func(at time.Duration) {
		if at > r.now && at != never && (w.WakeAt == 0 || at < w.WakeAt) {
			w.WakeAt = at
		}
	}
	for _, t := range r.types {
		if t.Basis == "" {
			wake(t.HoldUntil)
		}
	}
	for _, at := range r.fleet.wakes {
		wake(at)
	}
	if r.cfg.Settle > 0 && r.readyAt >= 0 {
		wake(r.readyAt + r.cfg.Settle)
	}
	w.LookAt = r.fleet.lookAt
	if rel != nil && r.fleet.look != nil && r.suspect() && (w.LookAt == 0 || listLag < w.LookAt) {
		w.LookAt = listLag
	}
	if r.unknownType() != "" && rel != nil && rel.Status == "succeeded" {
		if at := r.clock.elapsed(rel.UpdatedAt.Add(listLag), never); w.LookAt == 0 || at < w.LookAt {
			w.LookAt, w.Full = at, true
		}
	}
	for _, since := range r.crashSince {
		if at := since + r.cfg.CrashGrace; w.LookAt == 0 || at < w.LookAt {
			w.LookAt = at
		}
	}
	return w
}

// behind tells whether the log knows more than the lists show, so that a newer look
// is worth its price.
func (r *Rollout) behind() bool {
	return r.target.heard > r.target.releases.newest || r.fleet.behind
}

// Picture is all that is known now.
func (r *Rollout) Picture() Picture {
	p := Picture{
		At: r.now, PlatformNow: r.clock.shown(r.now),
		App: r.fleet.app, Preboot: r.fleet.prebooted(),
		Times: r.times, Log: r.fleet.log, LogSince: r.fleet.logSince, LogReason: r.fleet.logWhy,
		Gaps: slices.Clone(r.gaps), Notices: slices.Clone(r.notices), Dynos: r.dynos,
		Waiting: r.waiting(), SupersededBy: r.target.newerMax,
		RequireProof: r.cfg.RequireProof, Timeout: r.cfg.Timeout,
	}
	if p.App.Name == "" {
		p.App.Name = r.cfg.App
	}
	if o := r.outages[AboutLook]; o != nil {
		p.Trouble = o.reason
	} else if r.refusal != nil {
		p.Trouble = r.refusal.Message
	}
	if rel := r.target.rel; rel != nil {
		p.Target, p.Commit = rel, r.target.codes[rel.Code().ID].Commit
	}
	for _, t := range r.types {
		tp := t.TypePicture
		if tp.Basis != "" || tp.HoldUntil == never {
			tp.HoldUntil = 0
		}
		p.Types = append(p.Types, tp)
		p.HoldUntil = max(p.HoldUntil, tp.HoldUntil)
	}
	p.NewWanted, p.NewUp, p.OldRemaining = r.sums()
	if r.fleet.look != nil {
		for _, d := range r.fleet.look.Dynos {
			if r.fleet.oneOff(d.Type) && !r.fleet.inScope(d.Type) {
				p.OneOff = append(p.OneOff, d)
			}
		}
	}
	p.Moments = slices.Clone(r.moments)
	slices.SortStableFunc(p.Moments, func(a, b Moment) int { return a.Time.Compare(b.Time) })
	return p
}

// waiting says in plain words what is being waited for.
func (r *Rollout) waiting() string {
	rel := r.target.rel
	switch {
	case r.verdict != nil && r.verdict.Result == Passed:
		return ""
	case r.full == nil:
		return "the first look at the app"
	case rel == nil:
		what := r.target.wish() + " to appear"
		if b := r.target.newestBuild(); b != nil && b.Status == "pending" {
			what += " (its build is running)"
		}
		return what
	case rel.Status != "succeeded":
		if rel.Status == "pending" {
			return fmt.Sprintf("the release phase of v%d to end", rel.Version)
		}
		return fmt.Sprintf("release v%d to succeed (%s)", rel.Version, rel.unfinished())
	}
	var parts []string
	for _, t := range r.types {
		if d := t.describe(); d != "" {
			parts = append(parts, d)
		}
	}
	what := strings.Join(parts, "; ")
	if until := r.holding(); until != 0 && r.listed() == 0 {
		if what == "" {
			what = "old dynos that the list does not show"
		}
		for _, t := range r.types {
			if t.Basis == "" && t.HoldUntil == until && t.HoldReason != "" && t.HoldReason != ExitDue {
				what += " (" + t.HoldReason + ")"
				break
			}
		}
	}
	if what == "" && r.cfg.RequireProof && slices.ContainsFunc(r.types, func(t typeStanding) bool { return t.Basis == Presumed }) {
		return "proof that old dynos are gone, which is only presumed"
	}
	if what == "" {
		what = r.doubtful()
	}
	if what == "" && r.cfg.Settle > 0 {
		return "things to stay as they are for " + Short(r.cfg.Settle)
	}
	if what == "" {
		return "a last look at the app"
	}
	return what
}
