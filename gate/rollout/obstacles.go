// Obstacles: everything that keeps the gate shut. The opening, the progress and the message of a time-out all use them.

package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

// An obstacle is one thing that is still missing.
type obstacle struct {
	waits  string // what is waited for
	missed string // what to say of it at the deadline; empty: "still waiting for" that
	next   string // what to do about it then
	reason Reason // of a time-out
	look   bool   // only a look is missing, or the time to settle
}

// updateObstacle updates what keeps the gate shut, what the lists lack, and since when.
func (r *Rollout) updateObstacle() {
	r.listsLack = r.notShown()
	shut := r.findObstacle(&r.status)
	r.obstacle = *cmp.Or(shut, r.lastLook())
	r.unshown.note(r.listsLack != "", r.now)
	r.clear.note(shut == nil, r.now)
	r.shortSince.note(r.roster.short, r.now)
}

// A since is whether something holds, and since when.
type since struct {
	holds bool
	at    time.Duration // 0 if it does not hold
}

// note notes whether it holds at a moment.
func (s *since) note(holds bool, now time.Duration) {
	if !holds {
		*s = since{}
	} else if !s.holds {
		*s = since{true, now}
	}
}

// findObstacle is the first obstacle in a status; nil: there is none, and the gate may open.
func (r *Rollout) findObstacle(s *fleetStatus) *obstacle {
	for _, find := range []func(*fleetStatus) *obstacle{r.noRelease, r.dynosMissing, r.releaseNotShown, r.proofMissing, r.tooLittleKnown} {
		if o := find(s); o != nil {
			return o
		}
	}
	return nil
}

// noRelease: the release is not there, or was not deployed yet.
func (r *Rollout) noRelease(*fleetStatus) *obstacle {
	rel, after := r.target.Release(), r.waitedInWords(r.now)
	switch {
	case rel == nil:
		known, next := r.target.WhyMissing()
		o := &obstacle{
			waits:  r.target.Wish() + " to appear",
			missed: fmt.Sprintf("%s did not appear within %s, and %s", r.target.Wish(), after, known), next: next,
			reason: ReleaseMissing,
		}
		switch tried, instead := r.target.TriedBefore(), r.target.Instead(); {
		case r.outages.absent != "":
			o.waits = fmt.Sprintf("app %q to be there", r.cfg.App)
		case r.lists.full == nil:
			o.waits = firstLook
		case r.target.Building():
			o.waits += " (its build is running)"
		case tried != "":
			o.waits += fmt.Sprintf(" (%s before the gate came; whether it is tried again shows by %s)", tried, observe.Span(release.RetryWindow))
		case instead != "":
			o.waits += " (" + instead + ")"
		}
		return o
	case rel.Status == "pending":
		return &obstacle{
			waits:  fmt.Sprintf("the release phase of v%d to end", rel.Version),
			missed: fmt.Sprintf("release v%d is still pending after %s, since its release phase is not over", rel.Version, after),
			next:   `see what its command does, or raise the input "timeout"`, reason: ReleaseMissing,
		}
	case !rel.Deployed():
		why := r.target.Unfinished()
		return &obstacle{
			waits:  fmt.Sprintf("release v%d to succeed (%s)", rel.Version, why),
			missed: fmt.Sprintf("release v%d did not succeed within %s, since %s", rel.Version, after, why),
			next:   fmt.Sprintf("see what %s says of it, and run the step again", r.client("releases")), reason: ReleaseMissing,
		}
	}
	return nil
}

const firstLook = "the first look at the app"

// dynosMissing: old dynos may run, or fewer new ones are up than are wanted.
func (r *Rollout) dynosMissing(s *fleetStatus) *obstacle {
	var waits []string
	old, up, wanted := false, 0, 0
	for _, t := range s.types {
		if w := t.waits(); w != "" {
			waits = append(waits, w)
		}
		old = old || t.Basis == ""
		up += min(t.Up, t.Wanted)
		wanted += t.Wanted
	}
	o := &obstacle{waits: strings.Join(waits, "; ")}
	switch {
	case old:
		o.waits += r.holdInWords(s, o.waits == "")
		o.reason, o.next = OldDynosRemain, r.nextForOld(s)
	case up < wanted:
		o.reason, o.next = NewDynosMissing, fmt.Sprintf("see why with %s and %s", r.client("ps"), r.client("logs"))
		o.missed = fmt.Sprintf("release v%d has only %d of %d new dynos up after %s", r.target.Release().Version, up, wanted, r.waitedInWords(r.now))
	default:
		return nil
	}
	return o
}

// waits says what is still missing of a type.
func (t *typeStatus) waits() string {
	var parts []string
	if old := t.OldListed + t.OldHidden; old > 0 {
		parts = append(parts, count(old, "old "+t.Type+" dyno")+" to end")
	}
	if missing := t.Wanted - t.Up; missing > 0 {
		parts = append(parts, fmt.Sprintf("%s to be up", count(missing, "new "+t.Type+" dyno")))
	}
	return strings.Join(parts, ", ")
}

// holdInWords says why old dynos that are not listed may run. alone: nothing else is waited for.
func (r *Rollout) holdInWords(s *fleetStatus, alone bool) string {
	until, words := s.holdUntil, ""
	if s.oldListed > 0 {
		return ""
	}
	if alone {
		words = "old dynos that the list does not show"
	}
	i := slices.IndexFunc(s.types, func(t typeStatus) bool {
		return t.HoldUntil == until && t.HoldReason != ExitDue
	})
	if i >= 0 {
		words += " (" + s.types[i].HoldReason + ")"
	}
	return words
}

// nextForOld says what to do about old dynos at the deadline.
func (r *Rollout) nextForOld(s *fleetStatus) string {
	switch until := s.holdUntil; {
	case s.oldListed > 0:
		return fmt.Sprintf("the dyno list still shows old dynos, so see with %s why they do not end, and stop them if they should not run", r.client("ps"))
	case r.cfg.RequireProof && (r.roster.log.state == observe.Broken || slices.ContainsFunc(s.types, func(t typeStatus) bool { return t.HoldUntil == until && passes(t.HoldReason) })):
		return `the dyno list shows no old dyno any more, but the log does not show yet that all have ended, so raise the input "timeout"`
	case r.cfg.RequireProof:
		return `the dyno list shows no old dyno any more, but nothing proves that all have ended, and more time may not help, so deploy again and see that the log can be read whole, or do not require proof`
	default:
		return fmt.Sprintf(`the dyno list shows no old dyno any more, but nothing proves yet that all have ended, and one can run until %s of the wait, so raise the input "timeout" above that`, observe.Span(r.holdEnd(until)))
	}
}

// releaseNotShown: the lists do not show yet that the target runs.
func (r *Rollout) releaseNotShown(*fleetStatus) *obstacle {
	if r.listsLack == "" {
		return nil
	}
	o := &obstacle{waits: r.listsLack, next: fmt.Sprintf("see %s, and run the step again", r.client("releases")), reason: OldDynosRemain}
	if len(r.outages.open) > 0 {
		o.reason = PlatformUnreachable
	}
	return o
}

// notShown says what the lists lack until they show that the deployed target runs, and which code came after it. Empty:
// they lack nothing.
func (r *Rollout) notShown() string {
	if r.awaited() {
		return ""
	}
	if doubt := r.target.NotShown(); doubt != "" {
		return doubt
	}
	for _, d := range r.roster.look.Dynos {
		if d.Version > r.roster.target.version && !r.roster.oneOff(&d) && !r.target.Succeeded(d.Version) {
			return fmt.Sprintf("release v%d, which dynos already run, to be called succeeded", d.Version)
		}
	}
	if name := r.unknownType(); name != "" {
		return fmt.Sprintf("the formation to show the process type %q", name)
	}
	return ""
}

// proofMissing: the caller requires proof, and there is none.
func (r *Rollout) proofMissing(s *fleetStatus) *obstacle {
	if !s.presumed || !r.cfg.RequireProof {
		return nil
	}
	return &obstacle{
		waits:  "proof that old dynos are gone, which is only presumed",
		missed: fmt.Sprintf("it is not proven that every old dyno has ended (%s), and the input \"require-proof\" is set", s.whyPresumed()),
		next:   "see that the log can be read whole, or do not require proof; that none runs any more is only presumed", reason: Unproven,
	}
}

// tooLittleKnown: the gate knows too little to open, and the next looks will show more.
func (r *Rollout) tooLittleKnown(s *fleetStatus) *obstacle {
	// An empty formation counts only if the app never had another one, and only after some time.
	emptyFormation := len(r.lists.full.Formation) == 0 &&
		(r.roster.formationSeen || len(s.types) > 0 || r.now-max(r.roster.firstLook.AskedAt, r.began) < replaceHold)
	o := r.lastLook()
	switch {
	case r.target.Unconfirmed():
		o.waits = fmt.Sprintf("a look %s after the start, since a newer release may not be listed yet", observe.Span(observe.ListLag))
	case r.roster.app.ID == "", r.roster.prebootStale(), emptyFormation, r.listsMayBeLate():
	case r.now < r.unseenTypesUntil():
		o.waits = "old dynos of process types that the release may have dropped"
	default:
		return nil
	}
	return o
}

// listsMayBeLate reports whether the newest full look may lack something from before the release was finished that the
// log does not show either, since it begins later.
func (r *Rollout) listsMayBeLate() bool {
	return !r.roster.logCoversRelease() && r.lists.full.AskedAt < r.roster.sinceFinished(observe.ListLag)
}

// unseenTypesUntil is until when an old dyno may run whose process type nothing has shown, since the release has dropped
// the type: the first look came after the release was finished, and the log begins later, too. It is past if that cannot
// be.
func (r *Rollout) unseenTypesUntil() time.Duration {
	ro, code := r.roster, r.roster.target.firstCode
	noOldCode := !code.Before(ro.target.released) // not so if it is not known, and zero
	if len(r.cfg.Types) > 0 || ro.rolling() || ro.covered || noOldCode || ro.firstLook.AskedAt < ro.sinceFinished(0) {
		return longAgo
	}
	return ro.sinceFinished(replaceHold)
}

// lastLook: nothing is missing but a look that confirms it, or the time to settle.
func (r *Rollout) lastLook() *obstacle {
	o := &obstacle{waits: "a last look at the app", next: `raise the input "timeout"`, reason: OldDynosRemain, look: true}
	if r.cfg.Settle > 0 {
		o.waits = "things to stay as they are for " + observe.Span(r.cfg.Settle).String()
	}
	return o
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
