// This file is for the tables of a result, in Markdown.

package main

import (
	"fmt"
	"slices"
	"strings"
)

const storyHead = "| story | what should happen | this gate | distance | `ps:wait` | distance |\n|---|---|---|---|---|---|\n"

// tables is all that docs/comparison.md holds of a session.
func (r *result) tables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured by `make compare RUNS=%d` (runs of each program in each story) %s\n", r.Runs, r.About.words())
	b.WriteString("\n## When they end\n\n" + storyHead)
	for _, t := range r.Stories {
		b.WriteString(t.row())
	}
	b.WriteString("\n## What they take\n\n| | this gate | `ps:wait` |\n|---|---|---|\n")
	for _, figure := range []struct {
		what, format, unit string
		of                 func(sample) float64
	}{{"API requests", "%.0f", "", requests}, {"processor time", "%.2f", " s", cpu}} {
		for _, t := range r.Stories {
			pair(&b, figure.what+": "+t.Title, of(t.Samples[theGate], figure.of), of(t.Samples[theClient], figure.of), figure.format, figure.unit)
		}
	}
	gate, client := r.everywhere(theGate), r.everywhere(theClient)
	pair(&b, "peak memory, all stories", of(gate, memory), of(client, memory), "%.1f", " MiB")
	pair(&b, "start to first request", of(gate, firstAsked), of(client, firstAsked), "%.0f", " ms")
	pair(&b, "start to first dyno list", of(gate, firstList), of(client, firstList), "%.0f", " ms")
	fmt.Fprintf(&b, "| size on disk | %s | %s |\n",
		better(fmt.Sprintf("%s binary, %s image", megabytes(r.About.Binary), megabytes(r.About.Image)), r.About.Image < r.About.Install),
		better(fmt.Sprintf("%s npm install, and %s Node.js", megabytes(r.About.Install), megabytes(r.About.Node)), r.About.Install < r.About.Image))
	b.WriteString("\n## What the gate asks of itself\n\n| | at most | seen | |\n|---|---|---|---|\n")
	for _, p := range r.promises() {
		word := "kept"
		if !p.kept {
			word = "**missed**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.what, p.limit, p.seen, word)
	}
	return b.String()
}

// words say when, where and with what it was measured.
func (a about) words() string {
	return fmt.Sprintf("on %s UTC, on a machine with %s.\nThe client is %s; the gate is built by %s.", a.Date.Format("2006-01-02 15:04"), a.Machine, a.Client, a.Go)
}

func (t told) row() string {
	should := "it must not open"
	switch t.Truth.End {
	case "opens":
		should = fmt.Sprintf("opens at %.1f s, only new code runs", t.Truth.At.Seconds())
	case "fails":
		should = fmt.Sprintf("fails at %.1f s, with the release", t.Truth.At.Seconds())
	}
	cells := []string{t.Title, should}
	for which, samples := range t.Samples {
		wins := allRight(t.Truth, samples) && (!allRight(t.Truth, t.Samples[1-which]) || t.sooner(which))
		distance := "-"
		if t.Truth.End != "" && len(ended(samples)) > 0 {
			distance = of(ended(samples), t.distance).write("%+.2f", " s")
		}
		cells = append(cells, better(ending(samples), wins), better(t.early(samples, distance), wins && distance != "-"))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func (t told) distance(s sample) float64 { return (s.At - t.Truth.At).Seconds() }

// sooner reports whether a program ended by itself, and before the other did.
func (t told) sooner(which int) bool {
	mine, others := t.Samples[which], t.Samples[1-which]
	if len(ended(mine)) < len(mine) || len(ended(others)) < len(others) {
		return len(ended(mine)) > len(ended(others))
	}
	return of(mine, t.distance).median < of(others, t.distance).median
}

// early says it in words when a program opened that should not have, or not yet.
func (t told) early(samples []sample, distance string) string {
	for _, s := range samples {
		if s.End == "opens" && (t.Truth.End != "opens" || s.At < t.Truth.At) {
			return distance + ", too early"
		}
	}
	return distance
}

// ended are the samples of runs that were not stopped.
func ended(samples []sample) []sample {
	var all []sample
	for _, s := range samples {
		if s.End != "" {
			all = append(all, s)
		}
	}
	return all
}

// ending is how runs ended and when; each way with its number if they differ.
func ending(samples []sample) string {
	var ways []string
	var seen []string
	for _, s := range samples {
		if !slices.Contains(seen, s.End) {
			seen = append(seen, s.End)
		}
	}
	for _, way := range seen {
		var same []sample
		for _, s := range samples {
			if s.End == way {
				same = append(same, s)
			}
		}
		at := of(same, func(s sample) float64 { return s.At.Seconds() })
		text := way + " at " + at.write("%.1f", " s")
		if way == "" {
			text = fmt.Sprintf("does not end, stopped at %.0f s", at.median)
		}
		if len(same) < len(samples) {
			text = fmt.Sprintf("%d of %d: %s", len(same), len(samples), text)
		}
		ways = append(ways, text)
	}
	return strings.Join(ways, "; ")
}

// pair is a row of two figures, of which the lower median wins.
func pair(b *strings.Builder, what string, gate, client spread, format, unit string) {
	fmt.Fprintf(b, "| %s | %s | %s |\n", what,
		better(gate.write(format, unit), gate.median < client.median), better(client.write(format, unit), client.median < gate.median))
}

func better(text string, is bool) string {
	if is {
		return "**" + text + "**"
	}
	return text
}
