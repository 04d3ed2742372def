// The program runs the deploy command itself: rollout-gate [flags] -- COMMAND [ARGUMENT ...]. The watch begins
// before the command, and the wait begins after it.

package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
)

// Exit statuses if the command cannot be run, as in a shell.
const (
	ExitNotExecutable = 126
	ExitNotFound      = 127
)

// readyTimeout is how long the deploy waits until the watch is ready. Then it begins anyway.
const readyTimeout = 15 * time.Second

// errNoCommand: nothing follows "--".
const errNoCommand = usageError(`there is no command after "--": give the one that deploys, as in "-- git push heroku main";`)

// runWrapped begins the watch, runs the command, and waits for the release that the command made. If the command
// fails, runWrapped does not wait, and returns the command's exit status.
func (c *Command) runWrapped(ctx context.Context, s settings, p *parts, out *report.Report, command []string) int {
	if _, err := exec.LookPath(command[0]); c.Run == nil && err != nil {
		return c.cannotRun(command[0], err)
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ready := newReadiness(s.UseLog)
	h := &headStart{begin: make(chan struct{}), see: ready.see}
	ended := make(chan int, 1)
	go func() { ended <- c.wait(watching, s, p, out, h) }()
	since := time.Now()
	if c.Now != nil {
		since = c.Now()
	}
	if err := ready.wait(ctx); err != nil {
		fmt.Fprintf(c.Stderr, "rollout-gate: warning: %s: the command is run all the same\n", out.Text(err.Error()))
	}
	status, what := ExitInterrupted, "interrupted before the command was run: nothing was deployed"
	begun := time.Now()
	if ctx.Err() == nil {
		// The message leaves out the arguments of the command, which may contain secrets.
		fmt.Fprintln(c.Stderr, "rollout-gate:", out.Text(fmt.Sprintf("watching %s since %s UTC%s; running: %s", s.App, since.UTC().Format(time.TimeOnly), ready.whatRuns(), command[0])))
		status = c.runCommand(command)
		what = fmt.Sprintf("the command ended with status %d: nothing is waited for", status)
	}
	if status != 0 {
		fmt.Fprintln(c.Stderr, "rollout-gate:", what)
		h.abandoned.Store(true)
		stop()
		<-ended
		return status
	}
	defer context.AfterFunc(ctx, stop)()
	out.Begin()
	out.Note(fmt.Sprintf("the command ended after %s, and the wait begins", observe.Span(time.Since(begun))))
	close(h.begin)
	return <-ended
}

// runCommand runs the command with the standard input and outputs of this program, and returns its exit status.
func (c *Command) runCommand(command []string) int {
	if c.Run != nil {
		return c.Run(command)
	}
	cmd := exec.Command(command[0], command[1:]...) // #nosec G204 -- the user wants this command to run
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	if c.json {
		cmd.Stdout = c.Stderr // standard output is for the JSON only
	}
	c.mu.Lock()
	err := cmd.Start()
	if err == nil {
		c.running = cmd.Process
	}
	c.mu.Unlock()
	if err != nil {
		return c.cannotRun(command[0], err)
	}
	err = cmd.Wait()
	c.mu.Lock()
	c.running = nil
	c.mu.Unlock()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		fmt.Fprintf(c.Stderr, "rollout-gate: running %q: %v\n", command[0], err)
		return ExitUndecided
	}
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return exit.ExitCode()
}

// HandOn sends a signal on to the deploy command. It reports whether the command is running.
func (c *Command) HandOn(sig os.Signal) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == nil {
		return false
	}
	// An interrupt that was typed at a terminal goes to all programs there, so the command has
	// received it already.
	if sig != os.Interrupt || !c.Keyboard {
		_ = c.running.Signal(sig) // fails if the command has just ended
	}
	return true
}

// cannotRun prints why the command was not run, and returns the exit status.
func (c *Command) cannotRun(name string, err error) int {
	status, why := ExitNotExecutable, err
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		status, why = ExitNotFound, errors.New("there is no such command")
	} else if errors.Is(err, fs.ErrPermission) {
		why = errors.New("it may not be executed")
	}
	fmt.Fprintf(c.Stderr, "rollout-gate: running %q: %v: check what follows \"--\"; nothing was deployed\n", name, why)
	return status
}

// A readiness finds out when the watch knows what ran before the deploy. First the log must flow, or be refused.
// Then a full look at the app must be requested and arrive.
type readiness struct {
	log      chan struct{} // closed when the log flows, or is not read or refused
	looked   chan struct{} // closed when a full look arrived that was requested after that
	trouble  chan error
	logSince time.Duration // when the log began to flow; 0: it is not read or refused

	mu    sync.Mutex
	lists bool           // the dyno list has arrived
	dynos []observe.Dyno // of the newest look
}

func newReadiness(useLog bool) *readiness {
	r := &readiness{log: make(chan struct{}), looked: make(chan struct{}), trouble: make(chan error, 1)}
	if !useLog {
		close(r.log)
	}
	return r
}

// see is called with each observation, by one goroutine.
func (r *readiness) see(o observe.Observation) {
	if o.Look != nil {
		r.mu.Lock()
		r.lists, r.dynos = true, o.Look.Dynos
		r.mu.Unlock()
	}
	switch {
	case o.Look != nil && o.Look.Full() && isClosed(r.log) && o.Look.AskedAt >= r.logSince:
		closeOnce(r.looked)
	case o.Log != nil && o.Log.State == observe.Flowing && !isClosed(r.log):
		r.logSince = o.At
		closeOnce(r.log)
	case o.Log != nil && o.Log.State == observe.Refused:
		closeOnce(r.log)
	case o.Trouble != nil && o.Trouble.Kind != observe.Unreachable:
		select {
		case r.trouble <- refused(o.Trouble.Message):
		default:
		}
	}
}

// whatRuns is the end of a sentence that says which dynos are listed; empty if that is not known.
func (r *readiness) whatRuns() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lists {
		return ""
	}
	return ", " + listedDynos(r.dynos)
}

// refused is an error that does not end by waiting, such as a key that Heroku refuses.
type refused string

func (r refused) Error() string { return string(r) }

func closeOnce(c chan struct{}) {
	if !isClosed(c) {
		close(c)
	}
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait waits until the watch is ready. The error says why it is not ready. wait returns nil if ctx ends.
func (r *readiness) wait(ctx context.Context) error {
	late := time.NewTimer(readyTimeout)
	defer late.Stop()
	for _, step := range []struct {
		done chan struct{}
		what string
	}{{r.log, "the log"}, {r.looked, "a look at the app"}} {
		select {
		case <-step.done:
		case err := <-r.trouble:
			return err
		case <-late.C:
			return fmt.Errorf("%s is not there after %s", step.what, observe.Span(readyTimeout))
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
