// The target if the watch began before the deploy (a head start): a release newer than those that were there.

package release

import "heroku-rollout-gate/gate/observe"

// latest is the newest release. With a head start it must be newer than all that were there before. If none has
// come by [ReleaseDue], the deploy made no release, or repeats an earlier one, and the newest release counts.
func (t *Target) latest() *observe.Release {
	if t.AwaitsNewer() && !t.fullLookAfter(ReleaseDue) {
		return nil
	}
	return t.history.get(t.history.newest)
}

// AwaitsNewer reports whether the newest release is from before the head start, so that the gate still waits for
// the release of the deploy. It waits until [ReleaseDue].
func (t *Target) AwaitsNewer() bool {
	before := t.newestBefore()
	return t.release == nil && t.want.newest() && before > 0 && t.history.newest <= before
}

// newestBefore is the newest release that was made before the head start. It is 0 if there is none, without a
// head start, and if the caller says which release the target must be newer than.
//
// Answers can differ about when the head start began. For a release in the first look the latest possible
// time counts, and for any other the earliest: a machine that slept, or one wrong clock, must not turn the
// deploy's release into one from before.
func (t *Target) newestBefore() int {
	if !t.headStart || t.want.NewerThan != 0 {
		return 0
	}
	newest := 0
	for _, r := range t.history.byVersion {
		start := t.clock.Start()
		if r.Version <= t.newestAtFirstLook {
			start = t.clock.AnyStart()
		}
		if !r.CreatedAt.After(start) {
			newest = max(newest, r.Version)
		}
	}
	return newest
}
