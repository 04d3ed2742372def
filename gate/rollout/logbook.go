// How far the log can be relied on, and how late its lines come.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// Lines come this much apart in time as a matter of course.
	usualDelay = 500 * time.Millisecond
	// A list that is no more behind than this is not called late.
	usualLag = 250 * time.Millisecond
)

// logbook is what is known of the log stream.
type logbook struct {
	state     observe.LogState
	reason    string    // why it cannot be relied on
	since     time.Time // from when on it is whole; zero if it is not
	flowedAt  time.Duration
	countFrom time.Time // lines from before the last gap do not count any more

	lineDelay time.Duration // how late a line has come so far, beyond the usual
	fastest   time.Time     // the start of the gate by the stamp of the line that took the shortest time
}

func (l *logbook) flows() bool { return l.state == observe.Flowing }

// see takes in news of the stream. It reports whether the log flows again after a gap.
func (l *logbook) see(s *observe.LogStatus, at time.Duration) (again bool) {
	again = s.State == observe.Flowing && l.state == observe.Gapped
	l.state, l.reason = s.State, s.Reason
	switch {
	case s.State == observe.Flowing:
		l.since, l.flowedAt = s.Since, at
	case s.State == observe.Gapped:
		l.since = time.Time{}
	}
	if again {
		l.countFrom = s.Since
	}
	return again
}

// timeLine keeps account of how late the lines of a flowing log come. The two clocks differ,
// so only the differences between lines tell.
func (l *logbook) timeLine(stamp time.Time, at time.Duration, clock *observe.Clock) {
	if !l.flows() || stamp.Before(clock.Platform(l.flowedAt)) {
		return // a line from before the stream was opened is not late
	}
	began := stamp.Add(-at) // the start of the gate, if the line took no time
	l.fastest = later(l.fastest, began)
	l.lineDelay = min(max(l.lineDelay, l.fastest.Sub(began)-usualDelay), observe.ListLag)
}

// learnListDelay learns from a label how far the list is behind the log: a dyno is up by the one
// and still starting by the other. It returns the moment until which that is so, or seems to be:
// the list may also show the record of an old dyno where the log has a new one up.
func (r *roster) learnListDelay(e *evidence, at time.Duration) (until time.Duration) {
	b, rec := &e.balance, e.record
	if rec == nil || b.State != "up" || r.clock.Platform(at).IsZero() || b.LastStart.Before(rec.CreatedAt) || b.StateAt.Before(b.LastStart) {
		return 0 // the log does not speak of the listed one
	}
	delay := r.clock.Platform(r.look.AskedAt).Sub(b.StateAt)
	until = r.clock.Due(b.StateAt.Add(2 * observe.ListLag))
	switch {
	case rec.State == "starting":
		if delay > usualLag {
			e.label.listLagging = true
			r.listDelay = min(max(r.listDelay, delay), observe.ListLag)
		}
		return until
	case rec.State == "up" && e.listLagging:
		e.label.listLagging = false
		r.listDelay = min(max(r.listDelay, delay), observe.ListLag)
	case r.old(rec) && r.target.finished && b.LastStart.After(r.target.released):
		// How far cannot be told: the one that is up may be an old one, too.
		return until
	}
	return 0
}
