// Which release is waited for.

package oldcore

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxSlugs bounds the search for a commit among the newest releases.
	maxSlugs = 10
	// A failure from so long before the gate is that of an earlier try to deploy.
	tryMemory = 30 * time.Minute
	// Commits have 40 digits, and are abbreviated to 7 or more.
	wholeCommit = 40
	shortCommit = 7
)

// target follows the release that is waited for.
type target struct {
	cfg   *Config
	clock *platformClock

	releases releases
	codes    map[string]Code // by id of slug or image
	builds   []Build
	built    bool          // builds were read
	first    int           // the newest version at the first look; -1 before it
	lookedAt time.Duration // when the newest full look was asked for

	heard   int          // the newest version that the log has told of
	running int          // the newest version that a listed dyno was of
	listed  map[int]bool // the versions that the dynos of the newest look are of
	rel     *Release     // nil while it is not known
	missing bool         // the newest look should have shown the target, and did not
	bad     string       // the caller's wish cannot be met: why

	newerMax int       // the newest succeeded release after the target
	returned int       // a newer release that brings old code back; 0 if none
	unjudged int       // a newer release whose code is not known yet; 0 if none
	unread   []CodeRef // what has to be read to judge it
}

func newTarget(cfg *Config, clock *platformClock) *target {
	return &target{cfg: cfg, clock: clock, releases: releases{byVersion: map[int]Release{}}, codes: map[string]Code{}, first: -1}
}

// see takes in a look at the lists.
func (t *target) see(l *Look) {
	t.listed = map[int]bool{}
	for _, d := range l.Dynos {
		t.running = max(t.running, d.Version)
		t.listed[d.Version] = true
	}
	if !l.Full() {
		return
	}
	t.lookedAt = l.AskedAt
	t.releases.see(l)
	if t.first < 0 {
		t.first = t.releases.newest
	}
	t.resolve()
	if t.rel == nil {
		return
	}
	t.correct()
	r := t.releases.byVersion[t.rel.Version]
	t.rel = &r
	listed, older := false, true
	for _, x := range l.Releases {
		listed = listed || x.Version == r.Version
		older = older && x.Version > r.Version
	}
	t.missing = !listed && !(older && l.ReleasesCut && len(l.Releases) > 0)
	t.seeNewer()
}

// ahead tells whether dynos or the log know of a release that the list of releases
// does not show yet.
func (t *target) ahead() bool { return max(t.heard, t.running) > t.releases.newest }

// down is the version down to which all releases have to be known.
func (t *target) down() int {
	w := t.cfg.Want
	switch {
	case t.rel != nil && t.unjudged != 0 && len(t.unread) == 0:
		return 0 // only the whole history can tell
	case t.rel != nil:
		return t.rel.Version
	case w.ID != "":
		return 0
	case w.Version != 0:
		return w.Version
	}
	return t.releases.newest
}

// deeper tells whether the next look has to bring more than the newest releases.
func (t *target) deeper() bool { return t.releases.newest > 0 && t.releases.from > t.down() }

// ask is how many of the newest releases the next look should bring.
func (t *target) ask() int {
	fresh := 0
	if t.rel != nil && t.rel.Status != "succeeded" {
		fresh = t.rel.Version
	}
	return t.releases.ask(t.down(), fresh)
}

// resolve looks for the target while it is not known.
func (t *target) resolve() {
	if t.rel != nil || t.bad != "" || t.releases.newest == 0 {
		return
	}
	switch w := t.cfg.Want; {
	case w.Commit != "":
		t.rel = t.byCommit()
	case w.ID != "":
		for _, r := range t.releases.byVersion {
			if strings.EqualFold(r.ID, w.ID) {
				t.rel = &r
			}
		}
	case w.Version != 0:
		if r, ok := t.releases.byVersion[w.Version]; ok {
			t.rel = &r
		}
	case t.ahead():
	default:
		r := t.releases.byVersion[t.releases.newest]
		t.rel = &r
	}
	if t.rel != nil {
		t.seeNewer()
	}
}

// correct mends the choice of the newest release: a list that was behind when the
// gate started can have hidden a newer one that was already there.
func (t *target) correct() {
	start := t.clock.latest
	if t.cfg.Want != (Want{}) || start.IsZero() {
		return
	}
	for _, r := range t.releases.byVersion {
		if r.Version > t.rel.Version && !r.CreatedAt.After(start.Add(time.Second)) {
			t.rel = &r
		}
	}
}

// byCommit finds the release that brought the commit: the first good one in the
// newest run of releases with that code, or the last one if none is good. A release
// of an earlier try is not it, nor one that failed while the commit is built again.
func (t *target) byCommit() *Release {
	if t.bad = t.ambiguous(); t.bad != "" {
		return nil
	}
	short := len(t.cfg.Want.Commit) < wholeCommit
	if short && !t.built && t.lookedAt < listLag {
		return nil // a build may show that two commits begin so
	}
	var found *Release
	followed := false // by other code that runs
	for i, r := range t.releases.sorted() {
		code := r.Code()
		c, read := t.codes[code.ID]
		switch {
		case code.ID != "" && !read && i < maxSlugs && (found == nil || short):
			return nil // to be read first
		case found != nil && code != found.Code():
			return t.thisTry(found, followed)
		case read && t.wanted(c.Commit):
			if found == nil || r.Status == "succeeded" {
				found = &r
			}
		case found == nil && r.Version <= t.first && r.Status == "succeeded":
			followed = true
		}
	}
	return t.thisTry(found, followed)
}

// thisTry is the release, unless it is that of an earlier try to deploy the commit.
// One that other code has followed always is, however short a time ago: the commit may
// be about to come again, and what followed must not open the gate. One that failed is
// if it did so long ago, or the commit has been built since.
func (t *target) thisTry(r *Release, followed bool) *Release {
	switch {
	case r == nil || !failed(r) && !followed:
		return r
	case !failed(r):
		return nil
	}
	if !t.built && t.lookedAt < listLag {
		return nil // a newer build may be under way
	}
	if b := t.newestBuild(); b != nil && b.CreatedAt.After(r.CreatedAt) {
		return nil
	}
	if start, ok := t.clock.zero(); ok && r.CreatedAt.Before(start.Add(-tryMemory)) {
		return nil
	}
	return r
}

// ambiguous says which two commits begin with what the caller gave; empty if there
// are no two. It refuses to choose between them.
func (t *target) ambiguous() string {
	if len(t.cfg.Want.Commit) >= wholeCommit {
		return ""
	}
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
		case before != "" && !strings.HasPrefix(c, before): // one that is a part of the other is the same
			return fmt.Sprintf("commit %q is ambiguous: both %s and %s begin with it; give more of it", t.cfg.Want.Commit, before, c)
		default:
			before = c
		}
	}
	return ""
}

// wanted tells whether a commit is the one that the caller gave: either of the two
// may be abbreviated.
func (t *target) wanted(commit string) bool {
	want := strings.ToLower(t.cfg.Want.Commit)
	return strings.HasPrefix(commit, want) || len(commit) >= shortCommit && strings.HasPrefix(want, commit)
}

func (t *target) seeCode(c *Code) {
	known := *c
	known.Commit = strings.ToLower(c.Commit)
	t.codes[c.ID] = known
	t.resolve()
	if t.rel != nil {
		t.seeNewer()
	}
}

func (t *target) seeBuilds(b *Builds) {
	t.builds, t.built = slices.Clone(b.Builds), true
	for i := range t.builds {
		t.builds[i].Commit = strings.ToLower(t.builds[i].Commit)
	}
	t.resolve()
}

// newestBuild is the newest build of the wanted commit; nil if there is none.
func (t *target) newestBuild() *Build {
	var newest *Build
	for i := range t.builds {
		if b := &t.builds[i]; t.wanted(b.Commit) && (newest == nil || b.CreatedAt.After(newest.CreatedAt)) {
			newest = b
		}
	}
	return newest
}

// failedBuild is the newest build of the wanted commit, if it failed in this try.
func (t *target) failedBuild() *Build {
	newest := t.newestBuild()
	if newest == nil || newest.Status != "failed" {
		return nil
	}
	if start, ok := t.clock.zero(); ok && newest.CreatedAt.Before(start.Add(-tryMemory)) {
		return nil
	}
	return newest
}

// building tells whether a build is under way that the newest release does not
// come from.
func (t *target) building() bool {
	newest := t.releases.byVersion[t.releases.newest]
	return slices.ContainsFunc(t.builds, func(b Build) bool {
		return b.Status == "pending" && b.CreatedAt.After(newest.CreatedAt)
	})
}

// earlier is the newest release with the wanted commit that is not the target: other
// code has followed it, or it failed long ago. nil if there is none.
func (t *target) earlier() *Release {
	for _, r := range t.releases.sorted() {
		if t.wanted(t.codes[r.Code().ID].Commit) {
			return &r
		}
	}
	return nil
}

// noCommits tells that the app's releases tell of no commit, so that none can be
// matched: container images, as a rule.
func (t *target) noCommits() bool {
	if t.releases.newest <= 2 { // the first releases of an app carry no code yet
		return false
	}
	for i, r := range t.releases.sorted() {
		code := r.Code()
		c, read := t.codes[code.ID]
		if i == maxSlugs {
			break
		}
		if code.ID != "" && (!read || c.Commit != "") {
			return false
		}
	}
	return true
}

// wish says in words which release is waited for.
func (t *target) wish() string {
	switch w := t.cfg.Want; {
	case w.Commit != "":
		return fmt.Sprintf("a release of commit %q", w.Commit)
	case w.ID != "":
		return fmt.Sprintf("release %q", w.ID)
	case w.Version != 0:
		return fmt.Sprintf("release v%d", w.Version)
	}
	return "the first release of the app"
}

// input names the input that says which release is waited for.
func (t *target) input() string {
	if t.cfg.Want.Commit != "" {
		return "commit"
	}
	return "release"
}
