// What the verdict says about old code when the wait is interrupted: no more than is known.

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

func TestInterruptedSaysNoMoreThanIsKnown(t *testing.T) {
	t.Parallel()
	released := []observe.Release{
		{ID: "41", Version: 41, Status: "succeeded", CreatedAt: at(-time.Hour), UpdatedAt: at(-time.Hour)},
		{ID: "42", Version: 42, Status: "succeeded", CreatedAt: at(-time.Minute), UpdatedAt: at(-time.Minute), Current: true},
	}
	web := []observe.Formation{{Type: "web", Quantity: 2, CreatedAt: at(-99 * time.Hour), UpdatedAt: at(-99 * time.Hour)}}
	app := observe.Observation{App: &observe.App{ID: "a", Generation: "cedar"}}
	off := observe.Observation{Preboot: &observe.Preboot{Known: true}}
	for name, c := range map[string]struct {
		first []observe.Observation // before the look
		look  observe.Look
		says  string
	}{
		"everything is known":                          {[]observe.Observation{app, off}, observe.Look{Formation: web, Releases: released, Dynos: []observe.Dyno{dyno("web.1", 42, "up", -24*time.Hour)}}, "old code is presumed gone"},
		"nobody knows where the app runs":              {[]observe.Observation{off}, observe.Look{Formation: web, Releases: released, Dynos: []observe.Dyno{dyno("web.1", 42, "up", -24*time.Hour)}}, "old code may still run"},
		"the formation is empty, and a dyno is listed": {[]observe.Observation{app, off}, observe.Look{Formation: []observe.Formation{}, Releases: released, Dynos: []observe.Dyno{dyno("web.1", 42, "up", -24*time.Hour)}}, "old code may still run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core := rollout.New(rollout.Config{App: "shop", UseLog: true, Want: release.Want{Version: 42}})
			for _, o := range c.first {
				core.Apply(o)
			}
			core.Apply(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(-time.Hour)}})
			core.Apply(observe.Observation{At: 20 * sec, Date: at(20 * sec), Look: &c.look})
			core.Apply(observe.Observation{At: 20 * sec, Preboot: off.Preboot})
			core.Apply(observe.Observation{At: 21 * sec, End: observe.Interrupt})
			v, _ := core.Verdict()
			if v.Reason != rollout.Interrupted || !strings.HasSuffix(v.Message, c.says) {
				t.Errorf("the message is %q (%s), want it to end with %q", v.Message, v.Reason, c.says)
			}
		})
	}
}

// Until the release is deployed, old code can start again, even if nothing old runs.
func TestOldCodeIsNotGoneBeforeTheReleaseIsDeployed(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.lists.Formation[0].Quantity = 0
	b.lists.Releases[1].Status = "pending"
	b.look(1 * sec)
	if got := b.core.Picture().Old; got != rollout.NotKnown {
		t.Errorf("the release phase runs: old code is %s, want %s", got, rollout.NotKnown)
	}
	b.lists.Releases[1].Status = "succeeded"
	b.look(2 * sec)
	if got := b.core.Picture().Old; got != rollout.ByProof {
		t.Errorf("the release is deployed: old code is %s, want %s", got, rollout.ByProof)
	}
}
