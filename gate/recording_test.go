// Recordings: every run replays to its verdict, holds no secret, and a damaged
// recording is refused.

package gate_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
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

// checkReplay fails if the replay of a recording does not give the verdict and picture of the
// run, or if the recording contains a secret. It checks all stories.
func checkReplay(t testing.TB, file string, o outcome) {
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

// checkReasons fails if a recording does not say why each request was sent.
func checkReasons(t testing.TB, recording []byte) {
	t.Helper()
	answers := 0
	for line := range bytes.Lines(recording) {
		var o observe.Observation
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		asked := o.App != nil || o.Preboot != nil || o.Metrics != nil || o.Look != nil || o.Release != nil || o.Code != nil || o.Builds != nil
		if asked || o.Trouble != nil && o.Why != "" {
			answers++
		}
		if asked != (o.Why != "") && o.Trouble == nil {
			t.Errorf("why is %q in %s", o.Why, line)
		}
	}
	if answers == 0 && bytes.Count(recording, []byte("\n")) > 3 && !bytes.Contains(recording, []byte(observe.Internal)) {
		t.Errorf("nothing was asked at all:\n%s", recording)
	}
}

// recorded returns the recording of a run in which the gate opened.
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

// Only its owner can read a recording, also if the file existed before. The owner is that of the folder, also
// if the gate runs as root, since a later step of the workflow uploads the recording.
func TestOnlyTheOwnerReadsARecording(t *testing.T) {
	t.Parallel()
	sc, story := load(t, "plain-restart")
	for _, was := range []string{"", "open to all", "longer than what comes: " + strings.Repeat("x", 1<<20)} {
		folder := t.TempDir()
		file := filepath.Join(folder, "recording")
		if was != "" {
			if err := os.WriteFile(file, []byte(was), 0o666); err != nil {
				t.Fatal(err)
			}
		} else if os.Geteuid() == 0 {
			if err := os.Chown(folder, 1234, 1234); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Test(t, func(t *testing.T) {
			checkReplay(t, file, play(t, story, sc.AppName(), story.Gate, map[string]string{"record": file}, 0))
		})
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info.Mode(), err)
		}
		above, err := os.Stat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if of, should := info.Sys().(*syscall.Stat_t).Uid, above.Sys().(*syscall.Stat_t).Uid; of != should {
			t.Errorf("it is of user %d, the folder of user %d", of, should)
		}
	}
}

// The gate does not follow a link, wherever it leads. Its target does not change.
func TestRecordingRefusesALink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	there, missing := filepath.Join(folder, "there"), filepath.Join(folder, "missing")
	if err := os.WriteFile(there, []byte("precious"), 0o640); err != nil {
		t.Fatal(err)
	}
	for name, leads := range map[string]string{"to a file": there, "to nothing": missing, "to a folder": folder, "to a device": os.DevNull} {
		link := filepath.Join(folder, name)
		if err := os.Symlink(leads, link); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		c := gate.Command{Args: []string{"--app", "my-app", "--api-key", testKey, "--timeout", "1s", "--record", link}, Stdout: &out, Stderr: &errs, Transport: noNetwork{t}}
		if status := c.Main(t.Context()); status != gate.ExitInvalid || !strings.Contains(out.String(), "symbolic link") {
			t.Errorf("a link %s: status %d: %s", name, status, out.String())
		}
	}
	if data, err := os.ReadFile(there); string(data) != "precious" || err != nil {
		t.Errorf("the file behind the link holds %q, %v", data, err)
	}
	if _, err := os.Lstat(missing); err == nil {
		t.Error("a file was made behind the link")
	}
}

// wordy is a platform whose releases have very long descriptions.
type wordy struct{ http.RoundTripper }

func (w wordy) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/releases") {
		text, _ := io.ReadAll(res.Body)
		text = bytes.ReplaceAll(text, []byte(`"description":"`), []byte(`"description":"`+strings.Repeat("x", 3<<20)))
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		res.Header.Del("Content-Length")
	}
	return res, err
}

// A recording ends at 64 MiB with a line that says so; the gate goes on.
func TestRecordingIsBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes 64 MiB")
	}
	sc, story := load(t, "plain-restart")
	file := filepath.Join(t.TempDir(), "recording")
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(story, herokusim.Options{From: story.Gate})
		server.Begin()
		var out, errs bytes.Buffer
		c := gate.Command{
			Args:   []string{"--app", sc.AppName(), "--api-key", testKey, "--record", file, "--release", "v99", "--timeout", "5m", "--logs", "off"},
			Stdout: &out, Stderr: &errs, Transport: wordy{server.Transport()},
		}
		if status := c.Main(t.Context()); status != gate.ExitTimedOut || !strings.Contains(errs.String(), "recording was stopped when it was 64 MiB long") {
			t.Errorf("status %d; said: %.1000s\n%.2000s", status, errs.String(), out.String())
		}
	})
	info, err := os.Stat(file)
	if err != nil || info.Size() > 65<<20 || info.Size() < 40<<20 {
		t.Fatalf("%d bytes, %v", info.Size(), err)
	}
	var errs bytes.Buffer
	c := gate.Command{Args: []string{"replay", file}, Stdout: io.Discard, Stderr: &errs, Transport: noNetwork{t}}
	if status := c.Main(t.Context()); status != gate.ExitInvalid || !strings.Contains(errs.String(), "stopped there") {
		t.Errorf("replay: status %d: %s", status, errs.String())
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

// The API key is not recorded, even if it appears in texts of others. A pipe is refused.
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

// If the recording cannot be written any more, the gate says so and goes on.
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

// If the file for outputs cannot be written, later steps would miss the outputs without
// notice: so the step fails. No step reads the summary.
func TestUnwritableFiles(t *testing.T) {
	t.Parallel()
	sc, story := load(t, "plain-restart")
	for name, want := range map[string]int{"GITHUB_OUTPUT": gate.ExitUndecided, "GITHUB_STEP_SUMMARY": gate.ExitPassed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			missing := filepath.Join(t.TempDir(), "missing", "file")
			synctest.Test(t, func(t *testing.T) {
				server := herokusim.NewServer(story, herokusim.Options{From: story.Gate})
				server.Begin()
				var out, errs bytes.Buffer
				env := map[string]string{"GITHUB_ACTIONS": "true", name: missing, "INPUT_APP": sc.AppName(), "INPUT_API-KEY": testKey}
				c := gate.Command{Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &errs, Transport: server.Transport(), Now: server.Clock}
				if status := c.Main(t.Context()); status != want || !strings.Contains(errs.String()+out.String(), missing) {
					t.Errorf("status %d; said: %s\n%s", status, errs.String(), out.String())
				}
			})
		})
	}
}
