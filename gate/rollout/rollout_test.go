// The rule of presumed life, on hand-made observations.

package rollout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

const sec = time.Second

// epoch is the platform's time when the target was released, in these tests.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

// bench feeds a core: the gate starts when the target is released.
type bench struct {
	t    *testing.T
	core *rollout.Rollout
	look rollout.Look
	// seen is told of every observation, if it is there.
	seen func(rollout.Observation)
}

func newBench(t *testing.T, cfg rollout.Config) *bench {
	cfg.App, cfg.UseLog = "shop", true
	b := &bench{t: t, core: rollout.New(cfg)}
	b.look.Releases = []rollout.Release{
		{ID: "r41", Version: 41, Status: "succeeded", SlugID: "s41", CreatedAt: at(-24 * time.Hour), UpdatedAt: at(-24 * time.Hour)},
		{ID: "r42", Version: 42, Status: "succeeded", SlugID: "s42", Current: true, CreatedAt: at(0), UpdatedAt: at(0)},
	}
	b.look.Formation = []rollout.Formation{{Type: "web", Quantity: 1, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-99 * time.Hour)}}
	b.apply(0, rollout.Observation{App: &rollout.App{ID: "a", Name: "shop", Generation: "cedar"}})
	b.apply(0, rollout.Observation{Preboot: &rollout.Preboot{Known: true}})
	return b
}

func (b *bench) apply(d time.Duration, o rollout.Observation) {
	b.t.Helper()
	o.At = d
	b.core.Apply(o)
	if b.seen != nil {
		b.seen(o)
	}
}

// sees is a full look that was asked for and answered at once.
func (b *bench) sees(d time.Duration, dynos ...rollout.Dyno) {
	b.t.Helper()
	l := b.look
	l.AskedAt, l.Dynos = d, append([]rollout.Dyno{}, dynos...)
	b.apply(d, rollout.Observation{Date: at(d), Look: &l})
}

func dyno(label string, version int, state string, created time.Duration) rollout.Dyno {
	return rollout.Dyno{ID: fmt.Sprint(label, version, created), Name: label, Type: "web", State: state, Version: version, CreatedAt: at(created), UpdatedAt: at(created + 5*sec)}
}

// logs tells that the log is whole since so long before the release.
func (b *bench) logs(d, before time.Duration) {
	b.t.Helper()
	b.apply(d, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Flowing, Since: at(-before)}})
}

// line is a line that arrives the moment it is written.
func (b *bench) line(d time.Duration, label string, kind rollout.LineKind, states ...string) {
	b.t.Helper()
	l := rollout.Line{Stamp: at(d).Add(time.Millisecond), Label: label, Kind: kind}
	if len(states) == 2 {
		l.From, l.To = states[0], states[1]
	}
	b.apply(max(d, 0), rollout.Observation{Line: &l})
}

func (b *bench) open(want bool, basis rollout.Basis) {
	b.t.Helper()
	v, done := b.core.Verdict()
	switch {
	case done != want:
		b.t.Fatalf("verdict %v (%+v), want %v; picture %+v", done, v, want, b.core.Picture())
	case done && (v.Result != rollout.Passed || v.Basis != basis):
		b.t.Fatalf("verdict %+v, want passed, %s", v, basis)
	}
}

// replaced plays a plain replacement of web.1 up to the new dyno being up.
func (b *bench) replaced() {
	b.logs(0, time.Hour)
	b.line(1*sec, "web.1", rollout.Replace)
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Sigterm)
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
}

func TestOpensOnTheLastExit(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaced()
	b.line(32*sec, "web.1", rollout.Exit)
	b.sees(33*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "") // it could have been the new one, crashing
	if b.core.Wants().WakeAt != 33*sec+sec/2 {
		t.Errorf("the core wants %+v", b.core.Wants())
	}
	b.apply(34*sec, rollout.Observation{})
	b.open(false, "") // the look is too old
	if !b.core.Wants().Ready {
		t.Error("the core does not ask for a last look")
	}
	b.sees(34*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Proven)
}

// counting crash exits as old exits would open here
func TestCrashOfTheNewIsNotTheEndOfTheOld(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaced()
	b.line(10*sec, "web.1", rollout.Exit)
	b.line(10*sec, "web.1", rollout.State, "up", "crashed")
	b.sees(11*sec, dyno("web.1", 42, "up", 1*sec)) // the list does not know yet
	b.open(false, "")
	b.line(11*sec, "web.1", rollout.State, "crashed", "starting")
	b.line(12*sec, "web.1", rollout.Start)
	b.line(14*sec, "web.1", rollout.State, "starting", "up")
	b.sees(25*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.line(32*sec, "web.1", rollout.Exit)
	b.sees(34*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Proven)
}

func TestHoldWithoutLog(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Refused, Reason: "the key may not read the log"}})
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.sees(90*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.sees(92*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Presumed)
}

func TestRequireProofNeverPresumes(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{RequireProof: true})
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.sees(920*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.apply(921*sec, rollout.Observation{End: rollout.Deadline})
	why := b.core.Picture().Types[0].HoldReason
	if why == "" {
		t.Error("the picture does not say why there is no proof")
	}
	if v, _ := b.core.Verdict(); v.Reason != rollout.Unproven || !strings.Contains(v.Message, "("+why+")") {
		t.Errorf("verdict %+v, want %s because %q", v, rollout.Unproven, why)
	}
}

func TestPrebootHold(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, rollout.Observation{Preboot: &rollout.Preboot{Known: true, Enabled: true}})
	const hold = (60 + 120 + 120 + 30 + 12) * sec
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.sees(hold, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	// A restart inside the window starts it again.
	b.sees(hold+sec/2, dyno("web.1", 42, "up", hold-10*sec))
	b.open(false, "")
	b.sees(2*hold-11*sec, dyno("web.1", 42, "up", hold-10*sec))
	b.open(false, "")
	b.sees(2*hold-9*sec, dyno("web.1", 42, "up", hold-10*sec))
	b.open(true, rollout.Presumed)
}

// ignoring the second generation would open at the first exit
func TestTwoHiddenGenerations(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.apply(0, rollout.Observation{Preboot: &rollout.Preboot{Known: true, Enabled: true}})
	b.logs(0, time.Hour)
	b.line(-60*sec, "web.1", rollout.State, "up", "starting") // release v41 was made a minute before
	b.line(-58*sec, "web.1", rollout.Start)
	b.line(-55*sec, "web.1", rollout.State, "starting", "up")
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(3*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	for i, exit := range []time.Duration{190 * sec, 250 * sec} {
		b.open(false, "")
		b.line(exit-sec, "web.1", rollout.Sigterm)
		b.line(exit, "web.1", rollout.Exit)
		b.sees(exit+sec, dyno("web.1", 42, "up", 1*sec))
		b.open(i == 1, rollout.Proven)
	}
}

// dropping the hold after a gap would open at once
func TestGapMeansHold(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaced()
	b.apply(20*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Gapped, Reason: "12 lines were lost"}})
	b.apply(20*sec, rollout.Observation{Log: &rollout.LogStatus{State: rollout.Flowing, Since: at(20 * sec)}})
	b.line(30*sec, "web.1", rollout.Exit)
	b.sees(31*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.sees(92*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Presumed)
}

func TestAnEmptyListIsNotZero(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	b.sees(6 * sec)
	b.open(false, "")
	b.sees(600 * sec)
	b.open(false, "")
	b.apply(601*sec, rollout.Observation{End: rollout.Deadline})
	if v, _ := b.core.Verdict(); v.Reason != rollout.NewDynosMissing {
		t.Errorf("verdict %+v, want %s", v, rollout.NewDynosMissing)
	}
}

func TestLostStartMeansHold(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.sees(60*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.sees(92*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Presumed)
}

func TestShortHistoryProvesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, 10*sec)
	b.line(1*sec, "web.1", rollout.State, "up", "starting")
	b.line(2*sec, "web.1", rollout.Sigterm)
	b.line(3*sec, "web.1", rollout.Exit)
	b.line(4*sec, "web.1", rollout.Start)
	b.line(5*sec, "web.1", rollout.State, "starting", "up")
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "") // something may have been hidden before the log begins
	b.sees(81*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "") // and the exit may have been its
	b.sees(92*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Presumed)
}

func TestOldMetricsKeepItShut(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	beat := func(d time.Duration) {
		b.apply(max(d, 0), rollout.Observation{Line: &rollout.Line{Stamp: at(d), Label: "web.1", Kind: rollout.Metric, UUID: "old"}})
	}
	beat(-20 * sec)
	b.sees(6*sec, dyno("web.1", 42, "up", 1*sec))
	for d := 20 * sec; d <= 100*sec; d += 20 * sec {
		beat(d)
		b.sees(d+sec, dyno("web.1", 42, "up", 1*sec))
		b.open(false, "")
	}
	b.sees(159*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "")
	b.sees(162*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Presumed)
}

func TestLinesInAnyOrderAndTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.logs(0, time.Hour)
	for range 2 {
		b.line(32*sec, "web.1", rollout.Exit)
		b.line(5*sec, "web.1", rollout.State, "starting", "up")
		b.line(3*sec, "web.1", rollout.Start)
		b.line(2*sec, "web.1", rollout.Sigterm)
		b.line(1*sec, "web.1", rollout.State, "up", "starting")
	}
	b.sees(40*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(false, "") // lines have come up to 31 s late: a crash could still be told of
	b.sees(44*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Proven)
}

// crashing tells of a boot of web.1 that crashes, and of the look that shows it.
func (b *bench) crashing(d time.Duration, version int) {
	b.t.Helper()
	b.line(d, "web.1", rollout.State, "crashed", "starting")
	b.line(d+sec, "web.1", rollout.Start)
	b.line(d+3*sec, "web.1", rollout.Exit)
	b.line(d+3*sec+time.Millisecond, "web.1", rollout.State, "starting", "crashed")
	rec := dyno("web.1", version, "crashed", d)
	b.sees(d+4*sec, rec)
}

// Three crashes within the grace are a loop; the same three further apart are not,
// since the dyno came up in between.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	for apart, want := range map[time.Duration]bool{20 * sec: true, 40 * sec: false} {
		b := newBench(t, rollout.Config{})
		b.logs(0, time.Hour)
		b.sees(sec/2, dyno("web.1", 42, "starting", 0))
		for i := range 3 {
			b.crashing(time.Duration(i)*apart+sec, 42)
		}
		v, done := b.core.Verdict()
		if done != want || done && v.Reason != rollout.DynosCrashed {
			t.Errorf("crashes %s apart: %v, %+v", apart, done, v)
		}
	}
}

// A crash of an old dyno, or of a type that nobody asked about, is not the deploy's.
func TestCrashesOfOthers(t *testing.T) {
	t.Parallel()
	old := newBench(t, rollout.Config{})
	old.logs(0, time.Hour)
	old.sees(sec/2, dyno("web.1", 41, "crashed", -time.Hour))
	for i := range 4 {
		old.crashing(time.Duration(i)*10*sec+sec, 41)
	}
	old.sees(300*sec, dyno("web.1", 41, "crashed", -time.Hour))
	old.open(false, "")

	other := newBench(t, rollout.Config{Types: []string{"worker"}})
	other.look.Formation = append(other.look.Formation, rollout.Formation{Type: "worker", Quantity: 1, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-99 * time.Hour)})
	other.logs(0, time.Hour)
	other.sees(sec/2, dyno("web.1", 42, "crashed", 0))
	for i := range 4 {
		other.crashing(time.Duration(i)*10*sec+sec, 42)
	}
	other.sees(300*sec, dyno("web.1", 42, "crashed", 0))
	other.open(false, "")
}

// A build that failed long before the gate came is not that of this try.
func TestFailedBuildOfLongAgo(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]bool{time.Minute: true, 40 * time.Minute: false} {
		b := newBench(t, rollout.Config{Want: rollout.Want{Commit: "abcdef1234567890abcdef1234567890abcdef12"}})
		b.sees(sec, dyno("web.1", 42, "up", -time.Hour))
		b.apply(2*sec, rollout.Observation{Builds: &rollout.Builds{Builds: []rollout.Build{
			{Commit: "abcdef1234567890abcdef1234567890abcdef12", Status: "failed", CreatedAt: at(-ago)}}}})
		v, done := b.core.Verdict()
		if done != want || done && v.Reason != rollout.BuildFailed {
			t.Errorf("a build that failed %s ago: %v, %+v", ago, done, v)
		}
	}
}

// A look that calls no release the current one says nothing of what an earlier look said.
func TestCurrentIsOfTheNewestLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.look.Releases[0].Current, b.look.Releases[1].Current = true, false
	b.replaced()
	b.line(7*sec, "web.1", rollout.Exit)
	b.look.Releases[0].Current = false
	b.sees(20*sec, dyno("web.1", 42, "up", 1*sec))
	b.open(true, rollout.Proven)
}
