// Two clocks: the gate's own, which never jumps, and the platform's, which the
// runner's wall clock may differ from by minutes.

package oldcore

import "time"

// platformClock translates between the platform's time and time since the start
// of the gate. A Date header is cut to whole seconds and was written before the
// answer arrived, so it is always behind; of all answers the one that is the furthest
// behind is taken. The platform's clock is thereby never believed to be further on
// than it is, also if a wrong one answers for a while, so no hold ends too early; it
// may end late.
type platformClock struct {
	start  time.Time // the start of the gate, by the platform's clock; zero before any answer
	newest time.Time // the same by the newest answer alone
	latest time.Time // no answer allows that the gate was started later than then
}

// learn takes in the Date of an answer to what was asked at one moment and came at
// another: it was written in between, and then cut to whole seconds.
func (c *platformClock) learn(date time.Time, asked, at time.Duration) {
	if date.IsZero() {
		return
	}
	if latest := date.Add(time.Second - asked); c.latest.IsZero() || latest.Before(c.latest) {
		c.latest = latest
	}
	c.newest = date.Add(-at)
	if start := c.newest; c.start.IsZero() || start.Before(c.start) {
		c.start = start
	}
}

// zero is the platform's time at the start of the gate; false before any answer.
func (c *platformClock) zero() (time.Time, bool) { return c.start, !c.start.IsZero() }

// now is the platform's time at the given moment; zero before any answer.
func (c *platformClock) now(at time.Duration) time.Time {
	z, ok := c.zero()
	if !ok {
		return time.Time{}
	}
	return z.Add(at)
}

// shown is the platform's time at the given moment as people are told it: that of the
// newest answer, on which nothing is decided. Zero before any answer.
func (c *platformClock) shown(at time.Duration) time.Time {
	if c.newest.IsZero() {
		return time.Time{}
	}
	return c.newest.Add(at)
}

// elapsed is when the platform's moment t was, on the gate's clock. It was no
// later than seen, the moment at which the gate learnt of it.
func (c *platformClock) elapsed(t time.Time, seen time.Duration) time.Duration {
	z, ok := c.zero()
	if !ok || t.IsZero() {
		return seen
	}
	return min(t.Sub(z), seen)
}
