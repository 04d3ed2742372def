// Debug lines, for people who look for a fault: every need, look, answer and doubt, as it comes up.

package watch

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A Debug writes debug lines about a wait, or about the replay of a wait. A nil *Debug writes nothing.
type Debug struct {
	// Tell writes a line. The line can contain names that come from the platform, and is not escaped.
	Tell func(at time.Duration, line string)

	needs, doubts []string // after the last observation
}

// See writes what an observation is, and which needs and doubts it changed. The core has applied it already.
func (d *Debug) See(o *observe.Observation, core *rollout.Rollout) {
	if d == nil {
		return
	}
	if line := describeAnswer(o); line != "" {
		d.Tell(o.At, line)
	}
	doubts := core.Doubts()
	d.tellNew(o.At, "doubt", d.doubts, doubts)
	d.tellNew(o.At, "settled", doubts, d.doubts)
	var needs []string
	for _, n := range core.Needs() {
		needs = append(needs, describeNeed(n))
	}
	d.tellNew(o.At, "need", d.needs, needs)
	d.doubts, d.needs = doubts, needs
}

// tellNew writes the lines of now that were not in before.
func (d *Debug) tellNew(at time.Duration, what string, before, now []string) {
	for _, line := range now {
		if !slices.Contains(before, line) {
			d.Tell(at, what+": "+line)
		}
	}
}

// describeNeed puts a need into words. It leaves out whether a look has to be full: that changes too often.
func describeNeed(n rollout.Need) string {
	when := "as soon as possible"
	switch {
	case n.By == observe.Never:
		when = "at some time"
	case n.By > 0:
		when = "at " + observe.Span(n.By).String()
	case n.Every > 0:
		when = "every " + observe.Span(n.Every).String()
	}
	return fmt.Sprintf("%s, %s: %s", n.Kind, when, n.Why)
}

// describeAnswer says what a request brought; empty if the observation is not from a request.
func describeAnswer(o *observe.Observation) string {
	said := ""
	switch {
	case o.Look != nil:
		return "look: " + describeLook(o.Look) + whyInBrackets(o)
	case o.App != nil:
		said = fmt.Sprintf("the app is %s", o.App.Name)
	case o.Preboot != nil && !o.Preboot.Known:
		said = "it is not known whether preboot is on"
	case o.Preboot != nil && o.Preboot.Enabled:
		said = "preboot is on"
	case o.Preboot != nil:
		said = "preboot is off"
	case o.Metrics != nil && !o.Metrics.Known:
		said = "it is not known whether runtime metrics are on"
	case o.Metrics != nil && o.Metrics.Enabled:
		said = "runtime metrics are on"
	case o.Metrics != nil:
		said = "runtime metrics are off"
	case o.Release != nil && o.Release.Version == 0:
		said = "the release does not exist"
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
	return "answer: " + said + whyInBrackets(o)
}

// whyInBrackets is the reason for the request; empty if there is none.
func whyInBrackets(o *observe.Observation) string {
	if o.Why == "" {
		return ""
	}
	return " (" + o.Why + ")"
}

// describeLook says in short what a look shows.
func describeLook(l *observe.Look) string {
	said := count(len(l.Dynos), "dyno")
	if l.Formation != nil {
		said += ", " + count(len(l.Formation), "process type")
	}
	if len(l.Releases) > 0 {
		newest := slices.MaxFunc(l.Releases, func(a, b observe.Release) int { return a.Version - b.Version })
		said += fmt.Sprintf(", %s, the newest of them v%d %s", count(len(l.Releases), "release"), newest.Version, newest.Status)
	}
	return said
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
