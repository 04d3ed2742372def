// The log stream: from when on it is whole, and how late its lines come.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// Such a delay of a line is normal.
	usualDelay = 500 * time.Millisecond
	// maxGaps bounds how many gaps people are told.
	maxGaps = 100
)

// logStream is what the gate knows about the log stream.
type logStream struct {
	state    observe.LogState
	reason   string    // why the log cannot be relied on; empty if it can
	since    time.Time // from when on the log is whole; zero: it is not. Older lines do not count
	flowedAt time.Duration
	wholeAt  time.Duration // since when the gate has read the log without a gap
	gaps     []Gap

	lineDelay time.Duration // the longest delay of a line so far, beyond the normal one
	fastest   time.Time     // the start of the gate by the stamp of the fastest line
}

func (l *logStream) flows() bool { return l.state == observe.Flowing }

// see handles a change of the stream.
func (l *logStream) see(s *observe.LogStatus, at time.Duration) {
	l.state, l.reason = s.State, s.Reason
	switch s.State {
	case observe.Flowing:
		if l.since.IsZero() {
			l.wholeAt = at
		}
		l.since, l.flowedAt = s.Since, at
	case observe.Gapped:
		l.since = time.Time{}
		if len(l.gaps) < maxGaps {
			l.gaps = append(l.gaps, Gap{At: at, Reason: s.Reason})
		}
	}
}

// timeLine measures how late a line comes. The clocks of gate and platform differ, so only the difference to the
// fastest line counts.
func (l *logStream) timeLine(stamp time.Time, at time.Duration, clock *observe.Clock) {
	if !l.flows() || stamp.Before(clock.Platform(l.flowedAt)) {
		return // an old line, which the new stream repeats
	}
	began := stamp.Add(-at) // the start of the gate, if the line had no delay
	if began.After(l.fastest) {
		l.fastest = began
	}
	l.lineDelay = min(max(l.lineDelay, l.fastest.Sub(began)-usualDelay), observe.ListLag)
}
