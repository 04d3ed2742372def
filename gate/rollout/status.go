// The status of the fleet: the judgements of all labels, added up by process type.

package rollout

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A fleetStatus adds up the judgements of all labels in scope.
type fleetStatus struct {
	labels []labelStatus
	types  []typeStatus // in the order of their names

	wanted, up, old, oldListed int           // sums over the types
	holdUntil                  time.Duration // when the last hold is over; 0: there is none, observe.Never: nobody knows
	presumed                   bool          // for at least one type it is only presumed that no old process is left
	byMetrics                  bool          // for at least one label runtime metrics prove it

	firstUp, lastUp, firstStopped time.Time
	oldGone                       time.Time // when the last old process was gone; zero: there was none
	lastStopped                   time.Time // the last exit that was certainly that of an old process

	crashes moments // of new dynos; the field What holds the label

	timer
	listLags      bool          // a dyno is up by the log and not yet by the list, or seems to be
	allUpByEither bool          // all new dynos that are wanted are up, by the list or by the log
	crashedSince  time.Duration // since when a listed new dyno has been crashed; observe.Never: none is
}

// A labelStatus is the evidence on a label and the judgement of it.
type labelStatus struct {
	evidence
	judgement
	goneAt time.Time // when its last old process ended, or must have ended; zero: not known
}

// A typeStatus adds up the judgements of the labels of one process type.
type typeStatus struct {
	TypePicture
	upByEither int  // new dynos that are up, by the list or by the log
	logCovers  bool // see judgement
}

// update judges every label in scope, and remembers what the labels and types have to remember. It reuses the memory of
// the last status.
func (r *roster) update(before fleetStatus, at time.Duration) fleetStatus {
	r.covered = r.covered || r.log.flows() && r.logCoversRelease()
	labels := r.allEvidence(before.labels[:0], at)
	for i := range labels {
		labels[i].learnListDelay()
	}
	s := r.status(labels, at)
	s.crashedSince = observe.Never
	for i := range s.labels {
		l := &s.labels[i]
		lb := l.label
		lb.proof, lb.stops, lb.killDeadline = l.proof, l.stops, l.killDeadline
		s.noteCrashes(l, at)
		s.listLags = s.listLags || at < l.listLagsUntil
	}
	for _, t := range s.types {
		r.types[t.Type].logCovers = r.types[t.Type].logCovers || t.logCovers
	}
	return s
}

// statusAt judges every label in scope by what is known now, but at another moment. It changes nothing.
func (r *roster) statusAt(at time.Duration) fleetStatus {
	return r.status(r.allEvidence(nil, at), at)
}

// allEvidence appends the evidence on each label in scope.
func (r *roster) allEvidence(labels []labelStatus, at time.Duration) []labelStatus {
	all, now := r.sorted(), r.clock.Platform(at)
	for _, lb := range all {
		if lb.typ.inScope {
			labels = append(labels, labelStatus{evidence: r.evidence(lb, now)})
		}
	}
	return labels
}

// sorted lists the labels as people count: web.2 before web.10.
func (r *roster) sorted() []*label {
	if r.order == nil {
		r.order = slices.SortedFunc(maps.Values(r.labels), func(a, b *label) int {
			return cmp.Or(cmp.Compare(a.typ.name, b.typ.name), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
		})
	}
	return r.order
}

// typesInScope lists the process types that count, by name: those of the formation, and those of the labels.
func (r *roster) typesInScope() []*processType {
	var types []*processType
	for _, t := range r.types {
		if t.inScope && t.inFormation && !t.oneOff {
			types = append(types, t)
		}
	}
	for _, lb := range r.sorted() {
		if lb.typ.inScope && !slices.Contains(types, lb.typ) {
			types = append(types, lb.typ)
		}
	}
	slices.SortFunc(types, func(a, b *processType) int { return cmp.Compare(a.name, b.name) })
	return types
}

// status judges the labels, and adds the judgements up.
func (r *roster) status(labels []labelStatus, at time.Duration) fleetStatus {
	s := fleetStatus{labels: labels, allUpByEither: true, timer: timer{now: at, wake: observe.Never, lookAt: observe.Never}}
	types, index := r.typesInScope(), map[*processType]int{}
	for i, typ := range types {
		index[typ] = i
		s.types = append(s.types, typeStatus{TypePicture: TypePicture{Type: typ.name, Wanted: typ.Quantity, Basis: Proven}})
	}
	for i := range labels {
		l := &labels[i]
		l.judgement = judge(&l.evidence, &s.timer)
		switch l.basis {
		case Proven:
			l.goneAt = l.stops.Last
		case Presumed:
			l.goneAt = later(r.clock.Shown(l.until), l.balance.Stops.Last)
		}
		s.types[index[l.label.typ]].addLabel(l)
		s.addLabel(l)
	}
	for i, typ := range types {
		if !typ.oneOff {
			neverListed := r.judgeNeverListed(typ, &s.timer)
			s.types[i].addOld(&neverListed)
			s.types[i].logCovers = neverListed.logCovers
			if neverListed.basis == Presumed {
				s.oldGone = later(s.oldGone, r.clock.Shown(neverListed.until))
			}
		}
		s.addType(&s.types[i])
	}
	return s
}

// addLabel adds a label to its type.
func (t *typeStatus) addLabel(l *labelStatus) {
	t.OldListed += l.listed
	t.OldHidden += l.hidden
	if l.newUp {
		t.upByEither++
	}
	t.addOld(&l.judgement)
	switch rec := l.label.record; {
	case rec == nil, l.oldRecord && rec.State != "idle":
	case rec.State == "up", rec.State == "idle":
		t.Up++
	case rec.State == "starting":
		t.Starting++
	case rec.State == "crashed":
		t.Crashed++
	}
}

// addOld adds what a judgement says of the hold on old processes.
func (t *typeStatus) addOld(st *judgement) {
	switch {
	case st.basis == Presumed:
		t.Basis = Presumed
		if t.HoldUntil == 0 {
			t.HoldReason = st.why
		}
	case st.until > t.HoldUntil:
		t.HoldUntil, t.HoldReason = st.until, st.why
	}
}

// addLabel adds a label to the fleet.
func (s *fleetStatus) addLabel(l *labelStatus) {
	s.firstUp, s.lastUp = earlier(s.firstUp, l.label.upAt), later(s.lastUp, l.label.upAt)
	s.firstStopped = earlier(earlier(s.firstStopped, l.stops.First), l.balance.Stops.First)
	s.lastStopped = later(s.lastStopped, l.stops.Last)
	s.oldGone = later(s.oldGone, l.goneAt)
	s.byMetrics = s.byMetrics || l.proof.metrics
}

// addType adds a type to the fleet when all its labels were added to it.
func (s *fleetStatus) addType(t *typeStatus) {
	if t.HoldUntil > 0 { // an old process may run
		t.Basis = ""
	}
	s.holdUntil = max(s.holdUntil, t.HoldUntil)
	s.presumed = s.presumed || t.Basis == Presumed
	s.wanted += t.Wanted
	s.up += t.Up
	s.old += t.OldListed + t.OldHidden
	s.oldListed += t.OldListed
	s.allUpByEither = s.allUpByEither && t.upByEither >= t.Wanted
}

// earlier is the earlier of two times. Zero is no time.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later is the later of two times. Zero is no time.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
