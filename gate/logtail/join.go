// This file is for knowing from when on the log is whole.
//
// The platform sends a new stream the history first and registers the reader for
// what is new only afterwards (logplex_api.erl in https://github.com/heroku/logplex),
// so lines in between can be lost. A second, short session that reads the history
// once the stream runs closes that hole: from its first line on the log is whole.

package logtail

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// The stream's own history is over once no line came for this long …
	quiet = time.Second
	// … or, where lines never pause, after this.
	maxHistoryTime = 5 * time.Second
	// A history must be read within this time.
	historyTime = 20 * time.Second
	// A history of more lines is none: on Fir a session follows the log in any case.
	maxHistory = 10 * historyLines
	// maxKept bounds the lines that are kept until the stream is joined.
	maxKept = 20000
	// recent is how many of the last lines are remembered to be found again.
	recent = 256
)

var errEndless = errors.New("reading the log's history: it does not end")

// A follower is the state of one Run. What stands below mu is guarded by it, and
// emit is only called while it is held.
type follower struct {
	*Tail
	transport http.RoundTripper
	seed      maphash.Seed

	mu   sync.Mutex
	emit func(observe.Observation)

	flowed     bool      // the log has been whole at least once
	since      time.Time // from when on it was whole when it last flowed
	before     []uint64  // lines seen last before it broke
	saidBroken bool

	// Of the present stream:
	flowing  bool
	refused  bool
	lines    int
	lastLine time.Time      // when the last line came, or the stream was opened
	opened   time.Time      // when the stream was opened
	seen     []uint64       // its last lines; a ring
	kept     []observe.Line // what it told before it flowed
	newest   time.Time      // the newest stamp that was emitted
	lostAt   time.Time      // the newest notice of a loss before it flowed
}

func newFollower(t *Tail, emit func(observe.Observation)) *follower {
	return &follower{Tail: t, transport: t.Transport, seed: maphash.MakeSeed(), emit: emit}
}

// enter begins a stream, leave ends it.
func (f *follower) enter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines, f.opened, f.lastLine = 0, time.Now(), time.Now()
	f.seen, f.kept, f.newest, f.lostAt = nil, nil, time.Time{}, time.Time{}
}

func (f *follower) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flowing {
		f.before = f.seen
	}
	f.flowing, f.seen, f.kept = false, nil, nil
}

func (f *follower) say(s observe.LogStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.emit(observe.Observation{Log: &s})
}

// broken says once that the log does not flow.
func (f *follower) broken(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.saidBroken {
		f.saidBroken = true
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: err.Error()}})
	}
}

// line takes in one line of the stream. mu is held.
func (f *follower) line(b []byte) {
	f.remember(maphash.Bytes(f.seed, b))
	f.lines++
	f.lastLine = time.Now()
	if forbidden(b) {
		f.refused = true
		return
	}
	l, ok := Parse(b)
	if !ok {
		return
	}
	f.emit(observe.Observation{Line: &l})
	switch {
	case !f.flowing:
		f.kept = append(f.kept, l)
		if l.Kind == observe.Loss {
			f.lostAt = later(f.lostAt, l.Stamp)
		}
	case l.Kind == observe.Loss && l.Stamp.After(f.since):
		// Whoever is told of a gap forgets what came before. So the log is whole only
		// from behind the newest line that came before.
		f.since = l.Stamp
		if !f.newest.Before(l.Stamp) {
			f.since = f.newest.Add(time.Microsecond)
		}
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: lossReason}})
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: f.since}})
	case f.since.IsZero():
		// There was no history: the log begins with its first line.
		f.since = l.Stamp
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: f.since}})
	}
	f.newest = later(f.newest, l.Stamp)
}

const (
	lossReason  = "the platform said that it lost lines of the log"
	breakReason = "the log's history no longer holds the last lines that were seen before the stream broke"
)

func (f *follower) remember(h uint64) {
	if len(f.seen) < recent {
		f.seen = append(f.seen, h)
		return
	}
	f.seen[f.lines%recent] = h
}

// join reads the history once the stream runs, until it has succeeded. It returns
// an error only if the stream is not worth reading.
func (f *follower) join(ctx context.Context) error {
	for !f.settled() {
		if !sleep(ctx, quiet/10) {
			return nil
		}
	}
	for n := 1; ; n++ {
		h, err := f.readHistory(ctx)
		var no refusal
		switch {
		case err == nil:
			f.caughtUp(h)
			return nil
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &no):
			return err
		}
		f.broken(err)
		if f.overfull() {
			return err
		}
		if !sleep(ctx, wait(n)) {
			return nil
		}
	}
}

// settled reports whether the stream must have sent all of its history.
func (f *follower) settled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	open := time.Since(f.opened)
	return time.Since(f.lastLine) >= quiet || open >= quiet && f.lines > historyLines || open >= maxHistoryTime
}

func (f *follower) overfull() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kept) > maxKept
}

func (f *follower) readHistory(ctx context.Context) (*history, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, historyTime, errEndless)
	defer cancel()
	res, err := f.open(ctx, false)
	if err == nil {
		defer res.Body.Close()
		stop := context.AfterFunc(ctx, func() { res.Body.Close() })
		defer stop()
		h := &history{seed: f.seed, discarded: res.Header.Get("X-Heroku-Warning") != ""}
		d := decoder{sse: isSSE(res.Header.Get("Content-Type")), line: h.line}
		err = readChunks(res.Body, func(p []byte) {
			d.write(p)
			if len(h.hashes) > maxHistory {
				cancel()
			}
		})
		d.flush()
		switch {
		case len(h.hashes) > maxHistory:
			return nil, errEndless
		case err == nil && ctx.Err() == nil:
			return h, nil
		case err != nil:
			err = fmt.Errorf("reading the log's history: %s", redactURL(err, res.Request.URL))
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return nil, err
}

// caughtUp ends the joining: what the history tells is emitted, and then from when
// on the log is whole.
func (f *follower) caughtUp(h *history) {
	f.mu.Lock()
	defer f.mu.Unlock()
	begin, reason := h.begin(), ""
	if f.flowed {
		if !h.follows(f.before) {
			reason = breakReason
		} else if !f.since.IsZero() {
			begin = f.since
		}
	}
	if lost := later(f.lostAt, h.lostAt); lost.After(begin) {
		begin = later(lost, h.begin())
		if f.flowed && reason == "" {
			reason = lossReason
		}
	}
	if reason != "" {
		// A gap makes the listener forget: it is told again what holds after it.
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: reason}})
		for _, l := range f.kept {
			f.emit(observe.Observation{Line: &l})
		}
	}
	for _, l := range h.told {
		f.emit(observe.Observation{Line: &l})
		f.newest = later(f.newest, l.Stamp)
	}
	f.seen = append(f.seen, h.hashes...)
	f.seen = slices.Clone(f.seen[max(0, len(f.seen)-recent):])
	f.flowed, f.flowing, f.saidBroken, f.since, f.kept = true, true, false, begin, nil
	f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: begin}})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
