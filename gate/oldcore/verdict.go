// The verdict: the order in which it is decided, and what ends a wait badly.

package oldcore

import (
	"fmt"
	"strings"
	"time"
)

// decide judges what is known, worst news first:
//
//  1. the platform refuses, or the gate itself is broken: no answer can be had
//  2. the caller interrupts
//  3. the input names something that does not exist
//  4. the deploy failed: its build, its release phase
//  5. other code came after it: rolled back, superseded
//  6. new dynos crash
//  7. everything holds, in one look: the gate opens
//  8. the time is over
//
// It returns nil while there is reason to wait.
func (r *Rollout) decide() *Verdict {
	switch {
	case r.refusal != nil:
		return r.refused()
	case r.end == Interrupt:
		return &Verdict{Result: Cancelled, Reason: Interrupted, Message: "interrupted while waiting for " + orNothing(r.waiting()) + ": old code may still run"}
	}
	for _, rung := range []func() *Verdict{r.badInput, r.failedDeploy, r.otherCode, r.crashed, r.open} {
		if v := rung(); v != nil {
			return v
		}
	}
	if r.end == Deadline {
		return r.timedOut()
	}
	return nil
}

func (r *Rollout) refused() *Verdict {
	t := r.refusal
	v := &Verdict{Result: Undecided}
	switch t.Kind {
	case Unauthorized:
		v.Reason = KeyUnauthorized
		v.Message = fmt.Sprintf("Heroku does not accept the API key (%s): check the input \"api-key\"", t.Message)
	case Forbidden:
		v.Reason = KeyForbidden
		v.Message = fmt.Sprintf("the API key may not see app %q (%s): give it the scope \"read\" and access to the app", r.cfg.App, t.Message)
	case Internal:
		v.Reason = InternalFailure
		v.Message = fmt.Sprintf("the gate itself failed (%s): report it, with a recording made by the input \"record\"", t.Message)
	default:
		v.Reason = AppNotFound
		v.Message = fmt.Sprintf("there is no app %q that this API key can see (%s): check the input \"app\"", r.cfg.App, t.Message)
	}
	return v
}

func (r *Rollout) badInput() *Verdict {
	bad := r.target.bad
	if typ := r.unknownType(); bad == "" && typ != "" {
		missing := fmt.Sprintf("the app has no process type %q, only %s: ", typ, r.have())
		switch near := closest(typ, r.full.Formation); {
		case r.typesDue():
			bad = missing + "correct the input \"process-types\""
			if near != "" {
				bad += fmt.Sprintf("; is %q meant?", near)
			}
		case r.target.rel == nil || r.target.rel.Status != "succeeded":
			r.notice(missing + "waiting for the release to bring it")
		}
	}
	if bad == "" {
		return nil
	}
	return &Verdict{Result: Failed, Reason: InvalidInput, Message: bad}
}

func (r *Rollout) failedDeploy() *Verdict {
	rel := r.target.rel
	if rel == nil {
		if b := r.target.failedBuild(); b != nil {
			return &Verdict{Result: Failed, Reason: BuildFailed, Message: fmt.Sprintf("the build of commit %.12s failed, so no release came of it: see the build's log on Heroku", b.Commit)}
		}
		return nil
	}
	if r.suspect() {
		return nil // it may not be the one that was meant
	}
	switch rel.Status {
	case "failed":
		return &Verdict{Result: Failed, Reason: ReleaseFailed, Message: fmt.Sprintf("release v%d failed in its release phase, so it was not deployed and the release before it runs on: see what its command printed", rel.Version)}
	case "expired":
		return &Verdict{Result: Failed, Reason: ReleaseFailed, Message: fmt.Sprintf("release v%d expired before its release phase was over, so it was not deployed: deploy again", rel.Version)}
	}
	return nil
}

func (r *Rollout) otherCode() *Verdict {
	rel := r.target.rel
	if rel == nil {
		return nil
	}
	// While the target's release phase runs it has not been live: nothing comes back.
	if n := r.target.returned; n != 0 && rel.Status == "succeeded" && !r.target.live() {
		return &Verdict{Result: Failed, Reason: RolledBack, Message: fmt.Sprintf("release v%d brings back code from before v%d, so the deploy was rolled back: find out who did it, and why", n, rel.Version)}
	}
	if n := r.target.newerMax; n != 0 && r.cfg.FailOnNewer {
		return &Verdict{Result: Failed, Reason: Superseded, Message: fmt.Sprintf("release v%d superseded v%d before it was rolled out: let the gate of the newer deploy decide", n, rel.Version)}
	}
	return nil
}

// A crash is when a dyno crashed, by the platform's clock and by the gate's own.
type crash struct {
	updated time.Time
	since   time.Duration
}

// crashed ends the wait when a new dyno stays crashed, or crashes again and again.
func (r *Rollout) crashed() *Verdict {
	for name := range r.crashSince {
		if lb := r.fleet.labels[name]; lb == nil || lb.rec == nil || lb.rec.State != "crashed" || r.fleet.old(lb.rec) || r.fleet.oneOff(lb.typ) {
			delete(r.crashSince, name)
		}
	}
	for _, lb := range r.survey.crashed {
		if r.fleet.oneOff(lb.typ) {
			continue
		}
		c, seen := r.crashSince[lb.name]
		if lb.rec.State == "crashed" && (!seen || !c.updated.Equal(lb.rec.UpdatedAt)) { // or it was up in between
			c = crash{lb.rec.UpdatedAt, r.clock.elapsed(lb.rec.UpdatedAt, r.now)}
			r.crashSince[lb.name] = c
		}
		if lb.rec.State == "crashed" && r.fleet.look.AskedAt-c.since >= r.cfg.CrashGrace {
			return r.crashVerdict(lb, fmt.Sprintf("has been crashed for %s", Short(r.now-c.since)))
		}
		var crashes []time.Time
		for _, c := range lb.weight.standing.tally.crashes {
			if c.After(lb.turned) {
				crashes = append(crashes, c)
			}
		}
		if n := len(crashes); n >= crashLoop && crashes[n-1].Sub(crashes[n-crashLoop]) <= r.cfg.CrashGrace {
			return r.crashVerdict(lb, fmt.Sprintf("crashed %d times within %s", crashLoop, Short(crashes[n-1].Sub(crashes[n-crashLoop]))))
		}
	}
	return nil
}

func (r *Rollout) crashVerdict(lb *label, what string) *Verdict {
	if f := lb.fault; f.Stamp.After(lb.turned) && !lb.turned.IsZero() {
		said, _, _ := strings.Cut(f.Text, " ->")
		what += fmt.Sprintf(" (%s)", said)
	}
	next := "see its last log lines"
	if !r.cfg.UseLog {
		next = "see \"heroku logs\""
	}
	return &Verdict{Result: Failed, Reason: DynosCrashed, Dyno: lb.name, Message: fmt.Sprintf("new dyno %s of release v%d %s: %s", lb.name, lb.rec.Version, what, next)}
}
