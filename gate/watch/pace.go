// The pace: when to look. Looks cost requests, of which the account has so many an hour
// for all its programs.

package watch

import (
	"time"

	"heroku-rollout-gate/gate/rollout"
)

const (
	// With the log flowing, a look only guards against what the log does not tell: when
	// all new dynos are up, while the release is awaited, and while dynos are replaced.
	flowingInterval = 75 * time.Second
	awaitedInterval = 50 * time.Second
	movingInterval  = 20 * time.Second
	// A look with formation and releases costs three requests instead of one. Without
	// the log nothing else tells that it is needed.
	fullInterval  = 150 * time.Second
	blindInterval = time.Minute
	// What the log tells makes the list worth a look, but not for every line: when many
	// looks have followed each other for it, they are further and further apart, and
	// sooner so while by the log more is to come. The first ones show how far the list is
	// behind the log.
	changeSpacing = 1500 * time.Millisecond
	changeLooks   = 20
	moreLooks     = 6
	changeGrowth  = 1.25
	// Two looks are never closer than this, but for the one that may open the gate.
	minSpacing   = time.Second
	readySpacing = 400 * time.Millisecond
	readyThrift  = 2 * time.Second // with a low budget
	// A look that failed, however soon, is not repeated at once.
	failedSpacing = 5 * time.Second
	// With nothing to do the loop turns all the same.
	idle = 30 * time.Second
)

// The account's budget holds 4,500 requests and gets about 75 a minute back
// ("Platform API Reference", rate limits). A wait of 20 minutes without the log takes
// about 200; with less than plenty left, looks are this far apart.
const (
	plenty      = 600
	scarce      = 100
	lowSpacing  = 30 * time.Second
	leastLooked = 2 * time.Minute
)

// Thrift is the shortest time between two looks that the account's budget allows, if
// so many requests remain. Log sessions go by it, too.
func Thrift(remaining int) time.Duration {
	switch {
	case remaining < 0 || remaining >= plenty: // not known: nothing speaks against it
		return 0
	case remaining >= scarce:
		return lowSpacing
	}
	return leastLooked
}

// scarce tells that every request has to be weighed.
func (r *run) scarce() bool { return Thrift(r.Platform.Remaining()) == leastLooked }

// nextTurn is when the loop has to act, if nothing comes in before.
func (r *run) nextTurn() time.Duration {
	next := r.elapsed() + idle
	if r.Report != nil {
		next = min(next, r.tell)
	}
	if at := r.nextLook(); !r.looking && at < next {
		next = at
	}
	if at := r.core.Wants().WakeAt; at > 0 && at < next {
		next = at
	}
	return next
}

// interval is the longest time between two looks while nothing drives them.
func (r *run) interval() time.Duration {
	if r.Interval == 0 {
		return 10 * time.Second
	}
	return r.Interval
}

// nextLook is when the next look is due.
func (r *run) nextLook() time.Duration {
	if r.asked < 0 {
		return 0
	}
	w := r.core.Wants()
	interval := r.interval()
	switch {
	case r.failed:
	case w.Quiet && w.Awaited: // each look takes three requests
		interval = max(interval, awaitedInterval)
	case w.Quiet:
		interval = max(interval, flowingInterval)
	case w.Told:
		interval = max(interval, movingInterval)
	}
	at := r.asked + interval
	switch {
	case w.Changed && w.More:
		at = min(at, r.asked+max(r.eager, r.patient))
	case w.Changed:
		at = min(at, r.asked+r.eager)
	}
	if w.LookAt > 0 {
		at = min(at, max(w.LookAt, r.asked+minSpacing))
	}
	if r.back {
		at = min(at, r.asked+minSpacing)
	}
	remaining := r.Platform.Remaining()
	if r.failed && !r.back {
		return max(at, r.asked+failedSpacing, r.asked+Thrift(remaining))
	}
	if !w.Ready || remaining == 0 {
		return max(at, r.asked+Thrift(remaining))
	}
	switch { // The opening is worth its requests, also when few are left.
	case r.partial:
		return r.asked
	case Thrift(remaining) > 0:
		return min(at, r.asked+readyThrift)
	}
	return min(at, r.asked+readySpacing)
}

// pace learns from a look that is about to be asked for.
func (r *run) pace(now time.Duration, w rollout.Wants) {
	if !w.Changed || now > r.asked+2*max(r.eager, r.patient) {
		r.changes, r.eager, r.patient = 0, changeSpacing, changeSpacing
	} else {
		r.changes++
		longest := max(r.interval(), changeSpacing)
		if r.changes > changeLooks {
			r.eager = min(time.Duration(float64(r.eager)*changeGrowth), longest)
		}
		if r.changes > moreLooks {
			r.patient = min(time.Duration(float64(r.patient)*changeGrowth), longest)
		}
	}
	if left := r.Platform.Remaining(); Thrift(left) > 0 && !r.thrifty {
		r.thrifty = true
		r.apply(rollout.Observation{Budget: &rollout.Budget{Remaining: left}})
	}
}
