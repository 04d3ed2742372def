// The clock of an answer: its Date header, and when not to trust it.

package platform

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// believedAhead is how far the Date of an answer can be ahead of the runner's clock. If it is further ahead, one
// of the two is wrong. A proxy may have written the Date, and a Date that is ahead would end every hold early.
// The holds have more slack than this.
const believedAhead = 5 * time.Second

// dated sets the observation's Date to that of the answer. If the Date cannot be believed, it sets Runner, too:
// the runner's own time.
func (c *Client) dated(date time.Time, o observe.Observation) observe.Observation {
	o.Date = date
	if now := c.now(); date.Sub(now) > believedAhead {
		o.Runner = now.UTC()
	}
	return o
}
