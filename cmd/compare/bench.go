// This file is for the runs: the stories with their truth, and what is measured of each run.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
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

// load plays a scenario that comes with the simulator, as it is or changed.
func load(name string, change func(*herokusim.Scenario)) (*herokusim.Story, error) {
	sc, err := herokusim.Load(name)
	if err != nil {
		return nil, err
	}
	if change != nil {
		change(sc)
	}
	return sc.Play()
}

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
	Basis     string        // how the gate knew
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

// A way is how a program waits.
type way struct {
	which   int           // theGate or theClient
	ahead   time.Duration // so long before the deploy step ends it begins
	wraps   bool          // it runs the deploy itself; otherwise a watch of its own begins, if any does
	patient bool          // it is given longer: the whole hold is over before it must have ended
}

// ways are those of every story: each program by itself, after the deploy.
var ways = [2]way{theGate: {which: theGate}, theClient: {which: theClient}}

// play tells a story to both programs in turn, so many times.
func (b *bench) play(ctx context.Context, s struct{ name, title string }, runs int) (told, error) {
	story, err := load(s.name, nil)
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
				got, err := b.once(ctx, name, ways[which], story, t.Truth)
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

// once lets one program wait once, with a simulated Heroku of its own.
func (b *bench) once(ctx context.Context, name string, w way, story *herokusim.Story, t truth) (sample, error) {
	sim := herokusim.NewServer(story, herokusim.Options{From: story.Gate - w.ahead})
	host := startHost(sim)
	defer host.close()
	a := &attempt{bench: b, way: w, name: name, app: story.Scenario.AppName(), url: host.server.URL}
	if err := a.prepare(); err != nil {
		return sample{}, err
	}
	sim.Begin()
	began, starts := time.Now(), story.Gate-w.ahead
	if w.ahead > 0 && !w.wraps {
		stop, err := a.watch(ctx)
		if err != nil {
			return sample{}, err
		}
		defer stop()
		time.Sleep(time.Until(began.Add(w.ahead)))
		began, starts = time.Now(), story.Gate
	}
	atMost := t.At + patience
	if w.patient {
		atMost += patience
	}
	printed := a.wait(ctx, atMost)
	took := time.Since(began)
	asked := host.asked(&printed)
	if err := errors.Join(ctx.Err(), os.WriteFile(a.file("log"), printed.Bytes(), 0o600)); err != nil {
		return sample{}, err
	}
	got, status, err := a.usage()
	if err != nil {
		return sample{}, err
	}
	if host.list.IsZero() {
		return sample{}, fmt.Errorf("it ended with %d and never asked for the dynos: %s", status, &printed)
	}
	got.End, got.At = endOf(status), starts+took
	got.First, got.FirstList = host.first.Sub(began), host.list.Sub(began)
	got.Requests, got.Rate = len(asked), float64(len(asked))/took.Minutes()
	got.Busiest = busiest(asked, story.Gate+time.Minute)
	got.Basis, err = a.output("basis")
	return got, err
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
