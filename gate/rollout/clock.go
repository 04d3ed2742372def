// Two clocks: the gate's own, which never jumps, and the platform's, which the
// runner's wall clock may differ from by minutes.

package rollout

import "time"

// clockSamples is how many of the platform's answers the clock is judged by.
const clockSamples = 5

// platformClock translates between the platform's time and time since the start
// of the gate. A Date header is cut to whole seconds and was written before the
// answer arrived, so it is always behind; the earliest of the last few answers is
// taken. The platform's clock is thereby never believed to be further on than it
// is, so no hold ends too early; it may end a second or two late.
type platformClock struct {
	zeros []time.Time // what each answer makes of the moment the gate started
}

func (c *platformClock) learn(date time.Time, at time.Duration) {
	if date.IsZero() {
		return
	}
	c.zeros = append(c.zeros, date.Add(-at))
	if len(c.zeros) > clockSamples {
		c.zeros = c.zeros[1:]
	}
}

// zero is the platform's time at the start of the gate; false before any answer.
func (c *platformClock) zero() (time.Time, bool) {
	if len(c.zeros) == 0 {
		return time.Time{}, false
	}
	z := c.zeros[0]
	for _, t := range c.zeros[1:] {
		if t.Before(z) {
			z = t
		}
	}
	return z, true
}

// now is the platform's time at the given moment; zero before any answer.
func (c *platformClock) now(at time.Duration) time.Time {
	z, ok := c.zero()
	if !ok {
		return time.Time{}
	}
	return z.Add(at)
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
