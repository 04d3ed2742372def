// What tests outside the package may read of its inside.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// Labels is how many labels are remembered.
func (r *Rollout) Labels() int { return len(r.roster.labels) }

// Forgotten is how many names of forgotten one-off dynos are remembered.
func (r *Rollout) Forgotten() int {
	return len(r.roster.forgotten.newest) + len(r.roster.forgotten.older)
}

// Reporters is how many processes of a label that have reported metrics are remembered.
func Reporters(r *Rollout, label string) int { return len(r.roster.labels[label].metrics) }

// Scalings is how many scalings are remembered.
func (r *Rollout) Scalings() int { return len(r.roster.scalings) }

// AliveBy is how many processes of a label are alive by its ledger.
func AliveBy(r *Rollout, label string) int {
	return r.roster.evidence(r.roster.labels[label], r.clock.Platform(r.now)).balance.Alive
}

// Figures are the times whose sources docs/how-it-knows.md gives.
var Figures = map[string]time.Duration{
	"DefaultBootTimeout": DefaultBootTimeout, "prebootTraffic": prebootTraffic, "prebootDelay": prebootDelay,
	"prebootPerDyno": prebootPerDyno, "KillAfter": ledger.KillAfter, "replaceHold": replaceHold, "rollingHold": rollingHold, "longestRolling": longestRolling,
	"ExitSoon": ledger.ExitSoon, "ExitLate": ledger.ExitLate, "CrashLineDelay": ledger.CrashLineDelay,
	"ListLag": observe.ListLag, "metricLife": metricLife, "metricPause": metricPause, "longestRun": longestRun, "StampSlack": ledger.StampSlack,
}

// A Doubt is the name and the words of a doubt. Counting: runtime metrics can settle it.
type Doubt struct {
	Name, Says string
	Counting   bool
}

// Doubts are all doubts, in their order.
var Doubts = func() (all []Doubt) {
	for _, d := range doubts {
		all = append(all, Doubt{d.name, d.says, d.metricsSettle})
	}
	return all
}()
