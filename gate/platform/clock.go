// This file is for the clock that an answer tells, and what speaks against it.

package platform

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// believedAhead is how far the Date of an answer can be ahead of the runner's clock before one of
// the two must be wrong. A proxy can have written that Date, and one that is ahead would end
// every hold early; the holds have more slack than this.
const believedAhead = 5 * time.Second

// dated is an observation with the date of its answer, and with the runner's own clock where the
// two do not go together.
func (c *Client) dated(date time.Time, o observe.Observation) observe.Observation {
	o.Date = date
	if now := c.now(); date.Sub(now) > believedAhead {
		o.Runner = now.UTC()
	}
	return o
}
