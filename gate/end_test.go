// The end of a run: it comes at most 2 s after the timeout or a signal, even if something hangs, and outputs and
// summary are written. These tests use real processes and real sockets, each for a few seconds.

package gate_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// endTime is how long the end may take. startTime is how long a program may take to start on
// a busy machine.
const (
	endTime   = 2 * time.Second
	startTime = time.Second
)

// hanging is a simulated Heroku on loopback that never answers requests whose path has
// the given part.
func hanging(t *testing.T, scenario, path string) (url string) {
	t.Helper()
	sc, err := herokusim.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	sc.Faults = append(sc.Faults, herokusim.Fault{Path: path, Hang: true, To: time.Hour})
	story, err := sc.Play()
	if err != nil {
		t.Fatal(err)
	}
	sim := herokusim.NewServer(story, herokusim.Options{From: 30 * time.Second})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only after reading the body the server notices that the client has gone.
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	sim.Begin()
	return server.URL
}

// process prepares the program in the way in which GitHub runs it.
func process(t *testing.T, program, app, url, timeout string) (cmd *exec.Cmd, output, summary string) {
	t.Helper()
	dir := t.TempDir()
	output, summary = filepath.Join(dir, "output"), filepath.Join(dir, "summary")
	cmd = exec.Command(program)
	cmd.Env = []string{
		"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + summary,
		"INPUT_APP=" + app, "INPUT_API-KEY=" + testKey, "INPUT_API-URL=" + url, "INPUT_TIMEOUT=" + timeout, "INPUT_RELEASE=v42",
	}
	return cmd, output, summary
}

// wholeEnd fails unless all outputs and a summary were written.
func wholeEnd(t *testing.T, output, summary, reason string) {
	t.Helper()
	o := readOutputs(t, output)
	for _, name := range report.OutputNames {
		if _, ok := o[name]; !ok {
			t.Errorf("output %s is missing", name)
		}
	}
	if o["reason"] != reason {
		t.Errorf("the reason is %q, want %q", o["reason"], reason)
	}
	if text, err := os.ReadFile(summary); err != nil || len(text) == 0 {
		t.Errorf("no summary: %v", err)
	}
}

func TestEndWhateverHangs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, _ := build(t)
	for name, tc := range map[string]struct {
		scenario, app, path string
		deadline, signal    string // the reasons
		status, afterSignal int
	}{
		"everything":     {"measured-deploy", "measured", "/", "platform-unreachable", "interrupted", gate.ExitTimedOut, gate.ExitInterrupted},
		"log sessions":   {"measured-deploy", "measured", "/log-sessions", "old-dynos-remain", "interrupted", gate.ExitTimedOut, gate.ExitInterrupted},
		"log streams":    {"measured-deploy", "measured", "/logplex", "old-dynos-remain", "interrupted", gate.ExitTimedOut, gate.ExitInterrupted},
		"the dyno list":  {"measured-deploy", "measured", "/dynos", "platform-unreachable", "interrupted", gate.ExitTimedOut, gate.ExitInterrupted},
		"phase's output": {"phase-fails", "phased", "/streams", "release-failed", "release-failed", gate.ExitFailed, gate.ExitFailed},
	} {
		for _, signal := range []os.Signal{nil, os.Interrupt, syscall.SIGTERM} {
			timeout, when, status, reason := "2s", "deadline", tc.status, tc.deadline
			if signal != nil {
				timeout, when, status, reason = "1m", signal.String(), tc.afterSignal, tc.signal
			}
			t.Run(name+" hangs, "+when, func(t *testing.T) {
				t.Parallel()
				cmd, output, summary := process(t, program, tc.app, hanging(t, tc.scenario, tc.path), timeout)
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				begin, limit := time.Now(), 2*time.Second+endTime+startTime
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if signal != nil {
					time.Sleep(startTime)
					begin, limit = time.Now(), endTime
					cmd.Process.Signal(signal)
				}
				cmd.Wait()
				if took := time.Since(begin); took > limit {
					t.Errorf("it took %s, want %s at the most", took, limit)
				}
				if got := cmd.ProcessState.ExitCode(); got != status {
					t.Errorf("exit status %d, want %d; printed:\n%s", got, status, out.String())
				}
				wholeEnd(t, output, summary, reason)
			})
		}
	}
}

// If nobody reads the log any more, outputs and exit status stay the same.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	cmd, output, summary := process(t, program, "measured", serve(t, sim, "--speed", "60", "measured-deploy"), "1m")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != gate.ExitPassed {
		t.Errorf("exit status %d (%s), want %d", got, cmd.ProcessState, gate.ExitPassed)
	}
	wholeEnd(t, output, summary, "rolled-out")
}

// stuck is a transport that never answers requests whose path contains a part, not
// even when their context ends.
type stuck struct {
	http.RoundTripper
	path string
	free chan struct{}
}

func (s stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, s.path) {
		<-s.free
		return nil, io.ErrUnexpectedEOF
	}
	return s.RoundTripper.RoundTrip(r)
}

// Reading the excerpt takes little time if the verdict comes at the timeout, and at most 5 s if it
// comes long before, even if the request ignores its context.
func TestExcerptsAreBounded(t *testing.T) {
	t.Parallel()
	for timeout, most := range map[string]time.Duration{"2s": 4 * time.Second, "10m": 7 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			sc, err := herokusim.Load("phase-fails")
			if err != nil {
				t.Fatal(err)
			}
			story, err := sc.Play()
			if err != nil {
				t.Fatal(err)
			}
			server := herokusim.NewServer(story, herokusim.Options{From: 30 * time.Second})
			server.Begin()
			var out bytes.Buffer
			env := map[string]string{"INPUT_APP": "phased", "INPUT_API-KEY": testKey, "INPUT_TIMEOUT": timeout, "INPUT_RELEASE": "v42"}
			s := stuck{server.Transport(), "/streams", make(chan struct{})}
			defer close(s.free)
			c := gate.Command{Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &out, Transport: s, Now: server.Clock}
			begin := time.Now()
			status := c.Main(t.Context())
			if took := time.Since(begin); status != gate.ExitFailed || took > most {
				t.Errorf("timeout %s: status %d after %s, want %d within %s", timeout, status, took, gate.ExitFailed, most)
			}
			if !strings.Contains(out.String(), "no time left") {
				t.Errorf("it is not said that there is no excerpt:\n%s", out.String())
			}
		})
	}
}

// With real sockets, no goroutine of a run outlives the run. (In virtual time, synctest
// itself fails a story that leaves a goroutine.) The test is not parallel, so no other run
// disturbs it.
func TestNothingOutlivesARun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, path := range []string{"/", "/logplex", "/none"} {
		env := map[string]string{
			"INPUT_APP": "measured", "INPUT_API-KEY": testKey, "INPUT_TIMEOUT": "2s",
			"INPUT_API-URL": hanging(t, "measured-deploy", path),
		}
		var verdict rollout.Verdict
		c := gate.Command{Getenv: func(k string) string { return env[k] }, Stdout: io.Discard, Stderr: io.Discard,
			Ended: func(_ rollout.Picture, v rollout.Verdict) { verdict = v }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		c.Main(ctx)
		cancel()
		if verdict.Result != rollout.TimedOut {
			t.Fatalf("%+v", verdict)
		}
		var left string
		for range 20 { // the goroutines may need a moment to end
			if left = running(); left == "" {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if left != "" {
			t.Errorf("%s hangs: goroutines of the run are left:\n%s", path, left)
		}
	}
}

// running returns the stacks of all goroutines that run code of the gate.
func running() string {
	var all bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&all, 2)
	var left []string
	for _, g := range strings.Split(all.String(), "\n\n") {
		for _, pkg := range []string{"gate/watch.", "gate/logtail.", "gate/platform.", "net/http.(*persistConn)"} {
			if strings.Contains(g, pkg) {
				left = append(left, g)
				break
			}
		}
	}
	return strings.Join(left, "\n\n")
}

// If nobody reads the log, the wait goes on, ends in time, and writes its outputs.
func TestLogThatNobodyReads(t *testing.T) {
	t.Parallel()
	sc, st := load(t, "measured-deploy")
	output := filepath.Join(t.TempDir(), "output")
	env := map[string]string{"GITHUB_OUTPUT": output, "INPUT_APP": sc.AppName(), "INPUT_API-KEY": testKey, "INPUT_TIMEOUT": "10s"}
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(st, herokusim.Options{From: st.Gate})
		server.Begin()
		read, write := io.Pipe()
		var errs bytes.Buffer
		c := gate.Command{Getenv: func(k string) string { return env[k] }, Stdout: write, Stderr: &errs, Transport: server.Transport(), Now: server.Clock}
		begin := time.Now()
		status := c.Main(t.Context())
		if took := time.Since(begin); status != gate.ExitTimedOut || took > 12*time.Second || !strings.Contains(errs.String(), "nobody reads it") {
			t.Errorf("status %d after %s, said %q", status, took, errs.String())
		}
		if o := readOutputs(t, output); o["reason"] != "old-dynos-remain" {
			t.Errorf("outputs %q", o)
		}
		read.Close() // so that the goroutine that prints ends
	})
}
