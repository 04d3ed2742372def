// The status of the fleet: every label judged, and added up by process type.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A fleetStatus is what all labels in scope come to.
type fleetStatus struct {
	labels []labelStatus
	types  []typeStatus // in the order of their names

	wanted, up, old, oldListed int           // sums over the types
	holdUntil                  time.Duration // the latest end of a hold; 0: there is none, observe.Never: it is open
	presumed                   bool          // a type is only presumed to be clear
	byMetrics                  bool          // that a label is clear is proven by runtime metrics

	firstUp, lastUp, firstStopped, oldGone time.Time
	lastStopped                            time.Time // the last exit of an old process of which there is no doubt

	crashes               int // of new dynos
	firstCrash, lastCrash toldCrash

	wake, lookAt time.Duration // see timer
	askMetrics   bool          // see timer
	listLags     bool          // a dyno is up by the log, and not yet by the list, or seems to be
	upByLog      bool          // all new dynos that are wanted are up, by the list or by the log
	crashedSince time.Duration // since when a listed new dyno is crashed; observe.Never if none is
}

// A labelStatus is a label with what it came to.
type labelStatus struct {
	evidence
	judgement
	goneAt time.Time // when its last old process ended, or at the latest can have ended; zero if not known
}

// A typeStatus is the picture of one type: its labels' judgements added up.
type typeStatus struct {
	TypePicture
	upByLog   int  // new dynos that are up, by the list or by the log
	presumed  bool // only a limit, not the log, says that one of its labels is clear
	logCovers bool // see judgement
}

// update judges every label in scope and remembers what has to last. It makes use of the memory
// of the status before.
func (r *roster) update(before fleetStatus, at time.Duration) fleetStatus {
	r.setHolds()
	labels := r.allEvidence(before.labels[:0], at)
	for i := range labels {
		labels[i].learnListDelay()
	}
	s := r.status(labels, at)
	s.crashedSince = observe.Never
	for i := range s.labels {
		l := &s.labels[i]
		lb := l.label
		lb.proof, lb.firstStop, lb.lastStop = l.proof, l.firstStop, l.lastStop
		if since, crashed := l.seeCrash(at); crashed {
			s.crashedSince = min(s.crashedSince, since)
		}
		s.listLags = s.listLags || at < l.listLagsUntil
	}
	for _, t := range s.types {
		r.types[t.Type].logCovers = r.types[t.Type].logCovers || t.logCovers
	}
	return s
}

// statusAt judges every label in scope at a moment that may be past, by what is known now. It
// changes nothing.
func (r *roster) statusAt(at time.Duration) fleetStatus {
	return r.status(r.allEvidence(nil, at), at)
}

// allEvidence appends that of each label in scope.
func (r *roster) allEvidence(labels []labelStatus, at time.Duration) []labelStatus {
	all, now := r.sorted(), r.clock.Platform(at)
	for _, lb := range all {
		if lb.typ.inScope {
			labels = append(labels, labelStatus{evidence: r.evidence(lb, now)})
		}
	}
	return labels
}

// status judges the labels, and adds up what they come to.
func (r *roster) status(labels []labelStatus, at time.Duration) fleetStatus {
	s := fleetStatus{labels: labels, upByLog: true}
	t := &timer{now: at, wake: observe.Never, lookAt: observe.Never}
	types, index := r.typesInScope(), map[*processType]int{}
	for i, typ := range types {
		index[typ] = i
		s.types = append(s.types, typeStatus{TypePicture: TypePicture{Type: typ.name, Wanted: typ.Quantity}})
	}
	for i := range labels {
		l := &labels[i]
		l.judgement = judge(&l.evidence, t)
		switch l.basis {
		case Proven:
			l.goneAt = l.lastStop
		case Presumed:
			l.goneAt = later(r.clock.Shown(l.until), l.balance.LastStop)
		}
		s.types[index[l.label.typ]].addLabel(l)
		s.addLabel(l)
	}
	for i, typ := range types {
		if !typ.oneOff {
			neverListed := r.judgeNeverListed(typ, t)
			s.types[i].addOld(&neverListed)
			s.types[i].logCovers = neverListed.logCovers
			if neverListed.basis == Presumed {
				s.oldGone = later(s.oldGone, r.clock.Shown(neverListed.until))
			}
		}
		s.addType(&s.types[i])
	}
	s.wake, s.lookAt, s.askMetrics = t.wake, t.lookAt, t.askMetrics
	return s
}

// addLabel adds what a label comes to to its type's status.
func (t *typeStatus) addLabel(l *labelStatus) {
	t.OldListed += l.listed
	t.OldHidden += l.hidden
	if l.newUp {
		t.upByLog++
	}
	t.addOld(&l.judgement)
	if l.label.record == nil {
		return
	}
	switch state := l.label.record.State; {
	case state == "idle":
		t.Up++
	case l.oldRecord:
	case state == "up":
		t.Up++
	case state == "starting":
		t.Starting++
	case state == "crashed":
		t.Crashed++
	}
}

// addOld adds what a judgement says of old processes.
func (t *typeStatus) addOld(st *judgement) {
	switch {
	case st.basis == Presumed:
		t.presumed = true
		if t.HoldUntil == 0 {
			t.HoldReason = st.why
		}
	case st.until > t.HoldUntil:
		t.HoldUntil, t.HoldReason = st.until, st.why
	}
}

// addLabel adds what a label comes to to the fleet's status.
func (s *fleetStatus) addLabel(l *labelStatus) {
	s.firstUp, s.lastUp = earlier(s.firstUp, l.label.upAt), later(s.lastUp, l.label.upAt)
	s.firstStopped = earlier(earlier(s.firstStopped, l.firstStop), l.balance.FirstStop)
	s.lastStopped = later(later(s.lastStopped, l.firstStop), l.lastStop)
	s.oldGone = later(s.oldGone, l.goneAt)
	s.byMetrics = s.byMetrics || l.proof.metrics
	s.addCrashes(l)
}

// addType adds a type of which all labels were added. It says how it is known that no old process
// of it is left.
func (s *fleetStatus) addType(t *typeStatus) {
	switch {
	case t.HoldUntil > 0: // as long as old ones are listed or hide
		s.holdUntil = max(s.holdUntil, t.HoldUntil)
	case t.presumed:
		t.Basis, s.presumed = Presumed, true
	default:
		t.Basis = Proven
	}
	s.wanted += t.Wanted
	s.up += t.Up
	s.old += t.OldListed + t.OldHidden
	s.oldListed += t.OldListed
	s.upByLog = s.upByLog && t.upByLog >= t.Wanted
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later is the later of two times, of which zero is none.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
