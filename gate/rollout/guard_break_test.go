// Guards of proof when the log breaks: what stays proven, and what a break must not prove.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// provenButWeb2Boots has both labels proven by 6 s to have no old process, without any exit: both dynos had
// crashed before. The list shows web.2 still starting.
func (b *bench) provenButWeb2Boots() {
	b.t.Helper()
	prebootOn(b)
	b.lists.Formation[0].Quantity = 2
	b.logWhole(0, time.Hour)
	for i, d := range []time.Duration{1 * sec, 3 * sec, 5 * sec} {
		for _, l := range []string{"web.1", "web.2"} {
			b.bootLine(d, l, i)
		}
	}
	b.lookAskedAt(5*sec-sec/10, 5*sec+sec/5, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
	b.lookAskedAt(6*sec, 6*sec+sec/4, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec)) // asked for after the proof, and confirms it
	b.shut("web.2 is not up")
}

// bootLine is one of the three lines of a boot after a crash.
func (b *bench) bootLine(d time.Duration, label string, step int) {
	switch step {
	case 0:
		b.line(d, label, observe.State, "crashed", "starting")
	case 1:
		b.line(d, label, observe.Start)
	case 2:
		b.line(d, label, observe.State, "starting", "up")
	}
}

func TestProofThatABreakLeaves(t *testing.T) {
	t.Parallel()
	both := []observe.Dyno{dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec)}
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"a break": {opens: rollout.Proven, play: func(b *bench) {
			b.provenButWeb2Boots()
			b.logState(7*sec, observe.Broken)
			b.look(9*sec, both...)
		}},
		"a break, and lines that come again": {opens: rollout.Proven, play: func(b *bench) {
			b.provenButWeb2Boots()
			b.logState(7*sec, observe.Broken)
			b.bootLine(5*sec, "web.1", 2)
			b.bootLine(3*sec, "web.2", 1)
			b.look(9*sec, both...)
		}},
		"a line that comes twice, and then a break": {opens: rollout.Proven, play: func(b *bench) {
			b.provenButWeb2Boots()
			for _, l := range []string{"web.1", "web.2"} {
				b.apply(6*sec+sec/2, observe.Observation{Line: &observe.Line{Stamp: at(5*sec + sec/2), Label: l, Kind: observe.State, From: "starting", To: "up"}})
			}
			b.logState(7*sec, observe.Broken)
			b.look(9*sec, both...)
		}},
		"two breaks, and a look in the first one": {truth: "no look was asked for after the log was whole again", play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.logWhole(0, time.Hour)
			for i, d := range []time.Duration{1 * sec, 3 * sec, 5 * sec} {
				for _, l := range []string{"web.1", "web.2"} {
					b.bootLine(d, l, i)
				}
			}
			b.lookAskedAt(5*sec-sec/10, 5*sec+sec/5, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
			b.logState(6*sec, observe.Broken)
			b.look(7*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
			b.logWhole(8*sec, time.Hour)
			b.logState(8*sec+sec/2, observe.Broken)
			b.look(9*sec, both...)
		}},
		"Heroku refuses the log": {opens: rollout.Proven, play: func(b *bench) {
			b.provenButWeb2Boots()
			b.logState(7*sec, observe.Refused)
			b.look(9*sec, both...)
		}},
		"two gaps": {opens: rollout.Proven, play: func(b *bench) {
			b.provenButWeb2Boots()
			b.logState(7*sec, observe.Gapped)
			b.logState(8*sec, observe.Flowing)
			b.logState(9*sec, observe.Gapped)
			b.logState(10*sec, observe.Flowing)
			b.look(11*sec, both...)
		}},
		"a restart after a gap": {truth: "the exit may be that of the first process of v42, and the one of v41 may run", play: func(b *bench) {
			b.replaceWeb1()
			b.logState(8*sec, observe.Gapped)
			b.logState(9*sec, observe.Flowing)
			b.boots(20*sec, "web.1", "up")
			b.line(26*sec, "web.1", observe.Exit)
			b.look(40*sec, dyno("web.1", 42, "up", 20*sec))
		}},
		"a look that was asked for before the proof": {truth: "no look was asked for since then, and the break may hide a crash of v42", play: func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.logWhole(0, time.Hour)
			for i, d := range []time.Duration{1 * sec, 3 * sec, 5 * sec} {
				b.bootLine(d, "web.2", i)
			}
			b.boots(1*sec, "web.1", "up")
			b.line(10*sec, "web.1", observe.Exit)
			b.line(11*sec, "web.1", observe.Sigterm) // no exit follows, so this process counts as stopping for 32 s
			b.look(21*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "starting", 1*sec))
			b.apply(44*sec, observe.Observation{})
			b.logState(44*sec+sec/2, observe.Broken)
			b.look(46*sec, both...)
		}},
		"more lines than the ledger can keep, while the log is broken": {truth: "the ledger is full, and proves nothing", play: func(b *bench) {
			b.provenButWeb2Boots()
			b.logState(7*sec, observe.Broken)
			for i := range 2100 {
				b.line(7*sec+time.Duration(i)*time.Millisecond, "web.1", observe.Exit)
			}
			b.look(12*sec, both...)
		}},
	})
}

// In a Private Space a record can keep its id and its time when Heroku replaces the dyno. The version then
// shows that it is a new record.
func TestRecordsThatChangeInPlace(t *testing.T) {
	t.Parallel()
	old := dyno("web.1", 41, "up", -24*time.Hour)
	changed := old
	changed.Version = 42
	again := func(by func(*observe.Dyno)) holdCase {
		second := changed
		by(&second)
		return holdCase{limit: "30 s, when it was first seen as another new record, and 60 s",
			play: func(b *bench) {
				b.lists.Releases = append(b.lists.Releases, otherRelease(43, "succeeded", "s42"))
				runsOn(b, "s", "cedar")
				noLog(b)
				b.lookBeforeRelease(0, old)
				b.look(10*sec, changed)
				b.look(30*sec, second)
			},
			list: []observe.Dyno{second}, shut: 89 * sec, opens: 91 * sec}
	}
	checkHolds(t, rollout.Config{Want: release.Want{Version: 42}}, map[string]holdCase{
		"once": {limit: "30 s, when it was first seen as new, and 60 s",
			play: func(b *bench) {
				runsOn(b, "s", "cedar")
				noLog(b)
				b.lookBeforeRelease(0, old)
				b.look(30*sec, changed)
			},
			list: []observe.Dyno{changed}, shut: 89 * sec, opens: 91 * sec},
		"twice, by the id":      again(func(d *observe.Dyno) { d.ID = "another" }),
		"twice, by the time":    again(func(d *observe.Dyno) { d.CreatedAt = at(5 * sec) }),
		"twice, by the version": again(func(d *observe.Dyno) { d.Version = 43 }),
		"back and forth, since one list is behind": {limit: "30 s, when it was last seen as new, and 60 s",
			play: func(b *bench) {
				runsOn(b, "s", "cedar")
				noLog(b)
				b.look(2*sec, dyno("web.1", 42, "up", 1*sec))
				b.look(4*sec, old)
				b.look(30*sec, dyno("web.1", 42, "up", 1*sec))
			},
			list: []observe.Dyno{dyno("web.1", 42, "up", 1*sec)}, shut: 89 * sec, opens: 91 * sec},
	})
}

// The log alone shows a label. Its process type is the longest one that the name of the label begins with.
func TestTypesOfLabelsInTheLog(t *testing.T) {
	t.Parallel()
	for range 20 { // the order of the types is random
		b := newBench(t, rollout.Config{Types: []string{"web"}})
		b.addType("web-admin", 1, -999*time.Hour, -99*time.Hour)
		b.replaceWeb1()
		b.line(7*sec, "web-admin.1", observe.Sigterm)
		b.line(7*sec, "web-admin-7d9f", observe.Sigterm)
		b.line(10*sec, "web.1", observe.Exit)
		b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
		b.opens(rollout.Proven)
	}
	b := newBench(t, rollout.Config{Types: []string{"web"}})
	b.replaceWeb1()
	b.line(7*sec, "web.2", observe.Sigterm)
	b.line(10*sec, "web.1", observe.Exit)
	b.look(12*sec, dyno("web.1", 42, "up", 1*sec))
	b.shut("web.2, which no look shows, is being stopped")
}
