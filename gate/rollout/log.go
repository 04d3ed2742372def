// How far the log can be relied on, and how late its lines come.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// Lines come this much apart in time as a matter of course.
	usualDelay = 500 * time.Millisecond
	// maxGaps is how many gaps of the log are told of.
	maxGaps = 100
)

// logStream is what is known of the log stream.
type logStream struct {
	state    observe.LogState
	reason   string    // why it cannot be relied on
	since    time.Time // from when on it is whole; zero if it is not. Lines from before do not count
	flowedAt time.Duration
	wholeAt  time.Duration // since when the gate has read it without a gap
	gaps     []Gap

	lineDelay time.Duration // how late a line has come so far, beyond the usual
	fastest   time.Time     // the start of the gate by the stamp of the line that took the shortest time
}

func (l *logStream) flows() bool { return l.state == observe.Flowing }

// see takes in news of the stream.
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

// timeLine keeps account of how late the lines of a flowing log come. The two clocks differ,
// so only the differences between lines tell.
func (l *logStream) timeLine(stamp time.Time, at time.Duration, clock *observe.Clock) {
	if !l.flows() || stamp.Before(clock.Platform(l.flowedAt)) {
		return // a line from before the stream was opened is not late
	}
	began := stamp.Add(-at) // the start of the gate, if the line took no time
	if began.After(l.fastest) {
		l.fastest = began
	}
	l.lineDelay = min(max(l.lineDelay, l.fastest.Sub(began)-usualDelay), observe.ListLag)
}
