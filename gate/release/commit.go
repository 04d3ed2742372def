// The target if the caller names a commit.

package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxSearched is how many of the newest releases are searched for a commit.
	maxSearched = 10
	// attemptMemory: a build or release from longer than this before the watch began belongs to an earlier
	// attempt to deploy the commit.
	attemptMemory = 30 * time.Minute
	// RetryWindow is how long after the wait began another attempt to deploy must have begun.
	RetryWindow = 30 * time.Second
	// Commits have 40 digits, and are abbreviated to 7 or more.
	wholeCommit = 40
	shortCommit = 7
)

// byCommit finds the release that deployed the commit. In the newest series of releases with the commit's code
// that is the first one that was deployed, or the last one if none was. A release of an earlier attempt to
// deploy does not count.
func (t *Target) byCommit() *observe.Release {
	if t.wrongWant = t.ambiguous(); t.wrongWant != "" {
		return nil
	}
	abbreviated := isCommit(strings.ToLower(t.want.Commit)) && len(t.want.Commit) < wholeCommit
	if abbreviated && !t.buildsRead && !t.fullLookAfter(observe.ListLag) {
		return nil // the builds may show a second commit that begins like this
	}
	var found *observe.Release
	followed := false // by a deployed release with other code
	for i, r := range t.history.sorted() {
		code := r.Code()
		c, known := t.describe(code)
		switch {
		case !known && i < maxSearched && (found == nil || abbreviated):
			return nil // this code must be read first
		case found != nil && code != found.Code():
			return t.ofThisAttempt(found, followed)
		case t.wanted(c.Commit):
			if found == nil || r.Deployed() {
				found = &r
			}
		case r.Version <= t.newestAtWait && r.Deployed():
			followed = true
		}
	}
	return t.ofThisAttempt(found, followed)
}

// ofThisAttempt is the release, or nil if it belongs to an earlier attempt to deploy the commit. It does if it
// failed or other code followed it, and one of these is true: it was made long ago, the commit was built again
// since, or the commit may be deployed again in a moment. If none is, the gate judges the release as a gate
// that started earlier would.
func (t *Target) ofThisAttempt(r *observe.Release, followed bool) *observe.Release {
	if r == nil || !failed(r) && !followed {
		return r
	}
	b := t.newestBuild()
	builtSince := b != nil && b.CreatedAt.After(r.CreatedAt)
	if builtSince || t.longBefore(r.CreatedAt) || t.mayBeTriedAgain(r.CreatedAt) {
		return nil
	}
	return r
}

// mayBeTriedAgain reports whether an attempt to deploy the commit is from before the watch began, and the gate
// has not waited long enough yet to see whether another attempt follows.
func (t *Target) mayBeTriedAgain(made time.Time) bool {
	return !t.fullLookAfter(RetryWindow) && made.Before(t.clock.Start())
}

// longBefore reports whether at is so long before the watch began that it belongs to an earlier attempt.
func (t *Target) longBefore(at time.Time) bool {
	return at.Before(t.clock.Start().Add(-attemptMemory))
}

// ambiguous says which two commits begin with the abbreviation that the caller gave; empty if there are no two.
// The gate refuses to choose between them.
func (t *Target) ambiguous() string {
	var commits []string
	for _, c := range t.codes {
		commits = append(commits, c.Commit)
	}
	for _, b := range t.builds {
		commits = append(commits, b.Commit)
	}
	slices.Sort(commits)
	before := ""
	for _, c := range commits {
		switch {
		case !t.wanted(c):
		case !strings.HasPrefix(c, before): // if it has that prefix, both are the same commit
			return fmt.Sprintf("commit %q is ambiguous: both %s and %s begin with it; give more of it", t.want.Commit, before, c)
		default:
			before = c
		}
	}
	return ""
}

// wanted reports whether the label of some code is the commit that the caller gave. If both look like commits,
// either may be abbreviated. Other labels, such as v1.4.2, must be equal.
func (t *Target) wanted(label string) bool {
	want := strings.ToLower(t.want.Commit)
	if !isCommit(want) {
		return label == want
	}
	return strings.HasPrefix(label, want) || isCommit(label) && strings.HasPrefix(want, label)
}

// seeBuilds notes the newest builds.
func (t *Target) seeBuilds(b *observe.Builds) {
	t.builds, t.buildsRead = slices.Clone(b.Builds), true
	for i := range t.builds {
		t.builds[i].Commit = strings.ToLower(t.builds[i].Commit)
	}
	t.choose()
}

// newestBuild is the newest build of the wanted commit; nil if there is none.
func (t *Target) newestBuild() *observe.Build {
	var newest *observe.Build
	for i := range t.builds {
		if b := &t.builds[i]; t.wanted(b.Commit) && (newest == nil || b.CreatedAt.After(newest.CreatedAt)) {
			newest = b
		}
	}
	return newest
}

// FailedBuild is the newest build of the wanted commit, if it failed in this attempt to deploy; nil otherwise.
func (t *Target) FailedBuild() *observe.Build {
	if b := t.newestBuild(); b != nil && b.Status == "failed" && !t.longBefore(b.CreatedAt) && !t.mayBeTriedAgain(b.CreatedAt) {
		return b
	}
	return nil
}

// TriedBefore says how an attempt to deploy the commit ended that is from before the wait began, as long as
// another attempt may follow; empty otherwise.
func (t *Target) TriedBefore() string {
	if t.release != nil || t.fullLookAfter(RetryWindow) {
		return ""
	}
	b, e := t.newestBuild(), t.earlierAttempt()
	switch {
	case b != nil && b.Status == "failed":
		return "its last build failed"
	case e == nil || b != nil && b.CreatedAt.After(e.CreatedAt):
	case failed(e):
		return fmt.Sprintf("release v%d of it failed", e.Version)
	case t.followedByOther(e) && !t.longBefore(e.CreatedAt):
		return fmt.Sprintf("other code followed release v%d of it", e.Version)
	}
	return ""
}

// newerBuild reports whether a build runs that began after the newest release was made.
func (t *Target) newerBuild() bool {
	newest := t.history.byVersion[t.history.newest]
	return slices.ContainsFunc(t.builds, func(b observe.Build) bool {
		return b.Status == "pending" && b.CreatedAt.After(newest.CreatedAt)
	})
}

// earlierAttempt is the newest release with the wanted commit; nil if there is none. It is of use while there is
// no target: that release failed, or other code followed it.
func (t *Target) earlierAttempt() *observe.Release {
	for _, r := range t.history.sorted() {
		if t.wanted(t.codes[r.Code().ID].Commit) {
			return &r
		}
	}
	return nil
}

// followedByOther reports whether another release was deployed after r, the newest release with the commit.
func (t *Target) followedByOther(r *observe.Release) bool {
	return slices.ContainsFunc(t.history.sorted(), func(o observe.Release) bool { return o.Version > r.Version && o.Deployed() })
}

// noCommits reports whether the app's releases have no commit, so that none can match. That is usual for container
// images.
func (t *Target) noCommits() bool {
	if t.history.newest <= 2 { // the first releases of an app carry no code yet
		return false
	}
	for i, r := range t.history.sorted() {
		if c, known := t.describe(r.Code()); i < maxSearched && (!known || c.Commit != "") {
			return false
		}
	}
	return true
}
