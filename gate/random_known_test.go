// What is known to fool the gate as it is. It is counted, and fails no test: so every
// other early opening is news. An entry goes with the mistake that it is for.

package gate_test

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

var known = []kind{
	// The history that the gate reads first holds a notice of loss. The log counts as
	// whole from there on, but the books keep what is older, and add it up as if the
	// start that was lost had not been (seed 506547).
	{"a loss in the history hides the start of an old dyno", func(r *rolled) bool {
		return slices.ContainsFunc(r.story.Lines, func(l herokusim.Line) bool {
			return r.isStart(l) && l.Emitted < min(r.deploy, r.story.Gate) && r.lost(func(x herokusim.Lose) bool {
				return x.Notice != "" && !x.Kept && l.Emitted >= x.From && l.Emitted < x.To
			})
		})
	}},
	// What was hidden when the books begin counts as gone one hold later, though the
	// release that is waited for begins its hold anew (seed 606086).
	{"the history begins between two old generations, which end together", func(r *rolled) bool {
		return r.historyBetween() && r.endTogether()
	}},
	// A first answer that is old makes the release before the target. When that is put
	// right, the ids of its dynos still count as new, and so their metrics for nothing
	// (seed 505918, in one of three runs: the gate has dice of its own).
	{"old answers at first, and metrics of an old process whose exit is in the log", func(r *rolled) bool {
		return r.ghost && r.faulty(func(f herokusim.Fault) bool { return f.Stale > 0 && f.From < r.story.Gate+10*time.Second })
	}},
}

// known tells whether the roll-out is one of these.
func (r *rolled) known() bool {
	return slices.ContainsFunc(known, func(k kind) bool { return k.is(r) })
}

// endTogether tells whether two old processes of one label end in the same moment.
func (r *rolled) endTogether() bool {
	old := r.story.OldRunning(r.deploy, r.before()+1)
	return slices.ContainsFunc(old, func(a herokusim.Instance) bool {
		return slices.ContainsFunc(old, func(b herokusim.Instance) bool {
			return a.Label == b.Label && a.Version < b.Version && (a.Exit-b.Exit).Abs() < time.Second
		})
	})
}
