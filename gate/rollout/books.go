// The books of one label: what the log says of the instances that ran under it.

package rollout

import (
	"slices"
	"time"
)

const (
	// maxEntries bounds the books of one label. A label that fills them is a crash
	// loop; its books are then unusable, and the hold applies.
	maxEntries = 2000
	// Two servers' stamps may disagree by this much.
	stampSlack = 2 * time.Second
	// A start follows the creation of its record, which the list gives in whole
	// seconds, cut: it is never much before.
	startSlack = 500 * time.Millisecond
	// A replacement is announced twice, by "Restarting" and by the change of state,
	// and either line can come double (captures: 75 ms apart at the most).
	sameTrigger = 5 * time.Second
	sameLine    = time.Second
	// After an exit, its "to crashed" line comes within 5 s (122 of 122 captured).
	crashLineDelay = 5 * time.Second
	// Usually it comes at once (163 captured: median 0.03 s, 99 % within 0.72 s), so
	// an exit soon after a SIGTERM is taken for the old instance's after so long.
	exitSoon = 900 * time.Millisecond
	// An exit later in the 30 s that a stopped instance has could as well be a crash
	// of the new one: it takes longer to be believed.
	exitLate = 1500 * time.Millisecond
	// How close to a SIGTERM or a SIGKILL an exit must be to belong to it.
	atOnce = 2 * time.Second
)

// killedByR12 is how the platform words the SIGKILL that follows a SIGTERM; the one
// after a boot timeout reads otherwise.
const killedByR12 = "Stopping remaining processes with SIGKILL"

// books hold every line of a label that tells of a life, in the order of their
// stamps: lines come late, twice, and out of order.
type books struct {
	entries []Line
	full    bool
	// changedAt is when the last entry was made, on the gate's clock.
	changedAt time.Duration
	// exitAt is when the last exit was entered, on the gate's clock.
	exitAt time.Duration

	// The last reckoning, which holds while what it was made from does.
	kept      tally
	keptFor   question
	keptFrom  time.Time
	keptUntil time.Time
}

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
	o := opening{}
	b.keptFrom, b.keptUntil = now, time.Time{}
	if !none {
		o = b.open(hold, release, whole, now)
		if n := len(b.entries); n > 0 && o.entry < n && b.entries[n-1].Stamp.Before(release) {
			b.keptUntil = b.entries[n-1].Stamp.Add(hold) // it is quiet then
		}
	}
	b.kept, b.keptFor = b.add(o, release), q
	return b.kept
}

// enter adds a line, once. It tells whether the line was new.
func (b *books) enter(l Line, at time.Duration) bool {
	if b.full {
		return false
	}
	i, _ := slices.BinarySearchFunc(b.entries, l, func(a, b Line) int { return a.Stamp.Compare(b.Stamp) })
	for j := i; j < len(b.entries) && b.entries[j].Stamp.Equal(l.Stamp); j++ {
		if b.entries[j] == l {
			return false
		}
		i = j + 1
	}
	if len(b.entries) == maxEntries {
		b.full, b.entries = true, nil
		return false
	}
	b.entries = slices.Insert(b.entries, i, l)
	b.changedAt = at
	if l.Kind == Exit {
		b.exitAt = at
	}
	return true
}

// drop forgets the entries from before the given time.
func (b *books) drop(before time.Time) {
	b.entries = slices.DeleteFunc(b.entries, func(l Line) bool { return l.Stamp.Before(before) })
	b.keptFor = question{}
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
	announced LineKind  // by which line
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
		o.booting = first.From == "starting"
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

// add reckons up the books. release is the platform's time of the target's release.
func (b *books) add(o opening, release time.Time) tally {
	t := tally{alive: o.alive}
	if b.full {
		t.broken = "too many starts and exits to keep books of"
		return t
	}
	var terms []time.Time // SIGTERMs that no exit has answered yet
	boots := 0            // starts that have not come up or crashed yet
	if o.booting {
		boots = 1 // its start is from before
	}
	for i := o.entry; i < len(b.entries); i++ {
		e := b.entries[i]
		switch e.Kind {
		case Start:
			t.alive++
			t.starts++
			boots++
			t.startDue = false
			t.lastStart = e.Stamp
		case Exit:
			if e.Stamp.Before(o.exitsFrom) {
				continue
			}
			t.alive--
			t.lastExit = e.Stamp
			// A SIGTERM that was printed twice must not vouch for a later crash.
			for len(terms) > 0 && e.Stamp.Sub(terms[0]) > killAfter+stampSlack {
				terms = terms[1:]
			}
			crashed := b.crashedAt(i)
			switch {
			case crashed && t.startDue:
				t.broken = "the log shows a crash without its start"
			case crashed || len(terms) == 0:
				t.crashExit = e.Stamp
			default:
				terms = terms[1:]
			}
			if !crashed && !e.Stamp.Before(release) {
				t.lastStop = e.Stamp
				if t.firstStop.IsZero() {
					t.firstStop = e.Stamp
				}
			}
			if t.alive < 0 {
				t.broken = "the log shows an exit without its start"
			}
		case Sigterm:
			terms = append(terms, e.Stamp)
			t.lastTerm = e.Stamp
		case Sigkill:
			if e.Text == killedByR12 {
				t.lastKill = e.Stamp
			}
		case State:
			before := t.state
			t.state, t.stateAt = e.To, e.Stamp
			if e.To == "crashed" {
				t.crashes = append(t.crashes, e.Stamp)
			}
			switch {
			case e.To == before: // the line came twice
			case e.From == "starting" && (e.To == "up" || e.To == "crashed"):
				if boots == 0 || t.startDue {
					t.broken = "the log shows a dyno that is " + e.To + " without its start"
				}
				boots = 0
			case e.To == "starting":
				if e.From == "up" && t.alive == 0 {
					t.broken = "the log shows a dyno that is up without its start"
				}
				t.announce(e)
			}
		}
	}
	return t
}

// crashedAt tells whether the exit at entry i is that of the listed dyno: of all
// exits it is the nearest to a change of the record's state to crashed.
func (b *books) crashedAt(i int) bool {
	for j := max(0, i-4); j < min(len(b.entries), i+5); j++ {
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
	for i := max(0, j-4); i < min(len(b.entries), j+5); i++ {
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
	same := sameTrigger // by the other of the two lines
	if e.Kind == t.announced {
		same = sameLine
	}
	if t.startDue && e.Stamp.Sub(t.trigger) > same {
		t.broken = "the log announces a restart whose start it does not show"
	}
	t.startDue, t.trigger, t.announced = true, e.Stamp, e.Kind
}

// startedSince tells whether a start at or after t is in the books.
func (b *books) startedSince(t time.Time) bool {
	for i := len(b.entries) - 1; i >= 0; i-- {
		e := b.entries[i]
		if e.Stamp.Before(t.Add(-startSlack)) {
			return false
		}
		if e.Kind == Start {
			return true
		}
	}
	return false
}
