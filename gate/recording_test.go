// Recordings: every run replays to its verdict, holds no secret, and a damaged
// recording is refused.

package gate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// checkReplay fails if the recording of a run does not replay to what the run came
// to, or holds a secret. All stories are checked so.
func checkReplay(t *testing.T, file string, o outcome) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{testKey, "/logplex/", "/streams/"} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the recording holds %q", secret)
		}
	}
	checkReasons(t, data)
	var out, errs bytes.Buffer
	var again rollout.Verdict
	var picture rollout.Picture
	c := gate.Command{Args: []string{"replay", file}, Stdout: &out, Stderr: &errs, Transport: noNetwork{t},
		Ended: func(p rollout.Picture, v rollout.Verdict) { picture, again = p, v }}
	if status := c.Main(t.Context()); status != o.status || again != o.verdict {
		t.Errorf("replay: status %d, %+v; the run: %d, %+v\n%s", status, again, o.status, o.verdict, errs.String())
	}
	run, _ := json.Marshal(o.picture)
	if replayed, _ := json.Marshal(picture); !bytes.Equal(run, replayed) {
		t.Errorf("the picture is not the same:\n%s\n%s", run, replayed)
	}
}

// checkReasons wants to know of each answer in a recording why it was asked for.
func checkReasons(t *testing.T, recording []byte) {
	t.Helper()
	answers := 0
	for line := range bytes.Lines(recording) {
		var o observe.Observation
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		asked := o.App != nil || o.Preboot != nil || o.Look != nil || o.Code != nil || o.Builds != nil
		if asked || o.Trouble != nil && o.Why != "" {
			answers++
		}
		if asked != (o.Why != "") && o.Trouble == nil {
			t.Errorf("why is %q in %s", o.Why, line)
		}
	}
	if answers == 0 && bytes.Count(recording, []byte("\n")) > 3 && !bytes.Contains(recording, []byte(observe.Internal)) {
		t.Error("nothing was asked at all")
	}
}

// recorded is a recording of a run that opened the gate.
func recorded(t *testing.T) []byte {
	t.Helper()
	sc, story := load(t, "plain-restart")
	file := filepath.Join(t.TempDir(), "recording")
	synctest.Test(t, func(t *testing.T) {
		play(t, story, sc.AppName(), story.Gate, map[string]string{"record": file}, 0)
	})
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A later step of the workflow, which is not root, can read it: to upload it.
func TestRecordingCanBeRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "recording")
	sc, story := load(t, "plain-restart")
	synctest.Test(t, func(t *testing.T) {
		play(t, story, sc.AppName(), story.Gate, map[string]string{"record": file}, 0)
	})
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o004 == 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestDamagedRecordings(t *testing.T) {
	t.Parallel()
	whole := string(recorded(t))
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	put := func(i int, line string) string {
		return strings.Join(lines[:i], "") + line + "\n" + strings.Join(lines[i+1:], "")
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":                     {"", "empty"},
		"no header":                 {strings.Join(lines[1:], ""), "line 1"},
		"another version":           {strings.Replace(whole, `"rolloutGateRecording":1`, `"rolloutGateRecording":99`, 1), "line 1"},
		"binary":                    {"\x7fELF\x00\x01\n", "line 1"},
		"cut in a line":             {whole[:len(strings.Join(lines[:4], ""))-9], "line 4"},
		"not JSON":                  {put(2, "never mind"), "line 3"},
		"a field of another time":   {put(2, `{"at":1,"mood":"good"}`), "line 3"},
		"two values":                {put(2, `{"at":1} {"at":2}`), "line 3"},
		"back in time":              {put(len(lines)-2, `{"at":1}`), "back in time"},
		"another type":              {put(2, `{"at":"soon"}`), "line 3"},
		"cut before the verdict":    {strings.Join(lines[:len(lines)-3], ""), "without a verdict"},
		"more after the verdict":    {whole + "\n" + `{"at":999999999999999}` + "\n", "after the verdict"},
		"a line longer than can be": {lines[0] + `{"at":1,"end":"` + strings.Repeat("x", 65<<20) + `"}` + "\n", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "recording")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			command := gate.Command{Args: []string{"replay", file}, Stdout: &out, Stderr: &errs, Transport: noNetwork{t}}
			if status := command.Main(t.Context()); status != gate.ExitInvalid || !strings.Contains(errs.String(), c.want) || len(errs.String()) > 1000 {
				t.Errorf("status %d, want %d with %q; said: %.300s", status, gate.ExitInvalid, c.want, errs.String())
			}
		})
	}
}

// A key that stands in what others wrote is not recorded, and a pipe is no file.
func TestRecordingHoldsNoKey(t *testing.T) {
	t.Parallel()
	sc, err := herokusim.Load("plain-restart")
	if err != nil {
		t.Fatal(err)
	}
	sc.Events[0].Deploy = nil
	sc.Events[0].Config = &herokusim.Config{Vars: testKey}
	st := story(t, sc)
	file := filepath.Join(t.TempDir(), "recording")
	synctest.Test(t, func(t *testing.T) {
		play(t, st, sc.AppName(), st.Gate, map[string]string{"record": file}, 0)
	})
	data, err := os.ReadFile(file)
	if err != nil || bytes.Contains(data, []byte(testKey)) || !bytes.Contains(data, []byte("[api-key]")) {
		t.Errorf("%v; recorded: %.2000s", err, data)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	c := gate.Command{Args: []string{"--app", "my-app", "--api-key", testKey, "--record", pipe}, Stdout: &out, Stderr: &errs, Transport: noNetwork{t}}
	if status := c.Main(t.Context()); status != gate.ExitInvalid || !strings.Contains(out.String(), "pipe") {
		t.Errorf("status %d: %s", status, out.String())
	}
}

// A recording that cannot be written any more is said so, and the gate goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	sc, story := load(t, "plain-restart")
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(story, herokusim.Options{From: story.Gate})
		server.Begin()
		var out, errs bytes.Buffer
		c := gate.Command{
			Args:   []string{"--app", sc.AppName(), "--api-key", testKey, "--record", "/dev/full"},
			Stdout: &out, Stderr: &errs, Transport: server.Transport(), Now: server.Clock,
		}
		if status := c.Main(t.Context()); status != gate.ExitPassed || strings.Count(errs.String(), "recording") != 1 {
			t.Errorf("status %d; said: %s\n%s", status, errs.String(), out.String())
		}
	})
}

// An output file that cannot be written would let later steps go on without a word:
// the step fails.
func TestUnwritableFiles(t *testing.T) {
	t.Parallel()
	sc, story := load(t, "plain-restart")
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			missing := filepath.Join(t.TempDir(), "missing", "file")
			synctest.Test(t, func(t *testing.T) {
				server := herokusim.NewServer(story, herokusim.Options{From: story.Gate})
				server.Begin()
				var out, errs bytes.Buffer
				env := map[string]string{"GITHUB_ACTIONS": "true", name: missing, "INPUT_APP": sc.AppName(), "INPUT_API-KEY": testKey}
				c := gate.Command{Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &errs, Transport: server.Transport(), Now: server.Clock}
				if status := c.Main(t.Context()); status != gate.ExitUndecided || !strings.Contains(errs.String(), missing) {
					t.Errorf("status %d; said: %s\n%s", status, errs.String(), out.String())
				}
			})
		})
	}
}
