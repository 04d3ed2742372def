// What is known of one label at one moment, put together for a judgement and then thrown
// away.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// Runtime metrics come about every 20 s for each running dyno ("Log Runtime Metrics", Dev
// Center): three missed, and they are no longer evidence.
const metricLife = 60 * time.Second

// evidence is a view of a label, its ledger and the roster that it belongs to.
type evidence struct {
	*roster
	*label
	balance ledger.Balance
	// listedOld: its record is of an old release, and holds a process.
	listedOld bool
	// running is 1 if the list shows a running dyno whose start is in the ledger;
	// startMissing: it shows one whose start is not.
	running      int
	startMissing bool
	// metricsUntil is how long metrics of an old process keep it alive; long ago if there are none.
	metricsUntil time.Duration
	// listBehindUntil is until when the list is behind the log on it, or seems to be.
	listBehindUntil time.Duration
}

func (r *roster) evidence(lb *label, at time.Duration) evidence {
	e := evidence{roster: r, label: lb, balance: lb.ledger.Balance(r.question(lb, at)), metricsUntil: -observe.Never}
	if rec := lb.record; rec != nil {
		e.listedOld = r.old(rec) && !r.asleep(rec)
		if rec.State == "up" || rec.State == "starting" {
			e.startMissing = !lb.ledger.StartedSince(rec.CreatedAt)
			if !e.startMissing {
				e.running = 1
			}
		}
	}
	if last := e.lastMetric(); !last.IsZero() {
		e.metricsUntil = r.clock.Due(last.Add(metricLife))
	}
	return e
}

// question is what the ledger of a label is asked.
func (r *roster) question(lb *label, at time.Duration) ledger.Question {
	t := r.typeNamed(lb.typ)
	// The process type came with the target, unless the log shows that it did not.
	cameWithTarget := t.inFormation && !r.target.released.IsZero() && !t.CreatedAt.Before(r.target.released) &&
		!r.wasOld(lb) && lb.ledger.BeginsWithStart()
	return ledger.Question{
		NothingBefore: lb.bornWatched || cameWithTarget,
		Hold:          r.holdOf(lb.typ),
		Released:      r.target.released,
		CompleteFrom:  r.completeFrom(lb),
		Now:           r.clock.Platform(at),
	}
}

// completeFrom is the time from which nothing lives any more that was already hidden when the
// ledger of the label began. It was hidden since before the record of that time was created,
// which may be long ago.
func (r *roster) completeFrom(lb *label) time.Time {
	from := r.log.since
	if first := lb.firstRecordCreated; !first.IsZero() && first.Before(from) {
		from = first
	}
	return from.Add(r.holdOf(lb.typ))
}

// lastMetric is the last sign of life of an old process of the label that its ledger does not
// explain; zero if there is none. A process is old if it reported before the target's release,
// or if its uuid is that of an old dyno of the list (whether the two are the same thing is not
// established, so only a match counts).
func (e *evidence) lastMetric() time.Time {
	var last time.Time
	if e.target.released.IsZero() {
		return last
	}
	// After a gap the ledger does not know of the exit any more.
	explained := later(e.balance.LastExit, e.lastStop).Add(ledger.StampSlack)
	for uuid, s := range e.metrics {
		isNew, listed := e.isNew[uuid]
		old := !isNew && (listed || s.first.Before(e.target.released))
		if old && s.last.After(explained) {
			last = later(last, s.last)
		}
	}
	return last
}

// standing is that of a label of which nothing is decided yet.
func (e *evidence) standing() standing {
	s := standing{newUp: e.newUp(), firstStop: e.firstStop, lastStop: e.lastStop}
	s.old = e.record != nil && e.old(e.record)
	if e.listedOld {
		s.listed = 1
	}
	return s
}

// newUp reports whether a new dyno is up or asleep, by whichever of list and log tells the
// newer thing of it.
func (e *evidence) newUp() bool {
	rec, b := e.record, &e.balance
	if rec != nil && !e.old(rec) && !b.StateAt.After(rec.UpdatedAt) {
		return rec.State == "up" || rec.State == "idle"
	}
	return b.State == "up" && b.LastStart.After(e.target.released) && !b.StateAt.Before(b.LastStart)
}

// A moment is when something is judged. It collects when to judge again.
type moment struct {
	at           time.Duration
	wake, lookAt time.Duration // see standing
}

// ahead reports whether t is still to come, and if so notes to judge again then.
func (m *moment) ahead(t time.Duration) bool {
	if t <= m.at {
		return false
	}
	m.wake = min(m.wake, t)
	return true
}

// needsLook reports whether only a look that is asked for at t or later settles a doubt, and if
// so notes to look then.
func (m *moment) needsLook(t time.Duration, newest *observe.Look) bool {
	if t <= newest.AskedAt {
		return false
	}
	m.lookAt = min(m.lookAt, t)
	return true
}
