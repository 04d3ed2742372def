// The reckoning: what the books of a label add up to.

package oldcore

import (
	"slices"
	"time"
)

const (
	// A line can come double (captures: 75 ms apart at the most).
	sameLine = time.Second
	// After an exit, its "to crashed" line comes within 5 s (122 of 122 captured).
	crashLineDelay = 5 * time.Second
	// Usually it comes at once (163 captured: median 0.03 s, 99 % within 0.72 s), so
	// an exit soon after a SIGTERM is taken for the old instance's after so long.
	exitSoon = 900 * time.Millisecond
	// An exit later in the 30 s that a stopped instance has could as well be a crash
	// of the new one: it takes longer to be believed.
	exitLate = 1500 * time.Millisecond
	// An exit and its "to crashed" line have at most so many entries between them,
	// and so far reaches what decides whose an exit was.
	near  = 4
	reach = 2*near + 1
	// How close to a SIGTERM or a SIGKILL an exit must be to belong to it.
	atOnce = 2 * time.Second
)

// killedByR12 is how the platform words the SIGKILL that follows a SIGTERM; the one
// after a boot timeout reads otherwise.
const killedByR12 = "Stopping remaining processes with SIGKILL"

// A question is what the books are reckoned up for, beside their entries.
type question struct {
	entries int // how many there were
	none    bool
	hold    time.Duration
	release time.Time
	whole   time.Time
}

// reckon adds up the books. none says that nothing ran when they began; otherwise
// that is found out, with hold as the longest time that an instance can hide, and
// whole as the time from which nothing can live any more that was hidden when the
// books began. The answer is kept, so that it costs nothing until something new is
// entered.
func (b *books) reckon(none bool, hold time.Duration, release, whole, now time.Time) tally {
	q := question{len(b.entries), none, hold, release, whole}
	if q == b.keptFor && !now.Before(b.keptFrom) && (b.keptUntil.IsZero() || now.Before(b.keptUntil)) {
		return b.kept
	}
	before := b.keptFor
	before.entries = q.entries
	if before != q {
		b.mark = nil
	}
	b.keptFrom, b.keptUntil, b.keptFor = now, time.Time{}, q
	o := opening{}
	if !none && b.mark == nil {
		o = b.open(hold, release, whole, now)
		if n := len(b.entries); n > 0 && o.entry < n && b.entries[n-1].Stamp.Before(release) {
			b.keptUntil = b.entries[n-1].Stamp.Add(hold) // it is quiet then
		}
	}
	b.kept = b.add(o, release)
	return b.kept
}

// A tally is what the books add up to.
type tally struct {
	alive     int // instances that are alive; below 0 when lines are missing
	starts    int
	lastStart time.Time
	lastExit  time.Time
	firstStop time.Time // the first exit after the target's release that is not a crash of the listed dyno
	lastStop  time.Time // the last of these
	lastTerm  time.Time
	lastKill  time.Time // the last SIGKILL that ended the 30 s after a SIGTERM
	crashExit time.Time // the last exit that no SIGTERM announced
	crashes   []time.Time
	trigger   time.Time // the last announcement of a replacement
	startDue  bool      // its start has not come yet
	state     string    // the record's state as the log last told it
	stateAt   time.Time
	broken    string // why the books cannot be trusted; empty if they can
}

// An opening is where the reckoning of the books begins: behind so many entries,
// with so many instances alive, one of which may still be booting.
type opening struct {
	entry, alive int
	booting      bool
	// Exits before this time may be those of instances that the books know nothing
	// of: they do not count.
	exitsFrom time.Time
}

// open finds the latest point before the target's release at which it is known how
// many instances were alive: after a quiet time as long as an instance can hide,
// nothing is left but the record's own. Without such a point the books are reckoned
// from their beginning, with one instance presumed unless the first entry says that
// nothing ran, and with no exit believed before the time whole.
func (b *books) open(hold time.Duration, release, whole, now time.Time) opening {
	next := now
	for i := len(b.entries) - 1; i >= 0; i-- {
		if from := b.entries[i].Stamp; from.Before(release) && !next.Before(from.Add(hold)) {
			state := b.stateAt(i)
			o := opening{entry: i + 1, alive: 1, booting: state == "starting"}
			if state == "crashed" || state == "down" || state == "complete" {
				o.alive = 0
			}
			return o
		}
		next = b.entries[i].Stamp
	}
	o := opening{alive: 1, exitsFrom: whole}
	if len(b.entries) == 0 {
		return o
	}
	switch first := b.entries[0]; {
	case first.Kind == State && first.To == "starting" && first.From != "up":
		o.alive = 0
	case first.Kind == Sleep && first.Text == "Unidling":
		o.alive = 0
	case first.Kind == State:
		o.booting = first.From == "starting" && first.Stamp.Sub(b.since) <= b.boot+stampSlack
	}
	return o
}

// stateAt is the state of the label's record after entry i; empty if no entry tells.
func (b *books) stateAt(i int) string {
	for ; i >= 0; i-- {
		if e := b.entries[i]; e.Kind == State {
			return e.To
		}
	}
	return ""
}

// A reckoning is a tally in the making: the entries before next are in it.
type reckoning struct {
	tally
	next      int
	exitsFrom time.Time   // see opening
	terms     []time.Time // SIGTERMs that no exit has answered yet
	change    Line
	boots     int // starts that have not come up or crashed yet
}

// add reckons up the books. release is the platform's time of the target's release.
func (b *books) add(o opening, release time.Time) tally {
	if b.full {
		return tally{alive: o.alive, broken: "too many starts and exits to keep books of"}
	}
	r := reckoning{tally: tally{alive: o.alive}, next: o.entry, exitsFrom: o.exitsFrom}
	if o.booting {
		r.boots = 1 // its start is from before
	}
	if b.mark != nil {
		r = *b.mark
	}
	for sure := len(b.entries) - 2*reach; r.next < len(b.entries); r.next++ {
		// From the release on, a later line does not change where the books are opened.
		if r.next == sure && sure > o.entry && !b.entries[sure-1].Stamp.Before(release) {
			m := r
			m.terms, m.crashes = slices.Clip(r.terms), slices.Clip(r.crashes)
			b.mark = &m
		}
		b.step(&r, release)
	}
	return r.tally
}

// step adds the next entry.
func (b *books) step(r *reckoning, release time.Time) {
	e := b.entries[r.next]
	switch e.Kind {
	case Start:
		r.alive++
		r.starts++
		r.boots++
		r.startDue = false
		r.lastStart = e.Stamp
	case Exit:
		if !e.Stamp.Before(r.exitsFrom) {
			b.exit(r, e, release)
		}
	case Replace:
		r.announce(e)
	case Sigterm:
		r.terms = append(r.terms, e.Stamp)
		r.lastTerm = e.Stamp
	case Sigkill:
		if e.Text == killedByR12 {
			r.lastKill = e.Stamp
		}
	case State:
		before := r.change
		r.change = e
		r.state, r.stateAt = e.To, e.Stamp
		if e.To == "crashed" {
			r.crashes = append(r.crashes, e.Stamp)
		}
		switch {
		case e.From == before.From && e.To == before.To && e.Stamp.Sub(before.Stamp) <= sameLine:
		case e.From == "starting" && (e.To == "up" || e.To == "crashed"):
			if r.boots == 0 || r.startDue {
				r.broken = "the log shows a dyno that is " + e.To + " without its start"
			}
			r.boots = 0
		case e.To == "starting":
			if e.From == "up" && r.alive == 0 {
				r.broken = "the log shows a dyno that is up without its start"
			}
			r.announce(e)
		}
	}
}

// exit adds an exit: that of the listed dyno if it crashed, and else of one that was
// stopped.
func (b *books) exit(r *reckoning, e Line, release time.Time) {
	r.alive--
	r.lastExit = e.Stamp
	// A SIGTERM that was printed twice must not vouch for a later crash.
	for len(r.terms) > 0 && e.Stamp.Sub(r.terms[0]) > killAfter+stampSlack {
		r.terms = r.terms[1:]
	}
	crashed := b.crashedAt(r.next)
	switch {
	case crashed && r.startDue:
		r.broken = "the log shows a crash without its start"
	case crashed || len(r.terms) == 0:
		r.crashExit = e.Stamp
	default:
		r.terms = r.terms[1:]
	}
	if !crashed && !e.Stamp.Before(release) {
		r.lastStop = e.Stamp
		if r.firstStop.IsZero() {
			r.firstStop = e.Stamp
		}
	}
	if r.alive < 0 {
		r.broken = "the log shows an exit without its start"
	}
}

// crashedAt tells whether the exit at entry i is that of the listed dyno: of all
// exits it is the nearest to a change of the record's state to crashed.
func (b *books) crashedAt(i int) bool {
	for j := max(0, i-near); j <= min(len(b.entries)-1, i+near); j++ {
		if e := b.entries[j]; e.Kind == State && e.To == "crashed" && b.nearestExit(j) == i {
			return true
		}
	}
	return false
}

// nearestExit is the exit that is the nearest in time to entry j; -1 if there is
// none near enough to belong to it.
func (b *books) nearestExit(j int) int {
	best, least := -1, crashLineDelay+1
	for i := max(0, j-near); i <= min(len(b.entries)-1, j+near); i++ {
		if d := b.entries[i].Stamp.Sub(b.entries[j].Stamp).Abs(); b.entries[i].Kind == Exit && d < least {
			best, least = i, d
		}
	}
	return best
}

// believedAfter is how long after the last exit was learnt it can be told whose it
// was: a change to crashed would have shown by then, even if lines come as late as
// the latest so far.
func (t *tally) believedAfter(late time.Duration) time.Duration {
	since := func(stop time.Time) bool {
		return !stop.IsZero() && !stop.After(t.lastExit) && t.lastExit.Sub(stop) <= atOnce
	}
	switch {
	case since(t.lastKill):
		return 0 // the instance that had been stopped, and did not end in time
	case since(t.lastTerm):
		return exitSoon + late
	}
	return exitLate + late
}

// announce notes that the record is being replaced, which a start must follow.
func (t *tally) announce(e Line) {
	if t.startDue && e.Stamp.Sub(t.trigger) > sameLine {
		t.broken = "the log announces a restart whose start it does not show"
	}
	t.startDue, t.trigger = true, e.Stamp
}
