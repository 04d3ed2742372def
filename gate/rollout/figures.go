// Figures: the ends of holds as people are told them, each the same everywhere.

package rollout

import (
	"slices"
	"time"
)

const (
	// The platform's clock is known to a second, and ever better: the end of a hold seems to move by that.
	figureMoves = time.Second
	// figureUnit is what figures are rounded up to.
	figureUnit = 5 * time.Second
	// figuresKept bounds how many are remembered: a hold can be renewed without end.
	figuresKept = 32
)

// figures are those that were told, on the clock of Picture.At.
type figures []time.Duration

// of is the figure for the end of a hold: at that moment, or some seconds later.
func (f figures) of(end time.Duration) time.Duration {
	for _, told := range f {
		if told >= end && told-end < figureMoves+figureUnit {
			return told
		}
	}
	return (end + figureMoves + figureUnit - 1).Truncate(figureUnit)
}

// tell remembers the figure for the end of a hold.
func (f *figures) tell(end time.Duration) {
	if told := f.of(end); !slices.Contains(*f, told) {
		*f = append(*f, told)
		*f = (*f)[max(0, len(*f)-figuresKept):]
	}
}

// tellHolds remembers the figures of all holds. Where there is none, or one without an end, nobody asks for the figure.
func (r *Rollout) tellHolds() {
	for _, t := range r.status.types {
		r.figures.tell(r.waited(t.HoldUntil))
	}
}

// holdEnd is the figure for the end of a hold.
func (r *Rollout) holdEnd(until time.Duration) time.Duration { return r.figures.of(r.waited(until)) }
