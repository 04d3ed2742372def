// The program: reads the inputs, puts the parts together, and ends with an exit status.

package gate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/platform"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// Exit statuses. Workflows only see zero or not; scripts may want the difference.
const (
	ExitPassed      = 0
	ExitFailed      = 1
	ExitInvalid     = 2
	ExitTimedOut    = 3
	ExitUndecided   = 4
	ExitInterrupted = 130
)

// A Command is one run of the program, in the manner of os/exec: the world it
// sees is in its fields, so a test runs it whole, in-process.
type Command struct {
	// Args are the arguments after the program's name.
	Args []string
	// Version names this program, see the function Version. Empty: it is not told.
	Version string
	// Getenv looks up the environment. nil: there is none.
	Getenv func(string) string
	Stdout io.Writer
	Stderr io.Writer
	// Terminal tells that Stdout is one.
	Terminal bool
	// Now is this machine's clock. nil: time.Now.
	Now func() time.Time
	// Transport carries all requests. nil: the network.
	Transport http.RoundTripper
	// Speed is how many seconds pass on the platform in one of ours; 0 is 1. Only a
	// demonstration against a simulated platform has another.
	Speed float64
	// Ended is called with the end of the wait. nil: nobody asks.
	Ended func(rollout.Picture, rollout.Verdict)
}

const usage = `rollout-gate waits until no dyno of an older release can still be running.

usage: rollout-gate [flags]          wait; the flags are the action's inputs
       rollout-gate replay FILE      judge a recorded run again
       rollout-gate version          say which version this is

Inputs are also read from the environment, as GitHub passes them: INPUT_APP,
INPUT_API-KEY or INPUT_API_KEY, ...; the key also from HEROKU_API_KEY.

`

// Main runs the program and returns its exit status. The end of ctx is an interrupt.
func (c *Command) Main(ctx context.Context) int {
	if c.Getenv == nil {
		c.Getenv = func(string) string { return "" }
	}
	if len(c.Args) > 0 && c.Args[0] == "replay" {
		return c.replay(c.Args[1:])
	}
	if len(c.Args) == 1 && slices.Contains([]string{"version", "--version", "-version"}, c.Args[0]) {
		fmt.Fprintln(c.Stdout, "rollout-gate", c.Version)
		return ExitPassed
	}
	flags, err := c.parseFlags()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ExitPassed
	case err != nil:
		return ExitInvalid // the flag package has said why
	}
	stdout := newPatientWriter(c.Stdout)
	defer func() {
		if err := stdout.close(); err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		}
	}()
	out := report.New(report.Options{Stdout: stdout, Getenv: c.Getenv, Terminal: c.Terminal, Version: c.Version})
	out.Begin()
	s, problems := readInputs(flags, c.Getenv)
	if s.key != "" {
		out.Mask(s.key)
	}
	var parts *parts
	if len(problems) == 0 {
		if parts, err = c.build(s); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		if err := out.Invalid(problems); err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		}
		return ExitInvalid
	}
	return c.wait(ctx, s, parts, out)
}

func (c *Command) parseFlags() (map[string]string, error) {
	set := flag.NewFlagSet("rollout-gate", flag.ContinueOnError)
	set.SetOutput(c.Stderr)
	set.Usage = func() {
		fmt.Fprint(c.Stderr, usage)
		set.PrintDefaults()
	}
	for _, in := range Inputs {
		// The flag package takes what stands in backquotes for the value's name.
		set.String(in.Name, in.Default, strings.ReplaceAll(in.About, "`", ""))
	}
	if err := set.Parse(c.Args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		err := fmt.Errorf("argument %q is not known: inputs are given as flags, for example --app my-app", set.Arg(0))
		fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		return nil, err
	}
	given := map[string]string{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.String() })
	return given, nil
}

// parts are what a wait is put together from.
type parts struct {
	client   *platform.Client
	tail     *logtail.Tail // nil: the log is not read
	recorder *recorder
}

func (c *Command) build(s settings) (*parts, error) {
	client, err := platform.New(platform.Options{Key: s.key, URL: s.apiURL, Version: c.Version, Transport: c.Transport, Now: c.Now})
	if err != nil {
		return nil, &inputError{Name: "api-url", Value: s.apiURL, Allowed: err.Error(), secret: true}
	}
	p := &parts{client: client}
	if s.UseLog {
		p.tail = &logtail.Tail{
			App: s.App, Sessions: client, Transport: c.Transport, Refused: platform.RefusesLog,
			// A stream costs two requests or more, and looks come first.
			NoHistory: client.OnFir,
			Spacing:   func() time.Duration { return 5 * watch.BudgetSpacing(client.Remaining()) },
		}
	}
	if s.record != "" {
		if p.recorder, err = newRecorder(s.record, s.key, c.Version, s.Config); err != nil {
			return nil, &inputError{Name: "record", Value: s.record, Allowed: "give a file that can be written (" + err.Error() + ")"}
		}
	}
	return p, nil
}

// wait runs the gate to its end.
func (c *Command) wait(ctx context.Context, s settings, p *parts, out *report.Report) int {
	defer p.client.Close()
	begin := time.Now()
	w := &watch.Watcher{
		Config: s.Config, Platform: p.client, Report: out,
		Interval: s.pollInterval, Speed: c.Speed,
	}
	if p.tail != nil {
		w.Log = p.tail
	}
	if p.recorder != nil {
		w.Record = p.recorder.observe
	}
	picture, verdict := w.Run(ctx)
	waited := time.Since(begin)
	if c.Speed > 0 {
		waited = time.Duration(float64(waited) * c.Speed)
	}
	e := explainer{client: p.client, tail: p.tail, app: s.App}
	e.explain(ctx, s.Timeout-waited, picture, verdict, out)
	budget := p.client.Budget()
	unwritten := out.End(report.Ending{
		Picture: picture, Verdict: verdict, Waited: waited,
		Requests: budget.Requests, BudgetRemaining: budget.Remaining, BudgetLowest: budget.Lowest,
	})
	if c.Ended != nil {
		c.Ended(picture, verdict)
	}
	var unrecorded error
	if p.recorder != nil {
		unrecorded = p.recorder.close()
	}
	for _, err := range []error{unwritten, out.LogError(), unrecorded} {
		if err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		}
	}
	if unwritten != nil && verdict.Result == rollout.Passed {
		return ExitUndecided // later steps would miss the outputs
	}
	return exitStatus(verdict)
}

func (c *Command) replay(args []string) int {
	if len(args) != 1 {
		fmt.Fprintln(c.Stderr, "rollout-gate: replay takes one file, the recording")
		return ExitInvalid
	}
	f, err := os.Open(args[0])
	if err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate: opening the recording:", err)
		return ExitInvalid
	}
	defer f.Close()
	// Outputs and summaries belong to real runs.
	out := report.New(report.Options{Stdout: c.Stdout, Getenv: func(string) string { return "" }})
	picture, verdict, err := replay(f, c.Version, func(p rollout.Picture) { out.Update(p) })
	if err != nil {
		fmt.Fprintf(c.Stderr, "rollout-gate: replaying %q: %v\n", args[0], err)
		return ExitInvalid
	}
	if err := out.End(report.Ending{Picture: picture, Verdict: verdict, Waited: picture.At, Requests: -1, BudgetRemaining: -1, BudgetLowest: -1}); err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate:", err)
	}
	if c.Ended != nil {
		c.Ended(picture, verdict)
	}
	return exitStatus(verdict)
}

func exitStatus(v rollout.Verdict) int {
	switch v.Result {
	case rollout.Passed:
		return ExitPassed
	case rollout.Failed:
		if v.Reason == rollout.InvalidInput {
			return ExitInvalid
		}
		return ExitFailed
	case rollout.TimedOut:
		return ExitTimedOut
	case rollout.Cancelled:
		return ExitInterrupted
	}
	return ExitUndecided
}
