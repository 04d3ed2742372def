// The rule, on one page: may an old process of a label still run?

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// judge hears four witnesses. An old process of a label may run
//
//  1. as long as the dyno list shows one;
//  2. as long as its runtime metrics come, and a minute longer in which those of others come;
//  3. until the log, or the metrics of the listed dyno alone, prove that none is left (proven),
//  4. or until the longest possible life is over (presumed).
//
// It remembers nothing itself: what has to last is in the judgement that it returns.
func judge(e *evidence, t *timer) judgement {
	j := e.undecided()
	t.wakeAt(e.quietAt)
	if e.roster.fir() || e.label.typ.oneOff {
		return judgePod(e, t)
	}
	if e.listedOld { // 1: whatever was proven before
		if e.roster.notInFormation(e.label.typ) {
			t.lookPending(e.roster.droppedUntil(e.label.typ), e.roster.look)
		}
		return j.alive(0, observe.Never, oldListed)
	}
	if e.nothingOld {
		return j.proven()
	}
	limit := max(e.limit(), e.metricsUntil)
	doubt, reports := firstDoubt(doubts, e, t), t.pending(e.metricsUntil) || e.metricsSilent
	if reports { // 2
		doubt = cmp.Or(doubt, oldReports)
	}
	if doubt == "" && e.beganLate() {
		doubt, limit = historyShort, e.hiddenGoneAt
	}
	first, stop := e.balance.FirstStop, e.balance.LastStop
	alone := doubt != "" && e.listedAlone(t)
	if alone {
		doubt = ""
		first, stop = e.label.ledger.Ends(e.roster.target.released)
	}
	j.proof = e.label.proof.after(doubt != "", e, t.now)
	j.proof.metrics = j.proof.metrics || alone
	if !reports && (doubt == "" || j.proof.lasts()) { // 3
		if doubt == "" && !stop.IsZero() {
			j.firstStop, j.lastStop = first, stop
		}
		return j.proven()
	}
	if t.pending(limit) { // 4
		return j.alive(max(1, e.balance.Alive-e.listedRunning), limit, doubt)
	}
	return j.presumed(limit, doubt)
}

// What keeps an old process alive, beside the doubts.
const (
	oldListed  = "an old dyno is listed"
	oldReports = "its runtime metrics say that it is alive"
	noEnd      = "its end is not in the log"
)

// judgePod judges a pod, or a one-off dyno: its name is never given to another process, so
// the record tells all while it is listed.
func judgePod(e *evidence, t *timer) judgement {
	j, exit := e.undecided(), e.balance.LastExit
	j.proof = e.label.proof
	limit := e.label.leftAt + rollingHold
	switch {
	case e.listedOld:
		return j.alive(0, observe.Never, oldListed)
	case !e.roster.wasOld(e.label) && !e.cameAndWent():
		// New, or only ever seen new, or only in the log before the first look.
		return j.proven()
	case exit.After(e.balance.LastStart) && exit.After(e.roster.clock.Latest(e.endsAfter())):
		if !exit.Before(e.roster.target.released) {
			j.firstStop, j.lastStop = exit, exit
		}
		return j.proven()
	case t.pending(limit):
		return j.alive(1, limit, noEnd)
	}
	return j.presumed(limit, noEnd)
}

// cameAndWent reports whether only the log has told of a pod, and of its start before new ones were started: it
// came after the first look, and left the list between two looks.
func (e *evidence) cameAndWent() bool {
	r, lb := e.roster, e.label
	return lb.lowest == 0 && lb.firstSeen.After(r.clock.Platform(r.firstLook.AskedAt)) && lb.firstSeen.Before(r.target.finishedAt)
}

// endsAfter is from when on an exit of a pod, or of a one-off dyno, is its end. One of before the last
// look that shows it is of a container that was started again, of which the log does not tell. Where
// it has exited more often than it was started, so may be one from before the list was without it.
func (e *evidence) endsAfter() time.Duration {
	if e.balance.Alive < 0 {
		return e.label.leftAt
	}
	return e.label.listedAt
}

// judgeNeverListed judges what no list and no line has shown: an old dyno of the type that
// had already left the list when the gate came. It is proven gone if the log begins early enough
// to have told of it, or if the roll-out was watched from before its beginning.
func (r *roster) judgeNeverListed(typ *processType, t *timer) judgement {
	var j judgement
	if typ.logCovers || r.nothingOld(typ) {
		return j.proven()
	}
	why := firstDoubt(streamDoubts, &evidence{roster: r}, t)
	if why == "" {
		why = historyShort
		if r.fir() {
			why = noHistory
		}
		if !r.log.since.IsZero() && !r.fir() && !t.pending(r.clock.Due(r.renewals(typ).HiddenUntil(r.log.since, typ.hold))) {
			j.logCovers = r.proofCanLast()
			return j.proven()
		}
	}
	limit := r.clock.GateTime(typ.lastScaledDown.created, typ.lastScaledDown.seen) + typ.hold
	overBefore := limit <= r.firstLook.AskedAt // what left the list before was over by then
	if r.rolling() {
		// What left the list before the first look of the wait, or between two that show nothing.
		limit = max(r.waitLook.AskedAt, typ.reappeared) + typ.hold
		overBefore = r.waitLook == r.firstLook && typ.reappeared == 0 && !slices.ContainsFunc(r.firstLook.Dynos, func(d observe.Dyno) bool { return d.Type == typ.name && !r.old(&d) })
	}
	switch {
	case t.pending(limit):
		return j.alive(0, limit, why)
	case overBefore:
		return j.proven()
	}
	return j.presumed(limit, why)
}

// A judgement is what is known of the old processes of one label.
type judgement struct {
	listed int           // 1 if its record holds an old process
	hidden int           // how many others count as alive
	basis  Basis         // how it is known that there are none; empty while there may be
	until  time.Duration // when the hold on it is over; observe.Never if that is open
	why    string        // why there is no proof

	// What the label is to remember, or its type:
	proof               proof
	firstStop, lastStop time.Time // the exits of old processes, as of the last judgement without doubt
	logCovers           bool      // the log would have told of what was never listed
}

// undecided is the judgement of a label of which nothing is decided yet.
func (e *evidence) undecided() judgement {
	j := judgement{firstStop: e.label.firstStop, lastStop: e.label.lastStop}
	if e.listedOld {
		j.listed = 1
	}
	return j
}

// alive says that old processes may run until then, so many of them hidden, and why.
func (j judgement) alive(hidden int, until time.Duration, why string) judgement {
	j.hidden, j.until, j.why = hidden, until, why
	return j
}

// proven says that no old process runs any more: the end of each was seen.
func (j judgement) proven() judgement {
	j.basis = Proven
	return j
}

// presumed says that no old process can run any more, since a limit was reached, and why that is
// not proven.
func (j judgement) presumed(limit time.Duration, why string) judgement {
	if why == ExitDue {
		why = exitMissed
	}
	j.basis, j.until, j.why = Presumed, limit, why
	return j
}

// A timer holds the moment that is judged, and collects when to judge again.
type timer struct {
	now time.Duration
	// wake is the next moment at which the answer may change by itself; lookAt: a look that is
	// asked for then or later may change it. observe.Never if there is none.
	wake, lookAt time.Duration
	// askMetrics: whether runtime metrics are on, and since when, may change it.
	askMetrics bool
}

// wakeAt notes to judge again at a moment, if that is still to come.
func (t *timer) wakeAt(at time.Duration) {
	if at > t.now {
		t.wake = min(t.wake, at)
	}
}

// pending reports whether a moment is still to come, and if so notes to judge again then.
func (t *timer) pending(at time.Duration) bool {
	t.wakeAt(at)
	return at > t.now
}

// lookPending reports whether the newest look was asked for before a moment, and if so notes to
// look then.
func (t *timer) lookPending(at time.Duration, newest *observe.Look) bool {
	if at <= newest.AskedAt {
		return false
	}
	t.lookAt = min(t.lookAt, at)
	return true
}
