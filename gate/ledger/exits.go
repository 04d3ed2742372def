// Which process an exit is of: that of the listed dyno, which crashed, or an old one.

package ledger

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// KillAfter: SIGKILL comes 30 s after SIGTERM ("Dyno Shutdown Behavior", Dev Center).
	KillAfter = 30 * time.Second
	// CrashLineDelay is how far apart the stamps of an exit and of its "to crashed" line can be
	// (true of all 122 captured pairs).
	CrashLineDelay = 5 * time.Second
	// ExitSoon is how long the gate waits before it believes that an exit right after a SIGTERM or a SIGKILL is
	// the old process's. If the new process had crashed instead, its "to crashed" line would have come by then
	// (163 captured: 0.03 s after the exit in the median, 99 % within 0.72 s).
	ExitSoon = 900 * time.Millisecond
	// ExitLate is the same for any other exit. A crash of the new process is more likely there, so the
	// gate waits longer.
	ExitLate = 1500 * time.Millisecond
	// nearLines is how many lines away from its "to crashed" line an exit can be.
	nearLines = 4
	// rightAfter: an exit this soon after a SIGTERM or a SIGKILL is probably that process's.
	rightAfter = 2 * time.Second
)

// exit counts an exit. Unless the listed dyno crashed, it is the stop of a process, even if no SIGTERM came
// before it; without a SIGTERM, a newer list has to confirm that.
func (b *Balance) exit(at time.Time, crash bool) {
	b.Alive--
	b.LastExit = at
	// A SIGTERM line can come twice for one process. The second must not be taken for the SIGTERM before a
	// later crash.
	for len(b.openTerms) > 0 && at.Sub(b.openTerms[0]) > KillAfter+StampSlack {
		b.openTerms = b.openTerms[1:]
	}
	switch {
	case crash && b.StartDue:
		b.Broken = "the log shows a crash without its start"
	case crash || len(b.openTerms) == 0:
		b.CrashExit = at
	default:
		b.openTerms = b.openTerms[1:]
	}
	if (!crash || b.startedBeforeRelease) && !at.Before(b.released) {
		b.Stops.add(at)
	}
	if b.Alive < 0 {
		b.Broken = "the log shows an exit without its start"
	}
}

// crashes are the indexes of the exits at which the listed dyno crashed. For each change of state to crashed
// that is the nearest exit.
func (l *Ledger) crashes() map[int]bool {
	exits := map[int]bool{}
	for i, line := range l.lines {
		if line.To == "crashed" {
			exits[l.nearestExit(i)] = true
		}
	}
	return exits
}

// Stops are the first and the last of some exits; zero if there is none.
type Stops struct{ First, Last time.Time }

// add adds an exit that is later than the others.
func (s *Stops) add(at time.Time) {
	if s.First.IsZero() {
		s.First = at
	}
	s.Last = at
}

// StopsSince are the exits since a time, without crashes of the listed dyno. Exits that the balance does not count are
// among them.
func (l *Ledger) StopsSince(since time.Time) (stops Stops) {
	crashes := l.crashes()
	for i, line := range l.lines {
		if line.Kind == observe.Exit && !crashes[i] && !line.Stamp.Before(since) {
			stops.add(line.Stamp)
		}
	}
	return stops
}

// nearestExit is the index of the exit that is nearest in time to line j; -1 if none is near enough to belong
// to that line.
func (l *Ledger) nearestExit(j int) int {
	best, least := -1, CrashLineDelay+1
	for i := max(0, j-nearLines); i <= min(len(l.lines)-1, j+nearLines); i++ {
		if d := l.lines[i].Stamp.Sub(l.lines[j].Stamp).Abs(); l.lines[i].Kind == observe.Exit && d < least {
			best, least = i, d
		}
	}
	return best
}

// BelievedAfter is how long after the gate learnt of the last exit it can say which process ended. By then a
// change to crashed would have shown, even with lines and lists as late as late: the delays of this run.
func (b *Balance) BelievedAfter(late time.Duration) time.Duration {
	for _, signal := range []time.Time{b.LastTerm, b.LastKill} {
		if !signal.After(b.LastExit) && b.LastExit.Sub(signal) <= rightAfter {
			return ExitSoon + late
		}
	}
	return ExitLate + late
}
