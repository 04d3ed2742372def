// Process types: what the formation says of them, and which of them count.

package rollout

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// processType is what the gate knows about one process type.
type processType struct {
	name              string
	observe.Formation               // as last listed; with a quantity of 0 if a release has dropped the type
	inFormation       bool          // the formation has it, or had it
	everWanted        bool          // the formation has wanted dynos of it
	lastScaledDown    creation      // when it was last scaled, if that may have been down
	wholeAt           time.Duration // when the last look with as many dynos as wanted was asked for; longAgo: there was none
	absent            bool          // the newest look shows no dyno of it
	reappeared        time.Duration // when a look showed it again, after one without it
	logCovers         bool          // the log has reported every dyno of it that was never listed

	// These follow from the rest and from the target, see classify and setHolds:
	oneOff  bool          // its dynos are one-off dynos
	inScope bool          // its dynos keep the gate shut
	hold    time.Duration // how long a process of it can hide
}

// processType is the process type with the name. It is added if it is new.
func (r *roster) processType(name string) *processType {
	t := r.types[name]
	if t == nil {
		t = &processType{name: name, wholeAt: longAgo}
		r.types[name] = t
		r.classify()
	}
	return t
}

// classify updates which types are of one-off dynos, and which count.
func (r *roster) classify() {
	for _, t := range r.types {
		t.oneOff = r.isOneOff(t)
		t.inScope = len(r.cfg.Types) == 0 || slices.Contains(r.cfg.Types, t.name)
		if t.oneOff {
			t.inScope = r.cfg.IncludeOneOff
		}
	}
}

// isOneOff reports whether the dynos of a type are one-off dynos. A type of the formation may have the name of one,
// such as "run"; if it was scaled to zero shortly before the release, an old dyno of it may still run.
func (r *roster) isOneOff(t *processType) bool {
	if slices.Contains(r.cfg.Types, t.name) {
		return false // the caller named it
	}
	if r.notInFormation(t) && r.look.AskedAt >= r.droppedUntil(t) && !(r.rolling() && r.oldOfFormation()) {
		return true
	}
	switch t.name {
	case "release": // every app with a release phase has it in its formation, with a quantity of 0
		return !t.everWanted
	case "run", "scheduler":
		return !t.everWanted && (r.target.released.IsZero() || t.UpdatedAt.Before(r.target.released.Add(-replaceHold)))
	}
	return false
}

// notInFormation reports whether no look has shown the type in a formation. Either a release has dropped it, and its
// dynos are being stopped. Or an add-on starts one-off dynos of it, such as advanced-scheduler.8375: they are still
// listed when dropped dynos must have ended.
func (r *roster) notInFormation(t *processType) bool { return r.formationSeen && !t.inFormation }

// droppedUntil is when the dynos of a type must have ended if the target has dropped it.
func (r *roster) droppedUntil(t *processType) time.Duration {
	if !r.target.finished {
		return observe.Never
	}
	hold := r.holdOf(t)
	if r.rolling() { // they may be stopped as slowly as others are replaced
		hold = longestRolling
	}
	return r.clock.Due(r.target.finishedAt.Add(hold))
}

// oldOfFormation reports whether an old dyno of the formation is listed.
func (r *roster) oldOfFormation() bool {
	for _, lb := range r.labels {
		if lb.record != nil && r.old(lb.record) && lb.typ.inFormation {
			return true
		}
	}
	return false
}

// oneOff reports whether a listed dyno is a one-off dyno.
func (r *roster) oneOff(d *observe.Dyno) bool {
	return r.types[d.Type].oneOff
}
