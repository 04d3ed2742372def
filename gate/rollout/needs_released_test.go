// What is asked for when the log tells nothing: the release that is awaited by itself, and the
// lists anew when they do not agree.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// lookAt is a full look at an app of two web dynos, of which so many are listed.
func lookAt(s time.Duration, status string, dynos int) observe.Observation {
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

// needed is the need of a kind, if there is one.
func needOf(r *rollout.Rollout, kind rollout.NeedKind) *rollout.Need {
	for _, n := range r.Needs() {
		if n.Kind == kind {
			return &n
		}
	}
	return nil
}

func TestTheAwaitedReleaseIsAskedForByItself(t *testing.T) {
	t.Parallel()
	const id = "01234567-89ab-cdef-0123-456789abcdef"
	for name, c := range map[string]struct {
		want   release.Want
		status string
		asks   string // empty: it is not asked for
	}{
		"its phase runs":                {release.Want{}, "pending", "42"},
		"it has succeeded":              {release.Want{}, "succeeded", ""},
		"one that is named, not there":  {release.Want{Version: 50}, "succeeded", "50"},
		"one by its id, not there":      {release.Want{ID: id}, "succeeded", id},
		"a commit, of which none knows": {release.Want{Commit: "c0ffee1"}, "succeeded", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := rollout.New(rollout.Config{App: "shop", Want: c.want})
			if n := needOf(r, rollout.AskRelease); n != nil {
				t.Errorf("before the first look %+v is needed", n)
			}
			r.Apply(lookAt(20*time.Second, c.status, 2))
			n := needOf(r, rollout.AskRelease)
			if c.asks == "" {
				if n != nil {
					t.Errorf("%+v is needed", n)
				}
				return
			}
			if n == nil || n.Release != c.asks || n.By != 31*time.Second {
				t.Fatalf("%+v, want one for %q", n, c.asks)
			}
			r.Apply(observe.Observation{At: 32 * time.Second, Release: &observe.Release{Version: 0}})
			if n = needOf(r, rollout.AskRelease); n == nil || n.By != 43*time.Second {
				t.Errorf("after an answer: %+v", n)
			}
		})
	}
}

// Only an answer that differs from what is listed makes a look due.
func TestAnAnswerAboutTheReleaseMakesALookDue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen observe.Release
		due  bool
	}{
		"as it was listed": {observe.Release{Version: 42, Status: "pending"}, false},
		"not there":        {observe.Release{}, false},
		"another one":      {observe.Release{Version: 41, Status: "succeeded"}, false},
		"failed":           {observe.Release{Version: 42, Status: "failed"}, true},
		"succeeded":        {observe.Release{Version: 42, Status: "succeeded"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := rollout.New(rollout.Config{App: "shop"})
			r.Apply(lookAt(20*time.Second, "pending", 2))
			r.Apply(observe.Observation{At: 31 * time.Second, Release: &c.seen})
			if n := needOf(r, rollout.Change); (n != nil) != c.due || n != nil && !n.Full {
				t.Errorf("the look that is due: %+v", n)
			}
			if v, ended := r.Verdict(); ended {
				t.Errorf("the answer alone ended the wait: %+v", v)
			}
		})
	}
}

// Fewer dynos than the formation wants: both are read anew, later and later, and then no more.
func TestListsThatDoNotAgreeAreReadAgain(t *testing.T) {
	t.Parallel()
	r := rollout.New(rollout.Config{App: "shop"})
	due := func() time.Duration {
		if n := needOf(r, rollout.TimedLook); n != nil {
			return n.By
		}
		return 0
	}
	r.Apply(lookAt(20*time.Second, "succeeded", 2))
	if at := due(); at != 0 {
		t.Errorf("lists that agree are due at %s", at)
	}
	for _, step := range []struct{ look, due time.Duration }{{30, 32}, {32, 35}, {35, 40}, {40, 50}, {50, 0}, {60, 0}} {
		r.Apply(lookAt(step.look*time.Second, "succeeded", 1))
		if at := due(); at != step.due*time.Second {
			t.Errorf("after the look at %d s they are due at %s, want %d s", step.look, at, step.due)
		}
	}
	r.Apply(lookAt(70*time.Second, "succeeded", 2))
	r.Apply(lookAt(80*time.Second, "succeeded", 0))
	if at := due(); at != 82*time.Second {
		t.Errorf("the next time they are due at %s", at)
	}
}
