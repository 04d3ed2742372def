// The lines of one label, in order.

package ledger

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxLines bounds the ledger of one label. A label that fills it is in a crash loop;
	// its ledger is then of no use, and the hold decides.
	maxLines = 2000
	// StampSlack is how far the stamps of two of the platform's servers may differ.
	StampSlack = 2 * time.Second
	// A start follows the creation of its record, which the list gives in whole
	// seconds, cut: it is never much before.
	startSlack = 500 * time.Millisecond
)

// A Ledger holds every line of a label that tells of a process, in the order of their
// stamps, since lines come late, twice, and out of order. Its zero value is empty.
type Ledger struct {
	lines     []observe.Line
	full      bool
	changedAt time.Duration
	exitAt    time.Duration
	lastStart time.Time
	last      time.Time
}

// Enter adds a line, once. It reports whether the line was new.
func (l *Ledger) Enter(line observe.Line, at time.Duration) bool {
	if line.Stamp.After(l.last) {
		l.last = line.Stamp
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
		*l = Ledger{full: true, changedAt: l.changedAt, exitAt: l.exitAt, last: l.last}
		return true
	}
	l.lines = slices.Insert(l.lines, i, line)
	l.changedAt = at
	switch {
	case line.Kind == observe.Exit:
		l.exitAt = at
	case line.Kind == observe.Start && line.Stamp.After(l.lastStart):
		l.lastStart = line.Stamp
	}
	return true
}

// DropBefore forgets the lines from before the given time.
func (l *Ledger) DropBefore(t time.Time) {
	l.lines = slices.DeleteFunc(l.lines, func(line observe.Line) bool { return line.Stamp.Before(t) })
	if l.lastStart.Before(t) {
		l.lastStart = time.Time{}
	}
	if l.last.Before(t) {
		l.last = time.Time{}
	}
}

// ChangedAt is when the last line was entered, on the gate's clock.
func (l *Ledger) ChangedAt() time.Duration { return l.changedAt }

// Last is the time of the last line; zero if there is none.
func (l *Ledger) Last() time.Time { return l.last }

// ExitAt is when the last exit was entered, on the gate's clock; 0 if none was.
func (l *Ledger) ExitAt() time.Duration { return l.exitAt }

// StartedSince reports whether a process was started at or after t.
func (l *Ledger) StartedSince(t time.Time) bool {
	return !l.lastStart.IsZero() && !l.lastStart.Before(t.Add(-startSlack))
}

// BeginsWithStart tells whether the first line is a start, so that nothing else is told of before
// it, and when that was.
func (l *Ledger) BeginsWithStart() (at time.Time, is bool) {
	if len(l.lines) == 0 {
		return time.Time{}, false
	}
	return l.lines[0].Stamp, l.lines[0].Kind == observe.Start
}
