// The verdict: result, reason and message, and the order in which they are decided.

package rollout

import (
	"fmt"
	"strings"
	"time"
)

// A Result is the kind of an ending.
type Result string

const (
	Passed    Result = "passed"
	Failed    Result = "failed"
	TimedOut  Result = "timed-out"
	Undecided Result = "undecided"
	Cancelled Result = "cancelled"
)

// A Reason says why. The words are part of the contract with users: workflows
// branch on them. [Endings] says what each means.
type Reason string

const (
	RolledOut    Reason = "rolled-out"
	NothingToRun Reason = "nothing-to-run"

	BuildFailed   Reason = "build-failed"
	ReleaseFailed Reason = "release-failed"
	DynosCrashed  Reason = "dynos-crashed"
	Superseded    Reason = "superseded"
	RolledBack    Reason = "rolled-back"
	InvalidInput  Reason = "invalid-input"

	OldDynosRemain      Reason = "old-dynos-remain"
	NewDynosMissing     Reason = "new-dynos-missing"
	ReleaseMissing      Reason = "release-missing"
	Unproven            Reason = "unproven"
	PlatformUnreachable Reason = "platform-unreachable"

	KeyUnauthorized Reason = "unauthorized"
	KeyForbidden    Reason = "forbidden"
	AppNotFound     Reason = "app-not-found"
	InternalFailure Reason = "internal"

	Interrupted Reason = "interrupted"
)

// An Ending is a reason with what it means to a reader.
type Ending struct {
	Result  Result
	Reason  Reason
	Meaning string
	// Next is what to do about it.
	Next string
}

// Endings are all ways in which a wait can end, as the README lists them.
var Endings = []Ending{
	{Passed, RolledOut, "Only code of the release, or of a newer one, runs.", "Go on."},
	{Passed, NothingToRun, "No old code runs, and the formation is scaled to zero.", "Go on, if that is meant."},
	{Failed, BuildFailed, "The build of the commit failed, so no release comes of it.", "See the build's log on Heroku."},
	{Failed, ReleaseFailed, "The release phase failed or expired; the release before it runs on.", "See the end of its output in the step log."},
	{Failed, DynosCrashed, "A new dyno stays crashed, or crashes again and again.", "See its last lines in the step log."},
	{Failed, Superseded, "A newer release came, and `on-supersede` is `fail`.", "Let the newer deploy's gate decide."},
	{Failed, RolledBack, "A newer release brings back code from before the target.", "Find out who rolled back, and why."},
	{Failed, InvalidInput, "An input is malformed, or names what the app does not have.", "Correct it; the message says how."},
	{TimedOut, OldDynosRemain, "Old dynos run, or may still run.", "Raise `timeout` above the hold that the log names; see what the old dynos wait for."},
	{TimedOut, NewDynosMissing, "Fewer new dynos are up than the formation wants.", "See why they do not start: `heroku ps`, `heroku logs`."},
	{TimedOut, ReleaseMissing, "The release did not appear, or its release phase is not over.", "Check `release` or `commit`, and that the deploy was started."},
	{TimedOut, Unproven, "No old dyno can run any more, but only by presumption, and `require-proof` is set.", "See why there was no proof: the key's scope, a gap in the log, a short history."},
	{TimedOut, PlatformUnreachable, "Heroku's API gave no usable answer.", "See Heroku's status page; run the step again."},
	{Undecided, KeyUnauthorized, "Heroku does not accept the API key, or not any more.", "Make a new key."},
	{Undecided, KeyForbidden, "The key may not see the app.", "Give it the `read` scope and access to the app."},
	{Undecided, AppNotFound, "There is no such app, or the key cannot see it.", "Check `app`, and whose key it is."},
	{Undecided, InternalFailure, "The gate itself failed; nothing is known.", "Report it, with a recording (`record`)."},
	{Cancelled, Interrupted, "The step was cancelled.", ""},
}

// A Verdict ends the wait. It is not an error: "the deploy failed" is an answer.
type Verdict struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason"`
	// Message is one sentence for people: what happened, and what to do next if
	// something has to be done.
	Message string `json:"message"`
	// Dyno is the label of the dyno that crashed; empty for other reasons.
	Dyno string `json:"dyno,omitempty"`
	// Basis is empty unless Passed.
	Basis Basis `json:"basis,omitempty"`
}

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
	// Nor does it while Heroku itself calls the target the current release.
	if n := r.target.returned; n != 0 && rel.Status == "succeeded" && r.target.releases.current != rel.Version {
		return &Verdict{Result: Failed, Reason: RolledBack, Message: fmt.Sprintf("release v%d brings back code from before v%d, so the deploy was rolled back: find out who did it, and why", n, rel.Version)}
	}
	if n := r.target.newerMax; n != 0 && r.cfg.FailOnNewer {
		return &Verdict{Result: Failed, Reason: Superseded, Message: fmt.Sprintf("release v%d superseded v%d before it was rolled out: let the gate of the newer deploy decide", n, rel.Version)}
	}
	return nil
}

// crashed ends the wait when a new dyno stays crashed, or crashes again and again.
func (r *Rollout) crashed() *Verdict {
	for _, lb := range r.fleet.sorted() {
		rec := lb.rec
		if rec == nil || r.fleet.version == 0 || !r.fleet.inScope(lb.typ) || r.fleet.oneOff(lb.typ) || r.fleet.old(rec) {
			delete(r.crashSince, lb.name)
			continue
		}
		since, seen := r.crashSince[lb.name]
		switch {
		case rec.State != "crashed":
			delete(r.crashSince, lb.name)
		case !seen || since < r.clock.elapsed(rec.UpdatedAt, r.now): // or it was up in between
			since = r.clock.elapsed(rec.UpdatedAt, r.now)
			r.crashSince[lb.name] = since
		}
		if rec.State == "crashed" && r.fleet.look.AskedAt-since >= r.cfg.CrashGrace {
			return r.crashVerdict(lb, fmt.Sprintf("has been crashed for %s", Short(r.now-since)))
		}
		var crashes []time.Time
		for _, c := range r.fleet.tally(lb, r.now).crashes {
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

// open passes when everything holds in one full look that knows of all that the
// log has told, and still so after the time to settle.
func (r *Rollout) open() *Verdict {
	ok, _ := r.holds(r.types)
	if !ok {
		r.readyAt = -1
		return nil
	}
	if r.readyAt < 0 {
		r.readyAt = r.now
	}
	l := r.full
	if l == nil || l != r.fleet.look || max(r.changedAt, r.apiAt) > l.AskedAt {
		return nil
	}
	if r.cfg.Settle > 0 && l.AskedAt < r.readyAt+r.cfg.Settle {
		return nil
	}
	// What is over now must have been over when the look was asked for.
	then, _ := r.fleet.survey(l.AskedAt)
	ok, basis := r.holds(then)
	if !ok {
		return nil
	}
	return r.passed(basis)
}

// holds tells whether all conditions of an opening are met by the given standings
// of the types, and how that is known.
func (r *Rollout) holds(types []typeStanding) (bool, Basis) {
	rel := r.target.rel
	if rel == nil || rel.Status != "succeeded" || r.full == nil || r.fleet.version == 0 || r.fleet.app.ID == "" {
		return false, ""
	}
	if r.suspect() || r.doubtful() != "" {
		return false, ""
	}
	if len(r.full.Formation) == 0 && (len(r.fleet.formation) > 0 || len(types) > 0 || r.now-r.fleet.firstLook.AskedAt < replaceHold) {
		return false, "" // a formation that is not there yet, or not any more, says nothing
	}
	basis := Proven
	for _, t := range types {
		if t.Basis == "" || t.Up < t.Wanted {
			return false, ""
		}
		if t.Basis == Presumed {
			basis = Presumed
		}
	}
	if basis == Presumed && r.cfg.RequireProof {
		return false, basis
	}
	return true, basis
}

// doubtful says what is waited for until the lists show that the target is what runs,
// and which code has followed it; empty if they do.
func (r *Rollout) doubtful() string {
	t, v := r.target, r.target.rel.Version
	switch {
	case t.ahead():
		return fmt.Sprintf("the list of releases to show v%d, which is there by the log or the dynos", max(t.heard, t.running))
	case t.missing || t.releases.from > v:
		return fmt.Sprintf("the list of releases to show v%d and all after it", v)
	case t.releases.current != 0 && t.releases.current < v:
		return fmt.Sprintf("release v%d to be the current one, which is v%d", v, t.releases.current)
	case t.unjudged != 0:
		return fmt.Sprintf("word on which code release v%d carries", t.unjudged)
	case r.unfinishedRuns() != 0:
		return fmt.Sprintf("release v%d, which dynos already run, to be called succeeded", r.unfinishedRuns())
	case r.unknownType() != "":
		return fmt.Sprintf("the formation to show the process type %q", r.unknownType())
	}
	return ""
}

// unfinishedRuns is a release after the target that has not succeeded by the list
// though a dyno of it is listed, so that the list is behind; 0 if there is none.
func (r *Rollout) unfinishedRuns() int {
	if r.fleet.look == nil {
		return 0
	}
	for _, d := range r.fleet.look.Dynos {
		if d.Version > r.target.rel.Version && !r.fleet.oneOff(d.Type) && r.target.releases.byVersion[d.Version].Status != "succeeded" {
			return d.Version
		}
	}
	return 0
}

// suspect tells whether the newest release may not be the one that was meant: when
// it was already old at the start, a list that was behind can have hidden a newer
// one. A later look will show it.
func (r *Rollout) suspect() bool {
	return r.longAgo() && r.fleet.look.AskedAt < listLag
}

// longAgo tells whether the newest release, which is waited for as nothing else was
// named, was there long before the gate.
func (r *Rollout) longAgo() bool {
	start, ok := r.clock.zero()
	return ok && r.cfg.Want == (Want{}) && r.target.rel != nil && r.target.rel.CreatedAt.Before(start.Add(-time.Minute))
}

func (r *Rollout) passed(basis Basis) *Verdict {
	wanted, up, _ := r.sums()
	v := &Verdict{Result: Passed, Reason: RolledOut, Basis: basis}
	how := "the log shows the end of every old process"
	if r.times.FirstOldStopped.IsZero() {
		how = "none was left to end"
	}
	if basis == Presumed {
		how = "the longest time that an old process can live is over"
		if r.times.OldGone.IsZero() || r.lastPresumed().After(r.times.OldGone) {
			r.times.OldGone = r.lastPresumed()
		}
	}
	from := FromLog
	if basis == Presumed {
		from = FromLimit
	}
	if !r.times.OldGone.IsZero() {
		r.moment(r.times.OldGone, "no old dyno runs any more", from)
	}
	if wanted == 0 {
		v.Reason = NothingToRun
		v.Message = fmt.Sprintf("no old dyno runs any more, and nothing else does: what is in scope is scaled to zero (%s)", how)
		r.notice("the formation wants no dynos of what is in scope: nothing runs")
		return v
	}
	who := fmt.Sprintf("release v%d runs alone", r.fleet.version)
	if n := r.target.newerMax; n != 0 {
		who = fmt.Sprintf("only releases v%d to v%d run", r.fleet.version, n)
	}
	v.Message = fmt.Sprintf("%s: %s up, no old one left (%s)", who, count(up, "new dyno"), how)
	return v
}

// lastPresumed is when the last limit was reached; zero if none was after Heroku's
// "finished".
func (r *Rollout) lastPresumed() time.Time {
	var last time.Time
	for _, t := range r.types {
		if at := r.clock.shown(t.limit); t.Basis == Presumed && at.After(last) && at.After(r.times.ReleaseFinished) {
			last = at
		}
	}
	return last
}

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
		v.Message = fmt.Sprintf("release v%d did not succeed within %s, since %s: see \"heroku releases\"", rel.Version, after, rel.unfinished())
	case old > 0 || r.holding() != 0:
		v.Reason = OldDynosRemain
		next := "see why old dynos do not end"
		if until := r.holding(); until != never && until > r.now {
			next = fmt.Sprintf("without proof they count as alive until %s, so raise the input \"timeout\" above that", Short(until))
		}
		v.Message = fmt.Sprintf("still waiting after %s for %s: %s", after, orNothing(r.waiting()), next)
	case up < wanted:
		v.Reason = NewDynosMissing
		v.Message = fmt.Sprintf("release v%d has only %d of %s up after %s: see why with \"heroku ps\" and \"heroku logs\"", rel.Version, up, count(wanted, "new dyno"), after)
	case r.doubtful() != "":
		v.Reason = OldDynosRemain
		if len(r.outages) > 0 {
			v.Reason = PlatformUnreachable
		}
		v.Message = fmt.Sprintf("still waiting after %s for %s: see \"heroku releases\", and run the step again", after, r.doubtful())
	case r.cfg.RequireProof:
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
		case t.built && b == nil:
			next = "no build of it was seen, so " + next
		}
	}
	return newest + ": " + next
}

// unproven is why a type is only presumed to be clear.
func (r *Rollout) unproven() string {
	for _, t := range r.types {
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
