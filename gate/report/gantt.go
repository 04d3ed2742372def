// The chart: what Heroku said, what was up and what old code did meanwhile. Its
// texts are all our own, since Mermaid has no way to quote.

package report

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// chartHead makes a Mermaid gantt of one row a section, with room for the sections'
// names: https://mermaid.js.org/syntax/gantt.html.
const chartHead = `---
displayMode: compact
config:
  gantt:
    leftPadding: 100
---
gantt
    title Time since the release was created
    todayMarker off
    dateFormat YYYY-MM-DDTHH:mm:ss
`

// gantt draws the roll-out on a clock that starts with the release. It is empty if
// there is nothing to draw.
func gantt(p rollout.Picture) string {
	t := p.Times
	if t.ReleaseCreated.IsZero() {
		return ""
	}
	// What is over ends with its last moment, however late the gate came.
	end := latest(t.ReleaseFinished, t.AllNewUp, t.OldGone)
	if t.ReleaseFinished.IsZero() || t.AllNewUp.IsZero() || p.OldRemaining > 0 {
		end = latest(end, p.PlatformNow)
	}
	g := chart{zero: t.ReleaseCreated, end: end}

	g.section("Heroku says", "done",
		span{"not finished", t.ReleaseCreated, orElse(t.ReleaseFinished, end)},
		span{"finished", t.ReleaseFinished, end})
	g.section("New dynos", "active",
		span{"some up", t.FirstNewUp, orElse(t.AllNewUp, end)},
		span{"all up", t.AllNewUp, end})

	gone := t.OldGone
	if p.OldRemaining > 0 {
		gone = end
	}
	if stop := t.FirstOldStopped; stop.IsZero() || stop.After(gone) {
		g.section("Old dynos", "", span{"run or may run", t.ReleaseCreated, gone})
	} else {
		g.section("Old dynos", "",
			span{"all run", t.ReleaseCreated, stop},
			span{"some run", stop, gone})
	}
	if unseen := gone.Sub(t.ReleaseFinished); !t.ReleaseFinished.IsZero() && unseen > 0 {
		text := observe.Span(unseen).String() + " of old code after finished"
		if p.OldRemaining > 0 {
			text += " so far"
		}
		g.section("Unseen", "crit", span{text, t.ReleaseFinished, gone})
	}
	return g.text()
}

// latest is the last of some moments, of which some may not have happened.
func latest(moments ...time.Time) time.Time {
	var last time.Time
	for _, m := range moments {
		if m.After(last) {
			last = m
		}
	}
	return last
}

// orElse is t, or u if t did not happen.
func orElse(t, u time.Time) time.Time {
	if t.IsZero() {
		return u
	}
	return t
}

// A span is a bar: what was so, and from when to when. It is left out if its
// beginning did not happen. One of no time is left out, too, or a milestone if it is
// all that its row has.
type span struct {
	text     string
	from, to time.Time
}

type chart struct {
	zero, end time.Time
	body      strings.Builder
	bars      int
}

// section is a row with a name, if there is anything to draw in it.
func (g *chart) section(name, style string, spans ...span) {
	first := true
	for i, s := range spans {
		a, b := g.at(s.from), g.at(s.to)
		milestone := a == b && a > 0 && first && i == len(spans)-1
		if s.from.IsZero() || b <= a && !milestone {
			continue
		}
		if first {
			fmt.Fprintf(&g.body, "    section %s\n", name)
			first = false
		}
		if milestone {
			style = "milestone"
		}
		// What does not fit into its bar is written over the one next to it: better
		// next to nothing, since Mermaid insists on a text.
		if len(spans) > 1 && (b-a)*8 < g.at(g.end) && !milestone {
			s.text = "·"
		}
		g.bars++
		tags := fmt.Sprintf("b%d, %s, %s", g.bars, onChart(a), onChart(b))
		if style != "" {
			tags = style + ", " + tags
		}
		fmt.Fprintf(&g.body, "    %s :%s\n", s.text, tags)
	}
}

// at is how far from the release a moment is on the chart.
func (g *chart) at(t time.Time) time.Duration {
	return max(t.Sub(g.zero), 0).Round(time.Second)
}

func (g *chart) text() string {
	if g.bars == 0 {
		return ""
	}
	axis := "%M:%S"
	if g.at(g.end) >= time.Hour {
		axis = "%H:%M:%S"
	}
	return fmt.Sprintf("```mermaid\n%s    axisFormat %s\n%s```\n", chartHead, axis, g.body.String())
}

// onChart is a distance as a date, since the chart knows only dates. They are read
// and shown in the reader's zone: any quiet day will do.
func onChart(d time.Duration) string {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format("2006-01-02T15:04:05")
}
