// A bench for observations made by hand. And tests of what the core says and asks for, besides its verdict.

package rollout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

const sec = time.Second

// epoch is the platform's time when the target was released, in these tests.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

// A bench feeds a core. The gate starts when the target is released, at 0 s.
type bench struct {
	t    *testing.T
	core *rollout.Rollout
	// lists is what the lists of the platform show at present. The dynos come with each look.
	lists observe.Look
	// onApply is called after each observation, if it is there.
	onApply func(observe.Observation)
	// preboot is the newest answer of the platform about preboot; nil: nobody has asked.
	preboot *observe.Preboot
	// noDate: answers do not say what time it is on the platform.
	noDate bool
}

// newBench waits for v42, unless the configuration names another release.
func newBench(t *testing.T, cfg rollout.Config) *bench {
	if cfg.Want == (release.Want{}) {
		cfg.Want.Version = 42
	}
	return newestBench(t, cfg)
}

// newestBench waits for the newest release, unless the configuration names one.
func newestBench(t *testing.T, cfg rollout.Config) *bench {
	cfg.App, cfg.UseLog = "shop", true
	b := &bench{t: t, core: rollout.New(cfg)}
	b.lists.Releases = []observe.Release{
		{ID: "r41", Version: 41, Status: "succeeded", SlugID: "s41", CreatedAt: at(-24 * time.Hour), UpdatedAt: at(-24 * time.Hour)},
		{ID: "r42", Version: 42, Status: "succeeded", SlugID: "s42", Current: true, CreatedAt: at(0), UpdatedAt: at(0)},
	}
	b.lists.Formation = []observe.Formation{{Type: "web", Quantity: 1, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-99 * time.Hour)}}
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Generation: "cedar"}})
	b.apply(0, observe.Observation{Preboot: &observe.Preboot{Known: true}})
	return b
}

func (b *bench) apply(d time.Duration, o observe.Observation) {
	b.t.Helper()
	o.At = d
	b.core.Apply(o)
	if b.onApply != nil {
		b.onApply(o)
	}
	if o.Preboot != nil && o.Preboot.Known {
		b.preboot = o.Preboot
	}
	// Whenever the core asks whether preboot is on, the platform answers at once.
	if _, done := b.core.Verdict(); !done && o.Preboot == nil && b.preboot != nil && needsOf(b.core).Preboot {
		again := *b.preboot
		again.AskedAt = d
		b.apply(d, observe.Observation{Preboot: &again})
	}
}

// look is a full look that was asked for and answered at d.
func (b *bench) look(d time.Duration, dynos ...observe.Dyno) {
	b.t.Helper()
	b.lookAskedAt(d, d, dynos...)
}

func dyno(label string, version int, state string, created time.Duration) observe.Dyno {
	return observe.Dyno{ID: fmt.Sprint(label, version, created), Name: label, Type: "web", State: state, Version: version, CreatedAt: at(created), UpdatedAt: at(created + 5*sec)}
}

// logWhole has the log whole from d on. Its history reaches back so long before the release.
func (b *bench) logWhole(d, reach time.Duration) {
	b.t.Helper()
	b.apply(d, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(-reach)}})
}

// line is a line of the log that arrives when it is written.
func (b *bench) line(d time.Duration, label string, kind observe.LineKind, states ...string) {
	b.t.Helper()
	l := observe.Line{Stamp: at(d).Add(time.Millisecond), Label: label, Kind: kind}
	if len(states) == 2 {
		l.From, l.To = states[0], states[1]
	}
	b.apply(max(d, 0), observe.Observation{Line: &l})
}

// opens fails the test if the gate has not opened, or has opened with another basis.
func (b *bench) opens(basis rollout.Basis) {
	b.t.Helper()
	v, done := b.core.Verdict()
	switch {
	case !done:
		b.t.Fatalf("no verdict yet, want passed, %s; picture %+v", basis, b.core.Picture())
	case v.Result != rollout.Passed || v.Basis != basis:
		b.t.Fatalf("verdict %+v, want passed, %s", v, basis)
	}
}

// shut fails the test if there is a verdict. The truth says why there must be none.
func (b *bench) shut(truth string) {
	b.t.Helper()
	if v, done := b.core.Verdict(); done {
		b.t.Errorf("verdict %s, %s (%s), want none: %s", v.Result, v.Reason, v.Message, truth)
	}
}

func prebootOn(b *bench) {
	b.apply(0, observe.Observation{Preboot: &observe.Preboot{Known: true, Enabled: true}})
}

// replaceWeb1 has Heroku replace web.1 without preboot. The new dyno is up, and the old process was asked to
// stop at 2 s.
func (b *bench) replaceWeb1() {
	b.logWhole(0, time.Hour)
	b.line(1*sec, "web.1", observe.Replace)
	b.line(1*sec, "web.1", observe.State, "up", "starting")
	b.line(2*sec, "web.1", observe.Sigterm)
	b.line(3*sec, "web.1", observe.Start)
	b.line(5*sec, "web.1", observe.State, "starting", "up")
	b.look(6*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("web.1 of v41 was asked to stop, and has not ended")
}

func TestOpensOnTheLastExit(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.replaceWeb1()
	b.line(32*sec, "web.1", observe.Exit)
	b.look(33*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("the exit may be that of the new process, which crashed")
	if needsOf(b.core).WakeAt != 33*sec+sec/2 {
		t.Errorf("the core needs %+v, want it to judge again at 33.5 s", needsOf(b.core))
	}
	b.apply(34*sec, observe.Observation{})
	b.shut("the look was asked for too early")
	if !needsOf(b.core).Ready {
		t.Error("the core does not ask for a last look")
	}
	b.look(34*sec, dyno("web.1", 42, "up", 1*sec))
	b.opens(rollout.Proven)
}

// When proof is required, the verdict at the timeout says why there is none.
func TestUnprovenSaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{RequireProof: true})
	b.look(920*sec, dyno("web.1", 42, "up", 1*sec))
	b.apply(921*sec, observe.Observation{End: observe.Deadline})
	why := b.core.Picture().Types[0].HoldReason
	if why == "" {
		t.Error("the picture does not say why there is no proof")
	}
	if v, _ := b.core.Verdict(); v.Reason != rollout.Unproven || !strings.Contains(v.Message, "("+why+")") {
		t.Errorf("verdict %+v, want %s because %q", v, rollout.Unproven, why)
	}
}
