// The report as text: what happened, the gates against the truth, the assumptions, and what Heroku answered.

package findings

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Report is what one run showed. If not all, it is for a terminal: only what is refuted has its lines.
func Report(r *evidence.Run, all bool) string {
	var b strings.Builder
	where := "the real Heroku"
	if r.Simulated {
		where = "a simulated Heroku, so it shows nothing of the real one"
	}
	fmt.Fprintf(&b, "Plan %s, on %s.\n%s\n", r.Plan, where, r.About)
	if r.Failed != "" && all { // the terminal has it already
		fmt.Fprintf(&b, "The run broke off: %s.\n", r.Failed)
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(&b, "Lines of the log may be missing from %s to %s: %s.\n", clockTime(g.From, "the beginning"), clockTime(g.To, "the end"), g.Reason)
	}
	v := newView(r)
	happened := table("What happened", []string{"from the release", "what happened", "Heroku said", "the dyno list said"}, v.timeline())
	fmt.Fprintf(&b, "\n%s\n%s\n%s", happened, v.verdicts(), assumptionText(Judge(r), all))
	if all {
		fmt.Fprintf(&b, "\n%s", answers(r))
	}
	return b.String()
}

func clockTime(t time.Time, zero string) string {
	if t.IsZero() {
		return zero
	}
	return t.UTC().Format(time.TimeOnly)
}

// Together is what several runs showed of the assumptions, for a terminal.
func Together(runs ...*evidence.Run) string { return assumptionText(Judge(runs...), false) }

// table aligns columns below a title and a head.
func table(title string, head []string, rows [][]string) string {
	if len(rows) == 0 {
		return title + ": nothing\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, cells := range append([][]string{head}, rows...) {
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	w.Flush() // into memory
	return title + ":\n" + b.String()
}

// after is how long after the release something happened, for people.
func (v *view) after(t time.Time) string {
	if v.target.Version == 0 {
		return "there was none"
	}
	return "+" + observe.Span(t.Sub(v.target.Created)).String()
}

// A moment is something that happened.
type moment struct {
	at   time.Time
	what string
}

// timeline is the table of the README, as measured: when, what happened, what Heroku called the release then, and how
// many old dynos the list had.
func (v *view) timeline() (rows [][]string) {
	for _, m := range v.moments() {
		rows = append(rows, []string{v.after(m.at), m.what, v.called(m.at), v.listed(m.at)})
	}
	return rows
}

// final is what people call the final statuses of a release.
var final = map[string]string{"succeeded": "finished", "failed": "failed"}

// called is what Heroku called the release at a moment: its final status, if the release had it by then, or what the
// newest list before that shows.
func (v *view) called(at time.Time) string {
	said := ""
	for _, x := range v.releases {
		switch called := final[x.Status]; {
		case x.Version != v.target.Version:
		case called != "" && !x.UpdatedAt.After(at):
			return called
		case called == "" && (said == "" || !x.asked.After(at)):
			said = x.Status
		}
	}
	return cmp.Or(said, "nothing")
}

// listed is how many old dynos the first list shows that was asked for a second later, because the time at which a
// release was made is cut to whole seconds; or else the last list.
func (v *view) listed(at time.Time) string {
	said := "nothing"
	for _, l := range v.lists {
		said = cmp.Or(map[int]string{0: "no old dyno", 1: "1 old dyno"}[l.old], fmt.Sprintf("%d old dynos", l.old))
		if !l.asked.Before(at.Add(time.Second)) {
			break
		}
	}
	return said
}

// moments are what happened from the measured release on, in order. There are none if it was never made.
func (v *view) moments() []moment {
	if v.target.Version == 0 {
		return nil
	}
	all := []moment{{v.target.Created, fmt.Sprintf("release v%d of code %d is made", v.target.Version, v.target.Code)}}
	for _, x := range v.releases {
		if called := final[x.Status]; x.Version == v.target.Version && called != "" {
			all = append(all, moment{x.UpdatedAt, "Heroku calls the release " + called})
			break
		}
	}
	var begun, ended []moment
	seen := map[string]bool{}
	for _, p := range v.run.Processes { // in the order of their first lines
		switch {
		case p.Code == v.target.Code && !seen[p.Dyno]: // not those of a later restart
			seen[p.Dyno] = true
			begun = append(begun, moment{p.First, p.Dyno})
		case p.Code < v.target.Code && p.Last.After(v.target.Created) && !p.Open:
			ended = append(ended, moment{p.Last, p.Dyno})
		}
	}
	slices.SortStableFunc(ended, func(a, b moment) int { return a.at.Compare(b.at) })
	all = slices.Concat(all, firstAndLast(begun, "first line of the", "new"), firstAndLast(ended, "last line of the", "old"))
	for _, s := range v.run.Steps {
		if at := v.time(s.At); at.After(v.target.Created.Add(slack)) {
			all = append(all, moment{at, s.What + map[bool]string{true: ": refused"}[s.Refused != ""]})
		}
	}
	for _, g := range v.run.Gates {
		all = append(all, moment{v.time(g.Ended), fmt.Sprintf("the gate from %s the deploy ends: %s", g.Name, verdict(g))})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}

// firstAndLast are the first and the last of some moments of processes, in the order of their times.
func firstAndLast(all []moment, line, age string) []moment {
	n := len(all)
	switch n {
	case 0:
		return nil
	case 1:
		return []moment{{all[0].at, fmt.Sprintf("%s %s process (%s)", line, age, all[0].what)}}
	}
	return []moment{
		{all[0].at, fmt.Sprintf("%s first of %d %s processes (%s)", line, n, age, all[0].what)},
		{all[n-1].at, fmt.Sprintf("%s last of %d %s processes (%s)", line, n, age, all[n-1].what)},
	}
}

// verdict is how a gate ended, in short.
func verdict(g evidence.Gate) string {
	if g.Result == "" {
		return "no verdict"
	}
	return string(g.Result) + ", " + cmp.Or(string(g.Basis), string(g.Reason))
}

// TooEarly is an error if a gate opened while old code ran.
func TooEarly(r *evidence.Run) error {
	for _, g := range r.Gates {
		if _, early := truth(r, g); early {
			return fmt.Errorf("the gate from %s the deploy opened while old code ran, which it must never do: please report it, with the results", g.Name)
		}
	}
	return nil
}

// truth compares a gate with the truth. early: the gate opened while old code ran.
func truth(r *evidence.Run, g evidence.Gate) (says string, early bool) {
	last := r.LastOld(g)
	start, _ := r.Clock()
	late := start.Add(g.Ended).Sub(last.Last)
	switch {
	case last.ID == "":
		return "there was no old code", false
	case g.Result != rollout.Passed:
		return fmt.Sprintf("it did not open; the last line of old code is from %s, %s, code %d", last.Last.UTC().Format("15:04:05.000"), last.Dyno, last.Code), false
	case late < 0:
		return fmt.Sprintf("TOO EARLY: %s, code %d, printed a line %.1f s later", last.Dyno, last.Code, -late.Seconds()), true
	case last.Open:
		return fmt.Sprintf("%.1f s after the last line of old code that came; the log has a gap there", late.Seconds()), false
	}
	return fmt.Sprintf("%.1f s after the last line of old code", late.Seconds()), false
}

func (v *view) verdicts() string {
	var rows [][]string
	for _, g := range v.run.Gates {
		says, _ := truth(v.run, g)
		rows = append(rows, []string{"from " + g.Name + " the deploy", verdict(g), v.after(v.time(g.Ended)), says})
	}
	return table("The gates", []string{"gate", "verdict", "from the release", "truth"}, rows)
}

// assumptionText is the list of assumptions, with the lines that show each below it; if not all, only what is refuted
// has its lines.
func assumptionText(rows []Row, all bool) string {
	var b strings.Builder
	count := map[Outcome]int{}
	for _, outcome := range []Outcome{Refuted, Confirmed, NotSeen} {
		for _, row := range rows {
			if row.Outcome != outcome {
				continue
			}
			count[outcome]++
			if outcome != Refuted && !all {
				fmt.Fprintf(&b, "  %-9s  %s: %s\n", outcome, row.Name, row.Why)
				continue
			}
			fmt.Fprintf(&b, "  %s  %s: %s\n    %s.\n", strings.ToUpper(outcome.String()), row.Name, row.Says, strings.ToUpper(row.Why[:1])+row.Why[1:])
			for _, line := range row.Lines {
				fmt.Fprintf(&b, "    | %s\n", inert(line))
			}
		}
	}
	return fmt.Sprintf("Assumptions: %d confirmed, %d refuted, %d not seen\n", count[Confirmed], count[Refuted], count[NotSeen]) + b.String()
}

// answers counts the answers to the experiment's own requests.
func answers(r *evidence.Run) string {
	counts := map[[3]string]int{} // by path, method and answer
	for _, q := range r.Requests {
		said := "no answer"
		switch {
		case q.Status == http.StatusPartialContent && q.NextRange == "":
			said = "206 without Next-Range"
		case q.Status == http.StatusPartialContent:
			said = "206 with Next-Range"
		case q.Status != 0:
			said = strconv.Itoa(q.Status)
		}
		counts[[3]string{pattern(q.Path), q.Method, said}]++
	}
	var rows [][]string
	for _, key := range slices.SortedFunc(maps.Keys(counts), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		request, said := key[1]+" "+key[0], fmt.Sprintf("%s (%d)", key[2], counts[key])
		if n := len(rows); n > 0 && rows[n-1][0] == request {
			rows[n-1][1] += ", " + said
		} else {
			rows = append(rows, []string{request, said})
		}
	}
	return table("What Heroku answered to the experiment", []string{"request", "status (how often)"}, rows)
}

// pattern is a path without the ids and names of one run.
func pattern(path string) string {
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i += 2 {
		if parts[i-1] != "features" {
			parts[i] = "{" + strings.TrimSuffix(parts[i-1], "s") + "}"
		}
	}
	return strings.Join(parts, "/")
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
