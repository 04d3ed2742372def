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
	listedOld bool // its record is of an old release, and not that of a dyno that sleeps, which has no process
	newUp     bool // a new dyno is up or asleep, by the list or by the log
	// noOldPossible: the label came by scaling up after the release, or the app had no code before the target.
	noOldPossible bool
	listedRunning int // 1 if the list shows a running dyno

	limit        time.Duration // when no hidden process can live any more: the hold and killDeadline are over
	droppedUntil time.Duration // when its dynos must have ended, if a release has dropped the process type
	hiddenGoneAt time.Duration // when every process must have ended that was hidden when the ledger began
	// beganLate: a process that was hidden when the ledger began may have ended after the release. The ledger does not count
	// such an exit, so the gate only presumes that this process is gone.
	beganLate           bool
	aliveByMetricsUntil time.Duration // until when an old process counts as alive by its metrics
	noReportSince       bool          // in the 30 s after its last report, and since, no process of the app has reported: the log may have stopped
	killDeadline        time.Duration // when the last process must have ended that was asked to stop, and has not ended by the log
	ended               bool          // of a pod or one-off dyno: its last exit is its end
	crashes             []time.Time   // since the first new record
	listLagsUntil       time.Duration // until when the list is behind the log, or seems to be
}

// longAgo is before every other moment.
const longAgo = -observe.Never

func (r *roster) evidence(lb *label, now time.Time) evidence {
	e := evidence{roster: r, label: lb, noOldPossible: r.scaledUp(lb) || r.nothingOld(lb.typ), droppedUntil: r.droppedUntil(lb.typ)}
	// Processes may have been hidden already when the ledger began. They became hidden at hiddenSince at the latest.
	hiddenGone := r.log.since
	if since := lb.hiddenSince; !since.IsZero() && since.Before(hiddenGone) {
		hiddenGone = since
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
	e.aliveByMetricsUntil, e.noReportSince = e.aliveByMetrics()
	e.killDeadline = lb.lostStop
	if stopping := b.Stopping(); !stopping.IsZero() {
		e.killDeadline = r.clock.GateTime(stopping, lb.ledger.ChangedAt()) + ledger.KillAfter + ledger.StampSlack
	}
	e.limit = max(r.limit(lb, b.Announced), e.killDeadline)
	e.ended = e.podEnded()
	e.crashes = b.CrashesAfter(lb.firstNewRecordAt.Add(time.Second)) // creations are cut to whole seconds
	return e
}

// due is the moment on the gate's clock that is so long after a time of the platform.
func (e *evidence) due(t time.Time, after time.Duration) time.Duration {
	return e.roster.clock.Due(t.Add(after))
}

// podEnded reports whether the last exit of a pod or one-off dyno is its end. It is not if the log has shown a start or a
// SIGTERM since: then only its container exited, and the platform has started it again.
func (e *evidence) podEnded() bool {
	b := &e.balance
	return b.LastExit.After(b.LastStart) && !b.LastTerm.After(b.LastExit) && b.LastExit.After(e.roster.clock.Latest(e.endsAfter()))
}

// endsAfter is the moment after which an exit is the end of a pod or one-off dyno. An earlier exit can be that of its
// container alone, which the platform starts again without a line. If a look lists the pod after an exit, that exit was not
// its end. If the log shows more exits than starts, a container was started again, and only an exit after the first look
// that lacks the pod is its end.
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
	if rec.State != "starting" {
		if lb.listLags = false; !e.oldRecord {
			return
		}
	}
	e.listLagsUntil = e.due(b.LastChange.Stamp, 2*observe.ListLag)
}
