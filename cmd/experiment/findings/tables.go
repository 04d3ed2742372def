// The report as text: the gates against the truth, the assumptions, and what was answered.

package findings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// Report is everything that one run showed.
func Report(r *evidence.Run) string {
	v := newView(r)
	return strings.Join([]string{v.timelineText(), verdictText(r), assumptionText(judge(v)), answerText(r)}, "\n")
}

// Short is the report for a terminal.
func Short(r *evidence.Run) string {
	v := newView(r)
	return v.timelineText() + "\n" + verdictText(r) + "\n" + short(judge(v))
}

// Together is what several runs showed of the assumptions, in short.
func Together(runs ...*evidence.Run) string { return short(Judge(runs...)) }

// short has only the lines that refute an assumption.
func short(rows []Row) string {
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

// A Verdict is how one gate did.
type Verdict struct {
	Gate    string
	Verdict string // with its basis or reason
	At      string // from the release; empty if there is none
	Truth   string
	Wrong   bool // it opened while old code ran
}

// Verdicts compares the gates of a run with the truth.
func Verdicts(r *evidence.Run) []Verdict {
	start, _ := r.Clock()
	var all []Verdict
	for _, g := range r.Gates {
		x := Verdict{Gate: "from " + g.Name + " the deploy", Verdict: g.Result + ", " + cmp.Or(g.Basis, g.Reason)}
		if i := slices.IndexFunc(r.Releases, func(x evidence.Release) bool { return x.Code == 2 }); i >= 0 {
			x.At = after(start.Add(g.Ended).Sub(r.Releases[i].Created))
		}
		late, _ := r.After(g)
		last, any := r.LastOld(r.Awaited(g))
		switch {
		case g.Result == "":
			x.Verdict, x.Truth = "none", "it ended without a verdict"
		case g.Result != "passed" && any:
			x.Truth = fmt.Sprintf("it did not open; the last line of old code is from %s, %s, code %d", last.Last.UTC().Format("15:04:05.000"), last.Dyno, last.Code)
		case g.Result != "passed":
			x.Truth = "it did not open"
		case !any:
			x.Truth = "there was no old code"
		case late < 0:
			x.Wrong, x.Truth = true, fmt.Sprintf("TOO EARLY: %s, code %d, printed a line %.1f s later", last.Dyno, last.Code, -late.Seconds())
		case last.Open:
			x.Truth = fmt.Sprintf("%.1f s after the last line of old code that came; the log has a gap there", late.Seconds())
		default:
			x.Truth = fmt.Sprintf("%.1f s after the last line of old code", late.Seconds())
		}
		all = append(all, x)
	}
	return all
}

func verdictText(r *evidence.Run) string {
	var rows [][]string
	for _, v := range Verdicts(r) {
		rows = append(rows, []string{v.Gate, v.Verdict, v.At, v.Truth})
	}
	return Table("The gates", []string{"gate", "verdict", "from the release", "truth"}, rows)
}

// assumptionText is the list of assumptions, with the lines that show each below it.
func assumptionText(rows []Row) string {
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

// write writes a finding, with the lines that show it.
func (row Row) write(b *strings.Builder) {
	why := strings.TrimSpace(row.Plan + " " + row.Why)
	fmt.Fprintf(b, "  %s  %s: %s\n    %s.\n", strings.ToUpper(string(row.Outcome)), row.Name, row.Says, strings.ToUpper(why[:1])+why[1:])
	for _, line := range row.Lines {
		fmt.Fprintf(b, "    | %s\n", inert(line))
	}
}

// inert removes from a line from outside what acts on a terminal.
func inert(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return '?'
		}
		return c
	}, s[:min(len(s), 400)])
}

// answerText counts the answers to the experiment's own requests, by path, method and status.
func answerText(r *evidence.Run) string {
	counts := map[[2]string]map[int]int{} // by path and method
	for i := range r.Requests {
		q := &r.Requests[i]
		key := [2]string{pattern(q.Path), q.Method}
		if counts[key] == nil {
			counts[key] = map[int]int{}
		}
		counts[key][q.Status]++
	}
	var rows [][]string
	for _, key := range slices.SortedFunc(maps.Keys(counts), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		var said []string
		for _, status := range slices.Sorted(maps.Keys(counts[key])) {
			text := fmt.Sprint(status)
			if status == 0 {
				text = "no answer"
			}
			said = append(said, fmt.Sprintf("%s (%d)", text, counts[key][status]))
		}
		rows = append(rows, []string{key[1] + " " + key[0], strings.Join(said, ", ")})
	}
	return Table("What Heroku answered to the experiment", []string{"request", "status (how often)"}, rows)
}

// pattern is a path without the ids and names of one run.
func pattern(path string) string {
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i += 2 {
		if parts[i-1] != "features" && parts[i] != "" {
			parts[i] = "{" + strings.TrimSuffix(parts[i-1], "s") + "}"
		}
	}
	return strings.Join(parts, "/")
}
