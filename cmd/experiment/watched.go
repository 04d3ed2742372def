// The deploy that is watched, of code 2: two gates, one from before the deploy and one from after it, what the plan
// does then, and the wait until everything is over.

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	if err := e.over(ctx); err != nil {
		return err
	}
	return e.clock.Sleep(ctx, calm)
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
		Args:   []string{"--app", e.app.Name, "--record", file + ".jsonl"},
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
		g.Ended = e.clock.At()
		g.Result, g.Reason, g.Basis, g.Message = string(v.Result), string(v.Reason), string(v.Basis), v.Message
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
	_, err = e.cleanFile(file + ".log")
	if err == nil {
		g.Recording, err = e.cleanFile(file + ".jsonl")
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("the gate from %s the deploy did not begin: see what it says in gate-%s.log of the results", name, name)
	case err == nil && g.Result == "" && ctx.Err() == nil:
		err = fmt.Errorf("the gate from %s the deploy ended with status %d and no verdict: see its log in the results", name, g.Status)
	}
	e.mu.Lock()
	e.run.Gates = append(e.run.Gates, g)
	e.mu.Unlock()
	if g.Result == "" {
		e.say("the gate from %s the deploy ended with status %d", name, g.Status)
	} else {
		e.say("the gate from %s the deploy: %s (%s)", name, g.Result, g.Reason+map[bool]string{true: ", " + g.Basis}[g.Basis != ""])
	}
	return err
}

// cleanFile takes out of a file of the gate what a report must not hold, and returns the rest.
func (e *experiment) cleanFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		data = []byte(e.redactor.Clean(string(data)))
		err = os.WriteFile(path, data, 0o600) // #nosec G703 -- a file in the folder that the caller names
	}
	if err != nil {
		return nil, fmt.Errorf("cleaning a file of a gate: %w", err)
	}
	return data, nil
}

// live is the newest code that can run: of the builds whose release phase did not fail.
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

// over waits until both gates have ended, and old code has printed nothing for a while. Old code that does not end is
// a result, too.
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
		quiet, old := e.log.silence(live, e.up.Load())
		switch {
		case live == 0:
		case quiet >= silence:
			if old {
				e.say("old code printed its last line %s ago", observe.Span(quiet))
			}
			return nil
		case e.clock.At()-begun > patience:
			e.say("old code may still run after %s, by what the log has shown; the run does not wait any longer", observe.Span(patience))
			return nil
		}
		if err := e.clock.Sleep(ctx, glance); err != nil {
			return fmt.Errorf("waiting for the end of old code and of the gates: %w", err)
		}
	}
}
