// Where nothing old can be: behind a dyno that came by scaling up, or in an app that had no code before.

package rollout

import (
	"cmp"
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

const (
	// Scaling up starts a dyno within 11.6 s (13 captured).
	scaledSoon = 15 * time.Second
	// A release creates its new process types within this time, before or after its own creation (captured: they
	// are scaled 0.2 s before).
	typesBefore = 30 * time.Second
	// maxScalings bounds how many scalings are remembered.
	maxScalings = 200
	// A release starts most of its processes within this time.
	releaseSoon = time.Minute
)

// scaledUp reports whether nothing ran under the label before its record, or before the last one that it had: the
// record is the earliest event that is known of the label, and came by scaling up after the release was finished.
// Scaling up before that can start old code for a moment, between two looks; a look that may be late does not show that, nor
// does a log that begins later. judgeNeverListed covers what had left the list before the gate came.
func (r *roster) scaledUp(lb *label) bool {
	rec := cmp.Or(lb.record, lb.lastRecord)
	if !r.logCoversRelease() && lb.lackedAt < r.sinceFinished(observe.ListLag) {
		return false
	}
	return rec != nil && rec.ID == lb.lateRecordID && !r.old(rec) && r.scaledSince(r.target.finishedAt, rec.CreatedAt) &&
		!lb.firstSeen.Before(rec.CreatedAt.Add(-ledger.StampSlack))
}

// scaledBefore reports whether the formation was scaled so shortly before a time that a process of that time may be the
// result.
func (r *roster) scaledBefore(t time.Time) bool {
	return slices.ContainsFunc(r.scalings, func(s time.Time) bool {
		return !s.After(t.Add(ledger.StampSlack)) && !t.After(s.Add(scaledSoon))
	})
}

// scaledSince is the same, but only if the scaling was certainly later than from. If there was an earlier one, too, the
// process may be the result of that.
func (r *roster) scaledSince(from, t time.Time) bool {
	return r.scaledBefore(t) && !slices.ContainsFunc(r.scalings, func(s time.Time) bool {
		return s.Before(from.Add(ledger.StampSlack)) && !t.After(s.Add(scaledSoon))
	})
}

// cameWithFirstCode reports whether a process type came with the app's first release with code, so that nothing of it
// ran before. It is also true if both times are unknown, so callers must also compare with a known time.
func (r *roster) cameWithFirstCode(t *processType) bool {
	return t.CreatedAt.Sub(r.target.firstCode).Abs() <= typesBefore
}

// nothingOld reports whether a process type cannot have an old process.
func (r *roster) nothingOld(t *processType) bool {
	return r.cameWithFirstCode(t) && !r.target.firstCode.Before(r.target.released)
}

// nothingBefore reports whether nothing ran under the label before the first line of its ledger. If it is not known
// when the log begins, the answer does not matter: that is a doubt of its own.
func (r *roster) nothingBefore(lb *label) bool {
	since := r.log.since
	// The label is newer than the first look, and the log goes back before that look, by more than a list can be late.
	first := r.clock.Platform(r.firstLook.AskedAt)
	inFirstLook := lb.lowestVersion > 0 && lb.lateRecordID == "" // which may have taken long
	if !inFirstLook && lb.firstSeen.After(first.Add(ledger.StampSlack)) && len(r.firstLook.Dynos) > 0 && !since.After(first.Add(-observe.ListLag)) {
		return true
	}
	start, begins := lb.ledger.BeginsWithStart()
	if !begins {
		return false
	}
	if r.cameWithFirstCode(lb.typ) && !since.After(lb.typ.CreatedAt) {
		return true
	}
	// The process type came with the target. That is not so if an old dyno of it was listed. And if a release shortly
	// before may have dropped the type, the log has to go back further.
	dropped := func(t time.Time) bool { return t.Before(r.target.released) && r.target.released.Sub(t) < lb.typ.hold }
	if came := lb.typ.CreatedAt; !came.Before(r.target.released) && !r.wasOld(lb) &&
		(!since.After(came.Add(-lb.typ.hold)) || !slices.ContainsFunc(r.releasedAt, dropped)) {
		return true
	}
	// The label came by scaling up, after the first look, and the log goes back before that.
	if lb.lateRecordID != "" && r.scaledSince(since, start) {
		return true
	}
	// Or it came by scaling up, and the log goes back so far that it would show any other reason of the start, except a
	// release.
	longest := max(lb.typ.hold, r.bootTimeout())
	released := func(t time.Time) bool { return !t.After(start.Add(ledger.StampSlack)) && start.Sub(t) < releaseSoon }
	return r.scaledBefore(start) && start.Before(r.target.released) && !start.Before(since.Add(longest)) && !slices.ContainsFunc(r.releasedAt, released)
}
