// The pace, in virtual time, while the log flows.

package watch_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// flowing is a log that begins with the gate. Its line i comes at[i] later.
type flowing struct {
	begin time.Time
	at    []time.Duration
	line  func(i int) observe.Line

	renewed []time.Duration // when it was reopened
}

func (f *flowing) Renew() { f.renewed = append(f.renewed, time.Since(f.begin)) }

func (f *flowing) Run(ctx context.Context, emit func(observe.Observation)) {
	f.begin = time.Now()
	emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: epoch}})
	for i, at := range f.at {
		select {
		case <-time.After(at - time.Since(f.begin)):
			l := f.line(i)
			l.Stamp = epoch.Add(at)
			emit(observe.Observation{Line: &l})
		case <-ctx.Done():
			return
		}
	}
	<-ctx.Done()
}

// How far apart looks are at most, and how many there are, in ten and a half minutes.
func TestPaceWhileTheLogFlows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform *platform
		gap      time.Duration
		most     int
		asked    int // how often the release is asked for by itself, at most
	}{
		"the release phase runs":             {&platform{old: true, status: "pending"}, 5 * time.Minute, 5, 58},
		"the release phase runs, on Fir":     {&platform{old: true, status: "pending", generation: "fir"}, 10 * time.Second, 66, 0},
		"an old dyno is listed":              {&platform{old: true}, 20 * time.Second, 35, 0},
		"an old dyno is listed, on Fir":      {&platform{old: true, generation: "fir"}, 10 * time.Second, 66, 0},
		"only a hidden old dyno can be left": {&platform{}, 75 * time.Second, 12, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch.Watcher{Log: &flowing{}, Config: rollout.Config{Timeout: 630 * time.Second, UseLog: true, PrebootHold: time.Hour}}
				p := c.platform
				run(t, p, w, t.Context())
				for i := 1; i < len(p.asked); i++ {
					if gap := p.asked[i] - p.asked[i-1]; gap > 22*time.Second { // with a look between them
						t.Errorf("%s without an answer about the release", gap)
					}
				}
				if n := len(p.asked); n > c.asked || n < c.asked-5 {
					t.Errorf("the release was asked for %d times, at most %d wanted", n, c.asked)
				}
				longest := time.Duration(0)
				for i := 2; i < len(p.looks)-1; i++ { // between the start and the last look
					longest = max(longest, p.looks[i]-p.looks[i-1])
				}
				if longest != c.gap && !(name == "only a hidden old dyno can be left" && longest <= c.gap) || len(p.looks) > c.most {
					t.Errorf("%d looks, at most %d wanted; %s apart at most, want %s: %v", len(p.looks), c.most, longest, c.gap, p.looks)
				}
			})
		})
	}
}

// stale is a platform whose list of releases never calls the target the current one.
type stale struct{ *platform }

func (p stale) Look(ctx context.Context, app string, full bool, n int) (observe.Observation, error) {
	o, err := p.platform.Look(ctx, app, full, n)
	if full && err == nil {
		o.Look.Releases[0].Current = true
	}
	return o, err
}

// A doubt that only the list of releases can settle brings looks soon, but not more and more of them.
func TestADoubtBringsLooksSoonAndFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{begin: time.Now()}
		w := watch.Watcher{Platform: stale{p}, Log: &flowing{}, Config: rollout.Config{Timeout: 10 * time.Minute, App: "shop", UseLog: true}}
		w.Run(t.Context())
		requests := 0
		for _, full := range p.full {
			if requests++; full {
				requests += 2
			}
		}
		if requests > 60 || len(p.looks) < 3 || p.looks[2] > 25*time.Second {
			t.Errorf("%d requests in 10 minutes, looks at %v", requests, p.looks)
		}
	})
}

// When the log shows the end of the release phase, a look follows at once, and another one
// soon, since the release gets its status a moment later.
func TestTheEndOfTheReleasePhaseBringsALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{old: true, status: "pending"}
		log := &flowing{at: []time.Duration{130 * time.Second}, line: func(int) observe.Line {
			return observe.Line{Label: "release.4711", Kind: observe.Exit}
		}}
		run(t, p, watch.Watcher{Log: log, Config: rollout.Config{Timeout: 3 * time.Minute, UseLog: true}}, t.Context())
		var after []time.Duration
		for _, at := range p.looks {
			if at >= 130*time.Second {
				after = append(after, at-130*time.Second)
			}
		}
		if len(after) < 3 || after[0] > 100*time.Millisecond || after[1] > 3*time.Second || after[2] > 13*time.Second {
			t.Errorf("looks %v after the end of the release phase", after)
		}
	})
}

// A dyno that is replaced again and again does not cause a look for each line.
func TestManyChangesDoNotEachBringALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{old: true}
		log := &flowing{line: func(i int) observe.Line {
			return observe.Line{Label: "web.1", Kind: observe.State, From: []string{"up", "starting"}[i%2], To: []string{"starting", "crashed"}[i%2]}
		}}
		for i := range 300 {
			log.at = append(log.at, time.Duration(i+5)*time.Second)
		}
		run(t, p, watch.Watcher{Log: log, Config: rollout.Config{Timeout: 5 * time.Minute, UseLog: true}}, t.Context())
		if n := len(p.looks); n > 50 {
			t.Errorf("%d looks in 5 minutes", n)
		}
		for i := 1; i < len(p.looks); i++ {
			if gap := p.looks[i] - p.looks[i-1]; gap > 11*time.Second {
				t.Errorf("%s without a look while the log shows changes", gap)
			}
		}
	})
}

// With an interval from the caller, looks are never further apart than that, whatever the log shows.
func TestAGivenIntervalIsKept(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*platform{
		"the release phase runs": {old: true, status: "pending"}, "an old dyno is listed": {old: true}, "only a hidden old dyno can be left": {},
	} {
		for _, interval := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second, 30 * time.Second} {
			for _, log := range []watch.Log{nil, &flowing{}} {
				t.Run(fmt.Sprintf("%s, %s, log %v", name, interval, log != nil), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						p := &platform{old: p.old, status: p.status}
						w := watch.Watcher{Log: log, Interval: interval, Config: rollout.Config{Timeout: 10 * time.Minute, UseLog: log != nil, PrebootHold: time.Hour}}
						run(t, p, w, t.Context())
						longest := time.Duration(0)
						for i := 1; i < len(p.looks); i++ {
							longest = max(longest, p.looks[i]-p.looks[i-1])
						}
						if longest > interval {
							t.Errorf("%s without a look, at %v", longest, p.looks)
						}
					})
				})
			}
		}
	}
}
