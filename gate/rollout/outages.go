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
	open    map[observe.About]*outage
	count   int
	refusal *observe.Trouble // the platform's no, or a bug of the gate: it ends the wait
}

// An outage is a question that has found no answer since some time.
type outage struct {
	since  time.Duration
	reason string // of the newest failure
	told   bool
}

// see takes in an answer, or that there is none. It returns what to tell of that.
func (os *outages) see(o observe.Observation, now time.Duration) []string {
	switch {
	case o.App != nil:
		return os.end(observe.AboutApp, now)
	case o.Look != nil && o.Look.Full():
		return os.end(observe.AboutLook, now)
	case o.Code != nil:
		return os.end(observe.AboutCode, now)
	case o.Builds != nil:
		return os.end(observe.AboutBuilds, now)
	case o.Trouble == nil:
	case o.Trouble.Kind == observe.Unreachable:
		return os.begin(o.Trouble, now)
	default:
		os.refusal = o.Trouble
	}
	return nil
}

func (os *outages) begin(t *observe.Trouble, now time.Duration) []string {
	if o := os.open[t.About]; o != nil {
		o.reason = t.Message
		return nil
	}
	os.count++
	o := &outage{since: now, reason: t.Message, told: os.count <= toldOutages}
	os.open[t.About] = o
	switch {
	case o.told:
		return []string{fmt.Sprintf("Heroku's API gives no usable answer at %s (%s): it is tried again and again", Short(now), o.reason)}
	case os.count == toldOutages+1:
		return []string{"Heroku's API fails again and again; that is not told any more"}
	}
	return nil
}

func (os *outages) end(about observe.About, now time.Duration) []string {
	o := os.open[about]
	delete(os.open, about)
	if o == nil || !o.told {
		return nil
	}
	return []string{fmt.Sprintf("Heroku's API answers again at %s, after %s", Short(now), Short(now-o.since))}
}

// unreachable reports whether the platform, and nothing else, is why the timeout was reached:
// there was no list for a long time, or only the look is missing that would have opened the gate.
func (r *Rollout) unreachable() (reason string, is bool) {
	o, s := r.outages.open[observe.AboutLook], &r.status
	switch {
	case o == nil:
		return "", r.roster.look == nil
	case r.lists.full == nil || r.now-r.lists.arrivedAt > platformSilent:
		return o.reason, true
	}
	return o.reason, r.target.Release() != nil && s.old == 0 && s.holdUntil == 0 && s.up >= s.wanted
}
