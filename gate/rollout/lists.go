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
	changedAt time.Duration // when a line about a process in scope was last learnt
	apiAt     time.Duration // when the log last told of something done to the app or its releases
	unseen    bool          // something happened that the newest look may not show
}

func (l *lists) see(look *observe.Look, at time.Duration) {
	l.arrivedAt = at
	l.unseen = l.newsAt() > look.AskedAt
	if look.Full() {
		l.full = look
	}
}

// noteLine takes in a line; changes says whether what it tells changes the lists.
func (l *lists) noteLine(changes bool, at time.Duration) {
	l.changedAt = at
	l.unseen = l.unseen || changes
}

// newsAt is when the log last told of anything.
func (l *lists) newsAt() time.Duration { return max(l.changedAt, l.apiAt) }

// apiNews reports whether something was done to the app that no full look shows yet.
func (l *lists) apiNews() bool { return l.full == nil || l.apiAt > l.full.AskedAt }
