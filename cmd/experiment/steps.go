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
)

const (
	// build is how long a build may take, firstBoot for how long the first dyno is waited for, and boot how
	// long all dynos may take to be up.
	build     = 8 * time.Minute
	firstBoot = time.Minute
	boot      = 4 * time.Minute
	// glance is how often it is asked whether something is over.
	glance = time.Second
)

// steps does everything but cleaning up.
func (e *experiment) steps(ctx context.Context) error {
	if err := e.do("make the app "+e.name, func() error { return e.make(ctx) }); err != nil {
		return err
	}
	e.done("made")
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

// do does one thing to the app, tells of it, and writes it down.
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

// make makes the app. Its answer is waited for also where the run is interrupted: it must not be missed.
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

// prepare brings the app to where the deploy begins: code 1 runs on all dynos, and has for a while.
func (e *experiment) prepare(ctx context.Context) error {
	if e.plan.Metrics { // before any process starts: those of before do not report
		if err := e.feature(ctx, "log-runtime-metrics"); err != nil {
			return err
		}
	}
	if err := e.deploy(ctx); err != nil {
		return err
	}
	// Heroku begins with one web dyno by itself. It is scaled once that runs: so the log tells of its whole life.
	if err := e.allUp(ctx, map[string]int{"web": 1}, firstBoot); err != nil && !errors.Is(err, errSlow) {
		return err
	}
	if err := e.do(Action{Scale: e.plan.Types}.String()+" of size "+e.plan.Size, func() error {
		return e.heroku.Scale(ctx, e.app, e.plan.Types, e.plan.Size)
	}); err != nil {
		return err
	}
	e.done("scaled")
	if err := e.allUp(ctx, e.plan.Types, boot); err != nil {
		return err
	}
	e.say("all dynos are up; nothing happens for %s", span(e.plan.quiet()))
	if err := e.clock.Sleep(ctx, e.plan.quiet()); err != nil || !e.plan.Preboot {
		return err
	}
	defer e.done("preboot")
	return e.feature(ctx, "preboot")
}

// deploy uploads and builds the next version of the code, and waits until its release is there.
func (e *experiment) deploy(ctx context.Context) error {
	code := e.code + 1
	src, err := e.plan.source(code)
	if err != nil {
		return err
	}
	var place string
	if err := e.do(fmt.Sprintf("upload code %d", code), func() error {
		place, err = e.heroku.Upload(ctx, src.archive)
		return err
	}); err != nil {
		return err
	}
	e.done("uploaded")
	var release account.Release
	if err := e.do(fmt.Sprintf("build code %d", code), func() error {
		release, err = e.build(ctx, place, src)
		return err
	}); err != nil {
		return err
	}
	e.mu.Lock()
	e.code = code
	e.run.Releases = append(e.run.Releases, evidence.Release{Code: code, Version: release.Version, ID: release.ID, Commit: src.commit, Created: release.Created})
	e.mu.Unlock()
	e.say("code %d is release v%d", code, release.Version)
	e.done("built")
	return nil
}

// build builds what was uploaded, until its release is there; that of code 1 until its release phase is over.
func (e *experiment) build(ctx context.Context, place string, src source) (account.Release, error) {
	ctx, cancel := e.clock.within(ctx, build, fmt.Errorf("the build is not over after %s", build))
	defer cancel()
	b, err := e.heroku.Build(ctx, e.app, place, src.checksum(), src.commit)
	for err == nil && (b.Status == "pending" || b.Status == "succeeded" && b.ReleaseID == "") {
		if err = e.clock.Sleep(ctx, 2*glance); err == nil {
			b, err = e.heroku.Built(ctx, e.app, b.ID)
		}
	}
	if err != nil {
		return account.Release{}, because(ctx, err)
	}
	if b.Status != "succeeded" {
		return account.Release{}, fmt.Errorf("the build %s; the end of what it printed:\n%s", b.Status, indent(e.heroku.Output(ctx, b, 12)))
	}
	r, err := e.heroku.Release(ctx, e.app, b.ReleaseID)
	for err == nil && r.Status == "pending" && e.code == 0 {
		if err = e.clock.Sleep(ctx, 2*glance); err == nil {
			r, err = e.heroku.Release(ctx, e.app, b.ReleaseID)
		}
	}
	return r, because(ctx, err)
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

// allUp waits until these dynos are up, by the list and by what their processes say.
func (e *experiment) allUp(ctx context.Context, want map[string]int, limit time.Duration) error {
	ctx, cancel := e.clock.within(ctx, limit, errSlow)
	defer cancel()
	sum := 0
	for _, n := range want {
		sum += n
	}
	for {
		list, err := e.dynos(ctx)
		if err == nil {
			err = e.log.unread()
		}
		if err != nil {
			return because(ctx, err)
		}
		up := map[string]int{}
		for _, d := range list {
			if d.State == "up" {
				up[d.Type]++
			}
		}
		if maps.Equal(up, want) && e.log.alive(e.code) >= sum {
			return nil
		}
		if err := e.clock.Sleep(ctx, 2*glance); err != nil {
			return err
		}
	}
}

// dynos asks for the dyno list, and counts the dynos that are up.
func (e *experiment) dynos(ctx context.Context) ([]account.Dyno, error) {
	list, err := e.heroku.Dynos(ctx, e.app)
	if err == nil {
		up := int32(0)
		for _, d := range list {
			if d.State == "up" {
				up++
			}
		}
		e.up.Store(up)
	}
	return list, err
}

// act does what the plan does after the deploy. What Heroku refuses is a result, and not a failure.
func (e *experiment) act(ctx context.Context, begun time.Duration) error {
	for _, a := range e.plan.Then {
		if err := e.clock.Sleep(ctx, begun+a.At-e.clock.At()); err != nil {
			return err
		}
		err := e.one(ctx, a)
		refusal, no := errors.AsType[*account.Refusal](err)
		if err != nil && !no {
			return err
		}
		if no {
			e.say("%v", refusal)
		}
	}
	return nil
}

func (e *experiment) one(ctx context.Context, a Action) error {
	if a.Deploy {
		return e.deploy(ctx)
	}
	return e.do(a.String(), func() error {
		if a.Scale != nil {
			return e.heroku.Scale(ctx, e.app, a.Scale, "")
		}
		return e.heroku.Restart(ctx, e.app, strings.TrimPrefix(a.Restart, "all"))
	})
}
