// The picture: everything that is known at one moment, for people and outputs.

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A Picture is everything that is known at one moment. Times of the platform are UTC. A time is zero if the event did not
// happen or is not known.
type Picture struct {
	// At is how long the wait has lasted.
	At time.Duration `json:"at"`
	// HeadStart is how long the gate watched the app before the wait began. 0: it did not.
	HeadStart time.Duration `json:"headStart,omitempty"`
	// PlatformNow is the platform's time. Zero before the first answer.
	PlatformNow time.Time `json:"platformNow,omitzero"`

	App     observe.App `json:"app"`
	Preboot bool        `json:"preboot"`

	// Target is the release that the gate waits for. nil: not known yet.
	Target *observe.Release `json:"target,omitempty"`
	// Commit is the commit of the target's code. Empty: it has none, or it is not known.
	Commit string `json:"commit,omitempty"`
	// MadeBefore: the target is so old that a deploy just before the gate did not make it.
	MadeBefore bool `json:"madeBefore,omitempty"`
	// SupersededBy is the version of the newest deployed release after the target. 0: there is none.
	SupersededBy int `json:"supersededBy,omitempty"`

	Types  []TypePicture  `json:"types"`
	Dynos  []DynoPicture  `json:"dynos"`
	OneOff []observe.Dyno `json:"oneOff,omitempty"`

	// Old says whether old code runs, and how that is known.
	Old Knowledge `json:"old"`
	// OldRemaining, NewUp and NewWanted are the sums over Types.
	OldRemaining int `json:"oldRemaining"`
	NewUp        int `json:"newUp"`
	NewWanted    int `json:"newWanted"`

	Times Times `json:"times"`

	// Log is the state of the log stream. Empty: not known yet.
	Log observe.LogState `json:"log,omitempty"`
	// LogSince is the time from which on the log is whole. Zero: it is not.
	LogSince time.Time `json:"logSince,omitzero"`
	// LogReason says why the log cannot be relied on. Empty: it can.
	LogReason string `json:"logReason,omitempty"`
	// Gaps are the gaps of the log.
	Gaps []Gap `json:"gaps,omitempty"`

	// Waiting says what the gate waits for. Empty when the gate is open.
	Waiting string `json:"waiting,omitempty"`
	// HoldUntil is when the last hold is over, in the time of At. 0: there is no hold, or its end is not known.
	HoldUntil time.Duration `json:"holdUntil,omitempty"`

	// RequireProof: the end of a hold does not open the gate.
	RequireProof bool `json:"requireProof,omitempty"`
	// Timeout is when the wait ends at the latest, in the time of At. 0: there is no timeout.
	Timeout time.Duration `json:"timeout,omitempty"`

	// Trouble says why the lists cannot be read now, or why the platform refuses. Empty: there is no trouble.
	Trouble string `json:"trouble,omitempty"`

	// Moments is the timeline, oldest first.
	Moments []Moment `json:"moments"`
	// Notices are what people should know besides, oldest first.
	Notices []string `json:"notices,omitempty"`
}

// TypePicture is one process type of the formation.
type TypePicture struct {
	Type   string `json:"type"`
	Wanted int    `json:"wanted"`
	// Up counts new dynos that are up or asleep.
	Up       int `json:"up"`
	Starting int `json:"starting"`
	Crashed  int `json:"crashed"`
	// OldListed is the number of old dynos in the dyno list. OldHidden is the number of old processes that are not in it
	// and count as alive.
	OldListed int `json:"oldListed"`
	OldHidden int `json:"oldHidden"`
	// Basis says how it is known that no old dyno runs. Empty: one may run.
	Basis Basis `json:"basis,omitempty"`
	// HoldUntil is when the hold on this type is over, in the time of Picture.At. 0: there is no hold.
	HoldUntil time.Duration `json:"holdUntil,omitempty"`
	// HoldReason says why there is, or was, a hold and no proof.
	HoldReason string `json:"holdReason,omitempty"`
	// Limit is, with a verdict, when the hold on this type was over in the platform's time, or would have been without
	// proof. Zero: no old process of it could hide.
	Limit time.Time `json:"limit,omitzero"`
}

// DynoPicture is one label: its record in the list, and what may be hidden behind it.
type DynoPicture struct {
	Label string `json:"label"`
	Type  string `json:"type"`
	// Version and State are those of the record. 0 and empty: there is none.
	Version int    `json:"version,omitempty"`
	State   string `json:"state,omitempty"`
	Old     bool   `json:"old,omitempty"` // the record is of an older release
	// Hidden is the number of processes that are not listed and count as alive.
	Hidden int       `json:"hidden,omitempty"`
	Basis  Basis     `json:"basis,omitempty"`
	UpAt   time.Time `json:"upAt,omitzero"`
	// GoneAt is when the last old process of the label ended, or must have ended. Zero: not known.
	GoneAt time.Time `json:"goneAt,omitzero"`
	// Crashes counts the crashes since the target's release.
	Crashes int `json:"crashes,omitempty"`
}

// Times are the moments that the outputs carry.
type Times struct {
	ReleaseCreated  time.Time `json:"releaseCreated,omitzero"`
	ReleaseFinished time.Time `json:"releaseFinished,omitzero"`
	FirstNewUp      time.Time `json:"firstNewUp,omitzero"`
	AllNewUp        time.Time `json:"allNewUp,omitzero"`
	// FirstCrash is the first crash of a new dyno.
	FirstCrash      time.Time `json:"firstCrash,omitzero"`
	FirstOldStopped time.Time `json:"firstOldStopped,omitzero"`
	// OldLastSeen is the last moment at which an old dyno is known to have run.
	OldLastSeen time.Time `json:"oldLastSeen,omitzero"`
	// OldGone is when the last old dyno was gone, or must have been gone if Picture.Old is ByLimit. Zero: one may run, or
	// there was none to end.
	OldGone time.Time `json:"oldGone,omitzero"`
}

// A Gap is where lines of the log were lost.
type Gap struct {
	At     time.Duration `json:"at"`
	Reason string        `json:"reason"`
}

// A Source is where a moment is known from.
type Source string

const (
	FromAPI   Source = "API"
	FromLog   Source = "log"
	FromLimit Source = "presumed" // nothing was seen: a limit of the platform is over
)

// A Moment is one line of the timeline.
type Moment struct {
	// Time is the platform's time of it.
	Time   time.Time `json:"time"`
	What   string    `json:"what"`
	Source Source    `json:"source"`
}

// Picture is all that is known now.
func (r *Rollout) Picture() Picture {
	p := Picture{
		At: r.waited(r.now), HeadStart: r.now - r.waited(r.now), PlatformNow: r.clock.Shown(r.now),
		App: r.roster.app, Preboot: r.roster.prebooted(), Target: r.target.Release(), MadeBefore: r.target.MadeBefore(),
		SupersededBy: r.target.SupersededBy(), Old: r.oldCode(),
		Times: r.timeline.times, Moments: slices.Concat(r.timeline.moments, r.timeline.passing),
		Log: r.roster.log.state, LogSince: r.roster.log.since, LogReason: r.roster.log.reason,
		Gaps: r.gaps(), Notices: slices.Clone(r.notices), Dynos: r.dynoPictures(),
		RequireProof: r.cfg.RequireProof, Timeout: r.cfg.Timeout,
	}
	p.Times.OldLastSeen = later(p.Times.OldLastSeen, r.status.lastStopped)
	if r.verdict == nil || r.verdict.Result != Passed {
		p.Waiting = r.obstacle.waits
	}
	p.App.Name = cmp.Or(p.App.Name, r.cfg.App)
	if p.Target != nil {
		p.Commit = r.target.Commit()
	}
	if o := r.outages.open[observe.AboutLook]; o != nil {
		p.Trouble = brief(o.newest.Message)
	} else if no := r.outages.refusal; no != nil {
		p.Trouble = brief(no.Message)
	}
	for _, t := range r.status.types {
		tp := t.TypePicture
		switch tp.HoldUntil {
		case 0:
		case observe.Never:
			tp.HoldUntil = 0
		default:
			tp.HoldUntil = r.holdEnd(tp.HoldUntil)
		}
		if r.verdict != nil {
			tp.Limit = r.limitOf(tp.Type)
		}
		p.Types = append(p.Types, tp)
		p.HoldUntil = max(p.HoldUntil, tp.HoldUntil)
	}
	p.NewWanted, p.NewUp, p.OldRemaining = r.status.wanted, r.status.up, r.status.old
	if r.roster.look != nil {
		for _, d := range r.roster.look.Dynos {
			if r.roster.oneOff(&d) && !r.cfg.IncludeOneOff {
				p.OneOff = append(p.OneOff, d)
			}
		}
	}
	slices.SortStableFunc(p.Moments, byTime)
	return p
}

// dynoPictures are the pictures of all labels in scope. There are none before the first judgement.
func (r *Rollout) dynoPictures() []DynoPicture {
	all := make([]DynoPicture, 0, len(r.status.labels))
	for i := range r.status.labels {
		all = append(all, r.status.labels[i].picture())
	}
	return all
}

func (l *labelStatus) picture() DynoPicture {
	lb := l.label
	d := DynoPicture{
		Label: lb.name, Type: lb.typ.name, Hidden: l.hidden, Basis: l.basis, UpAt: lb.upAt, GoneAt: l.goneAt, Old: l.oldRecord,
		Crashes: len(l.balance.CrashesAfter(l.roster.target.released)),
	}
	if rec := lb.record; rec != nil {
		d.Version, d.State = rec.Version, rec.State
	}
	return d
}

// limitOf is when the hold on a process type is over, or would be over without any proof. Zero: the list shows an old
// dyno of it, or none of it can hide.
func (r *Rollout) limitOf(typ string) time.Time {
	var last time.Duration
	for i := range r.status.labels {
		e := &r.status.labels[i].evidence
		switch {
		case e.label.typ.name != typ || e.noOldPossible:
		case e.listedOld:
			return time.Time{}
		case r.roster.fir() || e.label.typ.oneOff:
			if r.roster.wasOld(e.label) {
				last = max(last, e.podLimit())
			}
		default:
			last = max(last, e.limit)
		}
	}
	for _, t := range r.roster.typesInScope() {
		if t.name == typ && !t.oneOff {
			last = max(last, r.roster.judgeNeverListed(t, &timer{now: r.now}).until)
		}
	}
	if last == 0 {
		return time.Time{}
	}
	if _, _, known := r.clock.Starts(); !known { // an answer has a wrong date
		return r.clock.Shown(last)
	}
	return r.clock.Platform(last)
}
