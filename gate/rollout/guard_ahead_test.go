// Guards of a head start: nothing that is observed before the wait begins ends the wait by itself.

package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// aheadBench begins to watch 30 s before the target is released.
func aheadBench(t *testing.T, cfg rollout.Config) *bench {
	cfg.HeadStart = true
	b := newestBench(t, cfg)
	b.lists.Releases = b.lists.Releases[:1]
	return b
}

// showRelease has the list show the release that the deploy made.
func (b *bench) showRelease() {
	b.lists.Releases = append(slices.Clone(b.lists.Releases), observe.Release{
		ID: "r42", Version: 42, Status: "succeeded", SlugID: "s42", Current: true, CreatedAt: at(30 * sec), UpdatedAt: at(30 * sec)})
}

func TestNothingEndsAHeadStart(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]observe.Observation{
		"the app is not found":                  {Trouble: &observe.Trouble{Kind: observe.NotFound, Message: "404"}},
		"the key is refused":                    {Trouble: &observe.Trouble{Kind: observe.Unauthorized, Message: "401"}},
		"a release phase has failed":            {Look: &observe.Look{AskedAt: 20 * sec, Releases: []observe.Release{{ID: "r42", Version: 42, Status: "failed"}}, Formation: []observe.Formation{}}},
		"the platform does not answer":          {Trouble: &observe.Trouble{Kind: observe.Unreachable, Message: "503"}},
		"the log cannot be read":                {Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}},
		"there is no way to Heroku":             {Trouble: &observe.Trouble{Kind: observe.CannotConnect, Message: "no host"}},
		"there is no way to Heroku for the app": {Trouble: &observe.Trouble{Kind: observe.CannotConnect, About: observe.AboutApp, Message: "no host"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bench{t: t, core: rollout.New(rollout.Config{App: "shop", HeadStart: true, UseLog: true})}
			for i := range 3 {
				b.apply(time.Duration(20+i)*sec, o)
			}
			if v, done := b.core.Verdict(); done {
				t.Errorf("verdict %+v in the head start, want none", v)
			}
			if n := b.core.Picture().Notices; o.Trouble != nil && n != nil {
				t.Errorf("notices %q in the head start, want none", n)
			}
			b.apply(40*sec, observe.Observation{Begin: true})
			if v, done := b.core.Verdict(); done {
				t.Errorf("verdict %+v when the wait begins, want none", v)
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
		"the deadline": {observe.Observation{End: observe.Deadline}, rollout.ReleaseMissing},
		"a bug":        {observe.Observation{Trouble: &observe.Trouble{Kind: observe.Internal, Message: "bug"}}, rollout.InternalFailure},
	} {
		b := aheadBench(t, rollout.Config{})
		b.look(10*sec, dyno("web.1", 41, "up", -24*time.Hour))
		b.shut("nothing has ended the head start yet")
		b.apply(20*sec, c.o)
		if v, done := b.core.Verdict(); !done || v.Reason != c.want {
			t.Errorf("%s: verdict %v, %+v, want %s", name, done, v, c.want)
		}
	}
}

// Times in the picture count from the begin of the wait. The length of the head start is there, too.
func TestTimesCountFromTheBeginOfTheWait(t *testing.T) {
	t.Parallel()
	b := aheadBench(t, rollout.Config{Timeout: 5 * time.Minute})
	b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: "lost"}})
	b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	if p := b.core.Picture(); p.At != 0 || p.HeadStart != 0 {
		t.Errorf("before the wait: at %s, head start %s, want 0 for both", p.At, p.HeadStart)
	}
	b.showRelease()
	b.apply(60*sec, observe.Observation{Begin: true})
	b.apply(60*sec, observe.Observation{Begin: true})
	b.look(60*sec, dyno("web.1", 42, "up", 31*sec))
	p := b.core.Picture()
	if p.At != 0 || p.HeadStart != time.Minute || len(p.Gaps) != 1 || p.Gaps[0].At != -time.Minute {
		t.Errorf("at %s, head start %s, gaps %v", p.At, p.HeadStart, p.Gaps)
	}
	if want := 65 * sec; p.HoldUntil != want { // 90 s from 31 s on, in the time of the wait and rounded up
		t.Errorf("hold until %s, want %s", p.HoldUntil, want)
	}
	if slices.ContainsFunc(p.Notices, func(n string) bool { return strings.Contains(n, "past the timeout") }) {
		t.Errorf("notices %q", p.Notices)
	}
	b.apply(70*sec, observe.Observation{Begin: true}) // the wait has begun before
	if p := b.core.Picture(); p.At != 10*sec {
		t.Errorf("at %s, want 10s", p.At)
	}
}

// A notice about a hold that ends after the timeout gives the time of the wait.
func TestTimeoutTooShortAfterAHeadStart(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]bool{60 * sec: true, 62 * sec: false} {
		b := aheadBench(t, rollout.Config{Timeout: timeout})
		b.look(0, dyno("web.1", 41, "up", -24*time.Hour))
		b.showRelease()
		b.apply(60*sec, observe.Observation{Begin: true})
		b.apply(60*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}})
		b.look(60*sec, dyno("web.1", 42, "up", 31*sec))
		noticed := slices.ContainsFunc(b.core.Picture().Notices, func(n string) bool { return strings.Contains(n, "until 1m05s: that is past the timeout") })
		if noticed != want {
			t.Errorf("timeout %s: a notice says so: %v, want %v; %q", timeout, noticed, want, b.core.Picture().Notices)
		}
	}
}

// needKinds are the kinds of all needs.
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
		t.Errorf("at first: the needs are %s", got)
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

// The times of needs count from the begin of the wait.
func TestNeedsCountFromTheBeginOfTheWait(t *testing.T) {
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
		t.Errorf("the newest release is taken for the target at %s, want 2m0s", at)
	}
	late := aheadBench(t, rollout.Config{})
	late.look(0, dyno("web.1", 41, "up", -24*time.Hour))
	late.apply(60*sec, observe.Observation{Begin: true})
	late.look(120*sec, dyno("web.1", 41, "up", -24*time.Hour))
	if slices.ContainsFunc(late.core.Needs(), func(n rollout.Need) bool { return strings.Contains(n.Why, "a deploy that has made") }) {
		t.Errorf("the newest release was taken for the target, and the core still waits for another one")
	}
	b.showRelease()
	b.look(62*sec, dyno("web.1", 42, "up", 31*sec))
	if at := due("a newer release may not have been listed yet"); at != 70*sec {
		t.Errorf("the target is believed to be the newest release at %s, want 1m10s", at)
	}
	if at := due("a deploy that has made a release is listed by now"); at != -1 {
		t.Errorf("the core waits for another release until %s", at)
	}
}

// The formation of a young app can be empty at first. It says nothing until some time after the wait has
// begun.
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
		t.Errorf("verdict %+v before 390 s, want none", v)
	}
	b.look(391 * sec)
	b.look(392 * sec)
	if v, done := b.core.Verdict(); !done || v.Reason != rollout.NothingToRun {
		t.Errorf("verdict %v, %+v, want %s", done, v, rollout.NothingToRun)
	}
}
