// The releases of the app, as far as they were listed.

package oldcore

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// moreReleases is how many releases a look asks for, beside those of interest.
	moreReleases = 20
	// maxReleases bounds what is read of the history of an app, and what is kept.
	maxReleases = 10_000
)

// releases is everything that was ever listed.
type releases struct {
	byVersion map[int]Release
	newest    int // the highest version; 0 before the first look
	from      int // every release from this version on was listed; 0: every one there is
	current   int // the version that the platform calls the current one; 0 if it named none
}

// see takes in the releases of a look.
func (rs *releases) see(l *Look) {
	if len(l.Releases) == 0 {
		return
	}
	lowest := l.Releases[0].Version
	for _, r := range l.Releases {
		lowest = min(lowest, r.Version)
	}
	switch {
	case !l.ReleasesCut || len(l.Releases) >= maxReleases:
		rs.from = 0
	case rs.newest == 0 || lowest > rs.newest: // between the two there may be others
		rs.from = lowest
	default:
		rs.from = min(rs.from, lowest)
	}
	rs.current = 0
	for _, r := range l.Releases {
		rs.byVersion[r.Version] = r
		rs.newest = max(rs.newest, r.Version)
		if r.Current {
			rs.current = max(rs.current, r.Version)
		}
	}
}

// sorted lists them, newest first. Ids tell no age.
func (rs *releases) sorted() []Release {
	out := make([]Release, 0, len(rs.byVersion))
	for _, r := range rs.byVersion {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Release) int { return cmp.Compare(b.Version, a.Version) })
	return out
}

// failed tells whether the release will never be deployed.
func failed(r *Release) bool { return r.Status == "failed" || r.Status == "expired" }

// unfinished says why a release that has neither succeeded nor failed is waited for.
func unfinished(r *Release) string {
	switch r.Status {
	case "pending":
		return "its release phase is not over"
	case "":
		return "the platform does not tell its status"
	case "failed", "expired":
		return "it " + r.Status + ", and a newer one may be there"
	}
	return fmt.Sprintf("its status is %q, which is not known to mean that it succeeded", r.Status)
}

// ran tells whether dynos have run the release, or may have.
func ran(r *Release) bool { return !failed(r) && r.Status != "pending" }

// lowest is, for each code, the lowest version that has run it.
func (rs *releases) lowest() map[CodeRef]int {
	versions := make(map[CodeRef]int, len(rs.byVersion))
	for _, r := range rs.byVersion {
		if v, ok := versions[r.Code()]; ran(&r) && (!ok || r.Version < v) {
			versions[r.Code()] = r.Version
		}
	}
	return versions
}

// ask is how many of the newest releases a look should bring, so that every one
// from the version down on is known, and the one of the version fresh is read again.
func (rs *releases) ask(down, fresh int) int {
	n := moreReleases
	if fresh > 0 {
		n += max(0, rs.newest-fresh)
	}
	switch {
	case rs.newest == 0 || rs.from <= down:
	case down == 0:
		n = maxReleases
	default:
		n = max(n, rs.newest-down+moreReleases)
	}
	return min(n, maxReleases)
}
