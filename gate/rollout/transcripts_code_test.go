// More waits of TestTranscripts: for a commit, with newer releases, with crashes, and with one-off dynos.

package rollout_test

import (
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

const wantedCommit = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// forCommit waits for the wanted commit, which no release has at first.
var forCommit = rollout.Config{Want: release.Want{Commit: wantedCommit}}

func build(status string, ago time.Duration) observe.Build {
	return observe.Build{ID: "b" + status, Status: status, Commit: wantedCommit, CreatedAt: at(-ago)}
}

var waitsForCode = []wait{
	{"a commit that is built", forCommit, func(b *bench) {
		b.lookBeforeRelease(1*sec, oldWeb)
		b.code(2*sec, "s41", commitA)
		b.builds(3*sec, build("pending", time.Minute))
		b.builds(60*sec, build("succeeded", time.Minute))
		b.look(61*sec, oldWeb)
		b.code(62*sec, "s42", wantedCommit)
		b.apply(63*sec, observe.Observation{})
	}},
	{"a commit whose build takes too long", forCommit, func(b *bench) {
		b.look(1*sec, oldWeb)
		b.code(2*sec, "s41", commitA)
		b.code(2*sec, "s42", commitC)
		b.builds(3*sec, build("pending", time.Minute))
		b.deadline(60 * sec)
	}},
	{"a commit whose build failed", forCommit, func(b *bench) {
		b.look(1*sec, oldWeb)
		b.builds(3*sec, build("succeeded", 2*time.Minute), build("failed", time.Minute))
	}},
	{"a commit that is not built", forCommit, func(b *bench) {
		b.look(1*sec, oldWeb)
		b.code(2*sec, "s41", commitA)
		b.code(2*sec, "s42", commitC)
		b.builds(3*sec, observe.Build{ID: "b", Status: "succeeded", Commit: commitC, CreatedAt: at(0)})
		b.deadline(60 * sec)
	}},
	{"a commit that other code has followed", forCommit, func(b *bench) {
		b.code(0, "s41", wantedCommit)
		b.code(0, "s42", commitC)
		b.builds(1 * sec)
		b.look(12*sec, newWeb)
		b.deadline(60 * sec)
	}},
	{"a commit that failed in an earlier try, and is built again", forCommit, func(b *bench) {
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "failed", "s43"))
		b.lists.Releases[2].CreatedAt = at(-10 * time.Minute)
		b.code(0, "s41", commitA)
		b.code(0, "s42", commitC)
		b.code(0, "s43", wantedCommit)
		b.look(1*sec, newWeb)
		b.builds(2*sec, build("pending", time.Minute))
		b.look(12*sec, newWeb)
		b.lists.Releases = append(b.lists.Releases, otherRelease(44, "succeeded", "s44"))
		b.code(13*sec, "s44", wantedCommit)
		b.look(14*sec, newWeb)
	}},
	{"a commit that failed a moment ago", forCommit, func(b *bench) {
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "failed", "s43"))
		b.code(0, "s43", wantedCommit)
		b.look(1*sec, newWeb)
		b.look(12*sec, newWeb)
	}},
	{"a commit that failed an hour ago", forCommit, func(b *bench) {
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "failed", "s43"))
		b.lists.Releases[2].CreatedAt = at(-time.Hour)
		b.code(0, "s43", wantedCommit)
		b.code(0, "s42", commitC)
		b.code(0, "s41", commitA)
		b.look(1*sec, newWeb)
		b.look(12*sec, newWeb)
		b.deadline(20 * sec)
	}},
	{"a commit that a config change has followed", forCommit, func(b *bench) {
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "failed", "s42"), otherRelease(44, "succeeded", "s42"))
		b.code(0, "s42", wantedCommit)
		b.code(0, "s41", commitA)
		b.builds(0)
		b.look(12*sec, dyno("web.1", 44, "up", 1*sec))
	}},
	{"an abbreviated commit", rollout.Config{Want: release.Want{Commit: wantedCommit[:8]}}, func(b *bench) {
		b.code(0, "s42", wantedCommit)
		b.look(1*sec, newWeb)
		b.code(2*sec, "s41", commitA)
		b.look(5*sec, newWeb)
		b.look(11*sec, newWeb)
	}},
	{"images without commits", forCommit, func(b *bench) {
		for i := range b.lists.Releases {
			b.lists.Releases[i].ImageID, b.lists.Releases[i].SlugID = b.lists.Releases[i].SlugID, ""
		}
		b.look(1*sec, newWeb)
		b.code(2*sec, "s41", "")
		b.code(2*sec, "s42", "")
		b.deadline(20 * sec)
	}},
	{"releases of long ago without code", forCommit, func(b *bench) {
		for v := 20; v < 41; v++ {
			b.lists.Releases = append(b.lists.Releases, otherRelease(v, "succeeded", ""))
		}
		b.code(0, "s41", "")
		b.code(0, "s42", "")
		b.lists.Releases = append(b.lists.Releases, otherRelease(19, "succeeded", "s19"))
		b.look(1*sec, newWeb)
	}},
	{"an app of one release", forCommit, func(b *bench) {
		b.lists.Releases = []observe.Release{otherRelease(1, "succeeded", "")}
		b.look(1 * sec)
	}},
	{"the newest release carries another commit than the workflow", rollout.Config{WorkflowCommit: commitA}, func(b *bench) {
		b.code(0, "s42", wantedCommit)
		b.look(1*sec, newWeb)
	}},
	{"the newest release carries the workflow's commit", rollout.Config{WorkflowCommit: wantedCommit}, func(b *bench) {
		b.code(0, "s42", wantedCommit)
		b.look(1*sec, newWeb)
	}},
	{"a named release carries another commit than the workflow", rollout.Config{WorkflowCommit: commitA, Want: release.Want{Version: 42}}, func(b *bench) {
		b.code(0, "s42", wantedCommit)
		b.look(1*sec, newWeb)
	}},
	{"a newer release, and the caller wants the wait to fail then", rollout.Config{OnSupersede: release.Fail}, func(b *bench) {
		b.look(1*sec, newWeb)
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "pending", "s43"))
		b.lists.Releases[2].CreatedAt = at(5 * sec)
		b.look(6*sec, newWeb)
		b.lists.Releases[2].Status = "succeeded"
		b.code(2*sec, "s41", commitA)
		b.code(2*sec, "s42", commitC)
		b.code(2*sec, "s43", wantedCommit)
		b.look(7*sec, newWeb)
	}},
	{"newer releases without a slug", rollout.Config{}, func(b *bench) {
		b.oldGone()
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", ""), otherRelease(44, "failed", ""), otherRelease(40, "succeeded", ""))
		b.look(13*sec, dyno("web.1", 43, "up", 12*sec))
	}},
	{"a release that the log shows before the list", rollout.Config{}, func(b *bench) {
		b.logWhole(0, time.Hour)
		b.api(1*sec, 43)
		b.look(2*sec, oldWeb)
		b.api(3*sec, 0)
		b.look(4*sec, newWeb)
		b.apply(50*sec, observe.Observation{})
		b.lists.Releases = append(b.lists.Releases, otherRelease(43, "pending", "s43"))
		b.look(60*sec, newWeb)
	}},
}

var waitsWithCrashes = []wait{
	{"a new dyno stays crashed", rollout.Config{}, func(b *bench) {
		b.logWhole(0, time.Hour)
		b.fault(-sec, "web.1", "Error R14 (Memory quota exceeded)")
		b.crashesAtBoot(1*sec, 42)
		b.fault(5*sec, "web.1", "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 120 seconds of launch")
		b.apply(5*sec, observe.Observation{Line: &observe.Line{Stamp: at(3 * sec), Label: "web.1", Kind: observe.Fault, Text: "Error R15 (Memory quota vastly exceeded)"}})
		crashed := dyno("web.1", 42, "crashed", 1*sec)
		b.look(40*sec, crashed)
		b.look(67*sec, crashed)
	}},
	{"a new dyno crashes again and again, without a log", rollout.Config{CrashGrace: 30 * sec}, func(b *bench) {
		b.core = rollout.New(rollout.Config{App: "shop", CrashGrace: 30 * sec})
		crashed := dyno("web.1", 42, "crashed", 1*sec)
		b.look(10*sec, crashed)
		b.look(37*sec, crashed)
	}},
	{"two new dynos are crashed, and one is down", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 3
		b.look(6*sec, newWeb)
		later := dyno("web.2", 42, "crashed", 20*sec)
		b.look(30*sec, dyno("web.1", 42, "crashed", 10*sec), later, dyno("web.3", 42, "down", 10*sec))
		b.look(40*sec, dyno("web.1", 42, "up", 30*sec), later)
	}},
	{"a crash loop", rollout.Config{}, func(b *bench) {
		b.logWhole(0, time.Hour)
		b.look(sec/2, bootWeb)
		for i := range 3 {
			b.crashesAtBoot(time.Duration(i)*20*sec+sec, 42)
		}
	}},
	{"two crashes that the list may not show yet", rollout.Config{}, func(b *bench) {
		b.lists.Formation[0].Quantity = 2
		b.logWhole(0, time.Hour)
		for _, l := range []string{"web.1", "web.2"} {
			b.boots(1*sec, l, "up")
		}
		b.look(12*sec, newWeb, dyno("web.2", 42, "up", 1*sec))
		b.line(40*sec, "web.1", observe.Exit)
		b.line(45*sec, "web.2", observe.Exit)
		b.apply(52*sec, observe.Observation{})
	}},
	{"one-off dynos that do not count", rollout.Config{}, func(b *bench) {
		b.addType("release", 0, -999*time.Hour, -999*time.Hour)
		b.replaceWeb1()
		b.line(10*sec, "web.1", observe.Exit)
		b.line(11*sec, "run.7", observe.State, "starting", "up")
		b.look(11*sec+sec/2, newWeb, dynoOfType("run", "run.7", 41, "up", -time.Hour), dynoOfType("scheduler", "scheduler.1", 41, "crashed", -time.Minute))
		b.look(13*sec, newWeb, dynoOfType("run", "run.7", 42, "crashed", -time.Hour))
	}},
	{"one-off dynos that count", rollout.Config{IncludeOneOff: true}, func(b *bench) {
		b.oldGone()
		console := dynoOfType("run", "run.7", 41, "up", -time.Hour)
		b.look(13*sec, newWeb, console)
		b.line(20*sec, "run.7", observe.Exit)
		b.look(21*sec, newWeb, console)
		b.look(22*sec, newWeb)
	}},
	{"a new console, without a log", rollout.Config{IncludeOneOff: true}, func(b *bench) {
		b.addType("release", 0, -999*time.Hour, -99*time.Hour)
		noLog(b)
		b.look(13*sec, newWeb, dynoOfType("run", "run.7", 42, "up", 10*sec))
	}},
	{"a console whose end nobody saw", rollout.Config{IncludeOneOff: true}, func(b *bench) {
		b.oldGone()
		b.look(13*sec, newWeb, dynoOfType("run", "run.7", 41, "up", -time.Hour))
		b.look(20*sec, newWeb)
		b.look(79*sec, newWeb)
		b.look(81*sec, newWeb)
	}},
	{"an app in a space, in maintenance", rollout.Config{}, func(b *bench) {
		b.apply(0, observe.Observation{App: &observe.App{ID: "a", Space: "s", Maintenance: true}})
		b.apply(0, observe.Observation{Preboot: &observe.Preboot{}})
		b.logWhole(0, time.Hour)
		b.look(1*sec, oldWeb)
		b.logState(2*sec, observe.Broken)
		b.look(20*sec, newWeb)
		b.look(81*sec, newWeb)
	}},
	{"a dyno whose type is in no formation, beside old ones in a space", rollout.Config{}, func(b *bench) {
		runsOn(b, "s", "cedar")
		job := dynoOfType("job", "job.8375", 41, "up", -time.Hour)
		b.lists.Releases[1].Status = "pending"
		b.line(1*sec, "web.9", observe.Exit)
		b.look(100*sec, oldWeb, job)
		b.lists.Releases[1].Status, b.lists.Releases[1].UpdatedAt = "succeeded", at(101*sec)
		b.look(1002*sec, oldWeb, job) // by now no old dyno can be left
		b.look(1010*sec, dyno("web.1", 42, "up", 1005*sec), job)
	}},
	{"a dyno whose type is in no formation, beside an old one", rollout.Config{}, func(b *bench) {
		job := dynoOfType("job", "job.8375", 41, "up", -time.Hour)
		b.lists.Releases[1].Status = "pending"
		b.look(100*sec, oldWeb, job)
		b.lists.Releases[1].Status = "succeeded"
		b.look(200*sec, oldWeb, job)
	}},
	{"nobody knows whether preboot is on", rollout.Config{}, func(b *bench) { b.apply(0, observe.Observation{Preboot: &observe.Preboot{}}); b.look(1*sec, oldWeb) }},
	{"the formation wants no dyno", rollout.Config{}, func(b *bench) { b.lists.Formation[0].Quantity = 0; b.logWhole(0, time.Hour); b.look(12 * sec) }},
	{"a process type is misspelt", rollout.Config{Types: []string{"wbe"}}, func(b *bench) { b.look(1*sec, oldWeb); b.look(11*sec, newWeb) }},
	{"the caller names a process type that only a console has", rollout.Config{Types: []string{"run"}}, func(b *bench) {
		b.look(11*sec, newWeb, dynoOfType("run", "run.7", 42, "up", 10*sec))
	}},
	{"a process type comes with the release, after a long release phase", rollout.Config{Types: []string{"clock"}, Want: release.Want{Version: 42}}, func(b *bench) {
		b.lists.Releases[1].Status = "pending"
		b.look(11*sec, oldWeb)
	}},
	{"a process type comes with the release", rollout.Config{Types: []string{"clock"}, Want: release.Want{Version: 42}}, func(b *bench) {
		b.lookBeforeRelease(1*sec, oldWeb)
		b.look(2*sec, newWeb)
		b.look(11*sec, newWeb)
	}},
}
