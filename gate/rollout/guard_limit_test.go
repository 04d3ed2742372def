// Guards of the limit of each process type in the picture: when the hold on it was over, or would have been
// without proof.

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

// limitsByType are the limits of all process types, in time since the release.
func limitsByType(p rollout.Picture) string {
	var all []string
	for _, x := range p.Types {
		limit := "none"
		if !x.Limit.IsZero() {
			limit = x.Limit.Sub(at(0)).Round(time.Second).String()
		}
		all = append(all, x.Type+" "+limit)
	}
	return strings.Join(all, ", ")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	old := dyno("web.1", 41, "up", -24*time.Hour)
	deadline := func(b *bench, d time.Duration) { b.apply(d, observe.Observation{End: observe.Deadline}) }
	pod := func(name string, version int) observe.Dyno { return dyno(name, version, "up", -time.Hour) }
	for name, c := range map[string]struct {
		cfg  rollout.Config
		play func(b *bench)
		want string
	}{
		"a proven roll-out": {play: func(b *bench) { // 1 s, when the record was created, and 90 s
			b.replaceWeb1()
			b.line(5*sec, "web.1", observe.Exit)
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
		}, want: "web 1m31s"},
		"the later of two labels": {play: func(b *bench) {
			noLog(b)
			b.lists.Formation[0].Quantity = 2
			b.look(20*sec, dyno("web.1", 42, "up", 9*sec), dyno("web.2", 42, "up", 1*sec))
			b.look(200*sec, dyno("web.1", 42, "up", 9*sec), dyno("web.2", 42, "up", 1*sec))
		}, want: "web 1m39s"},
		"each process type has its own limit": {play: func(b *bench) {
			noLog(b)
			b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec), dynoOfType("worker", "worker.1", 42, "up", 9*sec))
			b.look(200*sec, dyno("web.1", 42, "up", 1*sec), dynoOfType("worker", "worker.1", 42, "up", 9*sec))
		}, want: "web 1m31s, worker 1m39s"},
		"before the verdict": {play: func(b *bench) {
			noLog(b)
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
		}, want: "web none"},
		"an old dyno is listed": {play: func(b *bench) {
			noLog(b)
			b.lists.Formation[0].Quantity = 2
			b.look(20*sec, dyno("web.2", 42, "up", 1*sec), old)
			deadline(b, 30*sec)
		}, want: "web none"},
		"a new label came by scaling up": {play: func(b *bench) { // it changes nothing: the limit is that of web.1
			b.replaceWeb1()
			b.look(6*sec, dyno("web.1", 42, "up", 1*sec))
			b.lists.Formation[0].Quantity, b.lists.Formation[0].UpdatedAt = 2, at(8*sec)
			b.line(9*sec, "web.2", observe.Start)
			b.line(10*sec, "web.2", observe.State, "starting", "up")
			two := []observe.Dyno{dyno("web.1", 42, "up", 1*sec), dyno("web.2", 42, "up", 8*sec)}
			b.look(15*sec, two...)
			b.line(20*sec, "web.1", observe.Exit)
			b.look(40*sec, two...)
		}, want: "web 1m31s"},
		"a dyno was scaled away": {play: func(b *bench) { // -10 s, when web was scaled, and 90 s
			noLog(b)
			b.lists.Formation[0] = observe.Formation{Type: "web", Quantity: 0, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-10 * sec)}
			b.look(20 * sec)
			b.look(200 * sec)
		}, want: "web 1m20s"},
		"a dyno of another process type was scaled away": {play: func(b *bench) { // worker: 50 s, when it was scaled down, and 90 s
			noLog(b)
			b.addType("worker", 1, -999*time.Hour, -99*time.Hour)
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
			b.lists.Formation = b.lists.Formation[:1:1]
			b.addType("worker", 0, -999*time.Hour, 50*sec)
			b.look(60*sec, dyno("web.1", 42, "up", 1*sec))
			b.look(200*sec, dyno("web.1", 42, "up", 1*sec))
		}, want: "web 1m31s, worker 2m20s"},
		"a dyno was scaled away long before": {play: func(b *bench) {
			noLog(b)
			b.lists.Formation[0] = observe.Formation{Type: "web", Quantity: 0, CreatedAt: at(-999 * time.Hour), UpdatedAt: at(-999 * sec)}
			b.look(20 * sec)
			b.look(200 * sec)
		}, want: "web none"},
		"pods": {play: func(b *bench) { // 30 s, when the later old pod was first missing, and 60 s
			runsOn(b, "s", "fir")
			noLog(b)
			b.lookBeforeRelease(0, pod("web-1-a", 41), pod("web-1-b", 41), pod("web-9-z", 42))
			b.look(10*sec, pod("web-1-a", 41), pod("web-2-c", 42))
			b.look(30*sec, pod("web-2-c", 42))
			b.look(400*sec, pod("web-2-c", 42))
		}, want: "web 1m30s"},
		"a new pod that left the list has no limit": {play: func(b *bench) {
			runsOn(b, "s", "fir")
			noLog(b)
			b.lookBeforeRelease(0, pod("web-1-a", 41))
			b.look(10*sec, pod("web-2-c", 42))
			b.look(20*sec, dyno("web-2-b", 42, "up", 15*sec), pod("web-2-c", 42))
			b.look(40*sec, pod("web-2-c", 42))
			b.look(400*sec, pod("web-2-c", 42))
		}, want: "web 1m10s"},
		"one-off dynos": {cfg: rollout.Config{IncludeOneOff: true}, play: func(b *bench) {
			noLog(b)
			b.lookBeforeRelease(0, old, dynoOfType("run", "run.1", 41, "up", -time.Hour))
			b.look(20*sec, dyno("web.1", 42, "up", 1*sec))
			b.look(200*sec, dyno("web.1", 42, "up", 1*sec))
		}, want: "run 1m20s, web 1m31s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.cfg.Want = release.Want{Version: 42}
			b := newBench(t, c.cfg)
			c.play(b)
			if got := limitsByType(b.core.Picture()); got != c.want {
				v, done := b.core.Verdict()
				t.Errorf("the limits are %s, want %s; verdict %v", got, c.want, fmt.Sprint(done, v))
			}
		})
	}
}
