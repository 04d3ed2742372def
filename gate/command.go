// The program: reads the inputs, puts the parts together, and ends with an exit status.

package gate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
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
	// Getenv looks up the environment. nil: there is none.
	Getenv func(string) string
	Stdout io.Writer
	Stderr io.Writer
	// Terminal tells that Stdout is one, and Width how many columns it has at the moment;
	// nil, and a width of 0: that is not known.
	Terminal bool
	Width    func() int
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

// Main runs the program and returns its exit status. The end of ctx is an interrupt.
func (c *Command) Main(ctx context.Context) int {
	if c.Getenv == nil {
		c.Getenv = func(string) string { return "" }
	}
	if len(c.Args) > 0 {
		for _, sub := range subcommands() {
			if sub.name == c.Args[0] {
				return sub.main(ctx, c)
			}
		}
	}
	return c.gate(ctx)
}

// gate waits: it is what the program does if no other command is named.
func (c *Command) gate(ctx context.Context) int {
	given, err := parse(waitFlags(), c.Args)
	switch {
	case err == nil && given.has("version"):
		return c.version(ctx, given)
	case err == nil && len(given.args)+len(given.behind) > 0:
		err = unknownArgument(slices.Concat(given.args, given.behind)[0])
	}
	if err != nil {
		return c.refuse(err, "")
	}
	options := report.Options{Getenv: c.Getenv, Terminal: c.Terminal, Width: c.Width}
	stdout, stderr := c.Stdout, c.Stderr
	if given.has(jsonFlag) {
		options.Terminal, options.Result, stdout = false, c.Stdout, c.Stderr
	}
	log := newPatientWriter(stdout)
	if options.Result != nil {
		c.Stderr = log // which has one writer at a time
	}
	defer func() {
		c.Stderr = stderr
		if err := log.close(); err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		}
	}()
	options.Stdout = log
	out := report.New(options)
	s, problems := readInputs(given.flags, c.Getenv)
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

// parts are what a wait is put together from.
type parts struct {
	client   *platform.Client
	tail     *logtail.Tail // nil: the log is not read
	recorder *recorder
}

func (c *Command) build(s settings) (*parts, error) {
	client, err := platform.New(platform.Options{Key: s.key, URL: s.apiURL, Transport: c.Transport, Now: c.Now})
	if err != nil {
		return nil, &inputError{Name: "api-url", Value: s.apiURL, Allowed: err.Error(), secret: true}
	}
	p := &parts{client: client}
	if s.UseLog {
		p.tail = &logtail.Tail{
			App: s.App, Sessions: client, Transport: c.Transport, Refused: platform.RefusesLog,
			// A stream costs two requests or more, and looks come first.
			NoHistory: client.OnFir, Speed: c.Speed,
			Spacing: func() time.Duration { return 5 * watch.BudgetSpacing(client.Remaining()) },
		}
	}
	if s.record != "" {
		if p.recorder, err = newRecorder(s.record, s.key, s.Config); err != nil {
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
	w.Debug = c.debug(out)
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
		ObserveOnly: s.observeOnly,
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
	switch status := exitStatus(verdict); {
	case s.observeOnly && status != ExitInvalid:
		return ExitPassed
	case unwritten != nil && status == ExitPassed:
		return ExitUndecided // later steps would miss the outputs
	default:
		return status
	}
}

func (c *Command) replay(_ context.Context, given given) int {
	file := given.args[0]
	f, err := os.Open(file)
	if err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate: opening the recording:", err)
		return ExitInvalid
	}
	defer f.Close()
	// Outputs and summaries belong to real runs.
	options := report.Options{Stdout: c.Stdout}
	if given.has(jsonFlag) {
		options.Stdout, options.Result = c.Stderr, c.Stdout
	}
	out := report.New(options)
	picture, verdict, err := replay(f, func(p rollout.Picture) { out.Update(p) }, c.debug(out))
	if err != nil {
		fmt.Fprintf(c.Stderr, "rollout-gate: replaying %q: %v\n", file, err)
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

// debug tells of the inside of the wait, if the runner was asked to
// (https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables).
func (c *Command) debug(out *report.Report) *watch.Debug {
	if c.Getenv("RUNNER_DEBUG") != "1" {
		return nil
	}
	return &watch.Debug{Tell: out.Debug}
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
