// How many processes the lines of a ledger leave alive, and where the count begins.

package ledger

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// sameLine is how far apart the two stamps of a line that comes twice can be (captures: at most 75 ms).
const sameLine = time.Second

// killedByR12 is the platform's text for the SIGKILL that follows a SIGTERM. The SIGKILL after a boot timeout
// has another text.
const killedByR12 = "Stopping remaining processes with SIGKILL"

// Known is what the caller knows beside the lines of the ledger.
type Known struct {
	// NothingBefore: no process ran under the label before the first line.
	NothingBefore bool
	// Hold is the longest time that a process can run hidden behind the record of its label. Renewals are
	// the times at which the hold began anew.
	Hold     time.Duration
	Renewals Renewals
	// Released is when the target was released; zero while that is not known.
	Released time.Time
	// CompleteFrom is when the last process must have ended that was already hidden at the begin of the log.
	// An exit before that may be of such a process, whose start is not in the log, so it does not count.
	CompleteFrom time.Time
	// LogSince is when the log begins.
	LogSince time.Time
	// BootTimeout is the longest that a process can take to boot.
	BootTimeout time.Duration
	// RanAt is when the dyno list first showed a running process; zero if it never did.
	RanAt time.Time
	// Now is the platform's time.
	Now time.Time
}

// A Balance is the result of counting. Times are the platform's; zero if there is none.
type Balance struct {
	// Alive is how many processes are alive; below 0 if lines are missing.
	Alive int
	// Broken says why the count cannot be trusted; empty if it can.
	Broken string

	LastStart time.Time
	LastExit  time.Time
	// Stops are the exits since the release, without crashes of a new listed dyno.
	Stops    Stops
	LastTerm time.Time
	// LastKill is the last SIGKILL of a process that had not ended after its SIGTERM.
	LastKill time.Time
	// CrashExit is the last exit that was a crash of the listed dyno, or that may be one, since no
	// SIGTERM came before it.
	CrashExit time.Time
	Crashes   []time.Time
	// Announced is when the log last announced that the dyno is replaced. StartDue: the start of the
	// replacement is not in the log yet.
	Announced time.Time
	StartDue  bool
	// LastChange is the last change of the listed dyno's state.
	LastChange observe.Line
	// QuietFrom is when the balance changes although no line comes, since the count then begins behind
	// the last line; zero if it will not.
	QuietFrom time.Time

	openTerms            []time.Time // SIGTERMs that no exit has followed yet
	released             time.Time
	startedBeforeRelease bool // the newest process was
	booting              int  // how many started processes have neither come up nor crashed yet
}

// Balance counts the processes.
func (l *Ledger) Balance(known Known) Balance {
	base := l.baseline(known)
	if l.full {
		return Balance{Alive: base.alive, Broken: "too many starts and exits to count"}
	}
	b := l.balanceFrom(base, known)
	b.QuietFrom = l.quietFrom(base, known)
	return b
}

func (l *Ledger) balanceFrom(base baseline, known Known) Balance {
	b := Balance{Alive: base.alive, released: known.Released}
	// Processes of the baseline were started before it. A baseline behind some lines is from before the release,
	// and one without lines is where the log begins.
	b.startedBeforeRelease = base.lines > 0 || !known.LogSince.IsZero() && known.LogSince.Before(known.Released)
	if base.booting {
		b.booting = 1
	}
	crashes := l.crashes()
	for i := base.lines; i < len(l.lines); i++ {
		switch line := l.lines[i]; line.Kind {
		case observe.Start:
			b.Alive++
			b.booting++
			b.StartDue = false
			b.LastStart, b.startedBeforeRelease = line.Stamp, line.Stamp.Before(known.Released)
		case observe.State:
			b.state(line)
		case observe.Replace:
			b.announce(line.Stamp)
		case observe.Sigterm:
			b.openTerms = append(b.openTerms, line.Stamp)
			b.LastTerm = line.Stamp
		case observe.Sigkill:
			if line.Text == killedByR12 {
				b.LastKill = line.Stamp
			}
		case observe.Exit:
			switch {
			case !line.Stamp.Before(base.exitsFrom):
				b.exit(line.Stamp, crashes[i])
			case len(b.openTerms) > 0 && !crashes[i]: // it does not count, but it was the end of a process that was stopped
				b.openTerms = b.openTerms[1:]
			}
		}
	}
	return b
}

// state handles a change of the listed dyno's state.
func (b *Balance) state(line observe.Line) {
	before := b.LastChange
	b.LastChange = line
	if line.From == before.From && line.To == before.To && line.Stamp.Sub(before.Stamp) <= sameLine {
		return
	}
	if line.To == "crashed" {
		b.Crashes = append(b.Crashes, line.Stamp)
	}
	switch {
	case line.From == "starting" && (line.To == "up" || line.To == "crashed"):
		if b.booting == 0 || b.StartDue {
			b.Broken = "the log shows a dyno that is " + line.To + " without its start"
		}
		b.booting = 0
	case line.To == "starting":
		if line.From == "up" && b.Alive == 0 {
			b.Broken = "the log shows a dyno that is up without its start"
		}
		b.announce(line.Stamp)
	}
}

// CrashesAfter are the crashes later than t.
func (b *Balance) CrashesAfter(t time.Time) []time.Time {
	i := slices.IndexFunc(b.Crashes, func(c time.Time) bool { return c.After(t) })
	if i < 0 {
		return nil
	}
	return b.Crashes[i:]
}

// Stopping is the last SIGTERM that no exit of a stopped process has followed; zero if there is none.
func (b *Balance) Stopping() time.Time {
	if len(b.openTerms) == 0 {
		return time.Time{}
	}
	return b.openTerms[len(b.openTerms)-1]
}

// announce handles a line which says that the dyno is being replaced. A start must follow.
func (b *Balance) announce(at time.Time) {
	if b.StartDue && at.Sub(b.Announced) > sameLine {
		b.Broken = "the log announces a restart whose start it does not show"
	}
	b.StartDue, b.Announced = true, at
}

// A baseline is where the count begins.
type baseline struct {
	lines     int       // the lines before it, which are not counted
	alive     int       // the processes that are alive there
	booting   bool      // one of them is still booting
	exitsFrom time.Time // exits before this time do not count
}

// baseline finds the latest point before the release at which it is known how many processes were alive. That
// is a point after a quiet time as long as a process can hide: only the listed dyno's own process is left
// then. Without such a point the count begins at the first line, with one process, unless that line shows that
// none ran.
func (l *Ledger) baseline(known Known) baseline {
	if known.NothingBefore {
		return baseline{}
	}
	next := known.Now
	for i := len(l.lines) - 1; i >= 0; i-- {
		stamp := l.lines[i].Stamp
		if stamp.Before(known.Released) && !next.Before(known.Renewals.HiddenUntil(stamp, known.Hold)) {
			return l.quietBaseline(i)
		}
		next = stamp
	}
	base := baseline{alive: 1, exitsFrom: known.CompleteFrom}
	if len(l.lines) == 0 {
		return base
	}
	switch first := l.lines[0]; {
	case !known.RanAt.IsZero() && first.Stamp.After(known.RanAt): // the list showed a process before this line
	case first.To == "starting" && first.From != "up", first.Text == "Unidling":
		base.alive = 0
	default:
		// The process can have begun to boot before the log begins, but not long before.
		base.booting = first.From == "starting" && first.Stamp.Sub(known.LogSince) <= known.BootTimeout+StampSlack
	}
	return base
}

// quietBaseline is the baseline behind line i, if a quiet time followed that line.
func (l *Ledger) quietBaseline(i int) baseline {
	base := baseline{lines: i + 1, alive: 1}
	switch l.stateAfter(i) {
	case "starting":
		base.booting = true
	case "crashed", "down", "complete":
		base.alive = 0
	}
	return base
}

// stateAfter is the state of the listed dyno after line i; empty if no line says.
func (l *Ledger) stateAfter(i int) string {
	for ; i >= 0; i-- {
		if l.lines[i].Kind == observe.State {
			return l.lines[i].To
		}
	}
	return ""
}

// quietFrom is when it will have been quiet for so long that the count begins behind the last line; zero if it
// already begins there, or never will.
func (l *Ledger) quietFrom(base baseline, known Known) time.Time {
	n := len(l.lines)
	if known.NothingBefore || base.lines == n || !l.lines[n-1].Stamp.Before(known.Released) {
		return time.Time{}
	}
	return known.Renewals.HiddenUntil(l.lines[n-1].Stamp, known.Hold)
}
