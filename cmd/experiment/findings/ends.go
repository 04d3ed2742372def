// Assumptions about the ends of processes: the count of a label rests on them.

package findings

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

var endings = []Assumption{
	{
		Name: "exit-of-prebooted", Says: "With preboot, the log shows the exit of each old process under its label.",
		Source: "inferred from exits without preboot (docs/how-it-knows.md, What could still fool it)",
		judge:  func(v *view) Finding { return v.exits(func(p evidence.Process) bool { return v.kept(p) }) },
	},
	{
		Name: "exit-of-others", Says: "The log shows the exit of every other process under its label.",
		Source: "captured logs of 2018 to 2026: every SIGTERM has its exit",
		judge:  func(v *view) Finding { return v.exits(func(p evidence.Process) bool { return !v.kept(p) }) },
	},
	{
		Name: "one-exit-each", Says: "A label has no more exits than starts.",
		Source: "captured logs of 2018 to 2026", judge: oneExitEach,
	},
	{
		Name: "start-line", Says: "The log shows the start of every process under its label.",
		Source: "captured logs of 2018 to 2026", judge: startLine,
	},
	{
		Name: "killed-after-30s", Says: "A process is gone 32 s after its SIGTERM at the latest.",
		Source: `"Dyno Shutdown Behavior", Dev Center; captured logs: 30.0 to 30.2 s`, judge: killedAfter30s,
	},
}

// kept reports whether preboot has kept a process running.
func (v *view) kept(p evidence.Process) bool {
	return slices.ContainsFunc(v.old(true), func(o evidence.Process) bool { return o.ID == p.ID })
}

// exits looks for the exit line of each process that has ended. It can come until the next sign of life was
// due, and the clocks may differ.
func (v *view) exits(of func(evidence.Process) bool) Finding {
	var shown, missing []string
	used := map[string]bool{}
	for _, p := range v.run.Processes {
		until := p.Last.Add(evidence.Every + slack)
		if p.Open || !of(p) || !v.whole(p.Last, until) {
			continue
		}
		exit := slices.IndexFunc(v.of(p.Dyno, observe.Exit), func(l line) bool {
			return !used[l.text] && !l.Stamp.Before(p.Last.Add(-slack)) && !l.Stamp.After(until)
		})
		if exit < 0 {
			missing = append(missing, v.sign(p))
			continue
		}
		l := v.of(p.Dyno, observe.Exit)[exit]
		used[l.text] = true
		shown = append(shown, l.text)
	}
	switch {
	case len(missing) > 0:
		return refuted(missing, "%d of %d ended without one", len(missing), len(missing)+len(shown))
	case len(shown) == 0:
		return notSeen("no such process ended")
	}
	return confirmed(shown, "%d of %d have one", len(shown), len(shown))
}

func oneExitEach(v *view) Finding {
	starts, exits := map[string]int{}, map[string][]string{}
	for _, l := range v.lines {
		switch l.Kind {
		case observe.Start:
			starts[l.Label]++
		case observe.Exit:
			exits[l.Label] = append(exits[l.Label], l.text)
		}
	}
	sum := 0
	for _, label := range slices.Sorted(maps.Keys(exits)) {
		lines := exits[label]
		if sum += len(lines); len(lines) > starts[label] && len(v.run.Gaps) == 0 && v.ofFormation(label) {
			return refuted(lines, "%s has %d exits and %d starts", label, len(lines), starts[label])
		}
	}
	switch {
	case sum == 0:
		return notSeen("no process ended")
	case len(v.run.Gaps) > 0:
		return notSeen("the log has a gap")
	}
	return confirmed(nil, "%d exits", sum)
}

// ofFormation reports whether a label is one of the process types of the plan.
func (v *view) ofFormation(label string) bool {
	_, is := v.run.Types[typeOf(label)]
	return is
}

func startLine(v *view) Finding {
	starts, processes := map[string]int{}, map[string][]string{}
	for _, l := range v.lines {
		if l.Kind == observe.Start {
			starts[l.Label]++
		}
	}
	sum := 0
	for _, p := range v.run.Processes {
		processes[p.Dyno] = append(processes[p.Dyno], v.sign(p))
		sum++
	}
	for _, label := range slices.Sorted(maps.Keys(processes)) {
		lines := processes[label]
		if len(lines) > starts[label] && len(v.run.Gaps) == 0 {
			return refuted(lines, "%s has %d processes and %d starts", label, len(lines), starts[label])
		}
	}
	switch {
	case sum == 0:
		return notSeen("no process told of itself")
	case len(v.run.Gaps) > 0:
		return notSeen("the log has a gap")
	}
	return confirmed(nil, "%d processes", sum)
}

// killedAfter30s is shown by processes that go on for as long as they are let: one that ends by itself at once
// says nothing of Heroku.
func killedAfter30s(v *view) Finding {
	const least, most = 28 * time.Second, 32 * time.Second
	var longest time.Duration
	var shown string
	open := false
	for _, p := range v.run.Processes {
		if p.Sigterm.IsZero() {
			continue
		}
		if d := p.Last.Sub(p.Sigterm); shown == "" || d > longest {
			longest, shown, open = d, fmt.Sprintf("%s; SIGTERM at %s", v.sign(p), p.Sigterm.UTC().Format("15:04:05.000")), p.Open
		}
	}
	switch {
	case shown == "":
		return notSeen("no process told of a SIGTERM")
	case longest > most:
		return refuted([]string{shown}, "one told of itself %.1f s after its SIGTERM", longest.Seconds())
	case longest < least || open:
		return notSeen("each ended by itself before that, or the log has a gap there")
	}
	return confirmed([]string{shown}, "the last sign of one came %.1f s after its SIGTERM", longest.Seconds())
}
