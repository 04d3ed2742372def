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
			b.line(now+sec/2, label, observe.Exit)
			most = max(most, b.core.Labels())
		}
		// Those of five minutes, one each second, and what comes between two looks.
		if most > 350 {
			t.Errorf("in scope %v: %d labels are kept", inScope, most)
		}
		b.open(false, "")
	}
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
