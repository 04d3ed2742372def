// How fresh the lists are: what has happened that the newest look may not show.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// What the log tells of a release the lists show after apiSoon as a rule, and by apiLag
// at the latest, as is assumed (captures: API lines come up to 37 s late).
const (
	apiSoon = 2 * time.Second
	apiLag  = 40 * time.Second
)

// lists is what is known of the newest looks.
type lists struct {
	full      *observe.Look // the newest full one
	arrivedAt time.Duration // when the newest one arrived
	changedAt time.Duration // when a line about a process in scope was last learnt; an exit, too, must be older than the look that opens the gate
	apiAt     time.Duration // when the log last told of something done to the app or its releases
	unseen    bool          // something happened that the newest look may not show, so that another is due
}

// see takes in an observation, and what news it was to the roster.
func (l *lists) see(o observe.Observation, n news, clock *observe.Clock, at time.Duration) {
	if o.Look != nil {
		l.arrivedAt = at
		l.unseen = l.newsAt() > o.Look.AskedAt
		if o.Look.Full() {
			l.full = o.Look
		}
	}
	if o.Line == nil {
		return
	}
	if n.counts {
		l.changedAt = at
		l.unseen = l.unseen || n.changesList
	}
	var done time.Time // when something was done to the app, or to its releases
	switch {
	case o.Line.Kind == observe.API:
		done = o.Line.Stamp
	case n.phaseOver: // the release soon has its status
		done = o.Line.Stamp.Add(apiSoon)
	default:
		return
	}
	// What happened before the newest full look was asked for is in it.
	if l.full == nil || done.After(clock.Platform(l.full.AskedAt)) {
		l.unseen, l.apiAt = true, at
	}
}

// newsAt is when the log last told of anything.
func (l *lists) newsAt() time.Duration { return max(l.changedAt, l.apiAt) }

// apiNews reports whether something was done to the app that no full look shows yet.
func (l *lists) apiNews() bool { return l.full == nil || l.apiAt > l.full.AskedAt }
