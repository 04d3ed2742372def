// This file is for the runs: the stories with their truth, and what is measured of each run.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// scenarios are the simulator's, with the words of the tables.
var scenarios = []struct{ name, title string }{
	{"measured-deploy", "measured deploy, 10 dynos, preboot"},
	{"plain-restart", "plain restart, the old process takes 30 s"},
	{"private-space", "Private Space, 8 dynos"},
	{"phase-fails", "failed release phase"},
	{"crash-loop", "crash loop"},
}

const (
	// apart is how far runs are from each other: a start takes the client seconds, and
	// the rest of a run next to nothing, so runs that began before disturb none.
	apart = 6 * time.Second
	// patience is how long a program may run on after it should have ended.
	patience = 2 * time.Minute
)

// A truth is what a program should do in a story.
type truth struct {
	End string        // "opens", "fails", or empty: it must not open
	At  time.Duration // story time
}

// truthOf takes it from the story's processes, which Heroku shows to nobody.
func truthOf(story *herokusim.Story) truth {
	target := 0
	for _, in := range story.Instances {
		target = max(target, in.Version)
	}
	up := map[string]time.Duration{} // by label, zero: never
	for _, in := range story.Instances {
		if in.Version == target && !in.OneOff {
			up[in.Label] = max(up[in.Label], in.Up)
		}
	}
	opens, allGone := story.LastOldExit(target)
	never := !allGone || len(up) == 0
	for _, at := range up {
		never = never || at == 0
		opens = max(opens, at)
	}
	if !never {
		return truth{"opens", opens}
	}
	for _, said := range story.Telling() {
		if said.Text == fmt.Sprintf("Heroku says: release v%d is failed", target) {
			return truth{"fails", said.At}
		}
	}
	return truth{}
}

// A sample is one run of one program.
type sample struct {
	End       string        // "opens", "fails", or empty: it was stopped
	At        time.Duration // of the end, in story time
	Requests  int           // to the API; log streams cost no budget
	Rate      float64       // requests a minute, the first and the last look with them
	Busiest   int           // requests in the busiest minute after the first
	CPU       float64       // seconds
	Memory    float64       // bytes at the peak
	First     time.Duration // from the start of the process to its first request
	FirstList time.Duration // and until its first dyno list was answered
}

// endOf is what an exit status means here; 124 and 137 are of timeout. Any other is
// none that a wait ends with, and shows as such in the table.
func endOf(status int) string {
	switch status {
	case 0:
		return "opens"
	case 1:
		return "fails"
	case 124, 137:
		return ""
	}
	return fmt.Sprintf("ends with status %d", status)
}

// play tells a story to both programs in turn, so many times.
func (b *bench) play(ctx context.Context, s struct{ name, title string }, runs int) (told, error) {
	sc, err := herokusim.Load(s.name)
	if err != nil {
		return told{}, err
	}
	story, err := sc.Play()
	if err != nil {
		return told{}, err
	}
	t := told{Title: s.title, Truth: truthOf(story)}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for which := range t.Samples {
		t.Samples[which] = make([]sample, runs)
		for i := range runs {
			all.Go(func() {
				select {
				case <-time.After(time.Duration(2*i+which) * apart):
				case <-ctx.Done():
					return
				}
				name := fmt.Sprintf("%s-%d-%d", s.name, i+1, which)
				got, err := b.once(ctx, name, which, story, t.Truth)
				if err != nil {
					cancel(fmt.Errorf("run %s: %w", name, err))
				}
				t.Samples[which][i] = got
			})
		}
	}
	all.Wait()
	return t, context.Cause(ctx)
}

// once runs one program once, with a simulated Heroku of its own.
func (b *bench) once(ctx context.Context, name string, which int, story *herokusim.Story, t truth) (sample, error) {
	sim := herokusim.NewServer(story, herokusim.Options{From: story.Gate})
	var mu sync.Mutex
	var first, list time.Time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := time.Now()
		sim.ServeHTTP(w, r)
		mu.Lock()
		defer mu.Unlock()
		if first.IsZero() {
			first = came
		}
		if list.IsZero() && strings.HasSuffix(r.URL.Path, "/dynos") {
			list = time.Now()
		}
	}))
	defer server.Close()
	defer server.CloseClientConnections()

	app := story.Scenario.AppName()
	file := func(what string) string { return filepath.Join(b.work, name+"."+what) }
	// GNU time measures, since the kernel begins the peak memory of a process with that
	// of the process that started it: time is small, and this program is not.
	cmd := exec.CommandContext(ctx, "/usr/bin/time", "-q", "-o", file("usage"), "-f", "%M %U %S %x", // #nosec G204 -- the programs under comparison
		"timeout", "--foreground", "-k", "10", fmt.Sprint((t.At + patience).Seconds()), b.program(which))
	if which == theGate {
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + file("output"), "GITHUB_STEP_SUMMARY=" + file("summary"),
			"INPUT_APP=" + app, "INPUT_API-KEY=any", "INPUT_API-URL=" + server.URL,
		}
	} else {
		cmd.Args = append(cmd.Args, "ps:wait", "--app", app)
		cmd.Env = append(b.clientEnv(), "HEROKU_API_KEY=any", "HEROKU_HOST="+server.URL)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all three can be ended
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	sim.Begin()
	began := time.Now()
	cmd.Run() // the status is in the file
	took := time.Since(began)
	var asked []time.Duration
	for _, r := range sim.Requests() {
		fmt.Fprintf(&printed, "\n%9s  %s %s", r.At.Round(time.Millisecond), r.Method, r.Path)
		if !strings.HasPrefix(r.Path, "/logplex/") && !strings.HasPrefix(r.Path, "/streams/") {
			asked = append(asked, r.At)
		}
	}
	usage, err := os.ReadFile(file("usage"))
	if err = errors.Join(err, ctx.Err(), os.WriteFile(file("log"), printed.Bytes(), 0o600)); err != nil {
		return sample{}, err
	}
	var kilobytes, user, system float64
	var status int
	if _, err := fmt.Sscan(string(usage), &kilobytes, &user, &system, &status); err != nil {
		return sample{}, fmt.Errorf("what time wrote is %q: %w", usage, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if list.IsZero() {
		return sample{}, fmt.Errorf("it ended with %d and never asked for the dynos: %s", status, &printed)
	}
	got := sample{
		End: endOf(status), At: story.Gate + took, CPU: user + system, Memory: kilobytes * 1024,
		First: first.Sub(began), FirstList: list.Sub(began),
	}
	got.Requests, got.Rate = len(asked), float64(len(asked))/took.Minutes()
	got.Busiest = busiest(asked, story.Gate+time.Minute)
	return got, nil
}

// busiest is the most requests in any minute that begins at from or later.
func busiest(asked []time.Duration, from time.Duration) int {
	most := 0
	for i, at := range asked {
		n := 0
		for _, later := range asked[i:] {
			if at >= from && later < at+time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
