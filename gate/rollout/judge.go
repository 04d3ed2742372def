// The rule, on one page: may an old process of a label still run?

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// judge asks four witnesses. The first that can decide, decides:
//
//  1. The dyno list. As long as it shows an old process, one runs. A dyno that sleeps has no process.
//  2. Runtime metrics. As long as an old process reports, and for a minute after that, one runs. If no process of the app
//     has reported since, the log may have stopped: then only the limit (4) counts.
//  3. The log. If there is no doubt (doubts.go), no old process is left: that is proven. Once confirmed, the proof outlasts
//     a break of the log, see proof.go. If only the listed dyno reports metrics, that settles the doubts about the count.
//  4. The limit. When the longest time that an old process can live is over, none is left: that is presumed.
//
// If there is a doubt about the log, people read that as the reason, even if metrics decide.
//
// judge remembers nothing. What the label has to remember is part of the judgement. doc.go explains the words.
func judge(e *evidence, t *timer) judgement {
	j := e.undecided()
	t.wakeAt(e.due(e.balance.QuietFrom, 0)) // the balance changes then
	switch {
	case e.roster.fir() || e.label.typ.oneOff:
		return judgePod(e, t)
	case e.listedOld: // 1; the judgement has no proof, so the label forgets an earlier one
		// If the release has dropped the process type, and a later look still lists the dyno, it is a one-off dyno.
		t.lookPending(e.droppedUntil, e.roster.look)
		return j.alive(0, observe.Never, oldListed)
	case e.noOldPossible:
		return j.proven()
	}
	reports, limit := t.pending(e.aliveByMetricsUntil), max(e.limit, e.aliveByMetricsUntil)
	doubt := firstDoubt(doubts, e, t)
	switch {
	case doubt != "":
	case reports: // 2
		doubt = oldReports
	case e.noReportSince: // 2
		doubt = reportsStopped
	case e.beganLate: // those that were hidden when the log began must have ended by now, but their ends were not counted
		doubt, limit = historyShort, max(e.hiddenGoneAt, e.killDeadline)
	}
	stops, byMetrics := e.balance.Stops, false
	if doubt != "" {
		if ends, alone := e.listedAlone(t); alone { // so no old process reports
			doubt, stops, byMetrics = "", ends, true
		}
	}
	j.proof = e.label.proof.after(doubt != "", e, t.now)
	j.proof.metrics = j.proof.metrics || byMetrics
	if !reports && !e.noReportSince && (doubt == "" || j.proof.lasts()) { // 3
		if doubt == "" && !stops.Last.IsZero() {
			j.stops = stops
		}
		return j.proven()
	}
	if t.pending(limit) { // 4; at least one hidden process is assumed, whatever the count says
		return j.alive(max(1, e.balance.Alive-e.listedRunning), limit, doubt)
	}
	return j.presumed(limit, doubt)
}

// Reasons for a hold besides the doubts about the log.
const (
	oldListed      = "an old dyno is listed"
	oldReports     = "its runtime metrics say that it is alive"
	reportsStopped = "an old process reported runtime metrics, and since then no process has reported any"
	noEnd          = "its end is not in the log"
)

// judgePod judges a pod on Fir, or a one-off dyno. No two processes have such a name at the same time, so while it is
// listed, the record says all. When it left the list, it is being stopped, and has as long for that as a dyno of a Private
// Space.
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

// podLimit is when a pod or one-off dyno that left the list must have ended. If it is listed, it is when an earlier one-off
// dyno of its name must have ended.
func (e *evidence) podLimit() time.Duration {
	return max(cmp.Or(e.label.leftAt, e.label.oldLeftAt)+rollingHold, e.killDeadline)
}

// cameAndWent reports whether only the log has reported a pod, first after the first look and before the release was
// finished: it may have run old code between two looks.
func (e *evidence) cameAndWent() bool {
	r, lb := e.roster, e.label
	return lb.lowestVersion == 0 && lb.firstSeen.After(r.clock.Platform(r.firstLook.AskedAt)) && lb.firstSeen.Before(r.target.finishedAt)
}

// judgeNeverListed judges what neither a look nor a line has shown: an old dyno of the type may have left the list before
// the gate came. That none is left is proven if the log goes back far enough to show each, or if none can have been there
// when the gate came. It is presumed when the longest time that one can live is over.
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
	noneAtFirst := limit <= r.firstLook.AskedAt // it was scaled down so long before
	if r.rolling() {
		// A dyno may have left the list before the first look, or before the first look after a head start; or while looks
		// showed no dyno of the type. If the first look shows no new dyno, the roll-out had not begun.
		limit = max(r.waitLook.AskedAt, typ.reappearedAt) + typ.hold
		noneAtFirst = r.waitLook == r.firstLook && typ.reappearedAt == 0 && !slices.ContainsFunc(r.firstLook.Dynos, func(d observe.Dyno) bool { return d.Type == typ.name && !r.old(&d) })
	}
	switch {
	case t.pending(limit):
		return j.alive(0, limit, why)
	case noneAtFirst:
		return j.proven()
	}
	return j.presumed(limit, why)
}

// A judgement is what is known about the old processes of one label.
type judgement struct {
	listed int           // 1 if an old process is listed
	hidden int           // how many others count as alive; 0 also for dynos that were never listed
	basis  Basis         // how it is known that none is left; empty: one may be left
	until  time.Duration // when the hold on the label is over; observe.Never: nobody knows
	why    string        // why an old process may run, or why it is only presumed that none does

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
