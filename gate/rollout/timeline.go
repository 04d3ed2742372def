// The timeline: the moments in the outputs and in the summary.

package rollout

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

type timeline struct {
	times        Times
	gonePresumed bool // times.OldGone is the end of a hold
	moments      moments
	passing      moments // moments that the next observation may move or remove
}

type moments []Moment

func byTime(a, b Moment) int { return a.Time.Compare(b.Time) }

func (m *moments) mark(at time.Time, from Source, what string, args ...any) {
	*m = append(*m, Moment{Time: at, What: fmt.Sprintf(what, args...), Source: from})
}

// follow notes what has happened to the target and the fleet. listed is the latest time of which the newest look shows
// the state for certain.
func (t *timeline) follow(rel *observe.Release, s *fleetStatus, listed time.Time) {
	if len(t.moments) == 0 {
		t.times.ReleaseCreated = rel.CreatedAt
		t.moments.mark(rel.CreatedAt, FromAPI, "release v%d created", rel.Version)
	}
	if rel.Deployed() && t.times.ReleaseFinished.IsZero() {
		t.times.ReleaseFinished = later(rel.CreatedAt, rel.UpdatedAt) // the platform may not say when
		t.moments.mark(t.times.ReleaseFinished, FromAPI, "Heroku calls release v%d finished", rel.Version)
	}
	if t.times.FirstNewUp.IsZero() && !s.firstUp.IsZero() {
		t.times.FirstNewUp = s.firstUp
		t.moments.mark(s.firstUp, FromAPI, "first new dyno up")
	}
	if t.times.AllNewUp.IsZero() && s.up >= s.wanted && !s.lastUp.IsZero() {
		t.times.AllNewUp = s.lastUp
		t.moments.mark(s.lastUp, FromAPI, "all new dynos up (%d); the dyno list shows %d old", s.up, s.oldListed)
	}
	if s.oldListed > 0 && listed.After(t.times.OldLastSeen) {
		t.times.OldLastSeen = listed
	}
	t.times.FirstOldStopped = s.firstStopped
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
		t.passing.mark(rel.UpdatedAt, FromAPI, "the release phase of v%d failed", rel.Version)
	}
	if !s.firstStopped.IsZero() {
		t.passing.mark(s.firstStopped, FromLog, "first old dyno ended")
	}
	t.times.FirstCrash = time.Time{}
	if n := len(s.crashes); n > 0 {
		first, last := slices.MinFunc(s.crashes, byTime), slices.MaxFunc(s.crashes, byTime)
		t.times.FirstCrash = first.Time
		if n == 1 {
			t.passing.mark(first.Time, first.Source, "new dyno %s crashed", first.What)
			return
		}
		t.passing.mark(first.Time, first.Source, "first of %d crashes of new dynos: %s", n, first.What)
		t.passing.mark(last.Time, last.Source, "last of %d crashes of new dynos: %s", n, last.What)
	}
}

// close notes at the end of the wait that no old dyno runs any more, if that is known.
func (t *timeline) close(known Knowledge) {
	from := FromLog
	if known == ByLimit {
		from = FromLimit
	}
	if !t.times.OldGone.IsZero() {
		t.passing.mark(t.times.OldGone, from, "%s", known.Words().Moment)
	}
}
