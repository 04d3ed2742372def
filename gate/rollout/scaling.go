// Where nothing old can be: behind what came by scaling up, or with the app's first code.

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

const (
	// A dyno that comes by scaling up is started within 11.6 s (13 captured).
	scaledSoon = 15 * time.Second
	// typesBefore is how long before or after a release the process types that it brings can be made:
	// captured is that they are scaled 0.2 s before.
	typesBefore = 30 * time.Second
	// maxScalings is how many of them are remembered.
	maxScalings = 200
	// releaseSoon is how long after a release the processes that it starts are started, in most cases.
	releaseSoon = time.Minute
)

// noteScaling notes that the formation was scaled then.
func (r *roster) noteScaling(at time.Time) {
	r.scalings = append(r.scalings[max(0, len(r.scalings)-maxScalings+1):], at)
}

// scaledUp reports whether the label's record, or the last that it had, is the first thing that was
// heard of it, and came by scaling up once the release was finished: nothing ran under the label before.
// What is scaled up earlier can run the old code for a moment, between two looks. What had left the list
// when the gate came is for judgeNeverListed.
func (r *roster) scaledUp(lb *label) bool {
	rec := cmp.Or(lb.record, lb.lastRecord)
	return rec != nil && rec.ID == lb.lateRecordID && !r.old(rec) && r.scaledSince(r.target.finishedAt, rec.CreatedAt) &&
		!lb.firstSeen.Before(rec.CreatedAt.Add(-ledger.StampSlack))
}

// scaledBefore reports whether the formation was scaled so shortly before a dyno was created, or a
// process was started, that this came of it.
func (r *roster) scaledBefore(t time.Time) bool {
	return slices.ContainsFunc(r.scalings, func(s time.Time) bool {
		return !s.After(t.Add(ledger.StampSlack)) && !t.After(s.Add(scaledSoon))
	})
}

// scaledSince is the same, but of a scaling that was later than another time for certain. If there was
// an earlier one, too, it can be told of neither that this came of it.
func (r *roster) scaledSince(from, t time.Time) bool {
	return r.scaledBefore(t) && !slices.ContainsFunc(r.scalings, func(s time.Time) bool {
		return s.Before(from.Add(ledger.StampSlack)) && !t.After(s.Add(scaledSoon))
	})
}

// cameWithFirstCode reports whether a process type came with the first release that carries code, so
// that nothing of it ran before. Two unknown times compare as equal; both callers also compare with a
// known time, so that does no harm.
func (r *roster) cameWithFirstCode(t *processType) bool {
	return t.CreatedAt.Sub(r.target.firstCode).Abs() <= typesBefore
}

// nothingOld reports whether nothing old can be of a process type.
func (r *roster) nothingOld(t *processType) bool {
	return r.cameWithFirstCode(t) && !r.target.firstCode.Before(r.target.released)
}

// nothingBefore reports whether nothing ran under the label before the first line of its ledger. Where
// it is not known when the log begins, the answer is of no use, and that is a doubt of its own.
func (r *roster) nothingBefore(lb *label) bool {
	since := r.log.since
	// It came into being after the first look, and the log is whole since before that, and since before
	// what a look that is behind shows.
	first := r.clock.Platform(r.firstLook.AskedAt)
	if lb.firstSeen.After(first.Add(ledger.StampSlack)) && len(r.firstLook.Dynos) > 0 && !since.After(first.Add(-observe.ListLag)) {
		return true
	}
	start, begins := lb.ledger.BeginsWithStart()
	if !begins {
		return false
	}
	if r.cameWithFirstCode(lb.typ) && !since.After(lb.typ.CreatedAt) {
		return true
	}
	// The process type came with the target, unless the list shows that it did not, or a release of shortly
	// before may have dropped it: then the log has to tell what became of its dynos.
	dropped := func(t time.Time) bool { return t.Before(r.target.released) && r.target.released.Sub(t) < lb.typ.hold }
	if came := lb.typ.CreatedAt; !came.Before(r.target.released) && !r.wasOld(lb) &&
		(!since.After(came.Add(-lb.typ.hold)) || !slices.ContainsFunc(r.releasedAt, dropped)) {
		return true
	}
	// It came by scaling up, which the first look is from before, and the log is whole since before that.
	if lb.cameLater && r.scaledSince(since, start) {
		return true
	}
	// Or it came by scaling up while the log was whole for so long that of anything else that starts a
	// process there is a line before the start, or a release.
	longest := max(lb.typ.hold, r.bootTimeout())
	released := func(t time.Time) bool { return !t.After(start.Add(ledger.StampSlack)) && start.Sub(t) < releaseSoon }
	return r.scaledBefore(start) && start.Before(r.target.released) && !start.Before(since.Add(longest)) && !slices.ContainsFunc(r.releasedAt, released)
}
