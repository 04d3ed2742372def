// Guards of proof. In some cases the count of the log alone would open the gate, and one condition of the
// rule keeps it shut. Other cases look alike, and the gate must open.

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A gateCase is what happens, and how it ends: the gate stays shut, and truth says why, or it opens with a
// basis.
type gateCase struct {
	truth string
	play  func(b *bench)
	opens rollout.Basis // empty: the gate stays shut
}

func checkGate(t *testing.T, cfg rollout.Config, moments map[string]gateCase) {
	t.Helper()
	for name, m := range moments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, cfg)
			m.play(b)
			if m.opens != "" {
				b.opens(m.opens)
				return
			}
			b.shut(m.truth)
		})
	}
}

// boots is a boot of a dyno by the log, from the state line that announces it, at d, until it is up, 4 s
// later.
func (b *bench) boots(d time.Duration, label, from string) {
	b.t.Helper()
	b.line(d, label, observe.State, from, "starting")
	b.line(d+2*sec, label, observe.Start)
	b.line(d+4*sec, label, observe.State, "starting", "up")
}

func TestCountsThatAreNotProof(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"a start is announced, and its line has not come yet": {truth: "the start in the log is that of v41, which came back from a crash during the release, and runs", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(-3*sec, "web.1", observe.Exit)
			b.line(-3*sec, "web.1", observe.State, "up", "crashed")
			b.line(-2*sec, "web.1", observe.State, "crashed", "starting")
			b.line(sec*7/10, "web.1", observe.Start)
			b.line(sec*12/10, "web.1", observe.State, "starting", "up")
			b.line(sec*19/10, "web.1", observe.State, "up", "starting")
			b.look(6*sec, dyno("web.1", 42, "up", 1*sec)) // the start line of v42 and later lines are still on their way
		}},
		"the start line of the listed dyno comes late": {truth: "the exit is that of v42, which crashed; v41 runs until 32 s", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(10*sec, "web.1", observe.Exit) // if releases follow each other quickly, Heroku writes no state line
			b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a start line is lost, and then comes a SIGTERM": {truth: "v41 was asked to stop at 40 s, and has 30 s for it", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(21*sec, "web.1", observe.Sigterm) // a restart of v42; the line of its first start is lost
			b.line(22*sec, "web.1", observe.Exit)
			b.line(22*sec, "web.1", observe.Start)
			b.line(25*sec, "web.1", observe.State, "starting", "up")
			b.line(40*sec, "web.1", observe.Sigterm)
			b.look(41*sec, dyno("web.1", 42, "up", 20*sec))
		}},
		"the new dyno is scaled down, and the list does not show it yet": {truth: "the exit is that of v42; v41 runs until 32 s", play: func(b *bench) {
			b.replaceWeb1()
			b.line(20*sec, "web.1", observe.State, "up", "down")
			b.line(20*sec, "web.1", observe.Sigterm)
			b.line(21*sec, "web.1", observe.Exit)
			b.look(23*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a crashed dyno starts, and the history is short": {truth: "v40 may be hidden behind web.1 from before the log begins", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, 10*sec)
			b.boots(1*sec, "web.1", "crashed")
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the new dyno crashed, and the list does not show it yet": {truth: "v41 runs until 32 s", play: func(b *bench) {
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.line(10*sec, "web.1", observe.State, "up", "crashed")
			b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"by the log fewer processes are alive than the list shows": {truth: "both exits are those of v42, which was restarted without a start line; v41 runs until 43 s", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(3*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.Exit)
			b.line(5*sec, "web.1", observe.Exit)
			b.look(16*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"an exit comes while the log is broken": {truth: "v41 runs until 32 s", play: func(b *bench) {
			b.replaceWeb1()
			b.logState(8*sec, observe.Broken)
			b.line(9*sec, "web.1", observe.Exit)
			b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"nobody knows since when the log is whole": {truth: "v41 may run; the platform gave no history", play: func(b *bench) {
			b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
			b.boots(1*sec, "web.1", "up")
			b.stops(9*sec, "web.1")
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
		}},
	})
}

// These cases look like a broken count, and are proof all the same.
func TestProofThatNeedsNoHold(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"a SIGTERM comes once more after the exit": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.line(32*sec, "web.1", observe.Exit)
			b.line(32*sec+sec/20, "web.1", observe.Sigterm)
			b.look(66*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the line that the new dyno is up is lost": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(1*sec, "web.1", observe.State, "up", "starting")
			b.line(2*sec, "web.1", observe.Sigterm)
			b.line(3*sec, "web.1", observe.Start)
			b.line(10*sec, "web.1", observe.Exit)
			b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the new dyno crashed once, and is up again": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.line(10*sec, "web.1", observe.State, "up", "crashed")
			b.boots(11*sec, "web.1", "crashed")
			b.line(17*sec, "web.1", observe.Exit)
			b.look(19*sec, dyno("web.1", 42, "up", 11*sec))
		}},
		"a crashed dyno starts, and the history is long": {opens: rollout.Proven, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.boots(1*sec, "web.1", "crashed")
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the old dyno had been crashed for long": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(-200*sec, "web.1", observe.Exit)
			b.line(-200*sec, "web.1", observe.State, "up", "crashed")
			b.boots(1*sec, "web.1", "crashed")
			b.look(6*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the old dyno boots when the history begins": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, 95*sec)
			b.line(-60*sec, "web.1", observe.State, "starting", "up")
			b.boots(1*sec, "web.1", "up")
			b.line(6*sec, "web.1", observe.Sigterm)
			b.line(10*sec, "web.1", observe.Exit)
			b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the old dyno took minutes to boot": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(-200*sec, "web.1", observe.State, "crashed", "starting")
			b.line(-198*sec, "web.1", observe.Start)
			b.line(-20*sec, "web.1", observe.State, "starting", "up")
			b.boots(1*sec, "web.1", "up")
			b.line(6*sec, "web.1", observe.Sigterm)
			b.line(10*sec, "web.1", observe.Exit)
			b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"an eco dyno wakes for the release": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.apply(0, observe.Observation{Line: &observe.Line{Stamp: at(-sec), Label: "web.1", Kind: observe.Sleep, Text: "Unidling"}})
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(6*sec, dyno("web.1", 42, "up", 1*sec))
		}},
	})
}

// oldReportsAfterProof is a bench on which a look has confirmed that the old process has ended. Then comes trouble, and then
// the old process reports metrics at 23 s.
func oldReportsAfterProof(t *testing.T, trouble func(b *bench)) *bench {
	t.Helper()
	b := misledBench(t)
	b.look(21*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
	trouble(b)
	b.apply(24*sec, observe.Observation{Line: &observe.Line{Stamp: at(23 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
	return b
}

// An old process that reports metrics is alive, even if a look that was asked for late enough has confirmed
// the proof of its end.
func TestNotFooledByConfirmedProofWhenOldMetricsGoOn(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(b *bench){
		"none":    func(*bench) {},
		"break":   func(b *bench) { b.logState(22*sec, observe.Broken) },
		"gap":     func(b *bench) { b.logState(22*sec, observe.Gapped); b.logState(22*sec, observe.Flowing) },
		"refused": func(b *bench) { b.logState(22*sec, observe.Refused) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := oldReportsAfterProof(t, trouble)
			b.look(25*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			b.shut("the old process of web.1 reports metrics")
			b.look(84*sec+sec/2, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			b.shut("no dyno reports any more, so the log may have stopped")
			if why := b.core.Picture().Types[0].HoldReason; name == "none" && !strings.Contains(why, "no process has reported any") {
				t.Errorf("the reason of the hold is %q", why)
			}
			b.apply(85*sec, observe.Observation{Line: &observe.Line{Stamp: at(84 * sec), Label: "web.2", Kind: observe.Metric, UUID: "new"}})
			b.look(85*sec+sec/2, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			if v, done := b.core.Verdict(); !done || v.Result != rollout.Passed {
				t.Errorf("the old process has not reported for a minute, in which another one has: verdict %+v, want passed", v)
			}
		})
	}
}

// The same, while other processes report: the log has not stopped, so a minute without its reports is the end of the old
// process, but not less.
func TestNotFooledByConfirmedProofWhileOthersReport(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(b *bench){
		"break": func(b *bench) { b.logState(22*sec, observe.Broken) },
		"gap":   func(b *bench) { b.logState(22*sec, observe.Gapped); b.logState(22*sec, observe.Flowing) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := oldReportsAfterProof(t, trouble)
			b.apply(60*sec, observe.Observation{Line: &observe.Line{Stamp: at(60 * sec), Label: "web.2", Kind: observe.Metric, UUID: "new"}})
			b.look(61*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			b.shut("the old process of web.1 reported at 23 s")
			b.look(84*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
			b.opens(rollout.Proven)
		})
	}
}

// The minute without metrics begins with the newest metrics of the old process by their own time, and not
// with those that came last.
func TestMetricsThatComeLate(t *testing.T) {
	t.Parallel()
	b := misledBench(t)
	for _, m := range []struct {
		came, stamp time.Duration
		label, uuid string
	}{{24 * sec, 23 * sec, "web.1", "old"}, {25 * sec, 20 * sec, "web.1", "old"}, {80 * sec, 80 * sec, "web.2", "new"}} {
		b.apply(m.came, observe.Observation{Line: &observe.Line{Stamp: at(m.stamp), Label: m.label, Kind: observe.Metric, UUID: m.uuid}})
	}
	both := []observe.Dyno{newWeb, dyno("web.2", 42, "up", 1*sec)}
	b.look(82*sec, both...)
	b.shut("the old process of web.1 reported at 23 s")
	b.look(84*sec, both...)
	b.opens(rollout.Proven)
}
