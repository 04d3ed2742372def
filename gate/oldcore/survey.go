// The survey: the standings of all labels, added up by process type.

package oldcore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// types lists the process types in scope, in the order of their names.
func (f *fleet) types() []string {
	set := map[string]bool{}
	for t := range f.formation {
		if f.inScope(t) && !f.oneOff(t) {
			set[t] = true
		}
	}
	last := ""
	for _, l := range f.sorted() {
		if l.typ != last && f.inScope(l.typ) {
			set[l.typ] = true
		}
		last = l.typ
	}
	return slices.Sorted(maps.Keys(set))
}

// sorted lists the labels as people count: web.2 before web.10.
func (f *fleet) sorted() []*label {
	if len(f.order) != len(f.labels) {
		f.order = slices.SortedFunc(maps.Values(f.labels), func(a, b *label) int {
			return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
		})
		f.webs = 0
		for _, lb := range f.order {
			if lb.typ == "web" {
				f.webs++
			}
		}
	}
	return f.order
}

// A typeStanding is the picture of one type: its labels' standings added up.
type typeStanding struct {
	TypePicture
	upByLog  int           // new dynos that are up, by the list or by the log
	presumed bool          // only a limit, not the log, says that one of its labels is clear
	limit    time.Duration // when the last of these limits was reached
}

// A survey is what all labels in scope come to.
type survey struct {
	types                                  []typeStanding
	firstUp, lastUp, firstStopped, oldGone time.Time
	// crashed are the labels whose new dyno is crashed, or crashed more than once or twice.
	crashed []*label
	// wake is the first moment at which time alone may change it, lookAt at which a
	// look would; never if there is none.
	wake, lookAt time.Duration
	behind       bool // a dyno is up by the log, and not yet by the list, or seems to be
	upByLog      bool // all new dynos that are wanted are up, by the list or by the log
}

// survey judges every type in scope at the moment at, which is not before that of
// the survey before.
func (f *fleet) survey(at time.Duration) survey {
	c := f.circumstances()
	all := true
	f.weighed = c
	s := survey{wake: never, lookAt: never}
	index := f.begin(&s)
	for _, lb := range f.order {
		if _, ok := index[lb.typ]; ok {
			lb.books.keptFor = question{}
			lb.weight.behind = 0
			if t := f.tally(lb, at); lb.rec != nil {
				lb.weight.behind = f.compare(lb, &t, f.clock.now(at))
			}
		}
	}
	for _, lb := range f.order {
		t, ok := index[lb.typ]
		if !ok {
			continue
		}
		w := &lb.weight
		if all || !w.known || at >= w.wake {
			f.weigh(lb, at)
		}
		s.types[t].add(lb, &w.standing)
		s.add(lb, w)
		s.behind = s.behind || at < w.behind
	}
	f.wake, f.lookAt = s.wake, s.lookAt
	f.finish(&s, at)
	s.wake, s.lookAt = f.wake, f.lookAt
	s.upByLog = !slices.ContainsFunc(s.types, func(t typeStanding) bool { return t.upByLog < t.Wanted })
	return s
}

// then judges every type in scope at a moment that is past, by what is known now.
func (f *fleet) then(at time.Duration) []typeStanding {
	var s survey
	index := f.begin(&s)
	for _, lb := range f.sorted() {
		if i, ok := index[lb.typ]; ok {
			standing := f.stand(lb, at)
			s.types[i].add(lb, &standing)
		}
	}
	f.finish(&s, at)
	return s.types
}

// begin makes a standing for each type in scope, and tells which is whose.
func (f *fleet) begin(s *survey) map[string]int {
	index := map[string]int{}
	for i, t := range f.types() {
		s.types = append(s.types, typeStanding{TypePicture: TypePicture{Type: t, Wanted: f.formation[t].Quantity}})
		index[t] = i
	}
	return index
}

// finish adds what no label shows, and sums up.
func (f *fleet) finish(s *survey, at time.Duration) {
	for i := range s.types {
		t := &s.types[i]
		if !f.oneOff(t.Type) {
			unlisted := f.unlisted(t.Type, at)
			t.judge(&unlisted)
		}
		if t.OldListed+t.OldHidden == 0 && t.HoldUntil == 0 {
			t.Basis = Proven
			if t.presumed {
				t.Basis = Presumed
			}
		}
	}
}

// add adds what a label comes to.
func (s *survey) add(lb *label, w *weight) {
	s.wake, s.lookAt = min(s.wake, w.wake), min(s.lookAt, w.lookAt)
	if up := w.dyno.UpAt; !up.IsZero() {
		s.firstUp, s.lastUp = earlier(s.firstUp, up), later(s.lastUp, up)
	}
	stop := w.standing.firstStop
	if stop.IsZero() {
		stop = w.standing.tally.firstStop
	}
	s.firstStopped = earlier(s.firstStopped, stop)
	s.oldGone = later(s.oldGone, w.dyno.GoneAt)
	if rec := lb.rec; rec != nil && !w.dyno.Old && (rec.State == "crashed" || len(w.standing.tally.crashes) >= crashLoop) {
		s.crashed = append(s.crashed, lb)
	}
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

// add adds the standing of a label to its type's.
func (ts *typeStanding) add(lb *label, s *standing) {
	ts.OldListed += s.listed
	ts.OldHidden += s.hidden
	if lb.rec != nil {
		ts.count(lb.rec.State, s.old)
	}
	if s.newUp {
		ts.upByLog++
	}
	ts.judge(s)
}

func (ts *typeStanding) count(state string, old bool) {
	switch {
	case state == "idle":
		ts.Up++
	case old:
	case state == "up":
		ts.Up++
	case state == "starting":
		ts.Starting++
	case state == "crashed":
		ts.Crashed++
	}
}

// judge adds what a standing says of old ones.
func (ts *typeStanding) judge(s *standing) {
	switch {
	case s.basis == Presumed:
		ts.presumed = true
		ts.limit = max(ts.limit, s.until)
		if ts.HoldUntil == 0 {
			ts.HoldReason = s.why
		}
	case s.clear():
	case s.until > ts.HoldUntil:
		ts.HoldUntil, ts.HoldReason = s.until, s.why
	}
}

// describe says what is still missing of a type, for people.
func describe(t *TypePicture) string {
	var parts []string
	if old := t.OldListed + t.OldHidden; old > 0 {
		parts = append(parts, count(old, "old "+t.Type+" dyno")+" to end")
	}
	if missing := t.Wanted - t.Up; missing > 0 {
		parts = append(parts, fmt.Sprintf("%s to be up", count(missing, "new "+t.Type+" dyno")))
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
