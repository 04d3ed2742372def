// The survey: the standings of all labels, added up by process type.

package rollout

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

// A picture of one type: its labels' standings added up.
type typeStanding struct {
	TypePicture
	presumed []string      // labels that only a limit, not the log, says are clear
	limit    time.Duration // when the last of these limits was reached
}

// survey judges every type in scope at the moment at.
func (f *fleet) survey(at time.Duration) ([]typeStanding, []DynoPicture) {
	f.wakes, f.lookAt, f.behind = f.wakes[:0], 0, false
	now := f.clock.now(at)
	byType := map[string]*typeStanding{}
	var order []*typeStanding
	for _, t := range f.types() {
		ts := &typeStanding{TypePicture: TypePicture{Type: t, Wanted: f.formation[t].Quantity}}
		byType[t] = ts
		order = append(order, ts)
	}
	dynos := make([]DynoPicture, 0, len(f.labels))
	for _, lb := range f.sorted() {
		ts := byType[lb.typ]
		if ts == nil {
			continue
		}
		s := f.stand(lb, at)
		dp := DynoPicture{Label: lb.name, Type: lb.typ, Hidden: s.hidden, Basis: s.basis, UpAt: lb.upAt}
		if rec := lb.rec; rec != nil {
			dp.Version, dp.State, dp.Old = rec.Version, rec.State, f.old(rec)
			ts.count(rec, dp.Old)
			f.compare(lb, &s.tally, now)
		}
		for _, c := range s.tally.crashes {
			if c.After(f.release) {
				dp.Crashes++
			}
		}
		switch s.basis {
		case Proven:
			dp.GoneAt = lb.lastStop
		case Presumed:
			dp.GoneAt = f.clock.now(s.until)
			if s.tally.lastStop.After(dp.GoneAt) {
				dp.GoneAt = s.tally.lastStop
			}
		}
		ts.OldListed += s.listed
		ts.OldHidden += s.hidden
		ts.judge(s, lb.name)
		dynos = append(dynos, dp)
	}
	out := make([]typeStanding, len(order))
	for i, ts := range order {
		if !f.oneOff(ts.Type) {
			ts.judge(f.unlisted(ts.Type, at), "")
		}
		if ts.OldListed+ts.OldHidden == 0 && ts.HoldUntil == 0 {
			ts.Basis = Proven
			if len(ts.presumed) > 0 {
				ts.Basis = Presumed
			}
		}
		out[i] = *ts
	}
	return out, dynos
}

// compare notes when the list is behind the log, and how far: a dyno is up by the
// one and still starting by the other.
func (f *fleet) compare(lb *label, t *tally, now time.Time) {
	if t.state != "up" || now.IsZero() || t.lastStart.Before(lb.rec.CreatedAt) || t.stateAt.Before(t.lastStart) {
		return // the log does not speak of the listed one
	}
	lag := f.clock.now(f.look.AskedAt).Sub(t.stateAt)
	switch {
	case lb.rec.State == "starting":
		f.behind = f.behind || now.Before(t.stateAt.Add(2*listLag))
		if lag > usualLag {
			lb.behind = true
			f.lag = min(max(f.lag, lag), listLag)
		}
	case lb.rec.State == "up" && lb.behind:
		lb.behind = false
		f.lag = min(max(f.lag, lag), listLag)
	}
}

func (ts *typeStanding) count(d *Dyno, old bool) {
	switch {
	case d.State == "idle":
		ts.Up++
	case old:
	case d.State == "up":
		ts.Up++
	case d.State == "starting":
		ts.Starting++
	case d.State == "crashed":
		ts.Crashed++
	}
}

// judge adds one standing to the type's.
func (ts *typeStanding) judge(s standing, name string) {
	switch {
	case s.basis == Presumed:
		ts.presumed = append(ts.presumed, name)
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
func (t *TypePicture) describe() string {
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
