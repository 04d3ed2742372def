// One stream: reading it to its end, and emitting its lines.

package logtail

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A stream is one session that follows the log.
type stream struct {
	*follower
	begun  time.Time
	cancel context.CancelCauseFunc
	joined chan struct{} // closed when the log is whole with this stream
	ended  chan error    // receives once, how the stream ended

	// Guarded by the follower's mu:
	opened   time.Time
	refused  bool
	replaced bool           // another stream has taken over, or this one has ended
	hadLines bool           // a line came while the log was whole with this stream
	lines    int            // how many lines came
	lastLine time.Time      // when the last line came, or the stream was opened
	seen     []uint64       // hashes of its last lines; a ring
	kept     []observe.Line // emitted before the stream was joined
	newest   time.Time      // the newest stamp that was emitted
	lostAt   time.Time      // the newest notice of lost lines before the stream was joined
}

// begin starts to read a stream.
func (f *follower) begin(ctx context.Context, wg *sync.WaitGroup) *stream {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &stream{follower: f, begun: time.Now(), cancel: cancel, joined: make(chan struct{}), ended: make(chan error, 1)}
	wg.Go(func() {
		defer cancel(nil)
		s.ended <- s.read(ctx)
	})
	return s
}

// read opens the stream and reads it to its end.
func (s *stream) read(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	res, err := s.open(ctx, true)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	stop := context.AfterFunc(ctx, func() { res.Body.Close() })
	defer stop()

	s.markOpened()
	defer s.markEnded()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wg.Go(func() {
		if err := s.join(ctx); err != nil {
			cancel(err)
		}
	})

	watchdog := time.AfterFunc(longestSilence, func() { cancel(errors.New("the log stream was silent for too long")) })
	defer watchdog.Stop()
	d := decoder{sse: isSSE(res.Header.Get("Content-Type")), line: s.line, more: s.more}
	err = readChunks(res.Body, func(p []byte) {
		watchdog.Reset(longestSilence)
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.write(p); s.refused {
			cancel(refusal{"the platform forbids to follow this app's log because of its volume (L20)"})
		}
	})
	// The decoder may hold a part of a line, which is dropped: the next history has the whole line.
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case err != nil:
		return errors.New("the log stream broke: " + redactURL(err, res.Request.URL))
	}
	return errors.New("the log stream ended")
}

func (s *stream) markOpened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened, s.lastLine = time.Now(), time.Now()
}

func (s *stream) markEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flowing == s {
		s.flowing, s.lastSeen = nil, s.seen
	}
	s.replaced = true
}

// timeToReplace is how long the next stream need not be opened yet. longestQuiet is how long this one may go
// without a line.
func (s *stream) timeToReplace(longestQuiet time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := s.begun
	if s.lastLine.After(heard) {
		heard = s.lastLine
	}
	return min(streamLife-s.passed(s.begun), longestQuiet-s.passed(heard))
}

func (s *stream) hasHadLines() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hadLines
}

// line handles one line of the stream. mu is held.
func (s *stream) line(b []byte) {
	if s.replaced {
		return
	}
	if s.Raw != nil {
		s.Raw(b)
	}
	s.remember(maphash.Bytes(s.seed, b))
	if s.flowing == s {
		s.last.add(b)
	}
	if s.keepsText() {
		s.dynoLines.add(b)
	}
	s.lines++
	s.lastLine, s.hadLines = time.Now(), s.hadLines || s.flowing == s
	if isTailForbidden(b) {
		s.refused = true
		return
	}
	l, ok := Parse(b)
	if !ok {
		return
	}
	s.emit(observe.Observation{Line: &l})
	switch {
	case s.flowing != s:
		s.kept = append(s.kept, l)
		if l.Kind == observe.Loss {
			s.lostAt = later(s.lostAt, l.Stamp)
		}
	case l.Kind == observe.Loss && l.Stamp.After(s.since):
		// After a gap the receiver forgets all lines before it. So the log is whole only
		// from after the newest of these lines.
		s.since = l.Stamp
		if !s.newest.Before(l.Stamp) {
			s.since = s.newest.Add(time.Microsecond)
		}
		s.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: lossReason}})
		s.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: s.since}})
	case s.since.IsZero():
		// The history was empty, or there is none: the log is whole from its first line on.
		s.since = l.Stamp
		s.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: s.since}})
	}
	s.newest = later(s.newest, l.Stamp)
}

// more handles the text after a line break within the newest line. mu is held.
func (s *stream) more(b []byte) {
	if s.keepsText() {
		s.dynoLines.more(b)
	}
}

// keepsText reports whether the stream's text is kept for [Tail.Last]: only if no history has it. While one
// stream takes over from another, both bring the same lines, and only one of them keeps the text.
func (s *stream) keepsText() bool {
	return !s.replaced && (s.flowing == nil || s.flowing == s) && s.NoHistory != nil && s.NoHistory()
}

// remember adds the hash of a line to seen. Call it before lines is counted up.
func (s *stream) remember(h uint64) {
	if len(s.seen) < recent {
		s.seen = append(s.seen, h)
		return
	}
	s.seen[s.lines%recent] = h
}
