// The ends of the old processes of one label, if they can be told from the ends of new processes.

package measure

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// doubleWithin is how far apart two lines about the same SIGTERM can be (captures: 0.5 s).
const doubleWithin = time.Second

// stampSlack is how much earlier than the record of its dyno the line about a start can be. The time of a record
// is cut to whole seconds, and comes from another server.
const stampSlack = 2 * time.Second

// ends are the ends of the old processes of one label since the release was finished.
type ends struct {
	// any: there was an old process. If not, the other fields are empty.
	any bool
	// why is the reason why the ends are not known; empty if each was seen.
	why   string
	exits []time.Time
	// kills are the SIGTERMs. There are fewer of them than exits if a line was lost, if a SIGTERM came before
	// the release was finished, or if a process ended by itself.
	kills []time.Time
	stops []time.Duration // from SIGTERM to exit; empty unless each exit belongs to one SIGTERM
}

// A run is what is known of the whole roll-out.
type run struct {
	target   int       // the version of the release
	finished time.Time // when the release was
	fir      bool      // each process has a label of its own
}

// ends finds the ends of the old processes of a label. They are known if the lines can be read in one way
// only: since the release was finished, one process was started under the label, and it is the listed one.
// Then all others are old.
func (l *label) ends(r run, d rollout.DynoPicture) ends {
	e := ends{any: true}
	hadOld := l.hadOldProcess(r)
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
	case !r.fir && d.Version == 0, !hadOld && len(e.exits) == 0 && d.Basis == rollout.Proven:
		return ends{} // the dyno was scaled away, or there was none
	case !hadOld && r.fir:
		return ends{} // a new pod
	case d.Old:
		e.why = "an old process is still listed"
	case d.Basis != rollout.Proven:
		e.why = "not every end is proven"
	case !l.dropped.Before(r.finished):
		e.why = "there were too many lines of the dyno since"
	case len(e.exits) == 0 || len(e.kills) > len(e.exits):
		e.why = "the log does not show every end"
	case !l.allExitsAreOld(r, d, starts):
		e.why = "it is not known which process an exit belongs to"
	default:
		e.stops = stopTimes(e.kills, e.exits)
	}
	return e
}

// allExitsAreOld reports whether all exits belong to old processes: there was an old process, only one
// process was started, and that is the listed one, which has not crashed.
func (l *label) allExitsAreOld(r run, d rollout.DynoPicture, starts []time.Time) bool {
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
	return ups <= 1 && l.hadOldProcess(r) && len(starts) == 1 && !starts[0].Before(l.created.Add(-stampSlack)) && d.State == "up" && d.Version >= r.target
}

// cameUp is when the process came up that was started since the release was finished; false if not exactly
// one was started, or if it did not come up.
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

// since returns the lines at t and later.
func (l *label) since(t time.Time) []line {
	for i, n := range l.lines {
		if !n.at.Before(t) {
			return l.lines[i:]
		}
	}
	return nil
}

// hadOldProcess reports whether an old process is known to have run when the release was finished.
func (l *label) hadOldProcess(r run) bool {
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

// dropDoubles drops SIGTERM lines that came twice, as long as there are more of them than exits.
func (e *ends) dropDoubles() {
	for i := 1; i < len(e.kills) && len(e.kills) > len(e.exits); {
		if e.kills[i].Sub(e.kills[i-1]) <= doubleWithin {
			e.kills = append(e.kills[:i:i], e.kills[i+1:]...)
			continue
		}
		i++
	}
}

// stopTimes are the times from each SIGTERM to its exit; none if it is not clear which belong together.
func stopTimes(kills, exits []time.Time) (stops []time.Duration) {
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
