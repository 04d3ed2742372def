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
	lastScaledDown    creation      // when it was last scaled in a way that may have been down
	allListedAt       time.Duration // when the last look with as many dynos as wanted was asked for; longAgo: there was none
	absent            bool          // the newest look shows no dyno of it
	reappearedAt      time.Duration // when a look showed it again, after one without it
	logCovers         bool          // the log has reported every dyno of it that was never listed

	// These follow from the rest and from the target, see classify and setHolds:
	oneOff  bool          // its dynos are one-off dynos
	inScope bool          // the gate waits for its dynos
	hold    time.Duration // how long a process of it can hide
}

// processType is the process type with the name. It is added if it is new.
func (r *roster) processType(name string) *processType {
	t := r.types[name]
	if t == nil {
		t = &processType{name: name, allListedAt: longAgo}
		r.types[name] = t
		r.classify()
	}
	return t
}

// seeTypes notes which process types the formation and the dynos of a look show.
func (r *roster) seeTypes(l *observe.Look, at time.Duration) {
	for _, f := range l.Formation {
		t := r.processType(f.Type)
		if !t.inFormation || !t.UpdatedAt.Equal(f.UpdatedAt) {
			r.noteScaling(f.UpdatedAt)
			// Scaling up alone removes no dyno from the list.
			if !t.inFormation || (f.Quantity < t.Quantity || r.mayHaveDipped(f.Quantity == t.Quantity)) && !r.allListedSinceFinish(t) {
				t.lastScaledDown = creation{f.UpdatedAt, at}
			}
		}
		t.Formation, t.inFormation, r.formationSeen = f, true, true
		t.everWanted = t.everWanted || f.Quantity > 0
	}
	if l.Formation != nil {
		r.formationAt = l.AskedAt
	}
	shown := map[*processType]int{}
	for _, d := range l.Dynos {
		shown[r.processType(d.Type)]++
	}
	r.short = false
	for _, t := range r.types {
		if l.Formation != nil && !slices.ContainsFunc(l.Formation, func(f observe.Formation) bool { return f.Type == t.name }) {
			t.Quantity = 0 // a type that a release has dropped can still have old dynos
		}
		if t.absent && shown[t] > 0 {
			t.reappearedAt = at
		}
		if shown[t] >= t.Quantity {
			t.allListedAt = l.AskedAt
		} else {
			r.short = true
		}
		t.absent = t.inFormation && shown[t] == 0
	}
	r.classify()
}

// mayHaveDipped reports whether a type that was scaled since the last look may have been scaled down and up again. That
// is possible if it wants as many dynos as before (same), or if looks were far apart, as they are before the target is
// known. If the log was whole meanwhile, it does not matter: the log shows what stopped.
func (r *roster) mayHaveDipped(same bool) bool {
	logged := r.log.flows() && !r.log.since.IsZero() && !r.log.since.After(r.clock.Platform(r.formationAt))
	return (same || r.target.version == 0) && !logged
}

// allListedSinceFinish reports whether every dyno of a type was listed after the release was finished. A dyno that was not
// listed then, and leaves the list now, is new.
func (r *roster) allListedSinceFinish(t *processType) bool {
	return r.target.finished && t.allListedAt >= r.clock.Due(r.target.finishedAt.Add(observe.ListLag))
}

// noteScaling notes when the formation was scaled.
func (r *roster) noteScaling(at time.Time) {
	r.scalings = append(r.scalings[max(0, len(r.scalings)-maxScalings+1):], at)
}

// classify updates which types are of one-off dynos, and which count.
func (r *roster) classify() {
	for _, t := range r.types {
		t.oneOff = r.isOneOff(t)
		mayBeOneOff := r.notInFormation(t)
		t.inScope = len(r.cfg.Types) == 0 || slices.Contains(r.cfg.Types, t.name) || mayBeOneOff && r.cfg.IncludeOneOff
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
// dynos are being stopped. Or an add-on starts one-off dynos of it, such as advanced-scheduler.8375: such dynos are still
// listed when those of a dropped type must have ended.
func (r *roster) notInFormation(t *processType) bool { return r.formationSeen && !t.inFormation }

// droppedUntil is when the dynos of a type must have ended if the target has dropped it; longAgo if it cannot have.
func (r *roster) droppedUntil(t *processType) time.Duration {
	switch {
	case !r.notInFormation(t):
		return longAgo
	case r.rolling(): // they may be stopped as slowly as others are replaced
		return r.sinceFinished(longestRolling)
	}
	return r.sinceFinished(r.holdOf(t))
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
