// The books of one label: what the log says of the instances that ran under it.

package oldcore

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
)

// books hold every line of a label that tells of a life, in the order of their
// stamps: lines come late, twice, and out of order.
type books struct {
	entries []Line
	full    bool
	// changedAt is when the last entry was made, on the gate's clock.
	changedAt time.Duration
	// exitAt is when the last exit was entered, on the gate's clock.
	exitAt    time.Duration
	lastStart time.Time
	since     time.Time // as was asked for: see open
	boot      time.Duration

	// The last reckoning, which holds while what it was made from does.
	kept      tally
	keptFor   question
	keptFrom  time.Time
	keptUntil time.Time
	// mark is how far the reckoning is that no later line will change: the next one
	// goes on from there. nil: it begins at the opening.
	mark *reckoning
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
		*b = books{full: true, changedAt: b.changedAt, exitAt: b.exitAt}
		return false
	}
	b.entries = slices.Insert(b.entries, i, l)
	if b.mark != nil && i < b.mark.next+reach {
		b.mark = nil
	}
	b.changedAt = at
	switch l.Kind {
	case Exit:
		b.exitAt = at
	case Start:
		b.lastStart = later(b.lastStart, l.Stamp)
	}
	return true
}

// drop forgets the entries from before the given time.
func (b *books) drop(before time.Time) {
	b.entries = slices.DeleteFunc(b.entries, func(l Line) bool { return l.Stamp.Before(before) })
	b.keptFor = question{}
	if b.lastStart.Before(before) {
		b.lastStart = time.Time{}
	}
}

// startedSince tells whether a start at or after t is in the books.
func (b *books) startedSince(t time.Time) bool {
	return !b.lastStart.IsZero() && !b.lastStart.Before(t.Add(-startSlack))
}
