// Guards of the choice of the target by its commit: which release carries the commit, and when nobody can say
// yet. A wrong target opens the gate while old code runs.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

func TestTheReleaseOfACommit(t *testing.T) {
	t.Parallel()

	codes := func(b *bench, commits ...string) { // of s41, s42 and so on; empty: not read yet
		for i, c := range commits {
			if c != "" {
				b.code(2*sec, fmt.Sprint("s", 41+i), c)
			}
		}
	}
	follow := func(b *bench, status string) {
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, status, "s43"))
	}
	for name, c := range map[string]struct {
		commit string
		play   func(b *bench)
		target int // 0: not known yet
	}{
		"the whole commit, and its code is read": {wantedCommit, func(b *bench) { b.look(1*sec, newWeb); codes(b, "", wantedCommit) }, 42},
		"the whole commit, and the newest code is not read": {wantedCommit, func(b *bench) {
			follow(b, "succeeded")
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
		}, 0},
		"the whole commit, other code has followed, and the commit may be deployed again": {wantedCommit, func(b *bench) {
			follow(b, "succeeded")
			b.lists.Releases[1].CreatedAt = at(-10 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
			b.look(29*sec, newWeb)
		}, 0},
		"the whole commit, other code has followed, and the commit is not deployed again": {wantedCommit, func(b *bench) {
			follow(b, "succeeded")
			b.lists.Releases[1].CreatedAt = at(-10 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
			b.look(30*sec, newWeb)
		}, 42},
		"the whole commit, and the release that followed has failed": {wantedCommit, func(b *bench) {
			follow(b, "failed")
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
		}, 42},
		"the whole commit, and other code follows after the first look": {wantedCommit, func(b *bench) {
			b.look(1*sec, newWeb)
			follow(b, "succeeded")
			b.look(2*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
		}, 42},
		"an abbreviated commit, and an older code is not read": {wantedCommit[:8], func(b *bench) {
			b.builds(1 * sec)
			b.look(1*sec, newWeb)
			codes(b, "", wantedCommit)
		}, 0},
		"an abbreviated commit, and the builds are not read": {wantedCommit[:8], func(b *bench) {
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
		}, 0},
		"an abbreviated commit, and everything is read": {wantedCommit[:8], func(b *bench) {
			b.builds(1 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
		}, 42},
		"an abbreviated commit, and only code of long ago is not read": {wantedCommit[:8], func(b *bench) {
			for v := 20; v < 41; v++ {
				b.lists.Releases = append(b.lists.Releases, otherRelease(v, "succeeded", fmt.Sprint("s", v)))
			}
			b.builds(1 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
			for v := 33; v < 41; v++ {
				b.code(2*sec, fmt.Sprint("s", v), fmt.Sprintf("%016d", v))
			}
		}, 42},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{Want: release.Want{Commit: c.commit}})
			c.play(b)
			found := 0
			if p := b.core.Picture(); p.Target != nil {
				found = p.Target.Version
			}
			if found != c.target {
				t.Errorf("the target is v%d, want v%d; waiting for %s", found, c.target, b.core.Picture().Waiting)
			}
		})
	}
}

// The newest build of the commit decides whether its build has failed, in whatever order the builds are
// listed.
func TestTheNewestBuildCounts(t *testing.T) {
	t.Parallel()
	failed, pending := build("failed", 3*time.Minute), build("pending", time.Minute)
	for _, builds := range [][]observe.Build{{failed, pending}, {pending, failed}} {
		b := newBench(t, forCommit)
		b.look(1*sec, oldWeb)
		b.builds(2*sec, builds...)
		b.shut("the commit is being built again")
	}
}

// A build that runs and is newer than the newest release is a reason for a notice: its release may be the one
// that the caller means.
func TestABuildThatRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status string
		ago    time.Duration
		want   int
	}{{"pending", time.Minute, 1}, {"succeeded", time.Minute, 0}, {"pending", 10 * time.Minute, 0}} {
		b := newestBench(t, rollout.Config{})
		b.lists.Releases[1].CreatedAt = at(-5 * time.Minute)
		b.look(1*sec, newWeb)
		b.builds(2*sec, build(c.status, c.ago))
		if n := len(b.core.Picture().Notices); n != c.want {
			t.Errorf("a build that is %s, and began %s ago: %d notices, want %d: %q", c.status, c.ago, n, c.want, b.core.Picture().Notices)
		}
	}
}
