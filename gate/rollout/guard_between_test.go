// Guards of what happens between two looks that are far apart, as in a head start or while the gate waits for
// a release: pods that come and go, and process types that are scaled up and down.

package rollout_test

import (
	"slices"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// lookReleasedAt100 is a look at an app whose target is released at 100 s. Earlier looks do not show the
// target.
func (b *bench) lookReleasedAt100(d time.Duration, dynos ...observe.Dyno) {
	b.t.Helper()
	all := b.lists.Releases
	if d < 100*sec {
		b.lists.Releases = all[:1]
	}
	all[1].CreatedAt, all[1].UpdatedAt = at(100*sec), at(100*sec)
	b.look(d, dynos...)
	b.lists.Releases = all
}

func TestPodsBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	oldPod, newPod := dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-b", 42, "up", 101*sec)
	setUp := func(b *bench) {
		runsOn(b, "s", "fir")
		b.logWhole(0, time.Hour)
		b.lookReleasedAt100(0, oldPod)
	}
	oldPodEnds := func(b *bench) { b.line(105*sec, "web-1-a", observe.Exit) }
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"an old pod came and went": {truth: "web-1-x may have left the list just before 110 s", play: func(b *bench) {
			setUp(b)
			b.line(50*sec, "web-1-x", observe.Start)
			oldPodEnds(b)
			b.lookReleasedAt100(110*sec, newPod)
			b.lookReleasedAt100(168*sec, newPod)
		}},
		"an old pod came and went, and 60 s are over since a look without it": {opens: rollout.Presumed, play: func(b *bench) {
			setUp(b)
			b.line(50*sec, "web-1-x", observe.Start)
			oldPodEnds(b)
			b.lookReleasedAt100(110*sec, newPod)
			b.lookReleasedAt100(120*sec, newPod)
			b.lookReleasedAt100(171*sec, newPod)
		}},
		"a look that was asked for before the pod came does not count": {truth: "web-1-x may have left the list just before 110 s", play: func(b *bench) {
			setUp(b)
			b.line(50*sec, "web-1-x", observe.Start)
			all := b.lists.Releases
			b.lists.Releases = all[:1]
			b.lookAskedAt(49*sec, 52*sec, oldPod)
			b.lists.Releases = all
			oldPodEnds(b)
			b.lookReleasedAt100(110*sec, newPod)
			b.lookReleasedAt100(115*sec, newPod)
		}},
		"an old pod came and went, and the log shows its end": {opens: rollout.Proven, play: func(b *bench) {
			setUp(b)
			b.line(50*sec, "web-1-x", observe.Start)
			b.line(70*sec, "web-1-x", observe.Exit)
			oldPodEnds(b)
			b.lookReleasedAt100(110*sec, newPod)
			b.lookReleasedAt100(112*sec, newPod)
		}},
		"a new pod came and went": {opens: rollout.Proven, play: func(b *bench) {
			setUp(b)
			b.line(103*sec, "web-2-x", observe.Start)
			oldPodEnds(b)
			b.lookReleasedAt100(110*sec, newPod)
			b.lookReleasedAt100(112*sec, newPod)
		}},
		"the first line of a new pod has a time before the release": {opens: rollout.Proven, play: func(b *bench) {
			setUp(b)
			b.line(99*sec, "web-2-b", observe.Start)
			oldPodEnds(b)
			b.lookReleasedAt100(110*sec, newPod)
			b.lookReleasedAt100(112*sec, newPod)
		}},
	})
	run := rollout.Config{Want: release.Want{Version: 42}, IncludeOneOff: true}
	checkGate(t, run, map[string]gateCase{
		"a one-off dyno came and went": {truth: "run.1 may have left the list just before 110 s", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.lookReleasedAt100(0, dyno("web.1", 41, "up", -24*time.Hour))
			b.line(50*sec, "run.1", observe.Start)
			b.boots(101*sec, "web.1", "up")
			b.line(106*sec, "web.1", observe.Exit)
			b.lookReleasedAt100(110*sec, dyno("web.1", 42, "up", 101*sec))
			b.lookReleasedAt100(160*sec, dyno("web.1", 42, "up", 101*sec))
		}},
		"a one-off dyno of which the log has a line from before the first look": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(-30*sec, "run.1", observe.Start)
			b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.look(22*sec, dyno("web.1", 42, "up", 1*sec))
		}},
	})
}

// A process type that was scaled between two looks may have been scaled up and down again, unless the log
// shows that it was not.
func TestScaledBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	web := dyno("web.1", 41, "up", -24*time.Hour)
	flows := func(since time.Duration) func(b *bench) {
		return func(b *bench) { b.logWhole(31*sec, -since) }
	}
	for name, c := range map[string]struct {
		log    func(b *bench)
		first  int  // how many workers the formation wants at 5 s
		later  int  // how many it wants at 60 s, at the next full look
		target bool // the looks show the target from the start
		part   bool // a look at the dynos alone comes in between
		held   bool // the hold on workers that were scaled away begins
	}{
		"as many, and no log": {log: noLog, held: true, target: true},
		"as many, and the log is whole from before the scaling on":         {log: flows(3 * sec), target: true},
		"as many, and the log is whole, but from later on":                 {log: flows(20 * sec), held: true, target: true},
		"the same, and a look at the dynos alone comes before the scaling": {log: flows(20 * sec), held: true, part: true},
		"as many, and nobody knows since when the log is whole":            {log: func(b *bench) { b.apply(31*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}}) }, held: true, target: true},
		"as many, and the log broke": {log: func(b *bench) {
			flows(3 * sec)(b)
			b.apply(32*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "broke"}})
		}, held: true, target: true},
		"more":                             {log: noLog, later: 1, target: true},
		"more, before the target is known": {log: noLog, later: 1, held: true},
		"fewer":                            {log: flows(3 * sec), first: 1, held: true, target: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{})
			all := b.lists.Releases
			if !c.target {
				b.lists.Releases = all[:1]
			}
			b.addType("worker", c.first, -999*time.Hour, -99*time.Hour)
			b.look(5*sec, web)
			c.log(b)
			if c.part {
				b.apply(35*sec, observe.Observation{Look: &observe.Look{AskedAt: 35 * sec, Dynos: []observe.Dyno{web}}})
			}
			b.lists.Formation = b.lists.Formation[:1]
			b.addType("worker", c.later, -999*time.Hour, 50*sec)
			b.look(60*sec, web)
			b.lists.Releases = all
			b.look(90*sec, web)
			types := b.core.Picture().Types
			i := slices.IndexFunc(types, func(t rollout.TypePicture) bool { return t.Type == "worker" })
			if held := types[i].HoldUntil > 0; held != c.held {
				t.Errorf("a hold on workers: %v, want %v; %+v", held, c.held, types[i])
			}
		})
	}
}
