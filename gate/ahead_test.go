// Recordings of watch-ahead: which ones the gate uses, and what it says about the others.

package gate_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

// aWatch returns the recording of a watch of the measured deploy that died after 20 seconds, and how long the
// machine had been up when the watch began.
func aWatch(t *testing.T, server *herokusim.Server, uptime func() (string, time.Duration, error)) []byte {
	t.Helper()
	dir := t.TempDir()
	ctx, kill := context.WithTimeout(t.Context(), 20*time.Second)
	defer kill()
	c := gate.Command{
		Args:   []string{"watch-ahead", "--app", "measured", "--folder", dir},
		Getenv: func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey, "GITHUB_RUN_ID": "7"}[k] },
		Stdout: &bytes.Buffer{}, Stderr: os.Stderr, Transport: server.Transport(), Uptime: uptime, Now: server.Clock,
	}
	if status := c.Main(ctx); status != gate.ExitPassed {
		t.Fatalf("status %d", status)
	}
	data, err := os.ReadFile(filepath.Join(dir, "heroku-rollout-gate-measured.watch"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte(testKey)) {
		t.Error("the key is in the recording")
	}
	return data
}

func TestRecordingsOfWatchAhead(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				panic(old + " is not there")
			}
			return bytes.Replace(b, []byte(old), []byte(with), 1)
		}
	}
	const unused = "warning: the watch that was begun before the deploy is not used: "
	for name, c := range map[string]struct {
		change func([]byte) []byte
		boot   string        // of the machine that the gate runs on; empty: the same
		back   time.Duration // how far its clock is behind
		run    string        // of the workflow; empty: the same
		says   string
	}{
		"as it is":                    {says: "continuing the watch that began 20s ago, before the deploy"},
		"cut in the middle of a line": {change: func(b []byte) []byte { return b[:len(b)-9] }, says: "continuing the watch that began 20s ago"},
		"of another app":              {change: replace(`"App":"measured"`, `"App":"other"`), says: unused + `it is of app "other"`},
		"of a hostile app":            {change: replace(`"App":"measured"`, `"App":"\n::error::x"`), says: unused + `it is of app "`},
		"of another machine":          {boot: "another", says: unused + "it was begun on another machine, or before this one was started anew"},
		"of a later time":             {back: 30 * time.Second, says: unused + "it is ahead of this machine's clock"},
		"of another run":              {run: "8", says: unused + "it was begun by another run of the workflow"},
		"of another API":              {change: replace(`"api":"`, `"api":"0`), says: unused + "it was begun with another api-url"},
		"empty":                       {change: func([]byte) []byte { return nil }, says: unused + "its recording has no first line"},
		"of nothing":                  {change: func([]byte) []byte { return []byte("nothing\n") }, says: unused + "its recording cannot be read: line 1 is not the beginning of a recording"},
		"of a newer format":           {change: replace(`"rolloutGateRecording":1`, `"rolloutGateRecording":2`), says: "says that the recording is of format 2"},
		"of a gate":                   {change: replace(`"HeadStart":true`, `"HeadStart":false`), says: unused + "its recording is that of a gate"},
		"with a begin":                {change: replace("\n{\"at\":", "\n{\"at\":0,\"begin\":true}\n{\"at\":"), says: "is that of a gate"},
		"with a line that is none":    {change: replace("\n{\"at\":", "\n{\"it\":1}\n{\"at\":"), says: "is not an observation"},
		"with a beat that is none":    {change: replace("\n{\"at\":", "\n{\"beat\":\"x\"}\n{\"at\":"), says: "is no beat"},
		"that goes back":              {change: replace("\n{\"at\":", "\n{\"at\":15000000000}\n{\"at\":"), says: "goes back in time, from 15s to"},
		"from the future":             {change: func(b []byte) []byte { return append(b, "{\"at\":90000000000}\n"...) }, says: unused + "it is ahead of this machine's clock"},
		"that became too long":        {change: func(b []byte) []byte { return append(b, "{\"recordingStopped\":9}\n"...) }, says: "continuing the watch that began 20s ago"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, story := load(t, "measured-deploy")
			synctest.Test(t, func(t *testing.T) {
				server := herokusim.NewServer(story, herokusim.Options{From: -20 * time.Second})
				server.Begin()
				start := time.Now()
				clock := func(boot string, back time.Duration) func() (string, time.Duration, error) {
					return func() (string, time.Duration, error) { return boot, time.Hour + time.Since(start) - back, nil }
				}
				data := aWatch(t, server, clock("boot", 0))
				if c.change != nil {
					data = c.change(data)
				}
				dir := t.TempDir()
				path := filepath.Join(dir, "heroku-rollout-gate-measured.watch")
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				boot, run := "boot", "7"
				if c.boot != "" {
					boot = c.boot
				}
				if c.run != "" {
					run = c.run
				}
				var stdout, stderr bytes.Buffer
				g := gate.Command{
					Args: []string{"--app", "measured", "--timeout", "30s"}, Stdout: &stdout, Stderr: &stderr,
					Getenv: func(k string) string {
						return map[string]string{"HEROKU_API_KEY": testKey, "RUNNER_TEMP": dir, "GITHUB_RUN_ID": run}[k]
					},
					Transport: server.Transport(), Uptime: clock(boot, c.back), Now: server.Clock,
				}
				if status := g.Main(t.Context()); status != gate.ExitTimedOut {
					t.Errorf("status %d", status)
				}
				if !strings.Contains(stdout.String(), c.says) || strings.Contains(stdout.String(), "\n::error") || stderr.Len() > 0 {
					t.Errorf("it says\n%s%s", stdout.String(), stderr.String())
				}
				if _, err := os.Stat(path); err == nil {
					t.Error("the recording is still there")
				}
			})
		})
	}
}

// If something other than a recording is at its path, the gate does not open it.
func TestNotARecordingOfAWatch(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(path string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":   func(path string) error { return os.Symlink("/etc/passwd", path) },
		"too long": func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 1<<30)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := put(filepath.Join(dir, "heroku-rollout-gate-measured.watch")); err != nil {
				t.Fatal(err)
			}
			_, story := load(t, "measured-deploy")
			synctest.Test(t, func(t *testing.T) {
				server := herokusim.NewServer(story, herokusim.Options{From: 2 * time.Second})
				server.Begin()
				var stdout bytes.Buffer
				g := gate.Command{
					Args: []string{"--app", "measured", "--timeout", "3s"}, Stdout: &stdout, Stderr: &stdout,
					Getenv:    func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey, "RUNNER_TEMP": dir}[k] },
					Transport: server.Transport(), Now: server.Clock,
				}
				g.Main(t.Context())
				if !strings.Contains(stdout.String(), "the watch that was begun before the deploy is not used: ") {
					t.Errorf("it says\n%s", stdout.String())
				}
			})
		})
	}
}

// A watch that no gate stops ends after an hour. If its recording is gone, or is that of another watch, it ends
// within two seconds.
func TestWatchAheadEndsByItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, path string) // after 10 seconds
		ends      time.Duration
		left      bool // the recording
	}{
		"no gate comes":         {func(*testing.T, string) {}, time.Hour, true},
		"the recording is gone": {func(t *testing.T, path string) { os.Remove(path) }, 10 * time.Second, false},
		"another one is there": {func(t *testing.T, path string) {
			os.Remove(path)
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Error(err)
			}
		}, 10 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, err := herokusim.Load("plain-restart")
			if err != nil {
				t.Fatal(err)
			}
			sc.Ends, sc.Log.Heartbeat = 70*time.Minute, 15*time.Second
			played := story(t, sc)
			dir := t.TempDir()
			path := filepath.Join(dir, "heroku-rollout-gate-plain.watch")
			synctest.Test(t, func(t *testing.T) {
				server := herokusim.NewServer(played, herokusim.Options{From: -20 * time.Second})
				server.Begin()
				start := time.Now()
				w := gate.Command{
					Args:   []string{"watch-ahead", "--app", "plain", "--folder", dir},
					Getenv: func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey}[k] },
					Stdout: &bytes.Buffer{}, Stderr: os.Stderr, Transport: server.Transport(), Now: server.Clock,
					Uptime: func() (string, time.Duration, error) { return "boot", time.Since(start), nil },
				}
				time.AfterFunc(10*time.Second, func() { c.meanwhile(t, path) })
				status := w.Main(t.Context())
				if took := time.Since(start); status != gate.ExitPassed || took < c.ends || took > c.ends+3*time.Second {
					t.Errorf("status %d after %s, want 0 after %s", status, took, c.ends)
				}
				if _, err := os.Stat(path); (err == nil) != c.left {
					t.Errorf("the recording: %v", err)
				}
				if n := apiRequests(server); n > 60 {
					t.Errorf("%d requests", n)
					count := map[string]int{}
					for _, r := range server.Requests() {
						count[r.Method+" "+r.Path]++
					}
					t.Log(count)
				}
			})
		})
	}
}

// The gate reads the announcement of the step begin only from a regular file: a pipe would block the gate.
func TestAnnouncementIsAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "heroku-rollout-gate.said"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, story := load(t, "measured-deploy")
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(story, herokusim.Options{From: 2 * time.Second})
		server.Begin()
		var stdout bytes.Buffer
		g := gate.Command{
			Args: []string{"--app", "measured", "--timeout", "3s"}, Stdout: &stdout, Stderr: &stdout,
			Getenv:    func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey, "RUNNER_TEMP": dir}[k] },
			Transport: server.Transport(), Now: server.Clock,
		}
		if status := g.Main(t.Context()); status != gate.ExitTimedOut {
			t.Errorf("status %d: %s", status, stdout.String())
		}
	})
}

// Texts of the platform are escaped on standard error, too, while the watch gets ready.
func TestHostileRefusalBeforeACommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	g := gate.Command{
		Args: []string{"--app", "measured", "--timeout", "1s", "--", "deploy"}, Stdout: &stdout, Stderr: &stderr,
		Getenv:    func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey, "RUNNER_TEMP": dir}[k] },
		Transport: hostileRefusal{}, Run: func([]string) int { return 0 },
	}
	g.Main(t.Context())
	if !strings.Contains(stderr.String(), "pwned") || strings.Contains(stderr.String(), "##[") || strings.Contains(stderr.String(), "\u202e") {
		t.Errorf("standard error: %q", stderr.String())
	}
}

// hostileRefusal is a platform that refuses requests, with a text that contains commands for the runner and
// for the terminal.
type hostileRefusal struct{}

func (hostileRefusal) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"id":"forbidden","message":"##[error]pwned \u202e"}`
	return &http.Response{StatusCode: http.StatusForbidden, Status: "403 Forbidden", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// An app has a name and an id. If the watch was begun with one of them and the gate has the other, the gate says so.
func TestWatchOfAnAppWithAnotherName(t *testing.T) {
	t.Parallel()
	for name, runs := range map[string]bool{"the watch still runs": true, "another gate has taken it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files := map[string]string{"heroku-rollout-gate.said": "app=shop\nwatch=heroku-rollout-gate-shop.watch\n"}
			if runs {
				files["heroku-rollout-gate-shop.watch"] = "{}\n"
			}
			for file, text := range files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout bytes.Buffer
			runHostile(t, "measured-deploy", 2*time.Second, nil, &gate.Command{
				Args: []string{"--app", "measured", "--timeout", "3s"}, Stdout: &stdout,
				Getenv: func(k string) string {
					return map[string]string{"HEROKU_API_KEY": testKey, "RUNNER_TEMP": dir}[k]
				},
			})
			if told := strings.Contains(stdout.String(), `the watch that was begun is of app "shop"`); told != runs {
				t.Errorf("told %v:\n%s", told, stdout.String())
			}
		})
	}
}
