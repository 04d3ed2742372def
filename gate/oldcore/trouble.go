// Trouble with the platform's API: which of it ends the wait, and what is told of the
// rest: that it began, and that it is over, but not every try.

package oldcore

import (
	"fmt"
	"time"
)

const (
	// platformSilent is how long the platform may bring no list before a time-out is
	// blamed on it.
	platformSilent = time.Minute
	// toldOutages is how many outages are told one by one.
	toldOutages = 5
)

// An outage is a question that has found no answer since some time.
type outage struct {
	since  time.Duration
	reason string // of the newest failure
	told   bool
}

// seeTrouble takes in that a question was not answered.
func (r *Rollout) seeTrouble(t *Trouble) {
	if t.Kind != Unreachable {
		r.refusal = t
		return
	}
	if o := r.outages[t.About]; o != nil {
		o.reason = t.Message
		return
	}
	r.outageCount++
	o := &outage{since: r.now, reason: t.Message, told: r.outageCount <= toldOutages}
	r.outages[t.About] = o
	switch {
	case o.told:
		r.notice(fmt.Sprintf("Heroku's API gives no usable answer at %s (%s): it is tried again and again", Short(o.since), o.reason))
	case r.outageCount == toldOutages+1:
		r.notice("Heroku's API fails again and again; that is not told any more")
	}
}

// seeAnswer takes in that a question was answered.
func (r *Rollout) seeAnswer(a About) {
	o := r.outages[a]
	if o == nil {
		return
	}
	delete(r.outages, a)
	if o.told {
		r.notice(fmt.Sprintf("Heroku's API answers again at %s, after %s", Short(r.now), Short(r.now-o.since)))
	}
}

// unreachable tells that the platform, and nothing else, is why the time is over:
// there was no list for a long time, or only the look is missing that would have
// opened the gate.
func (r *Rollout) unreachable() (reason string, is bool) {
	o := r.outages[AboutLook]
	switch {
	case o == nil:
		return "", r.fleet.look == nil
	case r.full == nil || r.now-r.lookedAt > platformSilent:
		return o.reason, true
	}
	wanted, up, old := r.sums()
	return o.reason, r.target.rel != nil && old == 0 && r.holding() == 0 && up >= wanted
}
