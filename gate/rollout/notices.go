// Notices: what people should know besides the progress. Each is said once.

package rollout

import (
	"fmt"
	"slices"
	"strings"

	"heroku-rollout-gate/gate/observe"
)

// noticesOf lists the notices that follow from an observation. Those that follow from a refusal are held back
// until there is a good answer: before that, the key or the name of the app may be wrong.
func (r *Rollout) noticesOf(o observe.Observation) []string {
	r.held = append(r.held, r.noticesOfAnswer(o)...)
	var notices []string
	if r.outages.answered {
		notices, r.held = r.held, nil
	}
	return slices.Concat(notices, clockNotice(o), r.target.Notices(o, r.now))
}

func (r *Rollout) noticesOfAnswer(o observe.Observation) []string {
	switch {
	case o.App != nil && o.App.Maintenance:
		return []string{"the app is in maintenance mode; its dynos run all the same"}
	case o.Preboot != nil && !r.roster.preboot.Known && !r.roster.rolling():
		return []string{"the platform does not say whether preboot is on; the gate waits as if it were"}
	case o.Log != nil && o.Log.State == observe.Gapped:
		return []string{"the log has a gap (" + o.Log.Reason + "): what it does not prove from here on can only be presumed"}
	case o.Log != nil && o.Log.State == observe.Refused:
		return []string{"no log: " + o.Log.Reason + "; without it nothing can be proven, and the gate waits until the longest time that an old dyno can live is over"}
	case o.Budget != nil:
		return []string{fmt.Sprintf("the account's budget of API requests, which all its programs share, is low (%d left): the gate looks less often to make it last", o.Budget.Remaining)}
	}
	return nil
}

// clockNotice says that the gate does not believe the clock of Heroku's answers. The answer about the app stands
// for all of them.
func clockNotice(o observe.Observation) []string {
	if o.App == nil || o.Runner.IsZero() {
		return nil
	}
	return []string{fmt.Sprintf("Heroku's answers are dated %s ahead of this machine's clock, as a proxy can do: that is not believed, and this machine's clock is", observe.Span(o.Date.Sub(o.Runner)))}
}

// warnings lists the notices that follow from the newest judgement.
func (r *Rollout) warnings() []string {
	var all []string
	until := r.status.holdUntil
	const assumed = "without proof by the log, old dynos are assumed to run until "
	if r.cfg.Timeout > 0 && until != observe.Never && r.waited(until) > r.cfg.Timeout && !r.told(assumed) {
		all = append(all, fmt.Sprintf(assumed+"%s: that is past the timeout of %s", observe.Span(r.holdEnd(until)), observe.Span(r.cfg.Timeout)))
	}
	if name := r.unknownType(); name != "" && r.verdict == nil {
		what, next := r.noSuchType(name), ": the list may be behind, and is asked for again"
		if r.awaited() {
			next = ": waiting for the release to bring it"
		}
		if !r.told(what) {
			all = append(all, what+next)
		}
	}
	if r.verdict != nil && r.verdict.Reason == NothingToRun {
		all = append(all, "the formation wants no dynos of what is in scope: nothing runs")
	}
	return all
}

// told reports whether there was a notice that begins like this.
func (r *Rollout) told(what string) bool {
	return slices.ContainsFunc(r.notices, func(n string) bool { return strings.HasPrefix(n, what) })
}

// notify adds notices, and the warnings, to those that were told. A verdict also brings out those that were
// held back, unless it is a refusal.
func (r *Rollout) notify(notices []string) {
	if r.verdict != nil && r.outages.refusal == nil {
		notices = append(notices, r.held...)
	}
	for _, s := range append(notices, r.warnings()...) {
		if !slices.Contains(r.notices, s) && len(r.notices) < maxNotices {
			r.notices = append(r.notices, s)
		}
	}
}
