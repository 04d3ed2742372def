// The wait's own time, as people read it: how long the wait has lasted, and when holds end.

package rollout

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// The end of a hold seems to move by this much, since the gate knows the platform's clock to a second
	// at first, and more exactly later.
	holdEndMoves = time.Second
	// Ends of holds are rounded up to this unit.
	holdEndUnit = 5 * time.Second
	// maxHoldEnds bounds how many are remembered: a hold can be renewed again and again.
	maxHoldEnds = 32
)

// ahead reports whether the head start is not over: the gate observes, and decides nothing.
func (r *Rollout) ahead() bool { return r.began == observe.Never }

// begin ends the head start. Heroku may now answer what it refused before the deploy.
func (r *Rollout) begin() {
	r.began = r.now
	r.target.Begin(r.now)
	r.roster.waitFrom = r.now
	r.outages.forget()
}

// waited is how long the wait has lasted at a moment. A head start does not count.
func (r *Rollout) waited(at time.Duration) time.Duration {
	if r.ahead() {
		return at
	}
	return at - r.began
}

// waitedInWords is the same for people, such as "1m05s".
func (r *Rollout) waitedInWords(at time.Duration) string { return observe.Span(r.waited(at)).String() }

// gaps are the gaps of the log, in the wait's own time.
func (r *Rollout) gaps() []Gap {
	gaps := slices.Clone(r.roster.log.gaps)
	for i := range gaps {
		gaps[i].At = r.waited(gaps[i].At)
	}
	return gaps
}

// holdEnds are the ends of holds that people were told, so that one hold has the same end in every text.
type holdEnds []time.Duration

// told is the end of a hold as people are told it: up to some seconds later than it is.
func (h holdEnds) told(end time.Duration) time.Duration {
	for _, told := range h {
		if told >= end && told-end < holdEndMoves+holdEndUnit {
			return told
		}
	}
	return (end + holdEndMoves + holdEndUnit - 1).Truncate(holdEndUnit)
}

// remember keeps what people are told of the end of a hold.
func (h *holdEnds) remember(end time.Duration) {
	if told := h.told(end); !slices.Contains(*h, told) {
		*h = append(*h, told)
		*h = (*h)[max(0, len(*h)-maxHoldEnds):]
	}
}

// holdEnd is the end of a hold in the wait's own time, as people are told it.
func (r *Rollout) holdEnd(until time.Duration) time.Duration {
	return r.holdEnds.told(r.waited(until))
}
