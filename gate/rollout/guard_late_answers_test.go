// Guards against lists, dates, exits and reports that come late or wrong.

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

// Nothing is wanted, and no look shows a dyno. The release may have dropped a process type, whose old dynos may run
// until 90 s after it, unless the log has covered the release, the gate came before it was finished, or the app had no
// code before.
func TestTypesThatNothingHasShown(t *testing.T) {
	t.Parallel()
	const held, free = true, false
	for name, c := range map[string]struct {
		play func(b *bench)
		held bool
	}{
		"no log":                             {noLog, held},
		"a log that begins after":            {func(b *bench) { b.logWhole(1*sec, -1*sec) }, held},
		"a log that covers it":               {func(b *bench) { b.logWhole(1*sec, time.Hour) }, free},
		"a log that covers it, and then not": {func(b *bench) { b.logWhole(1*sec, time.Hour); b.look(2 * sec); b.logState(3*sec, observe.Gapped) }, free},
		"a log that broke before":            {func(b *bench) { b.logWhole(1*sec, time.Hour); b.logState(2*sec, observe.Broken) }, held},
		"a look from before it was finished": {func(b *bench) {
			noLog(b)
			b.lists.Releases[1].Status = "pending"
			b.look(1 * sec)
			b.lists.Releases[1].Status, b.lists.Releases[1].UpdatedAt = "succeeded", at(4*sec)
		}, free},
		"the first code of the app": {func(b *bench) { noLog(b); b.lists.Releases[0].SlugID = "" }, free},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{})
			b.lists.Formation[0].Quantity = 0
			c.play(b)
			b.look(15 * sec)
			b.look(89 * sec)
			if _, opened := b.core.Verdict(); opened == c.held {
				t.Fatalf("opened by 89 s: %v", opened)
			}
			b.look(91 * sec)
			if _, opened := b.core.Verdict(); !opened {
				t.Error("it is shut at 91 s")
			}
		})
	}
}

// Two old processes report. The last report of all counts, in whatever order they are looked at; and a late line of an
// earlier report does not make it seem that nobody has reported since.
func TestTheLastReportOfTwo(t *testing.T) {
	t.Parallel()
	for range 300 {
		b := newBench(t, rollout.Config{})
		b.logWhole(0, time.Hour)
		b.look(0, oldWeb)
		report := func(arrives, stamp time.Duration, label, uuid string) {
			b.apply(arrives, observe.Observation{Line: &observe.Line{Stamp: at(stamp), Label: label, Kind: observe.Metric, UUID: uuid}})
		}
		report(1*sec, -2*sec, "web.1", "a")
		report(1*sec, -1*sec, "web.1", "b")
		b.replaceWeb1()
		b.stops(6*sec, "web.1")
		report(20*sec, 20*sec, "web.1", "a")
		report(40*sec, 40*sec, "web.1", "b")
		report(75*sec, 75*sec, "run.5", "c")
		report(76*sec, 30*sec, "run.5", "d")
		b.look(95*sec, dyno("web.1", 42, "up", 1*sec))
		b.shut("b reported at 40 s, and may be alive until 100 s")
		b.look(101*sec, dyno("web.1", 42, "up", 1*sec))
		b.opens(rollout.Proven)
	}
}

// One type waits for an exit, which more time may bring; the other, which holds longer, for what no time brings.
func TestAdviceOfTheTypeThatHoldsLongest(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{RequireProof: true})
	prebootOn(b)
	b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
	b.logWhole(0, time.Hour)
	b.look(0, oldWeb, dynoOfType("worker", "worker.1", 41, "up", -time.Hour))
	b.boots(1*sec, "worker.1", "up")
	b.look(10*sec, dyno("web.1", 42, "up", 1*sec), dynoOfType("worker", "worker.1", 42, "up", 1*sec))
	b.apply(30*sec, observe.Observation{End: observe.Deadline})
	if v, _ := b.core.Verdict(); !strings.Contains(v.Message, "more time may not help") {
		t.Error(v.Message)
	}
}

// A wrong date of a later answer does not move back the time at which an old dyno was last seen.
func TestWhenAnOldDynoWasLastSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.look(0, oldWeb)
	b.look(20*sec, oldWeb)
	before := b.core.Picture().Times.OldLastSeen
	b.apply(30*sec, observe.Observation{Date: at(-time.Hour), Look: &observe.Look{AskedAt: 30 * sec, Dynos: []observe.Dyno{oldWeb}}})
	if after := b.core.Picture().Times.OldLastSeen; before.IsZero() || !after.Equal(before) {
		t.Errorf("last seen at %s, and then at %s", before, after)
	}
}
