// What comes while the log is broken, or after lines were lost, against what had been
// proven: web.1's new dyno crashes at 10 s, which looks like the end of the old one, and
// a list that is behind agrees.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// misledBench has web.1 proven at 12 s, and only web.2 missing. An old process of web.1
// has reported its metrics before the release.
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

// An old process that reports is alive, whatever was proven.
func TestNotFooledByProofWhenOldMetricsGoOn(t *testing.T) {
	t.Parallel()
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := misledBench(t)
			trouble(b)
			b.apply(15*sec, observe.Observation{Line: &observe.Line{Stamp: at(14 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
			b.look(16*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			b.shut("the old process reports")
		})
	}
}

// The lines that tell of the crash come late, when the books may be new ones.
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

// A line that comes while the stream is joined again speaks against what was proven, even
// if a look confirmed that, with a list that was very late.
func TestNotFooledByALineThatComesBeforeTheLogFlowsAgain(t *testing.T) {
	t.Parallel()
	b := misledBench(t)
	b.look(21*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
	b.logState(22*sec, observe.Broken)
	b.lateCrashLines(23 * sec)
	b.look(24*sec, dyno("web.1", 42, "up", 11*sec), dyno("web.2", 42, "up", 1*sec))
	b.shut("v41 runs until 32 s, and the log says so")
}

// tellsOfTheCrash is what the log has to say of web.1 from 10 s on, told late.
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

// What is proven only since the look was asked for is not made proof of that moment by a
// log that breaks: the line that would have told otherwise may be what the break took.
func TestNotFooledByABreakBeforeTheLook(t *testing.T) {
	t.Parallel()
	for _, state := range []observe.LogState{observe.Broken, observe.Gapped, observe.Refused} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{})
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)                // the new one crashes
			b.look(10*sec+sec/5, dyno("web.1", 42, "up", 1*sec)) // the list does not know yet
			b.shut("the exit is too fresh")                      //
			b.apply(11*sec+6*sec/10, observe.Observation{})      // its pause is over: a newer look is missing
			b.shut("the look is from before the exit could be believed")
			b.apply(11*sec+7*sec/10, observe.Observation{Log: &observe.LogStatus{State: state, Reason: "the log stream ended"}})
			b.shut("web.1 of v41 runs until 32 s; its crashed line is lost in the break")
		})
	}
}

// The same when only the look after the break is asked for late enough.
func TestNotFooledByABreakBeforeTheLookPartial(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaceWeb1()
	b.line(10*sec, "web.1", observe.Exit)
	b.apply(12*sec, observe.Observation{}) // proven, by a look of before the exit
	b.apply(12*sec+sec/10, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "the log stream ended"}})
	d := dyno("web.1", 42, "crashed", 1*sec)
	d.UpdatedAt = at(10 * sec)
	b.look(12*sec+sec/2, d)
	b.shut("crashed")
	b.look(25*sec, dyno("web.1", 42, "up", 13*sec))
	b.shut("web.1 of v41 runs until 32 s")
}
