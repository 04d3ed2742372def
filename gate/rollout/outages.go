// Outages of the platform's API: that one began, and that it is over, is told, but not every try.

package rollout

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// platformSilent is how long the platform may bring no list before a time-out is
	// blamed on it.
	platformSilent = time.Minute
	// toldOutages is how many outages are told one by one.
	toldOutages = 5
)

// outages are the questions that find no answer.
type outages struct {
	open  map[observe.About]*outage
	count int
}

// An outage is a question that has found no answer since some time.
type outage struct {
	since  time.Duration
	reason string // of the newest failure
	told   bool
}

// begin takes in that a question was not answered. It returns what to tell of it.
func (os *outages) begin(t *observe.Trouble, now time.Duration) string {
	if o := os.open[t.About]; o != nil {
		o.reason = t.Message
		return ""
	}
	os.count++
	o := &outage{since: now, reason: t.Message, told: os.count <= toldOutages}
	os.open[t.About] = o
	switch {
	case o.told:
		return fmt.Sprintf("Heroku's API gives no usable answer at %s (%s): it is tried again and again", Short(now), o.reason)
	case os.count == toldOutages+1:
		return "Heroku's API fails again and again; that is not told any more"
	}
	return ""
}

// end takes in that a question was answered. It returns what to tell of it.
func (os *outages) end(about observe.About, now time.Duration) string {
	o := os.open[about]
	delete(os.open, about)
	if o == nil || !o.told {
		return ""
	}
	return fmt.Sprintf("Heroku's API answers again at %s, after %s", Short(now), Short(now-o.since))
}

// unreachable reports whether the platform, and nothing else, is why the timeout was reached:
// there was no list for a long time, or only the look is missing that would have opened the gate.
func (r *Rollout) unreachable() (reason string, is bool) {
	o := r.outages.open[observe.AboutLook]
	switch {
	case o == nil:
		return "", r.roster.look == nil
	case r.lists.full == nil || r.now-r.lists.arrivedAt > platformSilent:
		return o.reason, true
	}
	wanted, up, old := r.status.sums()
	return o.reason, r.target.Release() != nil && old == 0 && r.status.holdUntil() == 0 && up >= wanted
}
