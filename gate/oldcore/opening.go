// The opening: everything must hold at once, in one look.

package oldcore

import (
	"fmt"
	"time"
)

// open passes when everything holds in one full look that knows of all that the
// log has told, and still so after the time to settle.
func (r *Rollout) open() *Verdict {
	ok, _ := r.holds(r.survey.types)
	if !ok {
		r.readyAt = -1
		return nil
	}
	if r.readyAt < 0 {
		r.readyAt = r.now
	}
	l := r.full
	if l == nil || l != r.fleet.look || max(r.changedAt, r.apiAt) > l.AskedAt {
		return nil
	}
	if r.cfg.Settle > 0 && l.AskedAt < r.readyAt+r.cfg.Settle {
		return nil
	}
	// What is over now must have been over when the look was asked for.
	ok, basis := r.holds(r.fleet.then(l.AskedAt))
	if !ok {
		return nil
	}
	return r.passed(basis)
}

// holds tells whether all conditions of an opening are met by the given standings
// of the types, and how that is known.
func (r *Rollout) holds(types []typeStanding) (bool, Basis) {
	rel := r.target.rel
	if rel == nil || rel.Status != "succeeded" || r.full == nil || r.fleet.version == 0 || r.fleet.app.ID == "" {
		return false, ""
	}
	if r.suspect() || r.doubtful() != "" || r.fleet.prebootStale() {
		return false, ""
	}
	if len(r.full.Formation) == 0 && (len(r.fleet.formation) > 0 || len(types) > 0 || r.now-r.fleet.firstLook.AskedAt < replaceHold) {
		return false, "" // a formation that is not there yet, or not any more, says nothing
	}
	basis := Proven
	for _, t := range types {
		if t.Basis == "" || t.Up < t.Wanted {
			return false, ""
		}
		if t.Basis == Presumed {
			basis = Presumed
		}
	}
	if basis == Presumed && r.cfg.RequireProof {
		return false, basis
	}
	return true, basis
}

// doubtful says what is waited for until the lists show that the target is what runs,
// and which code has followed it; empty if they do.
func (r *Rollout) doubtful() string {
	t, v := r.target, r.target.rel.Version
	switch {
	case t.ahead():
		return fmt.Sprintf("the list of releases to show v%d, which is there by the log or the dynos", max(t.heard, t.running))
	case t.missing || t.releases.from > v:
		return fmt.Sprintf("the list of releases to show v%d and all after it", v)
	case t.releases.current != 0 && t.releases.current < v:
		return fmt.Sprintf("release v%d to be the current one, which is v%d", v, t.releases.current)
	case t.returned != 0:
		return fmt.Sprintf("release v%d, which brings old code back and is not the current one, to be overtaken", t.returned)
	case t.unjudged != 0:
		return fmt.Sprintf("word on which code release v%d carries", t.unjudged)
	case r.unfinishedRuns() != 0:
		return fmt.Sprintf("release v%d, which dynos already run, to be called succeeded", r.unfinishedRuns())
	case r.unknownType() != "":
		return fmt.Sprintf("the formation to show the process type %q", r.unknownType())
	}
	return ""
}

// unfinishedRuns is a release after the target that has not succeeded by the list
// though a dyno of it is listed, so that the list is behind; 0 if there is none.
func (r *Rollout) unfinishedRuns() int {
	if r.fleet.look == nil {
		return 0
	}
	for _, d := range r.fleet.look.Dynos {
		if d.Version > r.target.rel.Version && !r.fleet.oneOff(d.Type) && r.target.releases.byVersion[d.Version].Status != "succeeded" {
			return d.Version
		}
	}
	return 0
}

// suspect tells whether the newest release may not be the one that was meant: when
// it was already old at the start, a list that was behind can have hidden a newer
// one. A later look will show it.
func (r *Rollout) suspect() bool {
	return r.longAgo() && r.fleet.look.AskedAt < listLag
}

// longAgo tells whether the newest release, which is waited for as nothing else was
// named, was there long before the gate.
func (r *Rollout) longAgo() bool {
	start, ok := r.clock.zero()
	return ok && r.cfg.Want == (Want{}) && r.target.rel != nil && r.target.rel.CreatedAt.Before(start.Add(-time.Minute))
}

func (r *Rollout) passed(basis Basis) *Verdict {
	wanted, up, _ := r.sums()
	v := &Verdict{Result: Passed, Reason: RolledOut, Basis: basis}
	how := "the log shows the end of every old process"
	if r.times.FirstOldStopped.IsZero() {
		how = "none was left to end"
	}
	if basis == Presumed {
		how = "the longest time that an old process can live is over"
		if r.times.OldGone.IsZero() || r.lastPresumed().After(r.times.OldGone) {
			r.times.OldGone = r.lastPresumed()
		}
	}
	from := FromLog
	if basis == Presumed {
		from = FromLimit
	}
	if !r.times.OldGone.IsZero() {
		r.moment(r.times.OldGone, "no old dyno runs any more", from)
	}
	if wanted == 0 {
		v.Reason = NothingToRun
		v.Message = fmt.Sprintf("no old dyno runs any more, and nothing else does: what is in scope is scaled to zero (%s)", how)
		r.notice("the formation wants no dynos of what is in scope: nothing runs")
		return v
	}
	who := fmt.Sprintf("release v%d runs alone", r.fleet.version)
	if n := r.target.newerMax; n != 0 {
		who = fmt.Sprintf("only releases v%d to v%d run", r.fleet.version, n)
	}
	v.Message = fmt.Sprintf("%s: %s up, no old one left (%s)", who, count(up, "new dyno"), how)
	return v
}

// lastPresumed is when the last limit was reached; zero if none was after Heroku's
// "finished".
func (r *Rollout) lastPresumed() time.Time {
	var last time.Time
	for _, t := range r.survey.types {
		if at := r.clock.shown(t.limit); t.Basis == Presumed && at.After(last) && at.After(r.times.ReleaseFinished) {
			last = at
		}
	}
	return last
}
