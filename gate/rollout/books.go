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
	// A dyno's record is created up to a second after the time that the list gives
	// (whole seconds), and API and log servers may disagree a little.
	stampSlack = 2 * time.Second
	// A replacement is announced twice: "Restarting", then the change of state.
	sameTrigger = 5 * time.Second
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
	keptUntil time.Time
}

// A question is what the books are reckoned up for, beside their entries.
type question struct {
	entries int // how many there were
	none    bool
	hold    time.Duration
	release time.Time
}

// reckon adds up the books. none says that nothing ran when they began; otherwise
// that is found out, with hold as the longest time that an instance can hide. The
// answer is kept, so that it costs nothing until something new is entered.
func (b *books) reckon(none bool, hold time.Duration, release, now time.Time) tally {
	q := question{len(b.entries), none, hold, release}
	if q == b.keptFor && (b.keptUntil.IsZero() || now.Before(b.keptUntil)) {
		return b.kept
	}
	o := opening{}
	b.keptUntil = time.Time{}
	if !none {
		o = b.open(hold, release, now)
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

// A tally is what the books add up to.
type tally struct {
	alive     int // instances that are alive; below 0 when lines are missing
	starts    int
	lastStart time.Time
	lastExit  time.Time
	firstStop time.Time // the first exit after the target's release
	lastTerm  time.Time
	lastKill  time.Time
	crashExit time.Time // the last exit that no SIGTERM announced
	crashes   []time.Time
	trigger   time.Time // the last announcement of a replacement
	startDue  bool      // its start has not come yet
	state     string    // the record's state as the log last told it
	stateAt   time.Time
	broken    string // why the books cannot be trusted; empty if they can
}

// An opening is where the reckoning of the books begins: behind so many entries,
// with so many instances alive.
type opening struct{ entry, alive int }

// open finds the latest point before the target's release at which it is known how
// many instances were alive: after a quiet time as long as an instance can hide,
// nothing is left but the record's own. hold is that time,
// now the present of the platform. Without such a point the books
// are reckoned from their beginning, with one instance presumed unless the first
// entry says that nothing ran.
func (b *books) open(hold time.Duration, release, now time.Time) opening {
	quiet := func(from, to time.Time) bool {
		return !from.IsZero() && from.Before(release) && !to.Before(from.Add(hold))
	}
	next := now
	for i := len(b.entries) - 1; i >= 0; i-- {
		if quiet(b.entries[i].Stamp, next) {
			return opening{i + 1, b.recordAt(i)}
		}
		next = b.entries[i].Stamp
	}
	if len(b.entries) == 0 {
		return opening{0, 1}
	}
	switch first := b.entries[0]; {
	case first.Kind == State && first.To == "starting" && first.From != "up":
		return opening{0, 0}
	case first.Kind == Sleep && first.Text == "Unidling":
		return opening{0, 0}
	}
	return opening{0, 1}
}

// recordAt is how many instances the record of the label stood for after entry i.
func (b *books) recordAt(i int) int {
	for ; i >= 0; i-- {
		if e := b.entries[i]; e.Kind == State {
			switch e.To {
			case "crashed", "down", "complete":
				return 0
			}
			return 1
		}
	}
	return 1
}

// add reckons up the books. release is the platform's time of the target's release.
func (b *books) add(o opening, release time.Time) tally {
	t := tally{alive: o.alive}
	if b.full {
		t.broken = "too many starts and exits to keep books of"
		return t
	}
	terms, ups := 0, 0
	for i := o.entry; i < len(b.entries); i++ {
		e := b.entries[i]
		switch e.Kind {
		case Start:
			t.alive++
			t.starts++
			t.startDue = false
			t.lastStart = e.Stamp
		case Exit:
			t.alive--
			t.lastExit = e.Stamp
			if terms == 0 || b.crashedAt(i) {
				t.crashExit = e.Stamp
			} else {
				terms--
				if t.firstStop.IsZero() && !e.Stamp.Before(release) {
					t.firstStop = e.Stamp
				}
			}
			if t.alive < 0 {
				t.broken = "the log shows an exit without its start"
			}
		case Sigterm:
			terms++
			t.lastTerm = e.Stamp
		case Replace:
			t.announce(e.Stamp)
		case State:
			t.state, t.stateAt = e.To, e.Stamp
			switch {
			case e.To == "crashed":
				t.crashes = append(t.crashes, e.Stamp)
			case e.To == "up" && e.From == "starting":
				ups++
				if ups > t.starts+o.alive {
					t.broken = "the log shows a dyno that is up without its start"
				}
			case e.From == "up" && e.To == "starting":
				if t.alive == 0 {
					t.broken = "the log shows a dyno that is up without its start"
				}
				t.announce(e.Stamp)
			}
		}
	}
	return t
}

// crashedAt tells whether the exit at entry i is that of the listed dyno, which the
// record's change to crashed goes with.
func (b *books) crashedAt(i int) bool {
	exit := b.entries[i].Stamp
	for _, e := range b.entries[max(0, i-3):min(len(b.entries), i+4)] {
		if e.Kind == State && e.To == "crashed" && e.Stamp.Sub(exit).Abs() <= crashLineDelay {
			return true
		}
	}
	return false
}

// believedAfter is how long after the last exit was learnt it can be told whose it
// was: a change to crashed would have shown by then.
func (t *tally) believedAfter() time.Duration {
	since := func(stop time.Time) bool {
		return !stop.IsZero() && !stop.After(t.lastExit) && t.lastExit.Sub(stop) <= atOnce
	}
	switch {
	case since(t.lastKill) && t.lastKill.Sub(t.lastTerm) >= killAfter-atOnce:
		return 0 // R12: the instance that had been stopped
	case since(t.lastTerm):
		return exitSoon
	}
	return exitLate
}

// announce notes that the record is being replaced, which a start must follow.
func (t *tally) announce(stamp time.Time) {
	if t.startDue && stamp.Sub(t.trigger) > sameTrigger {
		t.broken = "the log announces a restart whose start it does not show"
	}
	t.startDue, t.trigger = true, stamp
}

// startedSince tells whether a start at or after t is in the books.
func (b *books) startedSince(t time.Time) bool {
	for i := len(b.entries) - 1; i >= 0; i-- {
		e := b.entries[i]
		if e.Stamp.Before(t.Add(-stampSlack)) {
			return false
		}
		if e.Kind == Start {
			return true
		}
	}
	return false
}
