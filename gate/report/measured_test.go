// What runs have shown of Heroku, in the summary and in the table.

package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/measure"
)

func saw(seconds float64) measure.Figure {
	return measure.Figure{Seen: true, Span: time.Duration(seconds * float64(time.Second))}
}

func missed(why string) measure.Figure { return measure.Figure{Why: why} }

func from(least, most float64) measure.Range {
	return measure.Range{Seen: true, Least: saw(least).Span, Most: saw(most).Span}
}

// webOf is a process type with preboot of which everything was seen.
func webOf(dynos int, first, last, hold float64) measure.Type {
	t := measure.Type{
		Name: "web", Preboot: true, Dynos: dynos, Told: dynos, FirstKill: saw(first), LastKill: saw(last), Stop: saw(0.2), LongestStop: saw(30.06), Stops: dynos,
		LastEnd: saw(last + 0.2), Hold: saw(hold), Spare: saw(hold - last - 0.2), Apart: measure.Figure{Why: "there is one dyno", NotApplicable: true},
	}
	if dynos > 1 {
		t.Apart = saw((last - first) / float64(dynos-1))
	}
	return t
}

// blindOf is a process type of which nothing was seen.
func blindOf(name, why string) measure.Type {
	no := missed(why)
	return measure.Type{Name: name, FirstKill: no, LastKill: no, Apart: no, Stop: no, LongestStop: no, LastEnd: no, Hold: saw(90), Spare: no}
}

// emptyOf is a process type that had no old process.
func emptyOf(name string) measure.Type {
	no := measure.Figure{Why: "no old process is known that had to end", NotApplicable: true}
	return measure.Type{Name: name, FirstKill: no, LastKill: no, Apart: no, Stop: no, LongestStop: no, LastEnd: no, Hold: no, Spare: no}
}

func figuresOf(types ...measure.Type) measure.Figures {
	return measure.Figures{App: "my-app", Release: 42, Finished: t0, Types: types, List: from(0, 0.31), Log: from(1.94, 2.4)}
}

func TestMeasuredSection(t *testing.T) {
	t.Parallel()
	const begin, end = "<details><summary>What this run shows of Heroku</summary>\n\n", "\n</details>\n"
	const delays = "- The dyno list: at most 0.3s behind. The log: 1.9s to 2.4s behind.\n"
	part := webOf(10, 190.8, 307.8, 450)
	part.Told, part.FirstKill, part.LastKill, part.Stops = 9, missed("of 1 of 10 old dynos: it is not known which process an exit belongs to"), missed("of 1 of 10 old dynos: it is not known which process an exit belongs to"), 9
	part.Spare = missed("of 1 of 10 old dynos: it is not known which process an exit belongs to")
	nothing := emptyOf("cron")
	unknown := figuresOf(webOf(1, 250, 250, 342))
	unknown.List, unknown.Log = measure.Range{Why: "no new dyno came up"}, measure.Range{Why: "no line came"}
	unfinished := figuresOf(webOf(10, 190.8, 307.8, 450))
	unfinished.Finished = time.Time{}
	for name, c := range map[string]struct {
		figures measure.Figures
		want    string
	}{
		"all of it": {figuresOf(webOf(10, 190.8, 307.8, 450)), begin +
			"- **web**: SIGTERM 3m11s to 5m08s after the release was finished, to 10 dynos, 13.0s apart. From SIGTERM to exit: 0.2s, at most 30.1s. Hold without any proof: 7m30s, 2m22s after the last exit.\n" + delays + end},
		"one dyno": {unknown, begin +
			"- **web**: SIGTERM 4m10s after the release was finished, to 1 dyno. From SIGTERM to exit: 0.2s, at most 30.1s. Hold without any proof: 5m42s, 1m32s after the last exit.\n" +
			"- The dyno list: not seen (no new dyno came up). The log: not seen (no line came).\n" + end},
		"a hold that was too short": {figuresOf(webOf(1, 250, 250, 240)), begin +
			"- **web**: SIGTERM 4m10s after the release was finished, to 1 dyno. From SIGTERM to exit: 0.2s, at most 30.1s. Hold without any proof: 4m00s, **10.2s before** the last exit.\n" + delays + end},
		"a part of it": {figuresOf(part), begin +
			"- **web**: SIGTERM not seen (of 1 of 10 old dynos: it is not known which process an exit belongs to). From SIGTERM to exit: 0.2s, at most 30.1s. Hold without any proof: 7m30s.\n" + delays + end},
		"nothing but the hold": {figuresOf(blindOf("web", "Heroku refused the log")), begin +
			"- **web**: SIGTERM not seen (Heroku refused the log). Hold without any proof: 1m30s.\n" + delays + end},
		"many types": {figuresOf(blindOf("a", "no"), nothing, blindOf("b", "no"), blindOf("c|*", "no"), blindOf("d", "no"), blindOf("e", "no")), begin +
			"- **a**: SIGTERM not seen (no). Hold without any proof: 1m30s.\n- **b**: SIGTERM not seen (no). Hold without any proof: 1m30s.\n- **" + markdown("c|*") + "**: SIGTERM not seen (no). Hold without any proof: 1m30s.\n" +
			"- and 2 more\n" + delays + end},
		"nothing old":         {figuresOf(nothing), ""},
		"no process type":     {figuresOf(), ""},
		"it was not finished": {unfinished, ""},
		"nothing":             {measure.Figures{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := measuredSection(Ending{Measured: c.figures}); got != c.want {
				t.Errorf("the fold is\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestMeasuredSectionIsFoldedInTheSummary(t *testing.T) {
	t.Parallel()
	w := inActions(t)
	s := measured()
	s.ending.Measured = figuresOf(webOf(10, 190.8, 307.8, 450))
	tell(t, w.report(false), s)
	page := w.file("GITHUB_STEP_SUMMARY")
	if !strings.Contains(page, "\n\n<details><summary>What this run shows of Heroku</summary>\n\n- **web**: SIGTERM 3m11s") {
		t.Errorf("the page is\n%s", page)
	}
}

// The name of a process type comes from outside.
func TestMeasuredSectionIsInert(t *testing.T) {
	t.Parallel()
	w := inActions(t)
	s := measured()
	bad := webOf(10, 190.8, 307.8, 450)
	bad.Name = evil
	s.ending.Measured = figuresOf(bad)
	tell(t, w.report(false), s)
	checkInert(t, w)
	if !strings.Contains(w.file("GITHUB_STEP_SUMMARY"), "SIGTERM 3m11s") {
		t.Error("the fold is not there")
	}
}

// runsOf are recordings of every kind.
func runsOf() []MeasuredRun {
	short := webOf(4, 200, 260, 250)
	worker := blindOf("worker", "the log does not show every end")
	worker.Dynos = 2
	two := figuresOf(webOf(10, 195.2, 320, 450), worker)
	two.Release, two.List = 43, measure.Range{Why: "no new dyno came up between two looks at the list"}
	three := figuresOf(short)
	three.Release = 7
	return []MeasuredRun{
		{"monday.jsonl", figuresOf(webOf(10, 190.8, 307.8, 450))},
		{"tuesday.jsonl", two},
		{"friday \x1b[31m::error::/" + strings.Repeat("x", 80) + "/run7/rollout.jsonl", three},
		{"refused.jsonl", figuresOf(blindOf("worker", "Heroku refused the log"))},
		{"one.jsonl", figuresOf(webOf(1, 1.3, 1.3, 90), emptyOf("cron"))},
		{"broken.jsonl", measure.Figures{}},
	}
}

func TestMeasuredTable(t *testing.T) {
	t.Parallel()
	for name, width := range map[string]int{"heroku.table": 0, "heroku-80.table": 80} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := New(Options{Stdout: &out, Width: func() int { return width }, Terminal: width > 0}).Measured(runsOf()); err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(out.String(), "\x1b") {
				t.Error("the name of a file acts on the terminal")
			}
			golden(t, name, out.String())
		})
	}
}

func TestMeasuredAsJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := New(Options{Result: &out}).Measured(runsOf()[:2]); err != nil {
		t.Fatal(err)
	}
	golden(t, "heroku.json", out.String())
	if err := New(Options{Result: brokenWriter{}}).Measured(runsOf()); err == nil || !strings.Contains(err.Error(), "writing the figures: broken pipe") {
		t.Errorf("the error is %v", err)
	}
	if err := New(Options{Stdout: brokenWriter{}}).Measured(runsOf()); err == nil {
		t.Error("a table that nobody takes is no error")
	}
}
