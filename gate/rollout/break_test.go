// What comes while the log is broken, or after lines were lost, must not be outweighed by what was proven
// before. The new dyno of web.1 crashes at 10 s, which looks like the end of the old process, and the list is
// behind and still shows the new dyno as up.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// misledBench has the old process of web.1 proven to have ended at 12 s, though it runs. Only web.2 is not up
// yet. The old process of web.1 has reported metrics before the release.
func misledBench(t *testing.T) *bench {
	b := newBench(t, rollout.Config{})
	b.lists.Formation[0].Quantity = 2
	b.apply(0, observe.Observation{Line: &observe.Line{Stamp: at(-20 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
	b.logWhole(0, time.Hour)
	for _, l := range []string{"web.1", "web.2"} {
		b.line(1*sec, l, observe.State, "up", "starting")
	}
	for _, l := range []string{"web.1", "web.2"} {
		b.line(2*sec, l, observe.Sigterm)
	}
	for _, l := range []string{"web.1", "web.2"} {
		b.line(3*sec, l, observe.Start)
	}
	b.line(4*sec, "web.2", observe.Exit)
	b.line(5*sec, "web.1", observe.State, "starting", "up")
	b.look(6*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
	b.line(10*sec, "web.1", observe.Exit)
	b.apply(12*sec, observe.Observation{})
	b.look(12*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
	b.shut("web.2 is not up")
	return b
}

// logState has the log in a state from d on. If it flows, lines from before d are missing.
func (b *bench) logState(d time.Duration, state observe.LogState) {
	b.t.Helper()
	l := observe.LogStatus{State: state, Reason: "lines were lost"}
	if state == observe.Flowing {
		l = observe.LogStatus{State: state, Since: at(d)}
	}
	b.apply(d, observe.Observation{Log: &l})
}

// The log goes on without trouble, breaks, or has a gap.
var troubles = map[string]func(b *bench){
	"none":  func(*bench) {},
	"break": func(b *bench) { b.logState(13*sec, observe.Broken) },
	"gap":   func(b *bench) { b.logState(13*sec, observe.Gapped); b.logState(13*sec, observe.Flowing) },
}

// An old process that reports metrics is alive, whatever was proven.
func TestNotFooledByProofWhenOldMetricsGoOn(t *testing.T) {
	t.Parallel()
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := misledBench(t)
			trouble(b)
			b.apply(15*sec, observe.Observation{Line: &observe.Line{Stamp: at(14 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
			b.look(16*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			b.shut("the old process of web.1 reports metrics")
		})
	}
}

// The lines about the crash come late. After a gap the ledger has been emptied by then.
func TestNotFooledByProofWhenLinesComeLate(t *testing.T) {
	t.Parallel()
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := misledBench(t)
			trouble(b)
			b.lateCrashLines(15 * sec)
			b.look(16*sec, dyno("web.1", 42, "up", 11*sec), dyno("web.2", 42, "up", 1*sec))
			b.shut("v41 runs until 32 s")
		})
	}
}

// A line that comes before the log flows again can contradict a proof. It does so even if a look has
// confirmed the proof, since the list can be very late.
func TestNotFooledByALineThatComesBeforeTheLogFlowsAgain(t *testing.T) {
	t.Parallel()
	b := misledBench(t)
	b.look(21*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
	b.logState(22*sec, observe.Broken)
	b.lateCrashLines(23 * sec)
	b.look(24*sec, dyno("web.1", 42, "up", 11*sec), dyno("web.2", 42, "up", 1*sec))
	b.shut("v41 runs until 32 s, and the log has shown the crash of v42")
}

// lateCrashLines are the lines of web.1 from 10 s on, which all arrive at d.
func (b *bench) lateCrashLines(d time.Duration) {
	b.t.Helper()
	for _, l := range []observe.Line{
		{Stamp: at(10*sec + 2*time.Millisecond), Label: "web.1", Kind: observe.State, From: "up", To: "crashed"},
		{Stamp: at(11 * sec), Label: "web.1", Kind: observe.State, From: "crashed", To: "starting"},
		{Stamp: at(12 * sec), Label: "web.1", Kind: observe.Start},
		{Stamp: at(14 * sec), Label: "web.1", Kind: observe.State, From: "starting", To: "up"},
	} {
		b.apply(d, observe.Observation{Line: &l})
	}
}

// Something is proven only since the newest look was asked for, and then the log breaks. The break must not
// confirm the proof: it may hide a line that says otherwise.
func TestNotFooledByABreakBeforeTheLook(t *testing.T) {
	t.Parallel()
	for _, state := range []observe.LogState{observe.Broken, observe.Gapped, observe.Refused} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{})
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)                // the new process crashes
			b.look(10*sec+sec/5, dyno("web.1", 42, "up", 1*sec)) // the list does not show the crash yet
			b.shut("the exit is too fresh")
			b.apply(11*sec+6*sec/10, observe.Observation{}) // now the exit is believed, and a newer look is missing
			b.shut("the look is from before the exit could be believed")
			b.apply(11*sec+7*sec/10, observe.Observation{Log: &observe.LogStatus{State: state, Reason: "the log stream ended"}})
			b.shut("web.1 of v41 runs until 32 s; its crashed line is lost in the break")
		})
	}
}

// The log breaks, and only after that comes a look that was asked for late enough.
func TestNotFooledByALookAfterTheBreak(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaceWeb1()
	b.line(10*sec, "web.1", observe.Exit)
	b.apply(12*sec, observe.Observation{}) // proven, with a look from before the exit
	b.apply(12*sec+sec/10, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "the log stream ended"}})
	d := dyno("web.1", 42, "crashed", 1*sec)
	d.UpdatedAt = at(10 * sec)
	b.look(12*sec+sec/2, d)
	b.shut("web.1 of v42 is crashed")
	b.look(25*sec, dyno("web.1", 42, "up", 13*sec))
	b.shut("web.1 of v41 runs until 32 s")
}
