// Everything as text, for a terminal and for a report.

package findings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// Report is what one run showed: its timeline, how the gates did, what became of the assumptions, and what
// was answered.
func Report(r *evidence.Run) string {
	return strings.Join([]string{timelineText(r), verdictText(r), AssumptionText(Judge(r)), answerText(r)}, "\n")
}

// Short is the same for a terminal: of what was as assumed only that it was.
func Short(r *evidence.Run) string {
	return timelineText(r) + "\n" + verdictText(r) + "\n" + Together(r)
}

// Together is what runs showed of the assumptions, in short.
func Together(runs ...*evidence.Run) string {
	rows := Judge(runs...)
	var b strings.Builder
	fmt.Fprintln(&b, counts(rows))
	var unseen []string
	for _, row := range rows {
		switch row.Outcome {
		case Refuted:
			row.write(&b)
		case Confirmed:
			fmt.Fprintf(&b, "  confirmed  %s: %s\n", row.Name, row.Why)
		case NotSeen:
			unseen = append(unseen, row.Name)
		}
	}
	fmt.Fprintf(&b, "  not seen   %s\n", strings.Join(unseen, ", "))
	return b.String()
}

// Table aligns columns below a title and a head.
func Table(title string, head []string, rows [][]string) string {
	if len(rows) == 0 {
		return title + ": nothing\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, cells := range append([][]string{head}, rows...) {
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	w.Flush() // into memory
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return title + ":\n" + strings.Join(lines, "\n") + "\n"
}

// after is a time since the release, as the README writes it: +5 min 08 s.
func after(d time.Duration) string {
	sign, s := "+", int(d.Round(time.Second)/time.Second)
	if s < 0 {
		sign, s = "-", -s
	}
	if s < 60 {
		return fmt.Sprintf("%s%d s", sign, s)
	}
	return fmt.Sprintf("%s%d min %02d s", sign, s/60, s%60)
}

func timelineText(r *evidence.Run) string {
	var rows [][]string
	for _, m := range Timeline(r) {
		rows = append(rows, []string{after(m.After), m.What, m.Heroku, m.List})
	}
	return Table("What happened", []string{"from the release", "what happened", "Heroku said", "the dyno list said"}, rows)
}

func verdictText(r *evidence.Run) string {
	var rows [][]string
	for _, v := range Verdicts(r) {
		rows = append(rows, []string{v.Gate, v.Verdict, v.At, v.Truth})
	}
	return Table("The gates", []string{"gate", "verdict", "from the release", "truth"}, rows)
}

// AssumptionText is the table of assumptions, with the lines that show each below it.
func AssumptionText(rows []Row) string {
	var b strings.Builder
	fmt.Fprintln(&b, counts(rows))
	for _, outcome := range []Outcome{Refuted, Confirmed, NotSeen} {
		for _, row := range rows {
			if row.Outcome == outcome {
				row.write(&b)
			}
		}
	}
	return b.String()
}

func counts(rows []Row) string {
	count := map[Outcome]int{}
	for _, row := range rows {
		count[row.Outcome]++
	}
	return fmt.Sprintf("Assumptions: %d confirmed, %d refuted, %d not seen", count[Confirmed], count[Refuted], count[NotSeen])
}

// write tells of a finding, with the lines that show it.
func (row Row) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %s  %s: %s\n    %s.\n", strings.ToUpper(string(row.Outcome)), row.Name, row.Says, capital(row.Why))
	for _, line := range row.Lines {
		fmt.Fprintf(b, "    | %s\n", inert(line))
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// inert is a line from outside that acts on no terminal.
func inert(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return '?'
		}
		return c
	}, s[:min(len(s), 400)])
}

func answerText(r *evidence.Run) string {
	var rows [][]string
	for _, a := range Answers(r) {
		var said []string
		for _, status := range slices.Sorted(maps.Keys(a.Statuses)) {
			text := fmt.Sprint(status)
			if status == 0 {
				text = "no answer"
			}
			said = append(said, fmt.Sprintf("%s (%d)", text, a.Statuses[status]))
		}
		rows = append(rows, []string{a.Request, strings.Join(said, ", ")})
	}
	return Table("What Heroku answered to the experiment", []string{"request", "status (how often)"}, rows)
}
