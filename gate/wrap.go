// A command that deploys, run beside the watch: rollout-gate [flags] -- command [args].

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

// Exit statuses of a command that cannot be run, as shells have them.
const (
	ExitNotExecutable = 126
	ExitNotFound      = 127
)

// readyTime is how long a deploy waits for the watch at most: it is never held up for longer.
const readyTime = 15 * time.Second

// errNoCommand is a "--" with nothing behind it.
const errNoCommand = usageError(`there is no command after "--": give the one that deploys, as in "-- git push heroku main";`)

// runWrapped begins the watch, runs the command, and waits for the release that it made. A command that
// fails ends it with the command's own status.
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
		// Without the command's arguments, which can hold secrets.
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

// runCommand runs the command with the input and the outputs of this program, and returns its status.
func (c *Command) runCommand(command []string) int {
	if c.Run != nil {
		return c.Run(command)
	}
	cmd := exec.Command(command[0], command[1:]...) // #nosec G204 -- to run it is what the caller asks for
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	if c.json { // which is alone on standard output
		cmd.Stdout = c.Stderr
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

// HandOn hands a signal on to the command that runs. It reports whether one does.
func (c *Command) HandOn(sig os.Signal) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == nil {
		return false
	}
	// What is typed at a terminal goes to all of its programs, so that the command has it already.
	if sig != os.Interrupt || !c.Keyboard {
		_ = c.running.Signal(sig) // one that has just ended needs none
	}
	return true
}

// cannotRun says why a command was not run.
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

// A readiness tells when the watch knows what ran before the deploy: what a look lists, and a log that flows.
type readiness struct {
	log, looked chan struct{} // closed when the log flows, or will not; and when a look came that was asked for then
	trouble     chan error
	since       time.Duration // when the log flowed, or would not

	mu    sync.Mutex
	lists bool           // a look came
	dynos []observe.Dyno // what the newest shows
}

func newReadiness(useLog bool) *readiness {
	r := &readiness{log: make(chan struct{}), looked: make(chan struct{}), trouble: make(chan error, 1)}
	if !useLog {
		close(r.log)
	}
	return r
}

// see takes in what the watch has observed. It is called by one goroutine.
func (r *readiness) see(o observe.Observation) {
	if o.Look != nil {
		r.mu.Lock()
		r.lists, r.dynos = true, o.Look.Dynos
		r.mu.Unlock()
	}
	switch {
	case o.Look != nil && o.Look.Full() && isDone(r.log) && o.Look.AskedAt >= r.since:
		done(r.looked)
	case o.Log != nil && o.Log.State == observe.Flowing && !isDone(r.log):
		r.since = o.At
		done(r.log)
	case o.Log != nil && o.Log.State == observe.Refused:
		done(r.log)
	case o.Trouble != nil && o.Trouble.Kind != observe.Unreachable:
		select {
		case r.trouble <- refused(o.Trouble.Message):
		default:
		}
	}
}

// whatRuns says which dynos are listed; empty if that is not known.
func (r *readiness) whatRuns() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lists {
		return ""
	}
	return ", " + running(r.dynos)
}

// refused is the platform's no, or that there is no way to it.
type refused string

func (r refused) Error() string { return string(r) }

func done(c chan struct{}) {
	if !isDone(c) {
		close(c)
	}
}

func isDone(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait waits until the watch is ready. Its error says why it is not.
func (r *readiness) wait(ctx context.Context) error {
	late := time.NewTimer(readyTime)
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
			return fmt.Errorf("%s is not there after %s", step.what, observe.Span(readyTime))
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
