// Whose process an exit was: that of the listed dyno, which crashed, or an old one's.

package ledger

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// KillAfter: SIGKILL comes 30 s after SIGTERM ("Dyno Shutdown Behavior", Dev Center).
	KillAfter = 30 * time.Second
	// CrashLineDelay is how far apart the stamps of an exit and of its "to crashed" line can be
	// (so it was with 122 of 122 captured).
	CrashLineDelay = 5 * time.Second
	// ExitSoon is how long it takes to believe that an exit soon after a SIGTERM is the old
	// process's. The "to crashed" line of a new one would have come by then (163 captured:
	// 0.03 s after the exit in the median, 99 % within 0.72 s).
	ExitSoon = 900 * time.Millisecond
	// ExitLate is the same for any other exit. It is more likely that the new one crashed, so
	// there is more room.
	ExitLate = 1500 * time.Millisecond
	// near is how many lines away from its "to crashed" line an exit can be.
	near = 4
	// atOnce is how soon after a SIGTERM or a SIGKILL an exit belongs to it.
	atOnce = 2 * time.Second
)

// exit adds an exit. If it is not the crash of the listed dyno, it counts as the stop of a process,
// even if no SIGTERM announced it; a newer list has to confirm that one.
func (b *Balance) exit(at time.Time, crash bool) {
	b.Alive--
	b.LastExit = at
	// A SIGTERM line can come twice for one process: the other must not announce a later crash.
	for len(b.terms) > 0 && at.Sub(b.terms[0]) > KillAfter+StampSlack {
		b.terms = b.terms[1:]
	}
	switch {
	case crash && b.StartDue:
		b.Broken = "the log shows a crash without its start"
	case crash || len(b.terms) == 0:
		b.CrashExit = at
	default:
		b.terms = b.terms[1:]
	}
	if (!crash || b.startedBefore) && !at.Before(b.released) {
		b.LastStop = at
		if b.FirstStop.IsZero() {
			b.FirstStop = at
		}
	}
	if b.Alive < 0 {
		b.Broken = "the log shows an exit without its start"
	}
}

// crashes are the exits of listed dynos that crashed, by their lines: each is the nearest to a
// change of the record's state to crashed.
func (l *Ledger) crashes() map[int]bool {
	exits := map[int]bool{}
	for i, line := range l.lines {
		if line.To == "crashed" {
			exits[l.nearestExit(i)] = true
		}
	}
	return exits
}

// Ends are the first and the last exit since a time that is not a crash of the listed dyno, whether or not
// the balance counts it; zero if there is none.
func (l *Ledger) Ends(since time.Time) (first, last time.Time) {
	crashes := l.crashes()
	for i, line := range l.lines {
		if line.Kind != observe.Exit || crashes[i] || line.Stamp.Before(since) {
			continue
		}
		if last = line.Stamp; first.IsZero() {
			first = last
		}
	}
	return first, last
}

// nearestExit is the exit that is the nearest in time to line j; -1 if there is none near
// enough to belong to it.
func (l *Ledger) nearestExit(j int) int {
	best, least := -1, CrashLineDelay+1
	for i := max(0, j-near); i <= min(len(l.lines)-1, j+near); i++ {
		if d := l.lines[i].Stamp.Sub(l.lines[j].Stamp).Abs(); l.lines[i].Kind == observe.Exit && d < least {
			best, least = i, d
		}
	}
	return best
}

// BelievedAfter is how long after the gate learnt of the last exit it can be told whose it was:
// a change to crashed would have shown by then, even with lines and lists as late as they have
// been in this run.
func (b *Balance) BelievedAfter(late time.Duration) time.Duration {
	since := func(stop time.Time) bool {
		return !stop.After(b.LastExit) && b.LastExit.Sub(stop) <= atOnce
	}
	switch {
	case since(b.LastKill):
		return 0 // it had been stopped, and did not end in time
	case since(b.LastTerm):
		return ExitSoon + late
	}
	return ExitLate + late
}
