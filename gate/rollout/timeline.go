// The timeline: the moments in the outputs and in the summary.

package rollout

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
)

type timeline struct {
	times        Times
	gonePresumed bool // times.OldGone is the end of a hold
	moments      []Moment
	passing      []Moment // moments that the next observation may move or remove
}

func moment(at time.Time, from Source, what string, args ...any) Moment {
	return Moment{Time: at, What: fmt.Sprintf(what, args...), Source: from}
}

func (t *timeline) add(at time.Time, from Source, what string, args ...any) {
	t.moments = append(t.moments, moment(at, from, what, args...))
}

// follow notes what has happened to the target and the fleet. listed is the latest time of which the newest look shows
// the state for certain.
func (t *timeline) follow(rel *observe.Release, s *fleetStatus, listed time.Time) {
	if len(t.moments) == 0 {
		t.times.ReleaseCreated = rel.CreatedAt
		t.add(rel.CreatedAt, FromAPI, "release v%d created", rel.Version)
	}
	if rel.Deployed() && t.times.ReleaseFinished.IsZero() {
		t.times.ReleaseFinished = rel.UpdatedAt
		t.add(rel.UpdatedAt, FromAPI, "Heroku calls release v%d finished", rel.Version)
	}
	if t.times.FirstNewUp.IsZero() && !s.firstUp.IsZero() {
		t.times.FirstNewUp = s.firstUp
		t.add(s.firstUp, FromAPI, "first new dyno up")
	}
	if t.times.AllNewUp.IsZero() && s.up >= s.wanted && !s.lastUp.IsZero() {
		t.times.AllNewUp = s.lastUp
		t.add(s.lastUp, FromAPI, "all new dynos up (%d); the dyno list shows %d old", s.up, s.oldListed)
	}
	if s.oldListed > 0 && listed.After(t.times.OldLastSeen) {
		t.times.OldLastSeen = listed
	}
	t.times.FirstOldStopped, t.times.FirstCrash = s.firstStopped, s.firstCrash.at
	switch {
	case s.holdUntil != 0 || !rel.Deployed():
		t.times.OldGone = time.Time{}
	case t.times.OldGone.IsZero(), t.gonePresumed: // once it is proven, a process that ends later is not old
		t.times.OldGone = t.oldGone(s)
	}
	t.gonePresumed = s.presumed
	t.passing = t.passing[:0]
	t.followPassing(rel, s)
}

// oldGone is when the last old process was gone, but not before Heroku first called the release finished. Zero: there was
// none to end.
func (t *timeline) oldGone(s *fleetStatus) time.Time {
	if s.oldGone.IsZero() || s.oldGone.After(t.times.ReleaseFinished) {
		return s.oldGone
	}
	return t.times.ReleaseFinished
}

// followPassing notes moments that may be wrong until the next line comes: the crash of a new dyno can look like the end
// of an old one.
func (t *timeline) followPassing(rel *observe.Release, s *fleetStatus) {
	if rel.Status == "failed" {
		t.pass(rel.UpdatedAt, FromAPI, "the release phase of v%d failed", rel.Version)
	}
	if !s.firstStopped.IsZero() {
		t.pass(s.firstStopped, FromLog, "first old dyno ended")
	}
	switch first, last := s.firstCrash, s.lastCrash; {
	case s.crashes == 1:
		t.pass(first.at, first.from, "new dyno %s crashed", first.label)
	case s.crashes > 1:
		t.pass(first.at, first.from, "first of %d crashes of new dynos: %s", s.crashes, first.label)
		t.pass(last.at, last.from, "last of %d crashes of new dynos: %s", s.crashes, last.label)
	}
}

func (t *timeline) pass(at time.Time, from Source, what string, args ...any) {
	t.passing = append(t.passing, moment(at, from, what, args...))
}

// close notes at the end of the wait that no old dyno runs any more, if that is known.
func (t *timeline) close(known Knowledge) {
	from := FromLog
	if known == ByLimit {
		from = FromLimit
	}
	if !t.times.OldGone.IsZero() {
		t.pass(t.times.OldGone, from, "%s", known.Words().Moment)
	}
}
