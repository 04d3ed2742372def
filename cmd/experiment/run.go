// One run of a plan, from the making of its app to the deletion, and the folder of its results.

package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/cmd/experiment/findings"
	"heroku-rollout-gate/gate/observe"
)

// longest is how long a run may take. Then it ends, and cleans up.
const longest = 30 * time.Minute

var errLongest = fmt.Errorf("it took longer than %s, which is the most that an experiment may", longest)

// An experiment is one run of a plan.
type experiment struct {
	plan    *Plan
	world   *world
	out     io.Writer // for progress
	errs    io.Writer // for errors
	results string    // the folder of results
	keep    bool      // the app is not deleted
	name    string    // of the app

	clock     *clock
	redactor  *evidence.Redactor
	transport http.RoundTripper
	heroku    *account.Client
	note      *note
	asked     bool // Heroku was asked for the app, and may have made it
	log       evidence.Log
	code      int         // of the newest release
	live      int         // the newest code that can run: its release did not fail
	up        atomic.Bool // dynos are up, by the list that came last

	mu  sync.Mutex // guards run, code, live, out and errs
	run evidence.Run
}

// newExperiment prepares a run. It sends nothing yet.
func newExperiment(p *Plan, w *world, out io.Writer, results string) *experiment {
	var random [7]byte
	_, _ = rand.Read(random[:]) // it never fails
	e := &experiment{plan: p, world: w, out: out, errs: out, results: results, clock: w.clock(), redactor: w.redactor,
		name: namePrefix + hex.EncodeToString(random[:])} // Heroku allows 30 characters
	e.redactor.Hide(w.key, "[api-key]")
	e.redactor.Hide(w.readKey, "[api-key]")
	e.transport = discreet{w.transport, e.redactor}
	e.heroku = account.New(account.Options{Key: w.key, Transport: e.transport, At: e.clock.At, Real: e.clock.real, Seen: e.seen})
	e.run = evidence.Run{Plan: p.Name, About: p.About, Simulated: w.simulated, Start: e.clock.start, Preboot: p.Preboot, Types: p.Types}
	return e
}

func (e *experiment) seen(r evidence.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.run.Requests = append(e.run.Requests, r)
}

func (e *experiment) say(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintf(e.out, "%7s  %s\n", observe.Span(e.clock.At()), e.redactor.Clean(fmt.Sprintf(format, args...)))
}

func (e *experiment) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintln(e.errs, "experiment:", e.redactor.Clean(err.Error()))
}

// do does one thing to the app, reports it, and records it.
func (e *experiment) do(what string, f func() error) error {
	s := evidence.Step{At: e.clock.At(), What: what}
	e.say("%s", what)
	err := account.Explain(what, f())
	s.Done = e.clock.At()
	if err != nil {
		s.Refused = strings.TrimPrefix(err.Error(), what+": ")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.run.Steps = append(e.run.Steps, s)
	return err
}

// play makes the run, reports its errors, cleans up, and returns the evidence. The end of ctx ends it early, but it
// cleans up all the same.
func (e *experiment) play(ctx context.Context) (*evidence.Run, error) {
	var err error
	if e.note, err = newNote(e.world.notes, e.name, e.clock.now()); err != nil {
		e.fail(err)
		e.run.Failed = err.Error()
		return &e.run, err
	}
	limited, cancel := e.clock.within(ctx, longest, errLongest)
	if err = because(limited, e.steps(limited)); errors.Is(err, context.Canceled) {
		err = errors.New("it was interrupted")
	}
	cancel()
	if err != nil {
		e.fail(err)
		e.run.Failed = err.Error()
	}
	_ = e.log.Fill(&e.run, e.clock.At(), e.up.Load()) // an error has ended the run
	slices.SortFunc(e.run.Gates, func(a, b evidence.Gate) int { return cmp.Compare(a.Began, b.Began) })
	return &e.run, errors.Join(err, e.clean(ctx))
}

// because is why ctx ended, if it has, and otherwise what went wrong.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// cleaning is how long the run tries to delete its app.
const cleaning = 3 * time.Minute

// clean deletes the app of a run, also if the run was interrupted. It keeps the app, with its note, if that is wanted.
func (e *experiment) clean(ctx context.Context) error {
	if e.keep && e.note.ID != "" {
		e.say("the app %s stays, and costs money, until the next run deletes it, or `heroku apps:destroy --app %s`", e.name, e.name)
		return nil
	}
	if !e.asked {
		return e.note.forget()
	}
	if ctx.Err() != nil {
		e.say("the app %s is about to be deleted; a second Ctrl-C would leave it", e.name)
	}
	ctx, cancel := e.clock.within(context.WithoutCancel(ctx), cleaning, errors.New("there was no way to Heroku for "+cleaning.String()))
	defer cancel()
	deleted, err := e.note.remove(ctx, e.heroku, e.clock, func() bool { return true })
	if err != nil {
		err = fmt.Errorf("%w; %s", because(ctx, err), howToRemove(e.name))
		e.fail(err)
		return err
	}
	if deleted {
		e.say("the app %s is deleted", e.name)
	}
	return nil
}

// write writes the results, and takes out of them, and out of the files of the gates, what they must not hold.
func (e *experiment) write(r *evidence.Run) error {
	run, err := json.MarshalIndent(r, "", "  ")
	var log, requests bytes.Buffer
	for _, l := range r.Log {
		fmt.Fprintf(&log, "%9.3f %s\n", l.At.Seconds(), l.Text)
	}
	lines := json.NewEncoder(&requests)
	lines.SetEscapeHTML(false)
	for _, q := range r.Requests {
		err = errors.Join(err, lines.Encode(q))
	}
	files := map[string][]byte{"run.json": append(run, '\n'), "log.txt": log.Bytes(), "requests.jsonl": requests.Bytes(), "report.txt": []byte(findings.Report(r, true))}
	for _, g := range r.Gates {
		files["gate-"+g.Name+".jsonl"] = g.Recording
		said, failed := os.ReadFile(filepath.Join(e.results, "gate-"+g.Name+".log"))
		files["gate-"+g.Name+".log"], err = said, errors.Join(err, failed)
	}
	for name, data := range files {
		clean := e.redactor.Clean(string(data))
		err = errors.Join(err, os.WriteFile(filepath.Join(e.results, name), []byte(clean), 0o600))
	}
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

// discreet carries requests, and has the redactor hide every host but the API's: the hosts of log sessions, uploads and
// build outputs.
type discreet struct {
	http.RoundTripper
	redactor *evidence.Redactor
}

func (d discreet) RoundTrip(req *http.Request) (*http.Response, error) {
	if host := req.URL.Hostname(); host != "api.heroku.com" {
		d.redactor.Hide(host, "[host]")
	}
	return d.RoundTripper.RoundTrip(req)
}
