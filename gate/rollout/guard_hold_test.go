// Guards of the holds: an old process that is not proven to have ended counts as alive for as long as it can
// be hidden, and no longer.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// A holdCase is what happens, and when the hold is over. At shut the gate must still be shut; at opens it
// must have opened, presumed.
type holdCase struct {
	limit string // when the hold is over, in words
	play  func(b *bench)
	list  []observe.Dyno // what the last looks show
	shut  time.Duration
	opens time.Duration
	// latest is the limit in the picture, if that is later: that of a label which was proven.
	latest time.Duration
}

// noLog has Heroku refuse the log.
func noLog(b *bench) {
	b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}})
}

func runsOn(b *bench, space, generation string) {
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: space, Generation: generation}})
}

func checkHolds(t *testing.T, cfg rollout.Config, holds map[string]holdCase) {
	t.Helper()
	for name, h := range holds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, cfg)
			h.play(b)
			b.shut("at once: " + h.limit)
			b.look(h.shut, h.list...)
			b.shut(h.limit)
			b.look(h.opens, h.list...)
			if v, done := b.core.Verdict(); !done || v.Result != rollout.Passed || v.Basis != rollout.Presumed {
				t.Errorf("at %s: verdict %v, %+v; want passed, presumed; the limit: %s; picture %+v", h.opens, done, v, h.limit, b.core.Picture())
			}
			// The limit in the picture is that of the hold, or a later one of a label that was proven.
			switch limit := latestLimit(b.core.Picture()); {
			case limit <= h.shut, h.latest == 0 && limit > h.opens, h.latest != 0 && limit.Round(sec) != h.latest:
				t.Errorf("the limit in the picture is %s, want it after %s and by %s: %s", limit, h.shut, max(h.opens, h.latest), h.limit)
			}
		})
	}
}

// latestLimit is the latest limit of the process types that are presumed to have no old process.
func latestLimit(p rollout.Picture) time.Duration {
	var last time.Time
	for _, x := range p.Types {
		if x.Basis == rollout.Presumed && x.Limit.After(last) {
			last = x.Limit
		}
	}
	return last.Sub(at(0))
}

// bootsWithLostStart is a restart of which the start line is lost, so that nothing can be proven.
func (b *bench) bootsWithLostStart(d time.Duration, label string) {
	b.line(d, label, observe.State, "up", "starting")
	b.line(d+4*sec, label, observe.State, "starting", "up")
}

// stops is the end of a process: a SIGTERM at d, and the exit a second later.
func (b *bench) stops(d time.Duration, label string) {
	b.line(d, label, observe.Sigterm)
	b.line(d+sec, label, observe.Exit)
}

// provenAfterScalingDown has the old process of web.1 proven to have ended, and confirmed, by 20 s. Another
// web dyno was scaled away 20 s before the release. The log does not reach back far enough to show what was
// hidden behind it.
func (b *bench) provenAfterScalingDown() {
	prebootOn(b)
	b.lists.Formation[0].UpdatedAt = at(-20 * sec)
	b.logWhole(0, 300*sec)
	b.lookBeforeRelease(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.boots(1*sec, "web.1", "up")
	b.stops(5*sec, "web.1")
	b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
}

func TestHoldsOfPreboot(t *testing.T) {
	t.Parallel()
	web1, web2 := dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 60*sec)
	two := func(b *bench) { b.lists.Formation[0].Quantity = 2; b.logWhole(0, time.Hour) }
	restarted := func(b *bench) { // web.2 is restarted, and both times its old process is proven to have ended
		b.boots(1*sec, "web.2", "up")
		b.stops(6*sec, "web.2")
		b.boots(60*sec, "web.2", "up")
		b.stops(70*sec, "web.2")
	}
	checkHolds(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]holdCase{
		"a restart of another web dyno begins the hold again": {limit: "60 s, when web.2 was created, and 354 s for two dynos",
			play: func(b *bench) { two(b); prebootOn(b); b.bootsWithLostStart(1*sec, "web.1"); restarted(b) },
			list: []observe.Dyno{web1, web2}, shut: 413 * sec, opens: 415 * sec},
		"a restart of another web dyno that only the log shows": {limit: "80 s, when the restart of web.2 is announced, and 354 s",
			play: func(b *bench) {
				two(b)
				prebootOn(b)
				b.bootsWithLostStart(1*sec, "web.1")
				restarted(b)
				b.look(75*sec, web1, web2)
				b.line(80*sec, "web.2", observe.Replace)
			},
			list: []observe.Dyno{web1, web2}, shut: 433 * sec, opens: 435 * sec},
		"a restart of another web dyno of which there is only the state line": {limit: "80 s, when the restart of web.2 is announced, and 354 s",
			play: func(b *bench) {
				two(b)
				prebootOn(b)
				b.bootsWithLostStart(1*sec, "web.1")
				restarted(b)
				b.look(75*sec, web1, web2)
				b.line(80*sec, "web.2", observe.State, "up", "starting")
			},
			list: []observe.Dyno{web1, web2}, shut: 433 * sec, opens: 435 * sec},
		"a crash of another web dyno does not begin the hold again": {limit: "60 s, when web.2 was created, and 354 s",
			play: func(b *bench) {
				two(b)
				prebootOn(b)
				b.bootsWithLostStart(1*sec, "web.1")
				restarted(b)
				b.look(75*sec, web1, web2)
				b.line(78*sec, "web.2", observe.Exit)
				b.line(78*sec, "web.2", observe.State, "up", "crashed")
				b.boots(79*sec, "web.2", "crashed")
			},
			list: []observe.Dyno{web1, web2}, shut: 413 * sec, opens: 415 * sec, latest: 433 * sec},
		"a restart of a worker, or a line that comes late, does not begin the hold again": {limit: "60 s, when web.2 was created, and 354 s",
			play: func(b *bench) {
				two(b)
				prebootOn(b)
				b.addType("worker", 0, -999*time.Hour, -99*time.Hour)
				b.bootsWithLostStart(1*sec, "web.1")
				restarted(b)
				b.look(75*sec, web1, web2)
				b.line(80*sec, "worker.1", observe.Replace)
				b.apply(81*sec, observe.Observation{Line: &observe.Line{Stamp: at(30 * sec), Label: "web.2", Kind: observe.Replace}})
			},
			list: []observe.Dyno{web1, web2}, shut: 413 * sec, opens: 415 * sec},
		"a dyno that was scaled away before, and a log that broke": {limit: "-20 s, when web was last scaled, and 342 s: the log broke before it covered that",
			play: func(b *bench) { b.provenAfterScalingDown(); b.logState(30*sec, observe.Broken); b.look(50*sec, web1) },
			list: []observe.Dyno{web1}, shut: 321 * sec, opens: 323 * sec, latest: 343 * sec},
		"a dyno that was scaled away before, and nobody knows since when the log is whole": {limit: "-20 s, when web was last scaled, and 342 s",
			play: func(b *bench) {
				b.provenAfterScalingDown()
				b.logState(30*sec, observe.Gapped)
				b.apply(31*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
				b.look(50*sec, web1)
			},
			list: []observe.Dyno{web1}, shut: 321 * sec, opens: 323 * sec, latest: 343 * sec},
		"without preboot, a restart of another web dyno does not begin the hold again": {limit: "1 s, when web.1 was created, and 90 s",
			play: func(b *bench) { two(b); b.bootsWithLostStart(1*sec, "web.1"); restarted(b) },
			list: []observe.Dyno{web1, web2}, shut: 90 * sec, opens: 92 * sec, latest: 150 * sec},
		"a restart of a web dyno does not begin the hold on a worker again": {limit: "1 s, when worker.1 was created, and 90 s",
			play: func(b *bench) {
				b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
				b.lists.Formation[0].Quantity = 1
				b.logWhole(0, time.Hour)
				prebootOn(b)
				b.bootsWithLostStart(1*sec, "worker.1")
				restarted(b)
			},
			list: []observe.Dyno{web2, dynoOfType("worker", "worker.1", 42, "up", 1*sec)}, shut: 90 * sec, opens: 92 * sec},
		"a list that shows the record before again": {limit: "60 s, when web.2 was created, and 354 s",
			play: func(b *bench) {
				noLog(b)
				two(b)
				prebootOn(b)
				b.logState(0, observe.Broken)
				b.look(75*sec, web1, web2)
			},
			list: []observe.Dyno{web1, dyno("web.2", 42, "up", 1*sec)}, shut: 413 * sec, opens: 415 * sec},
		"a restart of another web dyno that no look shows, and a line that comes late": {limit: "80 s, when the restart of web.2 is announced, and 354 s",
			play: func(b *bench) {
				two(b)
				prebootOn(b)
				b.bootsWithLostStart(1*sec, "web.1")
				restarted(b)
				b.look(75*sec, web1, web2)
				b.boots(80*sec, "web.2", "up")
				b.stops(90*sec, "web.2")
				b.apply(95*sec, observe.Observation{Line: &observe.Line{Stamp: at(60*sec - sec/10), Label: "web.2", Kind: observe.Replace}})
			},
			list: []observe.Dyno{web1, web2}, shut: 433 * sec, opens: 435 * sec},
		"a label that only the log shows": {limit: "8 s, its last line, and 354 s for two dynos",
			play: func(b *bench) {
				two(b)
				prebootOn(b)
				b.boots(1*sec, "web.1", "up")
				b.stops(7*sec, "web.1")
				b.line(5*sec, "web.2", observe.Exit)
				b.line(8*sec, "web.2", observe.Exit) // one exit too many
				b.look(9*sec, web1)
				b.lists.Formation[0].Quantity = 1
				b.look(320*sec, web1)
			},
			list: []observe.Dyno{web1}, shut: 361 * sec, opens: 364 * sec},
		"more dynos than the formation wants": {limit: "1 s, and 330 s and 12 s for each of three",
			play: func(b *bench) { noLog(b); prebootOn(b) },
			list: []observe.Dyno{web1, dyno("web.2", 42, "up", 1*sec), dyno("web.3", 42, "up", 1*sec)}, shut: 366 * sec, opens: 368 * sec},
	})
}

func TestHoldsOfPrebootThatIsInDoubt(t *testing.T) {
	t.Parallel()
	say := func(answers ...observe.Preboot) func(b *bench) {
		return func(b *bench) {
			noLog(b)
			for _, p := range answers {
				b.apply(0, observe.Observation{Preboot: &p})
			}
		}
	}
	off := observe.Preboot{Known: true}
	list := []observe.Dyno{dyno("web.1", 42, "up", 1*sec)}
	const long, short = 343 * sec, 91 * sec
	at := func(limit string, end time.Duration, answers ...observe.Preboot) holdCase {
		return holdCase{limit: limit, play: say(answers...), list: list, shut: end - sec, opens: end + sec}
	}
	checkHolds(t, rollout.Config{}, map[string]holdCase{
		"preboot is off":                                                        at("preboot is off", short, off),
		"preboot was on, and is off now":                                        at("preboot was on, and may have been on when v42 was made", long, observe.Preboot{Known: true, Enabled: true}, off),
		"preboot was switched off just before the release":                      at("preboot was switched off 10 s before the release", long, observe.Preboot{Known: true, ChangedAt: epoch.Add(-10 * sec)}),
		"preboot was switched off long before the release":                      at("preboot was switched off a day before the release", short, observe.Preboot{Known: true, ChangedAt: epoch.Add(-24 * time.Hour)}),
		"preboot is off by the first answer, and the second time there is none": at("preboot is off by the answer that came", short, off, observe.Preboot{}),
	})
	faults := func(texts ...string) func(b *bench) {
		return func(b *bench) {
			prebootOn(b)
			for _, text := range texts {
				b.fault(1*sec, "web.1", text)
			}
			noLog(b)
		}
	}
	const r10 = "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within %d seconds of launch"
	checkHolds(t, rollout.Config{}, map[string]holdCase{
		"boot timeouts of 120 s, and of 60 s": {limit: "1 s, and 402 s with the longest boot timeout",
			play: faults(fmt.Sprintf(r10, 120), fmt.Sprintf(r10, 60)), list: list, shut: 402 * sec, opens: 404 * sec},
		"a boot timeout of days": {limit: "1 s, and 342 s: such a boot timeout is not believed",
			play: faults(fmt.Sprintf(r10, 99_999)), list: list, shut: 342 * sec, opens: 344 * sec},
		"an exit timeout, which is not about booting": {limit: "1 s, and 342 s",
			play: faults("Error R12 (Exit timeout) -> At least one process failed to exit within 90 seconds of SIGTERM"), list: list, shut: 342 * sec, opens: 344 * sec},
	})
	unknown := rollout.New(rollout.Config{App: "shop"})
	b := &bench{t: t, core: unknown, lists: newBench(t, rollout.Config{}).lists}
	runsOn(b, "", "cedar")
	b.look(91*sec, list...)
	b.apply(91*sec, observe.Observation{Preboot: &observe.Preboot{}})
	b.look(342*sec, list...)
	b.shut("nobody knows whether preboot is on")
	b.look(344*sec, list...)
	b.opens(rollout.Presumed)
}

// The list gives the time of a creation in whole seconds. Of two dynos that were created in the same second,
// the one that a look showed later counts. It must always be the same one, since it decides which reason the
// gate gives.
func TestTheHoldBeginsWithTheLastOfTheDynosOfOneSecond(t *testing.T) {
	t.Parallel()
	for range 20 {
		b := newBench(t, rollout.Config{})
		prebootOn(b)
		b.logWhole(0, time.Hour)
		b.line(6*sec, "web.8", observe.Replace)
		dynos := make([]observe.Dyno, 0, 8) // created later than a look shows them: one of the two clocks is wrong
		for i := range 8 {
			dynos = append(dynos, dyno(fmt.Sprintf("web.%d", i+1), 42, "starting", 30*sec))
			b.look(time.Duration(10+i)*sec, dynos...)
		}
		const want = "the start of the listed dyno is not in the log"
		if why := b.core.Picture().Types[0].HoldReason; why != want {
			t.Fatalf("the reason is %q, want that of web.1, %q", why, want)
		}
	}
}
