// How fresh the lists are: what has happened that the newest look may not show.

package rollout

import (
	"slices"
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
	releaseAt time.Duration // when the release was last asked for by itself
	shortAt   time.Duration // since when fewer dynos are listed than the formation wants; -1 while they are not
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
		switch short := l.short(o.Look.Dynos); {
		case !short:
			l.shortAt = -1
		case l.shortAt < 0:
			l.shortAt = at
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

// short reports whether there are fewer dynos than the formation, as it was last read, wants.
func (l *lists) short(dynos []observe.Dyno) bool {
	if l.full == nil {
		return false
	}
	listed := map[string]int{}
	for _, d := range dynos {
		listed[d.Type]++
	}
	return slices.ContainsFunc(l.full.Formation, func(f observe.Formation) bool { return listed[f.Type] < f.Quantity })
}

// shortDue is when formation and dynos have to be read again because they do not agree: the
// app may have been scaled without a line of the log, or the dyno list may be a bad one. It
// is soon, and then later and later; observe.Never after the last time.
func (l *lists) shortDue() time.Duration {
	if l.shortAt >= 0 {
		for _, after := range [...]time.Duration{2, 5, 10, 20} {
			if due := l.shortAt + after*time.Second; l.full.AskedAt < due {
				return due
			}
		}
	}
	return observe.Never
}

// seeRelease takes in a release that was asked for by itself. If it is not as it was last
// listed, a look has to show it.
func (l *lists) seeRelease(r, listed *observe.Release, at time.Duration) {
	l.releaseAt = at
	if r.Version != 0 && (listed == nil || r.Version == listed.Version && r.Status != listed.Status) {
		l.unseen, l.apiAt = true, at
	}
}

// releaseDue is when the release has to be asked for by itself, if no look shows it before.
func (l *lists) releaseDue() time.Duration { return max(l.full.AskedAt, l.releaseAt) + releaseEvery }

// newsAt is when the log last told of anything.
func (l *lists) newsAt() time.Duration { return max(l.changedAt, l.apiAt) }

// apiNews reports whether something was done to the app that no full look shows yet.
func (l *lists) apiNews() bool { return l.full == nil || l.apiAt > l.full.AskedAt }
