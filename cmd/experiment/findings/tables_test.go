// The tables of a run, as they are printed: golden files.

package findings

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/rollout"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestReport(t *testing.T) {
	t.Parallel()
	other := newMaker().with(func(m *maker) {
		m.says(101*sec, "web.2", "Restarting")
		m.procs[1].quiet = true
		m.do(150*sec, "scale web to 3", "Heroku answered 422: no")
	}).make(t)
	for name, run := range map[string]*evidence.Run{"good.txt": newMaker().make(t), "refuted.txt": other, "empty.txt": {Start: began}} {
		t.Run(name, func(t *testing.T) {
			got, path := Report(run, true), "testdata/"+name
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

// What others wrote acts on no terminal.
func TestInert(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"good – line": "good – line", "a\x1b[31mb\r\n": "a?[31mb??", "\u009b1m": "?1m", strings.Repeat("x", 500): strings.Repeat("x", 400)} {
		if got := inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// The figures are the gate's, as its documents have them.
func TestFigures(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/how-it-knows.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]time.Duration{
		"DefaultBootTimeout": time.Minute, "prebootTraffic": bootAndTraffic - time.Minute, "prebootDelay": killsBegin, "prebootPerDyno": perDyno, "replaceHold": replaceHold,
	} {
		m := regexp.MustCompile("(?m)^\\| (\\w+) \\| `" + name + "` \\|").FindSubmatch(page)
		if m == nil {
			t.Errorf("docs/how-it-knows.md has no figure %s", name)
			continue
		}
		if d, err := time.ParseDuration(string(m[1])); err != nil || d != want {
			t.Errorf("%s is %s, want %s", name, m[1], want)
		}
	}
}

// What the report says of a gate, by when it opened and when old code printed its last line.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	gate := func(ended time.Duration, result rollout.Result, reason rollout.Reason, basis rollout.Basis, release int) evidence.Gate {
		return evidence.Gate{Name: "after", Ended: ended, Verdict: rollout.Verdict{Result: result, Reason: reason, Basis: basis}, Release: release}
	}
	for name, c := range map[string]struct {
		gate    evidence.Gate
		verdict string
		truth   string
		wrong   bool
		change  func(*maker)
	}{
		"in time":           {gate: gate(302*sec, "passed", "rolled-out", "proven", 4), verdict: "passed, proven", truth: "1.0 s after the last line of old code"},
		"late":              {gate: gate(454*sec, "passed", "rolled-out", "presumed", 4), verdict: "passed, presumed", truth: "153.0 s after the last line of old code"},
		"too early":         {gate: gate(300*sec, "passed", "rolled-out", "proven", 4), verdict: "passed, proven", truth: "TOO EARLY: web.2, code 1, printed a line 1.0 s later", wrong: true},
		"not at all":        {gate: gate(300*sec, "timed-out", "old-dynos-remain", "", 4), verdict: "timed-out, old-dynos-remain", truth: "it did not open; the last line of old code is from 16:05:01.000, web.2, code 1"},
		"of the old code":   {gate: gate(300*sec, "passed", "rolled-out", "proven", 3), verdict: "passed, proven", truth: "TOO EARLY: web.2, code 1, printed a line 1.0 s later", wrong: true},
		"of another":        {gate: gate(300*sec, "passed", "rolled-out", "proven", 9), verdict: "passed, proven", truth: "TOO EARLY: web.2, code 1, printed a line 1.0 s later", wrong: true},
		"nor of that":       {gate: gate(300*sec, "failed", "release-failed", "", 3), verdict: "failed, release-failed", truth: "it did not open; the last line of old code is from 16:05:01.000, web.2, code 1"},
		"without a verdict": {gate: gate(300*sec, "", "", "", 0), verdict: "no verdict", truth: "it did not open; the last line of old code is from 16:05:01.000, web.2, code 1"},
		"with a gap": {gate: gate(310*sec, "passed", "rolled-out", "proven", 4), verdict: "passed, proven", truth: "9.0 s after the last line of old code that came; the log has a gap there",
			change: func(m *maker) { m.run.Gaps = []evidence.Gap{{From: began.Add(300 * sec), To: began.Add(305 * sec)}} }},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMaker()
			if c.change != nil {
				c.change(m)
			}
			run := m.make(t)
			run.Gates = []evidence.Gate{c.gate}
			if says, early := truth(run, c.gate); verdict(c.gate) != c.verdict || says != c.truth || early != c.wrong {
				t.Errorf("it is %s: %s, too early: %v", verdict(c.gate), says, early)
			}
		})
	}
}

// On a terminal, only what is refuted has its lines.
func TestTogether(t *testing.T) {
	t.Parallel()
	text := Together(newMaker().make(t), newMaker().with(func(m *maker) { m.procs[1].quiet = true }).make(t), plain().make(t))
	for _, want := range []string{"Assumptions: ", "  REFUTED  exit-of-prebooted: ", "    In plan made-up, 1 of 2 ends", "    | 2026-06-09T16:05:01", "  confirmed  one-record: in plan made-up, 400 of 400 records in lists show it\n", "  not seen   metrics-id: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// The timeline has the release, the first and last lines of processes, what was done, and the gates, in order; beside
// each, what Heroku called the release by then, and the old dynos of the list that came next.
func TestTimeline(t *testing.T) {
	t.Parallel()
	phase := newMaker().with(func(m *maker) {
		m.release = func(at time.Duration) heroku.Release {
			x := heroku.Release{Version: 4, Status: "pending", CreatedAt: began.Add(100 * sec), UpdatedAt: began.Add(100 * sec)}
			if at >= 120*sec {
				x.Status, x.UpdatedAt = "succeeded", began.Add(120*sec)
			}
			return x
		}
		m.procs[2].first, m.procs[3].first = 124*sec, 125*sec
		m.records = func(at time.Duration) []heroku.Dyno {
			if at > 300*sec {
				return nil
			}
			return []heroku.Dyno{m.record("web.1", at-20*sec), m.record("web.2", 0)}
		}
	}).do(150*sec, "scale web to 3", "no")
	late := newMaker().with(func(m *maker) { // the time of a release is cut to whole seconds
		m.records = func(at time.Duration) []heroku.Dyno { return []heroku.Dyno{m.record("web.1", at-900*time.Millisecond)} }
	})
	silent := newMaker().with(func(m *maker) { m.silent, m.blind = time.Hour, true })
	for name, c := range map[string]struct {
		run  *maker
		want string
	}{
		"a release phase": {phase, "+0s made: pending, 2 old dynos; +20s finished: finished, 1 old dyno; +24s (web.1): finished, 1 old dyno; +25s (web.2): finished, 1 old dyno; " +
			"+50s refused: finished, 1 old dyno; +3m10s (web.1): finished, 1 old dyno; +3m21s (web.2): finished, no old dyno; +3m25s proven: finished, no old dyno"},
		"a release phase that fails": {newMaker().with(phaseFails), "+0s made: failed, 2 old dynos; +0s failed: failed, 2 old dynos; +3m25s proven: failed, 2 old dynos"},
		"a list in the second of the release": {late, "+0s made: finished, no old dyno; +0s finished: finished, no old dyno; +4s (web.1): finished, no old dyno; +5s (web.2): finished, no old dyno; " +
			"+3m10s (web.1): finished, no old dyno; +3m21s (web.2): finished, no old dyno; +3m25s proven: finished, no old dyno"},
		"no list": {silent, "+0s made: nothing, nothing; +4s (web.1): nothing, nothing; +5s (web.2): nothing, nothing; +3m10s (web.1): nothing, nothing; +3m21s (web.2): nothing, nothing; +3m25s proven: nothing, nothing"},
	} {
		v := newView(c.run.make(t))
		var all []string
		for _, row := range v.timeline() {
			all = append(all, row[0]+" "+row[1][strings.LastIndex(row[1], " ")+1:]+": "+row[2]+", "+row[3])
		}
		if got := strings.Join(all, "; "); got != c.want {
			t.Errorf("%s: it is\n%s\nwant\n%s", name, got, c.want)
		}
	}
	if all := newView(&evidence.Run{Start: began}).timeline(); all != nil {
		t.Errorf("of a run without a release it is %v", all)
	}
}

// The answers are counted by request and status, without the ids and names of one run.
func TestAnswers(t *testing.T) {
	t.Parallel()
	r := &evidence.Run{Requests: []evidence.Request{
		{Method: "POST", Path: "/apps", Status: 201},
		{Method: "GET", Path: "/apps/a/releases", Status: 206, NextRange: "version 3..; max=5"},
		{Method: "GET", Path: "/apps/a/releases", Status: 206},
		{Method: "GET", Path: "/apps/a/dynos/b", Status: 404},
		{Method: "GET", Path: "/apps/a/dynos/c", Status: 200},
		{Method: "GET", Path: "/apps/a/dynos/c", Status: 404},
		{Method: "DELETE", Path: "/apps/a", Error: "there was no answer in time"},
		{Method: "PATCH", Path: "/apps/a/features/preboot", Status: 200},
	}}
	want := `What Heroku answered to the experiment:
  request                             status (how often)
  POST /apps                          201 (1)
  DELETE /apps/{app}                  no answer (1)
  GET /apps/{app}/dynos/{dyno}        200 (1), 404 (2)
  PATCH /apps/{app}/features/preboot  200 (1)
  GET /apps/{app}/releases            206 with Next-Range (1), 206 without Next-Range (1)
`
	if diff := cmp.Diff(want, answers(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One run that refutes counts more than several that confirm, and each finding names its plan.
func TestJudge(t *testing.T) {
	t.Parallel()
	good, bad, other := newMaker().make(t), newMaker().with(func(m *maker) { m.procs[1].quiet = true }).make(t), plain().make(t)
	good.Plan, bad.Plan, other.Plan = "good", "bad", "other"
	for _, c := range []struct {
		runs []*evidence.Run
		want string
	}{
		{nil, "not seen: there was no run"}, {[]*evidence.Run{other}, "not seen: there were no"}, {[]*evidence.Run{other, good, other}, "confirmed: in plan good, 2 of 2"}, {[]*evidence.Run{good, bad, good}, "refuted: in plan bad, 1 of 2"},
	} {
		rows := Judge(c.runs...)
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == "exit-of-prebooted" })
		if got := rows[i].Outcome.String() + ": " + rows[i].Why; !strings.HasPrefix(got, c.want) || len(rows) != len(Assumptions) {
			t.Errorf("it is %s, want %s; %d rows", got, c.want, len(rows))
		}
	}
}

func TestFirstAndLast(t *testing.T) {
	t.Parallel()
	a, b, c := moment{began, "web.1"}, moment{began.Add(sec), "web.2"}, moment{began.Add(2 * sec), "web.3"}
	for want, all := range map[string][]moment{
		"":                                      nil,
		"first line of the new process (web.1)": {a},
		"first line of the first of 2 new processes (web.1); first line of the last of 2 new processes (web.2)": {a, b},
		"first line of the first of 3 new processes (web.1); first line of the last of 3 new processes (web.3)": {a, b, c},
	} {
		var got []string
		for _, m := range firstAndLast(all, "first line of the", "new") {
			got = append(got, m.what)
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
