// The target of a caller who names a commit.

package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxSearched bounds the search for a commit among the newest releases.
	maxSearched = 10
	// A failure from so long before the gate is that of an earlier try to deploy.
	tryMemory = 30 * time.Minute
	// RetryWindow is how long after the start of the gate another try to deploy must have begun.
	RetryWindow = 30 * time.Second
	// Commits have 40 digits, and are abbreviated to 7 or more.
	wholeCommit = 40
	shortCommit = 7
)

// byCommit finds the release that brought the commit: the first good one in the newest run
// of releases with that code, or the last one if none is good. A release of an earlier try
// is not it, nor one that failed while the commit is built again.
func (t *Target) byCommit() *observe.Release {
	if t.wrongWant = t.ambiguous(); t.wrongWant != "" {
		return nil
	}
	short := isCommit(strings.ToLower(t.want.Commit)) && len(t.want.Commit) < wholeCommit
	if short && !t.buildsRead && !t.askedLater(observe.ListLag) {
		return nil // a build may show that two commits begin so
	}
	var found *observe.Release
	followed := false // by other code that runs
	for i, r := range t.history.sorted() {
		code := r.Code()
		c, read := t.codes[code.ID]
		switch {
		case !read && i < maxSearched && (found == nil || short):
			return nil // to be read first
		case found != nil && code != found.Code():
			return t.ofThisTry(found, followed)
		case t.wanted(c.Commit):
			if found == nil || r.Deployed() {
				found = &r
			}
		case r.Version <= t.newestAtStart && r.Deployed():
			followed = true
		}
	}
	return t.ofThisTry(found, followed)
}

// ofThisTry is the release, or nil if it is that of an earlier try to deploy the commit. One that
// failed, or that other code has followed, is that if it was made long ago, the commit has been
// built since, or may be deployed again within moments. If not, a gate that comes now judges it as
// one that came before it.
func (t *Target) ofThisTry(r *observe.Release, followed bool) *observe.Release {
	if r == nil || !failed(r) && !followed {
		return r
	}
	if b := t.newestBuild(); b != nil && b.CreatedAt.After(r.CreatedAt) || t.longBefore(r.CreatedAt) || t.mayBeTriedAgain(r.CreatedAt) {
		return nil
	}
	return r
}

// mayBeTriedAgain reports whether a try to deploy the commit is from before the watch, and the wait has not
// waited long enough yet to see whether there is another one.
func (t *Target) mayBeTriedAgain(made time.Time) bool {
	return !t.askedLater(RetryWindow) && made.Before(t.clock.Start())
}

// longBefore reports whether a time is so long before the watch that it is of an earlier try.
func (t *Target) longBefore(at time.Time) bool {
	return at.Before(t.clock.Start().Add(-tryMemory))
}

// ambiguous says which two commits begin with what the caller gave; empty if there are no
// two. The gate refuses to choose between them.
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
		case !strings.HasPrefix(c, before): // one that is a part of the other is the same
			return fmt.Sprintf("commit %q is ambiguous: both %s and %s begin with it; give more of it", t.want.Commit, before, c)
		default:
			before = c
		}
	}
	return ""
}

// wanted reports whether a label of code is the commit that the caller gave. Of two that are
// hexadecimal either may be abbreviated; other ones, such as v1.4.2, have to be equal.
func (t *Target) wanted(label string) bool {
	want := strings.ToLower(t.want.Commit)
	if !isCommit(want) {
		return label == want
	}
	return strings.HasPrefix(label, want) || isCommit(label) && strings.HasPrefix(want, label)
}

// seeBuilds takes in the newest builds.
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

// FailedBuild is the newest build of the wanted commit, if it failed in this try; nil otherwise.
func (t *Target) FailedBuild() *observe.Build {
	if b := t.newestBuild(); b != nil && b.Status == "failed" && !t.longBefore(b.CreatedAt) && !t.mayBeTriedAgain(b.CreatedAt) {
		return b
	}
	return nil
}

// TriedBefore says what became of a try to deploy the commit that is from before the gate, while that
// may be an earlier one; empty otherwise.
func (t *Target) TriedBefore() string {
	if t.release != nil || t.askedLater(RetryWindow) {
		return ""
	}
	b, e := t.newestBuild(), t.earlierTry()
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

// newerBuild reports whether a build is under way that the newest release does not come from.
func (t *Target) newerBuild() bool {
	newest := t.history.byVersion[t.history.newest]
	return slices.ContainsFunc(t.builds, func(b observe.Build) bool {
		return b.Status == "pending" && b.CreatedAt.After(newest.CreatedAt)
	})
}

// earlierTry is the newest release with the wanted commit that is not the target: other code
// has followed it, or it failed long ago. nil if there is none.
func (t *Target) earlierTry() *observe.Release {
	for _, r := range t.history.sorted() {
		if t.wanted(t.codes[r.Code().ID].Commit) {
			return &r
		}
	}
	return nil
}

// followedByOther reports whether other code was deployed after the newest release with the commit.
func (t *Target) followedByOther(r *observe.Release) bool {
	for _, newer := range t.history.byVersion {
		if newer.Version > r.Version && newer.Deployed() {
			return true
		}
	}
	return false
}

// noCommits reports whether the app's releases carry no commit, so that none can be matched:
// container images, as a rule.
func (t *Target) noCommits() bool {
	if t.history.newest <= 2 { // the first releases of an app carry no code yet
		return false
	}
	for i, r := range t.history.sorted() {
		if c, read := t.codes[r.Code().ID]; i < maxSearched && (!read || c.Commit != "") {
			return false
		}
	}
	return true
}
