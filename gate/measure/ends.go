// The ends of the old processes of one label, as far as they can be told from those of new ones.

package measure

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// sameLine is how far apart a SIGTERM line and its double can be (captures: 0.5 s).
const sameLine = time.Second

// A record is in whole seconds, cut; the stamps of two servers may differ by so much.
const stampSlack = 2 * time.Second

// ends are those of one label since the release was finished.
type ends struct {
	// any: an old process was there to end. No other field counts if not.
	any bool
	// why the ends cannot be told; empty if each was seen.
	why   string
	exits []time.Time
	// kills are the SIGTERMs. There are fewer of them than exits if one was lost, if it came before, or
	// if a process ended by itself.
	kills []time.Time
	stops []time.Duration // from SIGTERM to exit, where each exit can be told to belong to one
}

// A run is what ends are told of.
type run struct {
	target   int
	finished time.Time
	fir      bool // each process has a label of its own
}

// ends are told where there is one way to read the lines: since the release was finished one process was
// started under the label, and it is the one that is listed, so that all that have ended are old.
func (l *label) ends(r run, d rollout.DynoPicture) ends {
	e := ends{any: true}
	was := l.before(r)
	var starts []time.Time
	for _, n := range l.since(r.finished) {
		switch n.kind {
		case observe.Start:
			starts = append(starts, n.at)
		case observe.Sigterm:
			e.kills = append(e.kills, n.at)
		case observe.Exit:
			e.exits = append(e.exits, n.at)
		}
	}
	e.dropDoubles()
	switch {
	case !r.fir && d.Version == 0, !was && len(e.exits) == 0 && d.Basis == rollout.Proven:
		return ends{} // it was scaled away, or nothing was there
	case !was && r.fir:
		return ends{} // a new pod, whatever became of it
	case d.Old:
		e.why = "an old process is still listed"
	case d.Basis != rollout.Proven:
		e.why = "not every end is proven"
	case !l.dropped.Before(r.finished):
		e.why = "too much has happened since"
	case len(e.exits) == 0 || len(e.kills) > len(e.exits):
		e.why = "the log does not show every end"
	case !l.toldApart(r, d, starts):
		e.why = "whose exit it was cannot be told"
	default:
		e.stops = pairs(e.kills, e.exits)
	}
	return e
}

// toldApart reports whether all exits are those of old processes: there was one, and the only one that was
// started is the listed one, which has not crashed.
func (l *label) toldApart(r run, d rollout.DynoPicture, starts []time.Time) bool {
	if r.fir {
		return len(starts) == 0
	}
	ups := 0
	for _, n := range l.since(r.finished) {
		switch n.to {
		case "up":
			ups++
		case "crashed":
			return false
		}
	}
	return ups <= 1 && l.before(r) && len(starts) == 1 && !starts[0].Before(l.created.Add(-stampSlack)) && d.State == "up" && d.Version >= r.target
}

// cameUp is when the one process that was started since the release was finished came up; false if there
// was another number of them.
func (l *label) cameUp(finished time.Time) (at time.Time, once bool) {
	starts := 0
	for _, n := range l.since(finished) {
		switch {
		case n.kind == observe.Start:
			starts++
		case n.to == "up":
			at = n.at
		}
	}
	return at, starts == 1 && !at.IsZero()
}

// since are the lines of a time and later.
func (l *label) since(t time.Time) []line {
	for i, n := range l.lines {
		if !n.at.Before(t) {
			return l.lines[i:]
		}
	}
	return nil
}

// before reports whether an old process is known to have run when the release was finished.
func (l *label) before(r run) bool {
	for _, n := range l.since(r.finished) {
		if n.to == "starting" {
			return n.from == "up"
		}
	}
	for version, state := range l.states {
		if version < r.target && (state == "up" || state == "starting") {
			return true
		}
	}
	return false
}

// dropDoubles leaves out SIGTERM lines that came twice, as far as there are more of them than exits.
func (e *ends) dropDoubles() {
	for i := 1; i < len(e.kills) && len(e.kills) > len(e.exits); {
		if e.kills[i].Sub(e.kills[i-1]) <= sameLine {
			e.kills = append(e.kills[:i:i], e.kills[i+1:]...)
			continue
		}
		i++
	}
}

// pairs are the times from each SIGTERM to its exit; none if they cannot be told to belong together.
func pairs(kills, exits []time.Time) (stops []time.Duration) {
	if len(kills) != len(exits) {
		return nil
	}
	for i := range kills {
		if exits[i].Before(kills[i]) || i+1 < len(kills) && kills[i+1].Before(exits[i]) {
			return nil
		}
		stops = append(stops, exits[i].Sub(kills[i]))
	}
	return stops
}
