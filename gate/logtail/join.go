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

// A follower is the state of one Run. What stands below mu is guarded by it, as is what
// the streams hold, and emit is only called while it is held.
type follower struct {
	*Tail
	transport http.RoundTripper
	seed      maphash.Seed

	mu   sync.Mutex
	emit func(observe.Observation)

	flowed     bool      // the log has been whole at least once
	since      time.Time // from when on it was whole when it last flowed
	flowing    *stream   // the one with which it is whole; nil: it is not
	before     []uint64  // lines seen last before it broke
	after      *Position // where another process stopped reading; nil once that is joined, or if none did
	last       tailEnd   // of the log as far as it is relied on
	texts      texts     // of a log without history
	saidBroken bool
}

func newFollower(t *Tail, emit func(observe.Observation)) *follower {
	f := &follower{Tail: t, transport: t.Transport, seed: maphash.MakeSeed(), emit: emit}
	if t.After != nil {
		f.after, f.flowed, f.since = t.After, true, t.After.Since
	}
	t.reading.Store(f)
	return f
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
	if !f.saidBroken && f.flowing == nil {
		f.saidBroken = true
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: err.Error()}})
	}
}

const (
	lossReason  = "the platform said that it lost lines of the log"
	breakReason = "the log's history no longer holds the last lines that were seen before the stream broke"
	noneReason  = "the stream broke, and there is no history of the log"
)

// join reads the history once the stream runs, until it has succeeded. It returns
// an error only if the stream is not worth reading.
func (s *stream) join(ctx context.Context) error {
	f := s.follower
	for !s.settled() {
		if !sleep(ctx, f.real(quiet/10)) {
			return nil
		}
	}
	for n := 1; ; n++ {
		if f.NoHistory != nil && f.NoHistory() {
			s.caughtUp(&history{none: true})
			return nil
		}
		h, err := f.readHistory(ctx)
		var no refusal
		switch {
		case err == nil:
			s.caughtUp(h)
			return nil
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &no):
			return err
		case f.NoHistory != nil && f.NoHistory():
			continue // which was not known when it was asked for
		}
		f.broken(err)
		if s.overfull() {
			return err
		}
		if !sleep(ctx, f.real(wait(n))) {
			return nil
		}
	}
}

// settled reports whether the stream must have sent all of its history.
func (s *stream) settled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.passed(s.opened)
	return s.passed(s.lastLine) >= quiet || open >= quiet && s.lines > historyLines || open >= maxHistoryTime
}

func (s *stream) overfull() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept) > maxKept
}

func (f *follower) readHistory(ctx context.Context) (*history, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, f.real(historyTime), errEndless)
	defer cancel()
	res, err := f.open(ctx, false)
	if err == nil {
		defer res.Body.Close()
		stop := context.AfterFunc(ctx, func() { res.Body.Close() })
		defer stop()
		h := &history{seed: f.seed, seek: f.After, raw: f.Raw, discarded: res.Header.Get("X-Heroku-Warning") != ""}
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
// on the log is whole. A stream that was relied on until now has done its work.
func (s *stream) caughtUp(h *history) {
	f := s.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flowing != nil && f.flowing.begun.After(s.begun) {
		return // overtaken by a newer one
	}
	begin, reason := h.begin(), ""
	if f.flowed {
		if reason = f.missing(h); reason == "" && !f.since.IsZero() {
			begin = f.since
		}
	}
	if lost := later(s.lostAt, h.lostAt); lost.After(begin) {
		begin = later(lost, h.begin())
		if f.flowed && reason == "" {
			reason = lossReason
		}
	}
	if reason != "" {
		// A gap makes the listener forget: it is told again what holds after it.
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: reason}})
		for _, l := range s.kept {
			f.emit(observe.Observation{Line: &l})
		}
	}
	for _, l := range h.told {
		f.emit(observe.Observation{Line: &l})
		s.newest = later(s.newest, l.Stamp)
	}
	s.seen = append(s.seen, h.hashes...)
	s.seen = slices.Clone(s.seen[max(0, len(s.seen)-recent):])
	if f.flowing != nil {
		f.flowing.over = true
	}
	s.kept = nil
	f.after, f.last = nil, h.last
	f.flowed, f.flowing, f.saidBroken, f.since = true, s, false, begin
	f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: begin}})
	close(s.joined)
}

// missing says why lines can be missing between those that were seen before and the
// history; empty if none can. A stream that is relied on to this moment has told of all.
func (f *follower) missing(h *history) string {
	switch {
	case f.after != nil && !h.none:
		if !h.goesOn() {
			return breakReason
		}
		return ""
	case h.none && f.flowing == nil:
		return noneReason
	case h.none:
		return ""
	case f.flowing != nil && !h.follows(f.flowing.seen), f.flowing == nil && !h.follows(f.before):
		return breakReason
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
