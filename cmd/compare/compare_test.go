// Tests of the tables, the verdicts and the truth. They run no program: "make compare" measures in real time, so
// it would fail on a busy machine.

package main

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/herokusim"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func TestMedianAndBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		figures []float64
		want    spread
		text    string
	}{
		{[]float64{5, 1, 3}, spread{3, 1, 5}, "3.0 s (1.0 to 5.0)"},
		{[]float64{4, 1, 2, 9}, spread{3, 1, 9}, "3.0 s (1.0 to 9.0)"},
		{[]float64{7}, spread{7, 7, 7}, "7.0 s"},
		{[]float64{2.01, 2.02}, spread{2.015, 2.01, 2.02}, "2.0 s"},
		{nil, spread{}, "0.0 s"},
	} {
		got := spreadOf(test.figures)
		if d := got.median - test.want.median; d > 1e-9 || d < -1e-9 || got.least != test.want.least || got.most != test.want.most {
			t.Errorf("%v: %v, want %v", test.figures, got, test.want)
		}
		if text := got.write("%.1f", " s"); text != test.text {
			t.Errorf("%v: %q, want %q", test.figures, text, test.text)
		}
	}
}

// The truth of every scenario must match the times in its file and its capture.
func TestTruth(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		end      string
		from, to time.Duration
	}{
		"measured-deploy": {"opens", 308 * time.Second, 308 * time.Second},
		"plain-restart":   {"opens", 31 * time.Second, 32 * time.Second}, // 1.3 s, and 30 s of SIGTERM
		"private-space":   {"opens", 80 * time.Second, 85 * time.Second}, // four quarters, 20 s until each is up
		"phase-fails":     {"fails", 20 * time.Second, 20 * time.Second},
		"crash-loop":      {"", 0, 0},
	}
	for _, s := range scenarios {
		sc, err := herokusim.Load(s.name)
		if err != nil {
			t.Fatal(err)
		}
		story, err := sc.Play()
		if err != nil {
			t.Fatal(err)
		}
		w, known := want[s.name]
		if got := truthOf(story); !known || got.End != w.end || got.At < w.from || got.At > w.to {
			t.Errorf("%s: %q at %s, want %q from %s to %s", s.name, got.End, got.At, w.end, w.from, w.to)
		}
	}
}

func TestWhichEndsAreCorrect(t *testing.T) {
	t.Parallel()
	opens, fails, never := truth{"opens", time.Minute}, truth{"fails", time.Minute}, truth{}
	for _, test := range []struct {
		truth truth
		end   string
		at    time.Duration
		want  bool
	}{
		{opens, "opens", time.Minute, true},
		{opens, "opens", time.Minute - 1, false},
		{opens, "fails", 2 * time.Minute, false},
		{opens, "", 2 * time.Minute, false},
		{fails, "fails", 2 * time.Minute, true},
		{fails, "opens", 2 * time.Minute, false},
		{fails, "", 2 * time.Minute, false},
		{never, "fails", time.Second, true},
		{never, "", time.Second, true},
		{never, "opens", time.Second, false},
	} {
		if got := correct(test.truth, sample{End: test.end, At: test.at}); got != test.want {
			t.Errorf("%q at %s where it %q at %s: %v", test.end, test.at, test.truth.End, test.truth.At, got)
		}
	}
	for status, want := range map[int]string{0: "opens", 1: "fails", 124: "", 137: "", 4: "ends with status 4"} {
		if got := endOf(status); got != want {
			t.Errorf("status %d: %q, want %q", status, got, want)
		}
	}
}

func TestBusiestMinute(t *testing.T) {
	t.Parallel()
	s := func(seconds ...float64) (all []time.Duration) {
		for _, at := range seconds {
			all = append(all, time.Duration(at*float64(time.Second)))
		}
		return all
	}
	asked := s(2, 2, 2, 2, 70, 100, 129.9, 130, 300)
	if got := busiestMinute(asked, 60*time.Second); got != 3 {
		t.Errorf("%d, want the 3 from 70 s on", got)
	}
	if got := busiestMinute(asked, 0); got != 4 {
		t.Errorf("%d, want the 4 at 2 s", got)
	}
}

// invented is a result with all kinds of samples. Its figures were never measured.
func invented() *result {
	at := func(end string, seconds float64, n int, cpu, mib float64) sample {
		return sample{
			End: end, At: time.Duration(seconds * float64(time.Second)), Requests: n, Rate: float64(n) * 60 / seconds, Busiest: n / 4, CPU: cpu, Memory: mib * (1 << 20),
			First: time.Duration(cpu * float64(100*time.Millisecond)), FirstList: time.Duration(cpu * float64(200*time.Millisecond)),
		}
	}
	return &result{
		Runs: 3,
		Conditions: conditions{
			Date: time.Date(2001, 2, 3, 4, 5, 0, 0, time.UTC), Machine: "3 cores, an invented system", Go: "go1.0", Client: "an invented client",
			Binary: 5e6, Image: 13e6, Install: 400e6, Node: 90e6,
		},
		Stories: []storyResult{
			{scenarios[0].title, truth{"opens", 308 * time.Second}, [2][]sample{
				{at("opens", 308.5, 24, 0.1, 10), at("opens", 308.2, 25, 0.2, 11), at("opens", 310.5, 32, 0.3, 12)},
				{at("opens", 12, 3, 1, 100), at("opens", 13, 3, 2, 110), at("opens", 14, 3, 3, 120)},
			}},
			{"both right, the client sooner", truth{"opens", 80 * time.Second}, [2][]sample{
				{at("opens", 85, 20, 0.1, 10), at("opens", 85, 20, 0.1, 10), at("opens", 85, 20, 0.1, 10)},
				{at("opens", 81, 9, 1, 100), at("opens", 82, 9, 1, 100), at("opens", 83, 9, 1, 100)},
			}},
			{"a failure", truth{"fails", 20 * time.Second}, [2][]sample{
				{at("fails", 21, 10, 0.1, 10), at("fails", 22, 10, 0.1, 10), at("", 140, 10, 0.1, 10)},
				{at("", 140, 10, 1, 100), at("", 140, 10, 1, 100), at("opens", 60, 10, 1, 100)},
			}},
			{"never", truth{}, [2][]sample{
				{at("fails", 60, 10, 0.1, 10), at("fails", 61, 10, 0.1, 10), at("fails", 62, 10, 0.1, 10)},
				{at("", 120, 10, 1, 100), at("", 120, 10, 1, 100), at("", 120, 10, 1, 100)},
			}},
		},
	}
}

// inventedBusy is an invented result of the busy app.
func inventedBusy() *busyResult {
	at := func(end string, seconds float64, n int, basis string) sample {
		return sample{End: end, At: time.Duration(seconds * float64(time.Second)), Requests: n, Basis: basis}
	}
	return &busyResult{Truth: truth{"opens", 308 * time.Second}, Runs: 2, Samples: [][]sample{
		{at("opens", 450, 40, "presumed"), at("opens", 451, 41, "presumed")},
		{at("opens", 370, 40, "proven"), at("opens", 450, 40, "presumed")},
		{at("opens", 309, 40, "proven"), at("opens", 310, 39, "proven")},
		{at("opens", 309, 40, "proven"), at("opens", 310.1, 39, "proven")},
		{at("opens", 12, 3, ""), at("", 430, 3, "")},
	}}
}

func TestTables(t *testing.T) {
	t.Parallel()
	const golden = "testdata/invented.md"
	got := invented().tables() + "\n" + inventedBusy().table(invented().Conditions)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("make golden, if this is meant:\n%s", diff)
	}
}

func TestPromises(t *testing.T) {
	t.Parallel()
	kept := map[string]bool{}
	for _, p := range invented().promises() {
		kept[p.what] = p.kept
	}
	want := map[string]bool{
		"opens after it could": false, "API requests, measured deploy": false, "API requests a minute, measured deploy": false,
		"API requests a minute, a failure": false, "API requests a minute, never": false, "API requests a minute, both right, the client sooner": false,
		"start to first dyno list": true, "peak memory": true, "binary": true, "image": false,
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	early := invented()
	early.Stories[0].Samples[theGate][0].At = 307 * time.Second
	early.Stories[0].Samples[theGate][2].At = 308 * time.Second
	early.Stories = early.Stories[:1]
	if p := early.promises()[0]; p.kept {
		t.Errorf("opened too early, and the promise is kept: %v", p)
	}
}

// The limits for the ways that begin before the deploy.
func TestLimitsOfWaysBeforeTheDeploy(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*sample){
		"":         func(*sample) {},
		"early":    func(s *sample) { s.At = 307 * time.Second },
		"late":     func(s *sample) { s.At = 311 * time.Second },
		"presumed": func(s *sample) { s.Basis = "presumed" },
		"greedy":   func(s *sample) { s.Requests = 41 },
		"stopped":  func(s *sample) { s.End = "" },
	} {
		b := inventedBusy()
		spoil(&b.Samples[2][1])
		if got := b.kept(b.Samples[2]); got != (what == "") {
			t.Errorf("%q: %v", what, got)
		}
	}
}

// The published comparison has all stories and ways.
func TestPageHasAllStoriesAndWays(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(name string) string {
		_, rest, _ := strings.Cut(string(data), "<!-- "+name+" -->\n")
		text, _, _ := strings.Cut(rest, "<!-- /"+name+" -->")
		return text
	}
	whole, busy := block("comparison"), block("busy-measured")
	for _, s := range scenarios {
		if !strings.Contains(whole, "\n| "+s.title+" | ") {
			t.Errorf("the comparison has no line of %q", s.title)
		}
	}
	for _, w := range busyWays {
		if !strings.Contains(busy, "\n| "+w.title+" | ") {
			t.Errorf("the comparison has no line of %q", w.title)
		}
	}
}
