// Guards of the opening: no old process is left, that is proven, and something else keeps the gate shut.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// oldGone has v42 up, and v41 proven to have ended, by 12 s. No look since then has confirmed it.
func (b *bench) oldGone() {
	b.t.Helper()
	b.replaceWeb1()
	b.line(10*sec, "web.1", observe.Exit)
	b.apply(12*sec, observe.Observation{})
}

// lookAskedAt is a look that was asked for before it came.
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
		"the proof comes before the look was asked for": {opens: rollout.Proven, play: func(b *bench) {
			b.replaceWeb1()
			b.line(10*sec, "web.1", observe.Exit)
			b.lookAskedAt(12*sec, 13*sec, web1)
		}},
		"a restart is announced after the look was asked for": {truth: "the restart may bring other code", play: func(b *bench) {
			b.oldGone()
			b.line(13*sec, "web.1", observe.Replace)
			b.lookAskedAt(12*sec+sec/2, 14*sec, web1)
		}},
		"a look without the releases": {truth: "there may be a newer release", play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = nil
			b.look(13*sec, web1)
		}},
		"a look at the dynos alone shows the new dyno up": {truth: "a newer release may have come after the last full look", play: func(b *bench) {
			b.oldGone()
			b.look(30*sec, bootWeb)
			b.lookAtDynos(31*sec, web1)
		}},
		"nobody has asked whether preboot is on since a look showed the new dyno": {truth: "preboot may have been switched on before that dyno was created", play: func(b *bench) {
			b.preboot = nil
			b.oldGone()
			b.look(13*sec, web1)
		}},
		"on Fir, the new pod ends after the look was asked for": {truth: "no new pod is up", play: func(b *bench) {
			runsOn(b, "s", "fir")
			pod := dynoOfType("web", "web-2-b", 42, "up", 2*sec)
			b.logWhole(0, time.Hour)
			b.look(1*sec, pod)
			b.look(20*sec, dynoOfType("web", "web-2-b", 42, "starting", 2*sec))
			b.line(71*sec, "web-2-b", observe.Exit)
			b.lookAskedAt(70*sec, 72*sec, pod)
		}},
		"a look that was asked for before the newest one": {truth: "by the newest look the formation wants two dynos", play: func(b *bench) {
			b.oldGone()
			one := b.lists.Formation
			b.lists.Formation = []observe.Formation{{Type: "web", Quantity: 2, CreatedAt: one[0].CreatedAt, UpdatedAt: at(14 * sec)}}
			b.look(15*sec, web1)
			b.lists.Formation = one
			b.lookAskedAt(13*sec, 16*sec, web1)
		}},
		"fewer dynos are up than the formation wants": {truth: "web.2 is missing", play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.oldGone()
			b.look(13*sec, web1)
		}},
		"the newest release is an old one, and the look comes early": {truth: "there may be a newer release that the list does not show yet", play: func(b *bench) {
			*b = *newestBench(b.t, rollout.Config{})
			b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-300*sec), at(-300*sec)
			b.logWhole(0, time.Hour)
			b.boots(-290*sec, "web.1", "up")
			b.line(-280*sec, "web.1", observe.Sigterm)
			b.line(-279*sec, "web.1", observe.Exit)
			b.look(9*sec, dyno("web.1", 42, "up", -290*sec))
		}},
		"the newest release is an old one, and the look comes late enough": {opens: rollout.Proven, play: func(b *bench) {
			*b = *newestBench(b.t, rollout.Config{})
			b.lists.Releases[1].CreatedAt, b.lists.Releases[1].UpdatedAt = at(-300*sec), at(-300*sec)
			b.logWhole(0, time.Hour)
			b.boots(-290*sec, "web.1", "up")
			b.line(-280*sec, "web.1", observe.Sigterm)
			b.line(-279*sec, "web.1", observe.Exit)
			b.look(11*sec, dyno("web.1", 42, "up", -290*sec))
		}},
		"nobody knows where the app runs": {truth: "on Fir an old pod may have left the list", play: func(b *bench) {
			*b = bench{t: b.t, core: rollout.New(rollout.Config{App: "shop", UseLog: true}), lists: b.lists}
			b.apply(0, observe.Observation{Preboot: &observe.Preboot{Known: true}})
			b.oldGone()
			b.look(13*sec, web1)
		}},
	})
	checkGate(t, rollout.Config{RequireProof: true}, map[string]gateCase{
		"proof is required, and there is proof": {opens: rollout.Proven, play: func(b *bench) { b.oldGone(); b.look(13*sec, web1) }},
		"proof is required, and the log shows no exit": {truth: "nobody saw the end of web.1 of v41", play: func(b *bench) {
			b.replaceWeb1()
			b.look(600*sec, web1)
		}},
		"proof is required, and on Fir each look showed new pods only": {truth: "old pods may have left the list before", play: func(b *bench) {
			runsOn(b, "s", "fir")
			b.look(1*sec, dyno("web-1-a", 42, "up", -20*sec))
			b.look(600*sec, dyno("web-1-a", 42, "up", -20*sec))
		}},
	})
	checkGate(t, rollout.Config{Settle: 30 * sec}, map[string]gateCase{
		"everything has held for 28 s": {truth: "the time to settle is 30 s", play: func(b *bench) { b.oldGone(); b.look(40*sec, web1) }},
		"everything has held for 31 s": {opens: rollout.Proven, play: func(b *bench) { b.oldGone(); b.look(43*sec, web1) }},
		"a new dyno was not up in between, and everything has held for 20 s since": {truth: "the 30 s to settle begin again", play: func(b *bench) {
			b.oldGone()
			b.look(20*sec, dyno("web.1", 42, "starting", 1*sec))
			b.look(30*sec, web1)
			b.look(50*sec, web1)
		}},
		"a new dyno was not up in between, and everything has held for 31 s since": {opens: rollout.Proven, play: func(b *bench) {
			b.oldGone()
			b.look(20*sec, dyno("web.1", 42, "starting", 1*sec))
			b.look(30*sec, web1)
			b.look(61*sec, web1)
		}},
	})
}

// An empty formation says nothing, unless the app never had another one.
func TestEmptyFormations(t *testing.T) {
	t.Parallel()
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"the formation was not empty before": {truth: "the formation wants web, and web was not up", play: func(b *bench) {
			b.logWhole(0, time.Hour)
			b.look(1 * sec)
			b.lists.Formation = []observe.Formation{}
			b.look(11 * sec)
			b.look(200 * sec)
		}},
		"the formation is empty, and a dyno is listed": {truth: "nobody knows how many dynos are wanted", play: func(b *bench) {
			b.lists.Formation = []observe.Formation{}
			b.oldGone()
			b.look(13*sec, dyno("web.1", 42, "up", 1*sec))
			b.look(200*sec, dyno("web.1", 42, "up", 1*sec))
		}},
		"a young app, after 80 s": {truth: "its first dynos may still come", play: func(b *bench) {
			b.lists.Formation = []observe.Formation{}
			b.logWhole(0, time.Hour)
			b.look(1 * sec)
			b.look(80 * sec)
		}},
		"a young app, after 92 s": {opens: rollout.Proven, play: func(b *bench) {
			b.lists.Formation = []observe.Formation{}
			b.logWhole(0, time.Hour)
			b.look(1 * sec)
			b.look(92 * sec)
		}},
	})
}

// The list of releases is behind the list of dynos, or the other way round, or both are behind the log.
func TestReleasesThatAreNotShown(t *testing.T) {
	t.Parallel()
	web1 := dyno("web.1", 42, "up", 1*sec)
	released := func(v int) observe.Observation {
		return observe.Observation{Line: &observe.Line{Stamp: at(11 * sec), Kind: observe.API, Release: v}}
	}
	newer := observe.Release{ID: "r43", Version: 43, Status: "pending", SlugID: "s43", CreatedAt: at(12 * sec), UpdatedAt: at(12 * sec)}
	checkGate(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]gateCase{
		"the log shows a newer release, and the list does not": {truth: "v43 may be a rollback", play: func(b *bench) {
			b.oldGone()
			b.apply(12*sec, released(43))
			b.look(60*sec, web1)
		}},
		"the log shows a release, and so does the list": {opens: rollout.Proven, play: func(b *bench) {
			b.oldGone()
			b.apply(12*sec, released(42))
			b.look(60*sec, web1)
		}},
		"an earlier look showed a dyno of a newer release": {truth: "v43 may be a rollback, and the lists are behind", play: func(b *bench) {
			b.oldGone()
			b.look(13*sec, dyno("web.1", 43, "starting", 12*sec))
			b.look(14*sec, web1)
		}},
		"the list lacks releases between the target and the newest ones": {truth: "one of v43 to v98 may be a rollback", play: func(b *bench) {
			b.lists.ReleasesCut = true
			b.oldGone()
			b.lists.Releases = []observe.Release{otherRelease(99, "succeeded", "s42"), otherRelease(100, "succeeded", "s42")}
			b.look(13*sec, web1)
		}},
		"the list has v41 and v43, and not the target": {truth: "the list is not of one moment", play: func(b *bench) {
			b.lists.ReleasesCut = true
			b.oldGone()
			b.lists.Releases = []observe.Release{b.lists.Releases[0], otherRelease(43, "succeeded", "s42")}
			b.look(13*sec, web1)
		}},
		"the list begins after the target, and claims to be complete": {truth: "the list is not complete", play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = []observe.Release{otherRelease(43, "succeeded", "s42")}
			b.look(13*sec, web1)
		}},
		"the list shows no release": {truth: "the list is not complete", play: func(b *bench) {
			b.lists.ReleasesCut = true
			b.oldGone()
			b.lists.Releases = []observe.Release{}
			b.look(13*sec, web1)
		}},
		"the list ends before the target": {truth: "the list is behind, and may lack others", play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = b.lists.Releases[:1]
			b.look(13*sec, web1)
		}},
		"the target is too far back for the list": {opens: rollout.Proven, play: func(b *bench) {
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
		"the release phase of the next release runs": {opens: rollout.Proven, play: func(b *bench) {
			b.oldGone()
			b.lists.Releases = append(b.lists.Releases, newer)
			b.look(13*sec, web1, dynoOfType("release", "release.1", 43, "up", 12*sec))
		}},
		"an old dyno sleeps, of a release that is too far back for the list": {opens: rollout.Proven, play: func(b *bench) {
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

// The formation of a young app is empty. The gate waits for a formation from the first look on, however late
// that comes.
func TestNoFormationYet(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.lists.Formation = []observe.Formation{}
	b.logWhole(0, time.Hour)
	b.look(100 * sec)
	b.look(185 * sec)
	b.shut("the formation may still come")
	b.look(195 * sec)
	b.opens(rollout.Proven)
}
