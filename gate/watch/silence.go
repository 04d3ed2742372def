// When to reopen a silent log. A log stream can be dead although its heartbeats go on. When the dyno list
// shows a change and the log says nothing about it, the gate reopens the log.

package watch

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// After the gate has reopened a log, it does not reopen it again for this long. Each time that the new stream
// stays silent, too, the pause doubles: some logs have no lines of the platform.
const firstPause = time.Minute

// logSilence decides whether the log is silent about a change that the dyno list shows.
type logSilence struct {
	flowing     bool
	heardAt     time.Duration     // when the log last had a line about a dyno, or began to flow
	states      map[string]string // dyno id -> state, as in the newest look
	renewAt     time.Duration     // when to reopen the log; observe.Never if there is no reason to
	nextPause   time.Duration     // how long to leave the log alone after reopening it
	pausedUntil time.Duration     // the log is not reopened before this
}

func newLogSilence() logSilence { return logSilence{renewAt: observe.Never, nextPause: firstPause} }

// update handles an observation. List and log run at different speeds: either can be
// [observe.ListLag] behind the other.
func (s *logSilence) update(o *observe.Observation) {
	switch {
	case o.Log != nil:
		s.flowing, s.heardAt, s.renewAt = o.Log.State == observe.Flowing, o.At, observe.Never
	case o.Line != nil && o.Line.Label != "" && o.Line.Kind != observe.Metric:
		s.heardAt, s.renewAt, s.nextPause = o.At, observe.Never, firstPause
	case o.Look != nil:
		changed := s.newestChange(o)
		if s.flowing && changed > s.heardAt+observe.ListLag && s.renewAt == observe.Never {
			s.renewAt = max(o.At+observe.ListLag, s.pausedUntil)
		}
	}
}

// newestChange compares a look with the look before. It returns when the newest change happened, on the gate's
// clock; 0 if nothing changed, or if the time is not known. A dyno that left the list is no change: the look
// before may have been out of date.
func (s *logSilence) newestChange(o *observe.Observation) (changed time.Duration) {
	states := map[string]string{}
	for _, dyno := range o.Look.Dynos {
		states[dyno.ID] = dyno.State
		if s.states == nil || s.states[dyno.ID] == dyno.State || o.Date.IsZero() {
			continue
		}
		at := dyno.UpdatedAt
		if dyno.CreatedAt.After(at) {
			at = dyno.CreatedAt
		}
		changed = max(changed, min(o.At-o.Date.Sub(at), o.Look.AskedAt))
	}
	s.states = states
	return changed
}

// renewNow reports whether to reopen the log now. If so, it begins a new pause.
func (s *logSilence) renewNow(now time.Duration) bool {
	if now < s.renewAt {
		return false
	}
	s.renewAt, s.pausedUntil, s.nextPause = observe.Never, now+s.nextPause, 2*s.nextPause
	return true
}
