// Guards of a head start: what is observed before the wait begins decides nothing by itself.

package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// aheadBench is a bench whose watch begins 30 s before the target is released.
func aheadBench(t *testing.T, cfg rollout.Config) *bench {
	cfg.HeadStart = true
	b := newestBench(t, cfg)
	b.lists.Releases = b.lists.Releases[:1]
	return b
}

// released has the release there that the deploy made.
func (b *bench) showRelease() {
	b.lists.Releases = append(slices.Clone(b.lists.Releases), observe.Release{
		ID: "r42", Version: 42, Status: "succeeded", SlugID: "s42", Current: true, CreatedAt: at(30 * sec), UpdatedAt: at(30 * sec)})
}

func TestNothingEndsAHeadStart(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]observe.Observation{
		"the app is not found":    {Trouble: &observe.Trouble{Kind: observe.NotFound, Message: "404"}},
		"the key is refused":      {Trouble: &observe.Trouble{Kind: observe.Unauthorized, Message: "401"}},
		"nothing ends a deploy":   {End: observe.Deadline},
		"a release phase fails":   {Look: &observe.Look{AskedAt: 20 * sec, Releases: []observe.Release{{ID: "r42", Version: 42, Status: "failed"}}, Formation: []observe.Formation{}}},
		"the platform is away":    {Trouble: &observe.Trouble{Kind: observe.Unreachable, Message: "503"}},
		"the log cannot be read":  {Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}},
		"there is no way at all":  {Trouble: &observe.Trouble{Kind: observe.CannotConnect, Message: "no host"}},
		"and again there is none": {Trouble: &observe.Trouble{Kind: observe.CannotConnect, About: observe.AboutApp, Message: "no host"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bench{t: t, core: rollout.New(rollout.Config{App: "shop", HeadStart: true, UseLog: true})}
			for i := range 3 {
				b.apply(time.Duration(20+i)*sec, o)
			}
			if o.End == observe.Deadline {
				return // the caller's to say
			}
			if v, done := b.core.Verdict(); done {
				t.Errorf("verdict %+v", v)
			}
			if n := b.core.Picture().Notices; o.Trouble != nil && n != nil {
				t.Errorf("notices %q", n)
			}
			b.apply(40*sec, observe.Observation{Begin: true})
			if v, done := b.core.Verdict(); done {
				t.Errorf("verdict %+v as the wait begins", v)
			}
		})
	}
}

func TestWhatEndsAHeadStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    observe.Observation
		want rollout.Reason
	}{
		"an interrupt": {observe.Observation{End: observe.Interrupt}, rollout.Interrupted},
		"a bug":        {observe.Observation{Trouble: &observe.Trouble{Kind: observe.Internal, Message: "bug"}}, rollout.InternalFailure},
	} {
		b := aheadBench(t, rollout.Config{})
		b.apply(20*sec, c.o)
		if v, done := b.core.Verdict(); !done || v.Reason != c.want {
			t.Errorf("%s: verdict %+v", name, v)
		}
	}
}

// A head start does not count as waiting, and is told.
func TestTimesFromTheBegin(t *testing.T) {
	t.Parallel()
	b := aheadBench(t, rollout.Config{Timeout: 5 * time.Minute})
	b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: "lost"}})
	b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	if p := b.core.Picture(); p.At != 0 || p.HeadStart != 0 {
		t.Errorf("before the wait: at %s, head start %s", p.At, p.HeadStart)
	}
	b.showRelease()
	b.apply(60*sec, observe.Observation{Begin: true})
	b.apply(60*sec, observe.Observation{Begin: true})
	b.look(60*sec, dyno("web.1", 42, "up", 31*sec))
	p := b.core.Picture()
	if p.At != 0 || p.HeadStart != time.Minute || len(p.Gaps) != 1 || p.Gaps[0].At != -time.Minute {
		t.Errorf("at %s, head start %s, gaps %v", p.At, p.HeadStart, p.Gaps)
	}
	if want := 65 * sec; p.HoldUntil != want { // 90 s from second 31 on, and the figure for it
		t.Errorf("hold until %s, want %s", p.HoldUntil, want)
	}
	if slices.ContainsFunc(p.Notices, func(n string) bool { return strings.Contains(n, "past the timeout") }) {
		t.Errorf("notices %q", p.Notices)
	}
	b.apply(70*sec, observe.Observation{Begin: true}) // the wait has begun
	if p := b.core.Picture(); p.At != 10*sec {
		t.Errorf("at %s, want 10s", p.At)
	}
}

// A hold that reaches past the timeout is told by the time of the wait.
func TestTooShortFromTheBegin(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]bool{60 * sec: true, 62 * sec: false} {
		b := aheadBench(t, rollout.Config{Timeout: timeout})
		b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
		b.showRelease()
		b.apply(60*sec, observe.Observation{Begin: true})
		b.apply(60*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}})
		b.look(60*sec, dyno("web.1", 42, "up", 31*sec))
		told := slices.ContainsFunc(b.core.Picture().Notices, func(n string) bool { return strings.Contains(n, "until 1m05s: that is past the timeout") })
		if told != want {
			t.Errorf("timeout %s: told %v; %q", timeout, told, b.core.Picture().Notices)
		}
	}
}

// needsAhead are the needs of a head start, by their reasons.
func needKinds(b *bench) string {
	var all []string
	for _, n := range b.core.Needs() {
		all = append(all, string(n.Kind))
	}
	return strings.Join(all, " ")
}

func TestNeedsOfAHeadStart(t *testing.T) {
	t.Parallel()
	b := aheadBench(t, rollout.Config{})
	if got := needKinds(b); got != "guard" {
		t.Errorf("at first: %s", got)
	}
	if n := b.core.Needs()[0]; n.Every != time.Minute || !n.Full {
		t.Errorf("without the log: %+v", n)
	}
	b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.logWhole(1*sec, time.Minute)
	if got := needKinds(b); got != "guard change" {
		t.Errorf("when the log is whole: %s", got)
	}
	if n := b.core.Needs()[0]; n.Every != 5*time.Minute {
		t.Errorf("with the log: %+v", n)
	}
	b.look(1*sec, dyno("web.1", 41, "up", -24*time.Hour))
	b.line(5*sec, "web.1", observe.Start)
	if got := needKinds(b); got != "guard" {
		t.Errorf("after a line: %s", got)
	}
	fir := &bench{t: t, core: rollout.New(rollout.Config{App: "shop", HeadStart: true, UseLog: true})}
	fir.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Generation: "fir", Space: "s"}})
	if got := needKinds(fir); got != "guard preboot" {
		t.Errorf("before preboot is known: %s", got)
	}
	early := &bench{t: t, core: rollout.New(rollout.Config{App: "shop", HeadStart: true, UseLog: true})}
	early.logWhole(0, time.Minute)
	if got := needKinds(early); got != "guard preboot" {
		t.Errorf("before the first look: %s", got)
	}
	early.lists = b.lists
	early.lookAskedAt(0, 1*sec, dyno("web.1", 41, "up", -24*time.Hour))
	early.logWhole(2*sec, time.Minute)
	early.apply(3*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "broke"}})
	if got := needKinds(early); got != "guard preboot" {
		t.Errorf("when the log is broken: %s", got)
	}
	fir.lists = b.lists
	fir.look(0, dyno("web-1-a", 41, "up", -24*time.Hour))
	fir.logWhole(1*sec, 0)
	fir.look(1*sec, dyno("web-1-a", 41, "up", -24*time.Hour))
	fir.line(5*sec, "web-1-b", observe.Start)
	if got := needKinds(fir); got != "guard change preboot" {
		t.Errorf("after a line on Fir: %s", got)
	}
}

// Looks of the wait have their times from its begin on.
func TestNeedsFromTheBegin(t *testing.T) {
	t.Parallel()
	b := aheadBench(t, rollout.Config{})
	b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.apply(60*sec, observe.Observation{Begin: true})
	b.look(60*sec, dyno("web.1", 41, "up", -24*time.Hour))
	due := func(why string) time.Duration {
		for _, n := range b.core.Needs() {
			if strings.Contains(n.Why, why) {
				return n.By
			}
		}
		return -1
	}
	if at := due("a deploy that has made a release is listed by now"); at != 120*sec {
		t.Errorf("the newest one is taken at %s", at)
	}
	late := aheadBench(t, rollout.Config{})
	late.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	late.apply(60*sec, observe.Observation{Begin: true})
	late.look(120*sec, dyno("web.1", 41, "up", -24*time.Hour))
	if slices.ContainsFunc(late.core.Needs(), func(n rollout.Need) bool { return strings.Contains(n.Why, "a deploy that has made") }) {
		t.Errorf("the newest one was taken, and another one is awaited still")
	}
	b.showRelease()
	b.look(62*sec, dyno("web.1", 42, "up", 31*sec))
	if at := due("a newer release may not have been listed yet"); at != 70*sec {
		t.Errorf("it is believed at %s", at)
	}
	if at := due("a deploy that has made a release is listed by now"); at != -1 {
		t.Errorf("another one is awaited until %s", at)
	}
}

// An empty formation of a young app says nothing until some time after the wait began.
func TestEmptyFormationAfterAHeadStart(t *testing.T) {
	t.Parallel()
	b := aheadBench(t, rollout.Config{})
	b.lists.Formation = []observe.Formation{}
	b.look(0)
	b.showRelease()
	b.apply(300*sec, observe.Observation{Begin: true})
	for _, d := range []time.Duration{300, 320, 380} {
		b.look(d * sec)
	}
	if v, done := b.core.Verdict(); done {
		t.Errorf("verdict %+v", v)
	}
	b.look(391 * sec)
	b.look(392 * sec)
	if v, done := b.core.Verdict(); !done || v.Reason != rollout.NothingToRun {
		t.Errorf("verdict %+v", v)
	}
}
