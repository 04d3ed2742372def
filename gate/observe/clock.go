// Two clocks: the gate's own, which never jumps, and the platform's, from which the
// runner's wall clock may differ by minutes.

package observe

import (
	"fmt"
	"time"
)

// Never is a moment that does not come.
const Never = time.Duration(1<<63 - 1)

// Clock translates between the platform's time and the time since the start of the
// gate. A Date header is cut to whole seconds and was written before the answer
// arrived, so it is always behind. Of all answers the one that is the furthest behind is
// taken, so the platform's clock is never believed to be further on than it is, even if
// a wrong one answers for a while: no hold ends too early. It may end late. In place of
// one that the runner's clock speaks against, that is taken.
type Clock struct {
	start  time.Time // the start of the gate, by the platform's clock; zero before any answer
	newest time.Time // the same by the newest answer alone
	// No answer allows that the gate was started after latestStart; or after latest, if also those are
	// believed that the runner's clock speaks against. None allows that it was started before
	// earliest; if one of them has a wrong clock, that is the later one.
	latestStart, latest, earliest time.Time
}

// Learn takes in the Date of an observation that is an answer: it was written after the question
// was asked and before the answer came, and then cut to whole seconds.
func (c *Clock) Learn(o Observation) {
	if o.Date.IsZero() {
		return
	}
	asked := time.Duration(0) // whatever it was that was asked, it was not before the start
	if o.Look != nil {
		asked = o.Look.AskedAt
	}
	date := o.Date
	if !o.Runner.IsZero() {
		date = o.Runner // one of the two is wrong: a hold by the one that is behind does no harm
	}
	c.latestStart = earliest(c.latestStart, date.Add(time.Second-asked))
	c.latest = earliest(c.latest, o.Date.Add(time.Second-asked))
	c.newest = date.Add(-o.At)
	c.start = earliest(c.start, c.newest)
	if c.newest.After(c.earliest) {
		c.earliest = c.newest
	}
}

// earliest is the earlier of two times, of which the first can be zero for none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Start is the platform's time at the start of the gate; zero before any answer.
func (c *Clock) Start() time.Time { return c.start }

// LatestStart is the latest time that the start of the gate can have been, if every answer's clock is
// right; zero before any answer.
func (c *Clock) LatestStart() time.Time { return c.latestStart }

// Starts are the earliest and the latest time that the start of the gate can have been, if every
// answer's clock is right. They are false before any answer, and where two contradict each other.
func (c *Clock) Starts() (from, to time.Time, known bool) {
	return c.earliest, c.latest, !c.latest.IsZero() && !c.earliest.After(c.latest)
}

// AnyStart is the same as LatestStart, whichever answer's clock is right.
func (c *Clock) AnyStart() time.Time {
	if c.earliest.After(c.latest) {
		return c.earliest
	}
	return c.latest
}

// Platform is the platform's time at a moment of the gate; zero before any answer.
func (c *Clock) Platform(at time.Duration) time.Time { return after(c.start, at) }

// Latest is the latest that the platform's time can have been at a moment of the gate; zero
// before any answer.
func (c *Clock) Latest(at time.Duration) time.Time { return after(c.latest, at) }

// Shown is the platform's time at a moment of the gate as people are told it: that of the
// newest answer, on which nothing is decided. Zero before any answer.
func (c *Clock) Shown(at time.Duration) time.Time { return after(c.newest, at) }

func after(start time.Time, at time.Duration) time.Time {
	if start.IsZero() {
		return start
	}
	return start.Add(at)
}

// GateTime is when the platform's time t was, on the gate's clock. It was no later than
// seen, the moment at which the gate learnt of it; seen is also the answer while nothing
// is known of t or of the platform's clock.
func (c *Clock) GateTime(t time.Time, seen time.Duration) time.Duration {
	if t.IsZero() {
		return seen
	}
	return min(t.Sub(c.start), seen) // from a start that is zero to t is the longest of all durations
}

// Due is when the platform's time t comes, on the gate's clock; Never while that is not
// known.
func (c *Clock) Due(t time.Time) time.Duration { return c.GateTime(t, Never) }

// A Span is a duration in whole seconds as people write it: 12s, 1m05s, 1h02m05s.
type Span time.Duration

func (d Span) String() string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	s := int64(time.Duration(d).Round(time.Second) / time.Second)
	switch {
	case s >= 3600:
		return fmt.Sprintf("%s%dh%02dm%02ds", sign, s/3600, s/60%60, s%60)
	case s >= 60:
		return fmt.Sprintf("%s%dm%02ds", sign, s/60, s%60)
	}
	return fmt.Sprintf("%s%ds", sign, s)
}
