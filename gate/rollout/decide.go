// The decision: what ends the wait, and in which order that is checked.

package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/spelling"
)

// If lists have been missing for this long at the deadline, only they are blamed for the time-out.
const platformSilent = time.Minute

// decide checks in this order how the wait may end:
//
//  1. the platform refuses to answer, or the gate itself has failed
//  2. the caller interrupts
//  3. an input names something that does not exist
//  4. the deploy failed: its build, its release phase
//  5. other code came after it: rolled back, superseded
//  6. new dynos crash
//  7. there is no obstacle: the gate opens
//  8. the deadline
//
// It changes nothing. It returns nil if the gate has to wait, and during a head start, which only observes.
func (r *Rollout) decide() *Verdict {
	if r.ahead() && r.end == "" && (r.outages.refusal == nil || r.outages.refusal.Kind != observe.Internal) {
		return nil
	}
	for _, ending := range []func() *Verdict{r.refused, r.interrupted, r.badInput, r.failedDeploy, r.otherCode, r.crashed, r.open, r.timedOut} {
		if v := ending(); v != nil {
			return v
		}
	}
	return nil
}

// interrupted also says what is known of old code, if it is certain which release is the target and what came after it.
func (r *Rollout) interrupted() *Verdict {
	if r.end != observe.Interrupt {
		return nil
	}
	known := r.oldCode()
	if r.unshown.holds || r.lists.full == nil || r.tooLittleKnown(&r.status) != nil {
		known = NotKnown
	}
	return newVerdict(Interrupted, "interrupted while waiting for %s: %s", r.obstacle.waits, known.Words().State)
}

func (r *Rollout) refused() *Verdict {
	t := r.outages.refusal
	switch {
	case t == nil:
		return nil
	case t.Kind == observe.Unauthorized:
		return newVerdict(KeyUnauthorized, "Heroku does not accept the API key (%s): check the input \"api-key\", and whether the key has expired or was revoked", t.Message)
	case t.Kind == observe.Forbidden:
		return newVerdict(KeyForbidden, "the API key may not see app %q (%s): give it the scope \"read\" and access to the app", r.cfg.App, t.Message)
	case t.Kind == observe.CannotConnect:
		return newVerdict(CannotConnect, "there is no way to Heroku's API (%s): check the input \"api-url\", and the runner's name server, proxy and certificates", t.Message)
	case t.Kind == observe.Internal:
		return newVerdict(InternalFailure, "the gate itself failed (%s): report it, with a recording made by the input \"record\"", t.Message)
	case r.outages.answered:
		return newVerdict(AppNotFound, "app %q is not there any more, or this API key may not see it any more (%s): see whether it was deleted, or its access changed", r.cfg.App, t.Message)
	}
	return newVerdict(AppNotFound, "there is no app %q that this API key can see (%s): check the input \"app\", and whose key it is; for an app that is still to be made, set \"wait-for-app\"", r.cfg.App, t.Message)
}

func (r *Rollout) badInput() *Verdict {
	bad := r.target.WrongWant()
	if name := r.unknownType(); name != "" && r.typesDue() {
		bad = r.noSuchType(name) + ": correct the input \"process-types\""
	}
	if bad == "" {
		return nil
	}
	return newVerdict(InvalidInput, "%s", bad)
}

// unknownType is a process type that the caller named and no formation had. Empty: there is none, or no formation yet.
func (r *Rollout) unknownType() string {
	if r.lists.full == nil || len(r.lists.full.Formation) == 0 {
		return ""
	}
	for _, name := range r.cfg.Types {
		if t := r.roster.types[name]; t == nil || !t.inFormation {
			return name
		}
	}
	return ""
}

// noSuchType is the beginning of a sentence about such a process type.
func (r *Rollout) noSuchType(name string) string {
	var types []string
	for _, f := range r.lists.full.Formation {
		types = append(types, f.Type)
	}
	slices.Sort(types)
	meant := ""
	if near := spelling.Closest(name, types); near != "" {
		meant = fmt.Sprintf(" (is %q meant?)", near)
	}
	return fmt.Sprintf("the app has no process type %q, only %s%s", name, strings.Join(types, ", "), meant)
}

// typesDue reports whether the newest full look must show all process types of the target.
func (r *Rollout) typesDue() bool {
	return !r.awaited() && !r.clock.Platform(r.lists.full.AskedAt).Before(r.target.Release().UpdatedAt.Add(observe.ListLag))
}

func (r *Rollout) failedDeploy() *Verdict {
	rel := r.target.Release()
	if rel == nil {
		if b := r.target.FailedBuild(); b != nil {
			return newVerdict(BuildFailed, "the build of commit %.7s failed, so no release came of it: see its log on Heroku's dashboard, under the app's activity", b.Commit)
		}
		return nil
	}
	if r.target.Unconfirmed() {
		return nil // it may not be the release that was meant
	}
	if rel.Status == "failed" {
		return newVerdict(ReleaseFailed, "release v%d failed in its release phase, so it was not deployed and the release before it keeps running: see what its command printed, in the log of this step or with %s", rel.Version, r.client(fmt.Sprintf("releases:output v%d", rel.Version)))
	}
	return nil
}

func (r *Rollout) otherCode() *Verdict {
	rel := r.target.Release()
	// While its release phase runs, the target was never live, so nothing was rolled back.
	if n := r.target.RolledBackBy(); n != 0 && rel.Deployed() && !r.target.IsCurrent() {
		if made := r.target.BackFromPhase(); made != 0 {
			return newVerdict(RolledBack, "release v%d was made while the release phase of v%d ran, as by a config change, with the code that was live then: that code runs now, so deploy again", made, rel.Version)
		}
		return newVerdict(RolledBack, "release v%d %s, so the code of v%d is not what runs: %s tells who did it", n, r.target.BroughtBack(), rel.Version, r.client("releases"))
	}
	n := r.target.EndedBy()
	if n == 0 {
		return nil
	}
	switch other, own := r.target.OtherCode(n), r.target.OwnAgain(); {
	case other == "":
		return newVerdict(Superseded, `release v%d came after v%d, and the input "on-supersede" is "fail": see what it changed with %s, and let the gate of the newer deploy decide`, n, rel.Version, r.client("releases"))
	case own != 0:
		return newVerdict(Superseded, "release v%d followed v%d with %s, and v%d brought the code of v%d again: code of v%d may still run, so let the gate of v%d decide", n, rel.Version, other, own, rel.Version, n, own)
	default:
		return newVerdict(Superseded, "release v%d followed v%d with %s, so the code of v%d is not what runs: deploy it again if it should run, or let the gate of the newer deploy decide", n, rel.Version, other, rel.Version)
	}
}

// client is a command of the official client that people can copy.
func (r *Rollout) client(command string) string {
	return fmt.Sprintf(`"heroku %s --app %s"`, command, r.cfg.App)
}

// timedOut is the verdict at the deadline. It says what was still missing, and what to do.
func (r *Rollout) timedOut() *Verdict {
	if r.end != observe.Deadline {
		return nil
	}
	if no := r.outages.absent; no != "" {
		return newVerdict(AppNotFound, "there was no app %q that this API key can see within %s (%s): check the input \"app\", whose key it is, and that the app was made", r.cfg.App, r.waitedInWords(r.now), no)
	}
	if why, unreachable := r.unreachable(); unreachable {
		if why != "" {
			why = " (" + brief(why) + ")"
		}
		if o := r.outages.open[observe.AboutLook]; o != nil && o.newest.OutOfBudget {
			// 4,500 requests, of which about 75 come back each minute ("Platform API Reference", rate limits).
			return newVerdict(PlatformUnreachable, "the budget of API requests, which all programs of the account share, was used up%s: it is full again an hour after they stop, so find out which one asks so much, or give the gate a key of another account, and run the step again", why)
		}
		return newVerdict(PlatformUnreachable, "Heroku's API gave no usable answer%s: see https://status.heroku.com, and run the step again", why)
	}
	o := r.obstacle
	if o.missed == "" {
		o.missed = fmt.Sprintf("still waiting after %s for %s", r.waitedInWords(r.now), o.waits)
	}
	return newVerdict(o.reason, "%s: %s", o.missed, o.next)
}

// unreachable reports whether only the platform is the reason of a time-out: there was no list for a long time, or only
// the look was missing that would have opened the gate. It also says why, if that is known.
func (r *Rollout) unreachable() (reason string, is bool) {
	o := r.outages.open[observe.AboutLook]
	switch {
	case o == nil:
		return "", r.roster.look == nil
	case r.lists.full == nil || r.now-r.roster.lookCame > platformSilent:
		return o.newest.Message, true
	}
	return o.newest.Message, r.obstacle.look
}
