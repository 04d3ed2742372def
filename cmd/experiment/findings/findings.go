// Package findings judges runs of the experiment: which assumptions about Heroku they confirm or refute, when what
// happened, how the gates did against the truth, and what Heroku answered. It is pure: evidence in, findings and
// tables out.
//
//   - findings.go: a finding, and the judgement of several runs
//   - assumptions.go: the table of all assumptions
//   - view.go: one run, read so that it can be judged; recordings.go: what its gates recorded
//   - processes.go, log.go, lists.go, preboot.go, gates.go: a judge for each assumption, by what it rests on
//   - timeline.go, tables.go: the report as text
package findings

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// An Outcome is what became of an assumption.
type Outcome string

const (
	Confirmed Outcome = "confirmed"
	Refuted   Outcome = "refuted"
	NotSeen   Outcome = "not seen"
)

// An Assumption is something that the gate, or the simulated Heroku, takes for true about Heroku.
type Assumption struct {
	Name, Says, Source string
	judge              func(*view) Finding
}

// A Finding is what one run, or several, showed of an assumption.
type Finding struct {
	Outcome Outcome
	Why     string   // what was seen, or why nothing was
	Lines   []string // of the log, or answers, that show it
	Plan    string   // of the run that showed it; empty where there is one run
}

// mostLines is how many lines show a finding.
const mostLines = 3

func confirmed(lines []string, why string, args ...any) Finding {
	return Finding{Outcome: Confirmed, Why: fmt.Sprintf(why, args...), Lines: lines[:min(len(lines), mostLines)]}
}

func refuted(lines []string, why string, args ...any) Finding {
	return Finding{Outcome: Refuted, Why: fmt.Sprintf(why, args...), Lines: lines[:min(len(lines), mostLines)]}
}

func notSeen(why string, args ...any) Finding {
	return Finding{Outcome: NotSeen, Why: fmt.Sprintf(why, args...)}
}

// cases counts the cases for and against an assumption, with lines that show them.
type cases struct {
	n, against int
	yes, no    []string
}

// add counts a case. Without a line it only counts.
func (c *cases) add(holds bool, line string) {
	c.n++
	lines := &c.yes
	if !holds {
		c.against++
		lines = &c.no
	}
	if line != "" {
		*lines = append(*lines, line)
	}
}

// finding refutes by one case. none, yes and no say what was seen: no case, cases for, cases against.
func (c *cases) finding(none, yes, no string) Finding {
	switch {
	case c.against > 0:
		return refuted(c.no, "%d of %d %s", c.against, c.n, no)
	case c.n == 0:
		return notSeen("%s", none)
	}
	return confirmed(c.yes, "%d of %d %s", c.n, c.n, yes)
}

// longest collects spans, and keeps the longest with the lines that show it.
type longest struct {
	span  time.Duration
	n     int
	lines []string
}

// add reports whether the span is the longest so far.
func (l *longest) add(span time.Duration, lines ...string) bool {
	l.n++
	if l.n > 1 && span <= l.span {
		return false
	}
	l.span, l.lines = span, lines
	return true
}

// finding confirms that no span is longer than most. says has a %.1f for the seconds of the longest.
func (l *longest) finding(most time.Duration, none, says string) Finding {
	switch {
	case l.n == 0:
		return notSeen("%s", none)
	case l.span > most:
		return refuted(l.lines, says, l.span.Seconds())
	}
	return confirmed(l.lines, says, l.span.Seconds())
}

// delay confirms that no delay is longer than 10 s, the gate's figure for lists and for the log. Of each delay a lower and
// an upper bound are known, give or take give.
func delay(least, most longest, give time.Duration, none string) Finding {
	low, high := least.span-give, most.span+give
	switch {
	case most.n == 0:
		return notSeen("%s", none)
	case low > evidence.Late:
		return refuted(least.lines, "the longest delay was %.1f s or more", low.Seconds())
	case high > evidence.Late:
		return notSeen("the longest delay was between %.1f s and %.1f s", low.Seconds(), high.Seconds())
	}
	return confirmed(nil, "the longest delay was %.1f s at most", high.Seconds())
}

// A Row is an assumption with what the runs showed of it.
type Row struct {
	Assumption
	Finding
}

// Judge judges runs. One that refutes counts more than all that confirm.
func Judge(runs ...*evidence.Run) []Row {
	var views []*view
	for _, r := range runs {
		views = append(views, newView(r))
	}
	return judge(views...)
}

func judge(views ...*view) []Row {
	weight := func(o Outcome) int { return slices.Index([]Outcome{NotSeen, Confirmed, Refuted}, o) }
	rows := make([]Row, 0, len(Assumptions))
	for _, a := range Assumptions {
		row := Row{Assumption: a, Finding: notSeen("there was no run")}
		for i, v := range views {
			f := a.judge(v)
			if len(views) > 1 {
				f.Plan = "in plan " + v.run.Plan + ","
			}
			if i == 0 || weight(f.Outcome) > weight(row.Outcome) {
				row.Finding = f
			}
		}
		rows = append(rows, row)
	}
	return rows
}
