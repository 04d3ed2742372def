// What runs have shown of Heroku: for one run a section of the summary, for several runs a table.

package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
)

// mostMeasured is how many process types the section names.
const mostMeasured = 3

const notSeen = "not seen"

// measuredSection is the section of the summary; empty if the release was never finished.
func measuredSection(e Ending) string {
	f := e.Measured
	if f.Finished.IsZero() || len(f.Types) == 0 {
		return ""
	}
	var b strings.Builder
	types := 0
	for _, t := range f.Types {
		if t.Dynos == 0 && !t.Hold.Seen {
			continue // it had no old dynos
		}
		if types++; types <= mostMeasured {
			fmt.Fprintf(&b, "- **%s**: %s\n", markdown(t.Name), measuredType(t))
		}
	}
	if types == 0 {
		return ""
	}
	if types > mostMeasured {
		fmt.Fprintf(&b, "- and %d more\n", types-mostMeasured)
	}
	fmt.Fprintf(&b, "- The dyno list: %s. The log: %s.\n", behind(f.List), behind(f.Log))
	return folded("What this run shows of Heroku", b.String())
}

// measuredType puts the figures of a process type into sentences.
func measuredType(t measure.Type) string {
	kills := "SIGTERM " + notSeen + " (" + t.FirstKill.Why + ")."
	if t.FirstKill.Seen {
		kills = "SIGTERM " + tenths(t.FirstKill.Span)
		if t.LastKill.Span > t.FirstKill.Span {
			kills += " to " + tenths(t.LastKill.Span)
		}
		kills += " after the release was finished, to " + count(t.Dynos, "dyno")
		if t.Apart.Seen {
			kills += fmt.Sprintf(", %s apart", tenths(t.Apart.Span))
		}
		kills += "."
	}
	if t.Stop.Seen {
		kills += fmt.Sprintf(" From SIGTERM to exit: %s, at most %s.", tenths(t.Stop.Span), tenths(t.LongestStop.Span))
	}
	if !t.Hold.Seen {
		return kills
	}
	hold := " Hold without any proof: " + observe.Span(t.Hold.Span).String()
	if t.Spare.Seen {
		hold += ", " + spare(t.Spare.Span) + " the last exit"
	}
	return kills + hold + "."
}

// spare says how long after or before the last exit the hold ended.
func spare(d time.Duration) string {
	if d < 0 {
		return "**" + tenths(-d) + " before**"
	}
	return tenths(d) + " after"
}

// behind says how late something was.
func behind(r measure.Range) string {
	if !r.Seen {
		return notSeen + " (" + r.Why + ")"
	}
	return within(r) + " behind"
}

// within writes a range, or only its upper bound if the lower one is less than a tenth of a second.
func within(r measure.Range) string {
	if r.Least < 100*time.Millisecond {
		return "at most " + tenths(r.Most)
	}
	return tenths(r.Least) + " to " + tenths(r.Most)
}

// tenths writes a span to a tenth of a second; from a minute on, to a second.
func tenths(d time.Duration) string {
	if d.Abs().Round(100*time.Millisecond) >= time.Minute {
		return observe.Span(d).String()
	}
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', 1, 64) + "s"
}

// A MeasuredRun is a recording with its figures.
type MeasuredRun struct {
	Recording string `json:"recording"`
	measure.Figures
}

// longestName is how many characters of the path of a recording are shown, counted from its end.
const longestName = 24

// lastCharacters cuts the beginning of s, so that at most that many characters are left.
func lastCharacters(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return s
}

// Measured prints the figures of recordings: as a table with medians, or as one JSON object for each.
func (r *Report) Measured(runs []MeasuredRun) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.result != nil {
		for _, run := range runs {
			line, err := json.Marshal(run)
			if err == nil {
				_, err = r.result.Write(append(line, '\n'))
			}
			if err != nil {
				return fmt.Errorf("writing the figures: %w", err)
			}
		}
		return nil
	}
	table := measuredTable{text: func(s string) string { return r.text(s, 200) }}
	for _, run := range runs {
		run.Figures = r.figures(run.Figures)
		table.add(run)
	}
	for _, line := range table.lines(r.out.width()) {
		r.out.line(line)
	}
	return r.out.err
}
