// Tests of the stories: the truth, the lists and the log must agree.

package herokusim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func tell(t *testing.T, name string) *Story {
	t.Helper()
	sc, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return tellScenario(t, sc)
}

func tellText(t *testing.T, text string) *Story {
	t.Helper()
	sc, err := Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tellScenario(t, sc)
}

func tellScenario(t *testing.T, sc *Scenario) *Story {
	t.Helper()
	st, err := sc.Play()
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// platform lists the platform's lines of a label from second 0 on.
func platform(st *Story, label string) []string {
	var lines []string
	for _, l := range st.Lines {
		if l.Source == "heroku" && l.Proc == label && l.Emitted >= 0 {
			lines = append(lines, fmt.Sprintf("%s %s", l.Stamp.Sub(st.Start).Round(time.Millisecond), l.Text))
		}
	}
	return lines
}

func TestMeasuredSeconds(t *testing.T) {
	t.Parallel()
	st := tell(t, "measured-deploy")
	var ups, exits []time.Duration
	for _, i := range st.Instances {
		if i.Version == 42 {
			ups = append(ups, i.Up)
		}
		if i.Version == 41 {
			exits = append(exits, i.Exit)
		}
	}
	sec := time.Second
	check := func(what string, got, want time.Duration) {
		t.Helper()
		if got != want {
			t.Errorf("%s at %s, measured %s", what, got, want)
		}
	}
	if len(ups) != 10 || len(exits) != 10 {
		t.Fatalf("%d new and %d old processes, want 10 of each", len(ups), len(exits))
	}
	check("first new up", slices.Min(ups), 5*sec)
	check("last new up", slices.Max(ups), 8*sec)
	check("first old exit", slices.Min(exits), 191*sec)
	check("last old exit", slices.Max(exits), 308*sec)
	last, ok := st.LastOldExit(42)
	check("LastOldExit", last, 308*sec)
	if !ok {
		t.Error("LastOldExit says that old processes still run")
	}
	for at, want := range map[time.Duration]int{-sec: 10, 0: 10, 190 * sec: 10, 191 * sec: 9, 308*sec - 1: 1, 308 * sec: 0} {
		if got := len(st.OldRunning(at, 42)); got != want {
			t.Errorf("%d old processes run at %s, want %d", got, at, want)
		}
	}
	// From second 0 on the list shows only new dynos; the log shows the others.
	for _, d := range st.dynos.all(0) {
		if d.version != 42 || d.state != "starting" {
			t.Errorf("%s at 0s: v%d %s", d.label, d.version, d.state)
		}
	}
	want := []string{
		"0s State changed from up to starting",
		"1.1s Starting process with command `bundle exec puma -C config/puma.rb`",
		"8s State changed from starting to up",
		"5m7.8s Stopping all processes with SIGTERM",
		"5m8s Process exited with status 143",
	}
	if diff := cmp.Diff(want, platform(st, "web.10")); diff != "" {
		t.Errorf("web.10 (-want +got):\n%s", diff)
	}
}

func TestPlainRestart(t *testing.T) {
	t.Parallel()
	st := tell(t, "plain-restart")
	want := []string{
		"0s Restarting",
		"0s State changed from up to starting",
		"1.2s Starting process with command `bundle exec puma -C config/puma.rb`",
		"1.3s Stopping all processes with SIGTERM",
		"3s State changed from starting to up",
		"31.3s Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM",
		"31.303s Stopping remaining processes with SIGKILL",
		"31.357s Process exited with status 137",
	}
	if diff := cmp.Diff(want, platform(st, "web.1")); diff != "" {
		t.Errorf("web.1 (-want +got):\n%s", diff)
	}
}

func TestPrivateSpaceRollsQuarters(t *testing.T) {
	t.Parallel()
	st := tell(t, "private-space")
	for at, want := range map[time.Duration]int{time.Second: 2, 22 * time.Second: 4, 43 * time.Second: 6, 64 * time.Second: 8} {
		got := 0
		for _, d := range st.dynos.all(at) {
			if d.version == 42 {
				got++
			}
		}
		if got != want {
			t.Errorf("%d new records at %s, want %d", got, at, want)
		}
	}
}

func TestReleasePhases(t *testing.T) {
	t.Parallel()
	failed := tell(t, "phase-fails")
	if n := len(failed.OldRunning(failed.End, 42)); n != 2 {
		t.Errorf("%d old processes at the end, want 2", n)
	}
	if _, ok := failed.LastOldExit(42); ok {
		t.Error("LastOldExit found an end")
	}
	at := func(st *Story, at time.Duration) string {
		var words []string
		for _, r := range st.releases.all(at) {
			words = append(words, fmt.Sprintf("v%d %s %t", r.version, r.status, r.current))
		}
		slices.Sort(words)
		return strings.Join(words, ", ")
	}
	for _, c := range []struct {
		got, want string
	}{
		{at(failed, 10*time.Second), "v40 succeeded false, v41 succeeded true, v42 pending false"},
		{at(failed, 20*time.Second), "v40 succeeded false, v41 succeeded true, v42 failed false"},
		{at(tell(t, "phase-succeeds"), 39*time.Second), "v40 succeeded false, v41 succeeded false, v42 succeeded true"},
	} {
		if c.got != c.want {
			t.Errorf("releases are %s, want %s", c.got, c.want)
		}
	}
}

func TestFirPodsStayListedUntilTheyAreStopped(t *testing.T) {
	t.Parallel()
	st := tell(t, "fir")
	names := map[string]bool{}
	for _, d := range st.dynos.all(time.Second) {
		names[d.label] = true
	}
	if len(names) != 4 {
		t.Errorf("pods at 1s: %v, want three old ones and a new one", names)
	}
	if last, ok := st.LastOldExit(42); !ok || last < 26*time.Second {
		t.Errorf("last old pod ended at %s, %t", last, ok)
	}
}

// In every story, for each label, starts minus exits is the number of running processes.
func TestStartsMinusExitsRun(t *testing.T) {
	t.Parallel()
	mixed := tellText(t, `
app: {preboot: true}
types: {web: {quantity: 3}, worker: {quantity: 2}}
metrics: true
events:
  - {at: 0s, deploy: {}}
  - {at: 30s, config: {}}
  - {at: 40s, crash: {label: web.1, instance: hidden}}
  - {at: 50s, restart: {label: web.2}}
  - {at: 60s, scale: {web: 5, worker: 0}}
  - {at: 65s, scale: {worker: 1}}
  - {at: 70s, crash: {label: worker.1}}
  - {at: 80s, cycle: web.3}
  - {at: 90s, rollback: {to: 41}, timing: {web: {crash: 1, up: 6s}}}
  - {at: 100s, scheduler: {label: scheduler.7, takes: 30s}}
`)
	stories := map[string]*Story{"mixed": mixed}
	for _, name := range Names() {
		stories[name] = tell(t, name)
	}
	for name, st := range stories {
		alive := map[string]int{}
		for _, l := range st.Lines {
			switch {
			case l.Source != "heroku" || strings.HasPrefix(l.Proc, "run."):
			case strings.HasPrefix(l.Text, "Starting process"):
				alive[l.Proc]++
			case strings.HasPrefix(l.Text, "Process exited"):
				alive[l.Proc]--
			}
		}
		for _, i := range st.Instances {
			if i.Exit == 0 {
				alive[i.Label]--
			} else if i.Exit < i.Start {
				t.Errorf("%s: %s ends before it starts: %+v", name, i.Label, i)
			}
		}
		for label, n := range alive {
			if n != 0 {
				t.Errorf("%s: the log has %d processes too many for %s:\n%s", name, n, label, strings.Join(platform(st, label), "\n"))
			}
		}
	}
}

func TestHiddenProcessesLiveLonger(t *testing.T) {
	t.Parallel()
	const head = "app: {preboot: true}\ntypes: {web: {quantity: 1}}\nevents:\n  - {at: 0s, deploy: {}}\n  - {at: 100s, config: {}"
	if last, _ := tellText(t, head+"}\n").LastOldExit(42); last < 280*time.Second {
		t.Errorf("v41 ended at %s: the second release should have kept it", last)
	}
	if last, _ := tellText(t, head+", timing: {web: {leave-hidden: true}}}\n").LastOldExit(42); last > 200*time.Second {
		t.Errorf("v41 ended at %s: it should have been left alone", last)
	}
}

func TestPlayIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	a, b := tell(t, "crash-loop"), tell(t, "crash-loop")
	if diff := cmp.Diff(a.Lines, b.Lines); diff != "" {
		t.Error(diff)
	}
	stamps := map[time.Time]bool{}
	for _, l := range a.Lines {
		if l.Proc == "api" {
			continue // these have the same stamp
		}
		if stamps[l.Stamp] {
			t.Errorf("two lines of %s", l.Stamp)
		}
		stamps[l.Stamp] = true
	}
}
