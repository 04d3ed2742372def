// The releases of the app, as far as they were listed.

package release

import (
	"cmp"
	"maps"
	"slices"

	"heroku-rollout-gate/gate/observe"
)

const (
	// moreReleases is how many releases a look requests beside those that it needs.
	moreReleases = 20
	// maxReleases is how many releases of an app are read and kept at most.
	maxReleases = 10_000
)

// history is all releases that were ever listed.
type history struct {
	byVersion map[int]observe.Release
	newest    int                      // the highest version; 0 before the first look
	knownFrom int                      // all releases from this version on were listed; 0: all that exist
	current   int                      // the version that the platform calls current; 0 if it names none
	firstCode *observe.Release         // the first that was deployed with code; nil if none was, as in a new app
	destroyed map[observe.CodeRef]bool // the platform has destroyed the code: all its releases have expired
}

// see adds the releases of a look.
func (h *history) see(l *observe.Look) {
	if len(l.Releases) == 0 {
		return
	}
	switch lowest := lowest(l.Releases); {
	case !l.ReleasesCut || len(l.Releases) >= maxReleases:
		h.knownFrom = 0
	case lowest > h.newest: // there may be other releases between these two
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
	h.firstCode, h.destroyed = nil, map[observe.CodeRef]bool{}
	for _, r := range h.sorted() {
		code := r.Code()
		if r.Deployed() && code.ID != "" {
			h.firstCode = &r
		}
		destroyed, seen := h.destroyed[code]
		h.destroyed[code] = r.Status == "expired" && (destroyed || !seen)
	}
}

// shows reports whether a full look has the release of a version, or does not go back that far.
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

// sorted lists the releases, newest first, by version: their ids say nothing about their age.
func (h *history) sorted() []observe.Release {
	return slices.SortedFunc(maps.Values(h.byVersion), func(a, b observe.Release) int { return cmp.Compare(b.Version, a.Version) })
}

// failed reports whether the release failed, so that it will never be deployed.
func failed(r *observe.Release) bool { return r.Status == "failed" }

// ran reports whether dynos have run the release, or may have run it.
func ran(r *observe.Release) bool { return !failed(r) && r.Status != "pending" }

// toAsk is how many of the newest releases a look should request, so that all releases from version downTo on
// become known, or, if they are, the release of version reread is read again.
func (h *history) toAsk(downTo, reread int) int {
	switch {
	case h.knownFrom <= downTo:
		downTo = reread
	case downTo == 0:
		return maxReleases
	}
	return min(h.newest-downTo+moreReleases, maxReleases)
}
