// What a person sees who runs the gate on a terminal: whole runs, drawn at four widths.
// "make golden" writes the pictures. If tmux is installed, it has to draw the same.

package gate_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

var widths = []int{40, 80, 120, 200}

// screens are the runs to draw, each with the times of its pictures, from the start of the
// gate. The end is always drawn.
var screens = map[string]struct {
	scenario string // a name, or a file of stories
	app      string
	args     []string
	looks    []time.Duration
}{
	"opens":        {"measured-deploy", "measured", nil, []time.Duration{0, 3 * time.Second, 4 * time.Minute}},
	"times-out":    {"testdata/stories/time-out-with-hidden-dynos.yaml", "my-app", []string{"--timeout", "4m"}, []time.Duration{2 * time.Second}},
	"phase-fails":  {"phase-fails", "phased", nil, []time.Duration{10 * time.Second}},
	"long-names":   {"testdata/terminal/long-names.yaml", "my-app", []string{"--timeout", "45s", "--logs", "off"}, []time.Duration{20 * time.Second}},
	"invalid":      {"plain-restart", "Plain!", []string{"--timeout", "soon"}, nil},
	"interrupted":  {"measured-deploy", "measured", []string{interruptFlag}, []time.Duration{time.Minute}},
	"without-logs": {"private-space", "private", []string{"--logs=off"}, []time.Duration{time.Minute}},
}

// interruptFlag stands for Ctrl-C after 90 seconds.
const interruptFlag = "interrupt"

// timed records what was written at which time.
type timed struct {
	begin time.Time
	bytes.Buffer
	until []written
}

type written struct {
	at     time.Duration
	length int
}

func (w *timed) Write(b []byte) (int, error) {
	n, err := w.Buffer.Write(b)
	w.until = append(w.until, written{time.Since(w.begin), w.Len()})
	return n, err
}

// at returns everything that was written until that time.
func (w *timed) at(t time.Duration) []byte {
	length := 0
	for _, u := range w.until {
		if u.at <= t {
			length = u.length
		}
	}
	return w.Bytes()[:length]
}

// onTerminal plays a run on a terminal. width returns its width at the moment.
func onTerminal(t *testing.T, name string, width func() int) *timed {
	t.Helper()
	s := screens[name]
	var scenario *herokusim.Scenario
	if strings.Contains(s.scenario, "/stories/") {
		scenario, _ = readStory(t, s.scenario)
	} else {
		var err error
		if scenario, err = herokusim.Load(s.scenario); err != nil {
			t.Fatal(err)
		}
	}
	played := story(t, scenario)
	var out *timed
	synctest.Test(t, func(t *testing.T) {
		out = &timed{begin: time.Now()}
		server := herokusim.NewServer(played, herokusim.Options{From: played.Gate})
		server.Begin()
		ctx, args := t.Context(), s.args
		if len(args) == 1 && args[0] == interruptFlag {
			var stop context.CancelFunc
			ctx, stop = context.WithTimeout(ctx, 90*time.Second)
			defer stop()
			args = nil
		}
		c := gate.Command{
			Args:   append([]string{"--app", s.app, "--api-key", testKey}, args...),
			Stdout: out, Stderr: io.Discard, Transport: server.Transport(), Now: server.Clock,
			Terminal: true, Width: width,
		}
		c.Main(ctx)
	})
	return out
}

// byLuck matches what depends on which of two answers comes first. The replacement has the same length.
var byLuck = regexp.MustCompile(`\d+\s+requests?|\d+\s+left|\d+\s+at|(until|gone at)\s+\d+m\d\ds`)

// pictured is what a terminal shows at each of the times and at the end.
func pictured(t *testing.T, name string, out *timed, width int) string {
	t.Helper()
	digit := regexp.MustCompile(`\d`)
	settle := func(b []byte) []byte {
		return byLuck.ReplaceAllFunc(b, func(s []byte) []byte { return digit.ReplaceAll(s, []byte("#")) })
	}
	var all strings.Builder
	draw := func(when string, b []byte) {
		p := newPane(width)
		p.write(t, settle(b))
		// Lines from others are not shortened.
		p.spilled = slices.DeleteFunc(p.spilled, func(line string) bool { return strings.HasPrefix(line, "| ") })
		if n := len(p.spilled); n > 0 {
			t.Errorf("%s, %d columns, %s: %d lines are too long for the terminal, the first %q", name, width, when, n, p.spilled[0])
		}
		fmt.Fprintf(&all, "--- %d columns, %s\n%s", width, when, p)
	}
	for _, at := range screens[name].looks {
		draw("after "+at.String(), out.at(at))
	}
	draw("at the end", out.Bytes())
	return all.String()
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	for name := range screens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all strings.Builder
			for _, width := range widths {
				out := onTerminal(t, name, func() int { return width })
				all.WriteString(pictured(t, name, out, width))
			}
			golden(t, "terminal/"+name+".txt", all.String())
		})
	}
}

// After the terminal was resized, new lines have the new width.
func TestTerminalIsResized(t *testing.T) {
	t.Parallel()
	begin, wide := time.Time{}, 90
	out := onTerminal(t, "opens", func() int {
		if begin.IsZero() {
			begin = time.Now()
		}
		if time.Since(begin) > time.Minute {
			return wide / 2
		}
		return wide
	})
	longest := func(b []byte) (most int) {
		for _, line := range regexp.MustCompile(`[\r\n]+`).Split(string(b), -1) {
			most = max(most, len([]rune(regexp.MustCompile(`\x1b\[[^a-zA-Z]*[a-zA-Z]`).ReplaceAllString(line, ""))))
		}
		return most
	}
	before := out.at(50 * time.Second)
	if got := longest(before); got != wide {
		t.Errorf("the longest line before the change has %d columns, want %d", got, wide)
	}
	if got := longest(out.Bytes()[len(out.at(70*time.Second)):]); got != wide/2 {
		t.Errorf("the longest line after the change has %d columns, want %d", got, wide/2)
	}
}

// A pane of the tests draws like a real terminal.
func TestTmux(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs tmux")
	}
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not installed")
	}
	for name := range screens {
		for _, width := range []int{40, 80} {
			out := onTerminal(t, name, func() int { return width })
			ours := newPane(width)
			ours.write(t, out.Bytes())
			if diff := cmp.Diff(ours.String(), tmuxShows(t, tmux, width, out.Bytes())); diff != "" {
				t.Errorf("%s, %d columns (-our pane +tmux):\n%s", name, width, diff)
			}
		}
	}
}

// tmuxShows is what a terminal of tmux holds after these bytes.
func tmuxShows(t *testing.T, tmux string, width int, text []byte) string {
	t.Helper()
	dir := t.TempDir()
	file, socket := filepath.Join(dir, "text"), filepath.Join(dir, "socket")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.Command(tmux, append([]string{"-S", socket, "-f", "/dev/null"}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=screen")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %s: %v\n%s", args[0], err, out)
		}
		return string(out)
	}
	run("-u", "new-session", "-d", "-x", fmt.Sprint(width), "-y", "200", "cat "+file+"; tmux -S "+socket+" wait-for -S shown; sleep 60")
	defer run("kill-server")
	run("wait-for", "shown")
	var shown strings.Builder
	for line := range strings.Lines(strings.TrimRight(run("capture-pane", "-p"), "\n") + "\n") {
		shown.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return shown.String()
}
