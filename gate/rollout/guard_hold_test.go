// Guards of the holds: what is not proven counts as alive for as long as it can hide, and
// not for longer.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// A hold is a case: what happens, whose limit it is, when it must still be shut and when
// it must have opened, on presumption.
type hold struct {
	limit string
	play  func(b *bench)
	list  []observe.Dyno // what the last looks show
	shut  time.Duration
	opens time.Duration
	// told is the limit of all labels, if that is another: of one that was proven.
	told time.Duration
}

func noLog(b *bench) {
	b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}})
}

func runsOn(b *bench, space, generation string) {
	b.apply(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: space, Generation: generation}})
}

func checkHolds(t *testing.T, cfg rollout.Config, holds map[string]hold) {
	t.Helper()
	for name, h := range holds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, cfg)
			h.play(b)
			b.shut("before: " + h.limit)
			b.sees(h.shut, h.list...)
			b.shut(h.limit)
			b.sees(h.opens, h.list...)
			if v, done := b.core.Verdict(); !done || v.Result != rollout.Passed || v.Basis != rollout.Presumed {
				t.Errorf("at %s: %v, %+v; want it to pass, presumed; the limit: %s; picture %+v", h.opens, done, v, h.limit, b.core.Picture())
			}
			// And the limit that it tells is that at which it opened, or a later one of what was proven.
			switch told := limitToldOf(b.core.Picture()); {
			case told <= h.shut, h.told == 0 && told > h.opens, h.told != 0 && told.Round(sec) != h.told:
				t.Errorf("the limit that is told is %s, want it after %s and by %s: %s", told, h.shut, max(h.opens, h.told), h.limit)
			}
		})
	}
}

// limitToldOf is the last limit of the types that are presumed to be clear.
func limitToldOf(p rollout.Picture) time.Duration {
	var last time.Time
	for _, x := range p.Types {
		if x.Basis == rollout.Presumed && x.Limit.After(last) {
			last = x.Limit
		}
	}
	return last.Sub(at(0))
}

// lostStart has a label restart, in a way that cannot be proven: its start is lost.
func (b *bench) lostStart(d time.Duration, label string) {
	b.line(d, label, observe.State, "up", "starting")
	b.line(d+4*sec, label, observe.State, "starting", "up")
}

// provenEnd has the old one of a label end after a start.
func (b *bench) provenEnd(d time.Duration, label string) {
	b.line(d, label, observe.Sigterm)
	b.line(d+sec, label, observe.Exit)
}

// scaledAway has web.1 proven, and confirmed to be, by 20 s. Another web dyno was scaled
// away 20 s before the release, and the log does not reach back long enough to have told
// of what hid behind it.
func (b *bench) scaledAway() {
	preboot(b)
	b.look.Formation[0].UpdatedAt = at(-20 * sec)
	b.logs(0, 300*sec)
	b.before(0, dyno("web.1", 41, "up", -24*time.Hour))
	b.starts(1*sec, "web.1", "up")
	b.provenEnd(5*sec, "web.1")
	b.sees(20*sec, dyno("web.1", 42, "up", 1*sec))
}

func TestHoldsOfPreboot(t *testing.T) {
	t.Parallel()
	web1, web2 := dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 60*sec)
	two := func(b *bench) { b.look.Formation[0].Quantity = 2; b.logs(0, time.Hour) }
	restarted := func(b *bench) { // web.2 is proven to be clear, twice
		b.starts(1*sec, "web.2", "up")
		b.provenEnd(6*sec, "web.2")
		b.starts(60*sec, "web.2", "up")
		b.provenEnd(70*sec, "web.2")
	}
	checkHolds(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]hold{
		"a restart of another web dyno begins it anew": {limit: "60 s, when web.2 was created, and 354 s for two dynos",
			play: func(b *bench) { two(b); preboot(b); b.lostStart(1*sec, "web.1"); restarted(b) },
			list: []observe.Dyno{web1, web2}, shut: 413 * sec, opens: 415 * sec},
		"a restart of another that only the log shows": {limit: "80 s, when web.2 is announced, and 354 s",
			play: func(b *bench) {
				two(b)
				preboot(b)
				b.lostStart(1*sec, "web.1")
				restarted(b)
				b.sees(75*sec, web1, web2)
				b.line(80*sec, "web.2", observe.Replace)
			},
			list: []observe.Dyno{web1, web2}, shut: 433 * sec, opens: 435 * sec},
		"an announcement that is all there is of it": {limit: "80 s, when web.2 is said to be restarted, and 354 s",
			play: func(b *bench) {
				two(b)
				preboot(b)
				b.lostStart(1*sec, "web.1")
				restarted(b)
				b.sees(75*sec, web1, web2)
				b.line(80*sec, "web.2", observe.State, "up", "starting")
			},
			list: []observe.Dyno{web1, web2}, shut: 433 * sec, opens: 435 * sec},
		"a crash of another does not": {limit: "60 s, when web.2 was created, and 354 s",
			play: func(b *bench) {
				two(b)
				preboot(b)
				b.lostStart(1*sec, "web.1")
				restarted(b)
				b.sees(75*sec, web1, web2)
				b.line(78*sec, "web.2", observe.Exit)
				b.line(78*sec, "web.2", observe.State, "up", "crashed")
				b.starts(79*sec, "web.2", "crashed")
			},
			list: []observe.Dyno{web1, web2}, shut: 413 * sec, opens: 415 * sec, told: 433 * sec},
		"nor a restart of a worker, nor a line that comes late": {limit: "60 s, when web.2 was created, and 354 s",
			play: func(b *bench) {
				two(b)
				preboot(b)
				b.wants("worker", 0, -999*time.Hour, -99*time.Hour)
				b.lostStart(1*sec, "web.1")
				restarted(b)
				b.sees(75*sec, web1, web2)
				b.line(80*sec, "worker.1", observe.Replace)
				b.apply(81*sec, observe.Observation{Line: &observe.Line{Stamp: at(30 * sec), Label: "web.2", Kind: observe.Replace}})
			},
			list: []observe.Dyno{web1, web2}, shut: 413 * sec, opens: 415 * sec},
		"a dyno that was scaled away before, and a log that broke": {limit: "-20 s, when web was last scaled, and 342 s: the log broke before it covered that",
			play: func(b *bench) { b.scaledAway(); b.state(30*sec, observe.Broken); b.sees(50*sec, web1) },
			list: []observe.Dyno{web1}, shut: 321 * sec, opens: 323 * sec, told: 343 * sec},
		"a dyno that was scaled away before, and a log that begins nowhere": {limit: "-20 s, when web was last scaled, and 342 s",
			play: func(b *bench) {
				b.scaledAway()
				b.state(30*sec, observe.Gapped)
				b.apply(31*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
				b.sees(50*sec, web1)
			},
			list: []observe.Dyno{web1}, shut: 321 * sec, opens: 323 * sec, told: 343 * sec},
		"without preboot it does not": {limit: "1 s, when web.1 was created, and 90 s",
			play: func(b *bench) { two(b); b.lostStart(1*sec, "web.1"); restarted(b) },
			list: []observe.Dyno{web1, web2}, shut: 90 * sec, opens: 92 * sec, told: 150 * sec},
		"not of a worker": {limit: "1 s, when worker.1 was created, and 90 s",
			play: func(b *bench) {
				b.wants("worker", 1, -999*time.Hour, -99*time.Hour)
				b.look.Formation[0].Quantity = 1
				b.logs(0, time.Hour)
				preboot(b)
				b.lostStart(1*sec, "worker.1")
				restarted(b)
			},
			list: []observe.Dyno{web2, typed("worker", "worker.1", 42, "up", 1*sec)}, shut: 90 * sec, opens: 92 * sec},
		"a list that goes back to the record before": {limit: "60 s, when web.2 was created, and 354 s",
			play: func(b *bench) { noLog(b); two(b); preboot(b); b.state(0, observe.Broken); b.sees(75*sec, web1, web2) },
			list: []observe.Dyno{web1, dyno("web.2", 42, "up", 1*sec)}, shut: 413 * sec, opens: 415 * sec},
		"a restart of another that no list shows, and a line that comes late": {limit: "80 s, when web.2 is announced, and 354 s",
			play: func(b *bench) {
				two(b)
				preboot(b)
				b.lostStart(1*sec, "web.1")
				restarted(b)
				b.sees(75*sec, web1, web2)
				b.starts(80*sec, "web.2", "up")
				b.provenEnd(90*sec, "web.2")
				b.apply(95*sec, observe.Observation{Line: &observe.Line{Stamp: at(60*sec - sec/10), Label: "web.2", Kind: observe.Replace}})
			},
			list: []observe.Dyno{web1, web2}, shut: 433 * sec, opens: 435 * sec},
		"a label that only the log shows is not forgotten": {limit: "8 s, its last line, and 354 s for two dynos",
			play: func(b *bench) {
				two(b)
				preboot(b)
				b.starts(1*sec, "web.1", "up")
				b.provenEnd(7*sec, "web.1")
				b.line(5*sec, "web.2", observe.Exit)
				b.line(8*sec, "web.2", observe.Exit) // there is one too many
				b.sees(9*sec, web1)
				b.look.Formation[0].Quantity = 1
				b.sees(320*sec, web1)
			},
			list: []observe.Dyno{web1}, shut: 361 * sec, opens: 364 * sec},
		"more dynos than are wanted": {limit: "1 s, and 330 s and 12 s for each of three",
			play: func(b *bench) { noLog(b); preboot(b) },
			list: []observe.Dyno{web1, dyno("web.2", 42, "up", 1*sec), dyno("web.3", 42, "up", 1*sec)}, shut: 366 * sec, opens: 368 * sec},
		"more are wanted than are listed": {limit: "1 s, and 330 s and 12 s for each of three",
			play: func(b *bench) {
				noLog(b)
				preboot(b)
				b.look.Formation[0].Quantity = 3
				b.sees(366*sec, web1)
				b.look.Formation[0].Quantity = 1
			},
			list: []observe.Dyno{web1}, shut: 300 * sec, opens: 367 * sec},
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
	at := func(limit string, end time.Duration, answers ...observe.Preboot) hold {
		return hold{limit: limit, play: say(answers...), list: list, shut: end - sec, opens: end + sec}
	}
	checkHolds(t, rollout.Config{}, map[string]hold{
		"off":                      at("it is off", short, off),
		"on, and then off":         at("it was on, and may have been as v42 came", long, observe.Preboot{Known: true, Enabled: true}, off),
		"switched off just before": at("it was switched off 10 s before the release", long, observe.Preboot{Known: true, ChangedAt: epoch.Add(-10 * sec)}),
		"switched off long before": at("it was switched off a day before", short, observe.Preboot{Known: true, ChangedAt: epoch.Add(-24 * time.Hour)}),
		"no answer after one":      at("it is off by the answer that came", short, off, observe.Preboot{}),
	})
	faults := func(texts ...string) func(b *bench) {
		return func(b *bench) {
			preboot(b)
			for _, text := range texts {
				b.fault(1*sec, "web.1", text)
			}
			noLog(b)
		}
	}
	const r10 = "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within %d seconds of launch"
	checkHolds(t, rollout.Config{}, map[string]hold{
		"boot timeouts of 120 s, and of 60 s": {limit: "1 s, and 402 s with the longest boot timeout",
			play: faults(fmt.Sprintf(r10, 120), fmt.Sprintf(r10, 60)), list: list, shut: 402 * sec, opens: 404 * sec},
		"a boot timeout of days": {limit: "1 s, and 342 s: nobody waits so long for a boot",
			play: faults(fmt.Sprintf(r10, 99_999)), list: list, shut: 342 * sec, opens: 344 * sec},
		"another time-out": {limit: "1 s, and 342 s",
			play: faults("Error R12 (Exit timeout) -> At least one process failed to exit within 90 seconds of SIGTERM"), list: list, shut: 342 * sec, opens: 344 * sec},
	})
	unknown := rollout.New(rollout.Config{App: "shop"})
	b := &bench{t: t, core: unknown, look: newBench(t, rollout.Config{}).look}
	runsOn(b, "", "cedar")
	b.sees(91*sec, list...)
	b.apply(91*sec, observe.Observation{Preboot: &observe.Preboot{}})
	b.sees(342*sec, list...)
	b.shut("whether preboot is on is not known")
	b.sees(344*sec, list...)
	b.open(true, rollout.Presumed)
}

// Creations are given in whole seconds. Of two dynos of one second the one that the gate saw later counts, and
// not now this one and now that one: it decides which reason is told.
func TestTheHoldBeginsWithTheLastOfTheDynosOfOneSecond(t *testing.T) {
	t.Parallel()
	for range 20 {
		b := newBench(t, rollout.Config{})
		preboot(b)
		b.logs(0, time.Hour)
		b.line(6*sec, "web.8", observe.Replace)
		dynos := make([]observe.Dyno, 0, 8) // created later than they are seen: one of the two clocks is wrong
		for i := range 8 {
			dynos = append(dynos, dyno(fmt.Sprintf("web.%d", i+1), 42, "starting", 30*sec))
			b.sees(time.Duration(10+i)*sec, dynos...)
		}
		const want = "the start of the listed dyno is not in the log"
		if why := b.core.Picture().Types[0].HoldReason; why != want {
			t.Fatalf("the reason is %q, want %q, which is that of web.1", why, want)
		}
	}
}
