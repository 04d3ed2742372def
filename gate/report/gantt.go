// The chart: what Heroku said, what was up and what old code did meanwhile. Its
// texts are all our own, since Mermaid has no way to quote.

package report

import (
	"fmt"
	"slices"
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
    todayMarker off
    dateFormat YYYY-MM-DDTHH:mm:ss
`

// Styles of bars. What is not whole, or not known, has a lighter bar.
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
	// What is over ends with its last moment, however late the gate came.
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
	g.fresh(p)
	if e.Verdict.Reason == rollout.DynosCrashed {
		g.section("Crashes", span{"from the first crash on", alarm, t.FirstCrash, end})
	}
	g.old(e)
	return g.text()
}

// fresh draws how many new dynos were up.
func (g *chart) fresh(p rollout.Picture) {
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

// old draws what old code did, and may have done, and how much of that Heroku's word did not tell.
// Where the deploy failed, old dynos are what keeps the app up, and no alarm.
func (g *chart) old(e Ending) {
	t, known := e.Picture.Times, e.Picture.Old
	words, gone := known.Words(), orElse(t.OldGone, g.end)
	if known == rollout.ByProof {
		gone = orElse(t.OldGone, t.OldLastSeen)
	}
	seen, ran := t.OldLastSeen, rollout.ByProof.Words() // until when it ran for sure, and how that is told
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

// unseenRow is the row of what Heroku's word did not tell; the title explains it, where a chart has it.
const (
	unseenRow   = "Unseen"
	unseenMeans = " (unseen: old code after Heroku called it finished)"
)

func lasted(text string, from, to time.Time) string {
	return rollout.Fill(text, observe.Span(between(from, to)).String())
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

// A span is a bar: what was so, how it is drawn, and from when to when. It is left out if
// its beginning did not happen. One of no time is left out, too, or a milestone if it is
// all that its row has.
type span struct {
	text, style string
	from, to    time.Time
}

type chart struct {
	zero, end time.Time
	body      strings.Builder
	bars      int
}

// section is a row with a name, if there is anything to draw in it.
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
			// What does not fit into its bar is written over the one next to it: better
			// next to nothing, since Mermaid insists on a text.
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

// at is how far from the release a moment is on the chart.
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

// onChart is a distance as a date, since the chart knows only dates. They are read
// and shown in the reader's zone: any quiet day will do.
func onChart(d time.Duration) string {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format("2006-01-02T15:04:05")
}
