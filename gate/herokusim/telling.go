// This file is for telling a story to a person: what Heroku says and what is true, in one line of time.

package herokusim

import (
	"fmt"
	"slices"
	"time"
)

// An Incident is one thing that a person should know of.
type Incident struct {
	At   time.Duration
	Text string
}

// Telling is the story from second 0 on, in the order of time.
func (st *Story) Telling() []Incident {
	var all []Incident
	add := func(at time.Duration, format string, args ...any) {
		if at >= 0 {
			all = append(all, Incident{at, fmt.Sprintf(format, args...)})
		}
	}
	for _, l := range st.Lines {
		if l.Source == "app" && l.Proc == "api" {
			add(l.Emitted, "%s", l.Text)
		}
	}
	newest := 0
	for _, steps := range st.releases {
		for i, s := range steps {
			newest = max(newest, s.value.version)
			if i == 0 || steps[i-1].value.status != s.value.status {
				add(s.at, "Heroku says: release v%d is %s", s.value.version, s.value.status)
			}
		}
	}
	for _, i := range st.Instances {
		who := fmt.Sprintf("%s of v%d", i.Label, i.Version)
		add(i.Start, "%s starts", who)
		if i.Up != 0 {
			add(i.Up, "%s is up", who)
		}
		if i.Term != 0 {
			add(i.Term, "%s is told to stop", who)
		}
		if i.Exit != 0 {
			add(i.Exit, "%s has ended; %d of an older release than v%d left", who, len(st.OldRunning(i.Exit, newest)), newest)
		}
	}
	add(st.Gate, "the gate is started")
	if last, ok := st.LastOldExit(newest); ok {
		add(last, "nothing of an older release runs any more")
	}
	// Stable, and releases come from a map: sort equal times by text, but keep
	// the truth after what led to it.
	slices.SortStableFunc(all, func(a, b Incident) int { return int(a.At - b.At) })
	return all
}
