// The starts and ends of processes in the log.

package findings

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

func (v *view) exitOfPrebooted() Finding { return v.exits(true) }
func (v *view) exitOfOthers() Finding    { return v.exits(false) }

// exits looks for the exit line of each process that ended: of those that preboot kept, or of all others. A process can
// exit until its next line was due, and the clocks may differ.
func (v *view) exits(kept bool) Finding {
	var c cases
	old, used := v.old(true), map[string]bool{}
	for _, p := range v.run.Processes {
		until := p.Last.Add(evidence.Every + slack)
		if p.Open || slices.Contains(old, p) != kept || !v.whole(p.Last, until) {
			continue
		}
		exits := slices.DeleteFunc(v.of(p.Dyno, observe.Exit), func(l line) bool {
			return used[l.text] || l.Stamp.Before(p.Last.Add(-slack)) || l.Stamp.After(until)
		})
		if len(exits) == 0 {
			c.add(false, v.lastLine(p))
			continue
		}
		used[exits[0].text] = true
		c.add(true, exits[0].text)
	}
	return c.finding("no such process ended", "have one", "ended without one")
}

func (v *view) oneExitEach() Finding {
	exits := map[string][]string{}
	for _, l := range v.lines {
		if l.Kind == observe.Exit && v.ofFormation(l.Label) {
			exits[l.Label] = append(exits[l.Label], l.text)
		}
	}
	return v.startOfEach(exits, "exits")
}

func (v *view) startLine() Finding {
	processes := map[string][]string{}
	for _, p := range v.run.Processes {
		processes[p.Dyno] = append(processes[p.Dyno], v.lastLine(p))
	}
	return v.startOfEach(processes, "processes")
}

// startOfEach judges whether no label has more of something than start lines. It is given the lines of that something.
func (v *view) startOfEach(lines map[string][]string, what string) Finding {
	sum := 0
	for _, label := range slices.Sorted(maps.Keys(lines)) {
		n, starts := len(lines[label]), len(v.of(label, observe.Start))
		if sum += n; n > starts && len(v.run.Gaps) == 0 {
			return refuted(lines[label], "%s has %d %s and %d starts", label, n, what, starts)
		}
	}
	switch {
	case sum == 0:
		return notSeen("there were no %s", what)
	case len(v.run.Gaps) > 0:
		return notSeen("the log has a gap")
	}
	return confirmed(nil, "%d %s", sum, what)
}

// killedAfter30s is shown by a process that ignores SIGTERM. One that ends by itself shows nothing of Heroku.
func (v *view) killedAfter30s() Finding {
	const least, most = 28 * time.Second, 32 * time.Second
	var l longest
	open := false
	for _, p := range v.run.Processes {
		if !p.Sigterm.IsZero() && l.add(p.Last.Sub(p.Sigterm), fmt.Sprintf("%s; SIGTERM at %s", v.lastLine(p), p.Sigterm.UTC().Format("15:04:05.000"))) {
			open = p.Open
		}
	}
	if l.n > 0 && l.span <= most && (l.span < least || open) {
		return notSeen("each ended by itself before that, or the log has a gap there")
	}
	return l.finding(most, "no process printed that it got SIGTERM", "the last line of one is %.1f s later than its SIGTERM")
}
