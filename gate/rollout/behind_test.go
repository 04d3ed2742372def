// Lists that are a moment behind.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// A look was asked for between the end of a release phase and the change of the release's
// status: another one has to follow soon.
func TestReleasePhaseEndsBesideALook(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.look.Releases[1].Status = "pending"
	b.logs(0, time.Hour)
	b.sees(1*sec, dyno("web.1", 41, "up", -time.Hour))
	b.sees(60*sec, dyno("web.1", 41, "up", -time.Hour))
	// the phase ended at 59.5 s by the stamp; the line comes after the look
	b.apply(61*sec, rollout.Observation{Line: &rollout.Line{Stamp: at(59*sec + sec/2), Label: "release.1", Kind: rollout.Exit}})
	w := b.core.Wants()
	if w.LookAt == 0 && !w.Changed && w.Quiet {
		t.Error("nothing drives a look")
	}
}

// The flag of the current release is a moment behind in the look that shows success.
func TestCurrentReleaseIsBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.look.Releases[0].Current, b.look.Releases[1].Current = true, false
	b.replaced()
	b.line(7*sec, "web.1", rollout.Exit)
	b.sees(20*sec, dyno("web.1", 42, "up", 1*sec))
	w := b.core.Wants()
	if !w.Full {
		t.Error("no full look is wanted, though only the list of releases is in the way")
	}
}

// The log tells that the label has turned, and the list still shows the old record.
func TestListIsBehindWithAnOldRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	b.sees(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Sigterm)
	b.line(3*sec, "web.1", rollout.Start)
	b.line(4*sec, "web.1", rollout.Exit)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 41, "up", -24*time.Hour))
	w := b.core.Wants()
	if !w.Changed {
		t.Error("the list is behind the log, and no newer look is wanted")
	}
}

// A dyno of the release before is started and comes up after the target's release: that the
// list shows it so does not mean that the list is behind.
func TestListIsNotBehindWithADynoOfTheReleaseBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, rollout.Observation{App: &rollout.App{ID: "a", Name: "shop", Space: "west", Generation: "cedar"}})
	b.logs(0, time.Hour)
	b.line(5*sec, "web.1", rollout.State, "up", "starting")
	b.line(5*sec, "web.1", rollout.Sigterm)
	b.line(6*sec, "web.1", rollout.Start)
	b.line(7*sec, "web.1", rollout.Exit)
	b.line(8*sec, "web.1", rollout.State, "starting", "up")
	b.sees(15*sec, dyno("web.1", 41, "up", 5*sec))
	b.line(20*sec, "web.1", rollout.State, "up", "starting")
	b.line(20*sec, "web.1", rollout.Sigterm)
	b.line(21*sec, "web.1", rollout.Start)
	b.line(22*sec-sec/2, "web.1", rollout.Exit)
	b.line(25*sec, "web.1", rollout.State, "starting", "up")
	b.sees(26*sec, dyno("web.1", 42, "up", 20*sec))
	b.open(true, rollout.Proven)
}
