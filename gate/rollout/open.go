// The opening: nothing keeps the gate shut, and one full look, asked for after all that the log
// has told, agrees.

package rollout

import (
	"fmt"

	"heroku-rollout-gate/gate/release"
)

// open passes when there has been no obstacle for as long as the input "settle" says, and the newest
// look is a full one that was asked for after that and after the last news of the log.
func (r *Rollout) open() *Verdict {
	l := r.lists.full
	if r.readyAt < 0 || l != r.roster.look || r.lists.newsAt() > l.AskedAt {
		return nil
	}
	if r.cfg.Settle > 0 && l.AskedAt < r.readyAt+r.cfg.Settle {
		return nil
	}
	// What is over now must have been over when the look was asked for.
	then := r.roster.statusAt(l.AskedAt)
	if r.findObstacle(&then) != nil {
		return nil
	}
	return r.passed(&then)
}

func (r *Rollout) passed(then *fleetStatus) *Verdict {
	v := &Verdict{Result: Passed, Reason: RolledOut, Basis: Proven}
	how := "the log shows the end of every old process"
	if r.timeline.times.FirstOldStopped.IsZero() {
		how = "none was left to end"
	}
	if then.presumed {
		v.Basis = Presumed
		how = "the longest time that an old process can live is over"
	}
	if r.status.wanted == 0 {
		v.Reason = NothingToRun
		v.Message = fmt.Sprintf("no old dyno runs any more, and nothing else does: what is in scope is scaled to zero (%s)", how)
		return v
	}
	version := r.target.Release().Version
	who := fmt.Sprintf("release v%d runs alone", version)
	if r.cfg.Want == (release.Want{}) && r.target.MadeBefore() {
		who = fmt.Sprintf("release v%d, made at %s, runs alone", version, r.target.MadeAt())
	}
	if n := r.target.SupersededBy(); n != 0 {
		who = fmt.Sprintf("only releases v%d to v%d run", version, n)
	}
	v.Message = fmt.Sprintf("%s: %s up, no old one left (%s)", who, count(r.status.up, "new dyno"), how)
	return v
}
