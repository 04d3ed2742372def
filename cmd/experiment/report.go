// What a run showed, for people: what was true, and what the gates made of it.

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// report is the whole of it, as text.
func report(r *evidence.Run) string {
	var b strings.Builder
	where := "the real Heroku"
	if r.Simulated {
		where = "the simulated Heroku, of which it says nothing more"
	}
	fmt.Fprintf(&b, "Plan %s, on %s. %s\n", r.Plan, where, r.About)
	if r.Failed != "" {
		fmt.Fprintf(&b, "It was not made to its end: %s\n", r.Failed)
	}
	if len(r.Releases) < 2 {
		return b.String()
	}
	deploy := r.Releases[1]
	fmt.Fprintf(&b, "Times count from when v%d, the release of code %d, was made.\n\n", deploy.Version, deploy.Code)
	fmt.Fprintf(&b, "What was true, by the app's own lines:\n\n%s\n", truthTable(r, deploy.Created))
	fmt.Fprintf(&b, "The gates against it:\n\n%s", gateTable(r, deploy.Created))
	return b.String()
}

// truthTable tells of the processes of each code and type when they first and last told of themselves: of
// those that ran at the deploy or later.
func truthTable(r *evidence.Run, from time.Time) string {
	type group struct {
		code      int
		typ       string
		processes []evidence.Process
	}
	var groups []*group
	for _, p := range r.Processes {
		if p.Last.Before(from.Add(-silence)) {
			continue
		}
		typ, _, _ := strings.Cut(p.Dyno, ".")
		i := slices.IndexFunc(groups, func(g *group) bool { return g.code == p.Code && g.typ == typ })
		if i < 0 {
			groups, i = append(groups, &group{code: p.Code, typ: typ}), len(groups)
		}
		groups[i].processes = append(groups[i].processes, p)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Or(a.code-b.code, strings.Compare(a.typ, b.typ)) })
	return table(func(row func(...any)) {
		row("code", "type", "processes", "first line", "last line", "lines lost")
		for _, g := range groups {
			first, last, lost, open := []time.Duration{}, []time.Duration{}, 0, 0
			for _, p := range g.processes {
				first = append(first, p.First.Sub(from))
				lost += p.Missing
				if p.Open {
					open++
				} else {
					last = append(last, p.Last.Sub(from))
				}
			}
			end := spread(last)
			if open > 0 {
				end = strings.TrimPrefix(end+fmt.Sprintf(", %d ran on", open), ", ")
			}
			row(g.code, g.typ, len(g.processes), spread(first), end, lost)
		}
	})
}

// gateTable holds each gate against the truth.
func gateTable(r *evidence.Run, from time.Time) string {
	start, _ := r.Clock()
	at := func(d time.Duration) string { return since(start.Add(d).Sub(from)) }
	return table(func(row func(...any)) {
		row("gate", "began", "ended", "verdict", "after the last line of old code")
		for _, g := range r.Gates {
			verdict := g.Result + " (" + g.Reason
			if g.Basis != "" {
				verdict += ", " + g.Basis
			}
			after := "it did not open"
			switch d, opened := r.After(g); {
			case opened && d < 0:
				after = fmt.Sprintf("TOO EARLY: %.1f s before it", -d.Seconds())
			case opened:
				after = fmt.Sprintf("%.1f s", d.Seconds())
			}
			row(g.Name+" the deploy", at(g.Began), at(g.Ended), verdict+")", after)
		}
	})
}

// table draws rows in columns.
func table(fill func(row func(...any))) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fill(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, c)
		}
		fmt.Fprintln(w)
	})
	w.Flush()
	return b.String()
}

// since is a time from the release on, which can be before it.
func since(d time.Duration) string {
	if d.Round(time.Second) < 0 {
		return "-" + span(-d)
	}
	return "+" + span(d)
}

// spread is the first and the last of some times.
func spread(all []time.Duration) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return since(all[0])
	}
	return since(slices.Min(all)) + " to " + since(slices.Max(all))
}
