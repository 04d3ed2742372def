// Process types: what the formation says of them, and which of them count.

package rollout

import (
	"maps"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// processType is what is known of one process type.
type processType struct {
	observe.Formation               // as last listed; of a type that was dropped with a quantity of 0
	inFormation       bool          // the formation has it, or had it
	everWanted        bool          // the formation has wanted dynos of it
	scaledSeen        time.Duration // when it was first seen that it was last scaled then
	absent            bool          // the newest look shows no dyno of it
	reappeared        time.Duration // when it was seen again after a look without it
	logCovers         bool          // the log has told of all that no list showed
}

// typeNamed is what is known of a process type; the zero value of one that was never heard of.
func (r *roster) typeNamed(name string) processType {
	if t := r.types[name]; t != nil {
		return *t
	}
	return processType{}
}

// remember is the process type with the name, made if there is none.
func (r *roster) remember(name string) *processType {
	t := r.types[name]
	if t == nil {
		t = &processType{}
		r.types[name] = t
	}
	return t
}

// seeFormation takes in the formation of a full look, and which types a look shows no dyno of.
func (r *roster) seeFormation(l *observe.Look, at time.Duration) {
	if l.Formation != nil {
		for _, t := range r.types { // a type that a release has dropped can still have old dynos
			t.Quantity = 0
		}
	}
	for _, f := range l.Formation {
		t := r.remember(f.Type)
		if !t.inFormation || !t.UpdatedAt.Equal(f.UpdatedAt) {
			t.scaledSeen = at
		}
		t.Formation, t.inFormation = f, true
		t.everWanted = t.everWanted || f.Quantity > 0
	}
	for name, t := range r.types {
		if !t.inFormation {
			continue
		}
		none := !slices.ContainsFunc(l.Dynos, func(d observe.Dyno) bool { return d.Type == name })
		if t.absent && !none {
			t.reappeared = at
		}
		t.absent = none
	}
}

// oneOff reports whether a type is that of a process that somebody or something started once.
// A type of the formation may bear such a name; it still does when it was scaled to zero not
// long ago, since then an old dyno of it may still run.
func (r *roster) oneOff(name string) bool {
	t := r.typeNamed(name)
	if t.inFormation && slices.Contains(r.cfg.Types, name) {
		return false // the caller says that it is not
	}
	switch name {
	case "release": // the formation of every app with a release phase has it, at zero
		return !t.everWanted
	case "run", "scheduler":
		return !t.everWanted && (!t.inFormation || r.target.released.IsZero() || t.UpdatedAt.Before(r.target.released.Add(-replaceHold)))
	}
	return false
}

// inScope reports whether dynos of the type keep the gate shut.
func (r *roster) inScope(name string) bool {
	if r.oneOff(name) {
		return r.cfg.IncludeOneOff
	}
	return len(r.cfg.Types) == 0 || slices.Contains(r.cfg.Types, name)
}

// typesInScope lists them, in the order of their names.
func (r *roster) typesInScope() []string {
	set := map[string]bool{}
	for name, t := range r.types {
		if t.inFormation && r.inScope(name) && !r.oneOff(name) {
			set[name] = true
		}
	}
	for _, lb := range r.labels {
		if !set[lb.typ] && r.inScope(lb.typ) {
			set[lb.typ] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// guessType finds the type of a label that no list has shown: the longest type of the formation
// that it begins with. Until the formation is known it is the part before the last dot, which
// also serves one-off dynos.
func (r *roster) guessType(label string) string {
	best := ""
	for name, t := range r.types {
		if t.inFormation && len(name) > len(best) && (strings.HasPrefix(label, name+".") || strings.HasPrefix(label, name+"-")) {
			best = name
		}
	}
	if best != "" {
		return best
	}
	if i := strings.LastIndexByte(label, '.'); i > 0 {
		return label[:i]
	}
	return label
}

// unknownType is a process type that the caller named and the formation does not have, nor had
// at the start; empty if there is none.
func (r *roster) unknownType() string {
	for _, name := range r.cfg.Types {
		if !r.typeNamed(name).inFormation {
			return name
		}
	}
	return ""
}

// closest is the process type that a misspelt one is most likely meant to be: no more than a
// third of it is written otherwise. Empty if there is none.
func closest(typed string, formation []observe.Formation) string {
	best, least := "", 0
	for _, f := range formation {
		d := edits(typed, f.Type)
		if d <= max(1, len(typed)/3, len(f.Type)/3) && (best == "" || d < least) {
			best, least = f.Type, d
		}
	}
	return best
}

// edits is the number of letters to put in, take out, change, or swap with the next one, to make
// b of a.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
