// The gate takes over from watch-ahead: it reads the recording, follows it while the watch goes on writing, and
// stops the watch.

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

// pollAhead is how often the gate looks for new lines in the recording.
const pollAhead = 100 * time.Millisecond

// An earlierWatch is what the gate knows of a watch-ahead from its recording.
type earlierWatch struct {
	path         string
	file         *os.File
	headerLength int64 // in bytes
	length       int64 // of the header and all whole lines when the gate found the recording, in bytes

	// These are times since the boot of the machine.
	begun time.Duration
	beat  time.Duration // of the last beat
	// now is the time from the begin of the watch until the gate found the recording.
	now time.Duration

	flowing  bool              // the log flowed, by its last status
	flowed   bool              // the log has flowed at some time
	position *logtail.Position // how far the watch has read the log; nil: not known
	tail     *logtail.Tail     // reads the log after the watch; nil: the gate does not read the log
	readsLog atomic.Bool       // the gate reads the log itself
	renew    chan struct{}     // asks follow to end
	uptime   func() (string, time.Duration, error)
}

var errTooLong = errors.New("says that the recording became too long")

// readLine parses a line of the recording. It returns the observation, or nil if the line is a beat.
func (e *earlierWatch) readLine(line []byte) (*observe.Observation, error) {
	switch {
	case bytes.HasPrefix(line, []byte(beatPrefix)):
		var b beat
		if err := decode(line, &b); err != nil {
			return nil, fmt.Errorf("is no beat: %w", err)
		}
		if e.beat = max(e.beat, b.Beat); b.Log != nil {
			e.position = b.Log
		}
		return nil, nil
	case bytes.HasPrefix(line, []byte(stoppedPrefix)):
		return nil, errTooLong
	}
	var o observe.Observation
	if err := decode(line, &o); err != nil {
		return nil, fmt.Errorf("is not an observation: %w", err)
	}
	if o.Log != nil {
		e.flowing = o.Log.State == observe.Flowing
		e.flowed = e.flowed || e.flowing
	}
	return &o, nil
}

// observations yields the observations that were in the recording when the gate found it, and then one with the
// current time. The last says that the log is broken if the watch has become silent.
func (e *earlierWatch) observations(yield func(observe.Observation) bool) {
	lines := bufio.NewReader(io.NewSectionReader(e.file, e.headerLength, e.length-e.headerLength))
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		o, err := e.readLine(line)
		switch {
		case errors.Is(err, errTooLong):
			e.beat = e.begun
		case err != nil || o == nil:
		case e.tail == nil && (o.Log != nil || o.Line != nil): // the gate would not continue to read the log
		case !yield(*o):
			return
		}
	}
	last := observe.Observation{At: e.now}
	if why := e.silent(); why != "" && e.flowing {
		last.Log = &observe.LogStatus{State: observe.Broken, Reason: why}
	}
	yield(last)
}

// silent returns an error text if the watch writes nothing any more; empty if it does.
func (e *earlierWatch) silent() string {
	_, up, err := e.uptime()
	if err != nil {
		return fmt.Sprintf("reading how long this machine has been up: %v", err)
	}
	if quiet := up - e.beat; quiet > beatSilence {
		return fmt.Sprintf("the watch that began before the deploy has told nothing for %s", observe.Span(quiet))
	}
	return ""
}

// Run emits what the watch reads in the log. When the watch has ended, the gate reads the log itself.
func (e *earlierWatch) Run(ctx context.Context, emit func(observe.Observation)) {
	why := e.follow(ctx, emit)
	e.stop() // if it still runs, nobody reads its recording any more
	if ctx.Err() != nil || e.tail == nil {
		return
	}
	if e.flowing {
		emit(observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: why}})
	}
	if e.position == nil && e.flowed { // the gate cannot continue where the watch stopped
		emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: why}})
	}
	e.readsLog.Store(true)
	e.tail.After = e.position
	e.tail.Run(ctx, emit)
}

// follow emits what the watch adds to the recording about the log. It returns why it ends; empty if ctx ended.
func (e *earlierWatch) follow(ctx context.Context, emit func(observe.Observation)) string {
	var pending []byte
	at, buf := e.length, make([]byte, 64<<10)
	for {
		n, err := e.file.ReadAt(buf, at)
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
			o, err := e.readLine(line)
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
		if why := e.silent(); why != "" {
			return why
		}
		select {
		case <-time.After(pollAhead):
		case <-e.renew:
			return "the dyno list shows changes that the log did not report"
		case <-ctx.Done():
			return ""
		}
	}
}

// Renew opens the log stream again. If the watch reads the log, the gate now reads it itself.
func (e *earlierWatch) Renew() {
	if e.readsLog.Load() {
		e.tail.Renew()
		return
	}
	select {
	case e.renew <- struct{}{}:
	default:
	}
}

// stop removes the recording, by which the watch ends.
func (e *earlierWatch) stop() {
	_ = os.Remove(e.path)
}
