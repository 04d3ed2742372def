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
//  2. as long as its runtime metrics come, and a minute longer;
//  3. until the log proves that none is left (proven),
//  4. or until the longest possible life is over (presumed).
//
// It writes to m alone: what the label is to remember is in the standing.
func judge(e *evidence, m *moment) standing {
	s := e.undecided()
	m.ahead(e.quietAt) // time alone changes the count then
	if e.fir() || e.typ.oneOff {
		return judgePod(e, m)
	}
	if e.listedOld { // 1: whatever was proven before
		return s.alive(0, observe.Never, oldListed)
	}
	doubt, reports := firstDoubt(doubts, e, m), m.ahead(e.metricsUntil)
	if reports { // 2
		doubt = cmp.Or(doubt, oldReports)
	}
	s.proof = e.proof.after(doubt != "", e, m.at)
	if !reports && (doubt == "" || s.proof.stage > seen) { // 3
		if stop := e.balance.LastStop; doubt == "" && !stop.IsZero() {
			s.firstStop, s.lastStop = e.balance.FirstStop, stop
		}
		return s.gone(Proven, 0, "")
	}
	limit := max(e.limit(), e.metricsUntil)
	if m.ahead(limit) { // 4
		return s.alive(max(1, e.balance.Alive-e.running), limit, doubt)
	}
	return s.gone(Presumed, limit, doubt)
}

// What keeps an old process alive, beside the doubts.
const (
	oldListed  = "an old dyno is listed"
	oldReports = "its runtime metrics say that it is alive"
	noEnd      = "its end is not in the log"
)

// judgePod judges a pod, or a one-off dyno: its name is never given to another process, so
// the record tells all while it is listed.
func judgePod(e *evidence, m *moment) standing {
	s, exit := e.undecided(), e.balance.LastExit
	s.proof = e.proof
	limit := e.leftAt + rollingHold
	switch {
	case e.listedOld:
		return s.alive(0, observe.Never, oldListed)
	case e.record != nil, !e.wasOld(e.label):
		// New, or only ever seen new, or only in the log before the first look.
		return s.gone(Proven, 0, "")
	case exit.After(e.balance.LastStart):
		if !exit.Before(e.target.released) {
			s.firstStop, s.lastStop = exit, exit
		}
		return s.gone(Proven, 0, "")
	case m.ahead(limit):
		return s.alive(1, limit, noEnd)
	}
	return s.gone(Presumed, limit, noEnd)
}

// judgeNeverListed judges what no list and no line has shown: an old dyno of the type that
// had already left the list when the gate came. It is proven gone if the log begins early enough
// to have told of it, or if the roll-out was watched from before its beginning.
func (r *roster) judgeNeverListed(t *processType, m *moment) standing {
	var s standing
	if t.logCovers {
		return s.gone(Proven, 0, "")
	}
	why := firstDoubt(streamDoubts, &evidence{roster: r}, m)
	if why == "" {
		why = historyShort
		if !r.log.since.IsZero() && !r.fir() && !m.ahead(r.clock.Due(r.log.since.Add(t.hold))) {
			s.logCovers = r.canBeProven()
			return s.gone(Proven, 0, "")
		}
	}
	limit, watched := r.clock.Elapsed(t.UpdatedAt, t.scaledSeen)+t.hold, false
	if r.rolling() {
		// What left the list before the first look, or between two that show nothing.
		limit = max(r.firstLook.AskedAt, t.reappeared) + t.hold
		watched = t.reappeared == 0 && !slices.ContainsFunc(r.firstLook.Dynos, func(d observe.Dyno) bool { return d.Type == t.name && !r.old(&d) })
	}
	switch {
	case m.ahead(limit):
		return s.alive(0, limit, why)
	case watched: // the roll-out was watched from before its beginning
		return s.gone(Proven, limit, why)
	}
	return s.gone(Presumed, limit, why)
}

// A standing is what is known of the old processes of one label.
type standing struct {
	listed int           // 1 if that holds a process
	hidden int           // how many others count as alive
	basis  Basis         // how it is known that there are none; empty while there may be
	until  time.Duration // when the hold on it is over; observe.Never if that is open
	why    string        // why there is no proof

	proof               proof
	firstStop, lastStop time.Time // of its ledger when that was last without doubt
	logCovers           bool      // of a type: the log would have told of what was never listed
}

// undecided is the standing of a label of which nothing is decided yet.
func (e *evidence) undecided() standing {
	s := standing{firstStop: e.firstStop, lastStop: e.lastStop}
	if e.listedOld {
		s.listed = 1
	}
	return s
}

// alive says that old processes may run until then, so many of them hidden, and why.
func (s standing) alive(hidden int, until time.Duration, why string) standing {
	s.hidden, s.until, s.why = hidden, until, why
	return s
}

// gone says that no old process runs any more, and how that is known.
func (s standing) gone(basis Basis, limit time.Duration, why string) standing {
	s.basis, s.until, s.why = basis, limit, why
	return s
}

// A moment is when something is judged. It collects when to judge again.
type moment struct {
	at time.Duration
	// At the latest then, and with a look that is asked for then or later; observe.Never if
	// there is no need.
	wake, lookAt time.Duration
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
