// How long what hides can live, where the hold can begin anew.

package ledger

import (
	"slices"
	"time"
)

// renewalGap is how close two renewals are that count as one. It is shorter than any computed
// hold that can be renewed.
const renewalGap = time.Minute

// Renewals are the times at which the hold on everything that hides began anew: with preboot,
// whenever a web dyno is replaced. Its zero value has none.
type Renewals []renewal

// A renewal is a series of them, close together.
type renewal struct{ first, last time.Time }

// Note adds a time.
func (r *Renewals) Note(t time.Time) {
	all := append(*r, renewal{t, t})
	slices.SortFunc(all, func(a, b renewal) int { return a.first.Compare(b.first) })
	merged := all[:1]
	for _, next := range all[1:] {
		if before := &merged[len(merged)-1]; next.first.Sub(before.last) > renewalGap {
			merged = append(merged, next)
		} else if next.last.After(before.last) {
			before.last = next.last
		}
	}
	*r = merged
}

// HiddenUntil is when nothing lives any more that hid at a time, if a process hides for a hold at
// the most.
func (r Renewals) HiddenUntil(from time.Time, hold time.Duration) time.Time {
	until := from.Add(hold)
	for _, again := range r {
		if again.first.After(until) {
			break
		}
		if later := again.last.Add(hold); later.After(until) {
			until = later
		}
	}
	return until
}
