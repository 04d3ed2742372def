// What the loop does and why, for people who look for a fault: every need, look, answer and
// doubt, as it comes up.

package watch

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A Debug tells of the inside of a wait, or of the replay of one. Nil tells nothing.
type Debug struct {
	// Tell takes a line, which can hold names that the platform gave.
	Tell func(at time.Duration, line string)

	needs, doubts []string // those of the last time
}

// See tells what an observation is and what is new in the core by it.
func (d *Debug) See(o *observe.Observation, core *rollout.Rollout) {
	if d == nil {
		return
	}
	if line := answer(o); line != "" {
		d.Tell(o.At, line)
	}
	doubts := core.Doubts()
	d.news(o.At, "doubt", d.doubts, doubts)
	d.news(o.At, "settled", doubts, d.doubts)
	var needs []string
	for _, n := range core.Needs() {
		needs = append(needs, needed(n))
	}
	d.news(o.At, "need", d.needs, needs)
	d.doubts, d.needs = doubts, needs
}

// news tells what is now and was not before.
func (d *Debug) news(at time.Duration, what string, before, now []string) {
	for _, line := range now {
		if !slices.Contains(before, line) {
			d.Tell(at, what+": "+line)
		}
	}
}

// needed is a need in words. Whether a look has to be full comes and goes with others.
func needed(n rollout.Need) string {
	when := "as soon as may be"
	switch {
	case n.By == observe.Never:
		when = "some time"
	case n.By > 0:
		when = "at " + observe.Span(n.By).String()
	case n.Every > 0:
		when = "every " + observe.Span(n.Every).String()
	}
	return fmt.Sprintf("%s, %s: %s", n.Kind, when, n.Why)
}

// answer is what came of a request; empty if the observation is of another kind.
func answer(o *observe.Observation) string {
	said := ""
	switch {
	case o.Look != nil:
		return "look: " + looked(o.Look) + because(o)
	case o.App != nil:
		said = fmt.Sprintf("the app is %s", o.App.Name)
	case o.Preboot != nil && !o.Preboot.Known:
		said = "whether preboot is on is not told"
	case o.Preboot != nil && o.Preboot.Enabled:
		said = "preboot is on"
	case o.Preboot != nil:
		said = "preboot is off"
	case o.Metrics != nil && !o.Metrics.Known:
		said = "whether runtime metrics are on is not told"
	case o.Metrics != nil && o.Metrics.Enabled:
		said = "runtime metrics are on"
	case o.Metrics != nil:
		said = "runtime metrics are off"
	case o.Release != nil && o.Release.Version == 0:
		said = "the release is not there"
	case o.Release != nil:
		said = fmt.Sprintf("v%d is %s", o.Release.Version, o.Release.Status)
	case o.Code != nil:
		said = fmt.Sprintf("the commit of %s is %q", o.Code.ID, o.Code.Commit)
	case o.Builds != nil:
		said = fmt.Sprintf("%d builds", len(o.Builds.Builds))
	case o.Trouble != nil:
		said = o.Trouble.Message
	default:
		return ""
	}
	return "answer: " + said + because(o)
}

func because(o *observe.Observation) string {
	if o.Why == "" {
		return ""
	}
	return " (" + o.Why + ")"
}

// looked is what a look shows, in short.
func looked(l *observe.Look) string {
	said := many(len(l.Dynos), "dyno")
	if l.Formation != nil {
		said += ", " + many(len(l.Formation), "process type")
	}
	if len(l.Releases) > 0 {
		newest := slices.MaxFunc(l.Releases, func(a, b observe.Release) int { return a.Version - b.Version })
		said += fmt.Sprintf(", %s, the newest of them v%d %s", many(len(l.Releases), "release"), newest.Version, newest.Status)
	}
	return said
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
