// Guards of the holds without preboot.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

func TestHoldsWithoutPreboot(t *testing.T) {
	t.Parallel()
	old, web1 := dyno("web.1", 41, "up", -24*time.Hour), dyno("web.1", 42, "up", 1*sec)
	idle := dyno("web.1", 41, "idle", -24*time.Hour)
	idle.UpdatedAt = at(-10 * sec)
	checkHolds(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]holdCase{
		"a new record that was created long before a look showed it": {limit: "1 s, when it was created, and 90 s",
			play: func(b *bench) { noLog(b); b.lookBeforeRelease(0, old); b.look(30*sec, web1) },
			list: []observe.Dyno{web1}, shut: 90 * sec, opens: 92 * sec},
		"a restart that the list does not show yet": {limit: "80 s, when the restart was announced, and 90 s",
			play: func(b *bench) {
				b.logWhole(0, time.Hour)
				b.bootsWithLostStart(1*sec, "web.1")
				b.bootsWithLostStart(80*sec, "web.1")
			},
			list: []observe.Dyno{web1}, shut: 169 * sec, opens: 171 * sec},
		"a formation without the time of its last scaling": {limit: "60 s, when it was first seen, and 90 s",
			play: func(b *bench) { noLog(b); b.lists.Formation[0].UpdatedAt = time.Time{}; b.look(60*sec, web1) },
			list: []observe.Dyno{web1}, shut: 149 * sec, opens: 151 * sec},
		"a dyno that no look has shown is scaled away": {limit: "80 s, when web was scaled down, and 90 s",
			play: func(b *bench) {
				noLog(b)
				b.lists.Formation[0].Quantity = 2
				b.look(30*sec, web1)
				b.lists.Formation[0].Quantity, b.lists.Formation[0].UpdatedAt = 1, at(80*sec)
			},
			list: []observe.Dyno{web1}, shut: 169 * sec, opens: 171 * sec},
		"a label that only the log shows, before a late first look": {limit: "20 s, when the look did not show web.2, and 90 s",
			play: func(b *bench) {
				b.logWhole(0, time.Hour)
				b.line(5*sec, "web.2", observe.Exit)
				b.line(8*sec, "web.2", observe.Exit) // one exit too many
				b.look(20*sec, web1)
			},
			list: []observe.Dyno{web1}, shut: 109 * sec, opens: 111 * sec},
		"in a space, a restart that the list does not show": {limit: "10 s, when the old dyno was first missing, and 60 s",
			play: func(b *bench) {
				runsOn(b, "s", "cedar")
				b.logWhole(0, time.Hour)
				b.lookBeforeRelease(0, old)
				b.look(10*sec, web1)
				b.line(50*sec, "web.1", observe.Replace)
			},
			list: []observe.Dyno{web1}, shut: 69 * sec, opens: 71 * sec},
		"in a space": {limit: "10 s, when the old dyno was first missing, and 60 s",
			play: func(b *bench) { runsOn(b, "s", "cedar"); noLog(b); b.lookBeforeRelease(0, old); b.look(10*sec, web1) },
			list: []observe.Dyno{web1}, shut: 69 * sec, opens: 71 * sec},
		"on Fir, when the first look comes late": {limit: "100 s, the first look, and 60 s",
			play: func(b *bench) { runsOn(b, "s", "fir"); noLog(b) },
			list: []observe.Dyno{dyno("web-1-a", 42, "up", 1*sec)}, shut: 100 * sec, opens: 161 * sec},
		"a dyno that was scaled away before the first look": {limit: "-20 s, when web was last scaled, and 90 s; the log broke before it covered that",
			play: func(b *bench) {
				b.lists.Formation[0].UpdatedAt = at(-20 * sec)
				b.logWhole(0, 80*sec)
				b.lookBeforeRelease(0, old)
				b.boots(1*sec, "web.1", "up")
				b.stops(5*sec, "web.1")
				b.look(7*sec, web1)
				b.logState(9*sec, observe.Broken)
			},
			list: []observe.Dyno{web1}, shut: 69 * sec, opens: 92 * sec},
	})
}

// The old dyno sleeps since -10 s, so its hold is over at 80 s. But the release may have dropped another process type,
// and its dynos may run until 90 s. That does not matter if the caller names the types.
func TestHoldOfADynoThatFellAsleep(t *testing.T) {
	t.Parallel()
	idle := dyno("web.1", 41, "idle", -999*sec)
	idle.UpdatedAt = at(-10 * sec)
	for _, c := range []struct {
		types       []string
		shut, opens time.Duration
	}{{[]string{"web"}, 79 * sec, 81 * sec}, {nil, 89 * sec, 91 * sec}} {
		b := newBench(t, rollout.Config{Types: c.types})
		noLog(b)
		b.look(c.shut-10*sec, idle)
		b.look(c.shut, idle)
		b.shut("an old process may run for one more second")
		b.look(c.opens, idle)
		b.opens(rollout.Presumed)
	}
}

// If Heroku does not say whether preboot is on, it counts as on. The gate does not wait for an answer from after the newest
// web dyno.
func TestUnknownPrebootIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.preboot, b.core = nil, rollout.New(rollout.Config{App: "shop", UseLog: true, Want: release.Want{Version: 42}})
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Generation: "cedar"}})
	b.apply(0, observe.Observation{Preboot: &observe.Preboot{}})
	b.replaceWeb1()
	b.line(10*sec, "web.1", observe.Exit)
	b.look(22*sec, dyno("web.1", 42, "up", 1*sec))
	b.opens(rollout.Proven)
}
