// The tables of a result, in Markdown.

package main

import (
	"fmt"
	"slices"
	"strings"
)

const storyHead = "| story | what should happen | this gate | distance | `ps:wait` | distance |\n|---|---|---|---|---|---|\n"

// tables is the part of docs/comparison.md about the stories.
func (r *result) tables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured by `make compare RUNS=%d` (runs of each program in each story) %s\n", r.Runs, r.Conditions.words())
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
			writePair(&b, figure.what+": "+t.Title, spreadIn(t.Samples[theGate], figure.of), spreadIn(t.Samples[theClient], figure.of), figure.format, figure.unit)
		}
	}
	gate, client := r.allSamples(theGate), r.allSamples(theClient)
	writePair(&b, "peak memory, all stories", spreadIn(gate, memory), spreadIn(client, memory), "%.1f", " MiB")
	writePair(&b, "start to first request", spreadIn(gate, firstAsked), spreadIn(client, firstAsked), "%.0f", " ms")
	writePair(&b, "start to first dyno list", spreadIn(gate, firstList), spreadIn(client, firstList), "%.0f", " ms")
	fmt.Fprintf(&b, "| size on disk | %s | %s |\n",
		boldIf(fmt.Sprintf("%s binary, %s image", megabytes(r.Conditions.Binary), megabytes(r.Conditions.Image)), r.Conditions.Image < r.Conditions.Install),
		boldIf(fmt.Sprintf("%s npm install, and %s Node.js", megabytes(r.Conditions.Install), megabytes(r.Conditions.Node)), r.Conditions.Install < r.Conditions.Image))
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

// words say when and where the figures were measured.
func (c conditions) words() string {
	return fmt.Sprintf("on %s UTC, on a machine with %s.\nThe client is %s; the gate is built by %s.", c.Date.Format("2006-01-02 15:04"), c.Machine, c.Client, c.Go)
}

func (t storyResult) row() string {
	should := "it must not open"
	switch t.Truth.End {
	case "opens":
		should = fmt.Sprintf("opens at %.1f s, only new code runs", t.Truth.At.Seconds())
	case "fails":
		should = fmt.Sprintf("fails at %.1f s, with the release", t.Truth.At.Seconds())
	}
	cells := []string{t.Title, should}
	for which, samples := range t.Samples {
		wins := allCorrect(t.Truth, samples) && (!allCorrect(t.Truth, t.Samples[1-which]) || t.sooner(which))
		distance := "-"
		if t.Truth.End != "" && len(ended(samples)) > 0 {
			distance = spreadIn(ended(samples), t.distance).write("%+.2f", " s")
		}
		cells = append(cells, boldIf(endings(samples), wins), boldIf(t.early(samples, distance), wins && distance != "-"))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func (t storyResult) distance(s sample) float64 { return (s.At - t.Truth.At).Seconds() }

// sooner reports whether a program ended by itself in more runs than the other, or, if both always did, earlier.
func (t storyResult) sooner(which int) bool {
	mine, others := t.Samples[which], t.Samples[1-which]
	if len(ended(mine)) < len(mine) || len(ended(others)) < len(others) {
		return len(ended(mine)) > len(ended(others))
	}
	return spreadIn(mine, t.distance).median < spreadIn(others, t.distance).median
}

// early adds "too early" to the distance if the program opened too early, or should not have opened.
func (t storyResult) early(samples []sample, distance string) string {
	for _, s := range samples {
		if s.End == "opens" && (t.Truth.End != "opens" || s.At < t.Truth.At) {
			return distance + ", too early"
		}
	}
	return distance
}

// ended are the samples of runs that ended by themselves.
func ended(samples []sample) []sample {
	var all []sample
	for _, s := range samples {
		if s.End != "" {
			all = append(all, s)
		}
	}
	return all
}

// endings says how and when the runs ended. If they ended differently, it counts each end.
func endings(samples []sample) string {
	var texts []string
	var ends []string
	for _, s := range samples {
		if !slices.Contains(ends, s.End) {
			ends = append(ends, s.End)
		}
	}
	for _, end := range ends {
		var same []sample
		for _, s := range samples {
			if s.End == end {
				same = append(same, s)
			}
		}
		at := spreadIn(same, func(s sample) float64 { return s.At.Seconds() })
		text := end + " at " + at.write("%.1f", " s")
		if end == "" {
			text = fmt.Sprintf("does not end, stopped at %.0f s", at.median)
		}
		if len(same) < len(samples) {
			text = fmt.Sprintf("%d of %d: %s", len(same), len(samples), text)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// writePair writes a row with a figure of both programs. The better one, with the lower median, is bold.
func writePair(b *strings.Builder, what string, gate, client spread, format, unit string) {
	fmt.Fprintf(b, "| %s | %s | %s |\n", what,
		boldIf(gate.write(format, unit), gate.median < client.median), boldIf(client.write(format, unit), client.median < gate.median))
}

func boldIf(text string, is bool) string {
	if is {
		return "**" + text + "**"
	}
	return text
}
