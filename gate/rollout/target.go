// Which release is waited for, and what has become of it.

package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// moreReleases is how many releases beside the ones of interest are asked for.
	moreReleases = 20
	// maxReleases is the longest page that the platform gives.
	maxReleases = 1000
	// maxSlugs bounds the search for a commit among the newest releases.
	maxSlugs = 10
	// A failed build that was started longer ago than this before the gate is that
	// of an earlier try.
	buildMemory = 30 * time.Minute
)

// target follows the release that is waited for.
type target struct {
	cfg   *Config
	clock *platformClock

	releases map[int]Release // by version; everything that was ever listed
	newest   int             // the newest version that was ever listed
	first    int             // the newest version at the first look; 0 before it
	cut      bool            // older releases exist that were not listed
	commits  map[string]string
	builds   []Build
	asked    int // how many releases to ask for

	heard    int      // the newest version that the log has told of
	running  int      // the newest version that a listed dyno was of
	rel      *Release // nil while it is not known
	missing  bool     // the newest look did not show the target any more
	newerMax int      // the newest succeeded release after the target
	returned int      // a newer release that brings old code back; 0 if none
	bad      string   // the caller's wish cannot be met: why
}

func newTarget(cfg *Config, clock *platformClock) *target {
	return &target{cfg: cfg, clock: clock, releases: map[int]Release{}, commits: map[string]string{}, asked: moreReleases}
}

// see takes in the releases of a look.
func (t *target) see(l *Look) {
	t.cut = l.ReleasesCut
	for _, d := range l.Dynos {
		t.running = max(t.running, d.Version)
	}
	for _, r := range l.Releases {
		t.releases[r.Version] = r
		t.newest = max(t.newest, r.Version)
	}
	if t.first == 0 {
		t.first = t.newest
	}
	t.resolve()
	if t.rel == nil {
		return
	}
	t.correct()
	r, ok := t.releases[t.rel.Version]
	t.missing = !ok || !slices.ContainsFunc(l.Releases, func(r Release) bool { return r.Version == t.rel.Version })
	t.rel = &r
	t.seeNewer()
}

// versions lists what is known, newest first.
func (t *target) versions() []Release {
	out := make([]Release, 0, len(t.releases))
	for _, r := range t.releases {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Release) int { return cmp.Compare(b.Version, a.Version) })
	return out
}

// resolve looks for the target while it is not known.
func (t *target) resolve() {
	if t.rel != nil || t.bad != "" || t.newest == 0 {
		return
	}
	switch w := t.cfg.Want; {
	case w.Commit != "":
		t.rel = t.byCommit(w.Commit)
	case w.ID != "":
		for _, r := range t.releases {
			if strings.EqualFold(r.ID, w.ID) {
				t.rel = &r
			}
		}
		if t.rel == nil && t.cut {
			t.asked = maxReleases
		}
	case w.Version != 0:
		if r, ok := t.releases[w.Version]; ok {
			t.rel = &r
		} else if w.Version < t.newest && t.cut {
			t.asked = min(maxReleases, t.newest-w.Version+moreReleases)
		}
	case t.heard > t.newest || t.running > t.newest:
		// A newer release is known of, and the list of releases is behind.
	default:
		r := t.releases[t.newest]
		t.rel = &r
	}
	if t.rel != nil {
		t.asked = min(maxReleases, max(t.asked, t.newest-t.rel.Version+moreReleases))
		t.seeNewer()
	}
}

// correct mends the choice of the newest release: a list that was behind when the
// gate started can have hidden a newer one that was already there.
func (t *target) correct() {
	start, ok := t.clock.zero()
	if t.cfg.Want != (Want{}) || !ok {
		return
	}
	for _, r := range t.releases {
		if r.Version > t.rel.Version && !r.CreatedAt.After(start.Add(stampSlack)) {
			t.rel, t.newerMax, t.returned = &r, 0, 0
		}
	}
}

// byCommit finds the release that brought the commit: the oldest one in the newest
// run of releases with one slug. A release with the commit that other code has
// followed is not it, unless it came while the gate was waiting: the commit is
// then about to be deployed again.
func (t *target) byCommit(commit string) *Release {
	commit = strings.ToLower(commit)
	full := ""
	for _, c := range t.commits {
		if !strings.HasPrefix(c, commit) || c == full {
			continue
		}
		if full != "" {
			t.bad = fmt.Sprintf("commit %q is ambiguous: both %s and %s begin with it; give more of it", commit, min(c, full), max(c, full))
			return nil
		}
		full = c
	}
	var found *Release
	for _, r := range t.versions() {
		c, known := t.commits[r.SlugID]
		switch {
		case found != nil && r.SlugID != found.SlugID:
			return found // the run is over
		case found == nil && r.SlugID != "" && !known:
			return nil // its slug is still to be read
		case known && c == full && full != "":
			found = &r
		case found == nil && r.Version <= t.first && r.Status == "succeeded":
			return nil
		}
	}
	return found
}

// slugsWanted lists the slugs whose commit has to be known to find the target, or
// to name the target's commit.
func (t *target) slugsWanted() []string {
	var ids []string
	add := func(id string) {
		if _, ok := t.commits[id]; !ok && id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if t.rel != nil {
		add(t.rel.SlugID)
		return ids
	}
	if t.cfg.Want.Commit == "" {
		return nil
	}
	for i, r := range t.versions() {
		if i < maxSlugs {
			add(r.SlugID)
		}
	}
	return ids
}

func (t *target) seeSlug(s *Slug) {
	t.commits[s.ID] = strings.ToLower(s.Commit)
	t.resolve()
}

// seeNewer judges the releases after the target.
func (t *target) seeNewer() {
	for _, r := range t.releases {
		if r.Version <= t.rel.Version || r.Status != "succeeded" {
			continue
		}
		t.newerMax = max(t.newerMax, r.Version)
		if r.SlugID == "" || r.SlugID == t.rel.SlugID {
			continue
		}
		known := false
		for _, o := range t.releases {
			if o.SlugID == r.SlugID && o.Version < t.rel.Version {
				t.returned = max(t.returned, r.Version)
			}
			known = known || o.SlugID == r.SlugID && o.Version < r.Version
		}
		if !known && t.cut {
			t.asked = maxReleases // it may be the slug of a much older release
		}
	}
}

// followed is a release with the wanted commit that other code has followed; 0 if
// there is none.
func (t *target) followed() int {
	n := 0
	for _, r := range t.releases {
		if c := t.commits[r.SlugID]; c != "" && strings.HasPrefix(c, strings.ToLower(t.cfg.Want.Commit)) {
			n = max(n, r.Version)
		}
	}
	return n
}

// failedBuild is the newest build of the wanted commit, if it failed.
func (t *target) failedBuild() *Build {
	var newest *Build
	for i := range t.builds {
		b := &t.builds[i]
		if b.Commit == "" || !strings.HasPrefix(strings.ToLower(b.Commit), strings.ToLower(t.cfg.Want.Commit)) {
			continue
		}
		if newest == nil || b.CreatedAt.After(newest.CreatedAt) {
			newest = b
		}
	}
	if newest == nil || newest.Status != "failed" {
		return nil
	}
	if start, ok := t.clock.zero(); ok && newest.CreatedAt.Before(start.Add(-buildMemory)) {
		return nil
	}
	return newest
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

// noSlugs tells that the app's releases carry no slug, so that no commit can be
// matched: container images, and apps on Fir.
func (t *target) noSlugs() bool {
	if r, ok := t.releases[t.newest]; ok && t.newest > 0 {
		return r.SlugID == "" && r.Version > 2
	}
	return false
}
