// The roster's own rules: which creation is later, and when the gate learnt that a target was finished.

package rollout

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
)

func TestLaterCreation(t *testing.T) {
	t.Parallel()
	at := func(created, seen int) creation {
		return creation{time.Unix(int64(created), 0), time.Duration(seen) * time.Second}
	}
	for _, c := range []struct {
		about string
		a, b  creation
		later bool
	}{
		{"created later, seen earlier", at(10, 12), at(5, 20), true},
		{"created earlier, seen later", at(5, 20), at(10, 12), false},
		{"of the same second, seen later", at(5, 20), at(5, 12), true},
		{"of the same second, seen earlier", at(5, 12), at(5, 20), false},
		{"the same", at(5, 12), at(5, 12), false},
	} {
		if got := c.a.after(c.b); got != c.later {
			t.Errorf("%s: later is %v", c.about, got)
		}
	}
}

func TestWhenATargetWasSeenFinished(t *testing.T) {
	t.Parallel()
	r := newRoster(&Config{}, &observe.Clock{})
	r.look = &observe.Look{}
	for _, c := range []struct {
		version int
		status  string
		came    time.Duration
		seen    time.Duration
	}{
		{42, "pending", 1, 1}, {42, "succeeded", 2, 2}, {42, "succeeded", 3, 2}, {43, "succeeded", 4, 4}, {43, "succeeded", 5, 4},
	} {
		r.lookCame = c.came
		r.setTarget(&observe.Release{Version: c.version, Status: c.status}, time.Time{})
		if r.target.seenAt != c.seen {
			t.Errorf("v%d %s at %d: seen at %d, want %d", c.version, c.status, c.came, r.target.seenAt, c.seen)
		}
	}
}
