// The releases of the app, as far as they were listed.

package release

import (
	"cmp"
	"slices"

	"heroku-rollout-gate/gate/observe"
)

const (
	// moreReleases is how many releases a look asks for, beside those of interest.
	moreReleases = 20
	// maxReleases bounds what is read of the history of an app, and what is kept.
	maxReleases = 10_000
)

// history is everything that was ever listed.
type history struct {
	byVersion map[int]observe.Release
	newest    int              // the highest version; 0 before the first look
	knownFrom int              // every release from this version on was listed; 0: every one there is
	current   int              // the version that the platform calls the current one; 0 if it named none
	firstCode *observe.Release // the first that was deployed with code; nil if none was, as in a new app
}

// see takes in the releases of a look.
func (h *history) see(l *observe.Look) {
	if len(l.Releases) == 0 {
		return
	}
	switch lowest := lowest(l.Releases); {
	case !l.ReleasesCut || len(l.Releases) >= maxReleases:
		h.knownFrom = 0
	case lowest > h.newest: // between the two there may be others
		h.knownFrom = lowest
	default:
		h.knownFrom = min(h.knownFrom, lowest)
	}
	h.current = 0
	for _, r := range l.Releases {
		h.byVersion[r.Version] = r
		h.newest = max(h.newest, r.Version)
		if r.Current {
			h.current = max(h.current, r.Version)
		}
	}
	h.firstCode = nil
	for _, r := range h.sorted() {
		if r.Deployed() && r.Code().ID != "" {
			h.firstCode = &r
		}
	}
}

// shows reports whether a full look shows the release of a version, or goes less far back.
func shows(l *observe.Look, version int) bool {
	return l.ReleasesCut && lowest(l.Releases) > version ||
		slices.ContainsFunc(l.Releases, func(r observe.Release) bool { return r.Version == version })
}

// lowest is the lowest version of the releases; 0 if there are none.
func lowest(releases []observe.Release) int {
	if len(releases) == 0 {
		return 0
	}
	return slices.MinFunc(releases, func(a, b observe.Release) int { return cmp.Compare(a.Version, b.Version) }).Version
}

// get is the release of a version; nil if it was not listed.
func (h *history) get(version int) *observe.Release {
	if r, ok := h.byVersion[version]; ok {
		return &r
	}
	return nil
}

// sorted lists the releases, newest first. Their ids tell no age.
func (h *history) sorted() []observe.Release {
	all := make([]observe.Release, 0, len(h.byVersion))
	for _, r := range h.byVersion {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b observe.Release) int { return cmp.Compare(b.Version, a.Version) })
	return all
}

// failed reports whether the release will never be deployed.
func failed(r *observe.Release) bool { return r.Status == "failed" }

// ran reports whether dynos have run the release, or may have.
func ran(r *observe.Release) bool { return !failed(r) && r.Status != "pending" }

// firstRuns is, for each code of the releases, the lowest version that has run it.
func firstRuns(newestFirst []observe.Release) map[observe.CodeRef]int {
	first := make(map[observe.CodeRef]int, len(newestFirst))
	for _, r := range newestFirst {
		if ran(&r) {
			first[r.Code()] = r.Version
		}
	}
	return first
}

// toAsk is how many of the newest releases a look should bring, so that every one from the
// version downTo on is known, and the one of the version again is read again.
func (h *history) toAsk(downTo, again int) int {
	switch {
	case h.knownFrom <= downTo:
		downTo = again
	case downTo == 0:
		return maxReleases
	}
	return min(h.newest-downTo+moreReleases, maxReleases)
}
