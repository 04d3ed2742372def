// The deploy that is watched, of code 2: two gates, one from before the deploy and one from after it, what the plan
// does then, and the wait until everything is over.

package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

const (
	// silence is how long old code must have printed nothing, while the log flows, to count as gone.
	silence = 30 * time.Second
	// patience is how long the run waits for that after the last action of the plan.
	patience = 12 * time.Minute
	// calm is the wait after all else, for answers and lines that come late.
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
			if err := e.gate(ctx, name, deploy); err != nil {
				cancel(err)
			}
		})
	}
	deployed := make(chan bool)
	watch("before", func() int {
		if err := e.deploy(ctx); err != nil {
			cancel(err)
			return 1
		}
		close(deployed)
		return 0
	})
	select {
	case <-deployed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	begun := e.clock.At()
	watch("after", nil)
	err := e.act(ctx, begun)
	if err == nil {
		err = e.over(ctx)
	}
	if err == nil {
		err = e.clock.Sleep(ctx, calm)
	}
	return because(ctx, err)
}

// gate runs one gate to its end: the gate's own program in this process, with its log and its recording in the
// results. deploy is what it runs beside the watch; nil: nothing, it begins after the deploy.
func (e *experiment) gate(ctx context.Context, name string, deploy func() int) error {
	file := filepath.Join(e.results, "gate-"+name)
	log, err := os.OpenFile(file+".log", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the log of a gate: %w", err)
	}
	defer log.Close()
	key := cmp.Or(e.world.readKey, e.world.key)
	command := &gate.Command{
		Stdout: log, Stderr: log, Now: e.world.now, Speed: e.world.speed, Transport: e.transport,
		Getenv: func(name string) string { return map[string]string{"HEROKU_API_KEY": key}[name] },
		Args:   []string{"--app", e.name, "--record", file + ".jsonl"},
	}
	for _, input := range slices.Sorted(maps.Keys(e.plan.Gate)) {
		command.Args = append(command.Args, "--"+input, e.plan.Gate[input])
	}
	if deploy != nil {
		command.Args = append(command.Args, "--", "deploy")
		command.Run = func([]string) int { return deploy() }
	}
	g := evidence.Gate{Name: name, Began: e.clock.At()}
	command.Ended = func(p rollout.Picture, v rollout.Verdict) {
		g.Ended, g.Verdict = e.clock.At(), v
		if p.Target != nil {
			g.Release = p.Target.Version
		}
		for _, t := range p.Types {
			if t.Type == "web" {
				g.Hold = t.Limit
			}
		}
	}
	g.Status = command.Main(ctx)
	g.Ended = cmp.Or(g.Ended, e.clock.At())
	g.Recording, err = os.ReadFile(file + ".jsonl")
	e.mu.Lock()
	e.run.Gates = append(e.run.Gates, g)
	e.mu.Unlock()
	switch {
	case g.Result == "":
		return fmt.Errorf("the gate from %s the deploy ended with status %d and no verdict: see gate-%s.log of the results", name, g.Status, name)
	case err != nil:
		return fmt.Errorf("reading the recording of a gate: %w", err)
	}
	e.say("the gate from %s the deploy: %s, %s", name, g.Result, cmp.Or(string(g.Basis), string(g.Reason)))
	return nil
}

// over waits until both gates have ended, and old code has printed nothing for a while. Old code that does not end is
// a result, too.
func (e *experiment) over(ctx context.Context) error {
	begun := e.clock.At()
	return e.until(ctx, func() (bool, error) {
		e.mu.Lock()
		gates, live := len(e.run.Gates), e.live
		e.mu.Unlock()
		n, err := e.printed(silence, func(code int) bool { return code < live })
		switch {
		case err != nil || gates < 2 || n > 0 && e.clock.At()-begun <= patience:
			return false, err
		case n > 0:
			e.say("old code may still run after %s, by what the log has shown; the run does not wait any longer", observe.Span(patience))
		default:
			e.say("old code has printed nothing for %s", observe.Span(silence))
		}
		return true, nil
	})
}
