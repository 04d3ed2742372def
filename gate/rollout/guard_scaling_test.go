// Guards of what scaling tells: a dyno that came by it has nothing behind it, and renews no hold.
// What only looks like it may hide an old process.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// scales has the formation scaled, as the log tells of it; 0 if it is told nothing that matters.
func (b *bench) scales(d time.Duration, quantity int, stamp time.Duration) {
	b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(stamp), Kind: observe.API, Scaled: true}})
	if quantity > 0 {
		b.lists.Formation[0].Quantity, b.lists.Formation[0].UpdatedAt = quantity, at(stamp)
	}
}

func TestDynosThatCameByScaling(t *testing.T) {
	t.Parallel()
	old, web1, web2 := oldWeb, newWeb, dyno("web.2", 42, "up", 1*sec)
	one := func(b *bench) { // web.1 is proven to be clear
		b.logWhole(0, time.Hour)
		b.look(0, old)
		b.boots(1*sec, "web.1", "up")
		b.stops(6*sec, "web.1")
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"two by two scalings, and no look in between": {opens: rollout.Proven, play: func(b *bench) {
			one(b)
			b.scales(20*sec, 2, 20*sec)
			b.scales(60*sec, 3, 60*sec)
			b.look(70*sec, web1, dyno("web.2", 42, "up", 21*sec), dyno("web.3", 42, "up", 61*sec))
		}},
		"two by two scalings, and many looks in which one boots": {opens: rollout.Proven, play: func(b *bench) {
			one(b)
			b.scales(20*sec, 2, 20*sec)
			b.scales(60*sec, 3, 60*sec)
			for i := range 250 {
				b.look(70*sec+time.Duration(i)*sec/10, web1, dyno("web.2", 42, "up", 21*sec), dyno("web.3", 42, "starting", 61*sec))
			}
			b.look(100*sec, web1, dyno("web.2", 42, "up", 21*sec), dyno("web.3", 42, "up", 61*sec))
		}},
		"one that was scaled up and down in the release phase": {truth: "what was scaled away has 90 s, and the log is too short to prove it", play: func(b *bench) {
			b.lists.Releases[1].Status = "pending"
			b.logState(15*sec, observe.Flowing)
			b.look(20*sec, old)
			b.line(50*sec, "web.1", observe.State, "up", "down")
			b.stops(50*sec, "web.1")
			b.lists.Formation[0].Quantity, b.lists.Formation[0].UpdatedAt = 0, at(50*sec)
			b.look(62 * sec)
			b.lists.Releases[1].Status, b.lists.Releases[1].UpdatedAt = "succeeded", at(63*sec)
			b.look(80 * sec)
		}},
		"one of which a line of before comes late": {truth: "something ran under web.2 before, and may run", play: func(b *bench) {
			one(b)
			b.scales(20*sec, 2, 20*sec)
			b.look(24*sec, web1, dyno("web.2", 42, "starting", 21*sec))
			b.apply(25*sec, observe.Observation{Line: &observe.Line{Stamp: at(10 * sec), Label: "web.2", Kind: observe.Sigterm}})
			b.look(30*sec, web1, dyno("web.2", 42, "up", 21*sec))
		}},
		"one that the list shows late, and no scaling": {truth: "web.2 of v41 may run; its start is lost", play: func(b *bench) {
			one(b)
			b.lists.Formation[0].Quantity = 2
			b.api(4*sec, 42)
			b.look(20*sec, web1, dyno("web.2", 42, "up", 5*sec))
		}},
		"one that the list shows late, and a later scaling": {truth: "web.2 of v41 may run; its start is lost", play: func(b *bench) {
			one(b)
			b.scales(18*sec, 2, 18*sec)
			b.look(20*sec, web1, web2)
		}},
		"one of the first look": {truth: "web was scaled down, and web.1 of v41 may run", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.scales(4*sec, 1, 4*sec)
			for _, d := range []time.Duration{10 * sec, 20 * sec} {
				b.look(d, dyno("web.1", 42, "up", 5*sec))
			}
		}},
		"one that an empty list did not show": {truth: "web.1 of v41 may run; the first list was not the whole one", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.look(0)
			b.scales(4*sec, 1, 4*sec)
			b.look(20*sec, dyno("web.1", 42, "up", 5*sec))
		}},
		"an old one that sleeps": {truth: "web.2 of v41 fell asleep at 12 s, and has 30 s to end", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.boots(3*sec, "web.1", "up")
			b.stops(8*sec, "web.1")
			b.lookBeforeRelease(9*sec, old)
			b.scales(9*sec, 2, 9*sec) // and yet it is of v41
			asleep := dyno("web.2", 41, "idle", 10*sec)
			asleep.UpdatedAt = at(12 * sec)
			b.look(20*sec, dyno("web.1", 42, "up", 3*sec), asleep)
		}},
	})
}

// Before the release web.2 was scaled up; its restart is not announced.
func TestWhatScalingProves(t *testing.T) {
	t.Parallel()
	up := func(since, start, scaled time.Duration) func(b *bench) { // web.2 is started then, with the log whole since
		return func(b *bench) {
			b.scales(0, 2, scaled)
			b.line(start, "web.2", observe.Start)
			b.line(start+2*sec, "web.2", observe.State, "starting", "up")
			b.logWhole(0, since)
			b.line(2*sec, "web.2", observe.Start)
			b.line(4*sec, "web.2", observe.State, "starting", "up")
			b.stops(5*sec, "web.2")
			b.boots(1*sec, "web.1", "up")
			b.stops(6*sec, "web.1")
			b.look(20*sec, newWeb, dyno("web.2", 42, "up", 1*sec))
		}
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"with a long history":      {opens: rollout.Proven, play: up(time.Hour, -60*sec, -61*sec)},
		"when nothing was scaled":  {truth: "the announcement of the start at -60 s is lost, and a process of before may run", play: up(time.Hour, -60*sec, -time.Hour)},
		"with a history too short": {truth: "a process of before may hide for 90 s", play: up(130*sec, -60*sec, -61*sec)},
		"shortly after a release": {truth: "the process may be of that release, and v40 hide behind it", play: func(b *bench) {
			b.lists.Releases[0].CreatedAt = at(-70 * sec)
			up(time.Hour, -60*sec, -61*sec)(b)
		}},
		"shortly after a release, and looks at the dynos alone": {truth: "the process may be of that release, and v40 hide behind it", play: func(b *bench) {
			b.lists.Releases[0].CreatedAt = at(-70 * sec)
			up(time.Hour, -60*sec, -61*sec)(b)
			web2 := dyno("web.2", 42, "up", 1*sec)
			b.lookAtDynos(21*sec, newWeb, web2)
			b.lookAtDynos(40*sec, newWeb, web2)
			b.logState(41*sec, observe.Broken)
			b.look(42*sec, newWeb, web2)
		}},
	})
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}, BootTimeout: 2 * time.Minute}, map[string]gateCase{
		"with a long boot timeout": {truth: "a process of before may boot for 120 s", play: up(160*sec, -60*sec, -61*sec)},
	})
}

// With preboot a web dyno that is replaced keeps all that hides alive for another hold; a worker or
// one that comes by scaling does not. An old process may hide since a restart at -20 s, and the
// release phase takes six minutes.
func TestWhatRenewsAHold(t *testing.T) {
	t.Parallel()
	labels := []string{"web.1", "web.2", "worker.1", "web.3"}
	list := func(n, version int, created time.Duration) (all []observe.Dyno) {
		for i, label := range labels[:n] {
			all = append(all, dynoOfType([]string{"web", "web", "worker", "web"}[i], label, version, "up", created))
		}
		return all
	}
	deploy := func(before func(b *bench) int) func(b *bench) { // before tells how many labels there are
		return func(b *bench) {
			prebootOn(b)
			b.lists.Formation[0].Quantity = 2
			b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
			b.lists.Releases[1].Status = "pending"
			b.logWhole(0, 10*sec)
			b.look(1*sec, list(3, 41, -20*sec)...)
			n := before(b)
			b.lists.Releases[1].Status, b.lists.Releases[1].UpdatedAt = "succeeded", at(359*sec)
			for _, label := range labels[:n] {
				b.boots(360*sec, label, "up")
			}
			for _, label := range labels[:n] {
				b.stops(400*sec, label)
			}
			b.look(410*sec, list(n, 42, 360*sec)...)
		}
	}
	restart := func(i int) func(b *bench) int { // the log has lost that it is announced
		return func(b *bench) int {
			b.line(302*sec, labels[i], observe.Start)
			b.line(304*sec, labels[i], observe.State, "starting", "up")
			all := list(3, 41, -20*sec)
			all[i].ID, all[i].CreatedAt = "another", at(301*sec)
			b.look(305*sec, all...)
			b.stops(349*sec, labels[i])
			return 3
		}
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"nothing":    {opens: rollout.Presumed, play: deploy(func(*bench) int { return 3 })},
		"a web dyno": {truth: "what hides since -20 s lives until 655 s", play: deploy(restart(1))},
		"a worker":   {opens: rollout.Presumed, play: deploy(restart(2))},
		"one more by scaling": {opens: rollout.Presumed, play: deploy(func(b *bench) int {
			b.scales(300*sec, 3, 300*sec)
			b.line(302*sec, "web.3", observe.Start)
			b.line(304*sec, "web.3", observe.State, "starting", "up")
			b.look(305*sec, append(list(3, 41, -20*sec), dyno("web.3", 41, "up", 301*sec))...)
			return 4
		})},
	})
}

// Whether something ran under a label before the first line of it.
func TestWhatRanBeforeTheFirstLine(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{RequireProof: true, Want: release.Want{Version: 42}}, map[string]gateCase{
		"a list without the label, and a log that begins later": {truth: "the end of web.2 of v41 was not seen", play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.lookBeforeRelease(0, oldWeb)
			b.logState(1*sec, observe.Flowing)
			b.boots(3*sec, "web.1", "up")
			b.line(4*sec, "web.2", observe.Start) // its announcement is lost
			b.line(6*sec, "web.2", observe.State, "starting", "up")
			b.stops(100*sec, "web.1")
			for _, d := range []time.Duration{10 * sec, 120 * sec} {
				b.look(d, newWeb, dyno("web.2", 42, "up", 2*sec))
			}
		}},
		"a restart after scaling down, when all is over": {truth: "the announcement is lost, and the end of web.2 of v41", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.boots(1*sec, "web.1", "up")
			b.stops(6*sec, "web.1")
			b.line(122*sec, "web.2", observe.Start)
			b.line(124*sec, "web.2", observe.State, "starting", "up")
			b.scales(125*sec, 2, 120*sec)
			b.look(200*sec, newWeb, dyno("web.2", 42, "up", 121*sec))
		}},
	})
	firstCode := func(since time.Duration) func(b *bench) { // v42 brings it, and v43 a new configuration
		return func(b *bench) {
			b.lists.Releases[0].SlugID = ""
			b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-30*sec), at(-30*sec)
			config := b.lists.Releases[1]
			config.ID, config.Version, config.CreatedAt, config.UpdatedAt = "r43", 43, at(0), at(0)
			b.lists.Releases[1].Current = false
			b.lists.Releases = append(b.lists.Releases, config)
			b.lists.Formation[0].CreatedAt, b.lists.Formation[0].UpdatedAt = at(-30*sec), at(-30*sec)
			b.line(-28*sec, "web.1", observe.Start)
			b.line(-25*sec, "web.1", observe.State, "starting", "up")
			b.logWhole(0, since)
			b.boots(1*sec, "web.1", "up")
			b.stops(6*sec, "web.1")
			for _, d := range []time.Duration{20 * sec, 65 * sec} {
				b.look(d, dyno("web.1", 43, "up", 1*sec))
			}
		}
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 43}}, map[string]gateCase{
		"the first code":                         {opens: rollout.Proven, play: firstCode(time.Hour)},
		"the first code, and the log is younger": {truth: "a start of before -29 s may be lost", play: firstCode(29 * sec)},
	})
}
