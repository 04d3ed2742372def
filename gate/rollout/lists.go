// How fresh the lists are: what has happened that the newest look may not show yet.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A release that the log reports is usually in the lists apiSoon later. The gate assumes that it is there apiLag
// later at the latest (captures: API lines come up to 37 s late).
const (
	apiSoon = 2 * time.Second
	apiLag  = 40 * time.Second
)

// lists is what the gate knows about the newest looks.
type lists struct {
	full      *observe.Look // the newest full one
	changedAt time.Duration // when the last line about a process in scope arrived; the look that opens the gate must be newer
	releaseAt time.Duration // when the target was last asked for by itself
	apiAt     time.Duration // when the log last reported a change to the app or its releases
	unseen    bool          // something happened that the newest look may not show: another look is needed
}

// see handles an observation. n says what the roster made of it. listed is the target as it was last listed; nil
// while it is not known.
func (l *lists) see(o observe.Observation, n news, listed *observe.Release, clock *observe.Clock, now time.Duration) {
	switch {
	case o.Look != nil:
		if l.unseen = l.newsAt() > o.Look.AskedAt; o.Look.Full() {
			l.full = o.Look
		}
	case o.Release != nil:
		l.releaseAt = now
		if r := o.Release; r.Version != 0 && (listed == nil || r.Version == listed.Version && r.Status != listed.Status) {
			l.unseen, l.apiAt = true, now // a look has to show it
		}
	case o.Line != nil:
		l.seeLine(o.Line, n, clock, now)
	}
}

func (l *lists) seeLine(line *observe.Line, n news, clock *observe.Clock, now time.Duration) {
	if n.counts {
		l.changedAt = now
		l.unseen = l.unseen || n.changesList
	}
	done := line.Stamp // when something was done to the app or to its releases
	switch {
	case line.Kind == observe.API:
	case n.phaseOver: // the list of releases shows it a little later
		done = done.Add(apiSoon)
	default:
		return
	}
	if l.full == nil || done.After(clock.Platform(l.full.AskedAt)) {
		l.unseen, l.apiAt = true, now // the newest full look was asked for before it
	}
}

// releaseDue is when the target has to be asked for by itself, unless a look shows it before.
func (l *lists) releaseDue() time.Duration { return max(l.full.AskedAt, l.releaseAt) + releaseEvery }

// newsAt is when the log last reported a change.
func (l *lists) newsAt() time.Duration { return max(l.changedAt, l.apiAt) }

// apiNews reports whether the app was changed after the newest full look.
func (l *lists) apiNews() bool { return l.full == nil || l.apiAt > l.full.AskedAt }
