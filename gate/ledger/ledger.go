// The lines of one label, in order.

package ledger

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxLines bounds the ledger of one label. Only a crash loop fills it. The ledger proves nothing
	// then, and the hold decides.
	maxLines = 2000
	// StampSlack is how far the clocks of two of the platform's servers may differ.
	StampSlack = 2 * time.Second
	// startSlack is how far the stamp of a start may be before the creation of its record. A start follows
	// the creation, and the list cuts the time of creation to whole seconds, so a little slack is enough.
	startSlack = 500 * time.Millisecond
)

// A Ledger holds the lines about the processes of one label, ordered by their stamps, since
// lines come late, twice, and out of order. Its zero value is empty.
type Ledger struct {
	lines []observe.Line
	full  bool // it had maxLines; its lines are dropped
	// When the last line and the last exit were entered, on the gate's clock; 0 if none was.
	changedAt, exitAt time.Duration
	lastStamp         time.Time // the latest stamp of any line; zero if there is none
}

// Enter adds a line at a moment of the gate's clock, and reports whether the line was new.
func (l *Ledger) Enter(line observe.Line, at time.Duration) bool {
	if line.Stamp.After(l.lastStamp) {
		l.lastStamp = line.Stamp
	}
	if l.full {
		return false
	}
	i, _ := slices.BinarySearchFunc(l.lines, line, func(a, b observe.Line) int { return a.Stamp.Compare(b.Stamp) })
	for ; i < len(l.lines) && l.lines[i].Stamp.Equal(line.Stamp); i++ {
		if l.lines[i] == line {
			return false
		}
	}
	if len(l.lines) == maxLines {
		*l = Ledger{full: true, changedAt: l.changedAt, exitAt: l.exitAt, lastStamp: l.lastStamp}
		return true
	}
	l.lines = slices.Insert(l.lines, i, line)
	l.changedAt = at
	if line.Kind == observe.Exit {
		l.exitAt = at
	}
	return true
}

// DropBefore removes the lines from before t.
func (l *Ledger) DropBefore(t time.Time) {
	l.lines = slices.DeleteFunc(l.lines, func(line observe.Line) bool { return line.Stamp.Before(t) })
	if l.lastStamp.Before(t) {
		l.lastStamp = time.Time{}
	}
}

// ChangedAt is when the last line was entered, on the gate's clock; 0 if none was.
func (l *Ledger) ChangedAt() time.Duration { return l.changedAt }

// Last is the stamp of the last line; zero if there is none.
func (l *Ledger) Last() time.Time { return l.lastStamp }

// ExitAt is when the last exit was entered, on the gate's clock; 0 if none was.
func (l *Ledger) ExitAt() time.Duration { return l.exitAt }

// StartedSince reports whether a process was started since the creation of a record at t.
func (l *Ledger) StartedSince(t time.Time) bool {
	for i := len(l.lines) - 1; i >= 0 && !l.lines[i].Stamp.Before(t.Add(-startSlack)); i-- {
		if l.lines[i].Kind == observe.Start {
			return true
		}
	}
	return false
}

// BeginsWithStart reports whether the first line is a start, and the stamp of that line.
func (l *Ledger) BeginsWithStart() (at time.Time, is bool) {
	if len(l.lines) == 0 {
		return time.Time{}, false
	}
	return l.lines[0].Stamp, l.lines[0].Kind == observe.Start
}
