// What the core asks for without the help of the log: the release that it waits for, and lists that do not
// agree.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// lookAt is a full look, asked for at s. The formation wants two web dynos, and the look shows so many.
func lookOfTwo(s time.Duration, status string, dynos int) observe.Observation {
	born := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := &observe.Look{AskedAt: s, Dynos: []observe.Dyno{},
		Formation: []observe.Formation{{Type: "web", Quantity: 2, CreatedAt: born.Add(-time.Hour), UpdatedAt: born.Add(-time.Hour)}},
		Releases:  []observe.Release{{ID: "42", Version: 42, Status: status, SlugID: "s", CreatedAt: born, UpdatedAt: born}},
	}
	for i := range dynos {
		l.Dynos = append(l.Dynos, observe.Dyno{ID: string(rune('a' + i)), Name: "web.1", Type: "web", State: "up", Version: 42, CreatedAt: born, UpdatedAt: born})
	}
	return observe.Observation{At: s, Date: born.Add(s), Look: l}
}

// needOf is the first need of a kind; nil if there is none.
func needOf(r *rollout.Rollout, kind rollout.NeedKind) *rollout.Need {
	for _, n := range r.Needs() {
		if n.Kind == kind {
			return &n
		}
	}
	return nil
}

func TestAsksForTheReleaseItWaitsFor(t *testing.T) {
	t.Parallel()
	const id = "01234567-89ab-cdef-0123-456789abcdef"
	for name, c := range map[string]struct {
		want   release.Want
		status string
		asks   string // the release that the core asks for; empty: none
	}{
		"its release phase runs":                            {release.Want{}, "pending", "42"},
		"it has succeeded":                                  {release.Want{}, "succeeded", ""},
		"a named release that does not exist yet":           {release.Want{Version: 50}, "succeeded", "50"},
		"a release named by its id that does not exist yet": {release.Want{ID: id}, "succeeded", id},
		"a commit that no release has":                      {release.Want{Commit: "c0ffee1"}, "succeeded", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := rollout.New(rollout.Config{App: "shop", Want: c.want})
			if n := needOf(r, rollout.AskRelease); n != nil {
				t.Errorf("before the first look the core needs %+v", n)
			}
			r.Apply(lookOfTwo(20*time.Second, c.status, 2))
			n := needOf(r, rollout.AskRelease)
			if c.asks == "" {
				if n != nil {
					t.Errorf("the core needs %+v, want nothing", n)
				}
				return
			}
			if n == nil || n.Release != c.asks || n.By != 31*time.Second {
				t.Fatalf("the core needs %+v, want release %q by 31 s", n, c.asks)
			}
			r.Apply(observe.Observation{At: 32 * time.Second, Release: &observe.Release{Version: 0}})
			if n = needOf(r, rollout.AskRelease); n == nil || n.By != 43*time.Second {
				t.Errorf("after an answer the core needs %+v, want the release by 43 s", n)
			}
		})
	}
}

// If the answer about the release differs from the list, the core needs a look. The answer alone does not end
// the wait.
func TestNewsOfTheReleaseNeedsALook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer observe.Release
		look   bool // the core needs a look
	}{
		"as in the list":  {observe.Release{Version: 42, Status: "pending"}, false},
		"no such release": {observe.Release{}, false},
		"another release": {observe.Release{Version: 41, Status: "succeeded"}, false},
		"failed":          {observe.Release{Version: 42, Status: "failed"}, true},
		"succeeded":       {observe.Release{Version: 42, Status: "succeeded"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := rollout.New(rollout.Config{App: "shop"})
			r.Apply(lookOfTwo(20*time.Second, "pending", 2))
			r.Apply(observe.Observation{At: 31 * time.Second, Release: &c.answer})
			if n := needOf(r, rollout.Change); (n != nil) != c.look || n != nil && !n.Full {
				t.Errorf("the core needs %+v, want a full look: %v", n, c.look)
			}
			if v, ended := r.Verdict(); ended {
				t.Errorf("the answer alone ended the wait: %+v", v)
			}
		})
	}
}

// Fewer dynos are listed than the formation wants. The core needs both lists again, with growing pauses, and
// then not any more.
func TestListsThatDoNotAgreeAreReadAgain(t *testing.T) {
	t.Parallel()
	r := rollout.New(rollout.Config{App: "shop"})
	due := func() time.Duration {
		if n := needOf(r, rollout.TimedLook); n != nil {
			return n.By
		}
		return 0
	}
	r.Apply(lookOfTwo(20*time.Second, "succeeded", 2))
	if at := due(); at != 0 {
		t.Errorf("the lists agree, and the core needs them again at %s", at)
	}
	for _, step := range []struct{ look, due time.Duration }{{30, 32}, {32, 35}, {35, 40}, {40, 50}, {50, 0}, {60, 0}} {
		r.Apply(lookOfTwo(step.look*time.Second, "succeeded", 1))
		if at := due(); at != step.due*time.Second {
			t.Errorf("after the look at %d s the core needs the lists again at %s, want %d s", step.look, at, step.due)
		}
	}
	r.Apply(lookOfTwo(70*time.Second, "succeeded", 2))
	r.Apply(lookOfTwo(80*time.Second, "succeeded", 0))
	if at := due(); at != 82*time.Second {
		t.Errorf("after they agreed once, the core needs the lists again at %s, want 1m22s", at)
	}
}
