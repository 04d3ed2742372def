// The app's log, as the experiment reads it: by a session of its own, each line once, with an account of
// the times of which lines may be missing.

package main

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
)

// A logReader collects the log.
type logReader struct {
	tail     logtail.Tail
	clock    *clock
	redactor *evidence.Redactor

	mu      sync.Mutex
	seed    maphash.Seed
	seen    map[uint64]bool
	lines   []evidence.Line
	padding int
	truth   evidence.Truth
	heard   map[string]sign // of each process, by its id, the last
	newest  time.Time       // the newest stamp of a sign
	last    []byte          // the line that came last
	lastAt  time.Duration
	gaps    []evidence.Gap
	flowing bool
	refused string // why there is no log
}

// A sign is that a process lives.
type sign struct {
	code int
	at   time.Duration // when it came
}

func newLogReader(app string, sessions logtail.Sessions, transport http.RoundTripper, c *clock, r *evidence.Redactor) *logReader {
	l := &logReader{clock: c, redactor: r, seed: maphash.MakeSeed(), seen: map[uint64]bool{}, heard: map[string]sign{}}
	l.tail = logtail.Tail{App: app, Sessions: sessions, Transport: transport, Refused: account.Forbids, Speed: c.speed, Raw: l.line}
	return l
}

// run reads until ctx ends.
func (l *logReader) run(ctx context.Context) {
	l.tail.Run(ctx, func(o observe.Observation) {
		if o.Log != nil {
			l.status(*o.Log)
		}
	})
}

var padded = []byte("]: " + evidence.Padding + " ")

// line takes in one line, which may come more than once.
func (l *logReader) line(b []byte) {
	at := l.clock.At()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.lastAt = append(l.last[:0], b...), at
	// Lines that only make the log busy are as alike as many; they are counted, roughly.
	if bytes.Contains(b, padded) {
		l.padding++
		return
	}
	text := string(b)
	h := maphash.Bytes(l.seed, b)
	if l.seen[h] {
		return
	}
	l.seen[h] = true
	if s, ok := l.truth.Add(text); ok {
		l.heard[s.Process] = sign{s.Code, at}
		if s.At.After(l.newest) {
			l.newest = s.At
		}
	}
	l.lines = append(l.lines, evidence.Line{At: at, Text: l.redactor.Clean(text)})
}

// status takes in news of the log itself. What a gap lacks is what came between the newest line of before
// and the time from which the log is whole again.
func (l *logReader) status(s observe.LogStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flowing = s.State == observe.Flowing
	switch s.State {
	case observe.Flowing:
		if n := len(l.gaps); n > 0 && l.gaps[n-1].To.IsZero() {
			l.gaps[n-1].To = s.Since
		}
	case observe.Gapped:
		l.gaps = append(l.gaps, evidence.Gap{From: l.newest, Reason: l.redactor.Clean(s.Reason)})
	case observe.Refused:
		l.refused = l.redactor.Clean(s.Reason)
	case observe.Broken: // nothing is lost yet
	}
}

// silence is for how long no process of code older than that has told of itself, while lines came; 0 if the log does
// not flow. Where dynos are up, their lines come each second: then a log without lines is no sign of an end. old is
// false if no such process ever told of itself.
func (l *logReader) silence(code int, up bool) (d time.Duration, old bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, until := time.Duration(0), l.lastAt
	for _, s := range l.heard {
		if s.code < code {
			old, last = true, max(last, s.at)
		}
	}
	if !up {
		until = l.clock.At()
	}
	if !l.flowing {
		return 0, old
	}
	return until - last, old
}

// unread is an error if the platform will not give the log.
func (l *logReader) unread() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused == "" {
		return nil
	}
	return errors.New("the log cannot be read, so there is no truth: " + l.refused)
}

// alive is how many processes of that code told of themselves lately.
func (l *logReader) alive(code int) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.At()
	for _, s := range l.heard {
		if s.code == code && now-s.at < 5*evidence.Every {
			n++
		}
	}
	return n
}

// told fills in what the log told, after its last line was read. up: dynos were up at the end.
func (l *logReader) told(r *evidence.Run, up bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Log, r.Gaps, r.Padding = l.lines, l.gaps, l.padding
	stamp, _, _ := bytes.Cut(l.last, []byte(" "))
	if t, err := time.Parse(time.RFC3339Nano, string(stamp)); err == nil {
		r.Read = t
	}
	switch quiet := l.clock.At() - l.lastAt; {
	case l.flowing && !up: // nothing was printed, so nothing is missing
		r.Read = r.Read.Add(quiet - evidence.Every)
	case quiet > evidence.Late && (len(r.Gaps) == 0 || !r.Gaps[len(r.Gaps)-1].To.IsZero()):
		r.Gaps = append(r.Gaps, evidence.Gap{From: r.Read, Reason: "no line came for the last " + observe.Span(quiet).String() + ", though dynos are up"})
	}
	r.Processes = l.truth.Processes(r.Read, r.Gaps)
}
