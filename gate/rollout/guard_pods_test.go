// Guards of processes that have names of their own: pods on Fir, one-off dynos, and processes that report
// runtime metrics. And of a log that begins after the first look.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// rollsOnFir is a roll-out on Fir that the gate watches from its beginning. The old pod has left the list by
// 10 s.
func (b *bench) rollsOnFir(between func()) {
	b.t.Helper()
	runsOn(b, "s", "fir")
	b.logWhole(0, time.Hour)
	b.lookBeforeRelease(0, dyno("web-1-a", 41, "up", -24*time.Hour))
	between()
	b.look(10*sec, dyno("web-2-b", 42, "up", 5*sec))
}

func TestPods(t *testing.T) {
	t.Parallel()
	pod := dyno("web-2-b", 42, "up", 5*sec)
	fir := rollout.Config{Want: release.Want{Version: 42}, RequireProof: true}
	checkGate(t, fir, map[string]gateCase{
		"the log has the exit of the old pod": {opens: rollout.Proven, play: func(b *bench) {
			b.rollsOnFir(func() {})
			b.line(15*sec, "web-1-a", observe.Exit)
			b.look(61*sec, pod)
		}},
		"the old pod crashed and was started again": {truth: "the exit was that of the crash, and the pod is being stopped", play: func(b *bench) {
			b.rollsOnFir(func() {
				b.line(5*sec, "web-1-a", observe.Exit)
				b.line(6*sec, "web-1-a", observe.Start)
			})
			b.look(60*sec, pod)
		}},
		"a new pod ended without a line": {opens: rollout.Proven, play: func(b *bench) {
			b.rollsOnFir(func() {
				b.look(8*sec, dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-a", 42, "starting", 4*sec))
			})
			b.line(15*sec, "web-1-a", observe.Exit)
			b.look(61*sec, pod)
		}},
		"the first look showed no pods": {truth: "an old pod may have left the list between two looks", play: func(b *bench) {
			runsOn(b, "s", "fir")
			b.logWhole(0, time.Hour)
			b.lookBeforeRelease(0)
			b.look(10*sec, pod)
			b.look(600*sec, pod)
		}},
	})
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}, RequireProof: true, Types: []string{"web"}}, map[string]gateCase{
		"the first look showed a new pod of another process type": {opens: rollout.Proven, play: func(b *bench) {
			b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
			runsOn(b, "s", "fir")
			b.logWhole(0, time.Hour)
			worker := dynoOfType("worker", "worker-2-b", 42, "up", -1*sec)
			b.look(0, dyno("web-1-a", 41, "up", -24*time.Hour), worker)
			b.look(10*sec, pod, worker)
			b.line(15*sec, "web-1-a", observe.Exit)
			b.look(16*sec, pod, worker)
			b.look(70*sec, pod, worker)
		}},
	})
}

// reportsMetrics is a line with runtime metrics of a process of web.1.
func (b *bench) reportsMetrics(d time.Duration, uuid string) {
	b.t.Helper()
	b.apply(max(d, 0), observe.Observation{Line: &observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.Metric, UUID: uuid}})
}

func TestProcessesThatReport(t *testing.T) {
	t.Parallel()
	web1 := dyno("web.1", 42, "up", 1*sec)
	for range 10 { // the order of the processes is random
		checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
			"the old process, under the id of its dyno, first after the release": {truth: "the old process of web.1 reports metrics", play: func(b *bench) {
				old := dyno("web.1", 41, "up", -24*time.Hour)
				b.look(0, old)
				b.replaceWeb1()
				b.line(10*sec, "web.1", observe.Exit)
				b.reportsMetrics(14*sec, old.ID)
				b.look(16*sec, web1)
			}},
			"a process that no look showed, first after the release": {opens: rollout.Proven, play: func(b *bench) {
				b.oldGone()
				b.reportsMetrics(13*sec, "x")
				b.look(16*sec, web1)
			}},
			"three old processes, of which two stopped reporting earlier": {truth: "the process b reported at 30 s", play: func(b *bench) {
				for _, u := range []string{"a", "b", "c"} {
					b.reportsMetrics(-10*sec, u)
				}
				b.oldGone()
				b.reportsMetrics(14*sec, "a")
				b.reportsMetrics(30*sec, "b")
				b.reportsMetrics(14*sec, "c")
				b.look(80*sec, web1)
			}},
			"an old process whose lines come out of order": {truth: "the process a reported at 30 s", play: func(b *bench) {
				b.reportsMetrics(-10*sec, "a")
				b.oldGone()
				b.reportsMetrics(30*sec, "a")
				b.reportsMetrics(14*sec, "a")
				b.look(80*sec, web1)
			}},
		})
	}
}

// A look that was asked for before the log begins does not show what was hidden when the log began.
func TestLogThatBeginsAfterTheFirstLook(t *testing.T) {
	t.Parallel()
	const truth = "when the log began, v41 and the first process of v42 were hidden; one of the two has ended"
	old := dyno("web.1", 41, "up", -24*time.Hour)
	restart := func(b *bench) {
		b.boots(20*sec, "web.1", "up")
		b.stops(99*sec, "web.1")
		b.look(102*sec, dyno("web.1", 42, "up", 20*sec))
	}
	logBegins := func(b *bench) {
		b.apply(11*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(10 * sec)}})
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"the look came before":          {truth: truth, play: func(b *bench) { prebootOn(b); b.lookBeforeRelease(0, old); logBegins(b); restart(b) }},
		"the look was asked for before": {truth: truth, play: func(b *bench) { prebootOn(b); logBegins(b); b.lookAskedAt(0, 12*sec, old); restart(b) }},
		"the look came while the log was broken": {truth: truth, play: func(b *bench) {
			prebootOn(b)
			b.logState(0, observe.Flowing)
			b.logState(0, observe.Broken)
			b.lookBeforeRelease(1*sec, old)
			b.logState(2*sec, observe.Gapped)
			logBegins(b)
			restart(b)
		}},
	})
}

// A wrong time in one answer must not make an exit look later than the look that still lists the pod.
func TestNotFooledByAWrongDateAndAnExitBeforeALook(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
	b.logWhole(0, 0)
	old, fresh := dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-b", 42, "up", 0)
	b.look(1*sec, old, fresh)
	b.apply(10*sec, observe.Observation{Date: at(-50 * sec), Builds: &observe.Builds{}}) // this clock is a minute behind
	b.line(14*sec, "web-1-a", observe.Exit)
	b.look(15*sec, old, fresh)
	b.look(18*sec, fresh)
	b.shut("the exit may be that of a container which was started again")
	b.look(77*sec, fresh)
	b.shut("the pod left the list less than 60 s ago")
	b.look(79*sec, fresh)
	b.opens(rollout.Presumed)
}
