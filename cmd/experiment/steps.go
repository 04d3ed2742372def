// What a run does to the app, step by step.

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

// How long the steps may take.
const (
	build     = 8 * time.Minute
	firstBoot = time.Minute // of the first dyno
	boot      = 4 * time.Minute
	// glance is the pause between two looks whether something is over.
	glance = time.Second
)

// How often the witness asks. With the gates' own requests that stays below the 75 a minute that an account gets
// back ("Platform API Reference", rate limits).
const (
	askDynos    = 2 * time.Second
	askReleases = 6 * time.Second
	askOld      = 14 * time.Second
	oldAsked    = 2 // how many dynos of before the deploy are asked for by their ids
)

// steps does everything but cleaning up.
func (e *experiment) steps(ctx context.Context) error {
	if err := e.do("make the app "+e.name, func() error { return e.make(ctx) }); err != nil {
		return err
	}
	if e.world.readKey != "" {
		if err := e.do("see that HEROKU_READ_KEY may not change the app", func() error { return e.heroku.ReadOnly(ctx, e.app, e.world.readKey) }); err != nil {
			return err
		}
		e.run.ReadKey = true
	}
	reading, enough := context.WithCancel(ctx)
	e.log = newLogReader(e.app.ID, e.heroku, e.transport, e.clock, e.redactor)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer enough()
	wg.Go(func() { e.log.run(reading) })
	if err := e.prepare(ctx); err != nil {
		return err
	}
	wg.Go(func() { e.witness(reading) })
	return e.watched(ctx)
}

// do does one thing to the app, reports it, and records it.
func (e *experiment) do(what string, f func() error) error {
	s := evidence.Step{At: e.clock.At(), What: what}
	e.say("%s", what)
	err := f()
	s.Done = e.clock.At()
	if err != nil {
		s.Refused = e.redactor.Clean(err.Error())
	}
	e.mu.Lock()
	e.run.Steps = append(e.run.Steps, s)
	e.mu.Unlock()
	return err
}

// make makes the app. It waits for the answer also if the run is interrupted: the answer has the id of the app.
func (e *experiment) make(ctx context.Context) (err error) {
	if e.app, err = e.heroku.Make(context.WithoutCancel(ctx), e.name); err == nil {
		e.asked, err = true, e.note.made(e.app)
		return err
	}
	e.asked = !account.InVain(err)
	return err
}

// feature switches a feature of the app on.
func (e *experiment) feature(ctx context.Context, name string) error {
	return e.do("switch "+name+" on", func() error { return e.heroku.Feature(ctx, e.app, name) })
}

// prepare brings the app to where the watched deploy begins: all dynos have run code 1 for a while.
func (e *experiment) prepare(ctx context.Context) error {
	if e.plan.Metrics { // before any process starts: those that run do not report
		if err := e.feature(ctx, "log-runtime-metrics"); err != nil {
			return err
		}
	}
	if err := e.deploy(ctx); err != nil {
		return err
	}
	// Heroku begins with one web dyno by itself. The app is scaled once that dyno runs, so that the log has its whole life.
	if err := e.allUp(ctx, map[string]int{"web": 1}, firstBoot); err != nil && !errors.Is(err, errSlow) {
		return err
	}
	if err := e.do(Action{Scale: e.plan.Types}.String()+" of size "+e.plan.Size, func() error {
		return e.heroku.Scale(ctx, e.app, e.plan.Types, e.plan.Size)
	}); err != nil {
		return err
	}
	if err := e.allUp(ctx, e.plan.Types, boot); err != nil {
		return err
	}
	e.say("all dynos are up; nothing happens for %s", observe.Span(e.plan.quiet()))
	if err := e.clock.Sleep(ctx, e.plan.quiet()); err != nil || !e.plan.Preboot {
		return err
	}
	return e.feature(ctx, "preboot")
}

// deploy uploads and builds the next version of the code, and waits for its release.
func (e *experiment) deploy(ctx context.Context) error {
	code := e.code + 1
	src := e.plan.source(code)
	place := ""
	err := e.do(fmt.Sprintf("upload code %d", code), func() (err error) {
		place, err = e.heroku.Upload(ctx, src.archive)
		return err
	})
	if err != nil {
		return err
	}
	r := evidence.Release{Code: code, Commit: src.commit}
	if err := e.do(fmt.Sprintf("build code %d", code), func() error { return e.build(ctx, place, src, &r) }); err != nil {
		return err
	}
	e.mu.Lock()
	e.code = code
	e.run.Releases = append(e.run.Releases, r)
	e.mu.Unlock()
	e.say("code %d is release v%d", code, r.Version)
	return nil
}

// build builds what was uploaded, and waits for its release, with code 1 also for the end of its release phase.
func (e *experiment) build(ctx context.Context, place string, src source, release *evidence.Release) error {
	ctx, cancel := e.clock.within(ctx, build, fmt.Errorf("the build is not over after %s", build))
	defer cancel()
	b, err := e.heroku.Build(ctx, e.app, place, src.checksum(), src.commit)
	for err == nil && (b.Status == "pending" || b.Status == "succeeded" && b.Release == nil) {
		if err = e.clock.Sleep(ctx, 2*glance); err == nil {
			b, err = e.heroku.Built(ctx, e.app, b.ID)
		}
	}
	if err != nil {
		return because(ctx, err)
	}
	if b.Status != "succeeded" {
		return fmt.Errorf("the build %s; the end of what it printed:\n%s", b.Status, indent(e.heroku.Output(ctx, b, 12)))
	}
	r, err := e.heroku.Release(ctx, e.app, b.Release.ID)
	for err == nil && r.Status == "pending" && e.code == 0 {
		if err = e.clock.Sleep(ctx, 2*glance); err == nil {
			r, err = e.heroku.Release(ctx, e.app, b.Release.ID)
		}
	}
	if err != nil {
		return because(ctx, err)
	}
	release.Version, release.ID, release.Created = r.Version, r.ID, r.CreatedAt
	return nil
}

// because is why ctx ended, if it has, and otherwise what went wrong.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

func indent(text string) string {
	if text == "" {
		return "  (nothing)"
	}
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

var errSlow = errors.New("not all dynos are up in time: see what they print in log.txt of the results")

// dynos asks for the dyno list. It returns how many dynos of each type are up, and the ids of all dynos.
func (e *experiment) dynos(ctx context.Context) (up map[string]int, ids []string, err error) {
	list, err := e.heroku.Dynos(ctx, e.app)
	if err != nil {
		return nil, nil, err
	}
	up = map[string]int{}
	for _, d := range list {
		ids = append(ids, d.ID)
		if d.State == "up" {
			up[d.Type]++
		}
	}
	e.up.Store(len(up) > 0)
	return up, ids, nil
}

// allUp waits until the wanted dynos are up by the list, and their processes print.
func (e *experiment) allUp(ctx context.Context, want map[string]int, limit time.Duration) error {
	ctx, cancel := e.clock.within(ctx, limit, errSlow)
	defer cancel()
	for {
		up, _, err := e.dynos(ctx)
		if err == nil {
			err = e.log.unread()
		}
		if err != nil {
			return because(ctx, err)
		}
		if maps.Equal(up, want) && e.log.alive(e.code) >= sum(want) {
			return nil
		}
		if err := e.clock.Sleep(ctx, 2*glance); err != nil {
			return err
		}
	}
}

// witness asks Heroku until ctx ends what anybody could ask, so that its answers can be compared with the truth. An
// answer that fails is recorded like the others.
func (e *experiment) witness(ctx context.Context) {
	_, old, _ := e.dynos(ctx)
	for n := time.Duration(0); e.clock.Sleep(ctx, askDynos) == nil; n += askDynos {
		_, _, _ = e.dynos(ctx)
		if n%askReleases == 0 {
			_ = e.heroku.Releases(ctx, e.app)
		}
		if n%askOld == 0 {
			for _, id := range old[:min(oldAsked, len(old))] {
				_ = e.heroku.Dyno(ctx, e.app, id)
			}
		}
	}
}

// act does what the plan does after the deploy. What Heroku refuses is a result, and not a failure.
func (e *experiment) act(ctx context.Context, begun time.Duration) error {
	for _, a := range e.plan.Then {
		err := e.clock.Sleep(ctx, begun+a.At-e.clock.At())
		if err != nil {
			return err
		}
		if a.Deploy {
			err = e.deploy(ctx)
		} else {
			err = e.do(a.String(), func() error {
				if a.Scale != nil {
					return e.heroku.Scale(ctx, e.app, a.Scale, "")
				}
				return e.heroku.Restart(ctx, e.app, strings.TrimPrefix(a.Restart, "all"))
			})
		}
		if refusal, ok := errors.AsType[*account.Refusal](err); ok {
			e.say("%v", refusal)
		} else if err != nil {
			return err
		}
	}
	return nil
}
