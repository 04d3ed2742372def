// Whose process an exit was: that of the listed dyno, which crashed, or an old one's.

package ledger

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// KillAfter: SIGKILL comes 30 s after SIGTERM ("Dyno Shutdown Behavior", Dev Center).
	KillAfter = 30 * time.Second
	// CrashLineDelay: after an exit, its "to crashed" line comes within 5 s (122 of 122
	// captured).
	CrashLineDelay = 5 * time.Second
	// ExitSoon: usually that line comes at once (163 captured: median 0.03 s, 99 % within
	// 0.72 s), so an exit soon after a SIGTERM is believed to be the old process's after
	// so long.
	ExitSoon = 900 * time.Millisecond
	// ExitLate: an exit later in the 30 s that a stopped process has could as well be a
	// crash of the new one. It takes longer to be believed.
	ExitLate = 1500 * time.Millisecond
	// An exit and its "to crashed" line have at most so many lines between them.
	near = 4
	// How close to a SIGTERM or a SIGKILL an exit must be to belong to it.
	atOnce = 2 * time.Second
)

// exit adds an exit: that of the listed dyno if it crashed, else that of a process that was
// stopped.
func (b *Balance) exit(at time.Time, crash bool) {
	b.Alive--
	b.LastExit = at
	// A SIGTERM that was printed twice must not vouch for a later crash.
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
	if !crash && !at.Before(b.released) {
		b.LastStop = at
		if b.FirstStop.IsZero() {
			b.FirstStop = at
		}
	}
	if b.Alive < 0 {
		b.Broken = "the log shows an exit without its start"
	}
}

// crashes are the lines of the exits that are those of the listed dyno: of all exits, each is
// the nearest to a change of the record's state to crashed.
func (l *Ledger) crashes() map[int]bool {
	exits := map[int]bool{}
	for i, line := range l.lines {
		if line.To == "crashed" {
			exits[l.nearestExit(i)] = true
		}
	}
	return exits
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

// BelievedAfter is how long after the last exit was learnt it can be told whose it was: a
// change to crashed would have shown by then, even if lines come as late as late.
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
