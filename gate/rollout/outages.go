// Outages of the platform's API: that one began, and that it is over, is told, but not every try.

package rollout

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// toldOutages is how many outages are told one by one.
const toldOutages = 5

// outages are the questions that find no answer.
type outages struct {
	open    map[observe.About]*outage
	count   int
	refusal *observe.Trouble // the platform's no, no way to it, or a bug of the gate: it ends the wait
}

// An outage is a question that has found no answer since some time.
type outage struct {
	since  time.Duration
	reason string // of the newest failure
	kind   observe.TroubleKind
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
	case o.Trouble.Kind == observe.Unreachable, o.Trouble.Kind == observe.CannotConnect && !os.cannotConnect(o.Trouble.About):
		return os.begin(o.Trouble, now)
	default:
		os.refusal = o.Trouble
	}
	return nil
}

// cannotConnect reports whether the newest try of a question found no way to the platform.
func (os *outages) cannotConnect(about observe.About) bool {
	o := os.open[about]
	return o != nil && o.kind == observe.CannotConnect
}

func (os *outages) begin(t *observe.Trouble, now time.Duration) []string {
	if o := os.open[t.About]; o != nil {
		o.reason, o.kind = t.Message, t.Kind
		return nil
	}
	os.count++
	o := &outage{since: now, reason: t.Message, kind: t.Kind, told: os.count <= toldOutages}
	os.open[t.About] = o
	if !o.told {
		return []string{"Heroku's API fails again and again; that is not told any more"}
	}
	return []string{fmt.Sprintf("Heroku's API gives no usable answer at %s (%s): it is tried again and again", observe.Span(now), o.reason)}
}

func (os *outages) end(about observe.About, now time.Duration) []string {
	o := os.open[about]
	delete(os.open, about)
	if o == nil || !o.told {
		return nil
	}
	return []string{fmt.Sprintf("Heroku's API answers again at %s, after %s", observe.Span(now), observe.Span(now-o.since))}
}
