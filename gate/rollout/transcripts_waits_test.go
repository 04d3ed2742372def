// The waits of TestTranscripts: most of them end with the timeout, a refusal or a failure.

package rollout_test

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// A wait is a name, and the observations of one wait.
type wait struct {
	name string
	cfg  rollout.Config
	play func(b *bench)
}

func (b *bench) deadline(d time.Duration) {
	b.apply(d, observe.Observation{End: observe.Deadline})
}

func (b *bench) trouble(d time.Duration, kind observe.TroubleKind, about observe.About) {
	b.apply(d, observe.Observation{Trouble: &observe.Trouble{Kind: kind, About: about, Message: "it answered 503"}})
}

func (b *bench) code(d time.Duration, id, commit string) {
	b.apply(d, observe.Observation{Code: &observe.Code{ID: id, Commit: commit, CreatedAt: at(-time.Minute)}})
}

func (b *bench) builds(d time.Duration, builds ...observe.Build) {
	b.apply(d, observe.Observation{Builds: &observe.Builds{Builds: builds}})
}

func (b *bench) fault(d time.Duration, label, text string) {
	b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(d), Label: label, Kind: observe.Fault, Text: text}})
}

func (b *bench) api(d time.Duration, release int) {
	b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(d), Kind: observe.API, Release: release}})
}

var (
	oldWeb  = dyno("web.1", 41, "up", -24*time.Hour)
	newWeb  = dyno("web.1", 42, "up", 1*sec)
	bootWeb = dyno("web.1", 42, "starting", 1*sec)
)

var waits = slices.Concat(waitsForTime, waitsForCode, waitsWithCrashes, waitsForLooks, waitsForSeveralTypes, waitsOnFir)

var waitsForTime = []wait{
	{"two dynos and a worker end one after the other", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 2
		b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
		oldWorker, newWorker := dynoOfType("worker", "worker.1", 41, "up", -24*time.Hour), dynoOfType("worker", "worker.1", 42, "up", 1*sec)
		b.logWhole(0, time.Hour)
		b.look(sec/2, oldWeb, dyno("web.2", 41, "up", -24*time.Hour), oldWorker)
		labels := []string{"web.1", "web.2", "worker.1"}
		for _, l := range labels {
			b.line(1*sec, l, observe.State, "up", "starting")
		}
		for _, l := range labels {
			b.line(3*sec, l, observe.Start)
		}
		for i, l := range labels {
			b.line(5*sec+time.Duration(i)*sec/4, l, observe.State, "starting", "up")
		}
		b.look(6*sec, newWeb, dyno("web.2", 42, "starting", 1*sec), oldWorker)
		b.look(8*sec, newWeb, dyno("web.2", 42, "up", 1*sec), newWorker)
		for i, l := range labels {
			b.stops(time.Duration(i)*5*sec+10*sec, l)
			b.apply(time.Duration(i)*5*sec+13*sec, observe.Observation{})
		}
		b.look(26*sec, newWeb, dyno("web.2", 42, "up", 1*sec), newWorker)
	}},
	{"nothing is proven, and the hold reaches past the timeout", rollout.Config{Timeout: 5 * time.Minute}, func(b *bench) {
		prebootOn(b)
		noLog(b)
		b.look(0, oldWeb)
		b.look(2*sec, bootWeb)
		b.look(6*sec, newWeb)
		b.look(20*sec, dyno("web.1", 42, "up", 15*sec)) // web.1 was restarted
		b.deadline(300 * sec)
	}},
	{"proof is required, and there is no log", rollout.Config{RequireProof: true, Timeout: 3 * time.Minute}, func(b *bench) {
		noLog(b)
		b.look(6*sec, newWeb)
		b.look(60*sec, newWeb)
		b.look(120*sec, newWeb)
		b.deadline(180 * sec)
	}},
	{"proof is required, and the timeout comes before the hold is over", rollout.Config{RequireProof: true}, func(b *bench) {
		noLog(b)
		b.look(6*sec, newWeb)
		b.deadline(60 * sec)
	}},
	{"an old dyno stays", rollout.Config{}, func(b *bench) { b.logWhole(0, time.Hour); b.look(60*sec, oldWeb); b.deadline(61 * sec) }},
	{"new dynos do not come up", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 3
		b.oldGone()
		b.look(13*sec, newWeb)
		b.deadline(61 * sec)
	}},
	{"the time to settle is not over at the deadline", rollout.Config{Settle: time.Minute}, func(b *bench) { b.oldGone(); b.look(20*sec, newWeb); b.deadline(40 * sec) }},
	{"the last look is missing", rollout.Config{}, func(b *bench) { b.oldGone(); b.deadline(14 * sec) }},
	{"the release phase has not ended", rollout.Config{}, func(b *bench) {
		b.lists.Releases[1].Status = "pending"
		b.logWhole(0, time.Hour)
		b.look(1*sec, oldWeb)
		b.line(5*sec, "release.1", observe.Start)
		b.line(6*sec, "run.7", observe.Exit)
		b.apply(50*sec, observe.Observation{Line: &observe.Line{Stamp: at(50 * sec), Label: "release.1", Kind: observe.Exit}})
		b.look(51*sec, oldWeb)
		b.look(53*sec, oldWeb)
		b.apply(70*sec, observe.Observation{})
		b.deadline(100 * sec)
	}},
	{"the release phase has not ended, and a process type is called release", rollout.Config{}, func(b *bench) {
		b.lists.Releases[1].Status = "pending"
		b.addType("release", 1, -999*time.Hour, -99*time.Hour)
		b.logWhole(0, time.Hour)
		b.look(12*sec, oldWeb)
		b.line(50*sec, "release.1", observe.Exit)
	}},
	{"the release has an unknown status", rollout.Config{}, func(b *bench) {
		b.lists.Releases[1].Status = "odd"
		b.look(1*sec, oldWeb)
		b.lists.Releases[1].Status = ""
		b.look(11*sec, oldWeb)
		b.deadline(100 * sec)
	}},
	{"the release failed", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) { b.lists.Releases[1].Status = "failed"; b.look(1*sec, oldWeb) }},
	{"the code of the release is destroyed by now", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) { b.lists.Releases[1].Status = "expired"; b.look(1*sec, oldWeb) }},
	{"an old release failed, and there may be a newer one", rollout.Config{}, func(b *bench) {
		b.lists.Releases[1].Status = "failed"
		b.lists.Releases[1].CreatedAt = at(-5 * time.Minute)
		b.look(1*sec, oldWeb)
		b.look(5*sec, oldWeb)
		b.builds(6*sec, observe.Build{ID: "b", Status: "pending", CreatedAt: at(-sec)})
		b.look(12*sec, oldWeb)
	}},
	{"the release does not come", rollout.Config{Want: release.Want{Version: 50}}, func(b *bench) {
		b.logWhole(0, time.Hour)
		b.look(1*sec, oldWeb)
		b.line(2*sec, "run.7", observe.Start)
		b.deadline(60 * sec)
	}},
	{"the release with that id does not come", rollout.Config{Want: release.Want{ID: "r99"}}, func(b *bench) { b.lists.ReleasesCut = true; b.look(1*sec, oldWeb); b.deadline(60 * sec) }},
	{"the app has no release", rollout.Config{}, func(b *bench) { b.lists.Releases = []observe.Release{}; b.look(1 * sec); b.deadline(60 * sec) }},
	{"there was no look", rollout.Config{}, func(b *bench) { b.deadline(60 * sec) }},
	{"the wait is interrupted", rollout.Config{}, func(b *bench) {
		b.oldGone()
		b.apply(20*sec, observe.Observation{End: observe.Interrupt})
	}},
	{"an old process goes on reporting metrics", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		report := func(d time.Duration, uuid string) {
			b.apply(max(d, 0), observe.Observation{Line: &observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.Metric, UUID: uuid}})
		}
		b.logWhole(0, time.Hour)
		report(-10*sec, "old")
		b.look(1*sec, oldWeb)
		b.oldGone()
		report(14*sec, "old")
		report(16*sec, "new")
		b.look(20*sec, newWeb)
		report(70*sec, "new")
		b.look(80*sec, newWeb)
	}},
	{"a pod ends before the release that the gate waits for", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
		one, two, three := dyno("web-1-a", 41, "up", -time.Hour), dyno("web-1-b", 41, "up", -time.Hour), dyno("web-2-c", 42, "up", 22*sec)
		releases := b.lists.Releases
		b.lists.Releases = releases[:1]
		b.look(1*sec, one, two)
		b.line(5*sec, "web-1-a", observe.Exit)
		b.look(8*sec, two)
		releases[1].CreatedAt, releases[1].UpdatedAt = at(20*sec), at(20*sec)
		b.lists.Releases = releases
		b.look(30*sec, two, three)
		b.look(35*sec, three)
		b.line(40*sec, "web-1-b", observe.Exit)
		b.look(70*sec, three)
	}},
	{"new dynos sleep, and only the log shows that they are up", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		b.lists.Formation[0].Quantity = 2
		b.logWhole(0, time.Hour)
		b.look(1*sec, oldWeb, dyno("web.2", 41, "up", -time.Hour))
		b.line(2*sec, "web.2", observe.State, "up", "starting")
		b.line(3*sec, "web.2", observe.Start)
		b.look(4*sec, dyno("web.1", 42, "idle", 1*sec), dyno("web.2", 42, "starting", 2*sec))
		b.line(6*sec, "web.2", observe.State, "starting", "up")
		b.look(7*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 2*sec))
		b.look(8*sec, dyno("web.1", 42, "idle", 1*sec), dyno("web.2", 42, "up", 2*sec))
		b.line(9*sec, "web.2", observe.State, "starting", "up")
	}},
	{"two hidden processes crash one after the other", rollout.Config{Want: release.Want{Version: 42}}, func(b *bench) {
		b.lists.Formation[0].Quantity = 3
		b.logWhole(0, time.Hour)
		for i, label := range []string{"web.1", "web.2"} {
			d := time.Duration(1+i) * sec
			b.line(d, label, observe.State, "up", "starting")
			b.line(d+1*sec, label, observe.Start)
			b.line(d+4*sec, label, observe.State, "starting", "up")
		}
		up := []observe.Dyno{dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 2*sec), dyno("web.3", 41, "up", -time.Hour)}
		b.look(9*sec, up...)
		b.line(10*sec, "web.1", observe.Exit)
		b.line(11*sec, "web.2", observe.Exit)
		b.look(17*sec, up...)
	}},
	{"the API fails, answers, and fails", rollout.Config{}, func(b *bench) {
		b.trouble(1*sec, observe.Unreachable, observe.AboutLook)
		b.trouble(2*sec, observe.Unreachable, observe.AboutLook)
		b.trouble(2*sec, observe.Unreachable, observe.AboutApp)
		runsOn(b, "", "cedar")
		b.look(5*sec, oldWeb)
		for i := range 6 {
			b.trouble(time.Duration(10+i)*sec, observe.Unreachable, observe.AboutLook)
			b.look(time.Duration(10+i)*sec+sec/2, oldWeb)
		}
		b.trouble(20*sec, observe.Unreachable, observe.AboutLook)
		b.apply(30*sec, observe.Observation{Budget: &observe.Budget{Remaining: 99}})
		b.deadline(100 * sec)
	}},
	{"the API never answered", rollout.Config{}, func(b *bench) { b.trouble(1*sec, observe.Unreachable, observe.AboutLook); b.deadline(9 * sec) }},
	{"the API fails for the last look", rollout.Config{}, func(b *bench) {
		b.oldGone()
		b.trouble(13*sec, observe.Unreachable, observe.AboutLook)
		b.deadline(14 * sec)
	}},
	{"the API has failed for a long time", rollout.Config{}, func(b *bench) {
		b.look(2*sec, oldWeb)
		b.trouble(10*sec, observe.Unreachable, observe.AboutLook)
		b.deadline(60 * sec)
	}},
	{"the key is wrong", rollout.Config{}, func(b *bench) {
		b.trouble(1*sec, observe.Unauthorized, observe.AboutLook)
		b.trouble(11*sec, observe.Unauthorized, observe.AboutLook)
	}},
	{"the key may not see the app", rollout.Config{}, func(b *bench) {
		b.trouble(1*sec, observe.Forbidden, observe.AboutLook)
		b.trouble(61*sec, observe.Forbidden, observe.AboutLook)
	}},
	{"there is no such app", rollout.Config{}, func(b *bench) {
		b.trouble(1*sec, observe.NotFound, observe.AboutLook)
		b.trouble(30*sec, observe.NotFound, observe.AboutLook)
		b.trouble(61*sec, observe.NotFound, observe.AboutLook)
	}},
	{"the gate has a bug", rollout.Config{}, func(b *bench) { b.trouble(1*sec, observe.Internal, observe.AboutLook) }},
}
