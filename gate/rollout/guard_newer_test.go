// Guards of the releases after the target: newer code may follow it, code from before it must not come back,
// and while nobody can tell which of the two it is, the gate stays shut.

package rollout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// A newerRelease is a case with v43, a release after the target v42. The code of v43 is s43.
type newerRelease struct {
	truth   string            // why the gate stays shut
	cut     bool              // the list of releases lacks the beginning of the history
	codes   map[string]string // the known commits of the codes
	built   time.Duration     // when s43 was built
	history []observe.Release // more releases
	runs    int               // the version of web.1; 0: v43
	opens   bool              // the gate opens with on-supersede follow, and ends as superseded with same-code
	same    bool              // v43 has the target's own code: the gate opens in either case
	ends    rollout.Reason    // how the wait ends in either case
}

const (
	commitA = "aaaaaaaaaaaaaaaa"
	commitB = "bbbbbbbbbbbbbbbb"
	commitC = "cccccccccccccccc"
)

// otherRelease is a release beside v41 and v42: hours before the target, or fractions of a second after it.
func otherRelease(v int, status, slug string) observe.Release {
	d := time.Duration(v-42) * time.Hour
	if v > 42 {
		d = time.Duration(v-42) * sec / 10
	}
	return observe.Release{ID: fmt.Sprint("r", v), Version: v, Status: status, SlugID: slug, CreatedAt: at(d), UpdatedAt: at(d)}
}

func TestNewerReleases(t *testing.T) {
	t.Parallel()
	fifteenAlike := []observe.Release{otherRelease(25, "succeeded", "s25")}
	for v := 26; v < 41; v++ {
		fifteenAlike = append(fifteenAlike, otherRelease(v, "succeeded", "s41"))
	}
	var sixOthers []observe.Release
	for v := 44; v < 50; v++ {
		sixOthers = append(sixOthers, otherRelease(v, "succeeded", fmt.Sprint("s", v)))
	}
	otherCodes := map[string]string{"s41": commitA, "s42": commitB, "s43": commitA}
	for v := 44; v < 50; v++ {
		otherCodes[fmt.Sprint("s", v)] = fmt.Sprintf("%016x", v)
	}
	for name, n := range map[string]newerRelease{
		"other code": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC}, opens: true},
		"other code, built before the target": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			built: -time.Hour, opens: true},
		"other code, built after the target, and the history is cut": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			built: sec, cut: true, opens: true},
		"other code, built before the target, and the history is cut": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			built: -time.Hour, cut: true, truth: "the code may have run long before the target"},
		"the same commit, built again, and the history is cut": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitB},
			built: -time.Hour, cut: true, opens: true, same: true},
		"the code of v43 is not read yet": {codes: map[string]string{"s41": commitA, "s42": commitB},
			truth: "it may be the code of v41, built again"},
		"the target's code is not read yet": {codes: map[string]string{"s41": commitA, "s43": commitC},
			truth: "nobody knows whether v43 has newer code"},
		"the code of v41 is not read yet": {codes: map[string]string{"s40": commitC, "s42": commitB, "s43": commitA},
			history: []observe.Release{otherRelease(40, "succeeded", "s40")}, truth: "v41 may carry the same commit"},
		"the code of v40 is not read yet": {codes: map[string]string{"s41": commitC, "s42": commitB, "s43": commitA},
			history: []observe.Release{otherRelease(40, "succeeded", "s40")}, truth: "v40 may carry the same commit"},
		"the commit of v41, built again": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitA}, ends: rollout.RolledBack},
		"the commit of v41, built again, and no dyno of v43 yet": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitA}, runs: 42,
			ends: rollout.RolledBack},
		"the commit of a release that failed": {codes: map[string]string{"s40": commitC, "s41": commitA, "s42": commitB, "s43": commitC},
			history: []observe.Release{otherRelease(40, "failed", "s40")}, opens: true},
		"the commit of a release whose release phase never ended": {codes: map[string]string{"s40": commitC, "s41": commitA, "s42": commitB, "s43": commitC},
			history: []observe.Release{otherRelease(40, "pending", "s40")}, opens: true},
		"the slug of a release that failed": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			history: []observe.Release{otherRelease(40, "failed", "s43")}, opens: true},
		"a commit from before many config changes": {codes: map[string]string{"s25": commitC, "s41": commitA, "s42": commitB, "s43": commitC},
			history: fifteenAlike, ends: rollout.RolledBack},
		"old code, of which a dyno runs, and then six releases with other code": {codes: otherCodes, history: sixOthers, ends: rollout.RolledBack},
		"a branch with a short name like digits":                                {codes: map[string]string{"s41": "beef", "s42": commitB, "s43": "beef"}, opens: true},
		"a branch with a long name":                                             {codes: map[string]string{"s41": "release-branch", "s42": commitB, "s43": "release-branch"}, opens: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n.check(t, release.Follow)
			if n.opens && !n.same {
				n.opens, n.ends = false, rollout.Superseded
			}
			n.check(t, release.SameCode)
		})
	}
}

// check has v43 follow the target, with on-supersede set to the policy.
func (n newerRelease) check(t *testing.T, policy release.Policy) {
	t.Helper()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}, OnSupersede: policy})
	noLog(b)
	b.lists.ReleasesCut = n.cut
	b.lists.Releases[1].Current = false
	b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", "s43"))
	b.lists.Releases = append(b.lists.Releases, n.history...)
	runs := dyno("web.1", max(n.runs, 42), "up", 1*sec)
	if n.runs == 0 {
		runs.Version = 43
	}
	b.look(2*sec, runs)
	for id, commit := range n.codes {
		built := at(-time.Hour)
		if id == "s43" {
			built = at(n.built)
		}
		b.apply(3*sec, observe.Observation{Code: &observe.Code{ID: id, Commit: commit, CreatedAt: built}})
	}
	b.look(200*sec, runs)
	v, done := b.core.Verdict()
	switch {
	case n.opens && v.Result != rollout.Passed, n.ends != "" && v.Reason != n.ends:
		t.Errorf("on-supersede %s: verdict %v, %+v; waiting for %s", policy, done, v, b.core.Picture().Waiting)
	case !n.opens && n.ends == "":
		b.shut(n.truth)
	}
}

// A newer release with the slug of the target is not other code, whatever is known about that slug.
func TestTheTargetsOwnCodeFollows(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}})
	b.lists.ReleasesCut = true
	b.lists.Releases[1].Current = false
	b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", "s42"))
	b.apply(0, observe.Observation{Code: &observe.Code{ID: "s42", CreatedAt: at(-time.Hour)}})
	b.replaceWeb1()
	b.line(10*sec, "web.1", observe.Exit)
	b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
	b.opens(rollout.Proven)
	if n := b.core.Picture().SupersededBy; n != 43 {
		t.Errorf("superseded by v%d, want v43", n)
	}
}

// If nobody named the release and it is not new, the message says how old it is.
func TestMessageSaysHowOldTheReleaseIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want release.Want
		age  time.Duration
		says string
	}{
		{release.Want{}, time.Hour, "release v42, which is not new (made at 2026-03-01 11:00 UTC): 1 dyno up"},
		{release.Want{}, time.Minute, "release v42: 1 new dyno up"},
		{release.Want{Version: 42}, time.Hour, "release v42: 1 new dyno up"},
		{release.Want{NewerThan: 41}, time.Hour, "release v42: 1 new dyno up"},
	} {
		b := newestBench(t, rollout.Config{Want: c.want})
		b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-c.age), at(-c.age)
		noLog(b)
		b.look(2*sec, dyno("web.1", 42, "up", 1*sec))
		b.look(200*sec, dyno("web.1", 42, "up", 1*sec))
		b.look(201*sec, dyno("web.1", 42, "up", 1*sec))
		if v, _ := b.core.Verdict(); !strings.HasPrefix(v.Message, c.says+", no ") {
			t.Errorf("for %+v, made %s before the gate started, the verdict is %+v, want %q", c.want, c.age, v, c.says)
		}
	}
}
