// What a run does to the app, step by step.

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/account"
	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
)

const (
	firstBoot = time.Minute // how long the first dyno may take until it prints
	boot      = 4 * time.Minute
	building  = 8 * time.Minute // how long a build may take
	glance    = 2 * time.Second // the pause between two looks whether something is over
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
		if err := e.do("see that HEROKU_READ_KEY may not change the app", func() error { return e.heroku.ReadOnly(ctx, e.note.ID, e.world.readKey) }); err != nil {
			return err
		}
		e.run.ReadKey = true
	}
	reading, enough := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer enough()
	tail := logtail.Tail{App: e.note.ID, Sessions: e.heroku, Transport: e.transport, Refused: account.Forbids, Speed: e.clock.speed,
		Raw: func(line []byte) { e.log.Add(e.clock.At(), string(line)) }}
	wg.Go(func() { tail.Run(reading, e.log.Status) })
	if err := e.prepare(ctx); err != nil {
		return err
	}
	wg.Go(func() { e.witness(reading) })
	return e.watched(ctx)
}

// make makes the app. It waits for the answer also if the run is interrupted: the answer has the id of the app.
func (e *experiment) make(ctx context.Context) error {
	id, err := e.heroku.Make(context.WithoutCancel(ctx), e.name)
	e.asked = !account.InVain(err)
	if err != nil {
		return err
	}
	e.note.ID = id
	return e.note.write()
}

func (e *experiment) feature(ctx context.Context, name string) error {
	return e.do("switch "+name+" on", func() error {
		_, err := e.heroku.AppFeatureUpdate(ctx, e.note.ID, name, heroku.AppFeatureUpdateOpts{Enabled: true})
		return err
	})
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
	if err := e.allPrint(ctx, 1, firstBoot); err != nil && !errors.Is(err, errSlow) {
		return err
	}
	if err := e.do(Action{Scale: e.plan.Types}.String()+" of size "+e.plan.Size, func() error {
		return e.heroku.Scale(ctx, e.note.ID, e.plan.Types, e.plan.Size)
	}); err != nil {
		return err
	}
	if err := e.allPrint(ctx, sum(e.plan.Types), boot); err != nil {
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
	archive, commit := e.plan.source(code)
	var from heroku.Source
	err := e.do(fmt.Sprintf("upload code %d", code), func() error {
		place, err := e.heroku.SourceCreate(ctx)
		if err == nil {
			from = *place
			_, err = e.heroku.Elsewhere(ctx, http.MethodPut, place.SourceBlob.PutURL, archive)
		}
		return err
	})
	if err != nil {
		return err
	}
	var r *heroku.Release
	if err := e.do(fmt.Sprintf("build code %d", code), func() (err error) {
		r, err = e.build(ctx, from.SourceBlob.GetURL, commit)
		return err
	}); err != nil {
		return err
	}
	e.mu.Lock()
	e.code = code
	if r.Status != "failed" {
		e.live = code
	}
	e.run.Releases = append(e.run.Releases, evidence.Release{Code: code, Version: r.Version, Commit: commit, Created: r.CreatedAt})
	e.mu.Unlock()
	e.say("code %d is release v%d", code, r.Version)
	return nil
}

// build builds what was uploaded, and waits for its release, and for the end of its release phase.
func (e *experiment) build(ctx context.Context, from, commit string) (r *heroku.Release, err error) {
	var o heroku.BuildCreateOpts
	o.SourceBlob.URL, o.SourceBlob.Version = &from, &commit
	b, err := e.heroku.BuildCreate(ctx, e.note.ID, o)
	if err != nil {
		return nil, err
	}
	limited, cancel := e.clock.within(ctx, building, fmt.Errorf("the build is not over after %s", building))
	defer cancel()
	err = e.until(limited, func() (bool, error) {
		b, err = e.heroku.BuildInfo(limited, e.note.ID, b.ID)
		return b.Status == "failed" || b.Release != nil, err
	})
	if err != nil {
		return nil, because(limited, err)
	}
	if b.Status == "failed" {
		output, _ := e.heroku.Elsewhere(ctx, http.MethodGet, b.OutputStreamURL, nil)
		lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(output, "\x00", ""), "")), "\n")
		return nil, fmt.Errorf("the build failed; the end of what it printed:\n  %s", strings.Join(lines[max(0, len(lines)-12):], "\n  "))
	}
	return r, e.until(ctx, func() (bool, error) {
		r, err = e.heroku.ReleaseInfo(ctx, e.note.ID, b.Release.ID)
		return r.Status != "pending", err
	})
}

// until asks again and again, until something is done.
func (e *experiment) until(ctx context.Context, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		if err := e.clock.Sleep(ctx, glance); err != nil {
			return err
		}
	}
}

var errSlow = errors.New("not all dynos are up in time: see what they print in log.txt of the results")

// allPrint waits until so many processes of the newest code print.
func (e *experiment) allPrint(ctx context.Context, want int, limit time.Duration) error {
	ctx, cancel := e.clock.within(ctx, limit, errSlow)
	defer cancel()
	return e.until(ctx, func() (bool, error) {
		n, err := e.printed(5*time.Second, func(code int) bool { return code == e.code })
		return n >= want, err
	})
}

// printed is how many processes of some code have printed a line in the last seconds, as far as the log was read.
func (e *experiment) printed(lately time.Duration, of func(code int) bool) (n int, err error) {
	var now evidence.Run
	err = e.log.Fill(&now, e.clock.At(), e.up.Load())
	for _, p := range now.Processes {
		if of(p.Code) && now.Read.Sub(p.Last) < lately {
			n++
		}
	}
	return n, err
}

// witness asks Heroku until ctx ends what anybody could ask, so that its answers can be compared with the truth. An
// answer that fails is recorded like the others.
func (e *experiment) witness(ctx context.Context) {
	old, _ := e.heroku.DynoList(ctx, e.note.ID, nil)
	for n := time.Duration(0); e.clock.Sleep(ctx, askDynos) == nil; n += askDynos {
		if list, err := e.heroku.DynoList(ctx, e.note.ID, nil); err == nil {
			e.up.Store(slices.ContainsFunc(list, func(d heroku.Dyno) bool { return d.State == "up" }))
		}
		if n%askReleases == 0 {
			_, _ = e.heroku.ReleaseList(ctx, e.note.ID, &heroku.ListRange{Field: "version", Max: 5, Descending: true})
		}
		if n%askOld == 0 {
			for _, d := range old[:min(oldAsked, len(old))] {
				_, _ = e.heroku.DynoInfo(ctx, e.note.ID, d.ID)
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
			err = e.do(a.String(), func() error { return e.change(ctx, a) })
		}
		if account.Status(err) != 0 {
			e.say("%v", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (e *experiment) change(ctx context.Context, a Action) (err error) {
	switch a.Restart {
	case "":
		err = e.heroku.Scale(ctx, e.note.ID, a.Scale, "")
	case "all":
		_, err = e.heroku.DynoRestartAll(ctx, e.note.ID)
	default:
		_, err = e.heroku.DynoRestart(ctx, e.note.ID, a.Restart)
	}
	return err
}
