// What is told: sums, moments and notices, and what is being waited for.

package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// follow notes the moments that the outputs carry.
func (r *Rollout) follow() {
	t := &r.times
	wanted, up, old := r.sums()
	var first, last time.Time
	for _, d := range r.dynos {
		if d.UpAt.IsZero() {
			continue
		}
		if first.IsZero() || d.UpAt.Before(first) {
			first = d.UpAt
		}
		if d.UpAt.After(last) {
			last = d.UpAt
		}
	}
	if t.FirstNewUp.IsZero() && !first.IsZero() {
		t.FirstNewUp = first
		r.moment(first, "first new dyno up", FromAPI)
	}
	if t.AllNewUp.IsZero() && up >= wanted && !last.IsZero() {
		t.AllNewUp = last
		r.moment(last, fmt.Sprintf("all new dynos up (%d); the dyno list shows %d old", up, r.listed()), FromAPI)
	}
	t.FirstOldStopped = r.firstStop()
	r.mark(t.FirstOldStopped, "first old dyno ended", FromLog)
	if old > 0 || r.holding() != 0 || len(r.types) == 0 && len(r.cfg.Types) > 0 {
		t.OldGone = time.Time{}
		return
	}
	if t.OldGone.IsZero() {
		t.OldGone = r.lastPresumed()
		for _, d := range r.dynos {
			if d.GoneAt.After(t.OldGone) {
				t.OldGone = d.GoneAt
			}
		}
		if t.OldGone.IsZero() {
			t.OldGone = t.ReleaseFinished // there was nothing old
		}
	}
}

func (r *Rollout) sums() (wanted, up, old int) {
	for _, t := range r.types {
		wanted += t.Wanted
		up += t.Up
		old += t.OldListed + t.OldHidden
	}
	return
}

func (r *Rollout) listed() int {
	n := 0
	for _, t := range r.types {
		n += t.OldListed
	}
	return n
}

// holding is the latest end of a hold; 0 if there is none, never if it is open.
func (r *Rollout) holding() time.Duration {
	var until time.Duration
	for _, t := range r.types {
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

// firstStop is when the first old dyno was seen to end. A crash of a new one can look
// like it for a moment, until the next line tells.
func (r *Rollout) firstStop() time.Time {
	var first time.Time
	for _, lb := range r.fleet.labels {
		if !r.fleet.inScope(lb.typ) {
			continue
		}
		stop := lb.firstStop
		if stop.IsZero() && len(lb.books.entries) > 0 {
			stop = r.fleet.tally(lb, r.now).firstStop
		}
		if !stop.IsZero() && (first.IsZero() || stop.Before(first)) {
			first = stop
		}
	}
	return first
}

// mark keeps the one moment of its kind; a zero time takes it back.
func (r *Rollout) mark(at time.Time, what string, from Source) {
	r.moments = slices.DeleteFunc(r.moments, func(m Moment) bool { return m.What == what })
	if !at.IsZero() {
		r.moment(at, what, from)
	}
}

// Picture is all that is known now.
func (r *Rollout) Picture() Picture {
	p := Picture{
		At: r.now, PlatformNow: r.clock.shown(r.now),
		App: r.fleet.app, Preboot: r.fleet.prebooted(),
		Times: r.times, Log: r.fleet.log, LogSince: r.fleet.logSince, LogReason: r.fleet.logWhy,
		Gaps: slices.Clone(r.gaps), Notices: slices.Clone(r.notices), Dynos: r.dynos,
		Waiting: r.waiting(), SupersededBy: r.target.newerMax,
		RequireProof: r.cfg.RequireProof, Timeout: r.cfg.Timeout,
	}
	if p.App.Name == "" {
		p.App.Name = r.cfg.App
	}
	if o := r.outages[AboutLook]; o != nil {
		p.Trouble = o.reason
	} else if r.refusal != nil {
		p.Trouble = r.refusal.Message
	}
	if rel := r.target.rel; rel != nil {
		p.Target, p.Commit = rel, r.target.codes[rel.Code().ID].Commit
	}
	for _, t := range r.types {
		tp := t.TypePicture
		if tp.Basis != "" || tp.HoldUntil == never {
			tp.HoldUntil = 0
		}
		p.Types = append(p.Types, tp)
		p.HoldUntil = max(p.HoldUntil, tp.HoldUntil)
	}
	p.NewWanted, p.NewUp, p.OldRemaining = r.sums()
	if r.fleet.look != nil {
		for _, d := range r.fleet.look.Dynos {
			if r.fleet.oneOff(d.Type) && !r.fleet.inScope(d.Type) {
				p.OneOff = append(p.OneOff, d)
			}
		}
	}
	p.Moments = slices.Clone(r.moments)
	slices.SortStableFunc(p.Moments, func(a, b Moment) int { return a.Time.Compare(b.Time) })
	return p
}

// waiting says in plain words what is being waited for.
func (r *Rollout) waiting() string {
	rel := r.target.rel
	switch {
	case r.verdict != nil && r.verdict.Result == Passed:
		return ""
	case r.full == nil:
		return "the first look at the app"
	case rel == nil:
		what := r.target.wish() + " to appear"
		if b := r.target.newestBuild(); b != nil && b.Status == "pending" {
			what += " (its build is running)"
		}
		return what
	case rel.Status != "succeeded":
		if rel.Status == "pending" {
			return fmt.Sprintf("the release phase of v%d to end", rel.Version)
		}
		return fmt.Sprintf("release v%d to succeed (%s)", rel.Version, rel.unfinished())
	}
	var parts []string
	for _, t := range r.types {
		if d := t.describe(); d != "" {
			parts = append(parts, d)
		}
	}
	what := strings.Join(parts, "; ")
	if until := r.holding(); until != 0 && r.listed() == 0 {
		if what == "" {
			what = "old dynos that the list does not show"
		}
		for _, t := range r.types {
			if t.Basis == "" && t.HoldUntil == until && t.HoldReason != "" && t.HoldReason != ExitDue {
				what += " (" + t.HoldReason + ")"
				break
			}
		}
	}
	if what == "" && r.cfg.RequireProof && slices.ContainsFunc(r.types, func(t typeStanding) bool { return t.Basis == Presumed }) {
		return "proof that old dynos are gone, which is only presumed"
	}
	if what == "" {
		what = r.doubtful()
	}
	if what == "" && r.cfg.Settle > 0 {
		return "things to stay as they are for " + Short(r.cfg.Settle)
	}
	if what == "" {
		return "a last look at the app"
	}
	return what
}
