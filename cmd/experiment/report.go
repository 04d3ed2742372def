// What a run showed, for people.

package main

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/cmd/experiment/findings"
)

// report is what it showed: all of it, or for a terminal what matters most.
func report(r *evidence.Run, all bool) string {
	var b strings.Builder
	where := "the real Heroku"
	if r.Simulated {
		where = "the simulated Heroku, of which it tells, and not of the real one"
	}
	fmt.Fprintf(&b, "Plan %s, on %s.\n%s\n", r.Plan, where, r.About)
	if r.Failed != "" && all { // the terminal has it already
		fmt.Fprintf(&b, "It was not made to its end: %s.\n", r.Failed)
	}
	for _, g := range r.Gaps {
		from, to := "the beginning", "the end"
		if !g.From.IsZero() {
			from = g.From.UTC().Format(time.TimeOnly)
		}
		if !g.To.IsZero() {
			to = g.To.UTC().Format(time.TimeOnly)
		}
		fmt.Fprintf(&b, "Lines of the log may be missing from %s to %s: %s.\n", from, to, g.Reason)
	}
	tables := findings.Short
	if all {
		tables = findings.Report
	}
	return b.String() + "\n" + tables(r)
}

// tooEarly is an error if a gate opened while old code ran.
func tooEarly(r *evidence.Run) error {
	for _, v := range findings.Verdicts(r) {
		if v.Wrong {
			return fmt.Errorf("the gate %s opened while old code ran, which it must never do: please report it, with the results", v.Gate)
		}
	}
	return nil
}
