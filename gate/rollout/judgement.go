// What a judgement says of the old processes of a label, and the timer that collects when to judge again.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A judgement is what is known about the old processes of one label.
type judgement struct {
	listed int           // 1 if an old process is listed
	hidden int           // how many others may be alive
	basis  Basis         // how it is known that none is left; empty: one may be left
	until  time.Duration // when the hold on the label is over; observe.Never: nobody knows
	why    string        // why there is no proof

	// What the label, or its process type, has to remember:
	proof               proof
	firstStop, lastStop time.Time // the first and the last exit of an old process, when there was no doubt
	logCovers           bool      // the log would have reported what was never listed
}

// undecided is the judgement of a label before anything is decided.
func (e *evidence) undecided() judgement {
	j := judgement{firstStop: e.label.firstStop, lastStop: e.label.lastStop}
	if e.listedOld {
		j.listed = 1
	}
	return j
}

// alive: old processes may run until then, so many of them hidden; and why.
func (j judgement) alive(hidden int, until time.Duration, why string) judgement {
	j.hidden, j.until, j.why = hidden, until, why
	return j
}

// proven: no old process is left, and the log or metrics prove it.
func (j judgement) proven() judgement {
	j.basis = Proven
	return j
}

// presumed: no old process can be left, since a limit is over; and why that is not proven.
func (j judgement) presumed(limit time.Duration, why string) judgement {
	if why == ExitDue {
		why = exitMissed
	}
	j.basis, j.until, j.why = Presumed, limit, why
	return j
}

// A timer holds the moment of a judgement, and collects when to judge again.
type timer struct {
	now time.Duration
	// wake is the next moment at which the passing of time may change the judgement. lookAt is when a look has to
	// be asked for, or later, that may change it. Both are observe.Never if there is none.
	wake, lookAt time.Duration
	// askMetrics: the judgement may change when it is known since when runtime metrics are on.
	askMetrics bool
}

// wakeAt asks for a judgement at a moment, if that has not come yet.
func (t *timer) wakeAt(at time.Duration) {
	if at > t.now {
		t.wake = min(t.wake, at)
	}
}

// pending reports whether a moment has not come yet. If so, it also asks for a judgement then.
func (t *timer) pending(at time.Duration) bool {
	t.wakeAt(at)
	return at > t.now
}

// lookPending reports whether the newest look was asked for before a moment. If so, it also asks for a look then.
func (t *timer) lookPending(at time.Duration, newest *observe.Look) bool {
	if at <= newest.AskedAt {
		return false
	}
	t.lookAt = min(t.lookAt, at)
	return true
}
