// What is known of one label at one moment, put together for a judgement.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// A list that is no more behind than this is not called late.
const usualLag = 250 * time.Millisecond

// evidence is what a judgement of a label needs. Moments are on the gate's clock; one that is
// past if there is nothing.
type evidence struct {
	roster    *roster
	label     *label
	balance   ledger.Balance
	oldRecord bool // its record is of an old release
	listedOld bool // and holds a process
	newUp     bool // a new dyno is up, or asleep, by the list or by the log
	// nothingOld: nothing old can be behind the record, or of its process type.
	nothingOld bool
	// listedRunning is 1 if the list shows a running dyno; startMissing: its start is not in the
	// ledger.
	listedRunning int
	startMissing  bool

	hiddenGoneAt  time.Duration // when nothing lives any more that was hidden when the ledger began
	quietAt       time.Duration // when time alone changes the balance
	metricsUntil  time.Duration // how long metrics of an old process keep it alive
	metricsSilent bool          // since the last of them no dyno's came: the log may be dead, and not the process
	stoppedBy     time.Duration // when the last process that was asked to stop must have ended
	crashListed   time.Duration // from when on a list knows of the last crash
	listLagsUntil time.Duration // until when the list is behind the log on it, or seems to be
}

// longAgo is before anything.
const longAgo = -observe.Never

func (r *roster) evidence(lb *label, now time.Time) evidence {
	e := evidence{roster: r, label: lb, nothingOld: r.scaledUp(lb) || r.nothingOld(lb.typ)}
	// The ledger began with what was hidden behind the record of that time, since before that
	// was created, which may be long ago.
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
	e.quietAt = e.due(b.QuietFrom, 0)
	last := e.lastMetric()
	e.metricsUntil = e.due(last, metricLife)
	e.metricsSilent = !last.IsZero() && !r.metrics.newest.After(last.Add(metricLife/2))
	if b.LastTerm.After(b.LastExit) {
		e.stoppedBy = e.due(b.LastTerm, ledger.KillAfter+ledger.StampSlack)
	}
	e.crashListed = e.due(b.CrashExit, observe.ListLag)
	return e
}

// beganLate reports whether an old process may have been hidden when the log began, and may have lived
// on after the release. That it is gone is then known by the limit of its life, and not by its exit.
func (e *evidence) beganLate() bool {
	r := e.roster
	return e.hiddenGoneAt > r.clock.Due(later(r.log.since, r.target.released))
}

// due is the moment so long after a time of the platform.
func (e *evidence) due(t time.Time, after time.Duration) time.Duration {
	return e.roster.clock.Due(t.Add(after))
}

// seeRecord compares what the list shows with what the ledger says.
func (e *evidence) seeRecord() {
	rec, b := e.label.record, &e.balance
	newer := rec != nil && !b.StateAt.After(rec.UpdatedAt) // the list tells the newer thing of it
	e.oldRecord = rec != nil && e.roster.old(rec)
	e.newUp = b.State == "up" && b.LastStart.After(e.roster.target.released)
	if newer && !e.oldRecord {
		e.newUp = rec.State == "up" || rec.State == "idle"
	}
	if rec == nil {
		return
	}
	// Only the Common Runtime lets dynos sleep; elsewhere, and for one-off dynos, the same states
	// may be those of a process that is being stopped.
	asleep := (rec.State == "idle" || rec.State == "down") && !e.roster.rolling() && !e.label.typ.oneOff
	e.listedOld = e.oldRecord && !asleep
	if rec.State == "up" || rec.State == "starting" {
		e.startMissing = !e.label.ledger.StartedSince(rec.CreatedAt)
		e.listedRunning = 1
	}
}

// learnListDelay learns how far the list is behind the log: a dyno is up by the one and still
// starting by the other. Until then that is so, or seems to be: the list may also show the record
// of an old dyno where the log has a new one up.
func (e *evidence) learnListDelay() {
	b, r, lb := &e.balance, e.roster, e.label
	rec, asked := lb.record, r.clock.Platform(r.look.AskedAt)
	if rec == nil || b.State != "up" || b.LastStart.Before(rec.CreatedAt) {
		return // the log does not speak of the listed one
	}
	delay := asked.Sub(b.StateAt)
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
		return // how far cannot be told otherwise: the one that is up may be an old one, too
	}
	e.listLagsUntil = e.due(b.StateAt, 2*observe.ListLag)
}
