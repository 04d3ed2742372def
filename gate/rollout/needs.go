// The needs: what would help the core along, each with its time and its reason.

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A Need is a look at the lists or an answer that would help the core along, or time that has
// to pass.
type Need struct {
	Kind NeedKind
	// By is when it helps, on the gate's clock; 0: as soon as may be.
	By time.Duration
	// Every is, for Guard and Refresh, how long the last look is good for; 0: as short as the
	// caller likes.
	Every time.Duration
	// Full: the dyno list alone will not do for the next look.
	Full bool
	// Code is, for ReadCode, what has to be read.
	Code observe.CodeRef
	// Why is the reason, in words.
	Why string
}

// A NeedKind says what is needed, and how urgent it is.
type NeedKind string

const (
	// Looks at the lists, the most urgent first.

	Opening    NeedKind = "opening"     // only this look is missing for the gate to open
	Change     NeedKind = "change"      // something happened that the newest look may not show
	MoreChange NeedKind = "more-change" // the same, and by the log it is not the last thing to happen
	Doubt      NeedKind = "doubt"       // a look that is asked for at By or later settles a doubt
	Guard      NeedKind = "guard"       // what the log may not tell of must be noticed some time
	Refresh    NeedKind = "refresh"     // formation and releases, which Guard leaves out; only beside another look

	// Questions, each asked until it is answered.

	AskPreboot   NeedKind = "preboot"
	AgainPreboot NeedKind = "preboot-again" // the same, if the budget allows it
	AskBuilds    NeedKind = "builds"
	ReadCode     NeedKind = "code"

	// Wake: time alone may change the verdict at By.
	Wake NeedKind = "wake"
)

const (
	// With the log flowing, a look only guards against what the log does not tell: when all new
	// dynos are up, while the release is awaited, and while dynos are replaced.
	quietGuard   = 75 * time.Second
	awaitedGuard = 50 * time.Second
	movingGuard  = 20 * time.Second
	// A look with formation and releases costs three requests instead of one. Without the log
	// nothing else tells that it is needed.
	refreshEvery = 150 * time.Second
	refreshBlind = time.Minute
	// prebootLife is how long an answer to whether preboot is on is good for.
	prebootLife = 150 * time.Second
)

// Needs lists what would help the core along. There is always a Guard.
func (r *Rollout) Needs() []Need {
	full, why := r.needsAllLists()
	needs := []Need{r.guard(why)}
	if r.ready() {
		needs = append(needs, Need{Kind: Opening, Why: "everything holds: one more look opens the gate"})
	}
	if kind, why := r.change(); kind != "" {
		needs = append(needs, Need{Kind: kind, Why: why})
	}
	needs = append(needs, r.doubtNeeds()...)
	for i := range needs {
		needs[i].Full = full
	}
	needs = append(needs, r.refresh())
	return append(append(needs, r.questions()...), r.wakes()...)
}

// ReleasesToAsk is how many of the newest releases a full look should bring.
func (r *Rollout) ReleasesToAsk() int { return r.target.ReleasesToAsk() }

// ready reports whether nothing but a look is missing.
func (r *Rollout) ready() bool { return r.readyAt >= 0 && r.now >= r.readyAt+r.cfg.Settle }

// awaited reports whether the target is not known yet, or has not succeeded.
func (r *Rollout) awaited() bool {
	rel := r.target.Release()
	return rel == nil || rel.Status != "succeeded"
}

// freshDoubt reports whether the list of releases has come into doubt so recently that it may
// only be late.
func (r *Rollout) freshDoubt() bool { return r.doubtAt >= 0 && r.now-r.doubtAt <= apiLag }

// apiSettled reports whether the lists must show by now what the log told of the releases.
func (r *Rollout) apiSettled() bool { return r.lists.apiAt == 0 || r.now-r.lists.apiAt > apiLag }

// needsAllLists reports whether a look must bring formation and releases, too, and why.
func (r *Rollout) needsAllLists() (full bool, why string) {
	switch {
	case r.awaited():
		return true, "the release is awaited"
	case r.ready():
		return true, "everything holds"
	case r.lists.apiNews():
		return true, "the log tells of a change to the app"
	case r.target.ListBehind():
		return true, "a newer release runs than is listed"
	case r.doubtAt >= 0:
		return true, "the list of releases is in doubt"
	case r.target.NeedsHistory():
		return true, "older releases have to be known"
	}
	return false, ""
}

// guard is how long the newest look is good for while nothing drives another one.
func (r *Rollout) guard(awaits string) Need {
	flows := r.roster.log.flows()
	// The log tells of whatever changes the lists, so that looks only guard against lines that
	// are lost. It is not established that it does on Fir.
	covers := flows && r.roster.app.ID != "" && !r.roster.fir() && (r.apiSettled() || !r.awaited()) && !r.freshDoubt()
	quiet := flows && r.status.up >= r.status.wanted && r.status.oldListed == 0 && !r.awaited() && r.doubtAt < 0
	n := Need{Kind: Guard, Why: "the log may not tell of every change"}
	switch {
	case r.target.ListBehind() || r.freshDoubt():
		if covers {
			n.Every = movingGuard
		}
		n.Why = awaits
	case quiet:
		n.Every, n.Why = quietGuard, "every new dyno is up, and the log tells of what ends: lines may be lost"
	case covers && (r.awaited() || r.doubtAt >= 0):
		n.Every, n.Why = awaitedGuard, awaits
	case covers:
		n.Every, n.Why = movingGuard, "dynos are replaced: lines may be lost"
	}
	return n
}

// refresh is how long the newest full look is good for.
func (r *Rollout) refresh() Need {
	n := Need{Kind: Refresh, Every: refreshBlind, Why: "nothing tells of changes to formation and releases"}
	if r.roster.log.flows() {
		n.Every, n.Why = refreshEvery, "the log may not tell of every change to formation and releases"
	}
	return n
}

// change says whether the newest look may not show all that has happened, and what makes it so.
func (r *Rollout) change() (kind NeedKind, why string) {
	switch {
	case r.target.NeedsHistory():
		return Change, "older releases have to be known"
	case r.target.ListBehindLog():
		return Change, "the log tells of a release that is not listed"
	case r.status.listBehind:
		return Change, "a dyno is up by the log, and not by the list"
	case !r.lists.unseen:
		return "", ""
	case r.lists.apiNews():
		return Change, "the log tells of a change to the app"
	case r.status.upByLog:
		return Change, "the log tells of a change of dynos"
	}
	return MoreChange, "the log tells of a change of dynos, and more are to come"
}

// doubtNeeds are the looks that would settle a doubt.
func (r *Rollout) doubtNeeds() []Need {
	var needs []Need
	add := func(by time.Duration, why string) {
		needs = append(needs, Need{Kind: Doubt, By: by, Why: why})
	}
	if at := r.status.lookAt; r.roster.target.version != 0 && at != observe.Never {
		add(at, "a dyno crashed, and the list may not know yet")
	}
	if r.roster.look != nil && r.target.Unconfirmed() {
		add(observe.ListLag, "a newer release may not have been listed yet")
	}
	if soon := r.lists.apiAt + apiSoon; r.awaited() && !r.apiSettled() && r.lists.full != nil && r.lists.full.AskedAt < soon {
		add(soon, "the lists show soon what the log tells of the release")
	}
	if rel := r.target.Release(); r.unknownType() != "" && !r.awaited() {
		add(r.clock.Due(rel.UpdatedAt.Add(observe.ListLag)), "the release may bring the process type that is missing")
	}
	if since := r.status.crashedSince; r.roster.target.version != 0 && since != observe.Never {
		add(since+r.cfg.CrashGrace, "a new dyno is crashed, and may stay so")
	}
	return needs
}

// questions are what else has to be asked.
func (r *Rollout) questions() []Need {
	var needs []Need
	switch {
	case !r.roster.preboot.Known:
		needs = append(needs, Need{Kind: AskPreboot, Why: "it is not known whether preboot is on"})
	case r.roster.prebootAskedAt < r.targetAt || r.roster.prebootStale() && r.status.up >= r.status.wanted: // once for all dynos
		needs = append(needs, Need{Kind: AskPreboot, Why: "preboot may have been switched before dynos were created"})
	case r.now-r.roster.prebootAskedAt > prebootLife:
		needs = append(needs, Need{Kind: AgainPreboot, Why: "preboot may have been switched meanwhile"})
	}
	if r.target.NeedsBuilds() {
		needs = append(needs, Need{Kind: AskBuilds, Why: "a build may say why the release does not appear"})
	}
	for _, code := range r.target.CodesToRead() {
		needs = append(needs, Need{Kind: ReadCode, Code: code, Why: "the commit of a release has to be known"})
	}
	return needs
}

// wakes are the moments at which time alone may change the verdict.
func (r *Rollout) wakes() []Need {
	var needs []Need
	add := func(by time.Duration, why string) {
		if by > r.now && by != observe.Never {
			needs = append(needs, Need{Kind: Wake, By: by, Why: why})
		}
	}
	for _, t := range r.status.types {
		if t.Basis == "" {
			add(t.HoldUntil, "a hold ends")
		}
	}
	add(r.status.wake, "a doubt ends")
	if r.cfg.Settle > 0 && r.readyAt >= 0 {
		add(r.readyAt+r.cfg.Settle, "everything has settled")
	}
	slices.SortStableFunc(needs, func(a, b Need) int { return cmp.Compare(a.By, b.By) })
	return needs
}
