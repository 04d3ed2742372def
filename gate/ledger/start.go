// Where the count begins.

package ledger

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A Question is what a ledger is asked to balance for, beside its lines.
type Question struct {
	// NothingBefore: nothing ran under the label before the first line.
	NothingBefore bool
	// Hold is the longest time that a process can hide behind its label's record.
	Hold time.Duration
	// Released is when the target was released; zero while it is not known.
	Released time.Time
	// CompleteFrom is the time from which nothing lives any more that was already hidden
	// when the log begins. Exits of before may be those of processes that no line tells of.
	CompleteFrom time.Time
	// Now is the platform's time.
	Now time.Time
}

// A start is where the count begins: behind so many lines, with so many processes alive.
type start struct {
	line, alive int
	booting     bool      // one of them is still booting
	exitsFrom   time.Time // exits of before do not count
}

// start finds the latest point before the release at which it is known how many processes
// were alive: after a quiet time as long as a process can hide, only the record's own is
// left. Without such a point the count begins with the first line and one process, unless
// that line says that nothing ran.
func (l *Ledger) start(q Question) start {
	if q.NothingBefore {
		return start{}
	}
	next := q.Now
	for i := len(l.lines) - 1; i >= 0; i-- {
		if from := l.lines[i].Stamp; from.Before(q.Released) && !next.Before(from.Add(q.Hold)) {
			return l.quietStart(i)
		}
		next = l.lines[i].Stamp
	}
	s := start{alive: 1, exitsFrom: q.CompleteFrom}
	if len(l.lines) == 0 {
		return s
	}
	switch first := l.lines[0]; {
	case first.Kind == observe.State && first.To == "starting" && first.From != "up":
		s.alive = 0
	case first.Kind == observe.Sleep && first.Text == "Unidling":
		s.alive = 0
	case first.Kind == observe.State:
		s.booting = first.From == "starting"
	}
	return s
}

// quietStart is the start behind line i, after which it was quiet.
func (l *Ledger) quietStart(i int) start {
	s := start{line: i + 1, alive: 1}
	switch l.stateAfter(i) {
	case "starting":
		s.booting = true
	case "crashed", "down", "complete":
		s.alive = 0
	}
	return s
}

// stateAfter is the state of the label's record after line i; empty if no line tells.
func (l *Ledger) stateAfter(i int) string {
	for ; i >= 0; i-- {
		if l.lines[i].Kind == observe.State {
			return l.lines[i].To
		}
	}
	return ""
}

// quietFrom is when the last line will have been quiet for so long that the count begins
// behind it; zero if it does already, or never will.
func (l *Ledger) quietFrom(q Question, s start) time.Time {
	n := len(l.lines)
	if q.NothingBefore || s.line == n || !l.lines[n-1].Stamp.Before(q.Released) {
		return time.Time{}
	}
	return l.lines[n-1].Stamp.Add(q.Hold)
}
