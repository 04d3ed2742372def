// Guards of crashes that end the wait, and of lists that were behind.

package rollout_test

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Which crashes end the wait, and which do not.
func TestCrashesThatCount(t *testing.T) {
	t.Parallel()
	up := dyno("web.1", 42, "up", 1*sec)
	// crash is a crash that only the log shows; the dyno boots again.
	crash := func(b *bench, d time.Duration) {
		b.line(d, "web.1", observe.Exit)
		b.line(d, "web.1", observe.State, "up", "crashed")
		b.boots(d+sec, "web.1", "crashed")
	}
	for name, c := range map[string]struct {
		cfg  rollout.Config
		play func(b *bench)
		ends bool
	}{
		"three in a row that only the log shows": {rollout.Config{}, func(b *bench) {
			b.replaceWeb1()
			for i := range 3 {
				crash(b, time.Duration(i)*10*sec+10*sec)
			}
			b.look(37*sec, up)
		}, true},
		"three, and then the dyno stays up": {rollout.Config{}, func(b *bench) {
			b.replaceWeb1()
			for i := range 3 {
				crash(b, time.Duration(i)*40*sec+10*sec)
			}
			b.look(170*sec, up)
		}, false},
		"three of the old dyno, and then the new one comes": {rollout.Config{}, func(b *bench) {
			b.logWhole(0, time.Hour)
			b.look(sec/2, dyno("web.1", 41, "up", -time.Hour))
			for i := range 3 {
				crash(b, time.Duration(i)*10*sec+10*sec)
			}
			b.boots(40*sec, "web.1", "up")
			b.look(46*sec, dyno("web.1", 42, "up", 40*sec))
		}, false},
		"a console that stays crashed": {rollout.Config{IncludeOneOff: true}, func(b *bench) {
			old, console := dyno("web.1", 41, "up", -time.Hour), dynoOfType("run", "run.7", 42, "crashed", 1*sec)
			b.logWhole(0, time.Hour)
			b.look(10*sec, old, console)
			b.look(100*sec, old, console)
		}, false},
		"a crashed dyno, and the list does not say since when": {rollout.Config{}, func(b *bench) {
			crashed := dyno("web.1", 42, "crashed", 1*sec)
			crashed.UpdatedAt = time.Time{}
			b.look(100*sec, crashed)
		}, false},
		"a crashed dyno that is scaled away": {rollout.Config{}, func(b *bench) {
			b.lists.Formation[0].Quantity = 2
			b.logWhole(0, time.Hour)
			old := dyno("web.1", 41, "up", -time.Hour)
			b.look(10*sec, old, dyno("web.2", 42, "crashed", 1*sec))
			b.lists.Formation[0].Quantity = 1
			b.look(20*sec, old)
			b.look(100*sec, old)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.cfg)
			c.play(b)
			if v, done := b.core.Verdict(); (v.Reason == rollout.DynosCrashed) != c.ends {
				t.Errorf("verdict %v, %+v; want an end by crashes: %v", done, v, c.ends)
			}
		})
	}
}

// A list that was behind may be behind again. So the core believes an exit later by the longest delay that it
// has seen, but by no more than ten seconds.
func TestListsThatWereBehind(t *testing.T) {
	t.Parallel()
	web1, web2 := dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec)
	checkGate(t, rollout.Config{}, map[string]gateCase{
		"7 s, then 1 s, and the exit is too fresh":  {truth: "the exit at 20 s may be a crash of v42, which a list shows 7 s later", play: func(b *bench) { b.listBehindUntil(12 * sec); b.look(25*sec, web1, web2) }},
		"7 s, then 1 s, and the exit is old enough": {opens: rollout.Proven, play: func(b *bench) { b.listBehindUntil(12 * sec); b.look(31*sec, web1, web2) }},
		"30 s": {opens: rollout.Proven, play: func(b *bench) { b.listBehindUntil(35 * sec); b.look(56*sec, web1, web2) }},
	})
}

// listBehindUntil has web.1 up at 5 s by the log, and only at d by the list. web.2 is up at d + 2 s by the
// log, and at d + 4 s by the list. The old process of web.2 ends at d + 3.5 s, and that of web.1 at d + 8 s.
func (b *bench) listBehindUntil(d time.Duration) {
	b.lists.Formation[0].Quantity = 2
	b.logWhole(0, time.Hour)
	b.boots(1*sec, "web.1", "up")
	starting1, starting2 := dyno("web.1", 42, "starting", 1*sec), dyno("web.2", 42, "starting", 1*sec)
	b.look(d-sec, starting1, starting2)
	b.boots(d-2*sec, "web.2", "up")
	b.stops(d+2*sec+sec/2, "web.2")
	b.look(d, dyno("web.1", 42, "up", 1*sec), starting2)
	b.look(d+3*sec, dyno("web.1", 42, "up", 1*sec), starting2)
	b.look(d+4*sec, dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 1*sec))
	b.stops(d+7*sec, "web.1")
}

// crashesAtBoot is a boot of web.1 that crashes after 2 s. A look a second later shows the crash.
func (b *bench) crashesAtBoot(d time.Duration, version int) {
	b.t.Helper()
	b.line(d, "web.1", observe.State, "crashed", "starting")
	b.line(d+sec, "web.1", observe.Start)
	b.line(d+3*sec, "web.1", observe.Exit)
	b.line(d+3*sec+time.Millisecond, "web.1", observe.State, "starting", "crashed")
	b.look(d+4*sec, dyno("web.1", version, "crashed", d))
}
