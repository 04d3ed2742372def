// How the gate could be fooled: each of these once opened it, or might have.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// shut fails the test if the gate has opened.
func (b *bench) shut(truth string) {
	b.t.Helper()
	if v, done := b.core.Verdict(); done {
		b.t.Errorf("%s, %s (%s); truth: %s", v.Result, v.Reason, v.Message, truth)
	}
}

func preboot(b *bench) {
	b.apply(0, rollout.Observation{Preboot: &rollout.Preboot{Known: true, Enabled: true}})
}

// A gap, and then a restart inside the window: the old one of before the gap still hides.
func TestNotFooledByGapThenRestart(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	preboot(b)
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.logs(0, time.Hour)
	b.sees(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.look.Releases = all
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.apply(20*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Gapped, Reason: "L13"}})
	b.apply(20*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Flowing, Since: at(20 * sec)}})
	b.line(30*sec, "web.1", rollout.State, "up", "starting") // config change / restart
	b.line(32*sec, "web.1", rollout.Start)
	b.line(35*sec, "web.1", rollout.State, "starting", "up")
	b.sees(36*sec, dyno("web.1", 42, "up", 30*sec))
	b.line(200*sec, "web.1", rollout.Sigterm) // of 42a or of 41: one of two
	b.line(201*sec, "web.1", rollout.Exit)
	b.sees(203*sec, dyno("web.1", 42, "up", 30*sec))
	b.shut("3 started, 1 ended: one more (v41 or v42a) may live until 372 s")
}

// Two old generations, and a history that begins between them.
func TestNotFooledByShortHistoryTwoGenerations(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	preboot(b)
	b.logs(0, 100*sec) // v41 was deployed at -150 s; v40 hidden until <= 192 s
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.line(49*sec, "web.1", rollout.Sigterm) // v40
	b.line(50*sec, "web.1", rollout.Exit)
	b.sees(240*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("-")
	b.sees(244*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v41 may live until 343 s, only v40 ended")
}

// A record from before the history says nothing of what was hidden behind it.
func TestNotFooledByEarliest(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	preboot(b)
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.logs(0, 50*sec)
	b.sees(0, dyno("web.1", 41, "up", -300*sec)) // v40 hidden since -300 (<= 42 s)
	b.look.Releases = all
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.line(19*sec, "web.1", rollout.Sigterm) // v40
	b.line(20*sec, "web.1", rollout.Exit)
	b.sees(22*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("-")
	b.sees(44*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v41 may live until 343 s; only v40 ended")
}

// A release that drops a process type leaves old dynos of it.
func TestNotFooledByTypeDropped(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Sigterm)
	b.line(2*sec+sec/2, "web.1", rollout.Exit)
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	w := dyno("worker.1", 41, "up", -24*time.Hour)
	w.Type = "worker"
	b.line(2*sec, "worker.1", rollout.State, "up", "down")
	b.line(2*sec, "worker.1", rollout.Sigterm)
	b.sees(8*sec, dyno("web.1", 42, "up", 1*sec), w)
	b.shut("worker.1 v41 is LISTED as up and its SIGTERM is in the log without exit")
}

// A formation that is suddenly empty says nothing.
func TestNotFooledByEmptyFormation(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	b.sees(1*sec, dyno("web.1", 41, "up", -24*time.Hour))
	b.look.Formation = []rollout.Formation{}
	b.sees(11 * sec)
	b.shut("web.1 v41 was listed up 10 s ago, no end seen")
}

// The commit, other code, and the commit again: the newest is meant.
func TestNotFooledByCommitRunBroken(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Commit: "aaaaaaa"}})
	preboot(b)
	b.look.Releases = []rollout.Release{
		{ID: "r42", Version: 42, Status: "succeeded", SlugID: "sA", CreatedAt: at(-2 * time.Hour), UpdatedAt: at(-2 * time.Hour)},
		{ID: "r43", Version: 43, Status: "succeeded", SlugID: "sB", CreatedAt: at(-time.Hour), UpdatedAt: at(-time.Hour)},
		{ID: "r44", Version: 44, Status: "succeeded", SlugID: "sA", CreatedAt: at(0), UpdatedAt: at(0)},
	}
	b.apply(0, rollout.Observation{Code: &rollout.Code{ID: "sA", Commit: "aaaaaaaaaaaa"}})
	b.apply(0, rollout.Observation{Code: &rollout.Code{ID: "sB", Commit: "bbbbbbbbbbbb"}})
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
	b.sees(6*sec, dyno("web.1", 43, "up", -time.Hour))
	b.shut("web.1 v43 (commit b) is listed and runs; v44 brings commit a back")
}

// A pod that left the list before the target was known is old all the same.
func TestNotFooledByFirTargetLate(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.apply(0, rollout.Observation{App: &rollout.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.sees(0, dyno("web-1-a", 41, "up", -24*time.Hour))
	b.look.Releases = all
	b.sees(10*sec, dyno("web-2-b", 42, "up", 5*sec))
	b.shut("pod web-1-a v41 left the list < 10 s ago, lives up to 30 s more")
}

// And so is a record in a Private Space.
func TestNotFooledByPrivateTargetLate(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.apply(0, rollout.Observation{App: &rollout.App{ID: "a", Name: "shop", Space: "s", Generation: "cedar"}})
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
	b.sees(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.sees(65*sec, dyno("web.1", 41, "up", -24*time.Hour))
	b.look.Releases = all
	b.sees(75*sec, dyno("web.1", 42, "up", 5*sec)) // its record was created when it began to boot
	b.shut("v41 left the list < 10 s ago")
}

// A process type that the first look did not show can have been stopping.
func TestNotFooledByUnlistedRolling(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Types: []string{"worker"}})
	b.apply(0, rollout.Observation{App: &rollout.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
	b.look.Formation = append(b.look.Formation, rollout.Formation{Type: "worker", Quantity: 1, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-99 * time.Hour)})
	b.sees(2*sec, dyno("web-1-a", 41, "up", -24*time.Hour)) // the old worker pod is terminating, the new one not created
	w := dyno("worker-2-b", 42, "up", 3*sec)
	w.Type = "worker"
	b.sees(9*sec, dyno("web-1-a", 41, "up", -24*time.Hour), w)
	b.shut("old worker pod left the list at 1 s, lives until 31 s")
}

// A lost start line and a crash at boot cancel each other in the count.
func TestNotFooledByLostStartBootCrash(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	preboot(b)
	b.logs(0, time.Hour)
	b.line(-30*time.Minute, "web.1", rollout.State, "starting", "up")
	b.line(1*sec, "web.1", rollout.Replace)
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(4*sec, "web.1", rollout.Exit)
	b.line(4*sec, "web.1", rollout.State, "starting", "crashed")
	b.line(4*sec, "web.1", rollout.State, "crashed", "starting")
	b.line(5*sec, "web.1", rollout.Start)
	b.line(8*sec, "web.1", rollout.State, "starting", "up")
	b.sees(12*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v41 prebooted over runs until ~300 s")
}

// A SIGTERM that was printed twice must not vouch for a later crash.
func TestNotFooledByDoubleSigterm(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	preboot(b)
	b.logs(0, time.Hour)
	b.line(-30*time.Minute, "web.1", rollout.State, "starting", "up")
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Start)
	b.line(3*sec, "web.1", rollout.State, "starting", "up")
	b.line(20*sec, "web.1", rollout.Replace)
	b.line(20*sec, "web.1", rollout.State, "up", "starting")
	b.line(21*sec, "web.1", rollout.Sigterm) // restart without preboot of 42a, two lines
	b.line(21*sec+sec/2, "web.1", rollout.Sigterm)
	b.line(22*sec, "web.1", rollout.Exit)
	b.line(22*sec, "web.1", rollout.Start)
	b.line(25*sec, "web.1", rollout.State, "starting", "up")
	b.sees(26*sec, dyno("web.1", 42, "up", 20*sec))
	b.line(100*sec, "web.1", rollout.Exit) // v42b crashes, 79 s after any SIGTERM
	b.sees(102*sec, dyno("web.1", 42, "up", 20*sec))
	b.shut("v41 runs until ~300 s; v42b crashed")
}

// An empty first look does not make every label a new one.
func TestNotFooledByFreshGlitch(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.logs(0, time.Hour)
	b.sees(0)
	b.sees(1*sec, dyno("web.1", 41, "starting", -20*sec))
	b.look.Releases = all
	b.line(2*sec, "web.1", rollout.Replace) // not up yet: no state line (captured: 020-022)
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(72*sec, dyno("web.1", 42, "up", 2*sec))
	b.shut("v41 (hidden) never ended in the log, its hold is until 92 s")
}

// The releases are behind the dynos: the newest release is not known yet.
func TestNotFooledByStaleReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	preboot(b)
	b.look.Releases = b.look.Releases[:1]
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Flowing, Since: at(-time.Hour)}})
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Start)
	b.line(3*sec, "web.1", rollout.State, "starting", "up")
	b.sees(4*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v42 dynos are listed, release list was stale (v41)")
	b.sees(400*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("eventually v41 as target")
}

// The same without a log.
func TestNotFooledByStaleReleasesQuiet(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.look.Releases = b.look.Releases[:1]
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
	w := dyno("web.2", 42, "up", 0)
	b.look.Formation[0].Quantity = 2
	b.sees(4*sec, dyno("web.1", 41, "up", -24*time.Hour), w)
	b.shut("v42 dyno is listed beside v41, release list was stale")
}

// Something was done through the API while the look was under way.
func TestNotFooledByApiLineInFlight(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaced()
	b.line(32*sec, "web.1", rollout.Exit)
	b.apply(34*sec, rollout.Observation{})
	b.apply(34*sec+sec/2, rollout.Observation{Line: &rollout.Line{Stamp: at(33 * sec), Kind: rollout.API}})
	l := b.look
	l.AskedAt, l.Dynos = 34*sec, []rollout.Dyno{dyno("web.1", 42, "up", 1*sec)}
	b.apply(35*sec, rollout.Observation{Date: at(34 * sec), Look: &l})
	b.shut("an API line (rollback, deploy) was learnt after the look was asked for")
}

// A formation that was made anew with the release.
func TestNotFooledByCame(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.look.Formation[0].CreatedAt = at(0)
	b.logs(0, time.Hour)
	b.line(-10*sec, "web.1", rollout.State, "up", "down")
	b.line(-9*sec, "web.1", rollout.Sigterm) // dropped by v41, R12 at 21
	b.line(2*sec, "web.1", rollout.Start)
	b.line(4*sec, "web.1", rollout.State, "starting", "up")
	b.sees(8*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v40's SIGTERM was at -9 s, no exit yet")
	b.line(19*sec, "web.1", rollout.Exit)
}

// Two restarts a few seconds apart, and one start line lost.
func TestNotFooledByTwoTriggers(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	b.line(1*sec, "web.1", rollout.Replace)
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(5*sec, "web.1", rollout.Replace)
	b.line(6*sec, "web.1", rollout.Sigterm)
	b.line(6*sec+sec/10, "web.1", rollout.Exit) // 42a
	b.line(7*sec, "web.1", rollout.Start)       // 42b
	b.line(9*sec, "web.1", rollout.State, "starting", "up")
	b.sees(12*sec, dyno("web.1", 43, "up", 5*sec))
	b.shut("v41 gets its SIGTERM late, lives until 73")
}

// Scaled up and released between two looks on Fir.
func TestNotFooledByFirStartHold(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.apply(0, rollout.Observation{App: &rollout.App{ID: "a", Name: "shop", Space: "s", Generation: "fir"}})
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.look.Formation[0].Quantity = 0
	b.sees(0)
	b.look.Releases = all
	b.look.Formation = []rollout.Formation{{Type: "web", Quantity: 1, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(61 * sec)}}
	b.sees(70*sec, dyno("web-2-b", 42, "up", 66*sec))
	b.shut("scaled up at 61 s on v41, v42 at 65 s: old pod terminating until 98 s")
}

// A process type that only an older look had in the formation.
func TestNotFooledByScopeForget(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	all := b.look.Releases
	b.look.Releases = all[:1]
	b.look.Formation = append(b.look.Formation, rollout.Formation{Type: "worker", Quantity: 1, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-99 * time.Hour)})
	w := dyno("worker.1", 41, "up", -24*time.Hour)
	w.Type = "worker"
	b.logs(0, time.Hour)
	b.sees(0, dyno("web.1", 41, "up", -24*time.Hour), w)
	b.look.Releases = all
	b.look.Formation = b.look.Formation[:1]
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Sigterm)
	b.line(2*sec+sec/2, "web.1", rollout.Exit)
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.line(2*sec, "worker.1", rollout.Sigterm)
	b.sees(8*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("worker.1 v41 (seen at 0 s, in the formation then) has SIGTERM without exit")
}

// A label that was proven empty while the release phase ran can be used again by the
// old release before the new one comes.
func TestNotFooledByProofFromBeforeTheRelease(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	preboot(b)
	b.logs(0, time.Hour)
	b.look.Releases[1].Status = "pending"
	asleep := dyno("web.1", 41, "idle", -24*time.Hour)
	b.line(-600*sec, "web.1", rollout.State, "up", "down")
	b.line(-599*sec, "web.1", rollout.Sigterm)
	b.line(-598*sec, "web.1", rollout.Exit)
	b.sees(1*sec, asleep)
	// It wakes on v41, and the release phase ends, while the log is lost.
	b.apply(4*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Broken, Reason: "the stream ended"}})
	b.look.Releases[1].Status = "succeeded"
	b.apply(14*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Gapped, Reason: "lines were lost"}})
	b.apply(14*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Flowing, Since: at(14 * sec)}})
	b.sees(20*sec, dyno("web.1", 42, "up", 10*sec))
	b.shut("the process that woke on v41 runs on")
}

// Container images have no slug: that no older release has one does not mean that
// nothing old runs.
func TestNotFooledByFirstSlugOfAContainerApp(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	preboot(b)
	b.look.Releases[0].SlugID = ""
	b.logs(0, time.Hour)
	b.line(3*sec, "web.1", rollout.Start) // the change of state before it was lost
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(10*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("web.1 of v41, a container image, runs on unlisted")
}

// Dynos fall asleep on the Common Runtime only: elsewhere an old one in state down
// may be one that is being stopped.
func TestNotFooledByAnOldDynoThatIsDown(t *testing.T) {
	t.Parallel()
	for _, app := range []rollout.App{
		{ID: "a", Space: "s", Generation: "cedar"},
		{ID: "a", Space: "s", Generation: "fir"},
	} {
		b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
		b.apply(0, rollout.Observation{App: &app})
		b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
		for d := time.Duration(0); d <= 200*sec; d += 10 * sec {
			b.sees(d, dyno("web.1", 42, "up", -80*sec), dyno("web.2", 41, "down", -24*time.Hour))
		}
		b.shut("web.2 of v41 is listed, and has its 30 s (" + app.Generation + ")")
	}
}

// What is proven before it is known where the app runs is not kept.
func TestNotFooledByProofFromBeforeTheApp(t *testing.T) {
	t.Parallel()
	core := rollout.New(rollout.Config{App: "shop", UseLog: true, Want: rollout.Want{Version: 42}})
	b := &bench{t: t, core: core, look: newBench(t, rollout.Config{}).look}
	b.logs(0, time.Hour)
	b.sees(1*sec, dyno("web-1-b", 42, "up", -10*sec))
	b.apply(2*sec, rollout.Observation{App: &rollout.App{ID: "a", Space: "s", Generation: "fir"}})
	b.sees(5*sec, dyno("web-1-b", 42, "up", -10*sec))
	b.shut("an old pod can have left the list a moment before the first look")
}

// The numbers settle on the target, but the platform calls an older release current.
func TestNotFooledByAReleaseThatIsNotCurrent(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.look.Releases[0].Current, b.look.Releases[1].Current = true, false
	b.replaced()
	b.line(7*sec, "web.1", rollout.Exit)
	b.sees(20*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v41 is the current release")
	b.look.Releases[0].Current, b.look.Releases[1].Current = false, true
	b.sees(30*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Proven)
}

// A newer release than any that is listed runs; which code it has is not known.
func TestNotFooledByADynoAheadOfTheReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
	b.sees(100*sec, dyno("web.1", 43, "up", 1*sec))
	b.shut("v43 may be a rollback")
	if !b.core.Wants().Full {
		t.Error("the core does not ask for the releases")
	}
	b.look.Releases = append(b.look.Releases, rollout.Release{ID: "r43", Version: 43, Status: "succeeded", SlugID: "s41", Current: true, CreatedAt: at(1 * sec)})
	b.sees(110*sec, dyno("web.1", 43, "up", 1*sec))
	if v, _ := b.core.Verdict(); v.Reason != rollout.RolledBack {
		t.Errorf("%+v, want rolled-back", v)
	}
}

// More releases came between two looks than a look brings: one of them may be a
// rollback. And the code of the newest is older than the target, which only the
// whole history can place.
func TestNotFooledByAHoleInTheReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.look.ReleasesCut = true
	b.replaced()
	b.line(7*sec, "web.1", rollout.Exit)
	release := func(v int, slug string) rollout.Release {
		return rollout.Release{ID: fmt.Sprint("r", v), Version: v, Status: "succeeded", SlugID: slug, CreatedAt: at(time.Duration(v-42) * sec)}
	}
	old := b.look.Releases
	old[1].Current = false
	b.look.Releases = []rollout.Release{release(99, "s42"), release(100, "s42")}
	b.sees(20*sec, dyno("web.1", 100, "up", 15*sec))
	b.shut("v43 to v98 are not known")
	if w := b.core.Wants(); w.Releases < 100-42 || !w.Changed || !w.Full {
		t.Errorf("the core does not ask for the releases in between: %+v", w)
	}
	for v := 43; v < 99; v++ {
		b.look.Releases = append(b.look.Releases, release(v, "s42"))
	}
	b.look.Releases = append(b.look.Releases, old...)
	b.look.Releases = append(b.look.Releases, release(101, "s7"))
	b.apply(21*sec, rollout.Observation{Code: &rollout.Code{ID: "s41", Commit: "aaaa"}})
	b.apply(21*sec, rollout.Observation{Code: &rollout.Code{ID: "s42", Commit: "bbbb"}})
	b.sees(24*sec, dyno("web.1", 101, "up", 22*sec))
	if w := b.core.Wants(); len(w.Codes) != 1 || w.Codes[0].ID != "s7" {
		t.Errorf("the core does not ask for the newest code: %+v", w.Codes)
	}
	b.apply(25*sec, rollout.Observation{Code: &rollout.Code{ID: "s7", Commit: "cccc", CreatedAt: at(-9000 * time.Hour)}})
	b.shut("s7 may have run before v41")
	if w := b.core.Wants(); w.Releases < 1000 {
		t.Errorf("the core does not ask for the whole history: %+v", w)
	}
	b.look.Releases = append(b.look.Releases, release(7, "s7"))
	b.look.ReleasesCut = false
	b.sees(30*sec, dyno("web.1", 101, "up", 22*sec))
	if v, _ := b.core.Verdict(); v.Reason != rollout.RolledBack {
		t.Errorf("%+v, want rolled-back", v)
	}
}

// A process type that the caller names comes with the release, a moment late.
func TestProcessTypeThatComesWithTheRelease(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Types: []string{"clock"}})
	b.replaced()
	b.line(7*sec, "web.1", rollout.Exit)
	b.sees(8*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("clock is not in the formation yet")
	b.look.Formation = append(b.look.Formation, rollout.Formation{Type: "clock", CreatedAt: at(0), UpdatedAt: at(0)})
	b.sees(12*sec, dyno("web.1", 42, "up", 1*sec))
	b.sees(100*sec, dyno("web.1", 42, "up", 1*sec))
	if v, _ := b.core.Verdict(); v.Reason != rollout.NothingToRun {
		t.Errorf("%+v, want nothing-to-run", v)
	}
}

// Labels of code that are no commits come again without being old code; a label may
// be an abbreviated commit.
func TestLabelsOfCode(t *testing.T) {
	t.Parallel()
	const whole = "0123456789abcdef0123456789abcdef01234567"
	for name, c := range map[string]struct {
		before, target, newer string // labels of v41, v42 and v43
		want                  rollout.Reason
	}{
		"names of branches":       {"main", "hotfix", "main", rollout.RolledOut},
		"other commits":           {"aaaaaaa1", "bbbbbbb2", "ccccccc3", rollout.RolledOut},
		"the old commit, rebuilt": {"aaaaaaa1", "bbbbbbb2", "aaaaaaa1", rollout.RolledBack},
		"the same, rebuilt":       {"aaaaaaa1", "bbbbbbb2", "bbbbbbb2", rollout.RolledOut},
		"no labels":               {"", "", "", rollout.RolledOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
			b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
			b.look.Releases[1].Current = false
			b.look.Releases = append(b.look.Releases, rollout.Release{ID: "r43", Version: 43, Status: "succeeded", SlugID: "s43", Current: true, CreatedAt: at(1 * sec)})
			b.sees(2*sec, dyno("web.1", 43, "up", 1*sec))
			for id, label := range map[string]string{"s41": c.before, "s42": c.target, "s43": c.newer} {
				b.apply(3*sec, rollout.Observation{Code: &rollout.Code{ID: id, Commit: label, CreatedAt: at(1 * sec)}})
			}
			b.sees(200*sec, dyno("web.1", 43, "up", 1*sec))
			if v, _ := b.core.Verdict(); v.Reason != c.want {
				t.Errorf("%+v, want %s", v, c.want)
			}
		})
	}
	for name, c := range map[string]struct {
		want   string
		labels [2]string // of v41 and v42
		bad    bool
		target int
	}{
		"label abbreviated":            {whole, [2]string{"fffffff", whole[:7]}, false, 42},
		"labels that go on":            {whole, [2]string{"fffffff", whole + "-1"}, false, 42},
		"one commit in two lengths":    {whole[:9], [2]string{whole[:12], whole}, false, 42},
		"two commits that begin alike": {whole[:7], [2]string{whole[:7] + "00", whole}, true, 0},
		"too short a label":            {whole, [2]string{"fffffff", whole[:6]}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{Want: rollout.Want{Commit: c.want}})
			b.apply(0, rollout.Observation{Builds: &rollout.Builds{}})
			b.sees(1*sec, dyno("web.1", 42, "up", 1*sec))
			b.apply(2*sec, rollout.Observation{Code: &rollout.Code{ID: "s41", Commit: c.labels[0]}})
			b.apply(2*sec, rollout.Observation{Code: &rollout.Code{ID: "s42", Commit: c.labels[1]}})
			v, _ := b.core.Verdict()
			found := 0
			if p := b.core.Picture(); p.Target != nil {
				found = p.Target.Version
			}
			if (v.Reason == rollout.InvalidInput) != c.bad || found != c.target {
				t.Errorf("target v%d, %+v; want v%d, ambiguous %v", found, v, c.target, c.bad)
			}
		})
	}
}

// A dyno runs a release that the list does not call succeeded: the list is behind,
// and may be so on what code it is.
func TestNotFooledByAPendingReleaseThatRuns(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"pending", "", "odd"} {
		b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
		b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
		b.look.Releases = append(b.look.Releases, rollout.Release{ID: "r43", Version: 43, Status: status, SlugID: "s41", CreatedAt: at(1 * sec)})
		b.sees(200*sec, dyno("web.1", 43, "up", 1*sec))
		b.shut("v43 runs the code of v41")
	}
}

// A dyno that was up in between has not been crashed all the time.
func TestCrashGraceBeginsAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	d := dyno("web.1", 42, "crashed", 1*sec)
	b.sees(10*sec, d)
	d.UpdatedAt = at(70 * sec) // up from 20 s on, crashed again now
	b.sees(72*sec, d)
	b.shut("it has been crashed for 2 s")
	b.sees(131*sec, d)
	if v, _ := b.core.Verdict(); v.Reason != rollout.DynosCrashed {
		t.Errorf("%+v, want dynos-crashed", v)
	}
}

// The list calls the target current, and a dyno already runs the newer release that
// brings the old code back: the flag is behind.
func TestNotFooledByACurrentThatIsBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
	b.look.Releases = append(b.look.Releases, rollout.Release{ID: "r43", Version: 43, Status: "succeeded", SlugID: "s41", CreatedAt: at(1 * sec), UpdatedAt: at(1 * sec)})
	b.sees(200*sec, dyno("web.1", 43, "up", 1*sec))
	if v, _ := b.core.Verdict(); v.Reason != rollout.RolledBack {
		t.Errorf("%+v, want rolled-back", v)
	}
}

// A newer release with the old code that is not the current one, as an add-on could
// make it during a release phase: it may become that any moment.
func TestNotFooledByOldCodeThatIsNotCurrent(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: rollout.Want{Version: 42}})
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "no"}})
	b.look.Releases = append(b.look.Releases, rollout.Release{ID: "r43", Version: 43, Status: "succeeded", SlugID: "s41", CreatedAt: at(1 * sec), UpdatedAt: at(1 * sec)})
	b.sees(200*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("v43 brings back the code of v41")
}
