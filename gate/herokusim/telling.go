// A story as a list for people: what Heroku says and what is true, in the order of time.

package herokusim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// An Incident is an entry of the list.
type Incident struct {
	At   time.Duration
	Text string
}

// Telling returns what happens in the story from second 0 on, in the order of time.
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
	newest, last := 0, time.Duration(-1)
	for _, steps := range st.releases {
		for i, s := range steps {
			if s.value.status == "succeeded" && s.at <= st.End {
				newest = max(newest, s.value.version)
			}
			if i == 0 || steps[i-1].value.status != s.value.status {
				add(s.at, "Heroku says: release v%d is %s", s.value.version, s.value.status)
			}
		}
	}
	if at, ok := st.LastOldExit(newest); ok {
		last = at
		add(last, "nothing of an older release runs any more")
	}
	for n, f := range st.Scenario.Faults {
		if f.From != 0 {
			add(f.From, "fault %d begins: %s", n+1, f.what())
		} else {
			add(0, "fault %d is there: %s", n+1, f.what())
		}
		if f.To != 0 && f.To <= st.End {
			add(f.To, "fault %d ends", n+1)
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
			then := st.current(i.Exit)
			add(i.Exit, "%s has ended; %d of an older release than v%d left", who, len(st.OldRunning(i.Exit, then)), then)
			if i.Exit != last && !i.OneOff && i.Version < then && !st.runs(i.Exit, i.Version) {
				add(i.Exit, "nothing of v%d runs any more", i.Version)
			}
		}
	}
	add(st.Gate, "the gate is started")
	// Releases come from a map in random order, so incidents of the same time are
	// sorted by their text. Conclusions ("nothing of …") come last.
	follows := func(i Incident) int { return strings.Index(i.Text, "nothing of ") }
	slices.SortFunc(all, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(follows(a), follows(b)), strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(all)
}

// current is the version of the current release at that time.
func (st *Story) current(at time.Duration) int {
	for _, r := range st.releases.all(at) {
		if r.current {
			return r.version
		}
	}
	return 0
}

// runs reports whether a process of the formation runs the release at that time.
func (st *Story) runs(at time.Duration, version int) bool {
	return slices.ContainsFunc(st.Instances, func(i Instance) bool { return !i.OneOff && i.Version == version && i.Running(at) })
}

// what describes the fault in the words of a scenario, without its times.
func (f Fault) what() string {
	f.From, f.To = 0, 0
	text, err := yaml.MarshalWithOptions(f, yaml.Flow(true))
	if err != nil {
		panic(err) // impossible: the value is our own
	}
	return strings.TrimSpace(string(text))
}
