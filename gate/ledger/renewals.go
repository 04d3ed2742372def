// How long a hidden process can live, if its hold can begin anew.

package ledger

import (
	"slices"
	"time"
)

// renewalGap is the longest time between two renewals that count as one series. It is shorter than any
// computed hold that can be renewed.
const renewalGap = time.Minute

// Renewals are the times at which the hold of all hidden processes began anew. With preboot
// that is whenever a web dyno is replaced. The zero value has none.
type Renewals []series

// A series is some renewals that are close together.
type series struct{ first, last time.Time }

// Note adds a renewal.
func (r *Renewals) Note(t time.Time) {
	all := append(*r, series{t, t})
	slices.SortFunc(all, func(a, b series) int { return a.first.Compare(b.first) })
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

// HiddenUntil is when the last process has ended that was hidden at the time from, if a process hides for at
// most one hold after the last renewal.
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
