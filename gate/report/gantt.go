// The chart: what Heroku said, and what new and old dynos did at the same time. It contains
// no text from outside, since Mermaid cannot escape text.

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// chartHead is for a Mermaid gantt with one row for each section, with room for the names of the sections:
// https://mermaid.js.org/syntax/gantt.html.
const chartHead = `---
displayMode: compact
config:
  gantt:
    leftPadding: 100
---
gantt
    todayMarker off
    dateFormat YYYY-MM-DDTHH:mm:ss
`

// Styles of bars. A lighter bar means: not all of them, or not known.
const (
	solid      = ""
	light      = "active"
	grey       = "done"
	alarm      = "crit"
	lightAlarm = "active, crit"
)

// gantt draws the roll-out on a clock that starts with the release. It is empty if
// there is nothing to draw.
func gantt(e Ending) string {
	p, t := e.Picture, e.Picture.Times
	if t.ReleaseCreated.IsZero() {
		return ""
	}
	phaseFailed := phaseFailedAt(p)
	// If everything is over, the chart ends with the last event, even if the gate began much later.
	end := latest(t.ReleaseFinished, t.AllNewUp, t.OldGone, phaseFailed)
	if t.ReleaseFinished.IsZero() && phaseFailed.IsZero() || t.AllNewUp.IsZero() || t.OldGone.IsZero() && p.Old != rollout.ByProof {
		end = latest(end, p.PlatformNow)
	}
	g := chart{zero: t.ReleaseCreated, end: end}
	g.section("Heroku says",
		span{"not finished", grey, t.ReleaseCreated, orElse(t.ReleaseFinished, end)},
		span{"finished", grey, t.ReleaseFinished, end})
	if !phaseFailed.IsZero() {
		g.section("Release phase", span{"failed", alarm, t.ReleaseCreated, phaseFailed})
	}
	g.newDynos(p)
	if e.Verdict.Reason == rollout.DynosCrashed {
		g.section("Crashes", span{"from the first crash on", alarm, t.FirstCrash, end})
	}
	g.oldDynos(e)
	return g.text()
}

// newDynos draws from when on some and all new dynos were up.
func (g *chart) newDynos(p rollout.Picture) {
	t := p.Times
	some, all := span{"some up", light, t.FirstNewUp, orElse(t.AllNewUp, g.end)}, span{"all up", solid, t.AllNewUp, g.end}
	switch {
	case t.AllNewUp.IsZero():
	case p.NewUp < p.NewWanted: // as after a newer release
		all.text, all.style = "all up for a time", light
	case g.at(t.AllNewUp) == g.at(g.end) && g.at(t.FirstNewUp) < g.at(g.end):
		some.text = "some up, all at the end"
	}
	g.section("New dynos", some, all)
}

// phaseFailedAt is when the release phase failed; zero if it did not.
func phaseFailedAt(p rollout.Picture) time.Time {
	if p.Target == nil || p.Target.Status != "failed" {
		return time.Time{}
	}
	return p.Target.UpdatedAt
}

// oldDynos draws how long old dynos ran, or may have run, and how much of that was after Heroku had called
// the release finished. If the deploy failed, this last row is left out: then old dynos are no alarm, since
// they keep the app up.
func (g *chart) oldDynos(e Ending) {
	t, known := e.Picture.Times, e.Picture.Old
	words, gone := known.Words(), orElse(t.OldGone, g.end)
	if known == rollout.ByProof {
		gone = orElse(t.OldGone, t.OldLastSeen)
	}
	seen, ran := t.OldLastSeen, rollout.ByProof.Words() // until when they certainly ran, and the words for it
	if known == rollout.Seen || known == rollout.ByProof {
		seen, ran = gone, words
	}
	stop := t.FirstOldStopped
	switch {
	case gone.IsZero():
		return // there was none
	case known == rollout.ByProof && stop.After(t.ReleaseCreated) && stop.Before(gone):
		g.section("Old dynos",
			span{"all run", solid, t.ReleaseCreated, stop},
			span{"some run", solid, stop, gone})
	default:
		g.section("Old dynos",
			span{ran.Bar, solid, t.ReleaseCreated, seen},
			span{words.Bar, light, latest(seen, t.ReleaseCreated), gone})
	}
	if t.ReleaseFinished.IsZero() || e.Verdict.Result == rollout.Failed || g.at(gone) <= g.at(t.ReleaseFinished) {
		return
	}
	from := latest(seen, t.ReleaseFinished)
	g.section(unseenRow,
		span{lasted(ran.Unseen, t.ReleaseFinished, seen), alarm, t.ReleaseFinished, seen},
		span{lasted(words.Unseen, from, gone), lightAlarm, from, gone})
}

// unseenRow is the row for old code that ran after Heroku had called the release finished. The title explains
// it.
const (
	unseenRow   = "Unseen"
	unseenMeans = " (unseen: old code after Heroku called it finished)"
)

func lasted(text string, from, to time.Time) string {
	return rollout.Fill(text, observe.Span(between(from, to)).String())
}

// latest is the latest of some times. A zero time did not happen.
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

// A span is a bar: its text, its style, from when to when. It is left out if
// from is zero. A bar of no length is left out, too; if it is the only one in its row, it becomes a milestone.
type span struct {
	text, style string
	from, to    time.Time
}

type chart struct {
	zero, end time.Time
	body      strings.Builder
	bars      int
}

// section adds a row with a name, if it has any bar.
func (g *chart) section(name string, spans ...span) {
	spans = slices.DeleteFunc(spans, func(s span) bool { return s.from.IsZero() || g.at(s.to) < g.at(s.from) })
	if long := slices.DeleteFunc(slices.Clone(spans), func(s span) bool { return g.at(s.to) == g.at(s.from) }); len(long) > 0 {
		spans = long
	} else {
		spans = spans[max(0, len(spans)-1):]
	}
	for i, s := range spans {
		a, b := g.at(s.from), g.at(s.to)
		switch {
		case a == b && a == 0:
			continue
		case a == b:
			s.style = "milestone"
		case len(spans) > 1 && (b-a)*8 < g.at(g.end):
			// Mermaid would write a text that does not fit over the next bar. It does not
			// allow an empty text, so this is a dot.
			s.text = "·"
		}
		if i == 0 {
			fmt.Fprintf(&g.body, "    section %s\n", name)
		}
		g.bars++
		tags := fmt.Sprintf("b%d, %s, %s", g.bars, onChart(a), onChart(b))
		if s.style != "" {
			tags = s.style + ", " + tags
		}
		fmt.Fprintf(&g.body, "    %s :%s\n", s.text, tags)
	}
}

// at is where a time is on the chart: how long after the creation of the release; at least 0.
func (g *chart) at(t time.Time) time.Duration {
	return max(between(g.zero, t), 0)
}

func (g *chart) text() string {
	if g.bars == 0 {
		return ""
	}
	axis := "%M:%S"
	if g.at(g.end) >= time.Hour {
		axis = "%H:%M:%S"
	}
	title := "Time since the release was created"
	if strings.Contains(g.body.String(), "    section "+unseenRow+"\n") {
		title += unseenMeans
	}
	return fmt.Sprintf("```mermaid\n%s    title %s\n    axisFormat %s\n%s```\n", chartHead, title, axis, g.body.String())
}

// onChart writes a distance as a date, since the chart only knows dates. They are read
// and shown in the reader's time zone, so the day must not have a change of clocks anywhere.
func onChart(d time.Duration) string {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format("2006-01-02T15:04:05")
}
