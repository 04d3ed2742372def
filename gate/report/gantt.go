// The chart: what Heroku said, what was up and what old code did meanwhile. Its
// texts are all our own, since Mermaid has no way to quote.

package report

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// gantt draws the roll-out on a clock that starts with the release, as a Mermaid
// chart: https://mermaid.js.org/syntax/gantt.html. It is empty if there is
// nothing to draw.
func gantt(p rollout.Picture) string {
	g := chart{zero: p.Times.ReleaseCreated, now: p.PlatformNow}
	if g.zero.IsZero() {
		return ""
	}
	t := p.Times
	if g.now.Before(g.zero) {
		g.now = g.zero
	}

	if t.ReleaseFinished.IsZero() {
		g.bar("Heroku says", "not finished", "active", g.zero, g.now)
	} else {
		g.bar("Heroku says", "created to finished", "done", g.zero, t.ReleaseFinished)
	}
	switch {
	case t.FirstNewUp.IsZero():
	case t.AllNewUp.IsZero():
		g.bar("New dynos", "first up, not all yet", "active", t.FirstNewUp, g.now)
	default:
		g.bar("New dynos", "first up to all up", "active", t.FirstNewUp, t.AllNewUp)
	}
	gone, old, unseen := t.OldGone, "alive", "after finished"
	if gone.IsZero() && p.OldRemaining > 0 {
		gone, old, unseen = g.now, "alive, not gone yet", "after finished, so far"
	}
	if !gone.IsZero() {
		g.bar("Old dynos", old, "crit", g.zero, gone)
		if !t.ReleaseFinished.IsZero() && gone.After(t.ReleaseFinished) {
			g.bar("Old code unseen", unseen, "crit", t.ReleaseFinished, gone)
		}
	}

	axis := "%M:%S"
	if g.last >= time.Hour {
		axis = "%H:%M:%S"
	}
	return fmt.Sprintf("```mermaid\ngantt\n    title Time since the release was created\n"+
		"    dateFormat YYYY-MM-DDTHH:mm:ss\n    axisFormat %s\n%s```\n", axis, g.body.String())
}

type chart struct {
	zero, now time.Time
	body      strings.Builder
	last      time.Duration
	bars      int
}

// bar adds a section with one bar in it, a milestone if it takes no time.
func (g *chart) bar(section, text, style string, from, to time.Time) {
	a := max(from.Sub(g.zero), 0).Round(time.Second)
	b := max(to.Sub(g.zero), 0).Round(time.Second)
	g.bars++
	fmt.Fprintf(&g.body, "    section %s\n", section)
	if b <= a {
		fmt.Fprintf(&g.body, "    %s :milestone, b%d, %s, 0s\n", text, g.bars, onChart(a))
	} else {
		fmt.Fprintf(&g.body, "    %s :%s, b%d, %s, %s\n", text, style, g.bars, onChart(a), onChart(b))
	}
	g.last = max(g.last, a, b)
}

// onChart is a distance as a date, since the chart knows only dates. They are read
// and shown in the reader's zone: any quiet day will do.
func onChart(d time.Duration) string {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format("2006-01-02T15:04:05")
}
