// What runs have shown of Heroku: a fold of the summary for one, a table for several.

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

// mostMeasured is how many process types a summary tells of.
const mostMeasured = 3

const notSeen = "not seen"

// ofHeroku is the fold of the summary; empty where the release was never finished.
func ofHeroku(e Ending) string {
	f := e.Measured
	if f.Finished.IsZero() || len(f.Types) == 0 {
		return ""
	}
	var b strings.Builder
	told := 0
	for _, t := range f.Types {
		if t.Dynos == 0 && !t.Hold.Seen {
			continue // nothing old was there
		}
		if told++; told <= mostMeasured {
			fmt.Fprintf(&b, "- **%s**: %s\n", markdown(t.Name), measuredType(t))
		}
	}
	if told == 0 {
		return ""
	}
	if told > mostMeasured {
		fmt.Fprintf(&b, "- and %d more\n", told-mostMeasured)
	}
	fmt.Fprintf(&b, "- The dyno list: %s. The log: %s.\n", behind(f.List), behind(f.Log))
	return folded("What this run tells of Heroku", b.String())
}

// measuredType is what is told of a process type, as sentences.
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

// spare is how far the end of a hold is from the last exit.
func spare(d time.Duration) string {
	if d < 0 {
		return "**" + tenths(-d) + " before**"
	}
	return tenths(d) + " after"
}

// behind is how late something was at the latest.
func behind(r measure.Range) string {
	if !r.Seen {
		return notSeen + " (" + r.Why + ")"
	}
	return within(r) + " behind"
}

// within is a range, or its upper bound alone if the lower one is next to nothing.
func within(r measure.Range) string {
	if r.Least < 100*time.Millisecond {
		return "at most " + tenths(r.Most)
	}
	return tenths(r.Least) + " to " + tenths(r.Most)
}

// tenths is a span to a tenth of a second, or to a whole one from a minute on.
func tenths(d time.Duration) string {
	if d.Abs().Round(100*time.Millisecond) >= time.Minute {
		return observe.Span(d).String()
	}
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', 1, 64) + "s"
}

// A MeasuredRun is a recording with what it has shown.
type MeasuredRun struct {
	Recording string `json:"recording"`
	measure.Figures
}

// longestName is how much of the path of a recording is shown: its end.
const longestName = 24

// ending is the end of a text, of so many characters at the most.
func ending(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return s
}

// Measured prints the figures of recordings: as a table with the medians, or as JSON, an object for each.
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
