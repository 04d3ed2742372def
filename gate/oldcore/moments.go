// The moments that the outputs carry, the sums, and the notices.

package oldcore

import (
	"fmt"
	"slices"
	"time"
)

// follow notes the moments that the outputs carry.
func (r *Rollout) follow() {
	t := &r.times
	wanted, up, old := r.sums()
	first, last := r.survey.firstUp, r.survey.lastUp
	if t.FirstNewUp.IsZero() && !first.IsZero() {
		t.FirstNewUp = first
		r.moment(first, "first new dyno up", FromAPI)
	}
	if t.AllNewUp.IsZero() && up >= wanted && !last.IsZero() {
		t.AllNewUp = last
		r.moment(last, fmt.Sprintf("all new dynos up (%d); the dyno list shows %d old", up, r.listed()), FromAPI)
	}
	// A crash of a new one can look like it for a moment, until the next line tells.
	t.FirstOldStopped = r.survey.firstStopped
	r.mark(t.FirstOldStopped, "first old dyno ended", FromLog)
	if old > 0 || r.holding() != 0 || len(r.survey.types) == 0 && len(r.cfg.Types) > 0 {
		t.OldGone = time.Time{}
		return
	}
	if t.OldGone.IsZero() {
		t.OldGone = later(r.lastPresumed(), r.survey.oldGone)
		if t.OldGone.IsZero() {
			t.OldGone = t.ReleaseFinished // there was nothing old
		}
	}
}

func (r *Rollout) sums() (wanted, up, old int) {
	for _, t := range r.survey.types {
		wanted += t.Wanted
		up += t.Up
		old += t.OldListed + t.OldHidden
	}
	return
}

func (r *Rollout) listed() int {
	n := 0
	for _, t := range r.survey.types {
		n += t.OldListed
	}
	return n
}

// holding is the latest end of a hold; 0 if there is none, never if it is open.
func (r *Rollout) holding() time.Duration {
	var until time.Duration
	for _, t := range r.survey.types {
		if t.Basis == "" {
			until = max(until, t.HoldUntil)
		}
	}
	return until
}

func (r *Rollout) notice(s string) {
	if !slices.Contains(r.notices, s) && len(r.notices) < 50 {
		r.notices = append(r.notices, s)
	}
}

// noticeOnce gives a notice that would change from one observation to the next.
func (r *Rollout) noticeOnce(given *bool, s string) {
	if !*given {
		*given = true
		r.notice(s)
	}
}

func (r *Rollout) moment(at time.Time, what string, from Source) {
	r.moments = append(r.moments, Moment{Time: at, What: what, Source: from})
}

// mark keeps the one moment of its kind; a zero time takes it back.
func (r *Rollout) mark(at time.Time, what string, from Source) {
	r.moments = slices.DeleteFunc(r.moments, func(m Moment) bool { return m.What == what })
	if !at.IsZero() {
		r.moment(at, what, from)
	}
}
