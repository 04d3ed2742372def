// What the lines of a ledger add up to, and where the count begins.

package ledger

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// sameLine is how far apart a line and its double can be (captures: 75 ms at the most).
const sameLine = time.Second

// killedByR12 is how the platform words the SIGKILL that follows a SIGTERM; the one
// after a boot timeout reads otherwise.
const killedByR12 = "Stopping remaining processes with SIGKILL"

// A Known is what a ledger is asked to balance for, beside its lines.
type Known struct {
	// NothingBefore: nothing ran under the label before the first line.
	NothingBefore bool
	// Hold is the longest time that a process can hide behind its label's record, and Renewals
	// are when it began anew.
	Hold     time.Duration
	Renewals Renewals
	// Released is when the target was released; zero while it is not known.
	Released time.Time
	// CompleteFrom is the time from which nothing lives any more that was already hidden
	// when the log begins. Exits before it may be of processes that were started before the log
	// begins, so they are not counted.
	CompleteFrom time.Time
	// LogSince is when the log begins, and BootTimeout the longest that a process can boot.
	LogSince    time.Time
	BootTimeout time.Duration
	// RanAt is when the list first showed, beside this ledger, that a process ran; zero if it did not.
	RanAt time.Time
	// Now is the platform's time.
	Now time.Time
}

// A Balance is what a ledger adds up to. Times are the platform's; zero if there is none.
type Balance struct {
	// Alive is how many processes are alive; below 0 when lines are missing.
	Alive int
	// Broken says why the ledger cannot be trusted; empty if it can.
	Broken string

	LastStart time.Time
	LastExit  time.Time
	// FirstStop and LastStop are the first and the last exit since the release that is
	// not a crash of a new listed dyno.
	FirstStop, LastStop time.Time
	LastTerm            time.Time
	// LastKill is the last SIGKILL of a process that did not obey its SIGTERM.
	LastKill time.Time
	// CrashExit is the last exit that was a crash of the listed dyno, or may be one, since no
	// SIGTERM announced it.
	CrashExit time.Time
	Crashes   []time.Time
	// Announced is the last announcement of a replacement; StartDue: its start is missing.
	Announced time.Time
	StartDue  bool
	// State is the state of the label's record as the log last told it, since StateAt.
	State   string
	StateAt time.Time
	// QuietFrom is when the passing of time alone will change the balance; zero if it
	// will not.
	QuietFrom time.Time

	released      time.Time
	startedBefore bool         // the newest process was started before that
	change        observe.Line // the last change of state
	terms         []time.Time  // SIGTERMs that no exit has answered yet
	boots         int          // starts that have not come up or crashed yet
}

// Balance adds up the ledger.
func (l *Ledger) Balance(q Known) Balance {
	s := l.opening(q)
	if l.full {
		return Balance{Alive: s.alive, Broken: "too many starts and exits to count"}
	}
	b := l.balanceFrom(s, q)
	b.QuietFrom = l.quietFrom(q, s)
	return b
}

func (l *Ledger) balanceFrom(s opening, q Known) Balance {
	b := Balance{Alive: s.alive, released: q.Released}
	// What the count begins with was started before that line, or before the log begins.
	b.startedBefore = s.line > 0 || !q.LogSince.IsZero() && q.LogSince.Before(q.Released)
	if s.booting {
		b.boots = 1 // its start is from before
	}
	crashes := l.crashes()
	for i := s.line; i < len(l.lines); i++ {
		switch line := l.lines[i]; line.Kind {
		case observe.Start:
			b.Alive++
			b.boots++
			b.StartDue = false
			b.LastStart, b.startedBefore = line.Stamp, line.Stamp.Before(q.Released)
		case observe.State:
			b.state(line)
		case observe.Replace:
			b.announce(line.Stamp)
		case observe.Sigterm:
			b.terms = append(b.terms, line.Stamp)
			b.LastTerm = line.Stamp
		case observe.Sigkill:
			if line.Text == killedByR12 {
				b.LastKill = line.Stamp
			}
		case observe.Exit:
			if !line.Stamp.Before(s.exitsFrom) {
				b.exit(line.Stamp, crashes[i])
			}
		}
	}
	return b
}

// state adds a change of the record's state.
func (b *Balance) state(line observe.Line) {
	before := b.change
	b.change, b.State, b.StateAt = line, line.To, line.Stamp
	twice := line.From == before.From && line.To == before.To && line.Stamp.Sub(before.Stamp) <= sameLine
	if line.To == "crashed" && !twice {
		b.Crashes = append(b.Crashes, line.Stamp)
	}
	switch {
	case twice:
	case line.From == "starting" && (line.To == "up" || line.To == "crashed"):
		if b.boots == 0 || b.StartDue {
			b.Broken = "the log shows a dyno that is " + line.To + " without its start"
		}
		b.boots = 0
	case line.To == "starting":
		if line.From == "up" && b.Alive == 0 {
			b.Broken = "the log shows a dyno that is up without its start"
		}
		b.announce(line.Stamp)
	}
}

// CrashesAfter are the crashes later than a time.
func (b *Balance) CrashesAfter(t time.Time) []time.Time {
	i := slices.IndexFunc(b.Crashes, func(c time.Time) bool { return c.After(t) })
	if i < 0 {
		return nil
	}
	return b.Crashes[i:]
}

// announce notes that the record is being replaced, which a start must follow.
func (b *Balance) announce(at time.Time) {
	if b.StartDue && at.Sub(b.Announced) > sameLine {
		b.Broken = "the log announces a restart whose start it does not show"
	}
	b.StartDue, b.Announced = true, at
}

// An opening is where the count begins: behind so many lines, with so many processes alive.
type opening struct {
	line, alive int
	booting     bool      // one of them is still booting
	exitsFrom   time.Time // exits of before do not count
}

// opening finds the latest point before the release at which it is known how many processes
// were alive: after a quiet time as long as a process can hide, only the record's own is
// left. Without such a point the count begins with the first line and one process, unless
// that line says that nothing ran.
func (l *Ledger) opening(q Known) opening {
	if q.NothingBefore {
		return opening{}
	}
	next := q.Now
	for i := len(l.lines) - 1; i >= 0; i-- {
		if from := l.lines[i].Stamp; from.Before(q.Released) && !next.Before(q.Renewals.HiddenUntil(from, q.Hold)) {
			return l.quietOpening(i)
		}
		next = l.lines[i].Stamp
	}
	s := opening{alive: 1, exitsFrom: q.CompleteFrom}
	if len(l.lines) == 0 {
		return s
	}
	switch first := l.lines[0]; {
	case !q.RanAt.IsZero() && first.Stamp.After(q.RanAt): // whatever that line says
	case first.To == "starting" && first.From != "up":
		s.alive = 0
	case first.Text == "Unidling":
		s.alive = 0
	default:
		// It can have begun to boot before the log begins, but not long before.
		s.booting = first.From == "starting" && first.Stamp.Sub(q.LogSince) <= q.BootTimeout+StampSlack
	}
	return s
}

// quietOpening is the opening behind line i, after which it was quiet.
func (l *Ledger) quietOpening(i int) opening {
	s := opening{line: i + 1, alive: 1}
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
func (l *Ledger) quietFrom(q Known, s opening) time.Time {
	n := len(l.lines)
	if q.NothingBefore || s.line == n || !l.lines[n-1].Stamp.Before(q.Released) {
		return time.Time{}
	}
	return q.Renewals.HiddenUntil(l.lines[n-1].Stamp, q.Hold)
}
