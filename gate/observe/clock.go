// The two clocks: the gate's own clock, which never jumps, and the platform's clock. The runner's wall clock
// may differ from the platform's by minutes.

package observe

import (
	"fmt"
	"time"
)

// Never is a moment that does not come.
const Never = time.Duration(1<<63 - 1)

// Clock translates between the platform's time and the time since the start of the gate.
//
// A Date header is cut to whole seconds, and was written before the answer arrived, so it is always behind.
// The clock relies on the answer that is furthest behind. So it never believes that the platform's time is
// later than it is, even if some answers come with a wrong date: a hold may end late, but never too early.
// Where the runner's clock contradicts the date of an answer, the runner's clock counts instead.
type Clock struct {
	// start is the platform's time at the start of the gate, by the answer that is furthest behind;
	// startByNewest is the same by the newest answer. Both are zero before any answer.
	start, startByNewest time.Time
	// Bounds for the platform's time at the start of the gate; zero before any answer. Each is the narrowest
	// that any answer gives, so if an answer has a wrong date, earliestStart can be later than the others.
	// latestByDate uses the dates of all answers, even where the runner's clock contradicts them.
	earliestStart, latestStart, latestByDate time.Time
}

// Learn updates the clock from the date of an observation that is an answer. The platform wrote the date
// after the gate had asked and before the answer came, and cut it to whole seconds.
func (c *Clock) Learn(o Observation) {
	if o.Date.IsZero() {
		return
	}
	asked := time.Duration(0) // if it is not known when the gate asked: not before its start
	if o.Look != nil {
		asked = o.Look.AskedAt
	}
	date := o.Date
	if !o.Runner.IsZero() {
		date = o.Runner // one of the two clocks is wrong, and using the one that is behind does no harm
	}
	c.latestStart = earlier(c.latestStart, date.Add(time.Second-asked))
	c.latestByDate = earlier(c.latestByDate, o.Date.Add(time.Second-asked))
	c.startByNewest = date.Add(-o.At)
	c.start = earlier(c.start, c.startByNewest)
	if c.startByNewest.After(c.earliestStart) {
		c.earliestStart = c.startByNewest
	}
}

// earlier is the earlier of two times; b if a is zero.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Start is the platform's time at the start of the gate, by the answer that is furthest behind; zero before
// any answer.
func (c *Clock) Start() time.Time { return c.start }

// LatestStart is the latest that the platform's time can have been at the start of the gate, if the dates of
// all answers are right; zero before any answer. In place of a date that the runner's clock contradicts, the
// runner's clock counts.
func (c *Clock) LatestStart() time.Time { return c.latestStart }

// Starts are the earliest and the latest that the platform's time can have been at the start of the gate, if
// the dates of all answers are right. known is false before any answer, and if answers contradict each other.
func (c *Clock) Starts() (from, to time.Time, known bool) {
	return c.earliestStart, c.latestByDate, !c.latestByDate.IsZero() && !c.earliestStart.After(c.latestByDate)
}

// AnyStart is the latest start of the gate by any answer, whichever of them is right: if answers contradict each
// other, it is the latest start that the date of one of them gives.
func (c *Clock) AnyStart() time.Time {
	if c.earliestStart.After(c.latestByDate) {
		return c.earliestStart
	}
	return c.latestByDate
}

// Platform is the platform's time at a moment of the gate; zero before any answer.
func (c *Clock) Platform(at time.Duration) time.Time { return addTo(c.start, at) }

// Latest is the latest that the platform's time can have been at a moment of the gate; zero before any answer. If
// answers contradict each other, one of them has a wrong date. Then the latest start that one of them gives counts,
// and ListLag more: an answer is dated when it is written, and can take some seconds to arrive.
func (c *Clock) Latest(at time.Duration) time.Time {
	if c.earliestStart.After(c.latestByDate) {
		return addTo(c.earliestStart, at+ListLag)
	}
	return addTo(c.latestByDate, at)
}

// Shown is the platform's time at a moment of the gate by the newest answer; zero before any answer. It is
// only for people to read: nothing is decided on it.
func (c *Clock) Shown(at time.Duration) time.Time { return addTo(c.startByNewest, at) }

// addTo is start plus a duration; zero if start is zero.
func addTo(start time.Time, d time.Duration) time.Time {
	if start.IsZero() {
		return start
	}
	return start.Add(d)
}

// GateTime translates the platform's time t to the gate's clock. The result is at most seen, the moment at
// which the gate learnt of t, and exactly seen while t or the platform's time is not known.
func (c *Clock) GateTime(t time.Time, seen time.Duration) time.Duration {
	if t.IsZero() {
		return seen
	}
	return min(t.Sub(c.start), seen) // before any answer, Sub gives the longest of all durations
}

// Due is when the platform's time t comes, on the gate's clock; Never while that is not known.
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
