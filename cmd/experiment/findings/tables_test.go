// The tables of a run, as they are printed: golden files.

package findings

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/cmd/experiment/evidence"
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
			got, path := Report(run), "testdata/"+name
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
	gate := func(ended time.Duration, result, reason, basis string, release int) evidence.Gate {
		return evidence.Gate{Name: "after", Ended: ended, Result: result, Reason: reason, Basis: basis, Release: release}
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
		"without a verdict": {gate: gate(300*sec, "", "", "", 0), verdict: "none", truth: "it ended without a verdict"},
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
			v := Verdicts(run)[0]
			if v.Verdict != c.verdict || v.Truth != c.truth || v.Wrong != c.wrong || v.Gate != "from after the deploy" || v.At != after(c.gate.Ended-100*sec) {
				t.Errorf("it is %+v", v)
			}
		})
	}
}

// Of a terminal's short version only what is refuted has its lines.
func TestTogether(t *testing.T) {
	t.Parallel()
	text := Together(newMaker().make(t), newMaker().with(func(m *maker) { m.procs[1].quiet = true }).make(t), plain().make(t))
	for _, want := range []string{"Assumptions: ", "  REFUTED  exit-of-prebooted: ", "    In plan made-up, 1 of 2 ended", "    | 2026-06-09T16:05:01", "  confirmed  one-record: 200 lists\n", "  not seen   metrics-id, "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// What was said at a moment: of the release by its own word, of old dynos by the list that came next.
func TestTimeline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  *maker
		want string
	}{
		"the list asked for in the second of the release": {newMaker().with(func(m *maker) {
			m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at-900*time.Millisecond)} }
		}), "+0 s: finished, no old dyno; +4 s: finished, no old dyno; +5 s: finished, no old dyno; +3 min 10 s: finished, no old dyno; +3 min 21 s: finished, no old dyno; +3 min 25 s: finished, no old dyno"},
		"a release phase of 20 s": {newMaker().with(func(m *maker) {
			m.release = func(at time.Duration) release {
				x := release{Version: 4, Status: "pending", CreatedAt: began.Add(100 * sec), UpdatedAt: began.Add(100 * sec)}
				if at >= 120*sec {
					x.Status, x.UpdatedAt = "succeeded", began.Add(120*sec)
				}
				return x
			}
			m.procs[2].first, m.procs[3].first = 124*sec, 125*sec
			m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at-20*sec), m.record("web.2", 0)} }
		}), "+0 s: pending, 2 old dynos; +20 s: finished, 1 old dyno; +24 s: finished, 1 old dyno; +25 s: finished, 1 old dyno; +3 min 10 s: finished, 1 old dyno; +3 min 21 s: finished, 1 old dyno; +3 min 25 s: finished, 1 old dyno"},
		"a release phase that fails": {newMaker().with(phaseFails), "+0 s: failed, 2 old dynos; +3 min 25 s: failed, 2 old dynos"},
	} {
		t.Run(name, func(t *testing.T) {
			var all []string
			for _, row := range newView(c.run.make(t)).timeline() {
				all = append(all, row[0]+": "+row[2]+", "+row[3])
			}
			if got := strings.Join(all, "; "); got != c.want {
				t.Errorf("it is\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	if all := newView(&evidence.Run{Start: began}).timeline(); all != nil {
		t.Errorf("of a run without a release it is %v", all)
	}
}
