// The pace: when to look. The core says what it needs; looks cost requests, of which the
// account has so many an hour for all its programs.

package watch

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

const (
	// defaultInterval is the longest time between two looks, if the caller gives none and the
	// core does not call for a longer one.
	defaultInterval = 10 * time.Second
	// What the log tells makes the list worth a look, but not for every line: when many
	// looks have followed each other for it, they are further and further apart, and
	// sooner so while by the log more is to come. The first ones show how far the list is
	// behind the log.
	changeSpacing = 1500 * time.Millisecond
	changeLooks   = 20
	moreLooks     = 6
	changeGrowth  = 1.25
	// Two looks are never closer than this, but for the one that may open the gate.
	minSpacing     = time.Second
	openingSpacing = 400 * time.Millisecond
	openingLow     = 2 * time.Second // with a low budget
	// A look that failed, however soon, is not repeated at once.
	failedSpacing = 5 * time.Second
)

// The account's budget holds 4,500 requests and gets about 75 a minute back
// ("Platform API Reference", rate limits). A wait of 20 minutes without the log takes
// about 200; with less than plenty left, looks are this far apart.
const (
	plenty      = 600
	scarce      = 100
	lowSpacing  = 30 * time.Second
	leastLooked = 2 * time.Minute
)

// BudgetSpacing is the shortest time between two looks that the account's budget allows, if
// so many requests remain. Log sessions go by it, too.
func BudgetSpacing(remaining int) time.Duration {
	switch {
	case remaining < 0 || remaining >= plenty: // not known: nothing speaks against it
		return 0
	case remaining >= scarce:
		return lowSpacing
	}
	return leastLooked
}

// isScarce reports whether every request has to be weighed.
func isScarce(remaining int) bool { return BudgetSpacing(remaining) == leastLooked }

// pace is what decides when to look.
type pace struct {
	interval time.Duration // the longest between two looks
	given    bool          // by the caller, so that the core cannot make it longer

	asked     time.Duration // when the newest look was asked for; -1 before the first
	askedFull time.Duration // the same for the newest full look
	partial   bool          // the newest look was not a full one
	failed    bool          // the newest look did not bring all that was asked for
	down      bool          // it brought nothing
	back      bool          // it is the first to bring something again

	inARow      int           // how many looks have followed each other for changes
	changeDelay time.Duration // how long after a look a change makes the next one due
	moreDelay   time.Duration // the same while more is to come
}

func newPace(interval time.Duration) pace {
	given := interval > 0
	if !given {
		interval = defaultInterval
	}
	return pace{interval: interval, given: given, asked: -1, askedFull: -1, changeDelay: changeSpacing, moreDelay: changeSpacing}
}

// every is how long after the last look a guard makes the next one due.
func (p *pace) every(guard rollout.Need) time.Duration {
	if p.failed || p.given {
		return p.interval
	}
	return max(p.interval, guard.Every)
}

// next is when the next look is due, and why, if so many requests remain to the account.
func (p *pace) next(needs []rollout.Need, remaining int) (at time.Duration, why string) {
	if p.asked < 0 {
		return 0, "the first look"
	}
	at = observe.Never
	due := func(t time.Duration, reason string) {
		if t < at {
			at, why = t, reason
		}
	}
	opening := false
	for _, n := range needs {
		switch n.Kind {
		case rollout.Opening:
			opening = true
		case rollout.Change:
			due(p.asked+p.changeDelay, n.Why)
		case rollout.MoreChange:
			due(p.asked+max(p.changeDelay, p.moreDelay), n.Why)
		case rollout.TimedLook:
			due(max(n.By, p.asked+minSpacing), n.Why)
		case rollout.Guard:
			due(p.asked+p.every(n), n.Why)
		}
	}
	spacing := BudgetSpacing(remaining)
	switch {
	case p.back:
		due(p.asked+minSpacing, "the API answers again")
	case p.failed:
		pause := failedSpacing
		if p.given {
			pause = min(pause, p.interval)
		}
		return max(at, p.asked+pause, p.asked+spacing), "the last look failed"
	}
	switch { // The opening is worth its requests, also when few are left.
	case !opening || remaining == 0:
		return max(at, p.asked+spacing), why
	case p.partial:
		due(p.asked, openingWhy)
	case spacing > 0:
		due(p.asked+openingLow, openingWhy)
	default:
		due(p.asked+openingSpacing, openingWhy)
	}
	return at, why
}

const openingWhy = "everything holds: one more look opens the gate"

// full reports whether a look that is asked for now has to bring formation and releases, too.
func (p *pace) full(now time.Duration, needs []rollout.Need, remaining int) bool {
	if p.down {
		return false // one request is enough to see whether the API is back
	}
	if p.failed || p.askedFull < 0 {
		return true
	}
	for _, n := range needs {
		switch {
		case n.Full && now >= n.By:
			return true
		case n.Kind == rollout.Refresh && !isScarce(remaining) && now-p.askedFull >= n.Every:
			return true
		}
	}
	return false
}

// begin takes in that a look is asked for.
func (p *pace) begin(now time.Duration, full bool) {
	p.asked, p.partial = now, !full
	if full {
		p.askedFull = now
	}
}

// end takes in what came of a look: all that was asked for, or the dyno list alone, or nothing.
func (p *pace) end(failed, nothing bool) {
	p.failed = failed
	p.back, p.down = p.down && !nothing, nothing
}

// learn spaces looks that follow each other for changes.
func (p *pace) learn(now time.Duration, changed bool) {
	if !changed || now > p.asked+2*max(p.changeDelay, p.moreDelay) {
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
