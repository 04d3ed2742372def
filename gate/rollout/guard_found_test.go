// Guards of what a second reader of the core found: lists, dates and names that fooled it.

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// On Fir a container ends by itself, and the platform starts another one in the pod without a line. Two seconds later
// the pod is asked to stop. Both happen between two looks.
func TestAContainerEndsJustBeforeItsPodIsStopped(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
	b.logWhole(0, 2*time.Minute)
	old, fresh := dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-b", 42, "up", 0)
	b.look(1*sec, old)
	b.look(66*sec, old, fresh)
	b.line(70*sec, "web-1-a", observe.Exit)
	b.line(72*sec, "web-1-a", observe.Sigterm)
	b.look(76*sec, fresh)
	b.look(86*sec, fresh)
	b.shut("the second container was asked to stop at 72 s, and runs until 102 s")
	b.line(102*sec, "web-1-a", observe.Exit)
	b.look(127*sec, fresh)
	b.opens(rollout.Proven)
}

// If the list later shows another time of the release's last change, old code was still gone when it was.
func TestAReleaseThatIsUpdatedLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Settle: 200 * sec})
	b.replaceWeb1()
	b.line(5*sec, "web.1", observe.Exit)
	b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
	before := b.core.Picture().Times.OldGone
	b.lists.Releases[1].UpdatedAt = at(150 * sec)
	b.look(160*sec, dyno("web.1", 42, "up", 1*sec))
	if after := b.core.Picture().Times.OldGone; before.IsZero() || !after.Equal(before) {
		t.Errorf("old code was gone at %s, and later at %s", before, after)
	}
}

// The deadline comes one second after the last exit, which is too fresh to tell whose it was; or while the log stream
// is opened again. More time would help there.
func TestAdviceWhereMoreTimeHelps(t *testing.T) {
	t.Parallel()
	for _, broken := range []bool{false, true} {
		b := newBench(t, rollout.Config{RequireProof: true, Timeout: 30 * sec})
		b.logWhole(0, time.Hour)
		b.line(1*sec, "web.1", observe.State, "up", "starting")
		b.line(2*sec, "web.1", observe.Start)
		b.line(3*sec, "web.1", observe.Sigterm)
		b.line(8*sec, "web.1", observe.State, "starting", "up")
		b.look(10*sec, dyno("web.1", 42, "up", 1*sec))
		if broken {
			b.logState(29*sec, observe.Broken)
		} else {
			b.line(29500*time.Millisecond, "web.1", observe.Exit)
		}
		b.look(30*sec, dyno("web.1", 42, "up", 1*sec))
		b.apply(30*sec, observe.Observation{End: observe.Deadline})
		v, _ := b.core.Verdict()
		if !strings.Contains(v.Message, `so raise the input "timeout"`) {
			t.Errorf("log broken: %v: %s", broken, v.Message)
		}
	}
}
