// What the core tells: the picture of the roll-out and the verdict on it.

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A Picture is all that is known at one moment, for people and for outputs.
// Times of the platform are UTC; zero means that it did not happen, or is not known.
type Picture struct {
	// At is how long the gate has been waiting.
	At time.Duration `json:"at"`
	// HeadStart is for how long the app was watched before the wait began; 0 if it was not.
	HeadStart time.Duration `json:"headStart,omitempty"`
	// PlatformNow is the platform's clock at that moment; zero before its first answer.
	PlatformNow time.Time `json:"platformNow,omitzero"`

	App     observe.App `json:"app"`
	Preboot bool        `json:"preboot"`

	// Target is the release that is waited for; nil until it is known.
	Target *observe.Release `json:"target,omitempty"`
	// Commit is the commit of the target's slug; empty if it has none or it is not known.
	Commit string `json:"commit,omitempty"`
	// MadeBefore: the target was made so long before the gate that a deploy just before it cannot have made it.
	MadeBefore bool `json:"madeBefore,omitempty"`
	// SupersededBy is the version of the newest succeeded release after the target; 0 if none.
	SupersededBy int `json:"supersededBy,omitempty"`

	Types  []TypePicture  `json:"types"`
	Dynos  []DynoPicture  `json:"dynos"`
	OneOff []observe.Dyno `json:"oneOff,omitempty"`

	// Old is how it is known what old code does.
	Old Knowledge `json:"old"`
	// OldRemaining, NewUp and NewWanted are the sums over Types.
	OldRemaining int `json:"oldRemaining"`
	NewUp        int `json:"newUp"`
	NewWanted    int `json:"newWanted"`

	Times Times `json:"times"`

	// Log is how far the log can be relied on; empty before the first word of it.
	Log observe.LogState `json:"log,omitempty"`
	// LogSince is the time from which the log is whole; zero if it is not.
	LogSince time.Time `json:"logSince,omitzero"`
	// LogReason says why the log cannot be relied on.
	LogReason string `json:"logReason,omitempty"`
	// Gaps are the moments at which lines of the log were lost.
	Gaps []Gap `json:"gaps,omitempty"`

	// Waiting says in plain words what is being waited for; empty once the gate is open.
	Waiting string `json:"waiting,omitempty"`
	// HoldUntil is when the last hold is over at the latest, on the clock of At; 0 without a hold,
	// and while its end is not known.
	HoldUntil time.Duration `json:"holdUntil,omitempty"`

	// RequireProof: the end of a hold will not open the gate.
	RequireProof bool `json:"requireProof,omitempty"`
	// Timeout is when the wait ends at the latest, on the clock of At; 0: never.
	Timeout time.Duration `json:"timeout,omitempty"`

	// Trouble is why the lists cannot be read just now, or why the platform refuses; empty if neither is so.
	Trouble string `json:"trouble,omitempty"`

	// Moments is the timeline, oldest first.
	Moments []Moment `json:"moments"`
	// Notices are things that a person should know, said once, oldest first.
	Notices []string `json:"notices,omitempty"`
}

// TypePicture is one process type of the formation.
type TypePicture struct {
	Type   string `json:"type"`
	Wanted int    `json:"wanted"`
	// Up counts new dynos that are up, or asleep.
	Up       int `json:"up"`
	Starting int `json:"starting"`
	Crashed  int `json:"crashed"`
	// OldListed is the number of old dynos in the dyno list, OldHidden of those
	// that are not in it and still count as alive.
	OldListed int `json:"oldListed"`
	OldHidden int `json:"oldHidden"`
	// Basis says how it is known that no old one runs; empty while one may.
	Basis Basis `json:"basis,omitempty"`
	// HoldUntil is when a hold on this type is over at the latest, on the clock of Picture.At; 0 without one.
	HoldUntil time.Duration `json:"holdUntil,omitempty"`
	// HoldReason says why it is, or was, a hold and not proof.
	HoldReason string `json:"holdReason,omitempty"`
	// Limit is, once there is a verdict, the platform's time at which a hold on this type was over, or would
	// have been if nothing of it had been proven; zero where no old process of it could hide.
	Limit time.Time `json:"limit,omitzero"`
}

// DynoPicture is one label: the record in the list, and what is hidden behind it.
type DynoPicture struct {
	Label string `json:"label"`
	Type  string `json:"type"`
	// Version and State are those of the listed record; 0 and empty if there is none.
	Version int    `json:"version,omitempty"`
	State   string `json:"state,omitempty"`
	Old     bool   `json:"old,omitempty"` // the listed record is of an older release
	// Hidden is the number of instances that are not listed and count as alive.
	Hidden int       `json:"hidden,omitempty"`
	Basis  Basis     `json:"basis,omitempty"`
	UpAt   time.Time `json:"upAt,omitzero"`
	// GoneAt is when the last old process of the label ended, or at the latest can have ended; zero if not known.
	GoneAt time.Time `json:"goneAt,omitzero"`
	// Crashes counts crashes of the label since the target's release.
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
	// OldGone is when the last old dyno was gone; if Picture.Old is ByLimit, when it must have been. Zero
	// if one may run, or there was none to end.
	OldGone time.Time `json:"oldGone,omitzero"`
}

// A Gap is a hole in the log.
type Gap struct {
	At     time.Duration `json:"at"`
	Reason string        `json:"reason"`
}

// A Source is where a moment is known from.
type Source string

const (
	FromAPI   Source = "API"
	FromLog   Source = "log"
	FromLimit Source = "presumed" // nothing was seen; a limit of the platform was reached
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
		At: r.waited(r.now), HeadStart: r.headStart(), PlatformNow: r.clock.Shown(r.now),
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
		p.Trouble = brief(o.reason)
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
	slices.SortStableFunc(p.Moments, func(a, b Moment) int { return a.Time.Compare(b.Time) })
	return p
}

// headStart is for how long the app was watched before the wait began.
func (r *Rollout) headStart() time.Duration {
	if r.ahead() {
		return 0
	}
	return r.began
}

// gaps are those of the log, on the clock of Picture.At.
func (r *Rollout) gaps() []Gap {
	gaps := slices.Clone(r.roster.log.gaps)
	for i := range gaps {
		gaps[i].At = r.waited(gaps[i].At)
	}
	return gaps
}

// dynoPictures are those of all labels in scope, as of the newest observation; none before the
// first judgement.
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
