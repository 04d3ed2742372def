// Guards of the choice of the release: which one carries the commit that is waited for,
// and when that cannot be said yet. A wrong target opens the gate on old code.

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

	codes := func(b *bench, commits ...string) { // of s41, s42, ...; empty: not read
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
		target int
	}{
		"whole, and read at once": {wantedCommit, func(b *bench) { b.look(1*sec, newWeb); codes(b, "", wantedCommit) }, 42},
		"whole, and the newest code is not read": {wantedCommit, func(b *bench) {
			follow(b, "succeeded")
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
		}, 0},
		"whole, and other code has followed": {wantedCommit, func(b *bench) {
			follow(b, "succeeded")
			b.lists.Releases[1].CreatedAt = at(-10 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
			b.look(29*sec, newWeb)
		}, 0},
		"whole, and other code has followed, and it is not deployed again": {wantedCommit, func(b *bench) {
			follow(b, "succeeded")
			b.lists.Releases[1].CreatedAt = at(-10 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
			b.look(30*sec, newWeb)
		}, 42},
		"whole, and what followed has failed": {wantedCommit, func(b *bench) {
			follow(b, "failed")
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
		}, 42},
		"whole, and other code follows after the first look": {wantedCommit, func(b *bench) {
			b.look(1*sec, newWeb)
			follow(b, "succeeded")
			b.look(2*sec, newWeb)
			codes(b, commitA, wantedCommit, commitC)
		}, 42},
		"abbreviated, and an older code is not read": {wantedCommit[:8], func(b *bench) {
			b.builds(1 * sec)
			b.look(1*sec, newWeb)
			codes(b, "", wantedCommit)
		}, 0},
		"abbreviated, and the builds are not read": {wantedCommit[:8], func(b *bench) {
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
		}, 0},
		"abbreviated, and all of it is read": {wantedCommit[:8], func(b *bench) {
			b.builds(1 * sec)
			b.look(1*sec, newWeb)
			codes(b, commitA, wantedCommit)
		}, 42},
		"abbreviated, and only code of long ago is not read": {wantedCommit[:8], func(b *bench) {
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

// A build that failed counts if it is the newest of the commit, in whatever order they
// are listed.
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

// Of the builds under way only one that is newer than the release is a reason to doubt
// that this is the one.
func TestABuildThatIsUnderWay(t *testing.T) {
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
			t.Errorf("a build that is %s, begun %s ago: %d notices, want %d: %q", c.status, c.ago, n, c.want, b.core.Picture().Notices)
		}
	}
}
