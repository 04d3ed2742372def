// The end of the time: what was still missing, and what to do about it.

package oldcore

import (
	"fmt"
	"slices"
	"time"
)

func (r *Rollout) timedOut() *Verdict {
	v := &Verdict{Result: TimedOut}
	wanted, up, old := r.sums()
	rel := r.target.rel
	after := Short(r.now)
	why, unreachable := r.unreachable()
	switch {
	case unreachable:
		v.Reason = PlatformUnreachable
		said := ""
		if why != "" {
			said = " (" + why + ")"
		}
		v.Message = fmt.Sprintf("Heroku's API gave no usable answer%s: see https://status.heroku.com, and run the step again", said)
	case rel == nil:
		v.Reason = ReleaseMissing
		v.Message = fmt.Sprintf("%s did not appear within %s, and %s", r.target.wish(), after, r.whyMissing())
	case rel.Status == "pending":
		v.Reason = ReleaseMissing
		v.Message = fmt.Sprintf("release v%d is still pending after %s, since its release phase is not over: see what its command does, or raise the input \"timeout\"", rel.Version, after)
	case rel.Status != "succeeded":
		v.Reason = ReleaseMissing
		v.Message = fmt.Sprintf("release v%d did not succeed within %s, since %s: see \"heroku releases\"", rel.Version, after, unfinished(rel))
	case old > 0 || r.holding() != 0:
		v.Reason = OldDynosRemain
		next := "see why old dynos do not end"
		switch until := r.holding(); {
		case r.listed() > 0:
			next = "\"heroku ps\" still lists old dynos, so see why they do not end"
		case until == never || until <= r.now:
		case r.cfg.RequireProof:
			next = "no longer listed by \"heroku ps\", and not proven by the log to have ended, so see that it can be read whole, or raise the input \"timeout\""
		default:
			next = fmt.Sprintf("no longer listed by \"heroku ps\", but counted as alive for want of proof until %s of the wait, so raise the input \"timeout\" above that", Short(until))
		}
		v.Message = fmt.Sprintf("still waiting after %s for %s: %s", after, orNothing(r.waiting()), next)
	case r.missing() > 0: // difference 2: of any type, also where another has more than it wants
		up = wanted - r.missing()
		v.Reason = NewDynosMissing
		v.Message = fmt.Sprintf("release v%d has only %d of %s up after %s: see why with \"heroku ps\" and \"heroku logs\"", rel.Version, up, count(wanted, "new dyno"), after)
	case r.doubtful() != "":
		v.Reason = OldDynosRemain
		if len(r.outages) > 0 {
			v.Reason = PlatformUnreachable
		}
		v.Message = fmt.Sprintf("still waiting after %s for %s: see \"heroku releases\", and run the step again", after, r.doubtful())
	case r.cfg.RequireProof && slices.ContainsFunc(r.survey.types, func(t typeStanding) bool { return t.Basis == Presumed }): // difference 3: only if it is missing
		v.Reason = Unproven
		v.Message = fmt.Sprintf("no old dyno can be running any more, but that is presumed and not proven (%s), and the input \"require-proof\" is set: see that the log can be read whole, or do not require proof", r.unproven())
	case r.cfg.Settle > 0:
		v.Reason = OldDynosRemain
		v.Message = fmt.Sprintf("after %s everything had not held for the %s of the input \"settle\" yet: raise the input \"timeout\"", after, Short(r.cfg.Settle))
	default:
		v.Reason = OldDynosRemain
		v.Message = fmt.Sprintf("after %s there was no last look yet that confirms that old dynos are gone: raise the input \"timeout\"", after)
	}
	return v
}

// whyMissing says what is known of a release that did not appear, and what to do.
func (r *Rollout) whyMissing() string {
	t := r.target
	newest := "the app has no release yet"
	if t.releases.newest > 0 {
		newest = fmt.Sprintf("the newest release is v%d", t.releases.newest)
	}
	next := fmt.Sprintf("check the input %q, and that the deploy was started", t.input())
	if r.cfg.Want.Commit != "" {
		b := t.newestBuild()
		switch {
		case t.noCommits():
			next = noCommits
		case b != nil && b.Status == "pending":
			next = "its build is still running, so raise the input \"timeout\""
		case t.earlier() != nil:
			next = fmt.Sprintf("v%d carried it and is not what runs any more, so deploy the commit again, or ask the gate of the newer deploy", t.earlier().Version)
		case t.built && b == nil:
			next = "no build of it was seen, so " + next
		}
	}
	return newest + ": " + next
}

// unproven is why a type is only presumed to be clear.
func (r *Rollout) unproven() string {
	for _, t := range r.survey.types {
		if t.Basis == Presumed && t.HoldReason != "" {
			return t.HoldReason
		}
	}
	return "its end was not seen"
}

func orNothing(s string) string {
	if s == "" {
		return "the first look at the app"
	}
	return s
}

// Short is d in whole seconds as people write it: 12s, 1m05s, 1h02m05s.
func Short(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s >= 3600:
		return fmt.Sprintf("%s%dh%02dm%02ds", sign, s/3600, s/60%60, s%60)
	case s >= 60:
		return fmt.Sprintf("%s%dm%02ds", sign, s/60, s%60)
	case s == 0:
		return "0s"
	}
	return fmt.Sprintf("%s%ds", sign, s)
}

func (r *Rollout) missing() int {
	n := 0
	for _, t := range r.survey.types {
		n += max(0, t.Wanted-t.Up)
	}
	return n
}
