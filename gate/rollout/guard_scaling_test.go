// Guards of what scaling proves: nothing old is hidden behind a dyno that came by scaling up, and such a dyno
// begins no hold again. A dyno that only looks as if it came by scaling may hide an old process.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// scales is a line of the API that the formation was scaled, written at stamp. From then on looks show the
// new quantity; if that is 0, they show no change.
func (b *bench) scales(d time.Duration, quantity int, stamp time.Duration) {
	b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(stamp), Kind: observe.API, Scaled: true}})
	if quantity > 0 {
		b.lists.Formation[0].Quantity, b.lists.Formation[0].UpdatedAt = quantity, at(stamp)
	}
}

func TestDynosThatCameByScaling(t *testing.T) {
	t.Parallel()
	old, web1, web2 := oldWeb, newWeb, dyno("web.2", 42, "up", 1*sec)
	web1Proven := func(b *bench) { // the old process of web.1 is proven to have ended
		b.logWhole(0, time.Hour)
		b.look(0, old)
		b.boots(1*sec, "web.1", "up")
		b.stops(6*sec, "web.1")
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"two dynos came by two scalings, and no look in between": {opens: rollout.Proven, play: func(b *bench) {
			web1Proven(b)
			b.scales(20*sec, 2, 20*sec)
			b.scales(60*sec, 3, 60*sec)
			b.look(70*sec, web1, dyno("web.2", 42, "up", 21*sec), dyno("web.3", 42, "up", 61*sec))
		}},
		"two dynos came by two scalings, and one boots during many looks": {opens: rollout.Proven, play: func(b *bench) {
			web1Proven(b)
			b.scales(20*sec, 2, 20*sec)
			b.scales(60*sec, 3, 60*sec)
			for i := range 250 {
				b.look(70*sec+time.Duration(i)*sec/10, web1, dyno("web.2", 42, "up", 21*sec), dyno("web.3", 42, "starting", 61*sec))
			}
			b.look(100*sec, web1, dyno("web.2", 42, "up", 21*sec), dyno("web.3", 42, "up", 61*sec))
		}},
		"web is scaled down in the release phase": {truth: "a process of web.1 may run for 90 s after that, and the log is too short to prove its end", play: func(b *bench) {
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
		"a dyno came by scaling up, and an earlier line of its label comes late": {truth: "something ran under web.2 before, and may run", play: func(b *bench) {
			web1Proven(b)
			b.scales(20*sec, 2, 20*sec)
			b.look(24*sec, web1, dyno("web.2", 42, "starting", 21*sec))
			b.apply(25*sec, observe.Observation{Line: &observe.Line{Stamp: at(10 * sec), Label: "web.2", Kind: observe.Sigterm}})
			b.look(30*sec, web1, dyno("web.2", 42, "up", 21*sec))
		}},
		"the list shows a dyno late, and nothing was scaled": {truth: "web.2 of v41 may run; its start line is lost", play: func(b *bench) {
			web1Proven(b)
			b.lists.Formation[0].Quantity = 2
			b.api(4*sec, 42)
			b.look(20*sec, web1, dyno("web.2", 42, "up", 5*sec))
		}},
		"the list shows a dyno late, and the scaling was after its creation": {truth: "web.2 of v41 may run; its start line is lost", play: func(b *bench) {
			web1Proven(b)
			b.scales(18*sec, 2, 18*sec)
			b.look(20*sec, web1, web2)
		}},
		"the first look shows the dyno": {truth: "web was scaled down, and web.1 of v41 may run", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.scales(4*sec, 1, 4*sec)
			for _, d := range []time.Duration{10 * sec, 20 * sec} {
				b.look(d, dyno("web.1", 42, "up", 5*sec))
			}
		}},
		"the first look is empty, and the next one shows the dyno": {truth: "web.1 of v41 may run; the first list was not complete", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.look(0)
			b.scales(4*sec, 1, 4*sec)
			b.look(20*sec, dyno("web.1", 42, "up", 5*sec))
		}},
		"an old dyno that sleeps": {truth: "web.2 of v41 fell asleep at 12 s, and has 30 s to end", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.boots(3*sec, "web.1", "up")
			b.stops(8*sec, "web.1")
			b.lookBeforeRelease(9*sec, old)
			b.scales(9*sec, 2, 9*sec) // and yet web.2 is of v41
			asleep := dyno("web.2", 41, "idle", 10*sec)
			asleep.UpdatedAt = at(12 * sec)
			b.look(20*sec, dyno("web.1", 42, "up", 3*sec), asleep)
		}},
	})
}

// web.2 was scaled up before the release. The state line of its restart for v42 is lost.
func TestWhatScalingProves(t *testing.T) {
	t.Parallel()
	up := func(reach, start, scaled time.Duration) func(b *bench) { // the log reaches back so long; web.2 starts and web is scaled at these times
		return func(b *bench) {
			b.scales(0, 2, scaled)
			b.line(start, "web.2", observe.Start)
			b.line(start+2*sec, "web.2", observe.State, "starting", "up")
			b.logWhole(0, reach)
			b.line(2*sec, "web.2", observe.Start)
			b.line(4*sec, "web.2", observe.State, "starting", "up")
			b.stops(5*sec, "web.2")
			b.boots(1*sec, "web.1", "up")
			b.stops(6*sec, "web.1")
			b.look(20*sec, newWeb, dyno("web.2", 42, "up", 1*sec))
		}
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"a long history":              {opens: rollout.Proven, play: up(time.Hour, -60*sec, -61*sec)},
		"nothing was scaled":          {truth: "the state line before the start at -60 s is lost, and an earlier process may run", play: up(time.Hour, -60*sec, -time.Hour)},
		"a history that is too short": {truth: "an earlier process may be hidden for 90 s", play: up(130*sec, -60*sec, -61*sec)},
		"the start follows a release shortly": {truth: "the process may be of v41, with v40 hidden behind it", play: func(b *bench) {
			b.lists.Releases[0].CreatedAt = at(-70 * sec)
			up(time.Hour, -60*sec, -61*sec)(b)
		}},
		"the start follows a release shortly, and looks show the dynos alone": {truth: "the process may be of v41, with v40 hidden behind it", play: func(b *bench) {
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
		"a long boot timeout": {truth: "an earlier process may have booted for 120 s", play: up(160*sec, -60*sec, -61*sec)},
	})
}

// With preboot, each replaced web dyno begins the hold on everything hidden again. A replaced worker does
// not, nor does a dyno that came by scaling up. Here a process may be hidden since a restart at -20 s, and
// the release phase takes six minutes.
func TestWhatRenewsAHold(t *testing.T) {
	t.Parallel()
	labels := []string{"web.1", "web.2", "worker.1", "web.3"}
	list := func(n, version int, created time.Duration) (all []observe.Dyno) {
		for i, label := range labels[:n] {
			all = append(all, dynoOfType([]string{"web", "web", "worker", "web"}[i], label, version, "up", created))
		}
		return all
	}
	deploy := func(during func(b *bench) int) func(b *bench) { // during plays in the release phase, and returns the number of labels
		return func(b *bench) {
			prebootOn(b)
			b.lists.Formation[0].Quantity = 2
			b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
			b.lists.Releases[1].Status = "pending"
			b.logWhole(0, 10*sec)
			b.look(1*sec, list(3, 41, -20*sec)...)
			n := during(b)
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
	restart := func(i int) func(b *bench) int { // the state line of the restart is lost
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
		"nothing happens":         {opens: rollout.Presumed, play: deploy(func(*bench) int { return 3 })},
		"a web dyno is restarted": {truth: "what is hidden since -20 s may live until 655 s", play: deploy(restart(1))},
		"a worker is restarted":   {opens: rollout.Presumed, play: deploy(restart(2))},
		"a web dyno comes by scaling up": {opens: rollout.Presumed, play: deploy(func(b *bench) int {
			b.scales(300*sec, 3, 300*sec)
			b.line(302*sec, "web.3", observe.Start)
			b.line(304*sec, "web.3", observe.State, "starting", "up")
			b.look(305*sec, append(list(3, 41, -20*sec), dyno("web.3", 41, "up", 301*sec))...)
			return 4
		})},
	})
}

// Whether something ran under a label before its first line in the log.
func TestWhatRanBeforeTheFirstLine(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{RequireProof: true, Want: release.Want{Version: 42}}, map[string]gateCase{
		"a list without the label, and a log that begins later": {truth: "nobody saw the end of web.2 of v41", play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.lookBeforeRelease(0, oldWeb)
			b.logState(1*sec, observe.Flowing)
			b.boots(3*sec, "web.1", "up")
			b.line(4*sec, "web.2", observe.Start) // the state line before this one is lost
			b.line(6*sec, "web.2", observe.State, "starting", "up")
			b.stops(100*sec, "web.1")
			for _, d := range []time.Duration{10 * sec, 120 * sec} {
				b.look(d, newWeb, dyno("web.2", 42, "up", 2*sec))
			}
		}},
		"a restart after scaling down, when every hold is over": {truth: "the state line of the restart is lost, and so is the end of web.2 of v41", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.boots(1*sec, "web.1", "up")
			b.stops(6*sec, "web.1")
			b.line(122*sec, "web.2", observe.Start)
			b.line(124*sec, "web.2", observe.State, "starting", "up")
			b.scales(125*sec, 2, 120*sec)
			b.look(200*sec, newWeb, dyno("web.2", 42, "up", 121*sec))
		}},
	})
	firstCode := func(reach time.Duration) func(b *bench) { // v42 brings the first code of the app, and v43 changes a config var
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
			b.logWhole(0, reach)
			b.boots(1*sec, "web.1", "up")
			b.stops(6*sec, "web.1")
			for _, d := range []time.Duration{20 * sec, 65 * sec} {
				b.look(d, dyno("web.1", 43, "up", 1*sec))
			}
		}
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 43}}, map[string]gateCase{
		"the log covers the first code":       {opens: rollout.Proven, play: firstCode(time.Hour)},
		"the log begins after the first code": {truth: "a start line from before -29 s may be missing", play: firstCode(29 * sec)},
	})
}
