// This file is for one stream: reading it to its end, and what its lines tell.

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
	joined chan struct{} // closed when the log is whole with it
	ended  chan error    // how it ended, once

	// Guarded by the follower's mu:
	opened   time.Time
	refused  bool
	over     bool // another one is relied on now
	news     bool // it told of a line while it was relied on
	lines    int
	lastLine time.Time      // when the last line came, or the stream was opened
	seen     []uint64       // its last lines; a ring
	kept     []observe.Line // what it told before it flowed
	newest   time.Time      // the newest stamp that was emitted
	lostAt   time.Time      // the newest notice of a loss before it flowed
}

// begin begins a stream.
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

	s.enter()
	defer s.leave()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wg.Go(func() {
		if err := s.join(ctx); err != nil {
			cancel(err)
		}
	})

	watchdog := time.AfterFunc(silence, func() { cancel(errors.New("the log stream was silent for too long")) })
	defer watchdog.Stop()
	d := decoder{sse: isSSE(res.Header.Get("Content-Type")), line: s.line, more: s.more}
	err = readChunks(res.Body, func(p []byte) {
		watchdog.Reset(silence)
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.write(p); s.refused {
			cancel(refusal{"the platform forbids to follow this app's log because of its volume (L20)"})
		}
	})
	// What is left of a line may be cut: it is told whole by the next history.
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case err != nil:
		return errors.New("the log stream broke: " + redactURL(err, res.Request.URL))
	}
	return errors.New("the log stream ended")
}

// enter begins the reading, leave ends it.
func (s *stream) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened, s.lastLine = time.Now(), time.Now()
}

func (s *stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flowing == s {
		s.flowing, s.before = nil, s.seen
	}
	s.over = true
}

// good is for how long the next stream need not be opened, if this one may be quiet for so
// long.
func (s *stream) good(longestQuiet time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := s.begun
	if s.lastLine.After(heard) {
		heard = s.lastLine
	}
	return min(streamLife-s.passed(s.begun), longestQuiet-s.passed(heard))
}

func (s *stream) toldNews() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

// line takes in one line of the stream. mu is held.
func (s *stream) line(b []byte) {
	if s.over {
		return
	}
	if s.Raw != nil {
		s.Raw(b)
	}
	s.remember(maphash.Bytes(s.seed, b))
	if s.flowing == s {
		s.last.add(b)
	}
	if s.told() {
		s.texts.add(b)
	}
	s.lines++
	s.lastLine, s.news = time.Now(), s.news || s.flowing == s
	if forbidden(b) {
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
		// Whoever is told of a gap forgets what came before. So the log is whole only
		// from behind the newest line that came before.
		s.since = l.Stamp
		if !s.newest.Before(l.Stamp) {
			s.since = s.newest.Add(time.Microsecond)
		}
		s.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: lossReason}})
		s.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: s.since}})
	case s.since.IsZero():
		// There was no history: the log begins with its first line.
		s.since = l.Stamp
		s.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: s.since}})
	}
	s.newest = later(s.newest, l.Stamp)
}

// more takes in what stands behind a line break within the newest line. mu is held.
func (s *stream) more(b []byte) {
	if s.told() {
		s.texts.more(b)
	}
}

// told reports whether what the stream says is kept, since no history will tell it again. While one stream takes
// over from another, both say the same.
func (s *stream) told() bool {
	return !s.over && (s.flowing == nil || s.flowing == s) && s.NoHistory != nil && s.NoHistory()
}

func (s *stream) remember(h uint64) {
	if len(s.seen) < recent {
		s.seen = append(s.seen, h)
		return
	}
	s.seen[s.lines%recent] = h
}
