// One run of one program: the simulated Heroku, the process, and what both leave.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// A host serves a simulated Heroku.
type host struct {
	sim    *herokusim.Server
	server *httptest.Server

	mu    sync.Mutex
	first time.Time // when the first request came
	list  time.Time // when the first dyno list was answered
}

func startHost(sim *herokusim.Server) *host {
	h := &host{sim: sim}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := time.Now()
		sim.ServeHTTP(w, r)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.first.IsZero() {
			h.first = came
		}
		if h.list.IsZero() && strings.HasSuffix(r.URL.Path, "/dynos") {
			h.list = time.Now()
		}
	}))
	return h
}

func (h *host) close() {
	h.server.CloseClientConnections()
	h.server.Close()
}

// requestTimes returns when each API request came, in story time. Log streams are left out, since they cost no
// budget. It appends all requests to printed.
func (h *host) requestTimes(printed *bytes.Buffer) (times []time.Duration) {
	for _, r := range h.sim.Requests() {
		fmt.Fprintf(printed, "\n%9s  %s %s", r.At.Round(time.Millisecond), r.Method, r.Path)
		if !strings.HasPrefix(r.Path, "/logplex/") && !strings.HasPrefix(r.Path, "/streams/") {
			times = append(times, r.At)
		}
	}
	h.mu.Lock() // after this the caller can read first and list without a data race
	defer h.mu.Unlock()
	return times
}

// An attempt is one program that waits for one roll-out.
type attempt struct {
	bench *bench
	way
	name, app, url string
}

func (a *attempt) file(suffix string) string { return filepath.Join(a.bench.work, a.name+"."+suffix) }

// prepare creates the RUNNER_TEMP, which watch-ahead and the gate share.
func (a *attempt) prepare() error { return os.MkdirAll(a.file("runner"), 0o750) }

// gateEnv is the environment of a workflow step.
func (a *attempt) gateEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + a.file("output"), "GITHUB_STEP_SUMMARY=" + a.file("summary"),
		"RUNNER_TEMP=" + a.file("runner"), "INPUT_APP=" + a.app, "INPUT_API-KEY=any", "INPUT_API-URL=" + a.url,
	}
}

// watch starts watch-ahead before the deploy, as begin/action.yml does. stop kills it if it still runs.
func (a *attempt) watch(ctx context.Context) (stop func(), err error) {
	cmd := exec.CommandContext(ctx, a.bench.program(theGate), "watch-ahead") // #nosec G204 -- the program under comparison
	cmd.Env = a.gateEnv()
	log, err := os.Create(a.file("watch"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return func() {
		cmd.Process.Kill() // if the gate has used the watch, it has ended by itself
		cmd.Wait()
		log.Close()
	}, nil
}

// wait runs the program, at most for atMost after the deploy step, and returns what it printed.
func (a *attempt) wait(ctx context.Context, atMost time.Duration) (printed bytes.Buffer) {
	// GNU time starts the program and measures it, not this program: the kernel counts the memory of the parent
	// into the peak memory of a new process, and GNU time is small.
	cmd := exec.CommandContext(ctx, "/usr/bin/time", "-q", "-o", a.file("usage"), "-f", "%M %U %S %x", // #nosec G204 -- the programs under comparison
		"timeout", "--foreground", "-k", "10", fmt.Sprint((a.ahead + atMost).Seconds()), a.bench.program(a.which))
	switch {
	case a.which == theClient:
		cmd.Args = append(cmd.Args, "ps:wait", "--app", a.app)
		cmd.Env = append(a.bench.clientEnv(), "HEROKU_API_KEY=any", "HEROKU_HOST="+a.url)
	case a.wraps:
		cmd.Args = append(cmd.Args, "--", "sleep", fmt.Sprint(a.ahead.Seconds()))
		fallthrough
	default:
		cmd.Env = a.gateEnv()
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that one signal ends time, timeout and the program
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.Stdout, cmd.Stderr = &printed, &printed
	cmd.Run() // GNU time writes the exit status to a file
	return printed
}

// usage returns a sample with the processor time and memory that the program used, and its exit status.
func (a *attempt) usage() (used sample, status int, err error) {
	usage, err := os.ReadFile(a.file("usage"))
	if err != nil {
		return sample{}, 0, err
	}
	var kilobytes, user, system float64
	if _, err := fmt.Sscan(string(usage), &kilobytes, &user, &system, &status); err != nil {
		return sample{}, 0, fmt.Errorf("what time wrote is %q: %w", usage, err)
	}
	return sample{CPU: user + system, Memory: kilobytes * 1024}, status, nil
}

// output returns an output of the step; empty if the program wrote none.
func (a *attempt) output(name string) (string, error) {
	data, err := os.ReadFile(a.file("output"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	_, rest, _ := strings.Cut("\n"+string(data), "\n"+name+"<<") // a line with the delimiter, and then the value
	_, value, _ := strings.Cut(rest, "\n")
	value, _, _ = strings.Cut(value, "\n")
	return value, nil
}
