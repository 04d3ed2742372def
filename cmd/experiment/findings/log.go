// What the gate assumes of the log: starts, exits and states of processes, runtime metrics, and the clocks.

package findings

import (
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

var aboutTheLog = []Assumption{
	// The gate counts processes by their starts and exits.
	{"exit-of-prebooted", "With preboot, the log shows the exit of each old process under its label.",
		"inferred from exits without preboot (docs/how-it-knows.md, What could still fool it)", "ends of old processes that preboot kept",
		func(v *view, c *cases) { v.exits(c, true) }},
	{"exit-of-others", "The log shows the exit of every other process under its label.",
		"captured logs of 2018 to 2026: every SIGTERM has its exit", "ends of other processes",
		func(v *view, c *cases) { v.exits(c, false) }},
	{"one-exit-each", "A label has no more exits than starts.",
		"captured logs of 2018 to 2026", "labels with an exit",
		func(v *view, c *cases) {
			exits := map[string][]string{}
			for _, l := range v.lines {
				if l.Kind == observe.Exit && v.ofPlan(l.Label) {
					exits[l.Label] = append(exits[l.Label], l.text)
				}
			}
			v.startOfEach(c, exits)
		}},
	{"start-line", "The log shows the start of every process under its label.",
		"captured logs of 2018 to 2026", "labels with a process",
		func(v *view, c *cases) {
			processes := map[string][]string{}
			for _, p := range v.run.Processes {
				processes[p.Dyno] = append(processes[p.Dyno], p.Line)
			}
			v.startOfEach(c, processes)
		}},
	{"killed-after-30s", "A process is gone 32 s after its SIGTERM at the latest.",
		`"Dyno Shutdown Behavior", Dev Center; captured logs: 30.0 to 30.2 s`, "processes that did not end by themselves after SIGTERM",
		func(v *view, c *cases) {
			for _, p := range v.run.Processes {
				if least, most := ran(p, p.Sigterm); !p.Sigterm.IsZero() && most >= 28*time.Second {
					c.span(least, most, 32*time.Second, v.stopped(p), p.Line)
				}
			}
		}},
	// What the log prints, and when.
	{"turn-line", "When a running dyno is replaced, its label goes from up to starting.",
		`Stack Overflow, "Confirming Heroku's preboot"; captured logs`, "labels whose running dyno was replaced",
		func(v *view, c *cases) {
			for _, label := range v.replaced() {
				states := v.find(label, observe.State, v.finished, time.Time{})
				i := slices.IndexFunc(states, func(l line) bool { return l.From == "up" && l.To == "starting" })
				switch {
				case !v.whole(v.finished, v.finished.Add(time.Minute)):
					c.unsure("the log has a gap there")
				case i < 0:
					c.add(false, label+" turned without that line")
				default:
					c.add(true, states[i].text)
				}
			}
		}},
	{"no-restarting-with-preboot", "With preboot, a deploy prints no “Restarting”.",
		"inferred (docs/simulator.md)", "labels whose dyno was replaced by preboot",
		func(v *view, c *cases) {
			until := v.finished.Add(30 * time.Second)
			for _, label := range v.replaced() {
				lines := v.find(label, observe.Replace, v.finished, until)
				switch {
				case !v.keeps(label):
				case !v.undisturbed():
					c.unsure("the app was changed meanwhile")
				case len(lines) > 0:
					c.add(false, lines[0].text)
				case !v.whole(v.finished, until):
					c.unsure("the log has a gap there")
				default:
					c.add(true)
				}
			}
		}},
	{"no-state-at-hidden-end", "The end of an old prebooted process prints no state of its label.",
		"inferred (docs/simulator.md)", "ends of old prebooted processes",
		func(v *view, c *cases) {
			for _, p := range v.old(true) {
				// A new process of the label has states of its own.
				started := len(v.find(p.Dyno, observe.Start, p.Last.Add(-30*time.Second), p.Last.Add(30*time.Second))) > 0
				to := p.Last.Add(evidence.Every + slack)
				if p.Open || started || !v.whole(p.Last.Add(-slack), to.Add(slack)) {
					continue
				}
				if states := v.find(p.Dyno, observe.State, p.Last, to); len(states) > 0 {
					c.add(false, p.Line, states[0].text)
				} else {
					c.add(true)
				}
			}
		}},
	{"log-delay", "A line of a process comes within 10 s of its stamp.",
		"captured logs: at most 0.09 s late; the gate allows 10 s", "lines about processes",
		func(v *view, c *cases) {
			for _, l := range v.lines {
				if v.ofPlan(l.Label) && l.Stamp.After(v.lines[0].came) { // not what was written before the log was opened
					late := l.came.Sub(l.Stamp)
					c.span(late-v.give, late+v.give, evidence.Late, came(l.text, l.came))
				}
			}
		}},
	{"one-clock", "The Date of answers, the stamps of the log and the clocks of dynos differ by 2 s at most.",
		"assumed (docs/how-it-knows.md, StampSlack)", "clocks", (*view).clocks},
	{"metrics-id", "The id in lines of runtime metrics is that of the API's dyno.",
		"signalfx/heroku-signalfx-collector takes it so; not established", "lines of runtime metrics",
		func(v *view, c *cases) {
			listed := map[string]bool{} // labels, and labels with an id
			for _, d := range v.dynos {
				listed[d.Name], listed[d.Name+" "+d.ID] = true, true
			}
			for _, l := range v.lines {
				if l.Kind == observe.Metric && listed[l.Label] {
					c.add(listed[l.Label+" "+l.UUID], l.text)
				}
			}
			if c.yes > 0 && c.no > 0 { // a dyno may have come and gone between two lists
				c.unsure("%d lines have the id of a listed dyno, and %d another", c.yes, c.no)
				c.no = 0
			}
		}},
	{"metrics-come", "Where runtime metrics are on, a process reports at least once a minute.",
		`"Log Runtime Metrics", Dev Center: about every 20 s`, "silences between two reports of a process", (*view).metrics},
}

// exits looks for the exit line of each process that ended: of those that preboot kept, or of all others. A process can
// exit until its next line was due.
func (v *view) exits(c *cases, kept bool) {
	old, used := v.old(true), map[string]bool{}
	for _, p := range v.run.Processes {
		due := p.Last.Add(evidence.Every)
		if p.Open || slices.Contains(old, p) != kept || !v.whole(p.Last, due.Add(slack)) {
			continue
		}
		exits := slices.DeleteFunc(v.find(p.Dyno, observe.Exit, p.Last, due), func(l line) bool { return used[l.text] })
		if len(exits) == 0 {
			c.add(false, p.Line)
			continue
		}
		used[exits[0].text] = true
		c.add(true, exits[0].text)
	}
}

// startOfEach judges whether no label has more of something than start lines. It is given the lines of that something.
func (v *view) startOfEach(c *cases, lines map[string][]string) {
	for _, label := range slices.Sorted(maps.Keys(lines)) {
		starts := v.find(label, observe.Start, time.Time{}, time.Time{})
		switch {
		case len(v.run.Gaps) > 0:
			c.unsure("the log has a gap")
		case len(lines[label]) > len(starts):
			c.add(false, lines[label]...)
		default:
			c.add(true)
		}
	}
}

// replaced returns the labels under which the list showed an old dyno up, and later a new dyno.
func (v *view) replaced() []string {
	old, both := map[string]bool{}, map[string]bool{}
	for _, d := range v.dynos {
		old[d.Name] = old[d.Name] || v.isOld(d) && d.State == "up"
		if v.isNew(d) && old[d.Name] && !v.finished.IsZero() {
			both[d.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(both))
}

// clocks compares the clocks of the log and of each dyno with the Date of answers. A clock is off if a line came before
// the time in it, or if all lines came late. The clock of a dyno that is off would make the truth wrong.
func (v *view) clocks(c *cases) {
	soonest, lines := map[string]line{}, map[string]int{} // by whose clock it is
	add := func(of string, l line) {
		lines[of]++
		if s, ok := soonest[of]; !ok || l.came.Sub(l.Stamp) < s.came.Sub(s.Stamp) {
			soonest[of] = l
		}
	}
	for _, l := range v.lines {
		add("the log", l)
	}
	for _, l := range v.run.Log {
		if s, ok := evidence.ReadAppLine(l.Text); ok {
			add(s.Process, line{observe.Line{Stamp: s.At}, v.time(l.At), l.Text})
		}
	}
	for _, of := range slices.Sorted(maps.Keys(soonest)) {
		l := soonest[of]
		off := l.came.Sub(l.Stamp).Abs()
		switch {
		case v.give == 0:
			c.unsure("Heroku's answers have no dates")
		case lines[of] >= 10: // fewer lines may all be late
			c.span(off-v.give, off+v.give, slack, came(l.text, l.came))
		}
	}
}

// metrics judges how long processes were silent, also those that preboot keeps: they may no longer report under the id
// of their dyno.
func (v *view) metrics(c *cases) {
	last := map[string]line{} // the newest report, by its id
	silence := func(l line, until time.Time, next string) {
		if d := until.Sub(l.Stamp); !l.Stamp.IsZero() && v.whole(l.Stamp, until) {
			c.span(d, d, time.Minute, l.text, next)
		}
	}
	for _, l := range v.lines {
		if l.Kind == observe.Metric {
			silence(last[l.UUID], l.Stamp, l.text)
			last[l.UUID] = l
		}
	}
	for _, p := range v.old(true) {
		var report line
		for _, d := range v.dynos {
			if d.Name == p.Dyno && v.isOld(d) && last[d.ID].Stamp.After(report.Stamp) {
				report = last[d.ID]
			}
		}
		silence(report, p.Last, p.Line)
	}
}
