// How long an old process can hide: the limits of the platform.

package rollout

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
)

const (
	// Traffic moves to prebooted dynos at boot timeout + 2 min ("Preboot", Dev
	// Center; changelog item 1121).
	prebootTraffic = 2 * time.Minute
	// The kills begin up to this much later than the traffic moves (measured: first
	// kill 3 min 11 s after a release, S. Dignam, "Heroku Deployment Deception";
	// SIGTERM 4 min 11 s after the boot, heroku/barnes#58).
	prebootDelay = 2 * time.Minute
	// The kills are spread out (measured: 117 s over 10 dynos, Dignam).
	prebootPerDyno = 12 * time.Second
	// Without preboot: SIGTERM was captured up to 42 s after the record was replaced, and
	// SIGKILL 30.2 s after SIGTERM; the rest is slack.
	replaceHold = 90 * time.Second
	// Where dynos are rolled ("Rolling Deploys", Dev Center), an old one leaves the
	// list when it is stopped, and has 30 s then; the rest is slack.
	rollingHold = 60 * time.Second
	// The whole of a roll-out took about 10 minutes in a Private Space (heroku/roadmap, issue 351); the
	// rest is slack.
	longestRolling = 15 * time.Minute
	// DefaultBootTimeout is the platform's own default ("Error Codes", R10).
	DefaultBootTimeout = 60 * time.Second
	// longestBoot is the longest boot timeout that is believed of a line, in seconds.
	longestBoot = 3600
)

// setHolds brings up to date how long a process of each type can hide after its label's record
// was replaced, and what begins the hold of prebooted ones: a release does, too, before any look or line
// shows its dynos.
func (r *roster) setHolds() {
	for _, t := range r.types {
		t.hold = r.holdOf(t)
	}
	r.renewed = slices.Clone(r.webRenewals)
	for _, t := range r.replacedAt {
		if t.After(r.target.released) {
			r.renewed.Note(t)
		}
	}
	r.newestWeb = creation{}
	for _, lb := range r.labels {
		if lb.typ.name == "web" && lb.newest.after(r.newestWeb) && !r.scaledUp(lb) {
			r.newestWeb = lb.newest
		}
	}
}

// prebooted reports whether web dynos are, or may have been, replaced by preboot. What the
// platform says is true of now: a feature that was on at any time, or that was switched not
// long before the target's release or after it, counts as on.
func (r *roster) prebooted() bool {
	p := r.preboot
	switch {
	case r.rolling():
		return false
	case r.prebootEverOn || !p.Known:
		return true
	}
	return !p.ChangedAt.IsZero() && p.ChangedAt.After(r.target.released.Add(-r.prebootHold()))
}

func (r *roster) holdOf(t *processType) time.Duration {
	switch {
	case r.rolling():
		return rollingHold
	case t.name == "web" && r.prebooted():
		return r.prebootHold()
	}
	return replaceHold
}

// renewals are when the hold on what hides of a type began anew.
func (r *roster) renewals(t *processType) ledger.Renewals {
	if t.name == "web" && r.prebooted() {
		return r.renewed
	}
	return nil
}

// prebootStale reports whether preboot was off when it was asked for, and web dynos have been seen
// since that it may have been switched on for.
func (r *roster) prebootStale() bool {
	return !r.rolling() && !r.prebootEverOn && r.prebootAskedAt < max(r.newestWeb.seen, r.announcedWeb.seen)
}

// prebootHold is how long an old web dyno can keep running beside prebooted ones, from the
// creation of the newest new web dyno.
func (r *roster) prebootHold() time.Duration {
	if r.cfg.PrebootHold > 0 {
		return r.cfg.PrebootHold
	}
	webs := 0
	for _, lb := range r.labels {
		if lb.typ.name == "web" {
			webs++
		}
	}
	return r.bootTimeout() + prebootTraffic + prebootDelay + ledger.KillAfter + time.Duration(webs)*prebootPerDyno
}

// bootTimeout is how long a process can boot: as the caller says, or as the log has told.
func (r *roster) bootTimeout() time.Duration {
	boot := r.cfg.BootTimeout
	if boot == 0 {
		boot = DefaultBootTimeout
	}
	return max(boot, r.observedBootTimeout)
}

// limit is when the longest possible life of whatever hides behind the label is over: so long
// after its record was replaced, or after the last restart.
func (e *evidence) limit() time.Duration {
	r, lb := e.roster, e.label
	rec := lb.record
	if last := lb.lastRecord; last != nil && !r.old(last) {
		rec = last // what left the list was new, so that this is no news of what is behind it
	}
	var from time.Duration
	switch {
	case rec == nil: // a line of it tells of a process that no look has shown
		from = lb.leftAt
		if last := lb.ledger.Last(); !last.IsZero() {
			from = max(from, r.clock.GateTime(last, lb.ledger.ChangedAt()))
		}
	case r.rolling() && r.wasOld(lb):
		from = lb.recordSeen
	case r.old(rec): // asleep: its process was stopped when the state changed
		from = r.clock.GateTime(rec.UpdatedAt, r.look.AskedAt)
	default:
		from = r.clock.GateTime(rec.CreatedAt, lb.recordSeen)
	}
	if lb.typ.name == "web" && r.prebooted() {
		for _, web := range []creation{r.newestWeb, r.announcedWeb} {
			if !web.created.Before(r.target.released) {
				from = max(from, r.clock.GateTime(web.created, web.seen))
			}
		}
		if lb.typ.Quantity > 0 || !lb.typ.absent { // where nothing is wanted or runs, it replaces nothing
			from = r.releasedWithin(from, lb.typ.hold)
		}
	}
	if restart := e.balance.Announced; rec != nil && !r.rolling() && restart.After(rec.CreatedAt) {
		from = max(from, r.clock.GateTime(restart, lb.ledger.ChangedAt()))
	}
	return from + lb.typ.hold
}

// releasedWithin is when a hold begins anew that began at a moment: a release that is made while old processes
// may live replaces the web dynos once more, though no look and no line may show them yet.
func (r *roster) releasedWithin(from, hold time.Duration) time.Duration {
	for _, t := range r.replacedAt { // the oldest first
		if at := r.clock.GateTime(t, r.look.AskedAt); at <= from+hold {
			from = max(from, at)
		}
	}
	return from
}

// limitOf is when the hold on a process type is over, or would be if nothing of it were proven; zero
// where no old process of it can hide, and while the list shows one.
func (r *Rollout) limitOf(typ string) time.Time {
	var last time.Duration
	for i := range r.status.labels {
		e := &r.status.labels[i].evidence
		switch {
		case e.label.typ.name != typ || e.nothingOld:
		case e.listedOld:
			return time.Time{}
		case r.roster.fir() || e.label.typ.oneOff:
			if r.roster.wasOld(e.label) {
				last = max(last, e.label.leftAt+rollingHold)
			}
		default:
			last = max(last, e.limit())
		}
	}
	for _, t := range r.roster.typesInScope() {
		if t.name == typ && !t.oneOff {
			last = max(last, r.roster.judgeNeverListed(t, &timer{now: r.now}).until)
		}
	}
	if last == 0 {
		return time.Time{}
	}
	return r.clock.Platform(last)
}
