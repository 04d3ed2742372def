// How long things take: what the scenario says, and the defaults.

package herokusim

import "time"

// times is a Timing for one label, with all defaults.
type times struct {
	turn, start, up time.Duration // start and up count from the turn
	term, stop      time.Duration // of the old process; stop counts from term
	status          int
	crash           Crashes
	r10             bool
	back            time.Duration
	leaveHidden     bool
}

// Heroku kills a process that does not end within grace after SIGTERM. It has ended a moment later,
// after killed.
const (
	grace  = 30 * time.Second
	killed = grace + 57*time.Millisecond
)

// stopTime is how long a process really lives after SIGTERM.
func stopTime(stop time.Duration) time.Duration {
	if stop >= grace {
		return killed
	}
	return stop
}

// times computes the timing of label i of n. What the event says comes before what
// the process type says, and that before the defaults.
func (p *play) times(typ string, event map[string]Timing, i, n int) times {
	said := event[typ]
	if p.prebooted(typ) {
		said = said.withDefaults(p.sc.Types[typ].Preboot)
	}
	said = said.withDefaults(p.sc.Types[typ].Timing)
	pick := func(s *Span, otherwise time.Duration) time.Duration {
		if s == nil {
			return otherwise
		}
		return s.Of(i, n)
	}
	t := times{crash: said.Crash, r10: said.R10, leaveHidden: said.LeaveHidden, status: 143, back: 20 * time.Minute}
	usualUp := 4 * time.Second
	if p.space() {
		usualUp, t.back = 20*time.Second, 0 // no rest after crashes in spaces
	}
	t.up = pick(said.Up, usualUp)
	t.start = pick(said.Start, min(1100*time.Millisecond, t.up/2))
	if t.up <= t.start {
		t.up = t.start + time.Second
	}
	if said.Turn != nil || p.space() {
		t.turn = pick(said.Turn, p.quarterTurn(said, usualUp, i, n))
	}
	t.stop = pick(said.Stop, 150*time.Millisecond)
	switch {
	case said.Exit != nil:
		t.term = max(0, said.Exit.Of(i, n)-stopTime(t.stop))
		t.stop = min(t.stop, said.Exit.Of(i, n))
	case said.Term != nil:
		t.term = said.Term.Of(i, n)
	case p.fir():
		t.term = t.up + 500*time.Millisecond
	case p.prebooted(typ):
		t.term = p.bootTimeout() + 130*time.Second + time.Duration(i)*11*time.Second
	default:
		t.term = 900 * time.Millisecond
	}
	if said.Status != nil {
		t.status = *said.Status
	}
	if said.Back != nil {
		t.back = *said.Back
	}
	return t
}

// removalTimes is the timing of a label that is removed. Neither preboot nor the process
// type's usual time until SIGTERM matters, since no new process replaces the old one.
func (p *play) removalTimes(typ string, event map[string]Timing, i, n int) times {
	said := event[typ]
	if said.Term == nil && said.Exit == nil {
		said.Term = After(900 * time.Millisecond)
	}
	return p.times(typ, map[string]Timing{typ: said}, i, n)
}

// quarterTurn is when label i turns in a roll-out by quarters. Each quarter turns a
// second after the one before is up.
func (p *play) quarterTurn(said Timing, usualUp time.Duration, i, n int) time.Duration {
	size := max(1, (n+3)/4)
	var turn time.Duration
	for last := size - 1; last < i; last += size {
		up := usualUp
		if said.Up != nil {
			up = max(said.Up.Of(last, n), said.Up.Of(last-size+1, n))
		}
		turn += up + time.Second
	}
	return turn
}

// withDefaults fills what t does not say from another Timing.
func (t Timing) withDefaults(other Timing) Timing {
	or := func(mine, others *Span) *Span {
		if mine != nil {
			return mine
		}
		return others
	}
	if t.Term == nil && t.Exit == nil {
		t.Term, t.Exit = other.Term, other.Exit
	}
	t.Turn, t.Start, t.Up, t.Stop = or(t.Turn, other.Turn), or(t.Start, other.Start), or(t.Up, other.Up), or(t.Stop, other.Stop)
	if t.Status == nil {
		t.Status = other.Status
	}
	if t.Crash == 0 {
		t.Crash, t.R10 = other.Crash, other.R10
	}
	if t.Back == nil {
		t.Back = other.Back
	}
	t.LeaveHidden = t.LeaveHidden || other.LeaveHidden
	return t
}
