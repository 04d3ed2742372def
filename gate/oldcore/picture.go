// What the core tells: the picture of the roll-out and the verdict on it.

package oldcore

import (
	"fmt"
	"slices"
	"strings"
)

// Picture is all that is known now.
func (r *Rollout) Picture() Picture {
	p := Picture{
		At: r.now, PlatformNow: r.clock.shown(r.now),
		App: r.fleet.app, Preboot: r.fleet.prebooted(),
		Times: r.times, Log: r.fleet.log, LogSince: r.fleet.logSince, LogReason: r.fleet.logWhy,
		Gaps: slices.Clone(r.gaps), Notices: slices.Clone(r.notices), Dynos: r.fleet.dynos(),
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
	for _, t := range r.survey.types {
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
		return fmt.Sprintf("release v%d to succeed (%s)", rel.Version, unfinished(rel))
	}
	var parts []string
	for _, t := range r.survey.types {
		if d := describe(&t.TypePicture); d != "" {
			parts = append(parts, d)
		}
	}
	what := strings.Join(parts, "; ")
	if until := r.holding(); until != 0 && r.listed() == 0 {
		if what == "" {
			what = "old dynos that the list does not show"
		}
		for _, t := range r.survey.types {
			if t.Basis == "" && t.HoldUntil == until && t.HoldReason != "" && t.HoldReason != ExitDue {
				what += " (" + t.HoldReason + ")"
				break
			}
		}
	}
	if what == "" {
		what = r.doubtful() // difference 1: a doubt about the release is told before missing proof
	}
	if what == "" && r.cfg.RequireProof && slices.ContainsFunc(r.survey.types, func(t typeStanding) bool { return t.Basis == Presumed }) {
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
