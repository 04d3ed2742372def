// What is told of old code: never more than the core knows, and never what is not true. Every story is
// read for it, whatever its ending.

package gate_test

import (
	"cmp"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// saysGone finds a part of a sentence that says that old code is gone, or how long it ran.
var saysGone = regexp.MustCompile(`(?i)\bno old\b|\bold (?:code|dynos?|one|ones|process|processes)\b.*\b(?:gone|ended|stopped|over)\b|\bruns? alone\b|\bof old code\b|\bgone \+|\bold code was\b|^(?:gone|proven)$`)

// hedged finds what says in the same breath that this is not known for sure, or how far it is known.
var hedged = regexp.MustCompile(`(?i)\bpresumed?\b|\bpresumption\b|\bmay\b|\bcan\b|\bnothing proves\b|\bnot proven\b|\bto end\b|\bfirst old dyno ended\b|\bdyno list shows\b|\bwhat the log tells\b|\bso far\b`)

// parts are what can be read by itself: a sentence, a cell of a table, a part of a line of progress.
func parts(text string) []string {
	text = html.UnescapeString(strings.NewReplacer("**", "", "&#8203;", "").Replace(text))
	return regexp.MustCompile(`\n|\. | \| | · |^\| | \|$`).Split(text, -1)
}

// checkKnowledge fails if an ending tells as a fact what the core only presumes, or does not know, or
// what is not true.
func checkKnowledge(t testing.TB, story *herokusim.Story, o outcome) {
	t.Helper()
	if told := overstated(story, o); told != "" {
		t.Error(told)
	}
}

// overstated says what an ending tells of old code that is more than is known; empty if nothing is.
func overstated(story *herokusim.Story, o outcome) string {
	known := o.picture.Old
	if want := map[bool]string{true: string(known)}[o.outputs["old-gone-at"] != ""]; o.outputs["old-gone-basis"] != want {
		return fmt.Sprintf("output old-gone-basis is %q, want %q, since old-gone-at is %q", o.outputs["old-gone-basis"], want, o.outputs["old-gone-at"])
	}
	if known != rollout.ByProof {
		// Of the log the last line, since what was told before may have been known then.
		lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
		for where, text := range map[string]string{"summary": typesOff(o), "message": o.outputs["message"], "annotation": lines[len(lines)-1]} {
			for _, part := range parts(text) {
				if saysGone.MatchString(part) && !hedged.MatchString(part) {
					return fmt.Sprintf("%s tells as a fact what is %s: %q", where, known, strings.TrimSpace(part))
				}
			}
		}
	}
	return cmp.Or(goneUntrue(story, o), drawnUntrue(story, o))
}

// typesOff is the summary without the rows of process types and dynos of which the end is proven,
// though not that of all.
func typesOff(o outcome) string {
	var proven []string
	for _, x := range o.picture.Types {
		if x.Basis == rollout.Proven {
			proven = append(proven, x.Type)
		}
	}
	for _, x := range o.picture.Dynos {
		if x.Basis == rollout.Proven {
			proven = append(proven, x.Label)
		}
	}
	return strings.Join(slices.DeleteFunc(strings.Split(withoutFences(o.summary), "\n"), func(line string) bool {
		cells := strings.Split(line, " | ")
		return len(cells) > 1 && slices.Contains(proven, strings.TrimPrefix(cells[0], "| "))
	}), "\n")
}

// goneAt finds when old code was gone as the summary tells it as a fact.
var goneAt = regexp.MustCompile(`old code was gone at \+?(-?[0-9hms]+)`)

// goneUntrue compares with the truth when old code was gone, where that is told as proven.
func goneUntrue(story *herokusim.Story, o outcome) string {
	told := goneAt.FindStringSubmatch(o.summary)
	if told == nil && o.outputs["old-gone-basis"] != string(rollout.Proven) {
		return ""
	}
	if told != nil {
		after, err := time.ParseDuration(told[1])
		if at := o.picture.Times.ReleaseCreated.Add(after); err != nil || !isEnd(story, o, at) {
			return fmt.Sprintf("the summary says %q, but old code was gone at %s", told[0], trulyGone(story, o, true).Sub(o.picture.Times.ReleaseCreated))
		}
	}
	if at, err := time.Parse(time.RFC3339, o.outputs["old-gone-at"]); err == nil && !isEnd(story, o, at) {
		return fmt.Sprintf("old-gone-at is %s, but old code was gone at %s", at, trulyGone(story, o, true).UTC())
	}
	return ""
}

// isEnd reports whether the last old process ended then. A newer one that ended later under the same
// label can be taken for it: a log does not tell of which release a process is.
func isEnd(story *herokusim.Story, o outcome, at time.Time) bool {
	const near = 2 * time.Second
	// A one-off dyno counts in some cases, for some time.
	truth := trulyGone(story, o, false)
	return at.Sub(truth).Abs() <= near || at.Sub(trulyGone(story, o, true)).Abs() <= near || at.After(truth) && slices.ContainsFunc(story.Instances, func(in herokusim.Instance) bool {
		return in.Exit != 0 && at.Sub(story.Time(in.Exit)).Abs() <= near
	})
}

// trulyGone is when the last old process ended, with or without one-off dynos, or Heroku's "finished" if
// that was later.
func trulyGone(story *herokusim.Story, o outcome, oneOff bool) time.Time {
	var last time.Time
	for _, in := range story.Instances {
		if in.Version < o.picture.Target.Version && (in.OneOff && oneOff || !in.OneOff && slices.ContainsFunc(o.picture.Types, func(x rollout.TypePicture) bool { return x.Type == in.Type })) {
			if in.Exit == 0 || in.Exit > o.at {
				return story.Time(o.at) // it runs on
			}
			if at := story.Time(in.Exit); at.After(last) {
				last = at
			}
		}
	}
	if finished := o.picture.Times.ReleaseFinished; finished.After(last) {
		return finished
	}
	return last
}

// bar finds a bar of the chart: its row, its text, its style and when it ends.
var bar = regexp.MustCompile(`^    ([^:]+) :(?:([a-z, ]+), )?b\d+, (\S+), (\S+)$`)

// drawnUntrue says that the chart draws old code as running after it had ended, or a bar that is only
// presumed in the way of one that is known.
func drawnUntrue(story *herokusim.Story, o outcome) string {
	row := ""
	for line := range strings.Lines(o.summary) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "    section "); ok {
			row = name
		}
		m := bar.FindStringSubmatch(line)
		if m == nil || row != "Old dynos" && row != "Unseen" {
			continue
		}
		lighter := strings.Contains(m[2], "active")
		if known := !strings.Contains(m[1], "may"); m[1] != "·" && known == lighter {
			return fmt.Sprintf("the bar %q of %s is drawn as %q", m[1], row, m[2])
		}
		if lighter || strings.Contains(m[1], "list") {
			continue // which lists can be for some seconds too long
		}
		end, err := time.Parse("2006-01-02T15:04:05", m[4])
		if err != nil {
			return err.Error()
		}
		at := o.picture.Times.ReleaseCreated.Add(end.Sub(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)))
		if truth := trulyGone(story, o, true); at.After(truth) && !isEnd(story, o, at) {
			return fmt.Sprintf("the bar %q of %s ends %s after the last old process", m[1], row, at.Sub(truth))
		}
	}
	return ""
}
