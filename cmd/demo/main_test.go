// Tests of the demonstration by shell scripts, which are in testdata, and of its parts.

package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demo": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

// show plays a demonstration and returns its output.
func show(t *testing.T, d demonstration) (status int, said string) {
	t.Helper()
	var out bytes.Buffer
	d.stdout, d.stderr = &out, &out
	status, err := d.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return status, out.String()
}

// At a high speed the gate must not wait longer in the deploy's own time: within seconds it has
// read the log.
func TestSpeedDoesNotDelayTheGate(t *testing.T) {
	t.Parallel()
	_, said := show(t, demonstration{Scenario: "plain-restart", Speed: 20})
	read := false
	for line := range strings.Lines(said) {
		stamp, rest, _ := strings.Cut(strings.TrimSpace(line), "  ")
		at, err := time.ParseDuration(stamp)
		if err != nil {
			continue
		}
		read = read || strings.Contains(rest, "new up")
		if at > 6*time.Second && strings.Contains(rest, "has not been read yet") {
			t.Errorf("the log was not read in time: %s", line)
		}
	}
	if !read {
		t.Errorf("there is no progress:\n%s", said)
	}
}

// Every scenario can be shown: the first line says what will happen, the last one sums it up.
func TestEveryScenario(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays in real time")
	}
	for name, want := range map[string]struct {
		status int
		shown  string
		busy   bool // the text about a busy app: the wait for proof was shorter than the hold
	}{
		"plain-restart":   {gate.ExitPassed, `^What this showed: Heroku called v42 finished 31s before its last old dyno ended\. The gate opened \S+ after that end \(proven\)\.$`, true},
		"private-space":   {gate.ExitPassed, `the gate opened`, true},
		"fir":             {gate.ExitPassed, `the gate opened`, false},
		"phase-succeeds":  {gate.ExitPassed, `the gate opened`, true},
		"measured-deploy": {gate.ExitPassed, `finished 5m08s before its last old dyno ended`, true},
		"phase-fails":     {gate.ExitFailed, `^What this showed: the deploy failed, and the gate said so after \S+ \(release-failed\): no later step would have run\.$`, false},
		"crash-loop":      {gate.ExitFailed, `the deploy failed, and the gate said so after \S+ \(dynos-crashed\)`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, said := show(t, demonstration{Scenario: name, Speed: 60})
			lines := strings.Split(strings.TrimSpace(said), "\n")
			sc, err := herokusim.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			about := strings.Join(strings.Fields(sc.About), " ")
			if first := lines[0]; !strings.HasPrefix(first, about) || !strings.Contains(first, "60 times as fast") {
				t.Errorf("the first line is %q, and the scenario %q", first, about)
			}
			if takes := strings.Contains(lines[0], "in about "); takes != (want.status == gate.ExitPassed) {
				t.Errorf("the first line says how long it takes: %v; %q", takes, lines[0])
			}
			if busy := strings.Contains(said, "\nA busy app: "); busy != want.busy {
				t.Errorf("it says what a busy app would have cost: %v, want %v", busy, want.busy)
			}
			if last := lines[len(lines)-1]; !regexp.MustCompile("(?i)" + want.shown).MatchString(last) {
				t.Errorf("the last line is %q, want %q", last, want.shown)
			}
			if status != want.status {
				t.Errorf("status %d, want %d:\n%s", status, want.status, said)
			}
		})
	}
	if n := len(herokusim.Names()); n != 7 {
		t.Errorf("there are %d scenarios: this test knows 7", n)
	}
}

// The timeline is not wider than the terminal.
func TestTimelineFits(t *testing.T) {
	t.Parallel()
	rows := []row{
		{at: 0, truth: "the release is made, old code runs", alive: 10, status: "succeeded", list: "0 old", gate: "23:51:33", clock: "23:51:33"},
		{at: 308 * time.Second, truth: "last old dyno ends", status: "succeeded", list: "0 old", gate: "23:56:41", clock: "23:56:41"},
	}
	for width, want := range map[int]string{0: "the dyno list said", 140: "the dyno list said", 139: "Heroku's list", 80: "Heroku's list", 79: "+5m08s\n  last old dyno ends", 40: "+5m08s\n  last old dyno ends"} {
		text := timeline(rows, width)
		if !strings.Contains(text, want) {
			t.Errorf("%d columns: %q is not in\n%s", width, want, text)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); width > 0 && n > width {
				t.Errorf("%d columns: a line has %d: %s", width, n, line)
			}
		}
	}
}
