// More waits of TestTranscripts: what the core asks for next, holds of several process types, and Fir.

package rollout_test

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// lookAtDynos is a look at the dynos alone.
func (b *bench) lookAtDynos(d time.Duration, dynos ...observe.Dyno) {
	all := b.lists
	b.lists.Formation, b.lists.Releases = nil, nil
	b.look(d, dynos...)
	b.lists = all
}

// notCurrent has everything in place by 13 s, but the platform still calls v41 the current release.
func (b *bench) notCurrent() {
	b.lists.Releases[0].Current, b.lists.Releases[1].Current = true, false
	b.oldGone()
	b.look(13*sec, newWeb)
}

// noAnswersYet begins without any answer about the app or preboot.
func (b *bench) noAnswersYet() {
	b.core, b.preboot = rollout.New(rollout.Config{App: "shop", UseLog: true}), nil
}

var waitsForLooks = []wait{
	{"the release is not called current in time", rollout.Config{}, func(b *bench) {
		b.notCurrent()
		b.apply(60*sec, observe.Observation{})
		b.api(61*sec, 0)
		b.deadline(70 * sec)
	}},
	{"the release is not called current in time, as the API fails", rollout.Config{}, func(b *bench) {
		b.notCurrent()
		b.trouble(62*sec, observe.Unreachable, observe.AboutCode)
		b.deadline(70 * sec)
	}},
	{"only the last look is missing, and does not come", rollout.Config{}, func(b *bench) {
		b.replaceWeb1()
		b.look(11*sec, newWeb)
		b.line(20*sec, "web.1", observe.Exit)
		b.apply(22*sec, observe.Observation{})
		b.trouble(23*sec, observe.Unreachable, observe.AboutLook)
		b.deadline(24 * sec)
	}},
	{"somebody uses the API while Heroku replaces dynos", rollout.Config{}, func(b *bench) {
		b.logWhole(0, time.Hour)
		b.look(12*sec, bootWeb)
		b.line(13*sec, "web.1", observe.Start)
		b.api(20*sec, 0)
		b.lookAtDynos(30*sec, bootWeb)
		b.look(31*sec, bootWeb)
		b.apply(32*sec, observe.Observation{Line: &observe.Line{Stamp: at(30 * sec), Kind: observe.API}}) // the look shows its effect
	}},
	{"a dyno too many starts and ends", rollout.Config{}, func(b *bench) {
		b.replaceWeb1()
		for range 2 { // the line comes twice
			b.line(7*sec, "web.2", observe.Start)
			b.look(12*sec, newWeb)
		}
		b.line(20*sec, "web.2", observe.Exit)
		b.line(21*sec, "web.2", observe.State, "up", "down")
	}},
	{"several questions get no answer for a while", rollout.Config{}, func(b *bench) {
		b.look(1*sec, oldWeb)
		for _, about := range []observe.About{observe.AboutLook, observe.AboutCode, observe.AboutBuilds} {
			b.trouble(2*sec, observe.Unreachable, about)
		}
		b.code(3*sec, "s42", wantedCommit)
		b.builds(4 * sec)
		b.lookAtDynos(5*sec, oldWeb)
		b.look(6*sec, oldWeb)
	}},
	{"a named release that the core asks for", rollout.Config{Want: release.Want{Version: 43}}, func(b *bench) {
		b.logWhole(0, time.Hour)
		b.look(1*sec, oldWeb)
		b.trouble(2*sec, observe.Unreachable, observe.AboutRelease)
		b.apply(12*sec, observe.Observation{Release: &observe.Release{}})
		b.apply(22*sec, observe.Observation{Release: &observe.Release{Version: 43, Status: "pending"}})
		b.look(25*sec, oldWeb)
		b.api(30*sec, 44)
		b.apply(80*sec, observe.Observation{})
		b.apply(200*sec, observe.Observation{})
	}},
	{"the gate cannot connect to Heroku, and then Heroku refuses", rollout.Config{}, func(b *bench) {
		b.look(1*sec, oldWeb)
		b.trouble(2*sec, observe.CannotConnect, observe.AboutLook)
		b.trouble(30*sec, observe.Forbidden, observe.AboutLook)
		b.trouble(70*sec, observe.Forbidden, observe.AboutLook)
		b.trouble(91*sec, observe.Forbidden, observe.AboutLook)
	}},
	{"the API fails again and again, and then refuses", rollout.Config{}, func(b *bench) {
		for i := range 5 {
			b.look(time.Duration(2*i+1)*sec, oldWeb)
			b.trouble(time.Duration(2*i+2)*sec, observe.Unreachable, observe.AboutLook)
		}
		b.look(20*sec, oldWeb)
		b.trouble(21*sec, observe.Forbidden, observe.AboutLook)
	}},
	{"nobody knows where the app runs, nor whether preboot is on", rollout.Config{}, func(b *bench) {
		b.noAnswersYet()
		b.logWhole(0, time.Hour)
		b.look(12*sec, oldWeb)
		b.apply(13*sec, observe.Observation{Preboot: &observe.Preboot{}})
		b.apply(14*sec, observe.Observation{App: &observe.App{ID: "a", Name: "shop-of-acme", Generation: "cedar"}})
	}},
	{"the platform does not say any more whether preboot is on", rollout.Config{}, func(b *bench) {
		b.preboot = nil
		b.look(12*sec, newWeb)
		b.apply(13*sec, observe.Observation{Preboot: &observe.Preboot{AskedAt: 12 * sec}})
	}},
	{"in a space, the platform does not say whether preboot is on", rollout.Config{}, func(b *bench) {
		b.noAnswersYet()
		runsOn(b, "s", "cedar")
		b.apply(0, observe.Observation{Preboot: &observe.Preboot{}})
	}},
	{"a gap in the log", rollout.Config{}, func(b *bench) {
		b.replaceWeb1()
		b.logState(7*sec, observe.Gapped)
		b.line(8*sec, "web.1", observe.Exit)
		b.logState(9*sec, observe.Flowing)
		b.logState(10*sec, observe.Broken)
		b.apply(11*sec, observe.Observation{Line: &observe.Line{Stamp: at(8 * sec), Label: "web.1", Kind: observe.Sigterm}}) // a line from before the gap
		b.look(12*sec, newWeb)
	}},
}

var waitsForSeveralTypes = []wait{
	{"one process type has a dyno too many, another one too few", rollout.Config{}, func(b *bench) {
		b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
		noLog(b)
		for _, d := range []time.Duration{2 * sec, 95 * sec} {
			b.look(d, newWeb, dyno("web.2", 42, "up", 1*sec))
		}
		b.deadline(100 * sec)
	}},
	{"holds of different ends and reasons", rollout.Config{}, func(b *bench) {
		b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
		newWorker := dynoOfType("worker", "worker.1", 42, "up", 10*sec)
		b.logWhole(0, time.Hour)
		b.look(12*sec, newWeb, newWorker)
		b.line(13*sec, "worker.1", observe.Replace)
		b.line(20*sec, "web.1", observe.Replace)
		b.line(21*sec, "worker.1", observe.Start)
		b.line(22*sec, "worker.1", observe.State, "starting", "up")
		b.line(23*sec, "web.1", observe.State, "up", "starting")
	}},
	{"the end of the old process of each label is presumed", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 2
		b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
		all := []observe.Dyno{dyno("web.1", 42, "up", 10*sec), dyno("web.2", 42, "up", 1*sec), dynoOfType("worker", "worker.1", 42, "up", 5*sec)}
		noLog(b)
		b.look(16*sec, all...)
		b.look(110*sec, all...)
	}},
	{"a process type is dropped", rollout.Config{}, func(b *bench) {
		b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
		b.look(1*sec, oldWeb)
		b.lists.Formation = b.lists.Formation[:1]
		b.look(2*sec, oldWeb)
	}},
	{"a dyno was scaled away before", rollout.Config{Want: release.Want{Version: 42}, Timeout: 2 * time.Minute}, func(b *bench) {
		b.provenAfterScalingDown()
		b.line(21*sec, "web.1", observe.Replace)
		b.deadline(120 * sec)
	}},
	{"a dyno was scaled away before, and the log breaks", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		b.provenAfterScalingDown()
		b.logState(30*sec, observe.Broken)
		b.look(323*sec, newWeb)
	}},
	{"an old process may be hidden behind one of two dynos", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 2
		b.logWhole(0, time.Hour)
		b.look(12*sec, dyno("web.1", 42, "up", 10*sec), dyno("web.2", 42, "up", 1*sec))
		b.line(13*sec, "web.1", observe.Replace)
		b.apply(95*sec, observe.Observation{})
	}},
	{"a new dyno is up by the log, and one of another type is not", rollout.Config{}, func(b *bench) {
		b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
		b.logWhole(0, time.Hour)
		b.look(12*sec, oldWeb)
		b.boots(13*sec, "worker.1", "down")
	}},
	{"the platform's clock is not known, and an old process reports", rollout.Config{}, func(b *bench) {
		b.noDate = true
		b.apply(0, observe.Observation{Line: &observe.Line{Stamp: at(-20 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
		noLog(b)
		b.look(12*sec, newWeb)
		b.deadline(300 * sec)
	}},
	{"the old process ended before the gate started", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-60*sec), at(-60*sec)
		b.logWhole(0, time.Hour)
		b.boots(-58*sec, "web.1", "up")
		b.stops(-50*sec, "web.1")
		b.look(11*sec, dyno("web.1", 42, "up", -58*sec))
	}},
	{"after the end of the old process comes a gap, and then a new process ends", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 2
		b.replaceWeb1()
		b.stops(10*sec, "web.1")
		b.look(30*sec, newWeb)
		b.logState(31*sec, observe.Gapped)
		b.logState(32*sec, observe.Flowing)
		b.boots(200*sec, "web.1", "up")
		b.stops(206*sec, "web.1")
		b.look(220*sec, dyno("web.1", 42, "up", 200*sec))
	}},
	{"the formation wants no dyno, and the release phase took a moment", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 0
		b.lists.Releases[1].UpdatedAt = at(5 * sec)
		noLog(b)
		b.look(12 * sec)
	}},
	{"a young app without a formation", rollout.Config{}, func(b *bench) {
		b.lists.Formation = []observe.Formation{}
		b.look(1 * sec)
		b.look(92 * sec)
	}},
	{"a young app without a formation, and the caller names a process type", rollout.Config{Types: []string{"web"}}, func(b *bench) {
		b.lists.Formation = []observe.Formation{}
		b.look(1 * sec)
		b.look(92 * sec)
	}},
	{"newer code has followed", rollout.Config{Types: []string{"web"}, Want: release.Want{Version: 42}}, func(b *bench) {
		b.lists.Releases[1].Current = false
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", "s42"))
		b.oldGone()
		b.look(13*sec, newWeb)
	}},
	{"old code is released while the release phase runs", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		b.lists.Releases[1].Status, b.lists.Releases[1].Current = "pending", false
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", "s41"))
		b.look(13*sec, oldWeb)
	}},
}

var waitsOnFir = []wait{
	{"pods on Fir", rollout.Config{}, func(b *bench) {
		runsOn(b, "", "fir")
		b.logWhole(0, time.Hour)
		b.line(sec/2, "web-1-a", observe.State, "starting", "up") // the core knows no formation yet
		b.line(sec/2, "gone-1-a", observe.State, "up", "down")
		oldPod, newPod := dynoOfType("web", "web-1-a", 41, "up", -time.Hour), dynoOfType("web", "web-2-b", 42, "up", 2*sec)
		b.look(1*sec, oldPod)
		b.line(4*sec, "web-2-b", observe.Start)
		b.look(12*sec, oldPod, newPod)
		b.line(19*sec, "web-1-a", observe.Sigterm)
		b.line(20*sec, "web-1-a", observe.Exit)
		b.look(21*sec, newPod)
	}},
	{"a pod on Fir whose end nobody saw", rollout.Config{}, func(b *bench) {
		runsOn(b, "", "fir")
		noLog(b)
		newPod := dynoOfType("web", "web-2-b", 42, "up", 2*sec)
		b.look(1*sec, dynoOfType("web", "web-1-a", 41, "up", -time.Hour), newPod)
		b.look(12*sec, newPod)
		b.look(80*sec, newPod)
	}},
}
