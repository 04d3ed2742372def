// Guards of what is told apart by its own name: pods on Fir, one-off dynos, and the
// instances that runtime metrics tell of. And of a log that begins after the first look.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// rolled is a roll-out on Fir, watched from its beginning, whose old pod has left the
// list by 10 s.
func (b *bench) rolled(between func()) {
	b.t.Helper()
	runsOn(b, "s", "fir")
	b.logs(0, time.Hour)
	b.before(0, dyno("web-1-a", 41, "up", -24*time.Hour))
	between()
	b.sees(10*sec, dyno("web-2-b", 42, "up", 5*sec))
}

func TestPods(t *testing.T) {
	t.Parallel()
	pod := dyno("web-2-b", 42, "up", 5*sec)
	fir := rollout.Config{Want: release.Want{Version: 42}, RequireProof: true}
	checkMoments(t, fir, map[string]moment{
		"its exit is in the log": {opens: rollout.Proven, play: func(b *bench) {
			b.rolled(func() {})
			b.line(15*sec, "web-1-a", observe.Exit)
			b.sees(61*sec, pod)
		}},
		"it came back from a crash before": {truth: "it has been started again, and is being stopped", play: func(b *bench) {
			b.rolled(func() {
				b.line(5*sec, "web-1-a", observe.Exit)
				b.line(6*sec, "web-1-a", observe.Start)
			})
			b.sees(60*sec, pod)
		}},
		"a new one ended without a line": {opens: rollout.Proven, play: func(b *bench) {
			b.rolled(func() {
				b.sees(8*sec, dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-a", 42, "starting", 4*sec))
			})
			b.line(15*sec, "web-1-a", observe.Exit)
			b.sees(61*sec, pod)
		}},
		"the first look showed none": {truth: "an old one may have left between two looks", play: func(b *bench) {
			runsOn(b, "s", "fir")
			b.logs(0, time.Hour)
			b.before(0)
			b.sees(10*sec, pod)
			b.sees(600*sec, pod)
		}},
	})
	checkMoments(t, rollout.Config{Want: release.Want{Version: 42}, RequireProof: true, Types: []string{"web"}}, map[string]moment{
		"new ones of another type were there at the first look": {opens: rollout.Proven, play: func(b *bench) {
			b.wants("worker", 1, -999*time.Hour, -99*time.Hour)
			runsOn(b, "s", "fir")
			b.logs(0, time.Hour)
			worker := typed("worker", "worker-2-b", 42, "up", -1*sec)
			b.sees(0, dyno("web-1-a", 41, "up", -24*time.Hour), worker)
			b.sees(10*sec, pod, worker)
			b.line(15*sec, "web-1-a", observe.Exit)
			b.sees(16*sec, pod, worker)
			b.sees(70*sec, pod, worker)
		}},
	})
}

// reports are the runtime metrics of an instance.
func (b *bench) reports(d time.Duration, uuid string) {
	b.t.Helper()
	b.apply(max(d, 0), observe.Observation{Line: &observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.Metric, UUID: uuid}})
}

func TestInstancesThatReport(t *testing.T) {
	t.Parallel()
	web1 := dyno("web.1", 42, "up", 1*sec)
	for range 10 { // instances come in any order
		checkMoments(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]moment{
			"the old one by the id of its dyno, first after the release": {truth: "the old process reports", play: func(b *bench) {
				old := dyno("web.1", 41, "up", -24*time.Hour)
				b.sees(0, old)
				b.replaced()
				b.line(10*sec, "web.1", observe.Exit)
				b.reports(14*sec, old.ID)
				b.sees(16*sec, web1)
			}},
			"one that nobody knows, first after the release": {opens: rollout.Proven, play: func(b *bench) {
				b.gone()
				b.reports(13*sec, "x")
				b.sees(16*sec, web1)
			}},
			"two old ones, of which one fell silent long before": {truth: "the second one reported at 30 s", play: func(b *bench) {
				for _, u := range []string{"a", "b", "c"} {
					b.reports(-10*sec, u)
				}
				b.gone()
				b.reports(14*sec, "a")
				b.reports(30*sec, "b")
				b.reports(14*sec, "c")
				b.sees(80*sec, web1)
			}},
			"its lines come out of order": {truth: "it reported at 30 s", play: func(b *bench) {
				b.reports(-10*sec, "a")
				b.gone()
				b.reports(30*sec, "a")
				b.reports(14*sec, "a")
				b.sees(80*sec, web1)
			}},
		})
	}
}

// What the first look showed says nothing of what hid as the log began, if it was asked
// for before that.
func TestLogThatBeginsAfterTheFirstLook(t *testing.T) {
	t.Parallel()
	const truth = "v41 and the first dyno of v42 hid as the log began; one of the two has ended"
	old := dyno("web.1", 41, "up", -24*time.Hour)
	later := func(b *bench) {
		b.starts(20*sec, "web.1", "up")
		b.provenEnd(99*sec, "web.1")
		b.sees(102*sec, dyno("web.1", 42, "up", 20*sec))
	}
	since := func(b *bench) {
		b.apply(11*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(10 * sec)}})
	}
	checkMoments(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]moment{
		"the look came before":          {truth: truth, play: func(b *bench) { preboot(b); b.before(0, old); since(b); later(b) }},
		"the look was asked for before": {truth: truth, play: func(b *bench) { preboot(b); since(b); b.looks(0, 12*sec, old); later(b) }},
		"the log broke, and the look came then": {truth: truth, play: func(b *bench) {
			preboot(b)
			b.state(0, observe.Flowing)
			b.state(0, observe.Broken)
			b.before(1*sec, old)
			b.state(2*sec, observe.Gapped)
			since(b)
			later(b)
		}},
	})
}

// A wrong date of one answer must not make an exit look later than the look that still lists the pod.
func TestNotFooledByAWrongDateWhereAContainerWasStartedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
	b.logs(0, 0)
	old, fresh := dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-b", 42, "up", 0)
	b.sees(1*sec, old, fresh)
	b.apply(10*sec, observe.Observation{Date: at(-50 * sec), Builds: &observe.Builds{}}) // a minute behind
	b.line(14*sec, "web-1-a", observe.Exit)
	b.sees(15*sec, old, fresh)
	b.sees(18*sec, fresh)
	b.shut("the exit may be that of a container which was started again")
	b.sees(77*sec, fresh)
	b.shut("the pod left the list less than 60 s ago")
	b.sees(79*sec, fresh)
	b.open(true, rollout.Presumed)
}
