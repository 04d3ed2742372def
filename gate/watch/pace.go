// The pace: when to look. The core says what it needs. Each look costs requests, and all programs of the
// account share a limited number of requests an hour.

package watch

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

const (
	// defaultInterval is the longest time between two looks, if the caller gives none and the
	// core does not ask for a longer one.
	defaultInterval = 10 * time.Second
	// A change in the log makes a look worthwhile, but not every line does. The first looks follow each
	// other after changeSpacing: they show how far the list is behind the log. After changeLooks looks in
	// a row, each delay is longer than the one before by changeGrowth. While the log shows that more changes
	// will come, that begins after moreLooks looks.
	changeSpacing = 1500 * time.Millisecond
	changeLooks   = 20
	moreLooks     = 6
	changeGrowth  = 1.25
	// minSpacing is the shortest time between two looks. Only the look that may open the gate comes sooner.
	minSpacing     = time.Second
	openingSpacing = 400 * time.Millisecond
	openingLow     = 2 * time.Second // with a low budget
	// After a look has failed, the gate waits this long, even if the failure came at once.
	failedSpacing = 5 * time.Second
)

// The account's budget holds 4,500 requests and gets about 75 a minute back
// ("Platform API Reference", rate limits). A wait of 20 minutes without the log takes
// about 200. With fewer requests left than these, looks are at least this far apart.
const (
	lowBudget      = 600
	lowSpacing     = 30 * time.Second
	veryLowBudget  = 100
	veryLowSpacing = 2 * time.Minute
)

// BudgetSpacing is the shortest time between two looks, or between two log sessions, that the account's
// budget allows. remaining is how many requests are left; -1 if that is not known.
func BudgetSpacing(remaining int) time.Duration {
	switch {
	case remaining < 0 || remaining >= lowBudget:
		return 0
	case remaining >= veryLowBudget:
		return lowSpacing
	}
	return veryLowSpacing
}

// isVeryLow reports whether so few requests are left that the gate sends only the most important ones.
func isVeryLow(remaining int) bool { return BudgetSpacing(remaining) == veryLowSpacing }

// pace decides when to look.
type pace struct {
	interval time.Duration // the longest time between two looks
	fixed    bool          // the caller has set interval, so the core cannot make it longer

	askedAt     time.Duration // when the newest look was asked for; -1 before the first
	fullAskedAt time.Duration // when the newest full look was asked for; -1 before the first
	partial     bool          // the newest look was not a full one
	failed      bool          // the newest look did not bring all that was asked for
	empty       bool          // the newest look brought nothing
	recovered   bool          // the newest look brought something, and the look before brought nothing

	inARow      int           // how many looks have followed each other because of changes
	changeDelay time.Duration // how long after a look the next one is due because of a change
	moreDelay   time.Duration // the same, while the log shows that more changes will come
}

func newPace(interval time.Duration) pace {
	fixed := interval > 0
	if !fixed {
		interval = defaultInterval
	}
	return pace{interval: interval, fixed: fixed, askedAt: -1, fullAskedAt: -1, changeDelay: changeSpacing, moreDelay: changeSpacing}
}

// guardSpacing is how long after the last look a guard needs the next one.
func (p *pace) guardSpacing(guard rollout.Need) time.Duration {
	if p.failed || p.fixed {
		return p.interval
	}
	return max(p.interval, guard.Every)
}

// next is when the next look is due, and why. remaining is how many requests the account has left.
func (p *pace) next(needs []rollout.Need, remaining int) (at time.Duration, why string) {
	if p.askedAt < 0 {
		return 0, "the first look"
	}
	at = observe.Never
	due := func(t time.Duration, reason string) {
		if t < at {
			at, why = t, reason
		}
	}
	var opening *rollout.Need // the next look may open the gate
	for _, n := range needs {
		switch n.Kind {
		case rollout.Opening:
			opening = &n
		case rollout.Change:
			due(p.askedAt+p.changeDelay, n.Why)
		case rollout.MoreChange:
			due(p.askedAt+max(p.changeDelay, p.moreDelay), n.Why)
		case rollout.TimedLook:
			due(max(n.By, p.askedAt+minSpacing), n.Why)
		case rollout.Guard:
			due(p.askedAt+p.guardSpacing(n), n.Why)
		}
	}
	spacing := BudgetSpacing(remaining)
	switch {
	case p.recovered:
		due(p.askedAt+minSpacing, "the API answers again")
	case p.failed:
		pause := failedSpacing
		if p.fixed {
			pause = min(pause, p.interval)
		}
		return max(at, p.askedAt+pause, p.askedAt+spacing), "the last look failed"
	}
	switch { // Opening the gate is worth its requests, even with a low budget.
	case opening == nil || remaining == 0:
		return max(at, p.askedAt+spacing), why
	case p.partial:
		due(p.askedAt, opening.Why)
	case spacing > 0:
		due(p.askedAt+openingLow, opening.Why)
	default:
		due(p.askedAt+openingSpacing, opening.Why)
	}
	return at, why
}

// full reports whether a look that is asked for now has to bring formation and releases, too.
func (p *pace) full(now time.Duration, needs []rollout.Need, remaining int) bool {
	if p.empty {
		return false // one request is enough to see whether the API answers again
	}
	if p.failed || p.fullAskedAt < 0 {
		return true
	}
	for _, n := range needs {
		switch {
		case n.Full && now >= n.By:
			return true
		case n.Kind == rollout.Refresh && !isVeryLow(remaining) && now-p.fullAskedAt >= n.Every:
			return true
		}
	}
	return false
}

func (p *pace) lookStarted(now time.Duration, full bool) {
	p.askedAt, p.partial = now, !full
	if full {
		p.fullAskedAt = now
	}
}

// lookEnded records how a look ended. failed: it did not bring all that was asked for. empty: it did not even
// bring the dyno list.
func (p *pace) lookEnded(failed, empty bool) {
	p.failed = failed
	p.recovered, p.empty = p.empty && !empty, empty
}

// spaceChanges makes the delays longer while looks follow each other because of changes. Call it before
// lookStarted.
func (p *pace) spaceChanges(now time.Duration, changed bool) {
	if !changed || now > p.askedAt+2*max(p.changeDelay, p.moreDelay) {
		p.inARow, p.changeDelay, p.moreDelay = 0, changeSpacing, changeSpacing
		return
	}
	p.inARow++
	longest := max(p.interval, changeSpacing)
	if p.inARow > changeLooks {
		p.changeDelay = min(time.Duration(float64(p.changeDelay)*changeGrowth), longest)
	}
	if p.inARow > moreLooks {
		p.moreDelay = min(time.Duration(float64(p.moreDelay)*changeGrowth), longest)
	}
}
