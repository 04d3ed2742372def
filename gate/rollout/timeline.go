// The timeline: the moments that the outputs carry and the summary shows.

package rollout

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

type timeline struct {
	times   Times
	moments []Moment
}

func (t *timeline) add(at time.Time, what string, from Source) {
	t.moments = append(t.moments, Moment{Time: at, What: what, Source: from})
}

const firstOldEnded = "first old dyno ended"

// follow notes what has become of the target and of the fleet. named are the process types that
// the caller names.
func (t *timeline) follow(rel *observe.Release, s *fleetStatus, named []string) {
	if len(t.moments) == 0 {
		t.times.ReleaseCreated = rel.CreatedAt
		t.add(rel.CreatedAt, fmt.Sprintf("release v%d created", rel.Version), FromAPI)
	}
	if rel.Deployed() && t.times.ReleaseFinished.IsZero() {
		t.times.ReleaseFinished = rel.UpdatedAt
		t.add(rel.UpdatedAt, fmt.Sprintf("Heroku calls release v%d finished", rel.Version), FromAPI)
	}
	if t.times.FirstNewUp.IsZero() && !s.firstUp.IsZero() {
		t.times.FirstNewUp = s.firstUp
		t.add(s.firstUp, "first new dyno up", FromAPI)
	}
	if t.times.AllNewUp.IsZero() && s.up >= s.wanted && !s.lastUp.IsZero() {
		t.times.AllNewUp = s.lastUp
		t.add(s.lastUp, fmt.Sprintf("all new dynos up (%d); the dyno list shows %d old", s.up, s.oldListed), FromAPI)
	}
	// A crash of a new one can look like it for a moment, until the next line tells.
	t.times.FirstOldStopped = s.firstStopped
	t.moments = slices.DeleteFunc(t.moments, func(m Moment) bool { return m.What == firstOldEnded })
	if !s.firstStopped.IsZero() {
		t.add(s.firstStopped, firstOldEnded, FromLog)
	}
	switch {
	case s.holdUntil != 0 || len(s.types) == 0 && len(named) > 0:
		t.times.OldGone = time.Time{}
	case t.times.OldGone.IsZero():
		t.times.OldGone = later(t.times.ReleaseFinished, s.oldGone)
	}
}

// close notes that no old dyno runs any more, and how that is known.
func (t *timeline) close(basis Basis, s *fleetStatus) {
	from := FromLog
	if basis == Presumed {
		from = FromLimit
		t.times.OldGone = later(t.times.OldGone, s.oldGone)
	}
	if !t.times.OldGone.IsZero() {
		t.add(t.times.OldGone, "no old dyno runs any more", from)
	}
}
