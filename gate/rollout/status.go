// The status of the fleet: the standings of all labels, added up by process type.

package rollout

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A typeStatus is the picture of one type: its labels' standings added up.
type typeStatus struct {
	TypePicture
	upByLog   int           // new dynos that are up, by the list or by the log
	presumed  bool          // only a limit, not the log, says that one of its labels is clear
	limit     time.Duration // when the last of these limits was reached
	logCovers bool          // see standing
}

// A labelStatus is a label with what it came to.
type labelStatus struct {
	evidence
	standing
}

// A fleetStatus is what all labels in scope come to.
type fleetStatus struct {
	types                                  []typeStatus
	labels                                 []labelStatus
	firstUp, lastUp, firstStopped, oldGone time.Time

	wake, lookAt time.Duration // see standing
	listBehind   bool          // a dyno is up by the log, and not yet by the list, or seems to be
	upByLog      bool          // all new dynos that are wanted are up, by the list or by the log
}

// update judges every type in scope and remembers what has to last. It makes use of the memory of
// the status before.
func (r *roster) update(before fleetStatus, at time.Duration) fleetStatus {
	labels := r.allEvidence(before.labels[:0], at)
	for i := range labels {
		e := &labels[i].evidence
		e.listBehindUntil = r.learnListDelay(e, at)
	}
	s := r.status(labels, at)
	for i := range s.labels {
		l := &s.labels[i]
		lb := l.evidence.label
		lb.proof, lb.firstStop, lb.lastStop = l.standing.proof, l.standing.firstStop, l.standing.lastStop
		lb.seeCrash(r, at)
		s.listBehind = s.listBehind || at < l.listBehindUntil
	}
	for _, t := range s.types {
		if t.logCovers {
			r.remember(t.Type).logCovers = true
		}
	}
	return s
}

// statusAt judges every type in scope at a moment that may be past, by what is known now. It
// changes nothing.
func (r *roster) statusAt(at time.Duration) fleetStatus {
	return r.status(r.allEvidence(nil, at), at)
}

// allEvidence appends that of each label in scope.
func (r *roster) allEvidence(labels []labelStatus, at time.Duration) []labelStatus {
	typ, in := "", false
	for _, lb := range r.sorted() {
		if lb.typ != typ || len(labels) == 0 {
			typ, in = lb.typ, r.inScope(lb.typ)
		}
		if in {
			labels = append(labels, labelStatus{evidence: r.evidence(lb, at)})
		}
	}
	return labels
}

// status judges the labels, and adds up what they come to.
func (r *roster) status(labels []labelStatus, at time.Duration) fleetStatus {
	s := fleetStatus{labels: labels, upByLog: true}
	m := &moment{at: at, wake: observe.Never, lookAt: observe.Never}
	index := map[string]int{}
	for i, name := range r.typesInScope() {
		s.types = append(s.types, typeStatus{TypePicture: TypePicture{Type: name, Wanted: r.typeNamed(name).Quantity}})
		index[name] = i
	}
	for i := range labels {
		l := &labels[i]
		if quiet := l.balance.QuietFrom; !quiet.IsZero() {
			m.ahead(r.clock.Due(quiet))
		}
		if r.fir() || r.oneOff(l.typ) {
			l.standing = judgePod(&l.evidence, m)
		} else {
			l.standing = judge(&l.evidence, m)
		}
		s.types[index[l.typ]].add(l)
		s.add(l)
	}
	for i := range s.types {
		t := &s.types[i]
		if !r.oneOff(t.Type) {
			neverListed := r.judgeNeverListed(t.Type, m)
			t.addOld(&neverListed)
			t.logCovers = neverListed.logCovers
		}
		t.conclude()
		s.upByLog = s.upByLog && t.upByLog >= t.Wanted
	}
	s.wake, s.lookAt = m.wake, m.lookAt
	return s
}

// add adds what a label comes to.
func (s *fleetStatus) add(l *labelStatus) {
	if !l.upAt.IsZero() {
		s.firstUp, s.lastUp = earlier(s.firstUp, l.upAt), later(s.lastUp, l.upAt)
	}
	stop := l.standing.firstStop
	if stop.IsZero() {
		stop = l.balance.FirstStop
	}
	s.firstStopped = earlier(s.firstStopped, stop)
	s.oldGone = later(s.oldGone, l.goneAt())
}

// goneAt is when the last old process of the label ended, or at the latest can have ended; zero
// if that is not known, or none did.
func (l *labelStatus) goneAt() time.Time {
	switch l.basis {
	case Proven:
		return l.standing.lastStop
	case Presumed:
		return later(l.clock.Platform(l.until), l.balance.LastStop)
	}
	return time.Time{}
}

// add adds what a label comes to to its type's.
func (t *typeStatus) add(l *labelStatus) {
	t.OldListed += l.listed
	t.OldHidden += l.hidden
	if l.record != nil {
		t.count(l.record.State, l.standing.old)
	}
	if l.standing.newUp {
		t.upByLog++
	}
	t.addOld(&l.standing)
}

func (t *typeStatus) count(state string, old bool) {
	switch {
	case state == "idle":
		t.Up++
	case old:
	case state == "up":
		t.Up++
	case state == "starting":
		t.Starting++
	case state == "crashed":
		t.Crashed++
	}
}

// addOld adds what a standing says of old processes.
func (t *typeStatus) addOld(st *standing) {
	switch {
	case st.basis == Presumed:
		t.presumed = true
		t.limit = max(t.limit, st.until)
		if t.HoldUntil == 0 {
			t.HoldReason = st.why
		}
	case st.basis == Proven:
	case st.until > t.HoldUntil:
		t.HoldUntil, t.HoldReason = st.until, st.why
	}
}

// conclude says how it is known that no old process of the type is left, once all is added.
func (t *typeStatus) conclude() {
	switch {
	case t.OldListed+t.OldHidden > 0 || t.HoldUntil > 0:
	case t.presumed:
		t.Basis = Presumed
	default:
		t.Basis = Proven
	}
}

// sums adds up the types.
func (s *fleetStatus) sums() (wanted, up, old int) {
	for _, t := range s.types {
		wanted += t.Wanted
		up += t.Up
		old += t.OldListed + t.OldHidden
	}
	return wanted, up, old
}

// oldListed is how many old dynos the list shows.
func (s *fleetStatus) oldListed() int {
	n := 0
	for _, t := range s.types {
		n += t.OldListed
	}
	return n
}

// holdUntil is the latest end of a hold; 0 if there is none, observe.Never if it is open.
func (s *fleetStatus) holdUntil() time.Duration {
	var until time.Duration
	for _, t := range s.types {
		if t.Basis == "" {
			until = max(until, t.HoldUntil)
		}
	}
	return until
}

// presumed reports whether a type is only presumed to be clear, and why.
func (s *fleetStatus) presumed() (why string, is bool) {
	i := slices.IndexFunc(s.types, func(t typeStatus) bool { return t.Basis == Presumed })
	if i < 0 {
		return "", false
	}
	for _, t := range s.types {
		if t.Basis == Presumed && t.HoldReason != "" {
			return t.HoldReason, true
		}
	}
	return "its end was not seen", true
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
