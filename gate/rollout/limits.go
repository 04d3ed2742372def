// Limits: how long an old process can live that the list does not show.

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
)

const (
	// Traffic moves to prebooted dynos after the boot timeout and 2 min ("Preboot", Dev Center; changelog item 1121).
	prebootTraffic = 2 * time.Minute
	// The first old dyno is stopped up to this much later than that (measured: 3 min 11 s after a release, S. Dignam,
	// "Heroku Deployment Deception"; SIGTERM 4 min 11 s after the boot, heroku/barnes#58).
	prebootDelay = 2 * time.Minute
	// The old dynos are stopped one after the other (measured: 117 s for 10 dynos, Dignam).
	prebootPerDyno = 12 * time.Second
	// Without preboot (captured: SIGTERM up to 42 s after the record was replaced, SIGKILL 30.2 s after SIGTERM; the
	// rest is slack).
	replaceHold = 90 * time.Second
	// In Private Spaces and on Fir ("Rolling Deploys", Dev Center), an old dyno leaves the list when it is asked to stop,
	// and has 30 s for that; the rest is slack.
	rollingHold = 60 * time.Second
	// A whole roll-out in a Private Space took about 10 min (heroku/roadmap, issue 351); the rest is slack.
	longestRolling = 15 * time.Minute
	// DefaultBootTimeout is the platform's default ("Error Codes", R10).
	DefaultBootTimeout = 60 * time.Second
	// longestBoot is the longest boot timeout that a line of the log is believed, in seconds.
	longestBoot = 3600
)

// setHolds updates the hold of each process type, and what begins the hold on old web dynos anew with preboot: that a web
// dyno is replaced, and that a release is made, even before a look or a line shows its dynos.
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

// prebooted reports whether preboot replaces web dynos, or may have. The platform only says whether it is on now. Preboot
// counts as on if the platform did not say, if it was ever seen on, or if it was switched after the target's release or
// shortly before it.
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

// holdOf is how long a process of a type can live after the record of its label was replaced. With preboot it counts from
// the newest web dyno, see limit.
func (r *roster) holdOf(t *processType) time.Duration {
	switch {
	case r.rolling():
		return rollingHold
	case t.name == "web" && r.prebooted():
		return r.prebootHold()
	}
	return replaceHold
}

// renewals are the times at which the hold on hidden processes of a type began anew.
func (r *roster) renewals(t *processType) ledger.Renewals {
	if t.name == "web" && r.prebooted() {
		return r.renewed
	}
	return nil
}

// prebootStale reports whether preboot was off, and web dynos have been created since: it may have been switched on
// before them. An unknown preboot already counts as on.
func (r *roster) prebootStale() bool {
	return !r.rolling() && r.preboot.Known && !r.prebootEverOn && r.prebootAskedAt < max(r.newestWeb.seen, r.announcedWeb.seen)
}

// prebootHold is how long an old web dyno can run beside prebooted ones, from the creation of the newest of those.
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

// bootTimeout is how long a process can boot: as the caller says, or longer if the log has shown that.
func (r *roster) bootTimeout() time.Duration {
	return max(cmp.Or(r.cfg.BootTimeout, DefaultBootTimeout), r.observedBootTimeout)
}

// limit is when no hidden process of the label can live any more: the hold, counted from the last event that may have
// replaced its record. restart is the last one that the log announced.
func (r *roster) limit(lb *label, restart time.Time) time.Duration {
	rec := lb.record
	if last := lb.lastRecord; last != nil && !r.old(last) {
		rec = last // a new dyno left the list. The old one was hidden when that new dyno was created.
	}
	var from time.Duration
	switch {
	case rec == nil: // an old dyno left the list, or only the log has reported a process of the label
		from = lb.leftAt
		if last := lb.ledger.Last(); !last.IsZero() {
			from = max(from, r.clock.GateTime(last, lb.ledger.ChangedAt()))
		}
	case r.rolling() && r.wasOld(lb):
		from = lb.recordSeen
	case r.old(rec): // asleep: the process was stopped when the state changed
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
		if !lb.typ.absent { // else a release has nothing to replace
			from = r.releasedWithin(from, lb.typ.hold)
		}
	}
	if rec != nil && !r.rolling() && restart.After(rec.CreatedAt) {
		from = max(from, r.clock.GateTime(restart, lb.ledger.ChangedAt()))
	}
	return from + lb.typ.hold
}

// releasedWithin is when a hold begins that began at from. A release during the hold replaces the web dynos once more, even
// if no look and no line has shown that yet, and so the hold begins anew.
func (r *roster) releasedWithin(from, hold time.Duration) time.Duration {
	for _, t := range r.replacedAt { // the oldest first
		if at := r.clock.GateTime(t, r.look.AskedAt); at <= from+hold {
			from = max(from, at)
		}
	}
	return from
}
