// The waiting loop in virtual time, with a platform that answers from a table.

package watch_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// platform answers that one web dyno is up on v42. Its fields change that.
type platform struct {
	begin  time.Time
	hang   bool          // looks are never answered
	fail   error         // looks fail with this
	failAt time.Duration // from then on the platform refuses looks; 0: never
	old    bool          // the dyno is still on v41
	// status of v42 (empty: succeeded) and generation of the app (empty: cedar)
	status, generation string

	mu    sync.Mutex
	looks []time.Duration
	full  []bool
	asked []time.Duration // when v42 was asked for with a request of its own
}

func (p *platform) App(context.Context, string) (observe.Observation, error) {
	if errors.Is(p.fail, refusal{}) {
		return observe.Observation{}, p.fail
	}
	return observe.Observation{App: &observe.App{ID: "a", Name: "shop", Generation: cmp.Or(p.generation, "cedar")}}, nil
}

func (p *platform) Preboot(context.Context, string) (observe.Observation, error) {
	return observe.Observation{Preboot: &observe.Preboot{Known: true}}, nil
}

func (p *platform) Metrics(context.Context, string) (observe.Observation, error) {
	return observe.Observation{Metrics: &observe.Metrics{Known: true}}, nil
}

func (p *platform) Code(_ context.Context, _ string, code observe.CodeRef) (observe.Observation, error) {
	return observe.Observation{Code: &observe.Code{ID: code.ID, Commit: "c0ffee"}}, nil
}

func (p *platform) Release(_ context.Context, _, version string) (observe.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, time.Since(p.begin))
	return observe.Observation{Release: &observe.Release{ID: version, Version: 42, Status: cmp.Or(p.status, "succeeded")}}, nil
}

func (p *platform) Remaining() int { return -1 }

func (p *platform) Builds(context.Context, string) (observe.Observation, error) {
	return observe.Observation{Builds: &observe.Builds{}}, nil
}

func (p *platform) Look(ctx context.Context, _ string, full bool, _ int) (observe.Observation, error) {
	p.mu.Lock()
	p.looks = append(p.looks, time.Since(p.begin))
	p.full = append(p.full, full)
	p.mu.Unlock()
	if p.hang {
		<-ctx.Done()
		return observe.Observation{}, ctx.Err()
	}
	if p.failAt > 0 && time.Since(p.begin) >= p.failAt {
		return observe.Observation{}, refusal{}
	}
	if p.fail != nil {
		return observe.Observation{}, p.fail
	}
	d := observe.Dyno{ID: "d", Name: "web.1", Type: "web", State: "up", Version: 42, CreatedAt: epoch, UpdatedAt: epoch}
	if p.old {
		d.Version = 41
	}
	l := &observe.Look{Dynos: []observe.Dyno{d}}
	if full {
		l.Formation = []observe.Formation{{Type: "web", Quantity: 1, CreatedAt: epoch.Add(-time.Hour), UpdatedAt: epoch.Add(-time.Hour)}}
		l.Releases = []observe.Release{
			{ID: "41", Version: 41, Status: "succeeded", SlugID: "s", CreatedAt: epoch.Add(-time.Hour), UpdatedAt: epoch.Add(-time.Hour)},
			{ID: "42", Version: 42, Status: cmp.Or(p.status, "succeeded"), SlugID: "s", CreatedAt: epoch, UpdatedAt: epoch},
		}
	}
	return observe.Observation{Date: epoch.Add(time.Since(p.begin)), Look: l}, nil
}

type refusal struct{}

func (refusal) Error() string             { return "Invalid credentials provided." }
func (refusal) Kind() observe.TroubleKind { return observe.Unauthorized }

// run waits for the verdict and returns how long that took.
func run(t *testing.T, p *platform, w watch.Watcher, ctx context.Context) (rollout.Verdict, time.Duration) {
	t.Helper()
	p.begin = time.Now()
	w.Platform, w.Config.App = p, "shop"
	_, v := w.Run(ctx)
	return v, time.Since(p.begin)
}

func TestTheHoldEndsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		v, took := run(t, p, watch.Watcher{}, t.Context())
		if v.Result != rollout.Passed || v.Basis != rollout.Presumed || took < 90*time.Second || took > 92*time.Second {
			t.Errorf("%+v after %s, want presumed after 90 s", v, took)
		}
		for i := 1; i < len(p.looks); i++ {
			if gap := p.looks[i] - p.looks[i-1]; gap > 10*time.Second {
				t.Errorf("%s without a look", gap)
			}
		}
		if last := len(p.full) - 1; !p.full[0] || !p.full[last] {
			t.Error("the first and the last look must be full")
		}
	})
}

func TestTheWaitEndsAtTheDeadlineWhateverHangs(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*platform{"hangs": {hang: true}, "fails": {fail: errors.New("no route")}, "old": {old: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v, took := run(t, p, watch.Watcher{Config: rollout.Config{Timeout: 3 * time.Minute}}, t.Context())
				if v.Result != rollout.TimedOut || took < 3*time.Minute || took > 3*time.Minute+2*time.Second {
					t.Errorf("%+v after %s", v, took)
				}
				want := rollout.PlatformUnreachable
				if name == "old" {
					want = rollout.OldDynosRemain
				}
				if v.Reason != want {
					t.Errorf("reason %s, want %s", v.Reason, want)
				}
				if last := p.looks[len(p.looks)-1]; last != 3*time.Minute {
					t.Errorf("the last look was at %s, not at the deadline", last)
				}
			})
		})
	}
}

func TestAnInterruptEndsTheWaitAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		v, took := run(t, &platform{hang: true}, watch.Watcher{}, ctx)
		if v.Result != rollout.Cancelled || took != 20*time.Second {
			t.Errorf("%+v after %s, want cancelled at once", v, took)
		}
	})
}

// A key that is wrong from the start ends the wait at once. With a key that was good before, the gate keeps
// asking for some seconds.
func TestAKeyThatIsRefusedEndsTheWait(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform *platform
		from, to time.Duration
	}{
		"from the start": {&platform{fail: refusal{}}, 0, time.Second},
		"later":          {&platform{failAt: 25 * time.Second}, 35 * time.Second, 46 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v, took := run(t, c.platform, watch.Watcher{}, t.Context())
				if v.Reason != rollout.KeyUnauthorized || took < c.from || took > c.to {
					t.Errorf("%+v after %s", v, took)
				}
			})
		})
	}
}

func TestARecordingReplaysToTheSameVerdict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []observe.Observation
		v, _ := run(t, &platform{}, watch.Watcher{Record: func(o observe.Observation) { seen = append(seen, o) }}, t.Context())
		again := rollout.New(rollout.Config{App: "shop"})
		for _, o := range seen {
			again.Apply(o)
		}
		if got, ok := again.Verdict(); !ok || got != v {
			t.Errorf("the recording comes to %+v, the run to %+v", got, v)
		}
	})
}

// flood is a log that never pauses.
type flood struct{}

func (flood) Renew() {}

func (flood) Run(ctx context.Context, emit func(observe.Observation)) {
	for n := 0; ctx.Err() == nil; n++ {
		emit(observe.Observation{Line: &observe.Line{Kind: observe.Metric, Label: "web.1", UUID: "u", Stamp: epoch.Add(time.Duration(n) * time.Microsecond)}})
	}
}

// The deadline and a signal end the wait in time, however fast lines come and however slow each one is to
// handle. In real time: in virtual time no time passes while the log never pauses.
func TestABusyLogPutsOffNeitherDeadlineNorSignal(t *testing.T) {
	t.Parallel()
	const end = 300 * time.Millisecond
	for name, cost := range map[string]time.Duration{
		"fast lines": 20 * time.Microsecond, "slow lines": 5 * time.Millisecond, "very slow lines": 50 * time.Millisecond,
	} {
		for _, result := range []rollout.Result{rollout.TimedOut, rollout.Cancelled} {
			t.Run(fmt.Sprintf("%s, %s", name, result), func(t *testing.T) {
				t.Parallel()
				signal, limit, most := 10*time.Second, end, end+1700*time.Millisecond // the last look, and the shutdown
				if result == rollout.Cancelled {
					signal, limit, most = end, 10*time.Second, end+700*time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), signal)
				defer cancel()
				record := func(observe.Observation) { time.Sleep(cost) } // slower than the log
				w := watch.Watcher{Log: flood{}, Record: record, Config: rollout.Config{Timeout: limit, UseLog: true}}
				if v, took := run(t, &platform{old: true}, w, ctx); v.Result != result || took > most {
					t.Errorf("%+v after %s, want %s within %s", v, took, result, most)
				}
			})
		}
	}
}

// A recording ends with the observation that brought the verdict, even if others
// were on their way already: replay would take more observations for a second run.
func TestNothingIsRecordedAfterTheVerdict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core := rollout.New(rollout.Config{App: "shop"})
		record := func(o observe.Observation) {
			time.Sleep(10 * time.Millisecond) // slower than the log
			if v, done := core.Verdict(); done {
				t.Errorf("recorded after %s: %+v", v.Reason, o)
			}
			core.Apply(o)
		}
		v, _ := run(t, &platform{failAt: 15 * time.Second}, watch.Watcher{Record: record, Log: flood{}, Config: rollout.Config{Timeout: time.Minute}}, t.Context())
		if v.Reason != rollout.KeyUnauthorized {
			t.Errorf("%+v", v)
		}
	})
}
