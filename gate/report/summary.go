// The summary: one page of Markdown for people. A section that would make the page too large is left out.

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// maxSummary is the largest page in bytes: a larger one loads slowly.
const maxSummary = 180_000

// leftOutLine is the room for the line that says how many sections were left out.
const leftOutLine = 100

// summarize writes the page, in at most room bytes: the verdict, the excerpts of the log that explain it, and
// then the roll-out. All texts in the ending must be inert already.
func summarize(e Ending, excerpts []excerpt, to links, version string, room int) string {
	room = min(room, maxSummary) - leftOutLine
	p := e.Picture
	sections := []string{verdict(e)}
	for _, x := range excerpts {
		sections = append(sections, x.markdown())
	}
	last := fmt.Sprintf("Platform API: %s.", cost(e))
	if version != "" {
		last += " rollout-gate " + version + "."
	}
	sections = append(sections, facts(e, to), oldCode(e), command(e), warnings(p), gantt(e), types(p), timeline(e))
	if proofMatters(e.Verdict) {
		sections = append(sections, holds(p), logState(p))
	}
	sections = append(sections, dynos(p), measuredSection(e), oneOff(p), last+"\n")

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

// verdict is the heading, and the message as a sentence.
func verdict(e Ending) string {
	return fmt.Sprintf("## %s %s\n\n%s\n", symbol(e.Verdict), markdown(headline(e)), prose(asSentence(e.Verdict.Message)))
}

// facts names what the wait was about, with links.
func facts(e Ending, to links) string {
	p := e.Picture
	var all []string
	fact := func(what, value string) {
		if value != "" {
			all = append(all, what+" **"+value+"**")
		}
	}
	fact("App", to.ofApp(markdown(p.App.Name), ""))
	fact("space", markdown(p.App.Space))
	if p.Target != nil {
		fact("release", to.release(markdown(release(p)), p.Target.ID))
		if p.Target.Description != "" {
			all = append(all, "“"+markdown(p.Target.Description)+"”")
		}
	}
	fact("commit", to.commit(p.Commit))
	if p.SupersededBy != 0 {
		fact("superseded by", fmt.Sprintf("v%d", p.SupersededBy))
	}
	fact("waited", observe.Span(e.Waited).String())
	if to.app != "" {
		all = append(all, to.ofApp("activity", "/activity"), to.ofApp("logs", "/logs"))
	}
	return strings.Join(all, " · ") + "\n"
}

// oldCode says how long old dynos ran after Heroku had called the release finished, if that is known.
func oldCode(e Ending) string {
	p, t := e.Picture, e.Picture.Times
	if t.ReleaseFinished.IsZero() {
		return ""
	}
	if t.OldGone.IsZero() && p.Old == rollout.ByProof {
		return "" // there were no old dynos
	}
	text := fmt.Sprintf("Since the release was created: Heroku called it finished at %s; ", distance(t.ReleaseFinished, p)) +
		rollout.Fill(p.Old.Words().Sentence, distance(t.OldGone, p))
	switch after := between(t.ReleaseFinished, t.OldGone); {
	case t.OldGone.IsZero() && p.OldRemaining > 0:
		return fmt.Sprintf("%s: **%s**.\n", text, count(p.OldRemaining, "old dyno"))
	case t.OldGone.IsZero():
		return text + ".\n"
	case after < time.Second:
		return ""
	case p.Old == rollout.ByLimit:
		return fmt.Sprintf("%s, **up to %s later**: that none runs any more is presumed, not proven.\n", text, observe.Span(after))
	default:
		return fmt.Sprintf("%s, **%s later**.\n", text, observe.Span(after))
	}
}

// command is a command that shows more, unless the message contains it already.
func command(e Ending) string {
	line := toCopy(e)
	if line == "" || strings.Contains(e.Verdict.Message, `"`+line+`"`) {
		return ""
	}
	return fenced([]string{line}, "sh")
}

// proofMatters reports whether the verdict depends on something that was not proven.
func proofMatters(v rollout.Verdict) bool {
	switch v.Reason {
	case rollout.OldDynosRemain, rollout.Unproven, rollout.Interrupted:
		return true
	}
	return v.Result == rollout.Passed && v.Basis == rollout.Presumed
}

// asSentence gives a message a capital and a full stop.
func asSentence(s string) string {
	s = capital(s)
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

func warnings(p rollout.Picture) string {
	return list("Warnings", p.Notices, 20, prose)
}

func holds(p rollout.Picture) string {
	var held []rollout.TypePicture
	for _, t := range p.Types {
		if t.OldListed == 0 && (t.HoldReason != "" || t.HoldUntil > 0) {
			held = append(held, t)
		}
	}
	return list("Not proven", held, 20, func(t rollout.TypePicture) string {
		s := fmt.Sprintf("**%s**", markdown(t.Type))
		if t.HoldUntil > 0 {
			s += ", assumed to run until " + observe.Span(t.HoldUntil).String() + " of the wait"
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

// logState says what was wrong with the log, unless a warning says so already.
func logState(p rollout.Picture) string {
	inWarning := func(reason string) bool {
		return slices.ContainsFunc(p.Notices, func(n string) bool { return strings.Contains(n, reason) })
	}
	var b strings.Builder
	if p.LogReason != "" && !inWarning(p.LogReason) {
		fmt.Fprintf(&b, "The log cannot be relied on: %s\n\n", markdown(p.LogReason))
	}
	return b.String() + list("Lost lines of the log", p.Gaps, 20, func(g rollout.Gap) string {
		return fmt.Sprintf("after %s of waiting: %s", observe.Span(g.At), markdown(g.Reason))
	})
}

// list writes a heading and at most the first most items; empty without items.
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

// distance is how long after the creation of the release t was, such as "+5m08s"; empty if that is not known.
func distance(t time.Time, p rollout.Picture) string {
	if t.IsZero() || p.Times.ReleaseCreated.IsZero() {
		return ""
	}
	d := between(p.Times.ReleaseCreated, t)
	if d < 0 {
		return observe.Span(d).String()
	}
	return "+" + observe.Span(d).String()
}

// between is how much later b was. Both times are first cut to seconds, as they are shown, so that the times
// on the page add up.
func between(a, b time.Time) time.Duration {
	return b.Truncate(time.Second).Sub(a.Truncate(time.Second))
}
