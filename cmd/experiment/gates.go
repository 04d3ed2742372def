// The gates that run beside the experiment: the gate's own program, in this process, with recordings.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/rollout"
)

// gate runs one gate to its end, and writes its log and its recording into the results. deploy is what it
// runs beside the watch; nil: it begins by itself, after the deploy.
func (e *experiment) gate(ctx context.Context, name string, deploy func() int) (evidence.Gate, error) {
	recording := filepath.Join(e.results, "gate-"+name+".jsonl")
	log, err := os.OpenFile(filepath.Join(e.results, "gate-"+name+".log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return evidence.Gate{}, fmt.Errorf("writing the log of a gate: %w", err)
	}
	defer log.Close()
	args := []string{"--app", e.app.Name, "--record", recording}
	for _, input := range slices.Sorted(maps.Keys(e.plan.Gate)) {
		args = append(args, "--"+input, e.plan.Gate[input])
	}
	clean := &cleaner{to: log, redactor: e.redactor}
	command := &gate.Command{
		Stdout: clean, Stderr: clean, Now: e.world.now, Speed: e.world.speed, Transport: e.transport,
		Getenv: func(name string) string { return map[string]string{"HEROKU_API_KEY": e.gateKey()}[name] },
	}
	if deploy != nil {
		args = append(args, "--", "deploy")
		command.Run = func([]string) int { return deploy() }
	}
	command.Args = args
	g := evidence.Gate{Name: name, Began: e.clock.At()}
	command.Ended = func(p rollout.Picture, v rollout.Verdict) {
		g.Ended = e.clock.At()
		g.Result, g.Reason, g.Basis, g.Message = string(v.Result), string(v.Reason), string(v.Basis), v.Message
		if p.Target != nil {
			g.Release = p.Target.Version
		}
	}
	g.Status = command.Main(ctx)
	if g.Ended == 0 {
		g.Ended = e.clock.At()
	}
	clean.flush()
	return g, e.recorded(&g, recording)
}

// recorded reads a gate's recording, cleans it, and keeps it so.
func (e *experiment) recorded(g *evidence.Gate, path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the gate from %s the deploy did not begin: see what it says in gate-%s.log of the results", g.Name, g.Name)
	}
	if err != nil {
		return fmt.Errorf("reading the recording of a gate: %w", err)
	}
	g.Recording = []byte(e.redactor.Clean(string(data)))
	if err := os.WriteFile(path, g.Recording, 0o600); err != nil {
		return fmt.Errorf("writing the recording of a gate: %w", err)
	}
	return nil
}

// A cleaner hands on whole lines, cleaned.
type cleaner struct {
	to       *os.File
	redactor *evidence.Redactor

	mu   sync.Mutex
	held bytes.Buffer
}

func (c *cleaner) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held.Write(p)
	i := bytes.LastIndexByte(c.held.Bytes(), '\n')
	if i < 0 {
		return len(p), nil
	}
	_, err := c.to.WriteString(c.redactor.Clean(string(c.held.Next(i + 1))))
	return len(p), err
}

func (c *cleaner) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.to.WriteString(c.redactor.Clean(c.held.String())) // the last words; the file was good until here
	c.held.Reset()
}
