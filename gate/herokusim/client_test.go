// The official Heroku client reads the simulated Heroku. It must print what the scenario says.

package herokusim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// frozen is a speed so low that no test sees the story go on.
const frozen = "--speed=0.001"

// several is a story with things that the embedded ones do not have.
const several = `about: a console, config vars and a rollback
app: {name: several}
types:
  web: {quantity: 2, size: performance-l-ram}
  worker: {quantity: 11}
events:
  - {at: 0s, run: {label: run.7, command: rails console}}
  - {at: 10s, config: {vars: "ONE, TWO"}}
  - {at: 60s, config: {vars: THREE}}
  - {at: 120s, rollback: {to: 42}}
  - {at: 123s, crash: {label: worker.3, stays: true}}
`

func TestClient(t *testing.T) {
	needClient(t)
	for _, c := range []struct {
		name, scenario string
		at             time.Duration
		more           string // commands besides ps, ps --json and releases
	}{
		{"before the measured deploy", "measured-deploy", -10 * time.Second, "features"},
		{"in the measured deploy", "measured-deploy", 6500 * time.Millisecond, "info log"},
		{"two versions", "private-space", 30 * time.Second, ""},
		{"pods", "fir", 10 * time.Second, ""},
		{"release phase", "phase-succeeds", 35 * time.Second, "info"},
		{"failed release phase", "phase-fails", 30 * time.Second, ""},
		{"crashed", "crash-loop", 60 * time.Second, ""},
		{"several", several, 125 * time.Second, "info features log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, c.scenario, frozen, "--from="+c.at.String())
			same := func(what, want, got string) {
				t.Helper()
				if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			says, newest := telling{s.story, c.at}, s.story.newest(c.at)
			same("ps", says.ps(), ago.ReplaceAllString(s.good("ps"), ""))
			same("ps --json", says.dynos(), dynosOf(t, s.good("ps", "--json")))
			same("releases", says.releases(), words(ago.ReplaceAllString(s.good("releases"), "")))
			for more := range strings.FieldsSeq(c.more) {
				switch more {
				case "info":
					same("releases:info", says.release(newest), words(s.good("releases:info", fmt.Sprint("v", newest.version))))
				case "features":
					same("features", says.features(), words(s.good("features")))
				case "log":
					same("logs", says.log(20, ""), s.good("logs", "-n", "20"))
					same("logs of one dyno", says.log(100, "web.1"), s.good("logs", "--dyno-name", "web.1", "--source", "heroku"))
				}
			}
		})
	}
}

func TestClientRefused(t *testing.T) {
	needClient(t)
	for _, c := range []struct{ name, key, app, args, says string }{
		{"a wrong key", "HRKU-wrong", "", "ps", "The token provided to HEROKU_API_KEY is invalid."},
		{"a wrong key for the log", "HRKU-wrong", "", "logs --tail", "The token provided to HEROKU_API_KEY is invalid."},
		{"a wrong key for waiting", "HRKU-wrong", "", "ps:wait", "The token provided to HEROKU_API_KEY is invalid."},
		{"a wrong app", rightKey, "other", "ps", "Couldn't find that app. Error ID: not_found"},
		{"a wrong app for the log", rightKey, "other", "logs --tail", "Couldn't find that app. Error ID: not_found"},
		{"a wrong app for waiting", rightKey, "other", "ps:wait", "Couldn't find that app. Error ID: not_found"},
		{"a wrong release", rightKey, "", "releases:info v99", "Couldn't find that release. Error ID: not_found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, "plain-restart", frozen)
			s.key = c.key
			s.app = orElse(c.app, s.app)
			r := s.command(nil, strings.Fields(c.args)...)
			want := map[string]int{"HRKU-wrong": 1, rightKey: 2}[c.key]
			if r.status != want || r.stdout != "" || !strings.Contains(unframed(r.stderr), c.says) {
				t.Errorf("status %d, want %d, and %q on standard error:\n%s%s", r.status, want, c.says, r.stdout, r.stderr)
			}
		})
	}
}

// busy is a story with something to read all the time.
const busy = `about: a busy log
app: {name: busy%s}
types: {web: {quantity: 2}}
noise: 3
events:
  - {at: 12s, deploy: {}, timing: {web: {up: 1s}}}
`

// The tail begins with the history (not on Fir), and goes on with each new line.
func TestClientTail(t *testing.T) {
	needClient(t)
	t.Run("cedar", func(t *testing.T) { tails(t, "", 5, "logs", "--tail", "-n", "5") })
	t.Run("fir", func(t *testing.T) { tails(t, ", space: west, generation: fir", 0, "logs") })
}

func tails(t *testing.T, app string, history int, args ...string) {
	t.Parallel()
	s := simulate(t, fmt.Sprintf(busy, app), "--wait")
	exits := 0
	r := s.command(func(line string) bool {
		if strings.Contains(line, "]: Process exited") {
			exits++
		}
		return exits == 2
	}, args...)
	opened := s.asked("/log-sessions")
	if streams := s.streams(); len(streams) != 1 || len(opened) != 1 {
		t.Fatalf("%d sessions and streams answered with %d, want one of each", len(opened), streams)
	}
	all := s.story.Lines
	first := slices.IndexFunc(all, func(l Line) bool { return len(r.lines) > 0 && l.String() == r.lines[0].text })
	if said := strings.TrimPrefix(r.stderr, "Fetching logs...\n\n"); first < 0 || said != "" {
		t.Fatalf("the first line is none of the story's:\n%s%s", r.stdout, r.stderr)
	}
	for i, line := range r.lines {
		l := all[first+i]
		if l.String() != line.text {
			t.Fatalf("line %d is\n%s, not\n%s", i, line.text, l)
		}
		// The answer has only its whole second, and the stream was opened later.
		printed := opened[0].at + line.came.Sub(opened[0].came)
		if late := printed - l.Emitted; i >= history && (late < -1100*time.Millisecond || late > 6*time.Second) {
			t.Errorf("%s of the story was printed at %s: %s", l.Emitted, printed, l)
		}
	}
	if len(r.lines) < history+5 {
		t.Errorf("only %d lines", len(r.lines))
	}
}

// When its session has expired, the stream is not found any more, and the client ends.
func TestClientTailEnds(t *testing.T) {
	needClient(t)
	t.Parallel()
	s := simulate(t, "measured-deploy", "--from=295s", "--speed=600")
	r := s.command(nil, "logs", "--tail")
	if r.status != 1 || !strings.Contains(unframed(r.stderr), "Log stream timed out. Please try again.") {
		t.Errorf("status %d\n%s", r.status, r.stderr)
	}
	statuses := s.streams()
	if n := len(statuses); n < 2 || statuses[0] != 200 || statuses[n-1] != 404 {
		t.Errorf("the streams were answered with %d", statuses)
	}
}

// The story begins with the client's first request: a slow start changes nothing.
// ps:wait ends when the list has only new dynos for the first time. With preboot that is
// long before the last old process ends: that is why the gate exists.
func TestClientWaits(t *testing.T) {
	needClient(t)
	for _, c := range []struct {
		scenario, from, speed string
		old                   int // processes of an older release when it ends
	}{
		{"measured-deploy", "2s", "1", 10},
		{"plain-restart", "500ms", "0.5", 1},
		{"private-space", "2s", "8", 0},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, c.scenario, "--wait", "--from="+c.from, "--speed="+c.speed)
			r := s.command(nil, "ps:wait")
			if said := unframed(r.stderr); r.status != 0 || !strings.Contains(said, "Waiting for every dyno to be running v42") || !strings.Contains(said, "done") {
				t.Errorf("status %d\n%s%s", r.status, r.stdout, r.stderr)
			}
			looks := s.asked("/dynos")
			if len(looks) < 2 {
				t.Fatalf("it looked %d times", len(looks))
			}
			// An answer has only its whole second.
			for i, l := range looks {
				last := i == len(looks)-1
				if !last && s.story.allNew(l.at, 42) || last && !s.story.allNew(l.at+time.Second, 42) {
					t.Errorf("look %d of %d at %s: all new is %t", i+1, len(looks), l.at, s.story.allNew(l.at, 42))
				}
			}
			end := looks[len(looks)-1].at
			if old := len(s.story.OldRunning(end, 42)); old != c.old {
				t.Errorf("when it ended, at %s, %d old processes ran, want %d", end, old, c.old)
			}
		})
	}
}

// The client knows every command and flag of it that the documents name.
func TestClientKnowsTheCommandsOfTheDocuments(t *testing.T) {
	needClient(t)
	program, err := filepath.EvalSymlinks(*clientFlag)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(program), "..", "oclif.manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	type command struct {
		Aliases []string
		Flags   map[string]struct{ Char string }
	}
	var manifest struct{ Commands map[string]command }
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	known := manifest.Commands
	for _, c := range manifest.Commands {
		for _, alias := range c.Aliases {
			known[alias] = c
		}
	}
	called := regexp.MustCompile(`\bheroku ([a-z]+(?::[a-z-]+)+)( [^\n|;)>&` + "`" + `]*)?`)
	flag := regexp.MustCompile(`(?:^| )--([a-z-]+)`)
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, flags := 0, 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range called.FindAllStringSubmatch(string(text), -1) {
			commands++
			c, ok := known[call[1]]
			if !ok {
				t.Errorf("%s: the client has no command %q", file, call[1])
			}
			for _, f := range flag.FindAllStringSubmatch(call[2], -1) {
				flags++
				if _, ok := c.Flags[f[1]]; !ok {
					t.Errorf("%s: heroku %s has no flag --%s", file, call[1], f[1])
				}
			}
		}
	}
	if commands < 10 || flags < 5 {
		t.Errorf("only %d commands with %d flags were found", commands, flags)
	}
}
