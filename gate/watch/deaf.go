// A log that says nothing: its stream can be dead though its heartbeats go on. When the dyno
// list changes and the log does not tell why, it is opened anew.

package watch

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A stream that was opened anew is left alone for this long, and the next one for twice as long
// as long as it brings nothing: there are logs without lines of the platform.
const leaveAlone = time.Minute

// deafness is what speaks for it that the log says nothing any more.
type deafness struct {
	flows    bool
	heardAt  time.Duration     // when the log last told of a dyno, or began to flow
	states   map[string]string // of the dynos that the newest look listed, by their ids
	dueAt    time.Duration     // when to open the log anew; observe.Never while nothing speaks for it
	rest     time.Duration     // how long to leave the log alone after that
	restedAt time.Duration     // when that is over
}

func newDeafness() deafness { return deafness{dueAt: observe.Never, rest: leaveAlone} }

// see takes in what may speak for it or against it. List and log run at different speeds:
// either can be [observe.ListLag] behind the other.
func (d *deafness) see(o *observe.Observation) {
	switch {
	case o.Log != nil:
		d.flows, d.heardAt, d.dueAt = o.Log.State == observe.Flowing, o.At, observe.Never
	case o.Line != nil && o.Line.Label != "" && o.Line.Kind != observe.Metric:
		d.heardAt, d.dueAt, d.rest = o.At, observe.Never, leaveAlone
	case o.Look != nil:
		changed := d.list(o)
		if d.flows && changed > d.heardAt+observe.ListLag && d.dueAt == observe.Never {
			d.dueAt = max(o.At+observe.ListLag, d.restedAt)
		}
	}
}

// list takes in a look. It returns when the newest change was that it shows, on the gate's
// clock; 0 if there is none, or if that is not known. A dyno that left the list is no change:
// the look before may have been behind.
func (d *deafness) list(o *observe.Observation) (changed time.Duration) {
	states := map[string]string{}
	for _, dyno := range o.Look.Dynos {
		states[dyno.ID] = dyno.State
		if d.states == nil || d.states[dyno.ID] == dyno.State || o.Date.IsZero() {
			continue
		}
		at := dyno.UpdatedAt
		if dyno.CreatedAt.After(at) {
			at = dyno.CreatedAt
		}
		changed = max(changed, min(o.At-o.Date.Sub(at), o.Look.AskedAt))
	}
	d.states = states
	return changed
}

// due reports whether to open the log anew now.
func (d *deafness) due(now time.Duration) bool {
	if now < d.dueAt {
		return false
	}
	d.dueAt, d.restedAt, d.rest = observe.Never, now+d.rest, 2*d.rest
	return true
}
