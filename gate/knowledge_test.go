// The output never says more about old code than the core knows, and nothing untrue. The output of every
// story is checked, with any ending.

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

// saysGone finds words that say that old code is gone, or how long it ran.
var saysGone = regexp.MustCompile(`(?i)\bno old\b|\bold (?:code|dynos?|one|ones|process|processes)\b.*\b(?:gone|ended|stopped|over)\b|\bruns? alone\b|\bof old code\b|\bgone \+|\bold code was\b|^(?:gone|proven)$`)

// hedged finds words in the same part that say that this is not certain, or how certain it is.
var hedged = regexp.MustCompile(`(?i)\bpresumed?\b|\bpresumption\b|\bmay\b|\bcan\b|\bnothing proves\b|\bnot proven\b|\bto end\b|\bfirst old dyno ended\b|\bdyno list shows\b|\bwhat the log tells\b|\bso far\b`)

// parts splits a text into what can be read by itself: a sentence, a cell of a table, a part of a progress line.
func parts(text string) []string {
	text = html.UnescapeString(strings.NewReplacer("**", "", "&#8203;", "").Replace(text))
	return regexp.MustCompile(`\n|\. | \| | · |^\| | \|$`).Split(text, -1)
}

// checkKnowledge fails if the output states as a fact what the core only presumes, or does not know, or
// what is not true.
func checkKnowledge(t testing.TB, story *herokusim.Story, o outcome) {
	t.Helper()
	if told := overstated(story, o); told != "" {
		t.Error(told)
	}
}

// overstated finds a statement about old code that says more than the core knows; empty if there is none.
func overstated(story *herokusim.Story, o outcome) string {
	known := o.picture.Old
	if want := map[bool]string{true: string(known)}[o.outputs["old-gone-at"] != ""]; o.outputs["old-gone-basis"] != want {
		return fmt.Sprintf("output old-gone-basis is %q, want %q, since old-gone-at is %q", o.outputs["old-gone-basis"], want, o.outputs["old-gone-at"])
	}
	if known != rollout.ByProof {
		// Only the last line of the log: earlier lines may have been right in their time.
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

// typesOff is the summary without the rows of process types and dynos whose end is proven although the end of
// all old dynos is not.
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

// goneAt finds the time at which old code was gone, where the summary states it as a fact.
var goneAt = regexp.MustCompile(`old code was gone at \+?(-?[0-9hms]+)`)

// goneUntrue compares the time at which old code was gone with the truth, if the output says that it is proven.
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

// isEnd reports whether the last old process ended then. The gate may confuse it with a newer process that ended
// later under the same label: the log does not show the release of a process.
func isEnd(story *herokusim.Story, o outcome, at time.Time) bool {
	const near = 2 * time.Second
	// One-off dynos count in some cases only.
	truth := trulyGone(story, o, false)
	return at.Sub(truth).Abs() <= near || at.Sub(trulyGone(story, o, true)).Abs() <= near || at.After(truth) && slices.ContainsFunc(story.Instances, func(in herokusim.Instance) bool {
		return in.Exit != 0 && at.Sub(story.Time(in.Exit)).Abs() <= near
	})
}

// trulyGone is when the last old process ended, with or without one-off dynos, or when Heroku called the release
// finished, if that was later.
func trulyGone(story *herokusim.Story, o outcome, oneOff bool) time.Time {
	var last time.Time
	for _, in := range story.Instances {
		if in.Version < o.picture.Target.Version && (in.OneOff && oneOff || !in.OneOff && slices.ContainsFunc(o.picture.Types, func(x rollout.TypePicture) bool { return x.Type == in.Type })) {
			if in.Exit == 0 || in.Exit > o.at {
				return story.Time(o.at) // it still runs
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

// drawnUntrue finds a bar of old code in the chart that ends after the code had ended, or a presumed bar that
// is drawn like a proven one.
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
			continue // lists may show dynos some seconds too long
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
