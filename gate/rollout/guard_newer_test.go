// Guards of what comes after the target: newer code may follow it, code from before it
// must not come back, and what cannot be told keeps the gate shut.

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

// A newerRelease is a release after the target v42, v43, whose code s43 carries a commit.
type newerRelease struct {
	truth   string
	cut     bool              // the list of releases does not show the whole history
	codes   map[string]string // the commits that are known, by code
	built   time.Duration     // when s43 was
	history []observe.Release // more releases
	runs    int               // the version that web.1 is of; 0: v43
	opens   bool              // it is let pass, if any code may follow, and ends the wait if not
	same    bool              // it runs the target's own code, so that it is let pass in any case
	ends    rollout.Reason    // or ends the wait
}

const (
	commitA = "aaaaaaaaaaaaaaaa"
	commitB = "bbbbbbbbbbbbbbbb"
	commitC = "cccccccccccccccc"
)

func otherRelease(v int, status, slug string) observe.Release {
	d := time.Duration(v-42) * time.Hour
	if v > 42 {
		d = time.Duration(v-42) * sec / 10
	}
	return observe.Release{ID: fmt.Sprint("r", v), Version: v, Status: status, SlugID: slug, CreatedAt: at(d), UpdatedAt: at(d)}
}

func TestWhatFollows(t *testing.T) {
	t.Parallel()
	elevenAlike := []observe.Release{otherRelease(25, "succeeded", "s25")}
	for v := 26; v < 41; v++ {
		elevenAlike = append(elevenAlike, otherRelease(v, "succeeded", "s41"))
	}
	var sixOthers []observe.Release
	for v := 44; v < 50; v++ {
		sixOthers = append(sixOthers, otherRelease(v, "succeeded", fmt.Sprint("s", v)))
	}
	later := map[string]string{"s41": commitA, "s42": commitB, "s43": commitA}
	for v := 44; v < 50; v++ {
		later[fmt.Sprint("s", v)] = fmt.Sprintf("%016x", v)
	}
	for name, f := range map[string]newerRelease{
		"other code": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC}, opens: true},
		"other code, built before the target": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			built: -time.Hour, opens: true},
		"other code, built after the target, and the history is cut": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			built: sec, cut: true, opens: true},
		"other code, built before the target, and the history is cut": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			built: -time.Hour, cut: true, truth: "it may have run long before the target"},
		"the same commit, built again, and the history is cut": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitB},
			built: -time.Hour, cut: true, opens: true, same: true},
		"its code is not read yet": {codes: map[string]string{"s41": commitA, "s42": commitB},
			truth: "it may be that of v41, built again"},
		"the target's code is not read yet": {codes: map[string]string{"s41": commitA, "s43": commitC},
			truth: "which code came after it cannot be told"},
		"the code before is not read yet": {codes: map[string]string{"s40": commitC, "s42": commitB, "s43": commitA},
			history: []observe.Release{otherRelease(40, "succeeded", "s40")}, truth: "v41 may carry the same commit"},
		"the code before that is not read yet": {codes: map[string]string{"s41": commitC, "s42": commitB, "s43": commitA},
			history: []observe.Release{otherRelease(40, "succeeded", "s40")}, truth: "v40 may carry the same commit"},
		"the commit before, built again": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitA}, ends: rollout.RolledBack},
		"the commit before, and no dyno of it yet": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitA}, runs: 42,
			ends: rollout.RolledBack},
		"the commit of one that failed": {codes: map[string]string{"s40": commitC, "s41": commitA, "s42": commitB, "s43": commitC},
			history: []observe.Release{otherRelease(40, "failed", "s40")}, opens: true},
		"the commit of one whose phase was never over": {codes: map[string]string{"s40": commitC, "s41": commitA, "s42": commitB, "s43": commitC},
			history: []observe.Release{otherRelease(40, "pending", "s40")}, opens: true},
		"the slug of one that failed": {codes: map[string]string{"s41": commitA, "s42": commitB, "s43": commitC},
			history: []observe.Release{otherRelease(40, "failed", "s43")}, opens: true},
		"a commit from before many config changes": {codes: map[string]string{"s25": commitC, "s41": commitA, "s42": commitB, "s43": commitC},
			history: elevenAlike, ends: rollout.RolledBack},
		"old code, of which a dyno runs, and then much other": {codes: later, history: sixOthers, ends: rollout.RolledBack},
		"a branch with a short name like digits":              {codes: map[string]string{"s41": "beef", "s42": commitB, "s43": "beef"}, opens: true},
		"a branch with a long name":                           {codes: map[string]string{"s41": "release-branch", "s42": commitB, "s43": "release-branch"}, opens: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.check(t, release.Follow)
			if f.opens && !f.same {
				f.opens, f.ends = false, rollout.Superseded
			}
			f.check(t, release.SameCode)
		})
	}
}

// check lets v43 follow, under a policy.
func (f newerRelease) check(t *testing.T, policy release.Policy) {
	t.Helper()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}, OnSupersede: policy})
	noLog(b)
	b.lists.ReleasesCut = f.cut
	b.lists.Releases[1].Current = false
	b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", "s43"))
	b.lists.Releases = append(b.lists.Releases, f.history...)
	runs := dyno("web.1", max(f.runs, 42), "up", 1*sec)
	if f.runs == 0 {
		runs.Version = 43
	}
	b.look(2*sec, runs)
	for id, commit := range f.codes {
		built := at(-time.Hour)
		if id == "s43" {
			built = at(f.built)
		}
		b.apply(3*sec, observe.Observation{Code: &observe.Code{ID: id, Commit: commit, CreatedAt: built}})
	}
	b.look(200*sec, runs)
	v, done := b.core.Verdict()
	switch {
	case f.opens && v.Result != rollout.Passed, f.ends != "" && v.Reason != f.ends:
		t.Errorf("%s: %v, %+v; waiting for %s", policy, done, v, b.core.Picture().Waiting)
	case !f.opens && f.ends == "":
		b.shut(f.truth)
	}
}

// A release of the target's own code is no other code, whatever is known of it.
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
		t.Errorf("followed by v%d, want v43", n)
	}
}

// The age of a release that is not new is in the message, where nobody has named it.
func TestTheAgeIsSaid(t *testing.T) {
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
			t.Errorf("%+v, made %s before the gate came: %+v, want %q", c.want, c.age, v, c.says)
		}
	}
}
