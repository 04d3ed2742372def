// Whole runs: log, outputs and summary, compared with golden files.

package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"

	"github.com/google/go-cmp/cmp"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]func() story{
		"measured":       measured,
		"presumed":       presumed,
		"timed-out":      timedOut,
		"release-failed": releaseFailed,
		"cancelled":      cancelled,
		"hostile":        hostile,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inActions(t)
			tell(t, w.report(true), s()) // a terminal makes no difference in Actions
			golden(t, name+".log", w.stdout.String())
			golden(t, name+".outputs", w.file("GITHUB_OUTPUT"))
			golden(t, name+".summary.md", w.file("GITHUB_STEP_SUMMARY"))
			checkInert(t, w)
		})
	}
}

func TestInvalidInputs(t *testing.T) {
	t.Parallel()
	w := inActions(t)
	r := w.report(false)
	err := r.Invalid([]error{
		errors.Join(errors.New("app is required"), errors.New(`timeout "1 hour" is not a duration`)),
		nil,
		errors.New("api-key " + secret + "\n::error::x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "invalid.log", w.stdout.String())
	golden(t, "invalid.outputs", w.file("GITHUB_OUTPUT"))
	if s := w.file("GITHUB_STEP_SUMMARY"); s != "" {
		t.Errorf("got summary %q", s)
	}
}

func TestOutsideOfActions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		terminal bool
		env      map[string]string
	}{
		"pipe":              {},
		"terminal":          {terminal: true},
		"terminal-no-color": {terminal: true, env: map[string]string{"NO_COLOR": "1"}},
		"terminal-dumb":     {terminal: true, env: map[string]string{"TERM": "dumb"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for k, v := range test.env {
				w.env[k] = v
			}
			s := presumed()
			s.excerpt = []string{"line", "::warning::line"}
			tell(t, w.report(test.terminal), s)
			golden(t, name+".log", strings.ReplaceAll(w.stdout.String(), "\x1b", "ESC"))
			if strings.Contains(w.stdout.String(), secret) {
				t.Error("the secret shows")
			}
			if colored := strings.Contains(w.stdout.String(), "\x1b[3"); colored != (name == "terminal") {
				t.Errorf("got colour %t", colored)
			}
		})
	}
}

func TestOutputFileWithoutActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "GITHUB_OUTPUT")
	tell(t, w.report(false), measured())
	got := parseOutputs(t, w.file("GITHUB_OUTPUT"))
	delete(got, "report")
	want := map[string]string{
		"result": "passed", "reason": "rolled-out", "basis": "proven",
		"message": "v42 of my-app is rolled out: 10 of 10 new dynos are up and all 10 old ones were seen to end",
		"release": "v42", "release-id": "aaaaaaaa-0000-0000-0000-000000000042", "new-release": "true", "superseded-by": "",
		"commit":             "1f2e3d4c5b6a79880716253443526170deadbeef",
		"release-created-at": "2026-03-14T12:00:00Z", "release-finished-at": "2026-03-14T12:00:00Z",
		"first-new-up-at": "2026-03-14T12:00:05Z", "all-new-up-at": "2026-03-14T12:00:08Z",
		"first-old-stopped-at": "2026-03-14T12:03:11Z", "old-gone-basis": "proven", "old-gone-at": "2026-03-14T12:05:08Z",
		"rollout-seconds": "308", "unseen-seconds": "308", "waited-seconds": "308",
		"old-remaining": "0", "new-up": "10", "new-wanted": "10",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if strings.Contains(w.stdout.String(), "::") {
		t.Errorf("commands outside Actions:\n%s", w.stdout.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestFilesAndLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := inActions(t)
	w.env["GITHUB_OUTPUT"] = filepath.Join(t.TempDir(), "no", "such", "folder")
	r := New(Options{Stdout: brokenWriter{}, Getenv: func(k string) string { return w.env[k] }})
	r.Mask(secret)
	r.Update(measured().pictures[0])
	if err := r.End(measured().ending); err == nil || !strings.HasPrefix(err.Error(), "writing outputs: ") {
		t.Errorf("got error %v, want one of writing the outputs", err)
	}
	if err := r.LogError(); err == nil || err.Error() != "writing the log: broken pipe" {
		t.Errorf("got error %v of the log", err)
	}
	if w.file("GITHUB_STEP_SUMMARY") == "" {
		t.Error("there is no summary, though it could be written")
	}
	if err := New(Options{}).End(Ending{}); err != nil {
		t.Errorf("with empty options: %v", err)
	}
}

// No later step reads the summary, so a summary that cannot be written fails nothing.
func TestSummaryThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(full, make([]byte, maxFile), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, why := range map[string]string{
		filepath.Join(t.TempDir(), "no", "such", "folder"): "no such file or directory",
		full: "its file is full already",
	} {
		w := inActions(t)
		w.env["GITHUB_STEP_SUMMARY"] = file
		r := w.report(false)
		r.Update(measured().pictures[0])
		if err := r.End(measured().ending); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		log := w.stdout.String()
		if !strings.Contains(log, "warning: there is no summary: ") || !strings.Contains(log, why) || strings.Contains(log, "::error") {
			t.Errorf("%s: the log does not warn that there is no summary (%s), or has an error:\n%s", file, why, log)
		}
		if got := parseOutputs(t, w.file("GITHUB_OUTPUT")); got["result"] != "passed" {
			t.Errorf("%s: outputs %v", file, got)
		}
	}
}

// In a shell, what the program prints may go to a file. There it does not ask GitHub to hide the key, since that
// would write the key.
func TestNoMaskInAShell(t *testing.T) {
	t.Parallel()
	w := inActions(t)
	delete(w.env, "INPUT_API-KEY")
	r := w.report(false)
	r.Note("the key is " + secret)
	if log := w.stdout.String(); strings.Contains(log, secret) || strings.Contains(log, "add-mask") || !strings.Contains(log, "the key is") {
		t.Errorf("the log has the key, or a command to mask it:\n%s", log)
	}
}

func TestWhenProgressGetsALine(t *testing.T) {
	t.Parallel()
	var g progress
	p := rollout.Picture{Types: []rollout.TypePicture{{Type: "web", Wanted: 9}}}
	for i, step := range []struct {
		at    time.Duration
		up    int
		hold  time.Duration
		wait  string
		want  bool
		again time.Duration // when to ask again
	}{
		{0, 0, 0, "a", true, 30 * time.Second},                                         // the first one
		{500 * time.Millisecond, 0, 0, "b", false, time.Second},                        // too soon
		{time.Second, 1, 0, "b", true, 31 * time.Second},                               // both changes at once
		{2 * time.Second, 2, 0, "b", false, 4 * time.Second},                           // only numbers
		{4 * time.Second, 3, 0, "b", true, 34 * time.Second},                           // they have waited
		{33 * time.Second, 3, 0, "b", false, 34 * time.Second},                         // nothing new
		{34 * time.Second, 3, 0, "b", true, 64 * time.Second},                          // the longest pause is over
		{37 * time.Second, 3, time.Minute, "b", true, 67 * time.Second},                // a hold begins
		{41 * time.Second, 3, time.Minute + time.Second, "b", false, 67 * time.Second}, // it moves a little
		{42 * time.Second, 3, time.Minute + 10*time.Second, "b", true, 72 * time.Second},
		{46 * time.Second, 3, 0, "b", true, 76 * time.Second}, // it is over
	} {
		p.At, p.Types[0].Up, p.HoldUntil, p.Waiting = step.at, step.up, step.hold, step.wait
		line, again := g.next(p, false)
		if got := line != ""; got != step.want || again != step.again {
			t.Errorf("step %d at %s: got line %t, then %s; want %t, %s", i, step.at, got, again, step.want, step.again)
		}
	}
}

// What a line of progress says if there are no numbers of old dynos.
func TestNumbersOfOldDynos(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]rollout.TypePicture{
		"2/2 new up, no old":            {Wanted: 2, Up: 2, Basis: rollout.Proven},
		"2/2 new up, old presumed gone": {Wanted: 2, Up: 2, Basis: rollout.Presumed},
		"2/2 new up, old may run":       {Wanted: 2, Up: 2},
		"2/2 new up, 1 old hidden":      {Wanted: 2, Up: 2, OldHidden: 1},
	} {
		if got := numbers(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	// Of very many types the rest is known no better than the least known of it.
	var p rollout.Picture
	for i, basis := range []rollout.Basis{"", "", "", "", "", rollout.Proven, rollout.Presumed, rollout.Proven} {
		p.Types = append(p.Types, rollout.TypePicture{Type: string(rune('a' + i)), Basis: basis})
	}
	if got, want := counts(p)[typesInLine], "3 more types 0/0 new up, old presumed gone"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
