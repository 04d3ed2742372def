// Package findings judges runs of the experiment: what each assumption about Heroku came to, when what
// happened, how the gates did against the truth, and what was answered. It is pure: evidence in, findings and
// tables out.
//
//   - findings.go: assumptions, and what becomes of them
//   - case.go: one run, read so that it can be judged
//   - ends.go: assumptions about the ends of processes; lines.go, clocks.go: about lines of the log; lists.go: about
//     lists; answers.go: about other answers; windows.go: about the time in which old processes hide;
//     renewed.go: about what gives them a new end
//   - hold.go: how long the hold was, by the gates' recordings
//   - timeline.go: when what happened, and what was answered; verdicts.go: the gates against the truth;
//     tables.go: all of it as text
package findings

import (
	"fmt"
	"slices"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// An Outcome is what became of an assumption.
type Outcome string

const (
	Confirmed Outcome = "confirmed"
	Refuted   Outcome = "refuted"
	NotSeen   Outcome = "not seen"
)

// An Assumption is one that the gate makes about Heroku, or that the simulated Heroku does.
type Assumption struct {
	// Name is for tests and for people who talk of it.
	Name string
	// Says is the assumption in words.
	Says string
	// Source is where it is from.
	Source string
	judge  func(*view) Finding
}

// A Finding is what one run, or several, showed of an assumption.
type Finding struct {
	Outcome Outcome `json:"outcome"`
	// Why says it in words: what was seen, or why it was not.
	Why string `json:"why"`
	// Lines show it: of the log, or answers.
	Lines []string `json:"lines,omitempty"`
	// Plan is the plan of the run that showed it.
	Plan string `json:"plan,omitempty"`
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

// Assumptions are all of them, in the order in which they are told.
var Assumptions = slices.Concat(endings, printed, listed, hiding, answered)

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
	rows := make([]Row, 0, len(Assumptions))
	for _, a := range Assumptions {
		row := Row{Assumption: a, Finding: notSeen("there was no run")}
		for i, v := range views {
			f := a.judge(v)
			f.Plan = v.run.Plan
			if i == 0 || weight(f.Outcome) > weight(row.Outcome) {
				row.Finding = f
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func weight(o Outcome) int { return slices.Index([]Outcome{NotSeen, Confirmed, Refuted}, o) }
