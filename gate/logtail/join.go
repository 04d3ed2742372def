// Joining a new stream to the lines before it: from when on is the log whole?
//
// The platform first sends the history to a new stream, and only then registers the stream for
// new lines (logplex_api.erl in https://github.com/heroku/logplex). Lines in between can be
// lost. So, when the stream runs, a second, short session reads the history again: from
// the first line of that history on, the log is whole.

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
	// The stream has sent its own history when no line came for this long …
	quiet = time.Second
	// … or, if lines never pause, after this time.
	maxHistoryTime = 5 * time.Second
	// The second session must end within this time.
	historyTime = 20 * time.Second
	// A session with more lines than this is not a history: on Fir every session follows the log.
	maxHistory = 10 * historyLines
	// maxKept is how many lines are kept until the stream is joined. With more, the stream is given up
	// if the history cannot be read.
	maxKept = 20000
	// recent is how many of the last lines are remembered, to find one of them in the next history.
	recent = 256
)

var errEndless = errors.New("reading the log's history: it does not end")

// A follower is the state of one Run. mu guards the fields below it, and fields of the streams. emit is called
// only while mu is held.
type follower struct {
	*Tail
	transport http.RoundTripper
	seed      maphash.Seed

	mu   sync.Mutex
	emit func(observe.Observation)

	hasFlowed      bool      // the log has been whole at least once
	since          time.Time // from when on the log is whole, or was when it last flowed
	flowing        *stream   // the stream with which the log is whole; nil: it is not whole
	lastSeen       []uint64  // hashes of the last lines before the log broke
	after          *Position // where another process stopped reading; nil if none did, or once it is joined
	last           lastLines // of the log as far as it is whole
	dynoLines      dynoLines // kept only if the log has no history
	brokenReported bool      // since the log last flowed
}

func newFollower(t *Tail, emit func(observe.Observation)) *follower {
	f := &follower{Tail: t, transport: t.Transport, seed: maphash.MakeSeed(), emit: emit}
	if t.After != nil {
		f.after, f.hasFlowed, f.since = t.After, true, t.After.Since
	}
	t.reading.Store(f)
	return f
}

func (f *follower) emitStatus(s observe.LogStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.emit(observe.Observation{Log: &s})
}

// reportBroken reports, once, that the log does not flow.
func (f *follower) reportBroken(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.brokenReported && f.flowing == nil {
		f.brokenReported = true
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: err.Error()}})
	}
}

const (
	lossReason  = "the platform said that it lost lines of the log"
	breakReason = "the log's history no longer holds the last lines that were seen before the stream broke"
	noneReason  = "the stream broke, and there is no history of the log"
)

// join waits until the stream runs, and then reads the history, with retries. It returns
// an error only if the stream is useless.
func (s *stream) join(ctx context.Context) error {
	f := s.follower
	for !s.historySent() {
		if !sleep(ctx, f.realTime(quiet/10)) {
			return nil
		}
	}
	for n := 1; ; n++ {
		if f.NoHistory != nil && f.NoHistory() {
			s.joinTo(&history{none: true})
			return nil
		}
		h, err := f.readHistory(ctx)
		var no refusal
		switch {
		case err == nil:
			s.joinTo(h)
			return nil
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &no):
			return err
		case f.NoHistory != nil && f.NoHistory():
			continue // this became known only while the history was being read
		}
		f.reportBroken(err)
		if s.keepsTooMuch() {
			return err
		}
		if !sleep(ctx, f.realTime(retryWait(n))) {
			return nil
		}
	}
}

// historySent reports whether the stream must have sent all of its own history.
func (s *stream) historySent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.passed(s.opened)
	return s.passed(s.lastLine) >= quiet || open >= quiet && s.lines > historyLines || open >= maxHistoryTime
}

func (s *stream) keepsTooMuch() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept) > maxKept
}

func (f *follower) readHistory(ctx context.Context) (*history, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, f.realTime(historyTime), errEndless)
	defer cancel()
	res, err := f.open(ctx, false)
	if err == nil {
		defer res.Body.Close()
		stop := context.AfterFunc(ctx, func() { res.Body.Close() })
		defer stop()
		h := &history{seed: f.seed, after: f.After, raw: f.Raw, discarded: res.Header.Get("X-Heroku-Warning") != ""}
		d := decoder{sse: isSSE(res.Header.Get("Content-Type")), line: h.line}
		err = readChunks(res.Body, func(p []byte) {
			d.write(p)
			if len(h.hashes) > maxHistory {
				cancel()
			}
		})
		// A last line without a line break may be cut off. It does not count: half an exit would count as another exit.
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

// joinTo joins the stream to the history: it emits the lines of the history, and then reports from when
// on the log is whole. This stream takes over from the one before it.
func (s *stream) joinTo(h *history) {
	f := s.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flowing != nil && f.flowing.begun.After(s.begun) {
		return // a newer stream was joined first
	}
	begin, reason := h.begin(), ""
	if f.hasFlowed {
		if reason = f.gapReason(h); reason == "" && !f.since.IsZero() {
			begin = f.since
		}
	}
	if lost := later(s.lostAt, h.lostAt); lost.After(begin) {
		begin = later(lost, h.begin())
		if f.hasFlowed && reason == "" {
			reason = lossReason
		}
	}
	if reason != "" {
		// After a gap the receiver forgets all lines before it. So the lines after the gap are emitted again.
		f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: reason}})
		for _, l := range s.kept {
			f.emit(observe.Observation{Line: &l})
		}
	}
	for _, l := range h.parsed {
		f.emit(observe.Observation{Line: &l})
		s.newest = later(s.newest, l.Stamp)
	}
	s.seen = append(s.seen, h.hashes...)
	s.seen = slices.Clone(s.seen[max(0, len(s.seen)-recent):])
	if f.flowing != nil {
		f.flowing.replaced = true
	}
	s.kept = nil
	f.after, f.last = nil, h.last
	f.hasFlowed, f.flowing, f.brokenReported, f.since = true, s, false, begin
	f.emit(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: begin}})
	close(s.joined)
}

// gapReason says why lines can be missing between the lines that were read before and the
// history; empty if none can.
func (f *follower) gapReason(h *history) string {
	switch {
	case f.after != nil && !h.none:
		if !h.continuesPosition() {
			return breakReason
		}
		return ""
	case h.none && f.flowing == nil:
		return noneReason
	case h.none: // the stream before still flows, and has missed nothing
		return ""
	case f.flowing != nil && !h.follows(f.flowing.seen), f.flowing == nil && !h.follows(f.lastSeen):
		return breakReason
	}
	return ""
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
