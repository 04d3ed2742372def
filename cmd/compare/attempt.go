// This file is for one attempt of one program: its Heroku, its process, and what the two leave.

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

// A host serves a simulated Heroku, and notes when it was first asked.
type host struct {
	sim    *herokusim.Server
	server *httptest.Server

	mu          sync.Mutex
	first, list time.Time // the first request, and the first answer of the dyno list
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

// asked is when each request came that the account's budget pays for, in story time; all of them are
// printed.
func (h *host) asked(printed *bytes.Buffer) (asked []time.Duration) {
	for _, r := range h.sim.Requests() {
		fmt.Fprintf(printed, "\n%9s  %s %s", r.At.Round(time.Millisecond), r.Method, r.Path)
		if !strings.HasPrefix(r.Path, "/logplex/") && !strings.HasPrefix(r.Path, "/streams/") {
			asked = append(asked, r.At)
		}
	}
	h.mu.Lock() // whoever reads first and list after this sees what was written
	defer h.mu.Unlock()
	return asked
}

// An attempt is one program that waits for one roll-out.
type attempt struct {
	bench *bench
	way
	name, app, url string
}

func (a *attempt) file(what string) string { return filepath.Join(a.bench.work, a.name+"."+what) }

// prepare makes the folder that a watch and its gate have in common.
func (a *attempt) prepare() error { return os.MkdirAll(a.file("runner"), 0o750) }

// gateEnv is that of a step of a workflow.
func (a *attempt) gateEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + a.file("output"), "GITHUB_STEP_SUMMARY=" + a.file("summary"),
		"RUNNER_TEMP=" + a.file("runner"), "INPUT_APP=" + a.app, "INPUT_API-KEY=any", "INPUT_API-URL=" + a.url,
	}
}

// watch begins before the deploy, as begin/action.yml does; stop ends what may be left of it.
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
		cmd.Process.Kill() // it has ended by itself when its gate has
		cmd.Wait()
		log.Close()
	}, nil
}

// wait runs the program for so long at most, and gives what it printed.
func (a *attempt) wait(ctx context.Context, atMost time.Duration) (printed bytes.Buffer) {
	// GNU time measures, since the kernel begins the peak memory of a process with that
	// of the process that started it: time is small, and this program is not.
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
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all three can be ended
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.Stdout, cmd.Stderr = &printed, &printed
	cmd.Run() // the status is in the file
	return printed
}

// usage is what the program has taken, and its status.
func (a *attempt) usage() (took sample, status int, err error) {
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

// output is one of the step's outputs; empty where the program has none.
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
