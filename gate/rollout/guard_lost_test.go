// Guards against lost lines: a start line is lost without a notice, and later lines make the count come out
// even. Most cases have preboot, and web.1 of v41 is hidden for minutes.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

const v41Hidden = "web.1 of v41 is hidden by preboot, and runs until 300 s"

// scaleUpWithLostLines has web.2 of v41 scaled up at 10 s, while list and log are watched, and v42 released
// at 20 s. The log has lost all lines about the first boot of web.2.
func scaleUpWithLostLines(b *bench) {
	prebootOn(b)
	all := b.lists.Releases
	all[1].CreatedAt, all[1].UpdatedAt = at(20*sec), at(20*sec)
	b.lists.Releases = all[:1]
	b.logWhole(0, time.Hour)
	b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.lists.Formation[0].Quantity = 2
	b.look(15*sec, dyno("web.1", 41, "up", -24*time.Hour), dyno("web.2", 41, "up", 10*sec))
	b.lists.Releases = all
	b.boots(21*sec, "web.1", "up")
	b.line(26*sec, "web.1", observe.Sigterm)
	b.line(27*sec, "web.1", observe.Exit)
}

func TestLostStartsAreNoticed(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"a second announcement": {truth: v41Hidden, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(1*sec, "web.1", observe.State, "up", "starting") // its start line is lost
			b.line(10*sec, "web.1", observe.State, "starting", "down")
			b.line(10*sec, "web.1", observe.Sigterm)
			b.line(11*sec, "web.1", observe.Exit)
			b.boots(20*sec, "web.1", "down")
			b.look(30*sec, dyno("web.1", 42, "up", 20*sec))
		}},
		"a state line says up, and there was no start": {truth: v41Hidden, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(-30*time.Minute, "web.1", observe.State, "starting", "up")
			b.line(5*sec, "web.1", observe.State, "starting", "up")
			b.line(15*sec, "web.1", observe.Exit)
			b.line(15*sec, "web.1", observe.State, "up", "crashed")
			b.boots(18*sec, "web.1", "crashed")
			b.look(40*sec, dyno("web.1", 42, "up", 18*sec))
		}},
		"a state line says up, and the announced start is missing": {truth: v41Hidden, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(3*sec, "web.1", observe.Start) // the other lines of this boot are lost
			b.line(20*sec, "web.1", observe.State, "up", "starting")
			b.line(21*sec, "web.1", observe.Sigterm)
			b.line(22*sec, "web.1", observe.Exit)
			b.line(25*sec, "web.1", observe.State, "starting", "up") // its start line is lost
			b.line(41*sec, "web.1", observe.Sigterm)
			b.line(42*sec, "web.1", observe.Exit)
			b.line(43*sec, "web.1", observe.Start)
			b.look(50*sec, dyno("web.1", 42, "up", 41*sec))
		}},
		"a state line says crashed, and there was no start": {truth: v41Hidden, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(-30*time.Minute, "web.1", observe.State, "starting", "up")
			b.line(4*sec, "web.1", observe.State, "starting", "crashed")
			b.line(20*sec, "web.1", observe.Exit) // of v42, which had booted again; those lines are lost too
			b.line(20*sec, "web.1", observe.Start)
			b.look(40*sec, dyno("web.1", 42, "up", 20*sec))
		}},
		"a crash of a dyno whose start is missing": {truth: v41Hidden, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(1*sec, "web.1", observe.State, "up", "starting") // its start line is lost
			b.line(10*sec, "web.1", observe.Exit)
			b.line(10*sec, "web.1", observe.State, "up", "crashed")
			b.line(12*sec, "web.1", observe.Start)
			b.line(14*sec, "web.1", observe.State, "starting", "up")
			b.look(30*sec, dyno("web.1", 42, "up", 11*sec))
		}},
		"more exits than starts": {truth: v41Hidden, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(10*sec, "web.1", observe.Exit)
			b.line(20*sec, "web.1", observe.Exit)
			b.line(22*sec, "web.1", observe.Start)
			b.line(40*sec, "web.1", observe.Start)
			b.look(60*sec, dyno("web.1", 42, "up", 40*sec))
		}},
		"a state line says that web.2 was up, and by the log nothing ran": {truth: "web.2 of v41 is hidden by preboot, and runs until 300 s", play: func(b *bench) {
			scaleUpWithLostLines(b)
			b.boots(21*sec, "web.2", "up")
			b.look(40*sec, dyno("web.1", 42, "up", 21*sec), dyno("web.2", 42, "up", 21*sec))
		}},
		"the history begins with a dyno that falls asleep": {truth: "web.1 of v41 was asked to stop, and has 30 s for it", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.apply(0, observe.Observation{Line: &observe.Line{Stamp: at(-20 * sec), Label: "web.1", Kind: observe.Sleep, Text: "Idling"}})
			b.line(3*sec, "web.1", observe.Start)
			b.line(5*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
	})
}

// The gate knows only a moment later whose an exit was, also after a SIGKILL.
func TestExitsThatAreTooFresh(t *testing.T) {
	t.Parallel()
	kill := func(b *bench, d time.Duration, text string) {
		b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.Sigkill, Text: text}})
	}
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"the new process is killed, since it did not boot in time": {truth: "the exit is that of v42; v41 was asked to stop at 42 s, and has 30 s for it", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(1*sec, "web.1", observe.State, "up", "starting")
			b.line(2*sec, "web.1", observe.Start)
			b.line(10*sec, "web.1", observe.State, "starting", "up")
			b.line(42*sec, "web.1", observe.Sigterm)
			kill(b, 62*sec, "Stopping process with SIGKILL")
			b.line(62*sec+sec/10, "web.1", observe.Exit)
			b.look(62*sec+sec*4/10, dyno("web.1", 42, "up", 1*sec))
		}},
		"the SIGKILL comes after the exit": {truth: "v42 crashed; v41 is killed and ends a moment later", play: func(b *bench) {
			b.replaceWeb1()
			b.line(31*sec+sec/2, "web.1", observe.Exit)
			kill(b, 32*sec, "Stopping remaining processes with SIGKILL")
			b.look(32*sec+sec/10, dyno("web.1", 42, "up", 1*sec))
		}},
		"the old process is killed": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			kill(b, 32*sec, "Stopping remaining processes with SIGKILL")
			b.line(32*sec+sec/10, "web.1", observe.Exit)
			b.look(33*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"the new process crashes between the SIGKILL of the old one and its end": {truth: "the exit is that of v42; v41 ends a moment later", play: func(b *bench) {
			b.replaceWeb1()
			kill(b, 32*sec, "Stopping remaining processes with SIGKILL")
			b.line(32*sec+sec/20, "web.1", observe.Exit)
			b.look(32*sec+sec/10, dyno("web.1", 42, "up", 1*sec))
		}},
	})
}

// After a gap the ledger is empty. Lines from before the gap do not count, whenever they come, and do not
// keep the gate shut.
func TestLinesFromBeforeAGap(t *testing.T) {
	t.Parallel()
	old := func(b *bench, d time.Duration) {
		b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(15 * sec), Label: "web.1", Kind: observe.Start}})
	}
	for name, comesLate := range map[string]func(b *bench){
		"none":                       func(b *bench) { b.logState(22*sec, observe.Flowing) },
		"before the log flows again": func(b *bench) { old(b, 21*sec); b.logState(22*sec, observe.Flowing) },
		"after the log flows again":  func(b *bench) { b.logState(22*sec, observe.Flowing); old(b, 23*sec) },
		"before and after":           func(b *bench) { old(b, 21*sec); b.logState(22*sec, observe.Flowing); old(b, 23*sec) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{})
			prebootOn(b)
			b.replaceWeb1()
			b.logState(20*sec, observe.Gapped)
			comesLate(b)
			// The hold on what the gap hides is over at 364 s. Then comes a restart, and the hold begins again, until 712 s.
			b.boots(370*sec, "web.1", "up")
			b.look(380*sec, dyno("web.1", 42, "up", 370*sec))
			b.line(559*sec, "web.1", observe.Sigterm)
			b.line(560*sec, "web.1", observe.Exit)
			b.look(562*sec, dyno("web.1", 42, "up", 370*sec))
			b.opens(rollout.Presumed) // the old process ended in the gap, or its hold was over
		})
	}
}
