package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// One-off dynos come and go for as long as the app runs.
func TestOneOffDynosAreForgotten(t *testing.T) {
	t.Parallel()
	for _, inScope := range []bool{false, true} {
		b := newBench(t, rollout.Config{IncludeOneOff: inScope, RequireProof: true})
		b.logs(0, time.Hour)
		old := dyno("web.1", 41, "up", -time.Hour)
		b.sees(0, old)
		most := 0
		for i := range 800 {
			now, label := time.Duration(i+1)*sec, fmt.Sprintf("run.%d", i)
			b.line(now, label, observe.State, "starting", "up")
			if i%10 == 0 {
				run := dyno(label, 42, "up", now)
				run.Type = "run"
				b.sees(now, old, run)
			}
			if i%2 == 0 { // or else it ends without a line
				b.line(now+sec/2, label, observe.Exit)
			}
			most = max(most, b.core.Labels())
		}
		// Those of five minutes, one each second, and what comes between two looks.
		if most > 350 {
			t.Errorf("in scope %v: %d labels are kept", inScope, most)
		}
		b.open(false, "")
	}
}

// One that is listed or that the log has told of is remembered, and so is what is none.
func TestOneOffDynosThatAreRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{RequireProof: true})
	b.logs(0, time.Hour)
	old, listed := dyno("web.1", 41, "up", -time.Hour), typed("run", "run.1", 42, "up", 1*sec)
	b.sees(2*sec, old, listed)
	b.line(3*sec, "web.2", observe.Exit)
	b.sees(400*sec, old, listed)
	b.line(401*sec, "run.2", observe.Start)
	b.sees(402*sec, old)
	if n := b.core.Labels(); n != 4 {
		t.Errorf("%d labels are remembered, want web.1, web.2, run.1 and run.2", n)
	}
}

// A console that left the list before the release was known may have been an old one, and alive.
func TestAConsoleOfBeforeTheReleaseIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, RequireProof: true})
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.logs(0, time.Hour)
	b.sees(1*sec, oldWeb, typed("run", "run.1", 41, "up", -time.Hour))
	b.sees(400*sec, oldWeb)
	b.look.Releases, all[1].CreatedAt, all[1].UpdatedAt = all, at(401*sec), at(401*sec)
	b.starts(402*sec, "web.1", "up")
	b.provenEnd(410*sec, "web.1")
	b.sees(500*sec, dyno("web.1", 42, "up", 402*sec))
	b.shut("run.1 of v41 left the list, and its end is not proven")
}

// An old console that ended keeps its place in the picture, however long ago it was.
func TestAnOldConsoleIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, RequireProof: true})
	b.logs(0, time.Hour)
	console := dyno("run.1", 41, "up", -time.Hour)
	console.Type = "run"
	old := dyno("web.1", 41, "up", -time.Hour)
	b.sees(0, old, console)
	b.line(10*sec, "run.1", observe.Exit)
	for i := range 100 {
		b.sees(20*sec+time.Duration(i)*10*sec, old)
	}
	for _, d := range b.core.Picture().Dynos {
		if d.Label == "run.1" && !d.GoneAt.IsZero() {
			return
		}
	}
	t.Errorf("run.1 is not in the picture: %+v", b.core.Picture().Dynos)
}

// The history of a log that breaks is read again and again: it must not bring back what was forgotten.
func TestAForgottenOneOffDynoIsNotHeardOfAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true, Settle: 30 * sec})
	preboot(b)
	b.logs(0, time.Hour)
	b.look.Releases[1].Status = "pending"
	b.sees(0, oldWeb)
	again := observe.Line{Stamp: at(10 * sec), Label: "release.7", Kind: observe.Start}
	b.apply(10*sec, observe.Observation{Line: &again})
	b.look.Releases[1].Status, b.look.Releases[1].UpdatedAt = "succeeded", at(20*sec)
	b.state(21*sec, observe.Gapped)
	for i := range 100 {
		now := 30*sec + time.Duration(i)*10*sec
		if i%2 == 0 {
			b.logs(now, -25*sec)
			b.apply(now, observe.Observation{Line: &again})
		}
		b.sees(now+5*sec, dyno("web.1", 42, "up", 22*sec))
	}
	b.open(true, rollout.Presumed)
}

func TestNamesOfForgottenDynosAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{RequireProof: true})
	b.logs(0, time.Hour)
	most := 0
	for i := range 5 {
		now := time.Duration(i) * 400 * sec
		b.sees(now, oldWeb)
		for j := range 700 {
			b.line(now+sec, fmt.Sprintf("run.%d", 1000*i+j), observe.Start)
		}
		most = max(most, b.core.Forgotten())
	}
	if most != 1400 {
		t.Errorf("%d names are remembered at the most, want 1400: the next 700 make them more than 2,000, and all are dropped", most)
	}
}

// A look that comes after a long outage may be the first that lacks it: it can have left the list just before.
func TestAOneOffDynoThatHasJustLeftTheListIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{IncludeOneOff: true})
	b.logs(0, time.Hour)
	b.look.Releases[1].Status = "pending"
	b.sees(0, oldWeb)
	b.line(10*sec, "release.7", observe.Start)
	b.look.Releases[1].Status, b.look.Releases[1].UpdatedAt = "succeeded", at(20*sec)
	b.starts(22*sec, "web.1", "up")
	b.provenEnd(30*sec, "web.1")
	b.sees(400*sec, dyno("web.1", 42, "up", 22*sec))
	b.sees(420*sec, dyno("web.1", 42, "up", 22*sec))
	b.shut("release.7 was started by old code, and may be stopping")
	b.sees(470*sec, dyno("web.1", 42, "up", 22*sec))
	b.open(true, rollout.Presumed)
}
