// What the core forgets of one-off dynos, and what it must not forget.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// One-off dynos come and go for as long as the app runs, and must not fill the memory.
func TestOneOffDynosAreForgotten(t *testing.T) {
	t.Parallel()
	for _, inScope := range []bool{false, true} {
		b := newBench(t, rollout.Config{IncludeOneOff: inScope, RequireProof: true})
		b.logWhole(0, time.Hour)
		old := dyno("web.1", 41, "up", -time.Hour)
		b.look(0, old)
		most := 0
		for i := range 800 {
			now, label := time.Duration(i+1)*sec, fmt.Sprintf("run.%d", i)
			b.line(now, label, observe.State, "starting", "up")
			if i%10 == 0 {
				run := dyno(label, 42, "up", now)
				run.Type = "run"
				b.look(now, old, run)
			}
			if i%2 == 0 { // the others end without a line
				b.line(now+sec/2, label, observe.Exit)
			}
			most = max(most, b.core.Labels())
		}
		// One dyno a second is remembered for five minutes, and some more come between two looks.
		if most > 350 {
			t.Errorf("with include-one-off %v, %d labels are remembered, want at most 350", inScope, most)
		}
		b.shut("web.1 of v41 is listed")
	}
}

// A one-off dyno that is listed, or that the log has just shown, is remembered. So is every dyno that is not
// a one-off dyno.
func TestOneOffDynosThatAreRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{RequireProof: true})
	b.logWhole(0, time.Hour)
	old, listed := dyno("web.1", 41, "up", -time.Hour), dynoOfType("run", "run.1", 42, "up", 1*sec)
	b.look(2*sec, old, listed)
	b.line(3*sec, "web.2", observe.Exit)
	b.look(400*sec, old, listed)
	b.line(401*sec, "run.2", observe.Start)
	b.look(402*sec, old)
	if n := b.core.Labels(); n != 4 {
		t.Errorf("%d labels are remembered, want web.1, web.2, run.1 and run.2", n)
	}
	b.line(600*sec, "run.2", observe.Exit)
	b.look(720*sec, old)
	if n := b.core.Labels(); n != 3 {
		t.Errorf("%d labels are remembered, want web.1, web.2, and run.2, of which a line came two minutes ago", n)
	}
}

// A stream that is opened again repeats its history: lines of forgotten dynos are no news.
func TestOldLinesOfForgottenDynosAreNoNews(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, RequireProof: true})
	b.logWhole(0, time.Hour)
	b.look(0, oldWeb)
	job := observe.Line{Stamp: at(10 * sec), Label: "run.1", Kind: observe.Start}
	b.apply(10*sec, observe.Observation{Line: &job})
	b.look(20*sec, oldWeb)
	b.look(400*sec, oldWeb)
	b.apply(401*sec, observe.Observation{Line: &job})
	if n := b.core.Labels(); n != 1 {
		t.Errorf("%d labels are remembered, want web.1 alone", n)
	}
	b.line(402*sec, "run.1", observe.Start)
	if n := b.core.Labels(); n != 2 {
		t.Errorf("%d labels are remembered, want web.1, and run.1 of which a new line has come", n)
	}
}

// A console that left the list before the gate knew the release may have run old code, and may be alive.
func TestAConsoleFromBeforeTheReleaseIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, RequireProof: true})
	all := b.lists.Releases
	b.lists.Releases = all[:1]
	b.logWhole(0, time.Hour)
	b.look(1*sec, oldWeb, dynoOfType("run", "run.1", 41, "up", -time.Hour))
	b.look(400*sec, oldWeb)
	b.look(800*sec, oldWeb)
	b.lists.Releases, all[1].CreatedAt, all[1].UpdatedAt = all, at(801*sec), at(801*sec)
	b.boots(802*sec, "web.1", "up")
	b.stops(810*sec, "web.1")
	b.look(900*sec, dyno("web.1", 42, "up", 802*sec))
	b.shut("run.1 of v41 left the list, and nobody saw its end")
}

// An old console that has ended stays in the picture, however long ago it ended.
func TestAnOldConsoleIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, RequireProof: true})
	b.logWhole(0, time.Hour)
	console := dyno("run.1", 41, "up", -time.Hour)
	console.Type = "run"
	old := dyno("web.1", 41, "up", -time.Hour)
	b.look(0, old, console)
	b.line(10*sec, "run.1", observe.Exit)
	for i := range 100 {
		b.look(20*sec+time.Duration(i)*10*sec, old)
	}
	for _, d := range b.core.Picture().Dynos {
		if d.Label == "run.1" && !d.GoneAt.IsZero() {
			return
		}
	}
	t.Errorf("run.1 is not in the picture: %+v", b.core.Picture().Dynos)
}

// The gate reads the history again whenever the log breaks. That must not bring back a forgotten dyno.
func TestAForgottenOneOffDynoDoesNotComeBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, Settle: 30 * sec})
	prebootOn(b)
	b.logWhole(0, time.Hour)
	b.lists.Releases[1].Status = "pending"
	b.look(0, oldWeb)
	line := observe.Line{Stamp: at(10 * sec), Label: "release.7", Kind: observe.Start}
	b.apply(10*sec, observe.Observation{Line: &line})
	b.lists.Releases[1].Status, b.lists.Releases[1].UpdatedAt = "succeeded", at(20*sec)
	b.logState(21*sec, observe.Gapped)
	for i := range 100 {
		now := 30*sec + time.Duration(i)*10*sec
		if i%2 == 0 {
			b.logWhole(now, -25*sec)
			b.apply(now, observe.Observation{Line: &line})
		}
		b.look(now+5*sec, dyno("web.1", 42, "up", 22*sec))
	}
	b.opens(rollout.Presumed)
}

// The first look after a long outage may be the first that lacks a one-off dyno, which can have left the list
// just before.
func TestAOneOffDynoThatHasJustLeftTheListIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true})
	b.logWhole(0, time.Hour)
	b.lists.Releases[1].Status = "pending"
	b.look(0, oldWeb)
	b.line(10*sec, "release.7", observe.Start)
	b.lists.Releases[1].Status, b.lists.Releases[1].UpdatedAt = "succeeded", at(20*sec)
	b.boots(22*sec, "web.1", "up")
	b.stops(30*sec, "web.1")
	b.look(400*sec, dyno("web.1", 42, "up", 22*sec))
	b.look(420*sec, dyno("web.1", 42, "up", 22*sec))
	b.shut("release.7 ran old code, and may be stopping")
	b.look(470*sec, dyno("web.1", 42, "up", 22*sec))
	b.opens(rollout.Presumed)
}
