// Guards of what happens between two looks that are far apart, as those of a head start and of a release that
// is awaited: pods that come and go, and process types that are scaled up and down.

package rollout_test

import (
	"slices"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// awaited is a bench whose target is released at second 100, and is shown from then on.
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
	old, pod := dyno("web-1-a", 41, "up", -24*time.Hour), dyno("web-2-b", 42, "up", 101*sec)
	begins := func(b *bench) {
		runsOn(b, "s", "fir")
		b.logWhole(0, time.Hour)
		b.lookReleasedAt100(0, old)
	}
	ends := func(b *bench) { b.line(105*sec, "web-1-a", observe.Exit) }
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"one came and went": {truth: "it left the list just before second 110", play: func(b *bench) {
			begins(b)
			b.line(50*sec, "web-1-x", observe.Start)
			ends(b)
			b.lookReleasedAt100(110*sec, pod)
			b.lookReleasedAt100(168*sec, pod)
		}},
		"and a minute is over since a look without it": {opens: rollout.Presumed, play: func(b *bench) {
			begins(b)
			b.line(50*sec, "web-1-x", observe.Start)
			ends(b)
			b.lookReleasedAt100(110*sec, pod)
			b.lookReleasedAt100(120*sec, pod)
			b.lookReleasedAt100(171*sec, pod)
		}},
		"a look of before it is no such look": {truth: "it left the list just before second 110", play: func(b *bench) {
			begins(b)
			b.line(50*sec, "web-1-x", observe.Start)
			all := b.lists.Releases
			b.lists.Releases = all[:1]
			b.lookAskedAt(49*sec, 52*sec, old)
			b.lists.Releases = all
			ends(b)
			b.lookReleasedAt100(110*sec, pod)
			b.lookReleasedAt100(115*sec, pod)
		}},
		"its end is in the log": {opens: rollout.Proven, play: func(b *bench) {
			begins(b)
			b.line(50*sec, "web-1-x", observe.Start)
			b.line(70*sec, "web-1-x", observe.Exit)
			ends(b)
			b.lookReleasedAt100(110*sec, pod)
			b.lookReleasedAt100(112*sec, pod)
		}},
		"a new one came and went": {opens: rollout.Proven, play: func(b *bench) {
			begins(b)
			b.line(103*sec, "web-2-x", observe.Start)
			ends(b)
			b.lookReleasedAt100(110*sec, pod)
			b.lookReleasedAt100(112*sec, pod)
		}},
		"a new one is listed whose first line has an earlier stamp": {opens: rollout.Proven, play: func(b *bench) {
			begins(b)
			b.line(99*sec, "web-2-b", observe.Start)
			ends(b)
			b.lookReleasedAt100(110*sec, pod)
			b.lookReleasedAt100(112*sec, pod)
		}},
	})
	run := rollout.Config{Want: release.Want{Version: 42}, IncludeOneOff: true}
	checkGate(t, run, map[string]gateCase{
		"a one-off dyno that came and went": {truth: "it left the list just before second 110", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.lookReleasedAt100(0, dyno("web.1", 41, "up", -24*time.Hour))
			b.line(50*sec, "run.1", observe.Start)
			b.boots(101*sec, "web.1", "up")
			b.line(106*sec, "web.1", observe.Exit)
			b.lookReleasedAt100(110*sec, dyno("web.1", 42, "up", 101*sec))
			b.lookReleasedAt100(160*sec, dyno("web.1", 42, "up", 101*sec))
		}},
		"a one-off dyno of before the first look": {opens: rollout.Proven, play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.line(-30*sec, "run.1", observe.Start)
			b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.look(22*sec, dyno("web.1", 42, "up", 1*sec))
		}},
	})
}

// A type that was scaled may have been scaled up and down again, where nothing tells otherwise.
func TestScaledBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	web := dyno("web.1", 41, "up", -24*time.Hour)
	flows := func(since time.Duration) func(b *bench) {
		return func(b *bench) { b.logWhole(31*sec, -since) }
	}
	for name, c := range map[string]struct {
		log    func(b *bench)
		first  int // how many workers are wanted then, at second 5
		later  int // and when the formation is read again, at second 60
		target bool
		part   bool // the dyno list alone is read between the two
		held   bool
	}{
		"as many, without a log":                         {log: noLog, held: true, target: true},
		"as many, by a whole log":                        {log: flows(3 * sec), target: true},
		"as many, by a log that was whole later":         {log: flows(20 * sec), held: true, target: true},
		"and a look at the dynos after that":             {log: flows(20 * sec), held: true, part: true},
		"as many, by a log that does not say since when": {log: func(b *bench) { b.apply(31*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}}) }, held: true, target: true},
		"as many, by a log that broke": {log: func(b *bench) {
			flows(3 * sec)(b)
			b.apply(32*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "broke"}})
		}, held: true, target: true},
		"more":                             {log: noLog, later: 1, target: true},
		"more, before the target is known": {log: noLog, later: 1, held: true},
		"less":                             {log: flows(3 * sec), first: 1, held: true, target: true},
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
				t.Errorf("held: %v, want %v; %+v", held, c.held, types[i])
			}
		})
	}
}
