// The gate's side of a watch that began before the deploy: it is found, folded, followed, and ended.

package gate

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
)

// containerTemp is where container actions see the runner's temporary folder, whatever the environment
// says (https://github.com/actions/runner, src/Runner.Worker/Handlers/ContainerActionHandler.cs).
const containerTemp = "/github/runner_temp"

// pollAhead is how often the recording is looked at for what is new.
const pollAhead = 100 * time.Millisecond

// A forerunner is a watch that began before the deploy, as its recording tells of it.
type forerunner struct {
	path    string
	file    *os.File
	begun   time.Duration // the machine's time of its begin
	length  int64         // how much of the recording was there, in whole lines, when it was found
	headers int64         // how much of that is the header
	now     time.Duration // the time since its begin when it was found
	beat    time.Duration // the machine's time of its last beat
	flowing bool          // the log flowed at the last word of it
	flowed  bool          // it has flowed
	own     atomic.Bool   // the gate reads the log itself
	at      *logtail.Position
	tail    *logtail.Tail // reads the log when it does not any more; nil: nobody does
	renew   chan struct{}
	uptime  func() (string, time.Duration, error)
}

// errNotThere says that no watch was begun, which is no news.
var errNotThere = errors.New("no watch was begun before the deploy")

// findAhead finds the watch of the app. Its error says why there is none that can be used.
func (c *Command) findAhead(app string) (*forerunner, error) {
	boot, up, err := c.uptime()
	if err != nil {
		return nil, errNotThere // nor can one have been begun here
	}
	for _, folder := range c.aheadFolders() {
		f, err := openAhead(aheadPath(folder, app))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.uptime = c.uptime
		if err := f.read(app, boot, up, runOf(c.Getenv)); err != nil {
			f.end()
			return nil, err
		}
		return f, nil
	}
	return nil, errNotThere
}

// aheadFolders are where the recording can be.
func (c *Command) aheadFolders() []string {
	if temp := c.Getenv("RUNNER_TEMP"); temp != "" && temp != containerTemp {
		return []string{temp, containerTemp}
	}
	return []string{containerTemp}
}

// openAhead opens a recording, unless it is something else.
func openAhead(path string) (*forerunner, error) {
	there, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !there.Mode().IsRegular():
		return nil, fmt.Errorf("%q is no file", path)
	case there.Size() > 2*maxAhead:
		return nil, fmt.Errorf("its recording is %d MiB long", there.Size()>>20)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &forerunner{path: path, file: file, renew: make(chan struct{}, 1)}, nil
}

// read reads the recording once, so that nothing of it is used if something in it cannot be.
func (f *forerunner) read(app, boot string, up time.Duration, run string) error {
	lines := bufio.NewReaderSize(f.file, 64<<10)
	header, err := lines.ReadBytes('\n')
	if err != nil {
		return errors.New("its recording has no first line")
	}
	h, err := readHeader(header)
	switch {
	case err != nil:
		return fmt.Errorf("its recording cannot be read: line 1 %w", err)
	case h.Watch == nil || !h.Config.HeadStart:
		return errors.New("its recording is that of a gate")
	case h.Config.App != app:
		return fmt.Errorf("it is of app %q", h.Config.App)
	case h.Watch.Boot != boot:
		return errors.New("it was begun on another machine, or before this one was started anew")
	case h.Watch.Run != run:
		return errors.New("it was begun by another run of the workflow")
	}
	f.begun, f.headers = h.Watch.Up, int64(len(header))
	f.length, f.now, f.beat = f.headers, up-f.begun, f.begun
	return f.check(lines, up)
}

// check reads the observations.
func (f *forerunner) check(lines *bufio.Reader, up time.Duration) error {
	last := time.Duration(0)
	for n := 2; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break // what is left of a line is still being written
		}
		if err != nil {
			return fmt.Errorf("reading its recording: %w", err)
		}
		f.length += int64(len(line))
		o, err := f.take(line)
		switch {
		case errors.Is(err, errTooLong): // what came until then is used
			f.beat = f.begun
			f.now = max(f.now, last)
			return nil
		case err != nil:
			return fmt.Errorf("its recording cannot be read: line %d %w", n, err)
		case o == nil:
			continue
		case o.At < last:
			return fmt.Errorf("its recording cannot be read: line %d goes back in time, from %s to %s", n, last, o.At)
		case o.Begin || o.End != "":
			return fmt.Errorf("its recording cannot be read: line %d is that of a gate", n)
		}
		last = o.At
	}
	// The two clocks are read one after the other, and not in the same instant.
	if last > f.now+time.Second || f.beat > up+time.Second {
		return errors.New("it is ahead of this machine's clock")
	}
	f.now = max(f.now, last)
	return nil
}

var errTooLong = errors.New("says that the recording became too long")

// take takes in a line. It returns its observation; nil if it has none.
func (f *forerunner) take(line []byte) (*observe.Observation, error) {
	switch {
	case bytes.HasPrefix(line, []byte(beatLine)):
		var b beat
		if err := decode(line, &b); err != nil {
			return nil, fmt.Errorf("is no beat: %w", err)
		}
		if f.beat = max(f.beat, b.Beat); b.Log != nil {
			f.at = b.Log
		}
		return nil, nil
	case bytes.HasPrefix(line, []byte(stoppedLine)):
		return nil, errTooLong
	}
	var o observe.Observation
	if err := decode(line, &o); err != nil {
		return nil, fmt.Errorf("is not an observation: %w", err)
	}
	if o.Log != nil {
		f.flowing = o.Log.State == observe.Flowing
		f.flowed = f.flowed || f.flowing
	}
	return &o, nil
}

// observations are those that were there when it was found, and then whether the log can still be relied on.
func (f *forerunner) observations(yield func(observe.Observation) bool) {
	lines := bufio.NewReader(io.NewSectionReader(f.file, f.headers, f.length-f.headers))
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		o, err := f.take(line)
		switch {
		case errors.Is(err, errTooLong):
			f.beat = f.begun
		case err != nil || o == nil || f.tail == nil && (o.Log != nil || o.Line != nil): // nobody would go on with the log
		case !yield(*o):
			return
		}
	}
	last := observe.Observation{At: f.now}
	if why := f.silent(); why != "" && f.flowing {
		last.Log = &observe.LogStatus{State: observe.Broken, Reason: why}
	}
	yield(last)
}

// silent says that the watch tells nothing any more; empty if it does.
func (f *forerunner) silent() string {
	_, up, err := f.uptime()
	if err != nil {
		return fmt.Sprintf("reading how long this machine has been up: %v", err)
	}
	if quiet := up - f.beat; quiet > beatSilence {
		return fmt.Sprintf("the watch that began before the deploy has told nothing for %s", observe.Span(quiet))
	}
	return ""
}

// Run tells of the log as the watch does, and reads it when the watch does not any more.
func (f *forerunner) Run(ctx context.Context, emit func(observe.Observation)) {
	why := f.follow(ctx, emit)
	f.end() // whatever it does, its lines are not read any more
	if ctx.Err() != nil || f.tail == nil {
		return
	}
	if f.flowing {
		emit(observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: why}})
	}
	if f.at == nil && f.flowed { // how far it was read is not known
		emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: why}})
	}
	f.own.Store(true)
	f.tail.After = f.at
	f.tail.Run(ctx, emit)
}

// follow tells what the recording says of the log until it says nothing any more. It returns why.
func (f *forerunner) follow(ctx context.Context, emit func(observe.Observation)) string {
	var pending []byte
	at, buf := f.length, make([]byte, 64<<10)
	for {
		n, err := f.file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return fmt.Sprintf("reading the recording of the watch that began before the deploy: %v", err)
		}
		at += int64(n)
		pending = append(pending, buf[:n]...)
		for {
			line, rest, whole := bytes.Cut(pending, []byte("\n"))
			if !whole {
				break
			}
			pending = rest
			o, err := f.take(line)
			if err != nil {
				return "the recording of the watch that began before the deploy cannot be read: a line " + err.Error()
			}
			if o != nil && (o.Line != nil || o.Log != nil) {
				emit(observe.Observation{Line: o.Line, Log: o.Log})
			}
		}
		if n == len(buf) && ctx.Err() == nil {
			continue
		}
		if why := f.silent(); why != "" {
			return why
		}
		select {
		case <-time.After(pollAhead):
		case <-f.renew:
			return "the dyno list shows changes of which the log tells nothing"
		case <-ctx.Done():
			return ""
		}
	}
}

// Renew has the log read anew, and not by the watch of before.
func (f *forerunner) Renew() {
	if f.own.Load() {
		f.tail.Renew()
		return
	}
	select {
	case f.renew <- struct{}{}:
	default:
	}
}

// end ends the watch, which looks whether its recording is still there.
func (f *forerunner) end() {
	_ = os.Remove(f.path)
}

// goOn finds the watch that began before the deploy, and what to tell of it.
func (c *Command) goOn(s *settings) *headStart {
	f, err := c.findAhead(s.App)
	switch {
	case errors.Is(err, errNotThere):
		for _, folder := range c.aheadFolders() {
			if why := whyNotAhead(folder, s.App); why != "" {
				return &headStart{note: "warning: the app was not watched before the deploy: " + why}
			}
		}
		return &headStart{}
	case err != nil:
		return &headStart{note: fmt.Sprintf("warning: the watch that was begun before the deploy is not used: %v", err)}
	}
	return &headStart{forerunner: f, note: fmt.Sprintf("the watch goes on that began %s ago, before the deploy", observe.Span(f.now))}
}
