// The program: reads the inputs, puts the parts together, and ends with an exit status.

package gate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
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
	// Stdin is the input of a command that is run beside the watch.
	Stdin io.Reader
	// Keyboard tells that there is a terminal at which an interrupt can be typed, which then goes to
	// such a command by itself.
	Keyboard bool
	// Uptime names the boot of this machine and tells how long ago that was. nil: as the machine says.
	Uptime func() (boot string, up time.Duration, err error)
	// Run runs such a command and returns its status. nil: as a process of its own.
	Run func(command []string) int
	// Seen is called with the picture after each observation, Ended with the end of the wait. nil: nobody asks.
	Seen  func(rollout.Picture)
	Ended func(rollout.Picture, rollout.Verdict)

	mu      sync.Mutex
	running *os.Process // the command that is run; nil while none is

	// Of a wait: where it tells of what goes wrong, and that its end goes to Stdout as JSON.
	complaints io.Writer
	json       bool
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
	case err == nil && len(given.args) > 0:
		err = unknownArgument(given.args[0])
	case err == nil && given.behind != nil && len(given.behind) == 0:
		err = errNoCommand
	}
	if err != nil {
		return c.refuse(err, "")
	}
	c.json = given.has(jsonFlag)
	out, end := c.speak()
	defer end()
	s, problems := readInputs(given.flags, c.Getenv)
	h := &headStart{}
	if len(problems) == 0 && given.behind == nil {
		h = c.goOn(&s)
	}
	s.HeadStart = given.behind != nil || h.forerunner != nil
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
		out.Begin()
		if err := out.Invalid(problems); err != nil {
			fmt.Fprintln(c.complaints, "rollout-gate:", err)
		}
		return ExitInvalid
	}
	if given.behind != nil {
		return c.runWrapped(ctx, s, parts, out, given.behind)
	}
	out.Begin()
	if h.note != "" {
		out.Note(h.note)
	}
	return c.wait(ctx, s, parts, out, h)
}

// A headStart is what a wait has of a watch that began before the deploy; its zero value is none.
type headStart struct {
	forerunner *forerunner               // began before the deploy; nil: none did
	note       string                    // what to tell of it
	see        func(observe.Observation) // is shown every observation; nil: nobody
	begin      chan struct{}             // closed when the wait begins; nil: at once
	abandoned  atomic.Bool               // there will be no wait, and nothing to report
}

// speak opens the log of a wait, and what closes it. Where the end goes to standard output as JSON,
// all else goes to standard error.
func (c *Command) speak() (out *report.Report, end func()) {
	options := report.Options{Getenv: c.Getenv, Terminal: c.Terminal, Width: c.Width, Version: c.Version}
	stdout := c.Stdout
	if c.json {
		stdout = c.Stderr
	}
	log := newPatientWriter(stdout)
	c.complaints = c.Stderr
	if c.json {
		options.Terminal, options.Result = false, c.Stdout
		c.complaints = log // one goroutine writes there
	}
	options.Stdout = log
	return report.New(options), func() {
		if err := log.close(); err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		}
	}
}

// parts are what a wait is put together from.
type parts struct {
	client    *platform.Client
	tail      *logtail.Tail // nil: the log is not read
	recorder  *recorder
	measuring *measuring
}

func (c *Command) build(s settings) (*parts, error) {
	client, err := platform.New(platform.Options{Key: s.key, URL: s.apiURL, Version: c.Version, Transport: c.Transport, Now: c.Now})
	if err != nil {
		return nil, &inputError{Name: "api-url", Value: s.apiURL, Allowed: err.Error(), secret: true}
	}
	p := &parts{client: client, measuring: newMeasuring()}
	if s.UseLog {
		p.tail = &logtail.Tail{
			App: s.App, Sessions: client, Transport: c.Transport, Refused: platform.RefusesLog,
			// A stream costs two requests or more, and looks come first.
			NoHistory: client.OnFir, Speed: c.Speed,
			Spacing: func() time.Duration { return 5 * watch.BudgetSpacing(client.Remaining()) },
		}
	}
	if s.record != "" {
		if p.recorder, err = newRecorder(s.record, s.key, header{Program: c.Version, Config: s.Config}); err != nil {
			return nil, &inputError{Name: "record", Value: s.record, Allowed: "give a file that can be written (" + err.Error() + ")"}
		}
	}
	return p, nil
}

// wait runs the gate to its end.
func (c *Command) wait(ctx context.Context, s settings, p *parts, out *report.Report, h *headStart) int {
	defer p.client.Close()
	if h.forerunner != nil {
		defer h.forerunner.end()
	}
	w := c.watcher(s, p, h)
	w.Report, w.Debug = c.audience(out), c.debug(out)
	picture, verdict := w.Run(ctx)
	if h.abandoned.Load() {
		return exitStatus(verdict)
	}
	e := explainer{client: p.client, tail: p.tail, app: s.App}
	e.explain(ctx, s.Timeout-picture.At, picture, verdict, out)
	return c.conclude(s, p, out, report.Ending{Picture: picture, Verdict: verdict, Waited: picture.At, ObserveOnly: s.observeOnly})
}

// watcher is what waits.
func (c *Command) watcher(s settings, p *parts, h *headStart) *watch.Watcher {
	w := &watch.Watcher{
		Config: s.Config, Platform: p.client,
		Interval: s.pollInterval, Speed: c.Speed, Begin: h.begin,
	}
	if p.tail != nil {
		w.Log = p.tail
	}
	if f := h.forerunner; f != nil {
		w.Ahead, w.Since = f.observations, f.now
		if f.tail = p.tail; f.tail != nil {
			w.Log = f
		}
	}
	w.Record = func(o observe.Observation) {
		p.measuring.see(o)
		if p.recorder != nil {
			p.recorder.observe(o)
		}
		if h.see != nil {
			h.see(o)
		}
	}
	return w
}

// audience is whoever is shown the picture.
func (c *Command) audience(out *report.Report) watch.Report {
	if c.Seen == nil {
		return out
	}
	return also{out, c.Seen}
}

// also shows a picture to one more.
type also struct {
	watch.Report
	seen func(rollout.Picture)
}

func (a also) Update(p rollout.Picture) time.Duration {
	a.seen(p)
	return a.Report.Update(p)
}

// conclude tells of the end everywhere, and returns the exit status.
func (c *Command) conclude(s settings, p *parts, out *report.Report, e report.Ending) int {
	budget := p.client.Budget()
	e.Requests, e.BudgetRemaining, e.BudgetLowest = budget.Requests, budget.Remaining, budget.Lowest
	e.Measured = p.measuring.figures(e.Picture)
	unwritten := out.End(e)
	if c.Ended != nil {
		c.Ended(e.Picture, e.Verdict)
	}
	var unrecorded error
	if p.recorder != nil {
		unrecorded = p.recorder.close()
	}
	for _, err := range []error{unwritten, out.LogError(), unrecorded} {
		if err != nil {
			fmt.Fprintln(c.complaints, "rollout-gate:", err)
		}
	}
	switch status := exitStatus(e.Verdict); {
	case s.observeOnly && status != ExitInvalid:
		return ExitPassed
	case unwritten != nil && status == ExitPassed:
		return ExitUndecided // later steps would miss the outputs
	default:
		return status
	}
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
