// Tests of the default times, one for each row of "What it models" in docs/simulator.md.

package herokusim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// stamps lists when lines of the label with that beginning come.
func stamps(st *Story, label, text string) (at []time.Duration) {
	for _, l := range st.Lines {
		if l.Proc == label && l.Source == "heroku" && strings.HasPrefix(l.Text, text) && l.Emitted >= 0 {
			at = append(at, l.Emitted)
		}
	}
	return at
}

func TestUsualTimes(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	deploy := "\nevents: [{at: 0s, deploy: {}}]\n"
	for _, c := range []struct {
		name, scenario, label, text string
		want                        []time.Duration
	}{
		{"preboot, SIGTERM of one dyno", "app: {preboot: true}\ntypes: {web: {quantity: 1}}" + deploy, "web.1", "Stopping all", []time.Duration{190 * time.Second}},
		{"preboot, SIGTERM of the third dyno", "app: {preboot: true}\ntypes: {web: {quantity: 3}}" + deploy, "web.3", "Stopping all", []time.Duration{212 * time.Second}},
		{"preboot, boot timeout of 2 minutes", "app: {preboot: true}\nboot-timeout: 2m\ntypes: {web: {quantity: 1}}" + deploy, "web.1", "Stopping all", []time.Duration{250 * time.Second}},
		{"no preboot, SIGTERM", "types: {web: {quantity: 1}}" + deploy, "web.1", "Stopping all", []time.Duration{900 * time.Millisecond}},
		{"killed after 30 s", "types: {web: {quantity: 1, timing: {stop: 40s}}}" + deploy, "web.1", "Process exited with status 137", []time.Duration{30957 * time.Millisecond}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := stamps(tellText(t, c.scenario), c.label, c.text)
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("at %v, want %v", got, c.want)
			}
		})
	}
	ten := tellText(t, "app: {preboot: true}\ntypes: {web: {quantity: 10}}"+deploy)
	if last, _ := ten.LastOldExit(42); last.Round(time.Second) != 4*minute+49*time.Second {
		t.Errorf("the last of ten old processes ends at %s", last)
	}
	for _, figure := range []string{"3 min 10 s for one dyno", "the last of ten ends after 4 min 49 s"} {
		if !strings.Contains(simulatorPage(t), figure) {
			t.Errorf("the page does not say %q", figure)
		}
	}
}

// A dyno restarts at once after its first crash, and after 20 minutes each further time; in a space
// always at once.
func TestRestAfterCrashes(t *testing.T) {
	t.Parallel()
	for app, want := range map[string][]time.Duration{
		"{}":            {0, 20 * time.Minute, 20 * time.Minute},
		"{space: west}": {0, 0, 0},
	} {
		at := stamps(tellText(t, "app: "+app+"\ntypes: {web: {quantity: 1, timing: {turn: 0s, crash: always, start: 1s, up: 2s, exit: 1500ms}}}\nends: 70m\nevents: [{at: 0s, deploy: {}}]\n"), "web.1", "Process exited with status 1")
		at = slices.DeleteFunc(at, func(at time.Duration) bool { return at < 1900*time.Millisecond }) // of the old process
		for i, rest := range want {
			if got := at[i+1] - at[i] - 2140*time.Millisecond; got < rest-200*time.Millisecond || got > rest+200*time.Millisecond {
				t.Errorf("%s: the rest after crash %d is %s, want %s", app, i+1, got, rest)
			}
		}
	}
}

// The default dyno type exists where the app runs, also for one-off dynos.
func TestUsualSize(t *testing.T) {
	t.Parallel()
	for app, want := range map[string]string{"{}": "Standard-1X", "{space: west}": "Private-S", "{space: west, generation: fir}": "dyno-1c-0.5gb"} {
		s := NewServer(tellText(t, "app: "+app+"\ntypes: {web: {quantity: 1}}\nevents: [{at: 0s, run: {label: run.7}}]\n"), Options{From: time.Minute})
		_, body := ask(t, s, "GET", "/apps/example/dynos")
		if n := strings.Count(body, `"size":"`+want+`"`); n != 2 {
			t.Errorf("%s: %d dynos are %s: %s", app, n, want, body)
		}
	}
}

// Each process reports metrics every 20 seconds.
func TestMetricsInterval(t *testing.T) {
	t.Parallel()
	at := stamps(tellText(t, "types: {web: {quantity: 1}}\nmetrics: true\nnoise: 0\nends: 5m\n"), "web.1", "source=web.1 dyno=heroku.")
	var beats []time.Duration
	for _, x := range at {
		if len(beats) == 0 || x-beats[len(beats)-1] > time.Second {
			beats = append(beats, x)
		}
	}
	for i := 1; i < len(beats); i++ {
		if beats[i]-beats[i-1] != 20*time.Second {
			t.Errorf("a report at %s and one at %s", beats[i-1], beats[i])
		}
	}
	if len(beats) != 15 || len(at) != 30 {
		t.Errorf("%d reports of %d lines in 5 minutes", len(beats), len(at))
	}
}
