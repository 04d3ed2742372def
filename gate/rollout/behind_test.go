// Lists that are behind, and which looks the core then asks for.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// The gate asks for a look, then the release phase ends, and then the release changes its status. The look
// shows the old status, so another look must follow soon.
func TestReleasePhaseEndsDuringALook(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}})
	b.lists.Releases[1].Status = "pending"
	b.logWhole(0, time.Hour)
	b.look(1*sec, dyno("web.1", 41, "up", -time.Hour))
	b.look(60*sec, dyno("web.1", 41, "up", -time.Hour))
	// The line says that the phase ended at 59.5 s, and arrives after the look.
	b.apply(61*sec, observe.Observation{Line: &observe.Line{Stamp: at(59*sec + sec/2), Label: "release.1", Kind: observe.Exit}})
	if w := needsOf(b.core); !w.Changed || !w.Full {
		t.Errorf("the core does not ask for a full look at once: %+v", w)
	}
	b.look(61*sec+sec/2, dyno("web.1", 41, "up", -time.Hour))
	if w := needsOf(b.core); w.LookAt != 63*sec {
		t.Errorf("the next look shows the old status, too, and the core asks for another one at %s, want 1m3s", w.LookAt)
	}
}

// A look shows that the target has succeeded, and does not call it the current release yet.
func TestCurrentReleaseIsBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}})
	b.lists.Releases[0].Current, b.lists.Releases[1].Current = true, false
	b.replaceWeb1()
	b.line(7*sec, "web.1", observe.Exit)
	b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
	w := needsOf(b.core)
	if !w.Full {
		t.Error("the core does not ask for a full look, though only the list of releases keeps the gate shut")
	}
}

// By the log Heroku has replaced web.1, and the list still shows the old record.
func TestListIsBehindWithAnOldRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logWhole(0, time.Hour)
	b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.line(1*sec, "web.1", observe.State, "up", "starting")
	b.line(2*sec, "web.1", observe.Sigterm)
	b.line(3*sec, "web.1", observe.Start)
	b.line(4*sec, "web.1", observe.Exit)
	b.line(5*sec, "web.1", observe.State, "starting", "up")
	b.look(6*sec, dyno("web.1", 41, "up", -24*time.Hour))
	w := needsOf(b.core)
	if !w.Changed {
		t.Error("the list is behind the log, and the core does not ask for a newer look")
	}
}

// A dyno runs a release that the list of releases does not show yet. Nobody knows which code that release
// has.
func TestNotFooledByADynoAheadOfTheReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}})
	b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}})
	b.look(100*sec, dyno("web.1", 43, "up", 1*sec))
	b.shut("v43 may be a rollback")
	if !needsOf(b.core).Full {
		t.Error("the core does not ask for the releases")
	}
	b.lists.Releases = append(b.lists.Releases, observe.Release{ID: "r43", Version: 43, Status: "succeeded", SlugID: "s41", Current: true, CreatedAt: at(1 * sec)})
	b.look(110*sec, dyno("web.1", 43, "up", 1*sec))
	if v, _ := b.core.Verdict(); v.Reason != rollout.RolledBack {
		t.Errorf("verdict %+v, want rolled-back", v)
	}
}

// Between two looks more releases came than one look shows, and one of them may be a rollback. And the code
// of the newest release is older than the target, which only the whole history can show.
func TestNotFooledByAHoleInTheReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{Want: release.Want{Version: 42}})
	b.lists.ReleasesCut = true
	b.replaceWeb1()
	b.line(7*sec, "web.1", observe.Exit)
	release := func(v int, slug string) observe.Release {
		return observe.Release{ID: fmt.Sprint("r", v), Version: v, Status: "succeeded", SlugID: slug, CreatedAt: at(time.Duration(v-42) * sec)}
	}
	old := b.lists.Releases
	old[1].Current = false
	b.lists.Releases = []observe.Release{release(99, "s42"), release(100, "s42")}
	b.look(20*sec, dyno("web.1", 100, "up", 15*sec))
	b.shut("v43 to v98 are not known")
	if w := needsOf(b.core); w.Releases < 100-42 || !w.Changed || !w.Full {
		t.Errorf("the core does not ask for v43 to v98: %+v", w)
	}
	for v := 43; v < 99; v++ {
		b.lists.Releases = append(b.lists.Releases, release(v, "s42"))
	}
	b.lists.Releases = append(b.lists.Releases, old...)
	b.lists.Releases = append(b.lists.Releases, release(101, "s7"))
	b.apply(21*sec, observe.Observation{Code: &observe.Code{ID: "s41", Commit: "aaaa"}})
	b.apply(21*sec, observe.Observation{Code: &observe.Code{ID: "s42", Commit: "bbbb"}})
	b.look(24*sec, dyno("web.1", 101, "up", 22*sec))
	if w := needsOf(b.core); len(w.Codes) != 1 || w.Codes[0].ID != "s7" {
		t.Errorf("the core does not ask for the code of the newest release: %+v", w.Codes)
	}
	b.apply(25*sec, observe.Observation{Code: &observe.Code{ID: "s7", Commit: "cccc", CreatedAt: at(-9000 * time.Hour)}})
	b.shut("s7 may have run before v41")
	if w := needsOf(b.core); w.Releases < 1000 {
		t.Errorf("the core does not ask for the whole history: %+v", w)
	}
	b.lists.Releases = append(b.lists.Releases, release(7, "s7"))
	b.lists.ReleasesCut = false
	b.look(30*sec, dyno("web.1", 101, "up", 22*sec))
	if v, _ := b.core.Verdict(); v.Reason != rollout.RolledBack {
		t.Errorf("verdict %+v, want rolled-back", v)
	}
}

// The first look comes with a wrong clock, and does not show v42. v42 was made before the gate started, so it
// is the target all the same.
func TestNewestReleaseByAWrongClock(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-9 * sec, 0, 9 * sec} {
		b := newestBench(t, rollout.Config{})
		b.apply(1*sec, observe.Observation{Date: at(1*sec + wrong), Look: &observe.Look{
			AskedAt: 1 * sec, Dynos: []observe.Dyno{oldWeb}, Formation: b.lists.Formation, Releases: b.lists.Releases[:1],
		}})
		b.lists.Releases[1].CreatedAt = at(-1 * sec)
		b.look(3*sec, oldWeb)
		if got := b.core.Picture().Target; got == nil || got.Version != 42 {
			t.Errorf("with a clock that is %s off, the target is %+v, want v42", wrong, got)
		}
	}
}
