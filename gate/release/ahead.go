// The newest release of a wait that has a head start: newer than what was there before the deploy.

package release

import "heroku-rollout-gate/gate/observe"

// latest is the newest release. With a head start it must be newer than any that was there before, until it
// is clear that none comes: then the deploy has made none, or it is repeated.
func (t *Target) latest() *observe.Release {
	if t.AwaitsNewer() && !t.askedLater(ReleaseDue) {
		return nil
	}
	return t.history.get(t.history.newest)
}

// AwaitsNewer reports whether the newest release was there before the head start, so that the one of the
// deploy is awaited: until [ReleaseDue].
func (t *Target) AwaitsNewer() bool {
	before := t.newestBefore()
	return t.release == nil && t.want.newest() && before > 0 && t.history.newest <= before
}

// newestBefore is the newest release that was made before the head start; 0 if none was, without a head
// start, and where the caller says what to be newer than. Answers can differ about when it began: of a release that
// the first look showed the latest counts, and of any other the earliest, since a machine that slept, or one
// wrong clock, must not make the deploy's release one of before.
func (t *Target) newestBefore() int {
	newest := 0
	for _, r := range t.history.byVersion {
		start := t.clock.Start()
		if r.Version <= t.atFirst {
			start = t.clock.AnyStart()
		}
		if t.headStart && t.want.NewerThan == 0 && !r.CreatedAt.After(start) {
			newest = max(newest, r.Version)
		}
	}
	return newest
}
