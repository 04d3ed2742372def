// The gate's side of a watch that began before the deploy: it is folded, followed, and ended.

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
