// Guards of the opening: all old ones are proven gone, and something else is in the way.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// gone has v42 up, and v41 proven gone, by 12 s. No look has shown it since.
func (b *bench) oldGone() {
	b.t.Helper()
	b.replaceWeb1()
	b.line(10*sec, "web.1", observe.Exit)
	b.apply(12*sec, observe.Observation{})
}

// looks has a look that was asked for and came at different times.
func (b *bench) lookAskedAt(asked, came time.Duration, dynos ...observe.Dyno) {
	l := b.lists
	l.AskedAt, l.Dynos = asked, append([]observe.Dyno{}, dynos...)
	o := observe.Observation{Date: at(asked), Look: &l}
	if b.noDate {
		o.Date = time.Time{}
	}
	b.apply(came, o)
}

func TestOpensInOneLook(t *testing.T) {
	t.Parallel()
	web1 := dyno("web.1", 42, "up", 1*sec)
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"everything holds": {opens: rollout.Proven, play: func(b *bench) { b.oldGone(); b.look(13*sec, web1) }},
		"it holds since before the look came": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.lookAskedAt(12*sec, 13*sec, web1)
		}},
		"something was announced after the look was asked for": {truth: "the restart may be one to other code", play: func(b *bench) {
			b.oldGone()
			b.line(13*sec, "web.1", observe.Replace)
			b.lookAskedAt(12*sec+sec/2, 14*sec, web1)
		}},
		"a look without the releases": {truth: "a newer release may be there", play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = nil
			b.look(13*sec, web1)
		}},
		"the dynos alone, when the new one is up": {truth: "a newer release may be there, since the look that showed it starting", play: func(b *bench) {
			b.oldGone()
			b.look(30*sec, bootWeb)
			b.lookAtDynos(31*sec, web1)
		}},
		"it was not asked whether preboot is on since a new dyno is listed": {truth: "it may have been switched on before that was created", play: func(b *bench) {
			b.preboot = nil
			b.oldGone()
			b.look(13*sec, web1)
		}},
		"on Fir a new pod ends after the look was asked for": {truth: "none is up", play: func(b *bench) {
			runsOn(b, "s", "fir")
			pod := dynoOfType("web", "web-2-b", 42, "up", 2*sec)
			b.logWhole(0, time.Hour)
			b.look(1*sec, pod)
			b.look(20*sec, dynoOfType("web", "web-2-b", 42, "starting", 2*sec))
			b.line(71*sec, "web-2-b", observe.Exit)
			b.lookAskedAt(70*sec, 72*sec, pod)
		}},
		"a look that was overtaken": {truth: "by the newest look two are wanted", play: func(b *bench) {
			b.oldGone()
			one := b.lists.Formation
			b.lists.Formation = []observe.Formation{{Type: "web", Quantity: 2, CreatedAt: one[0].CreatedAt, UpdatedAt: at(14 * sec)}}
			b.look(15*sec, web1)
			b.lists.Formation = one
			b.lookAskedAt(13*sec, 16*sec, web1)
		}},
		"fewer are up than are wanted": {truth: "web.2 is missing", play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.oldGone()
			b.look(13*sec, web1)
		}},
		"the newest release is an old one, and the look an early one": {truth: "a newer release may be there, which the list does not show yet", play: func(b *bench) {
			*b = *newestBench(b.t, rollout.Config{})
			b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-300*sec), at(-300*sec)
			b.logWhole(0, time.Hour)
			b.boots(-290*sec, "web.1", "up")
			b.line(-280*sec, "web.1", observe.Sigterm)
			b.line(-279*sec, "web.1", observe.Exit)
			b.look(9*sec, dyno("web.1", 42, "up", -290*sec))
		}},
		"the newest release is an old one, and the look a late one": {opens: rollout.Proven, play: func(b *bench) {
			*b = *newestBench(b.t, rollout.Config{})
			b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-300*sec), at(-300*sec)
			b.logWhole(0, time.Hour)
			b.boots(-290*sec, "web.1", "up")
			b.line(-280*sec, "web.1", observe.Sigterm)
			b.line(-279*sec, "web.1", observe.Exit)
			b.look(11*sec, dyno("web.1", 42, "up", -290*sec))
		}},
		"it is not known where the app runs": {truth: "on Fir an old pod may have left the list", play: func(b *bench) {
			*b = bench{t: b.t, core: rollout.New(rollout.Config{App: "shop", UseLog: true}), lists: b.lists}
			b.apply(0, observe.Observation{Preboot: &observe.Preboot{Known: true}})
			b.oldGone()
			b.look(13*sec, web1)
		}},
	})
	checkGate(t, rollout.Config{RequireProof: true}, map[string]gateCase{
		"proof is required, and there": {opens: rollout.Proven, play: func(b *bench) { b.oldGone(); b.look(13*sec, web1) }},
		"proof is required, and what is quiet is not proven": {truth: "its exit was not seen", play: func(b *bench) {
			b.replaceWeb1()
			b.look(600*sec, web1)
		}},
		"proof is required, and Fir showed new pods from the start": {truth: "old ones may have left the list before", play: func(b *bench) {
			runsOn(b, "s", "fir")
			b.look(1*sec, dyno("web-1-a", 42, "up", -20*sec))
			b.look(600*sec, dyno("web-1-a", 42, "up", -20*sec))
		}},
	})
	checkGate(t, rollout.Config{Settle: 30 * sec}, map[string]gateCase{
		"it has not held long enough": {truth: "it has held for 28 s", play: func(b *bench) { b.oldGone(); b.look(40*sec, web1) }},
		"it has held long enough":     {opens: rollout.Proven, play: func(b *bench) { b.oldGone(); b.look(43*sec, web1) }},
		"it did not hold for a while": {truth: "it holds again since 30 s", play: func(b *bench) {
			b.oldGone()
			b.look(20*sec, dyno("web.1", 42, "starting", 1*sec))
			b.look(30*sec, web1)
			b.look(50*sec, web1)
		}},
		"it holds again, and long enough": {opens: rollout.Proven, play: func(b *bench) {
			b.oldGone()
			b.look(20*sec, dyno("web.1", 42, "starting", 1*sec))
			b.look(30*sec, web1)
			b.look(61*sec, web1)
		}},
	})
}

// An empty formation says nothing, unless the app never had any other.
func TestEmptyFormations(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"it was not empty before": {truth: "web is wanted, and was not up", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.look(1 * sec)
			b.lists.Formation = []observe.Formation{}
			b.look(11 * sec)
			b.look(200 * sec)
		}},
		"there are dynos all the same": {truth: "how many are wanted is not known", play: func(b *bench) {
			b.lists.Formation = []observe.Formation{}
			b.oldGone()
			b.look(13*sec, dyno("web.1", 42, "up", 1*sec))
			b.look(200*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a young app, at first": {truth: "its first dynos may be about to come", play: func(b *bench) {
			b.lists.Formation = []observe.Formation{}
			b.logWhole(0, time.Hour)
			b.look(1 * sec)
			b.look(80 * sec)
		}},
		"a young app": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation = []observe.Formation{}
			b.logWhole(0, time.Hour)
			b.look(1 * sec)
			b.look(92 * sec)
		}},
	})
}

// The lists of releases and dynos are behind each other, or the log is ahead of both.
func TestReleasesThatAreNotShown(t *testing.T) {
	t.Parallel()
	web1 := dyno("web.1", 42, "up", 1*sec)
	released := func(v int) observe.Observation {
		return observe.Observation{Line: &observe.Line{Stamp: at(11 * sec), Kind: observe.API, Release: v}}
	}
	newer := observe.Release{ID: "r43", Version: 43, Status: "pending", SlugID: "s43", CreatedAt: at(12 * sec), UpdatedAt: at(12 * sec)}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"the log tells of a newer one": {truth: "v43 may be a rollback", play: func(b *bench) {
			b.oldGone()
			b.apply(12*sec, released(43))
			b.look(60*sec, web1)
		}},
		"the log tells of one that is shown": {opens: rollout.Proven, play: func(b *bench) {
			b.oldGone()
			b.apply(12*sec, released(42))
			b.look(60*sec, web1)
		}},
		"a dyno of a newer one was shown once": {truth: "v43 may be a rollback, and the lists are behind", play: func(b *bench) {
			b.oldGone()
			b.look(13*sec, dyno("web.1", 43, "starting", 12*sec))
			b.look(14*sec, web1)
		}},
		"between it and the newest ones some are not known": {truth: "one of v43 to v98 may be a rollback", play: func(b *bench) {
			b.lists.ReleasesCut = true
			b.oldGone()
			b.lists.Releases = []observe.Release{otherRelease(99, "succeeded", "s42"), otherRelease(100, "succeeded", "s42")}
			b.look(13*sec, web1)
		}},
		"there is a hole where the target was": {truth: "the list is of different times", play: func(b *bench) {
			b.lists.ReleasesCut = true
			b.oldGone()
			b.lists.Releases = []observe.Release{b.lists.Releases[0], otherRelease(43, "succeeded", "s42")}
			b.look(13*sec, web1)
		}},
		"the whole list is there, and begins after the target": {truth: "the list is not the whole one", play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = []observe.Release{otherRelease(43, "succeeded", "s42")}
			b.look(13*sec, web1)
		}},
		"no release is shown": {truth: "the list is not the whole one", play: func(b *bench) {
			b.lists.ReleasesCut = true
			b.oldGone()
			b.lists.Releases = []observe.Release{}
			b.look(13*sec, web1)
		}},
		"the target itself is missing": {truth: "the list is behind, and may lack others", play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = b.lists.Releases[:1]
			b.look(13*sec, web1)
		}},
		"the target is too far back to be shown": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.lists.ReleasesCut = true
			config := newer
			config.Status, config.SlugID = "succeeded", "s42"
			b.lists.Releases = []observe.Release{config, b.lists.Releases[1]}
			b.look(7*sec, web1)
			b.lists.Releases = b.lists.Releases[:1]
			b.line(10*sec, "web.1", observe.Exit)
			b.look(12*sec, web1)
		}},
		"the release phase of the next one runs": {opens: rollout.Proven, play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = append(b.lists.Releases, newer)
			b.look(13*sec, web1, dynoOfType("release", "release.1", 43, "up", 12*sec))
		}},
		"an old dyno sleeps since a release that is not shown": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.lists.ReleasesCut = true
			b.oldGone()
			d := dyno("web.2", 30, "idle", -99*time.Hour)
			d.UpdatedAt = at(-9 * time.Hour)
			b.line(-9*time.Minute, "web.2", observe.State, "up", "down")
			b.line(-9*time.Minute, "web.2", observe.Exit)
			b.look(13*sec, web1, d)
		}},
	})
}

// A formation that is not there yet is waited for from the first look on, however late that comes.
func TestNoFormationYet(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.lists.Formation = []observe.Formation{}
	b.logWhole(0, time.Hour)
	b.look(100 * sec)
	b.look(185 * sec)
	b.shut("the formation is about to be made")
	b.look(195 * sec)
	b.opens(rollout.Proven)
}
