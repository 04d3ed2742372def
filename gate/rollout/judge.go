// The rule, on one page: may an old process of a label still run?

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// judge asks four witnesses, in this order:
//
//  1. The dyno list. As long as it shows an old process, one runs.
//  2. Runtime metrics. As long as an old process reports, and for a minute after that, one runs. If no other process has
//     reported since, the log may have stopped: then only the limit (4) counts.
//  3. The log. If there is no doubt, no old process is left: that is proven. It stays proven once it is confirmed, see
//     proof. A doubt that only concerns the count is settled if only the listed dyno reports metrics.
//  4. The limit. When the longest time that an old process can live is over, none is left: that is presumed.
//
// judge remembers nothing. What the label has to remember is part of the judgement.
func judge(e *evidence, t *timer) judgement {
	j := e.undecided()
	t.wakeAt(e.due(e.balance.QuietFrom, 0)) // the balance changes then
	switch {
	case e.roster.fir() || e.label.typ.oneOff:
		return judgePod(e, t)
	case e.listedOld: // 1
		t.lookPending(e.droppedUntil, e.roster.look) // from then on it counts as a one-off dyno
		return j.alive(0, observe.Never, oldListed)
	case e.noOldPossible:
		return j.proven()
	}
	reports, limit := t.pending(e.aliveByMetricsUntil) || e.noReportSince, max(e.limit, e.aliveByMetricsUntil)
	doubt := firstDoubt(doubts, e, t)
	switch {
	case doubt != "": // it is told first
	case reports: // 2
		doubt = oldReports
	case e.beganLate: // those that the log cannot count are gone by now, but nobody saw that
		doubt, limit = historyShort, e.hiddenGoneAt
	}
	stops, byMetrics := e.balance.Stops, false
	if doubt != "" {
		if ends, alone := e.listedAlone(t); alone {
			doubt, stops, byMetrics = "", ends, true
		}
	}
	j.proof = e.label.proof.after(doubt != "", e, t.now)
	j.proof.metrics = j.proof.metrics || byMetrics
	if !reports && (doubt == "" || j.proof.lasts()) { // 3
		if doubt == "" && !stops.Last.IsZero() {
			j.stops = stops
		}
		return j.proven()
	}
	if t.pending(limit) { // 4; where the count is in doubt, one process is assumed
		return j.alive(max(1, e.balance.Alive-e.listedRunning), limit, doubt)
	}
	return j.presumed(limit, doubt)
}

// Besides the doubts, these keep an old process alive.
const (
	oldListed  = "an old dyno is listed"
	oldReports = "its runtime metrics say that it is alive"
	noEnd      = "its end is not in the log"
)

// judgePod judges a pod on Fir, or a one-off dyno. Only one process ever has its name, so while it is listed, the record
// says all. When it left the list, it is being stopped, and has as long as where dynos are replaced in place.
func judgePod(e *evidence, t *timer) judgement {
	j, exit := e.undecided(), e.balance.LastExit
	j.proof = e.label.proof
	limit := e.podLimit()
	switch {
	case e.listedOld:
		return j.alive(0, observe.Never, oldListed)
	case !e.roster.wasOld(e.label) && !e.cameAndWent():
		// It is new, or it was gone before the first look.
		return j.proven()
	case e.ended:
		if !exit.Before(e.roster.target.released) {
			j.stops = ledger.Stops{First: exit, Last: exit}
		}
		return j.proven()
	case t.pending(limit):
		return j.alive(1, limit, noEnd)
	}
	return j.presumed(limit, noEnd)
}

// podLimit is when a pod or one-off dyno must have ended that left the list; or an earlier one that had its name.
func (e *evidence) podLimit() time.Duration {
	return cmp.Or(e.label.leftAt, e.label.oldLeftAt) + rollingHold
}

// cameAndWent reports whether only the log has reported a pod, first after the first look and before the release was
// finished: it may have run old code between two looks.
func (e *evidence) cameAndWent() bool {
	r, lb := e.roster, e.label
	return lb.lowestVersion == 0 && lb.firstSeen.After(r.clock.Platform(r.firstLook.AskedAt)) && lb.firstSeen.Before(r.target.finishedAt)
}

// judgeNeverListed judges what neither a look nor a line has shown: an old dyno of the type may have left the list before
// the gate came. None is left if the log goes back far enough to show it, or if it must have ended before the gate came
// (proven), or by now (presumed).
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
	overBefore := limit <= r.firstLook.AskedAt // it was scaled down so long ago
	if r.rolling() {
		// A dyno may have left the list before the wait's first look, or while looks showed no dyno of the type. If the
		// first look shows no new dyno, the roll-out had not begun.
		limit = max(r.waitLook.AskedAt, typ.reappearedAt) + typ.hold
		overBefore = r.waitLook == r.firstLook && typ.reappearedAt == 0 && !slices.ContainsFunc(r.firstLook.Dynos, func(d observe.Dyno) bool { return d.Type == typ.name && !r.old(&d) })
	}
	switch {
	case t.pending(limit):
		return j.alive(0, limit, why)
	case overBefore:
		return j.proven()
	}
	return j.presumed(limit, why)
}

// A judgement is what is known about the old processes of one label.
type judgement struct {
	listed int           // 1 if an old process is listed
	hidden int           // how many others count as alive; 0: also if they cannot be counted
	basis  Basis         // how it is known that none is left; empty: one may be left
	until  time.Duration // when the hold on the label is over; observe.Never: nobody knows
	why    string        // why there is no proof

	// What the label, or its process type, has to remember:
	proof     proof
	stops     ledger.Stops // the exits of old processes, when there was no doubt
	logCovers bool         // the log would have reported what was never listed
}

// undecided is the judgement of a label before anything is decided.
func (e *evidence) undecided() judgement {
	j := judgement{stops: e.label.stops}
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

// proven: no old process is left, and that was observed.
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
