// Needs: which looks and answers the core needs, when, and why.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

// A Need is a look or an answer that the core needs, or time that has to pass.
type Need struct {
	Kind NeedKind
	// By is when it is needed, on the gate's clock. 0: now.
	By time.Duration
	// Every is, for Guard and Refresh, the longest time between two looks. 0: the caller decides.
	Every time.Duration
	// Full: the next look from By on must show the formation and the releases, too.
	Full bool
	// Release is, for AskRelease, the version or id.
	Release string
	// Code is, for ReadCode, the code to read.
	Code observe.CodeRef
	// Why is the reason, in words.
	Why string
}

// A NeedKind says what is needed, and how urgently.
type NeedKind string

const (
	// Looks at the lists, the most urgent first.

	Opening    NeedKind = "opening"     // this look opens the gate
	Change     NeedKind = "change"      // something happened that the newest look may not show
	MoreChange NeedKind = "more-change" // the same, and the log says that more will happen
	TimedLook  NeedKind = "timed-look"  // a look that is asked for at By or later answers a question
	Guard      NeedKind = "guard"       // a look that finds what the log may have missed
	Refresh    NeedKind = "refresh"     // makes another look a full one

	// Questions, which are asked until there is an answer.

	AskPreboot   NeedKind = "preboot"
	AgainPreboot NeedKind = "preboot-again" // the same, if the budget of requests allows it
	AskMetrics   NeedKind = "metrics"
	AskRelease   NeedKind = "release" // from By on, repeatedly
	AskBuilds    NeedKind = "builds"
	ReadCode     NeedKind = "code"

	// Wake: the passing of time may change the verdict at By.
	Wake NeedKind = "wake"
)

const (
	// While the log flows, looks only guard against lost lines: quietGuard when all new dynos are up, awaitedGuard while
	// the release is awaited, and movingGuard while dynos are replaced.
	quietGuard   = 75 * time.Second
	awaitedGuard = 50 * time.Second
	movingGuard  = 20 * time.Second
	// If the release has a name, it is asked for by itself, which costs one request. So the gate soon knows that its
	// release phase is over, even without a line of the log. Looks then only guard the rest.
	releaseEvery = 11 * time.Second
	namedGuard   = 5 * time.Minute
	// A look with formation and releases costs three requests, and not one. Without the log nothing else says that it is
	// needed.
	refreshEvery = 150 * time.Second
	refreshBlind = time.Minute
	// prebootLife is how long an answer about preboot stays valid.
	prebootLife = 150 * time.Second
)

// Needs lists what the core needs. There is always a Guard.
func (r *Rollout) Needs() []Need {
	if r.ahead() {
		return r.needsAhead()
	}
	var n needs
	n.add(true, r.guard())
	n.add(r.change())
	n.add(r.ready(), Need{Kind: Opening, Why: "everything holds: one more look opens the gate"})
	r.timedLooks(&n)
	full := r.awaited() || r.ready() || r.unshown.holds || r.lists.apiNews() || r.now >= r.shortDue()
	for i := range n {
		n[i].Full = n[i].Full || full
	}
	r.questions(&n)
	r.wakes(&n)
	return n
}

// needs are the needs that are there so far.
type needs []Need

// add adds a need if its condition holds. A need at [observe.Never] is left out.
func (n *needs) add(holds bool, need Need) {
	if holds && need.By != observe.Never {
		*n = append(*n, need)
	}
}

// needsAhead lists what the core needs during the head start: the dynos and the formation before the deploy, and then
// looks that find what the log may have missed.
func (r *Rollout) needsAhead() []Need {
	guard := Need{Kind: Guard, Every: namedGuard, Full: true, Why: "the deploy has not begun, and the log reports changes: lines may be lost"}
	if !r.roster.log.flows() {
		guard.Every, guard.Why = refreshBlind, "the deploy has not begun, and the log does not report changes"
	}
	var n needs
	n.add(true, guard)
	// The count of processes begins with what runs when the log is already whole.
	look := r.roster.look
	n.add(look != nil && look.AskedAt < r.roster.log.wholeAt, Need{Kind: Change, Full: true, Why: "the log is whole from now on: what it begins with has to be known"})
	// Each pod has a new name, and may come and go between two looks.
	n.add(r.lists.unseen && r.roster.rolling(), Need{Kind: Change, Why: "the log reports a change of dynos"})
	n.add(!r.roster.preboot.Known, Need{Kind: AskPreboot, Why: "it is not known whether preboot is on"})
	return n
}

// ReleasesToAsk is how many of the newest releases a full look should bring.
func (r *Rollout) ReleasesToAsk() int { return r.target.ReleasesToAsk() }

// ready reports whether only a look is missing.
func (r *Rollout) ready() bool { return r.clear.holds && r.now >= r.clear.at+r.cfg.Settle }

// apiSettled reports whether the lists have had time to show what the log has reported of releases.
func (r *Rollout) apiSettled() bool { return r.lists.apiAt == 0 || r.now-r.lists.apiAt > apiLag }

// shortDue is when formation and dynos have to be read again because they do not agree: either the app was
// scaled and the log did not say so, or the dyno list is wrong. The first time is soon, each next one later;
// observe.Never after the last one.
func (r *Rollout) shortDue() time.Duration {
	if r.shortSince.holds {
		for _, after := range [...]time.Duration{2, 5, 10, 20} {
			if due := r.shortSince.at + after*time.Second; r.roster.formationAt < due {
				return due
			}
		}
	}
	return observe.Never
}

// guard is the next look if nothing happens.
func (r *Rollout) guard() Need {
	flows, s := r.roster.log.flows(), &r.status
	late := r.unshown.holds && r.now-r.unshown.at <= apiLag // the list of releases may soon show it
	// The log reports whatever changes the lists, so looks only guard against lost lines. It is not documented that this
	// is so on Fir.
	covers := flows && r.roster.app.ID != "" && !r.roster.fir() && (r.apiSettled() || !r.awaited()) && !late
	inQuestion := r.awaited() || r.unshown.holds
	switch {
	case !inQuestion && flows && s.up >= s.wanted && s.oldListed == 0:
		return Need{Kind: Guard, Every: quietGuard, Why: "every new dyno is up, and the log reports what ends: lines may be lost"}
	case !covers:
		return Need{Kind: Guard, Why: "the log may not report every change"}
	case r.awaited() && r.target.ToAsk() != "" && !r.target.ReleasesBehind():
		return Need{Kind: Guard, Every: namedGuard, Why: "the release is awaited, and asked for by itself: lines may be lost"}
	case inQuestion && !r.target.ReleasesBehind():
		return Need{Kind: Guard, Every: awaitedGuard, Why: "the release is awaited, and the log reports it: lines may be lost"}
	}
	return Need{Kind: Guard, Every: movingGuard, Why: "dynos are replaced, and the log reports it: lines may be lost"}
}

// change is the look that is needed if the newest one may not show all that has happened.
func (r *Rollout) change() (needed bool, look Need) {
	kind, why := Change, "the log reports a change of dynos"
	switch {
	case r.target.NeedsHistory():
		why = "older releases have to be known"
	case r.target.ReleasesBehindLog():
		why = "the log reports a release that is not listed"
	case r.status.listLags:
		why = "a dyno is up by the log, and not by the list"
	case !r.lists.unseen:
		return false, Need{}
	case r.lists.apiNews():
		why = "the log reports a change to the app"
	case !r.status.allUpByEither:
		kind, why = MoreChange, "the log reports a change of dynos, and more will follow"
	}
	return true, Need{Kind: kind, Why: why}
}

// timedLooks adds looks that answer a question if they are asked for late enough.
func (r *Rollout) timedLooks(n *needs) {
	add := func(is bool, by time.Duration, why string) {
		n.add(is, Need{Kind: TimedLook, By: by, Why: why})
	}
	n.add(r.target.Unconfirmed(), Need{Kind: TimedLook, By: r.began + observe.ListLag, Full: true, Why: "a newer release may not have been listed yet"})
	add(r.target.AwaitsNewer(), r.began+release.ReleaseDue, "a deploy that has made a release is listed by now")
	finished := r.roster.sinceFinished(observe.ListLag)
	n.add(finished != observe.Never && r.listsMayBeLate(), Need{Kind: TimedLook, By: finished, Full: true, Why: "the lists show by then all that ran when the release was finished"})
	judged, soon := r.roster.target.version != 0, r.lists.apiAt+apiSoon
	add(judged, r.status.lookAt, "a later list settles a doubt about a dyno")
	add(judged && r.status.crashedSince != observe.Never, r.status.crashedSince+r.cfg.CrashGrace, "a new dyno is crashed, and may stay so")
	add(judged, r.shortDue(), "fewer dynos are listed than the formation wants, so one of the two is not as it was")
	add(r.awaited() && !r.apiSettled() && r.lists.full != nil && r.lists.full.AskedAt < soon, soon, "the lists soon show what the log reports of the release")
	add(r.target.TriedBefore() != "", r.began+release.RetryWindow, "the commit may be deployed again")
	if r.unknownType() != "" && !r.awaited() {
		add(true, r.clock.Due(r.target.Release().UpdatedAt.Add(observe.ListLag)), "the release may bring the process type that is missing")
	}
}

// questions adds what else has to be asked.
func (r *Rollout) questions(n *needs) {
	flows, ro := r.roster.log.flows(), r.roster
	n.add(flows, Need{Kind: Refresh, Every: refreshEvery, Why: "the log may not report every change to formation and releases"})
	n.add(!flows, Need{Kind: Refresh, Every: refreshBlind, Why: "nothing reports changes to formation and releases"})
	// Preboot is asked for again once for all dynos of a roll-out.
	switched := ro.prebootAskedAt < r.targetAt || ro.prebootStale() && r.status.up >= r.status.wanted
	n.add(!ro.preboot.Known, Need{Kind: AskPreboot, Why: "it is not known whether preboot is on"})
	n.add(ro.preboot.Known && switched, Need{Kind: AskPreboot, Why: "preboot may have been switched before dynos were created"})
	n.add(!r.awaited() && r.now-ro.prebootAskedAt > prebootLife, Need{Kind: AgainPreboot, Why: "preboot may have been switched meanwhile"})
	n.add(r.status.askMetrics, Need{Kind: AskMetrics, Why: "it is not known since when runtime metrics are on"})
	if name := r.target.ToAsk(); name != "" && r.awaited() && r.lists.full != nil {
		n.add(true, Need{Kind: AskRelease, By: r.lists.releaseDue(), Release: name, Why: "the release is awaited"})
	}
	n.add(r.target.NeedsBuilds(), Need{Kind: AskBuilds, Why: "a build may say why the release does not appear"})
	for _, code := range r.target.CodesToRead() {
		n.add(true, Need{Kind: ReadCode, Code: code, Why: "the commit of a release has to be known"})
	}
}

// wakes adds the moments at which the passing of time may change the verdict.
func (r *Rollout) wakes(n *needs) {
	add := func(by time.Duration, why string) {
		n.add(by > r.now, Need{Kind: Wake, By: by, Why: why})
	}
	add(r.status.wake, "a hold or a doubt ends")
	add(r.unseenTypesUntil(), "an old dyno of a type that the release has dropped must have ended")
	if r.clear.holds {
		add(r.clear.at+r.cfg.Settle, "everything has settled")
	}
}
