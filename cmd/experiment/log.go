// The app's log, as the experiment reads it: with log sessions of its own, each line once, and with the gaps in which
// lines may be missing.

package main

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

type logReader struct {
	clock *clock

	mu      sync.Mutex
	seen    map[string]bool
	lines   []evidence.Line
	truth   evidence.Truth
	newest  time.Time     // the newest stamp of a line
	lastAt  time.Duration // when the line with that stamp came
	gaps    []evidence.Gap
	flowing bool
	refused string // why Heroku does not give the log; empty: it does
}

func newLogReader(c *clock) *logReader { return &logReader{clock: c, seen: map[string]bool{}} }

var padded = []byte("]: padding ") // begins a line that only makes the log busy

// line collects a line, which may come more than once. Lines that only make the log busy are not kept.
func (l *logReader) line(b []byte) {
	at := l.clock.At()
	l.mu.Lock()
	defer l.mu.Unlock()
	stamp, _, _ := bytes.Cut(b, []byte(" "))
	if t, err := time.Parse(time.RFC3339Nano, string(stamp)); err == nil && t.After(l.newest) {
		l.newest, l.lastAt = t, at
	}
	text := string(b)
	if l.seen[text] || bytes.Contains(b, padded) {
		return
	}
	l.seen[text] = true
	l.truth.Add(text)
	l.lines = append(l.lines, evidence.Line{At: at, Text: text})
}

// status handles news of the log itself. A gap goes from the newest line before it to the time from which the log is
// whole again.
func (l *logReader) status(o observe.Observation) {
	s := o.Log
	if s == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flowing = s.State == observe.Flowing
	switch s.State {
	case observe.Flowing:
		if l.inGap() {
			l.gaps[len(l.gaps)-1].To = s.Since
		}
	case observe.Gapped:
		l.gaps = append(l.gaps, evidence.Gap{From: l.newest, Reason: s.Reason})
	case observe.Refused:
		l.refused = s.Reason
	case observe.Broken: // nothing is lost yet
	}
}

// inGap reports whether the last gap has no end yet.
func (l *logReader) inGap() bool { return len(l.gaps) > 0 && l.gaps[len(l.gaps)-1].To.IsZero() }

// fill fills in what was read so far. If dynos are up, they print each second: then a log without lines shows nothing.
// It is an error if Heroku does not give the log.
func (l *logReader) fill(r *evidence.Run, up bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Log, r.Gaps, r.Read = l.lines, slices.Clone(l.gaps), l.newest
	switch quiet := l.clock.At() - l.lastAt; {
	case l.flowing && !up: // nobody printed, so nothing is missing
		r.Read = r.Read.Add(quiet - evidence.Every)
	case quiet > evidence.Late && !l.inGap():
		r.Gaps = append(r.Gaps, evidence.Gap{From: r.Read, Reason: "no line came for the last " + observe.Span(quiet).String()})
	}
	r.Processes = l.truth.Processes(r.Read, r.Gaps)
	if l.refused != "" {
		return errors.New("the log cannot be read, so there is no truth: " + l.refused)
	}
	return nil
}
