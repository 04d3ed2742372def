// Guards of what the gate believes about a label: that nothing ran under it before, that nothing can be
// hidden behind it, or that its dyno sleeps.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// dynoOfType is a dyno of another process type than web.
func dynoOfType(typ, label string, version int, state string, created time.Duration) observe.Dyno {
	d := dyno(label, version, state, created)
	d.Type = typ
	return d
}

// addType adds a process type to the formation.
func (b *bench) addType(typ string, quantity int, created, scaled time.Duration) {
	b.lists.Formation = append(b.lists.Formation, observe.Formation{Type: typ, Quantity: quantity, CreatedAt: at(created), UpdatedAt: at(scaled)})
}

// lookBeforeRelease is a look that does not show v42 yet. Later looks show it.
func (b *bench) lookBeforeRelease(d time.Duration, dynos ...observe.Dyno) {
	b.t.Helper()
	all := b.lists.Releases
	b.lists.Releases = all[:1]
	b.look(d, dynos...)
	b.lists.Releases = all
}

func TestWhetherSomethingRanUnderALabelBefore(t *testing.T) {
	t.Parallel()
	old := dyno("web.1", 41, "up", -24*time.Hour)
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"a dyno that is scaled up while the gate waits, and that the log shows first": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.lists.Formation[0].Quantity = 2
			b.line(20*sec, "web.2", observe.Start) // there is no state line before
			b.line(22*sec, "web.2", observe.State, "starting", "up")
			b.look(24*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 18*sec))
		}},
		"a dyno that is scaled up while the gate waits, and that the list shows first": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.lists.Formation[0].Quantity = 2
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 18*sec))
			b.line(21*sec, "web.2", observe.Start)
			b.line(22*sec, "web.2", observe.State, "starting", "up")
			b.look(24*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 18*sec))
		}},
		"a label that the first look lacks, and nothing was scaled": {truth: "web.2 of v41 is hidden by preboot; the first list was not complete", play: func(b *bench) {
			prebootOn(b)
			b.lists.Formation[0].Quantity = 2
			b.logWhole(0, 0)
			b.look(1*sec, dyno("web.1", 41, "up", -24*time.Hour))
			b.line(2*sec, "web.2", observe.Start)
			b.line(5*sec, "web.2", observe.State, "starting", "up")
			b.boots(3*sec, "web.1", "up")
			b.line(250*sec, "web.1", observe.Exit)
			b.look(270*sec, dyno("web.1", 42, "up", 3*sec), dyno("web.2", 42, "up", 1*sec))
		}},
		"a label that the log shows before any look": {truth: "web.1 of v41 is hidden by preboot", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(6*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a label that an empty list did not show": {truth: "web.1 of v41 is hidden by preboot; the first list was not complete", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.look(0)
			b.line(5*sec, "web.1", observe.Start)
			b.line(6*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 4*sec))
		}},
		"a label that the first look lacks, and that exists at that moment": {truth: "web.2 of v41 is hidden by preboot; one list did not show it", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.lists.Formation[0].Quantity = 2
			b.look(0, old)
			b.boots(1*sec, "web.1", "up")
			b.line(6*sec, "web.1", observe.Exit)
			b.line(1*sec+sec/2, "web.2", observe.Start)
			b.line(4*sec, "web.2", observe.State, "starting", "up")
			b.look(10*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
		}},
		"a new label that the log does not show, since lines were lost": {truth: "web.2 of v41, scaled up at 4 s, is hidden by preboot", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.lists.Formation[0].Quantity = 2
			b.look(0, old)
			b.logState(1*sec, observe.Gapped)
			b.look(15*sec, old, dyno("web.2", 42, "up", 12*sec))
			b.apply(16*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(16 * sec)}})
			b.boots(400*sec, "web.1", "up")
			b.line(405*sec, "web.1", observe.Exit)
			b.line(400*sec, "web.2", observe.Start)
			b.look(410*sec, dyno("web.1", 42, "up", 400*sec), dyno("web.2", 42, "up", 400*sec))
		}},
		"a process type that the release brings back, with an old dyno listed": {truth: "web.1 of v41 was listed, and has not ended", play: func(b *bench) {
			b.lists.Formation[0].CreatedAt = at(0)
			b.logWhole(0, time.Hour)
			b.lookBeforeRelease(0, old)
			b.line(3*sec, "web.1", observe.Start)
			b.line(5*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a process type that the release brings back, which the release before dropped": {truth: "v41 dropped web, and web.1 of v40 runs until 20 s", play: func(b *bench) {
			b.lists.Formation[0].CreatedAt = at(0)
			b.logWhole(0, time.Hour)
			b.line(-10*sec, "web.1", observe.State, "up", "down")
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a process type that comes with the release": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation[0].CreatedAt = at(0)
			b.logWhole(0, time.Hour)
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a process type that comes with the release, and a short log": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation[0].CreatedAt = at(0)
			b.logWhole(0, 5*sec)
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a process type that comes with the release, shortly after another release": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation[0].CreatedAt = at(0)
			b.lists.Releases = append(b.lists.Releases, otherRelease(30, "succeeded", "s30"))
			b.lists.Releases[0].CreatedAt = at(-10 * sec)
			b.logWhole(0, 90*sec)
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a process type that comes with the release, shortly after a release phase": {truth: "v41 may have dropped web when its release phase ended, and web.1 of v40 may be stopping", play: func(b *bench) {
			b.lists.Formation[0].CreatedAt = at(0)
			b.lists.Releases[0].UpdatedAt = at(-10 * sec)
			b.logWhole(0, 5*sec)
			b.line(2*sec, "web.1", observe.Start)
			b.line(4*sec, "web.1", observe.State, "starting", "up")
			b.look(8*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a look before the release, and a short log": {opens: rollout.Proven, play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, 10*sec)
			b.lookBeforeRelease(0, old)
			b.boots(1*sec, "web.1", "up")
			b.look(6*sec, dyno("web.1", 42, "up", 1*sec))
			b.line(199*sec, "web.1", observe.Sigterm)
			b.line(200*sec, "web.1", observe.Exit)
			b.look(202*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a label that only the log shows, and a short log": {truth: "the exit of web.2 is that of v40; v41 is hidden too, from before the log begins", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, 10*sec)
			b.lookBeforeRelease(0, old)
			b.line(-5*sec, "web.2", observe.Sigterm)
			b.line(-4*sec, "web.2", observe.Exit)
			b.boots(1*sec, "web.1", "up")
			b.line(199*sec, "web.1", observe.Sigterm)
			b.line(200*sec, "web.1", observe.Exit)
			b.look(202*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a label that crashes, beyond the formation": {truth: "web.2 of v41 is hidden by preboot", play: func(b *bench) {
			prebootOn(b)
			b.logWhole(0, time.Hour)
			b.boots(1*sec, "web.1", "up")
			b.line(6*sec, "web.1", observe.Exit)
			b.boots(1*sec, "web.2", "up")
			b.line(8*sec, "web.2", observe.Exit)
			b.line(8*sec, "web.2", observe.State, "up", "crashed")
			crashed := dyno("web.2", 42, "crashed", 1*sec)
			crashed.UpdatedAt = at(8 * sec)
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec), crashed)
		}},
	})
}

// The dyno of an eco app falls asleep, and then has no process. Only such dynos sleep.
func TestOldDynosThatSleep(t *testing.T) {
	t.Parallel()
	fallsAsleep := func(b *bench) {
		b.logWhole(0, time.Hour)
		b.line(-300*sec, "web.1", observe.State, "up", "down")
		b.line(-299*sec, "web.1", observe.Sigterm)
		b.line(-298*sec, "web.1", observe.Exit)
	}
	looksAsleep := func(b *bench, d time.Duration, state string) { // web.1 fell asleep at -300 s, by the list
		asleep := dyno("web.1", 41, state, -24*time.Hour)
		asleep.UpdatedAt = at(-300 * sec)
		b.look(d, asleep)
	}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"the list shows idle": {opens: rollout.Proven, play: func(b *bench) { fallsAsleep(b); looksAsleep(b, 2*sec, "idle") }},
		"the list shows down": {truth: "no new dyno is up", play: func(b *bench) { fallsAsleep(b); looksAsleep(b, 2*sec, "down") }},
		"the list shows down, and the formation wants no dyno": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation[0].Quantity = 0
			fallsAsleep(b)
			looksAsleep(b, 2*sec, "down")
			if v, _ := b.core.Verdict(); v.Result == rollout.Passed && v.Reason != rollout.NothingToRun {
				b.t.Errorf("verdict %+v, want the reason %s", v, rollout.NothingToRun)
			}
		}},
		"it wakes while the list is behind": {truth: "the process that was started is of v41", play: func(b *bench) {
			fallsAsleep(b)
			b.line(1*sec, "web.1", observe.State, "down", "starting")
			b.line(2*sec, "web.1", observe.Start)
			looksAsleep(b, 3*sec, "idle")
		}},
		"a one-off dyno of the release before is down": {truth: "run.1 is being stopped", play: func(b *bench) {
			*b = *newBench(b.t, rollout.Config{IncludeOneOff: true})
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			for d := 20 * sec; d < 600*sec; d += 100 * sec {
				b.look(d, dyno("web.1", 42, "up", 1*sec), dynoOfType("run", "run.1", 41, "down", -time.Hour))
			}
		}},
	})
}
