// Evidence: what is known about one label at one moment.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// A list that is late by no more than this counts as on time.
const usualLag = 250 * time.Millisecond

// evidence is what a judgement of a label needs. It is made for one judgement and not kept. A moment that does not apply
// is in the past: nothing waits for it.
type evidence struct {
	roster    *roster
	label     *label
	balance   ledger.Balance
	oldRecord bool // its record is of an old release
	listedOld bool // the same, and the record is not that of a dyno that sleeps
	newUp     bool // a new dyno is up or asleep, by the list or by the log
	// noOldPossible: the label came by scaling up after the release, or the app had no code before the target.
	noOldPossible bool
	listedRunning int // 1 if the list shows a running dyno

	limit        time.Duration // when no hidden process can live any more
	droppedUntil time.Duration // when its dynos must have ended, if a release has dropped the process type
	hiddenGoneAt time.Duration // when every process must have ended that was hidden when the ledger began
	// beganLate: one of them may have ended after the release, and the log may not show that exit. That it is gone is
	// then only presumed.
	beganLate           bool
	aliveByMetricsUntil time.Duration // until when an old process counts as alive by its metrics
	noReportSince       bool          // no process at all has reported later than 30 s after its last report: the log may have stopped
	ended               bool          // of a pod or one-off dyno: its last exit is its end
	crashes             []time.Time   // since the first new record
	listLagsUntil       time.Duration // until when the list is behind the log, or seems to be
}

// longAgo is before every other moment.
const longAgo = -observe.Never

func (r *roster) evidence(lb *label, now time.Time) evidence {
	e := evidence{roster: r, label: lb, noOldPossible: r.scaledUp(lb) || r.nothingOld(lb.typ), droppedUntil: r.droppedUntil(lb.typ)}
	// When the ledger began, processes may have been hidden behind the record of that time. They were replaced before
	// it was created, which may be long ago.
	hiddenGone := r.log.since
	if first := lb.firstRecordCreated; !first.IsZero() && first.Before(hiddenGone) {
		hiddenGone = first
	}
	renewals := r.renewals(lb.typ)
	hiddenGone = renewals.HiddenUntil(hiddenGone, lb.typ.hold)
	nothingBefore := r.nothingBefore(lb)
	e.balance = lb.ledger.Balance(ledger.Known{
		NothingBefore: nothingBefore, Hold: lb.typ.hold, Renewals: renewals,
		Released: r.target.released, CompleteFrom: hiddenGone, LogSince: r.log.since, BootTimeout: r.bootTimeout(), RanAt: lb.ranAt, Now: now,
	})
	e.seeRecord()
	b := &e.balance
	if e.hiddenGoneAt = r.clock.Due(hiddenGone); nothingBefore {
		e.hiddenGoneAt = longAgo
	}
	e.beganLate = e.hiddenGoneAt > r.clock.Due(later(r.log.since, r.target.released))
	e.limit = r.limit(lb, b.Announced)
	e.aliveByMetricsUntil, e.noReportSince = e.aliveByMetrics()
	e.ended = e.podEnded()
	e.crashes = b.CrashesAfter(lb.firstNewRecordAt.Add(time.Second)) // creations are cut to whole seconds
	return e
}

// due is the moment on the gate's clock that is so long after a time of the platform.
func (e *evidence) due(t time.Time, after time.Duration) time.Duration {
	return e.roster.clock.Due(t.Add(after))
}

// podEnded reports whether the last exit of a pod or one-off dyno is its end. It is not if the log has shown a start or a
// SIGTERM since: then it was that of a container, which the platform has started again.
func (e *evidence) podEnded() bool {
	b := &e.balance
	return b.LastExit.After(b.LastStart) && !b.LastTerm.After(b.LastExit) && b.LastExit.After(e.roster.clock.Latest(e.endsAfter()))
}

// endsAfter is the moment after which an exit is the end of a pod or one-off dyno. Before that, only its container may have
// exited, which the platform starts again without a line: so it was if a later look lists the pod. If the log shows more
// exits than starts, that has happened, and only an exit after the first look that lacks the pod is its end.
func (e *evidence) endsAfter() time.Duration {
	if e.balance.Alive < 0 {
		return e.label.leftAt
	}
	return e.label.listedAt
}

// seeRecord compares what the list shows with what the ledger says.
func (e *evidence) seeRecord() {
	rec, b := e.label.record, &e.balance
	newer := rec != nil && !b.LastChange.Stamp.After(rec.UpdatedAt) // the list is newer than the log
	e.oldRecord = rec != nil && e.roster.old(rec)
	e.newUp = b.LastChange.To == "up" && b.LastStart.After(e.roster.target.released)
	if newer && !e.oldRecord {
		e.newUp = rec.State == "up" || rec.State == "idle"
	}
	if rec == nil {
		return
	}
	// Dynos only sleep on the Common Runtime. Elsewhere, and for one-off dynos, these states may mean that the process
	// is being stopped.
	asleep := (rec.State == "idle" || rec.State == "down") && !e.roster.rolling() && !e.label.typ.oneOff
	e.listedOld = e.oldRecord && !asleep
	if rec.State == "up" || rec.State == "starting" {
		e.listedRunning = 1
	}
}

// learnListDelay measures how far the list is behind the log: the log says that a dyno is up, and the list says that it
// is starting. The list may also be behind if it shows an old dyno and the log says that a new one is up.
func (e *evidence) learnListDelay() {
	b, r, lb := &e.balance, e.roster, e.label
	rec, asked := lb.record, r.clock.Platform(r.look.AskedAt)
	if rec == nil || b.LastChange.To != "up" || b.LastStart.Before(rec.CreatedAt) {
		return // the log does not report on the listed dyno
	}
	delay := asked.Sub(b.LastChange.Stamp)
	if rec.State == "starting" && delay > usualLag {
		lb.listLags = true
	}
	if lb.listLags {
		r.listDelay = min(max(r.listDelay, delay), observe.ListLag)
	}
	switch {
	case rec.State == "starting":
	case lb.listLags:
		lb.listLags = false
		return
	case !e.oldRecord:
		return // nothing to measure
	}
	e.listLagsUntil = e.due(b.LastChange.Stamp, 2*observe.ListLag)
}
