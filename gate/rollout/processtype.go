// Process types: what the formation says of them, and which of them count.

package rollout

import (
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// processType is what is known of one process type.
type processType struct {
	name              string
	observe.Formation               // as last listed; of a type that was dropped with a quantity of 0
	inFormation       bool          // the formation has it, or had it
	everWanted        bool          // the formation has wanted dynos of it
	lastScaledDown    creation      // when it was last scaled otherwise than up, as far as known
	wholeAt           time.Duration // when the last look was asked for that shows as many dynos of it as are wanted; longAgo if none was
	absent            bool          // the newest look shows no dyno of it
	reappeared        time.Duration // when it was seen again after a look without it
	logCovers         bool          // the log has told of all that no list showed

	// What follows from that and from the target: see classify.
	oneOff  bool          // processes of it are started once, by somebody or something
	inScope bool          // dynos of it keep the gate shut
	hold    time.Duration // how long a process of it can hide
}

// processType is the one with the name, made if there is none.
func (r *roster) processType(name string) *processType {
	t := r.types[name]
	if t == nil {
		t = &processType{name: name, wholeAt: longAgo}
		r.types[name] = t
		r.classify()
	}
	return t
}

// classify brings up to date what follows for the types.
func (r *roster) classify() {
	for _, t := range r.types {
		t.oneOff = r.isOneOff(t)
		t.inScope = len(r.cfg.Types) == 0 || slices.Contains(r.cfg.Types, t.name)
		if t.oneOff {
			t.inScope = r.cfg.IncludeOneOff
		}
	}
}

// seeTypes takes in which process types a look shows, of its formation and of its dynos.
func (r *roster) seeTypes(l *observe.Look, at time.Duration) {
	before := map[*processType]int{}
	for _, t := range r.types {
		before[t] = t.Quantity
		if l.Formation != nil { // a type that a release has dropped can still have old dynos
			t.Quantity = 0
		}
	}
	for _, f := range l.Formation {
		t := r.processType(f.Type)
		if !t.inFormation || !t.UpdatedAt.Equal(f.UpdatedAt) {
			r.noteScaling(f.UpdatedAt)
			// By scaling up alone nothing leaves the list.
			if !t.inFormation || (f.Quantity < before[t] || r.mayHaveBeenLess(f.Quantity == before[t])) && !r.allNew(t) {
				t.lastScaledDown = creation{f.UpdatedAt, at}
			}
		}
		t.Formation, t.inFormation, r.formationSeen = f, true, true
		t.everWanted = t.everWanted || f.Quantity > 0
	}
	shown := map[*processType]int{}
	for _, d := range l.Dynos {
		shown[r.processType(d.Type)]++
	}
	if l.Formation != nil {
		r.formationAt = l.AskedAt
	}
	for _, t := range r.types {
		if t.absent && shown[t] > 0 {
			t.reappeared = at
		}
		if shown[t] >= t.Quantity {
			t.wholeAt = l.AskedAt
		}
		t.absent = t.inFormation && shown[t] == 0
	}
	r.classify()
}

// mayHaveBeenLess reports whether a type that was scaled since the last look may have been scaled up and down
// again: it wants as many dynos as before, or the looks were far apart, as they are before the target is known; and the
// log does not tell of what was started and stopped meanwhile.
func (r *roster) mayHaveBeenLess(same bool) bool {
	told := r.log.flows() && !r.log.since.IsZero() && !r.log.since.After(r.clock.Platform(r.formationAt))
	return (same || r.target.version == 0) && !told
}

// allNew reports whether every dyno of a type was listed since the release was finished: one that was
// not, and leaves the list now, is new.
func (r *roster) allNew(t *processType) bool {
	return r.target.finished && t.wholeAt >= r.clock.Due(r.target.finishedAt.Add(observe.ListLag))
}

// isOneOff reports whether a type is that of a process that somebody or something started once. A
// type of the formation may bear such a name; it still does when it was scaled to zero not long
// ago, since then an old dyno of it may still run.
func (r *roster) isOneOff(t *processType) bool {
	if slices.Contains(r.cfg.Types, t.name) {
		return false // the caller says that it is not
	}
	if r.notInFormation(t) && r.look.AskedAt >= r.droppedUntil(t) && !(r.rolling() && r.oldOfFormation()) {
		return true
	}
	switch t.name {
	case "release": // the formation of every app with a release phase has it, at zero
		return !t.everWanted
	case "run", "scheduler":
		return !t.everWanted && (r.target.released.IsZero() || t.UpdatedAt.Before(r.target.released.Add(-replaceHold)))
	}
	return false
}

// notInFormation reports whether a type is in no formation that was seen: a release has dropped it, and its
// dynos are being stopped, or its dynos are one-off dynos that an add-on has started, such as
// advanced-scheduler.8375. Those still run when what is dropped must have ended.
func (r *roster) notInFormation(t *processType) bool { return r.formationSeen && !t.inFormation }

// droppedUntil is when the dynos of a type that the target has dropped must have been stopped.
func (r *roster) droppedUntil(t *processType) time.Duration {
	if !r.target.finished {
		return observe.Never
	}
	hold := r.holdOf(t)
	if r.rolling() { // dynos of a dropped type may be stopped as slowly as others are replaced
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

// guessType is the type of a label that no list has shown: the longest known type that it begins
// with. If there is none it is the part before the dot, which also serves one-off dynos.
func (r *roster) guessType(label string) *processType {
	best := ""
	for name := range r.types {
		if len(name) > len(best) && (strings.HasPrefix(label, name+".") || strings.HasPrefix(label, name+"-")) {
			best = name
		}
	}
	if best == "" {
		best, _, _ = strings.Cut(label, ".")
	}
	return r.processType(best)
}

// closest is the process type that a misspelt one is most likely meant to be; empty if there is
// none.
func closest(typed string, formation []observe.Formation) string {
	var types []string
	for _, f := range formation {
		types = append(types, f.Type)
	}
	return Closest(typed, types)
}

// Closest is the word that a misspelt one is most likely meant to be: no more than a third of
// it is written otherwise. Empty if there is none.
func Closest(typed string, words []string) string {
	best, least := "", 0
	for _, w := range words {
		if far := edits(typed, w); best == "" || far < least {
			best, least = w, far
		}
	}
	if 3*least > max(3, len(typed), len(best)) {
		return ""
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
