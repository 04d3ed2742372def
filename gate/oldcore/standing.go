// The rule of presumed life, for one label: list, books and hold together say
// whether an old instance may still run.

package oldcore

import (
	"slices"
	"time"
)

const (
	// An exit that no SIGTERM announced is a crash, of the listed dyno or of a
	// hidden one. A list that was asked this much later knows which.
	listLag = 10 * time.Second
	// A list that is no more behind than this is not called late.
	usualLag = 250 * time.Millisecond
	// Lines come this much apart in time as a matter of course.
	usualDelay = 500 * time.Millisecond
	// Runtime metrics come about every 20 s for each running dyno ("Log Runtime
	// Metrics", Dev Center): three beats missed, and it is no longer evidence.
	metricLife = 60 * time.Second
)

// ExitDue is the only reason of a hold that needs no words: the log flows, and the
// end of an old process is what is waited for.
const ExitDue = "an exit is still to come"

// never is a hold whose end is not known yet.
const never = time.Duration(1<<63 - 1)

// A standing is what is known of the old instances of one label.
type standing struct {
	old    bool          // its record is old
	listed int           // 1 if that holds a process
	hidden int           // how many others count as alive
	basis  Basis         // how it is known that there are none; empty while there may be
	until  time.Duration // when the hold on it is over; never if that is open
	why    string        // why there is no proof
	tally  tally
	newUp  bool // a new dyno is up, or asleep, by the list or by the log

	// What the label is to remember of it.
	proved, settled     bool
	firstStop, lastStop time.Time
}

func (s standing) clear() bool { return s.basis != "" }

// stand judges one label at the moment at. What was learnt later counts as well. It
// notes in the fleet when its judgement may change, keeps what it has reckoned up in the
// books, and leaves the label as it is.
func (f *fleet) stand(lb *label, at time.Duration) standing {
	s := standing{proved: lb.confirmed, settled: lb.settled, firstStop: lb.firstStop, lastStop: lb.lastStop}
	s.tally = f.tally(lb, at)
	rec := lb.rec
	s.old = rec != nil && f.old(rec)
	s.newUp = f.newUp(lb, s.tally)
	if s.old && !f.asleep(rec) {
		s.listed = 1
	}
	if f.fir() || f.oneOff(lb.typ) {
		return f.standPod(lb, at, s)
	}
	running, inBooks := 0, true
	if rec != nil && (rec.State == "up" || rec.State == "starting") {
		inBooks = lb.books.startedSince(rec.CreatedAt)
		if inBooks || s.listed == 1 {
			running = 1
		}
	}
	s.hidden = max(0, s.tally.alive-running)
	if s.listed == 1 {
		// The start of the new one may be in the log before the list shows it.
		s.hidden = 0
		s.until, s.why = never, "an old dyno is listed"
		s.proved, s.settled = false, false
		return s
	}

	s.why = f.doubt(lb, s.tally, running, inBooks, at)
	if s.why == "" && !s.tally.lastStop.IsZero() {
		s.firstStop, s.lastStop = s.tally.firstStop, s.tally.lastStop
	}
	if f.log == Flowing {
		// Until the release phase is over, old ones can still be started.
		s.proved = s.why == "" && f.finished && f.app.ID != ""
	}
	beat := f.lastBeat(lb, s.tally)
	beats := !beat.IsZero() && f.until(beat.Add(metricLife), f.clock.now(at)) // whatever was proven
	if !beats && (s.why == "" || s.proved || s.settled) {
		s.basis, s.hidden, s.why = Proven, 0, ""
		return s
	}
	s.until = f.holdEnd(lb, s.tally)
	if !beat.IsZero() {
		s.until = max(s.until, f.clock.elapsed(beat.Add(metricLife), never))
	}
	if f.over(s.until, at) {
		s.basis, s.hidden = Presumed, 0
		return s
	}
	s.hidden = max(1, s.hidden)
	return s
}

// newUp tells whether a new dyno is up or asleep, by whichever of list and log tells
// the newer thing of it.
func (f *fleet) newUp(lb *label, t tally) bool {
	rec := lb.rec
	if rec != nil && !f.old(rec) && !t.stateAt.After(rec.UpdatedAt) {
		return rec.State == "up" || rec.State == "idle"
	}
	return t.state == "up" && t.lastStart.After(f.release) && !t.stateAt.Before(t.lastStart)
}

// asleep tells whether a dyno of the formation holds no process. Only the Common
// Runtime lets dynos sleep; elsewhere, and for one-off dynos, the same states may
// be those of a process that is being stopped.
func (f *fleet) asleep(d *Dyno) bool {
	return (d.State == "idle" || d.State == "down") && f.app.ID != "" && !f.rolling() && !f.oneOff(d.Type)
}

// standPod judges a pod, or a one-off dyno: its name is never given to another
// instance, so the record tells all while it is listed.
func (f *fleet) standPod(lb *label, at time.Duration, s standing) standing {
	switch {
	case lb.rec != nil && s.listed == 1:
		s.until, s.why = never, "an old dyno is listed"
	case lb.rec != nil:
		s.basis = Proven
	case !f.wasOld(lb):
		s.basis = Proven // only ever seen new, or only in the log before the first look
	case !s.tally.lastExit.IsZero() && s.tally.lastExit.After(s.tally.lastStart):
		s.basis = Proven
		if !s.tally.lastExit.Before(f.release) {
			s.firstStop, s.lastStop = s.tally.lastExit, s.tally.lastExit
		}
	default:
		s.until, s.why = lb.leftAt+rollingHold, "its end is not in the log"
		if f.over(s.until, at) {
			s.basis = Presumed
		} else {
			s.hidden = 1
		}
	}
	return s
}

// tally reckons up the books of a label.
func (f *fleet) tally(lb *label, at time.Duration) tally {
	hold := f.holdOf(lb.typ)
	none := lb.fresh
	if fm, ok := f.formation[lb.typ]; ok && !f.release.IsZero() && !fm.CreatedAt.Before(f.release) && !f.wasOld(lb) {
		// The process type came with the target, unless the log shows that it did not.
		none = none || len(lb.books.entries) > 0 && lb.books.entries[0].Kind == Start
	}
	now := f.clock.now(at)
	lb.books.since, lb.books.boot = f.logSince, f.cfg.BootTimeout
	if lb.books.boot == 0 {
		lb.books.boot = DefaultBootTimeout
	}
	lb.books.boot = max(lb.books.boot, f.boot)
	lb.books.mark, lb.books.keptFor = nil, question{}
	t := lb.books.reckon(none, hold, f.release, f.whole(lb, hold), now)
	if !lb.books.keptUntil.IsZero() {
		f.until(lb.books.keptUntil, now)
	}
	return t
}

// whole is the time from which nothing lives any more that was already hidden when
// the books of the label began. It was hidden since before the record of that time
// was created, which may be long ago.
func (f *fleet) whole(lb *label, hold time.Duration) time.Time {
	known := f.logSince
	if !lb.booked.IsZero() && lb.booked.Before(known) {
		known = lb.booked
	}
	return known.Add(hold)
}

// doubt says why the books of a label do not prove that nothing is hidden behind
// its record; empty if they do.
func (f *fleet) doubt(lb *label, t tally, running int, inBooks bool, at time.Duration) string {
	switch {
	case f.log != Flowing:
		return f.noLog()
	case f.logSince.IsZero():
		return "the log's history does not say where it begins"
	}
	now := f.clock.now(at)
	switch {
	case now.IsZero() || f.until(f.whole(lb, f.holdOf(lb.typ)), now):
		return "the log's history does not reach back far enough"
	case t.broken != "":
		return t.broken
	case t.startDue:
		return "a restart is announced whose start is not in the log yet"
	case !inBooks:
		return "the start of the listed dyno is not in the log"
	case t.alive < running:
		return "the log does not show every start"
	case t.alive > running:
		return ExitDue
	case t.lastTerm.After(t.lastExit) && f.until(t.lastTerm.Add(killAfter+stampSlack), now):
		return "an instance is being stopped"
	}
	if sure := lb.books.exitAt + t.believedAfter(f.latest+f.lag); running == 1 && !t.lastExit.IsZero() && !f.over(sure, at) {
		return "an exit is too fresh to tell whose it was"
	}
	if lb.rec != nil && lb.rec.State == "up" && t.state != "" && t.state != "up" && t.stateAt.After(lb.rec.UpdatedAt.Add(stampSlack)) {
		return "the list is behind the log"
	}
	if !t.crashExit.IsZero() && running == 1 && !t.lastStart.After(t.crashExit) && f.lookAfter(t.crashExit.Add(listLag)) {
		return "a dyno crashed, and the list may not know yet"
	}
	if beat := f.lastBeat(lb, t); !beat.IsZero() && f.until(beat.Add(metricLife), now) {
		return "its runtime metrics say that it is alive"
	}
	return ""
}

// until tells whether the platform's moment t is still ahead of now, and if so
// notes it as one at which the judgement may change.
func (f *fleet) until(t, now time.Time) bool {
	if !now.Before(t) {
		return false
	}
	f.wake = min(f.wake, f.clock.elapsed(t, never))
	return true
}

// over tells whether the gate's moment t has come, and if not notes it as one at
// which the judgement may change.
func (f *fleet) over(t, at time.Duration) bool {
	if at >= t {
		return true
	}
	f.wake = min(f.wake, t)
	return false
}

// lookAfter tells whether only a look that is asked for after the platform's moment
// t can settle a doubt, and notes it.
func (f *fleet) lookAfter(t time.Time) bool {
	at := f.clock.elapsed(t, never)
	if f.look.AskedAt >= at {
		return false
	}
	f.lookAt = min(f.lookAt, at)
	return true
}

func (f *fleet) noLog() string {
	switch {
	case !f.cfg.UseLog:
		return "the log is switched off"
	case f.logWhy != "":
		return f.logWhy
	case f.log == "":
		return "the log has not been read yet"
	}
	return "the log stream is interrupted"
}

// lastBeat is the last sign of life of an old instance of the label that its
// books do not explain; zero if there is none. An instance is old if it was heard
// of before the target's release, or if its uuid is that of an old dyno of the
// list (whether the two are the same thing is not established, so only a match
// counts).
func (f *fleet) lastBeat(lb *label, t tally) time.Time {
	var last time.Time
	if f.release.IsZero() {
		return last
	}
	for uuid, b := range lb.beats {
		isNew, listed := f.ids[uuid]
		if isNew || (!listed && !b.first.Before(f.release)) {
			continue
		}
		// After a gap the books do not know of the exit any more.
		if b.last.After(later(t.lastExit, lb.lastStop).Add(stampSlack)) && b.last.After(last) {
			last = b.last
		}
	}
	return last
}

// holdOf is how long an instance of a type can hide after its label's record turned.
func (f *fleet) holdOf(typ string) time.Duration {
	switch {
	case f.rolling():
		return rollingHold
	case typ == "web" && f.prebooted():
		return f.prebootHold()
	}
	return replaceHold
}

// holdEnd is when the longest possible life of whatever hides behind the label is over.
func (f *fleet) holdEnd(lb *label, t tally) time.Duration {
	hold := f.holdOf(lb.typ)
	web := lb.typ == "web" && !f.rolling() && f.prebooted()
	var from time.Duration
	switch {
	case lb.rec == nil:
		from = lb.leftAt
	case f.rolling() && f.wasOld(lb):
		from = lb.recSince
	case f.old(lb.rec): // asleep: its process was stopped when the state changed
		from = f.clock.elapsed(lb.rec.UpdatedAt, f.look.AskedAt)
	default:
		from = f.clock.elapsed(lb.rec.CreatedAt, lb.recSince)
	}
	if web && !f.newestWeb.IsZero() {
		from = max(from, f.clock.elapsed(f.newestWeb, f.newestWebSeen))
	}
	if web && !f.announced.Before(f.release) {
		from = max(from, f.clock.elapsed(f.announced, f.announcedSeen))
	}
	if lb.rec != nil && !f.rolling() && t.trigger.After(lb.rec.CreatedAt) {
		from = max(from, f.clock.elapsed(t.trigger, lb.books.changedAt))
	}
	return from + hold
}

// unlisted judges what no list and no line has shown: an old dyno of the type that
// had already left the list when the gate came. It is never proven gone, but the
// books, if they begin early enough, would have told of it.
func (f *fleet) unlisted(typ string, at time.Duration) standing {
	if f.covered[typ] {
		return standing{basis: Proven}
	}
	hold := f.holdOf(typ)
	if f.log == Flowing && !f.logSince.IsZero() && !f.fir() {
		if now := f.clock.now(at); !now.IsZero() && !f.until(f.logSince.Add(hold), now) {
			f.covered[typ] = f.finished && f.app.ID != ""
			return standing{basis: Proven}
		}
	}
	s := standing{why: f.noLog()}
	if f.log == Flowing {
		s.why = "the log's history does not reach back far enough"
	}
	begun := true
	if f.rolling() {
		// What left the list before the first look, or between two that show nothing.
		appeared := f.appeared[typ]
		s.until = max(f.firstLook.AskedAt, appeared) + hold
		begun = appeared > 0 || slices.ContainsFunc(f.firstLook.Dynos, func(d Dyno) bool { return d.Type == typ && !f.old(&d) })
	} else {
		s.until = f.clock.elapsed(f.formation[typ].UpdatedAt, f.scaledAt[typ]) + hold
	}
	if f.over(s.until, at) {
		s.basis = Presumed
		if !begun {
			s.basis = Proven // the roll-out was watched from before its beginning
		}
	}
	return s
}
