// What the lines of a ledger add up to.

package ledger

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// sameLine is how far apart a line and its double can be (captures: 75 ms at the most).
const sameLine = time.Second

// killedByR12 is how the platform words the SIGKILL that follows a SIGTERM; the one
// after a boot timeout reads otherwise.
const killedByR12 = "Stopping remaining processes with SIGKILL"

// A Balance is what a ledger adds up to. Times are the platform's; zero if there is none.
type Balance struct {
	// Alive is how many processes are alive; below 0 when lines are missing.
	Alive int
	// Broken says why the ledger cannot be trusted; empty if it can.
	Broken string

	LastStart time.Time
	LastExit  time.Time
	// FirstStop and LastStop are the first and the last exit since the release that is
	// not a crash of the listed dyno.
	FirstStop, LastStop time.Time
	LastTerm            time.Time
	// LastKill is the last SIGKILL of a process that did not obey its SIGTERM.
	LastKill time.Time
	// CrashExit is the last exit that no SIGTERM announced.
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

	released time.Time
	terms    []time.Time // SIGTERMs that no exit has answered yet
	boots    int         // starts that have not come up or crashed yet
}

// Balance adds up the ledger.
func (l *Ledger) Balance(q Question) Balance {
	s := l.start(q)
	if l.full {
		return Balance{Alive: s.alive, Broken: "too many starts and exits to count"}
	}
	b := l.balanceFrom(s, q.Released)
	b.QuietFrom = l.quietFrom(q, s)
	return b
}

func (l *Ledger) balanceFrom(s start, released time.Time) Balance {
	b := Balance{Alive: s.alive, released: released}
	if s.booting {
		b.boots = 1 // its start is from before
	}
	for i := s.line; i < len(l.lines); i++ {
		switch line := l.lines[i]; line.Kind {
		case observe.Start:
			b.Alive++
			b.boots++
			b.StartDue = false
			b.LastStart = line.Stamp
		case observe.Exit:
			if !line.Stamp.Before(s.exitsFrom) {
				b.exit(line.Stamp, l.isCrash(i))
			}
		case observe.Sigterm:
			b.terms = append(b.terms, line.Stamp)
			b.LastTerm = line.Stamp
		case observe.Sigkill:
			if line.Text == killedByR12 {
				b.LastKill = line.Stamp
			}
		case observe.State:
			b.state(line)
		}
	}
	return b
}

// state adds a change of the record's state.
func (b *Balance) state(line observe.Line) {
	before := b.State
	b.State, b.StateAt = line.To, line.Stamp
	if line.To == "crashed" {
		b.Crashes = append(b.Crashes, line.Stamp)
	}
	switch {
	case line.To == before: // the line came twice
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

// announce notes that the record is being replaced, which a start must follow.
func (b *Balance) announce(at time.Time) {
	if b.StartDue && at.Sub(b.Announced) > sameLine {
		b.Broken = "the log announces a restart whose start it does not show"
	}
	b.StartDue, b.Announced = true, at
}
