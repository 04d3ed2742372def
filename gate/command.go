// The program: reads the command line and the inputs, runs what they ask for, and returns an exit status.

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

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// Exit statuses. A workflow only distinguishes zero from the others; a script can distinguish all.
const (
	ExitPassed      = 0
	ExitFailed      = 1
	ExitInvalid     = 2
	ExitTimedOut    = 3
	ExitUndecided   = 4
	ExitInterrupted = 130
)

// A Command is one run of the program, in the manner of os/exec. All access to the outside is a
// field, so a test can run the whole program in its own process.
type Command struct {
	// Args are the arguments after the program's name.
	Args []string
	// Version is the version of this program, see the function Version. Empty: it is not shown.
	Version string
	// Getenv reads an environment variable. nil: there are none.
	Getenv func(string) string
	Stdout io.Writer
	Stderr io.Writer
	// Terminal reports whether Stdout is a terminal. Width returns how many columns it has at the
	// moment; nil, or a width of 0: not known.
	Terminal bool
	Width    func() int
	// Now is this machine's clock. nil: time.Now.
	Now func() time.Time
	// Transport carries all requests. nil: the network.
	Transport http.RoundTripper
	// Speed is how many seconds pass on the platform in one second here; 0 means 1. Only a
	// demonstration against a simulated platform sets it.
	Speed float64
	// Stdin is the input of the deploy command: the COMMAND after "--".
	Stdin io.Reader
	// Keyboard reports whether the program has a terminal at which a person can type an interrupt. The
	// terminal then sends the interrupt to the deploy command, too.
	Keyboard bool
	// Uptime returns an id of this machine's boot and the time since then. nil: read from /proc.
	Uptime func() (boot string, up time.Duration, err error)
	// Run runs the deploy command and returns its exit status. nil: start a process.
	Run func(command []string) int
	// Seen is called with the picture after each observation, Ended with the end of the wait. nil: not called.
	Seen  func(rollout.Picture)
	Ended func(rollout.Picture, rollout.Verdict)

	mu      sync.Mutex
	running *os.Process // the deploy command; nil while it does not run

	// These two belong to a wait.
	errorLog io.Writer // for errors of the program itself, such as a file that cannot be written
	json     bool      // print the end as JSON on Stdout
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
	return c.runGate(ctx)
}

// runGate waits for the roll-out. The program does this if its first argument is no subcommand.
func (c *Command) runGate(ctx context.Context) int {
	given, err := parse(waitFlags(), c.Args)
	switch {
	case err == nil && given.isOn("version"):
		return c.version(ctx, given)
	case err == nil && len(given.args) > 0:
		err = unknownArgument(given.args[0])
	case err == nil && given.command != nil && len(given.command) == 0:
		err = errNoCommand
	}
	if err != nil {
		return c.refuse(err, "")
	}
	c.json = given.isOn(jsonFlag)
	out, closeLog := c.openLog()
	defer closeLog()
	s, problems := readInputs(given.flags, c.Getenv)
	h := &headStart{}
	if len(problems) == 0 && given.command == nil {
		h = c.findHeadStart(&s)
	}
	s.HeadStart = given.command != nil || h.earlier != nil
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
			fmt.Fprintln(c.errorLog, "rollout-gate:", err)
		}
		return ExitInvalid
	}
	if given.command != nil {
		return c.runWrapped(ctx, s, parts, out, given.command)
	}
	out.Begin()
	if h.note != "" {
		out.Note(h.note)
	}
	return c.wait(ctx, s, parts, out, h)
}

// A headStart is how a wait uses a watch that began before the deploy. The zero value means that there was
// no such watch.
type headStart struct {
	earlier   *earlierWatch             // the watch of another process; nil: there was none
	note      string                    // a line about it for the log
	see       func(observe.Observation) // called with every observation; nil: not called
	begin     chan struct{}             // closed when the wait begins; nil: it begins at once
	abandoned atomic.Bool               // the deploy command failed: do not report the end of the watch
}

// openLog opens the log of a wait. The caller closes it with closeLog. If the end is printed as JSON on
// standard output, everything else goes to standard error.
func (c *Command) openLog() (out *report.Report, closeLog func()) {
	options := report.Options{Getenv: c.Getenv, Terminal: c.Terminal, Width: c.Width, Version: c.Version}
	stdout := c.Stdout
	if c.json {
		stdout = c.Stderr
	}
	log := newAsyncWriter(stdout)
	c.errorLog = c.Stderr
	if c.json {
		options.Terminal, options.Result = false, c.Stdout
		c.errorLog = log // only one goroutine may write to standard error
	}
	options.Stdout = log
	return report.New(options), func() {
		if err := log.close(); err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		}
	}
}
