// The opening: there is no obstacle, and a full look that was asked for after the last news of the log agrees.

package rollout

import (
	"fmt"
	"slices"
)

// open passes if there has been no obstacle for as long as the input "settle" says, and the newest look is a full one
// that was asked for after that time and after the last news of the log.
func (r *Rollout) open() *Verdict {
	l := r.lists.full
	if !r.clear.holds || l != r.roster.look || r.lists.newsAt() > l.AskedAt {
		return nil
	}
	if r.cfg.Settle > 0 && l.AskedAt < r.clear.at+r.cfg.Settle {
		return nil
	}
	// By what is known now, there must have been no obstacle when the look was asked for.
	then := r.roster.statusAt(l.AskedAt)
	if r.findObstacle(&then) != nil {
		return nil
	}
	return r.passed(&then)
}

// whyPresumed is why it is only presumed that no old process is left: the reason of the first such type.
func (s *fleetStatus) whyPresumed() string {
	i := slices.IndexFunc(s.types, func(t typeStatus) bool { return t.Basis == Presumed })
	if i < 0 {
		return ""
	}
	return s.types[i].HoldReason
}

func (r *Rollout) passed(then *fleetStatus) *Verdict {
	basis := Proven
	if then.presumed {
		basis = Presumed
	}
	how := Fill(Knowledge(basis).Words().Message, then.whyPresumed())
	switch {
	case basis != Proven:
	case then.byMetrics:
		how = byMetrics
	case r.timeline.times.FirstOldStopped.IsZero():
		how = noneToEnd
	}
	version := r.target.Release().Version
	who, dyno := fmt.Sprintf("release v%d", version), "new dyno"
	if newer := r.target.SupersededBy(); newer != 0 {
		who = fmt.Sprintf("releases v%d to v%d", version, newer)
	} else if said := r.target.NotNew(); said != "" {
		who, dyno = said, "dyno"
	}
	v := newVerdict(RolledOut, "%s: %s up, no old one %s", who, count(r.status.up, dyno), how)
	if r.status.wanted == 0 {
		v = newVerdict(NothingToRun, "nothing runs, since what is in scope is scaled to zero; no old dyno %s", how)
	}
	v.Basis = basis
	return v
}
