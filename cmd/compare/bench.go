// The stories, what should happen in each, and what is measured in a run.

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

// scenarios are those of the simulator that are compared, with their titles in the tables.
var scenarios = []struct{ name, title string }{
	{"measured-deploy", "measured deploy, 10 dynos, preboot"},
	{"plain-restart", "plain restart, the old process takes 30 s"},
	{"private-space", "Private Space, 8 dynos"},
	{"phase-fails", "failed release phase"},
	{"crash-loop", "crash loop"},
}

const (
	// runSpacing is the time between the starts of two runs. The client needs seconds of processor time to
	// start, and almost none after that, so earlier runs do not disturb the next one.
	runSpacing = 6 * time.Second
	// extraTime is how long a program may keep running after it should have ended.
	extraTime = 2 * time.Minute
)

// load plays a scenario of the simulator. change, if it is not nil, changes the scenario before.
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

// truthOf derives the truth from the processes of the story. A real Heroku does not show them.
func truthOf(story *herokusim.Story) truth {
	target := 0
	for _, in := range story.Instances {
		target = max(target, in.Version)
	}
	up := map[string]time.Duration{} // when each new dyno came up, by label; 0: never
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
	for _, incident := range story.Telling() {
		if incident.Text == fmt.Sprintf("Heroku says: release v%d is failed", target) {
			return truth{"fails", incident.At}
		}
	}
	return truth{}
}

// A sample is one run of one program.
type sample struct {
	End       string        // "opens", "fails", or empty: it was stopped
	At        time.Duration // of the end, in story time
	Requests  int           // to the API; log streams cost no budget and do not count
	Rate      float64       // requests a minute, over the whole run
	Busiest   int           // requests in the busiest minute after the first
	CPU       float64       // seconds
	Memory    float64       // bytes at the peak
	First     time.Duration // from the start of the process to its first request
	FirstList time.Duration // from the start of the process to the answer to its first request for the dyno list
	Basis     string        // the gate's output "basis"
}

// endOf turns an exit status into a sample's End. 124 and 137 are from the program timeout. A wait ends with no
// other status than these, so any other is shown in the table.
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
	which    int           // theGate or theClient
	ahead    time.Duration // how long before the end of the deploy step the watch begins; 0: after the deploy
	wraps    bool          // with ahead: the gate runs the deploy command itself; otherwise watch-ahead watches
	longHold bool          // give the program more time: it may have to wait for the whole hold
}

// ways are the two ways in each story: both programs begin after the deploy.
var ways = [2]way{theGate: {which: theGate}, theClient: {which: theClient}}

// play runs both programs against a story, each several times. The runs overlap.
func (b *bench) play(ctx context.Context, s struct{ name, title string }, runs int) (storyResult, error) {
	story, err := load(s.name, nil)
	if err != nil {
		return storyResult{}, err
	}
	t := storyResult{Title: s.title, Truth: truthOf(story)}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for which := range t.Samples {
		t.Samples[which] = make([]sample, runs)
		for i := range runs {
			all.Go(func() {
				select {
				case <-time.After(time.Duration(2*i+which) * runSpacing):
				case <-ctx.Done():
					return
				}
				name := fmt.Sprintf("%s-%d-%d", s.name, i+1, which)
				s, err := b.runOnce(ctx, name, ways[which], story, t.Truth)
				if err != nil {
					cancel(fmt.Errorf("run %s: %w", name, err))
				}
				t.Samples[which][i] = s
			})
		}
	}
	all.Wait()
	return t, context.Cause(ctx)
}

// runOnce runs one program once, with a simulated Heroku of its own.
func (b *bench) runOnce(ctx context.Context, name string, w way, story *herokusim.Story, t truth) (sample, error) {
	sim := herokusim.NewServer(story, herokusim.Options{From: story.Gate - w.ahead})
	host := startHost(sim)
	defer host.close()
	a := &attempt{bench: b, way: w, name: name, app: story.Scenario.AppName(), url: host.server.URL}
	if err := a.prepare(); err != nil {
		return sample{}, err
	}
	sim.Begin()
	began, beganAt := time.Now(), story.Gate-w.ahead // in real time, and in story time
	if w.ahead > 0 && !w.wraps {
		stop, err := a.watch(ctx)
		if err != nil {
			return sample{}, err
		}
		defer stop()
		time.Sleep(time.Until(began.Add(w.ahead)))
		began, beganAt = time.Now(), story.Gate
	}
	atMost := t.At + extraTime
	if w.longHold {
		atMost += extraTime
	}
	printed := a.wait(ctx, atMost)
	took := time.Since(began)
	requests := host.requestTimes(&printed)
	if err := errors.Join(ctx.Err(), os.WriteFile(a.file("log"), printed.Bytes(), 0o600)); err != nil {
		return sample{}, err
	}
	s, status, err := a.usage()
	if err != nil {
		return sample{}, err
	}
	if host.list.IsZero() {
		return sample{}, fmt.Errorf("it ended with %d and never asked for the dynos: %s", status, &printed)
	}
	s.End, s.At = endOf(status), beganAt+took
	s.First, s.FirstList = host.first.Sub(began), host.list.Sub(began)
	s.Requests, s.Rate = len(requests), float64(len(requests))/took.Minutes()
	s.Busiest = busiestMinute(requests, story.Gate+time.Minute)
	s.Basis, err = a.output("basis")
	return s, err
}

// busiestMinute is the most requests in any minute that begins at from or later.
func busiestMinute(requests []time.Duration, from time.Duration) int {
	most := 0
	for i, at := range requests {
		n := 0
		for _, later := range requests[i:] {
			if at >= from && later < at+time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
