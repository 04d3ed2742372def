// The summary: one page of Markdown for people, in sections that are left out one
// by one if the page would get too large.

package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// maxSummary is how large the page gets: larger ones load slowly.
const maxSummary = 180_000

// leftOut is the room for the last line of a page that is not whole.
const leftOut = 100

// summarize is the page, in at most room bytes. Everything in the ending has to be
// inert already.
func summarize(e Ending, excerpts []excerpt, version string, room int) string {
	room = min(room, maxSummary) - leftOut
	p := e.Picture
	sections := []string{
		opening(e),
		warnings(p),
		gantt(p),
		timeline(p),
		types(p),
		holds(p),
		dynos(p),
		oneOff(p),
		logState(p),
	}
	for _, x := range excerpts {
		sections = append(sections, x.markdown())
	}
	last := fmt.Sprintf("Platform API: %s.", cost(e))
	if version != "" {
		last += " rollout-gate " + version + "."
	}
	sections = append(sections, last+"\n")

	var page strings.Builder
	left := 0
	for _, s := range sections {
		switch {
		case s == "":
		case page.Len()+len(s)+1 > room:
			left++
		default:
			page.WriteString(s)
			page.WriteByte('\n')
		}
	}
	if left > 0 {
		fmt.Fprintf(&page, "Left out, since the page would be too large: %s.\n", count(left, "section"))
	}
	return page.String()
}

func symbol(v rollout.Verdict) string {
	switch v.Result {
	case rollout.Passed:
		if toneOf(v) == good {
			return "✅"
		}
		return "⚠️"
	case rollout.TimedOut:
		return "⏱️"
	case rollout.Undecided:
		return "❔"
	case rollout.Cancelled:
		return "🚫"
	}
	return "❌"
}

// opening is the verdict, the facts, and how long Heroku's word was ahead of its deeds.
func opening(e Ending) string {
	p, v := e.Picture, e.Verdict
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n%s\n\n", symbol(v), markdown(headline(e)), markdown(asSentence(v.Message)))

	var facts []string
	fact := func(what, value string) {
		if value != "" {
			facts = append(facts, what+" **"+markdown(value)+"**")
		}
	}
	fact("App", p.App.Name)
	fact("space", p.App.Space)
	fact("release", release(p))
	if p.Target != nil && p.Target.Description != "" {
		facts = append(facts, "“"+markdown(p.Target.Description)+"”")
	}
	fact("commit", p.Commit)
	if p.SupersededBy != 0 {
		fact("superseded by", fmt.Sprintf("v%d", p.SupersededBy))
	}
	fact("basis", string(v.Basis))
	fact("waited", observe.Span(e.Waited).String())
	b.WriteString(strings.Join(facts, " · ") + "\n")

	t := p.Times
	switch {
	case t.ReleaseFinished.IsZero():
	case !t.OldGone.IsZero() && t.OldGone.Sub(t.ReleaseFinished) >= time.Second:
		gone := "gone"
		if v.Basis == rollout.Presumed {
			gone = "presumed gone"
		}
		fmt.Fprintf(&b, "\nHeroku called the release finished at %s. Old code was %s at %s, **%s later**.\n",
			distance(t.ReleaseFinished, p), gone, distance(t.OldGone, p), observe.Span(t.OldGone.Sub(t.ReleaseFinished)))
	case p.OldRemaining > 0:
		fmt.Fprintf(&b, "\nHeroku called the release finished at %s. Old code may still run: **%s**.\n",
			distance(t.ReleaseFinished, p), count(p.OldRemaining, "old dyno"))
	}
	return b.String()
}

// asSentence is a message with a capital and a full stop.
func asSentence(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[n:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

func warnings(p rollout.Picture) string {
	return list("Warnings", p.Notices, 20, markdown)
}

func holds(p rollout.Picture) string {
	var held []rollout.TypePicture
	for _, t := range p.Types {
		if t.HoldReason != "" || t.HoldUntil > 0 {
			held = append(held, t)
		}
	}
	return list("Not proven", held, 20, func(t rollout.TypePicture) string {
		s := fmt.Sprintf("**%s**", markdown(t.Type))
		if t.HoldUntil > 0 {
			s += ", presumed alive until " + observe.Span(t.HoldUntil).String() + " of waiting"
		}
		if t.HoldReason != "" {
			s += ": " + markdown(t.HoldReason)
		}
		return s
	})
}

func oneOff(p rollout.Picture) string {
	return list("One-off dynos, left out", p.OneOff, 20, func(d observe.Dyno) string {
		s := fmt.Sprintf("**%s** of v%d, %s", markdown(d.Name), d.Version, markdown(d.State))
		if p.Target != nil && d.Version < p.Target.Version {
			s += " (old code)"
		}
		return s
	})
}

// logState is how far the log could be relied on.
func logState(p rollout.Picture) string {
	var b strings.Builder
	if len(p.Gaps) > 0 || p.LogReason != "" {
		b.WriteString("### Log\n\n")
	}
	if p.LogReason != "" {
		fmt.Fprintf(&b, "The log cannot be relied on: %s\n\n", markdown(p.LogReason))
	}
	if len(p.Gaps) > 0 {
		b.WriteString(list("", p.Gaps, 20, func(g rollout.Gap) string {
			return fmt.Sprintf("lines lost after %s of waiting: %s", observe.Span(g.At), markdown(g.Reason))
		}))
	}
	return b.String()
}

// list is a heading and the first most items; empty without items.
func list[T any](heading string, items []T, most int, text func(T) string) string {
	if len(items) == 0 {
		return ""
	}
	var b strings.Builder
	if heading != "" {
		fmt.Fprintf(&b, "### %s\n\n", heading)
	}
	for i, item := range items {
		if i == most {
			fmt.Fprintf(&b, "- and %d more\n", len(items)-most)
			break
		}
		fmt.Fprintf(&b, "- %s\n", text(item))
	}
	return b.String()
}

// distance is how long after the creation of the release t was: +5m08s.
func distance(t time.Time, p rollout.Picture) string {
	if t.IsZero() || p.Times.ReleaseCreated.IsZero() {
		return ""
	}
	d := t.Sub(p.Times.ReleaseCreated)
	if d.Round(time.Second) < 0 {
		return observe.Span(d).String()
	}
	return "+" + observe.Span(d).String()
}
