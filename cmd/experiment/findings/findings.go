// Package findings judges runs of the experiment: which assumptions about Heroku they confirm or refute, when what
// happened, how the gates did against the truth, and what Heroku answered. It is pure: evidence in, findings and
// tables out.
//
//   - findings.go: how assumptions are judged, by one run or by several
//   - view.go: one run, read so that it can be judged
//   - log.go, lists.go, ends.go: all assumptions, each with its judge, by what it rests on
//   - tables.go: the report as text
package findings

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// Assumptions are all assumptions, in the order in which they are reported.
var Assumptions = slices.Concat(aboutTheLog, aboutLists, aboutEnds, aboutAnswers)

// An Assumption is something that the gate, or the simulated Heroku, takes for true about Heroku.
type Assumption struct {
	Name, Says, Source string
	of                 string // what the cases are, in the plural
	judge              func(*view, *cases)
}

// An Outcome is what became of an assumption. A higher one counts more.
type Outcome int

const (
	NotSeen Outcome = iota
	Confirmed
	Refuted
)

func (o Outcome) String() string { return []string{"not seen", "confirmed", "refuted"}[o] }

// A Finding is what one run, or several, showed of an assumption.
type Finding struct {
	Outcome Outcome
	Why     string   // what was seen, or why nothing was
	Lines   []string // of the log, or answers, that show it
}

// mostLines is how many lines show a finding.
const mostLines = 3

// cases are what a run shows for an assumption and against it.
type cases struct {
	yes, no   int
	pro, con  []string      // the lines that show them
	longest   time.Duration // of the spans; 0 if there are none
	uncertain string        // why the run confirms nothing, even if nothing is against the assumption
}

// add counts a case, with the lines that show it.
func (c *cases) add(holds bool, lines ...string) {
	if holds {
		c.yes, c.pro = c.yes+1, append(c.pro, lines...)
	} else {
		c.no, c.con = c.no+1, append(c.con, lines...)
	}
}

// unsure says why the run cannot confirm the assumption.
func (c *cases) unsure(why string, args ...any) {
	if c.uncertain == "" {
		c.uncertain = fmt.Sprintf(why, args...)
	}
}

// forever is a span whose end was not seen.
const forever = time.Duration(1<<63 - 1)

// span counts a case that holds if something took no longer than limit. It took between least and most. Of the cases
// that hold, the longest is shown.
func (c *cases) span(least, most, limit time.Duration, lines ...string) {
	switch {
	case least > limit:
		c.add(false, lines...)
		c.longest = max(c.longest, least)
	case most == forever:
		c.unsure("one took %.1f s or more: the log has a gap there, or ended", least.Seconds())
	case most > limit:
		c.unsure("one took between %.1f s and %.1f s", least.Seconds(), most.Seconds())
	default:
		if c.yes++; c.yes == 1 || most > c.longest {
			c.pro = lines
		}
		c.longest = max(c.longest, most)
	}
}

// finding is what the cases come to: one case refutes.
func (c *cases) finding(of string) Finding {
	longest := ""
	if c.longest != 0 {
		longest = fmt.Sprintf(", up to %.1f s", c.longest.Seconds())
	}
	say := func(o Outcome, lines []string, why string, args ...any) Finding {
		return Finding{Outcome: o, Why: fmt.Sprintf(why, args...), Lines: lines[:min(len(lines), mostLines)]}
	}
	switch n := c.yes + c.no; {
	case c.no > 0:
		return say(Refuted, c.con, "%d of %d %s show the contrary%s", c.no, n, of, longest)
	case c.uncertain != "":
		return say(NotSeen, nil, "%s", c.uncertain)
	case n == 0:
		return say(NotSeen, nil, "there were no %s", of)
	default:
		return say(Confirmed, c.pro, "%d of %d %s show it%s", n, n, of, longest)
	}
}

// A Row is an assumption with what the runs showed of it.
type Row struct {
	Assumption
	Finding
}

// Judge judges runs. One that refutes counts more than all that confirm.
func Judge(runs ...*evidence.Run) (rows []Row) {
	for _, a := range Assumptions {
		rows = append(rows, Row{a, Finding{Outcome: NotSeen, Why: "there was no run"}})
	}
	for n, r := range runs {
		v := newView(r)
		for i, a := range Assumptions {
			var c cases
			a.judge(v, &c)
			f := c.finding(a.of)
			if len(runs) > 1 {
				f.Why = "in plan " + r.Plan + ", " + f.Why
			}
			if n == 0 || f.Outcome > rows[i].Outcome {
				rows[i].Finding = f
			}
		}
	}
	return rows
}
