// The deploy that is watched: that of code 2, with a gate from before it and one from after it, what the
// plan does then, and the wait until everything is over.

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

const (
	// silence is for how long old code has told nothing, while the log flows, when it counts as gone.
	silence = 30 * time.Second
	// patience is for how long old code is waited for after the last that the plan does.
	patience = 12 * time.Minute
	// calm is how long is waited after all else, for what comes late.
	calm = 15 * time.Second
)

// watched deploys code 2 between two gates, and waits until all is over.
func (e *experiment) watched(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	watch := func(name string, deploy func() int) {
		wg.Go(func() {
			g, err := e.gate(ctx, name, deploy)
			if err == nil && g.Result == "" && ctx.Err() == nil {
				err = fmt.Errorf("the gate from %s the deploy ended with status %d and no verdict: see its log in the results", g.Name, g.Status)
			}
			e.ended(g)
			if err != nil {
				cancel(err)
			}
		})
	}
	deployed := make(chan error, 1)
	watch("before", func() int {
		err := e.deploy(ctx)
		deployed <- err
		if err != nil {
			return 1
		}
		return 0
	})
	var err error
	select {
	case err = <-deployed:
	case <-ctx.Done(): // the gate may have ended because of the deploy
		select {
		case err = <-deployed:
		default:
		}
		err = cmp.Or(err, context.Cause(ctx))
	}
	if err != nil {
		return err
	}
	begun := e.clock.At()
	watch("after", nil)
	if err := e.act(ctx, begun); err != nil {
		return err
	}
	e.done("deployed")
	if err := e.over(ctx); err != nil {
		return err
	}
	return e.clock.Sleep(ctx, calm)
}

// ended writes down how a gate ended.
func (e *experiment) ended(g evidence.Gate) {
	e.mu.Lock()
	e.run.Gates = append(e.run.Gates, g)
	e.mu.Unlock()
	if g.Result == "" {
		e.say("the gate from %s the deploy ended with status %d", g.Name, g.Status)
		return
	}
	basis := ""
	if g.Basis != "" {
		basis = ", " + g.Basis
	}
	e.say("the gate from %s the deploy: %s (%s%s)", g.Name, g.Result, g.Reason, basis)
}

// live is the newest code that can run: of the builds of which the release phase did not fail.
func (e *experiment) live(ctx context.Context) (int, error) {
	e.mu.Lock()
	releases := slices.Clone(e.run.Releases)
	e.mu.Unlock()
	for _, r := range slices.Backward(releases) {
		now, err := e.heroku.Release(ctx, e.app, r.ID)
		if err != nil {
			return 0, err
		}
		if now.Status != "failed" {
			return r.Code, nil
		}
	}
	return 0, errors.New("no release of the run has succeeded")
}

// over waits until both gates have ended, and old code has told nothing for a while. Old code that does not
// end is a result, too.
func (e *experiment) over(ctx context.Context) error {
	live, begun := 0, e.clock.At()
	for {
		e.mu.Lock()
		gates := len(e.run.Gates)
		e.mu.Unlock()
		if gates == 2 && live == 0 { // until then a release phase may run
			var err error
			if live, err = e.live(ctx); err != nil {
				return err
			}
		}
		if err := e.log.unread(); err != nil {
			return err
		}
		quiet, old := e.log.silence(live, e.up.Load() > 0)
		switch {
		case live == 0:
		case quiet >= silence:
			if old {
				e.say("old code told of itself for the last time %s ago", span(quiet))
			}
			return nil
		case e.clock.At()-begun > patience:
			e.say("old code may still run after %s, by what the log has told; it is not waited for any longer", span(patience))
			return nil
		}
		if err := e.clock.Sleep(ctx, glance); err != nil {
			return fmt.Errorf("waiting for the end of old code and of the gates: %w", err)
		}
	}
}
