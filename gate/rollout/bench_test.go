// Benchmarks: neither the length of a wait nor the number of other dynos may slow the core down much.

package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// BenchmarkApply applies one line of the log in the middle of a preboot roll-out, after the given number of
// lines.
func BenchmarkApply(b *testing.B) {
	for _, c := range []struct{ dynos, before int }{{10, 0}, {10, 15_000}, {100, 0}, {100, 150_000}, {1000, 0}, {1000, 10_000}} {
		b.Run(fmt.Sprintf("dynos=%d/before=%d", c.dynos, c.before), func(b *testing.B) {
			var next func()
			lines, most := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				if lines == most { // The wait has become much longer than wanted: begin another.
					b.StopTimer()
					next = restartingDynos(c.dynos)
					for range c.before {
						next()
					}
					lines, most = 0, 500*c.dynos
					b.StartTimer()
				}
				next()
				lines++
			}
		})
	}
}

// BenchmarkLook applies a look at so many dynos, and the core judges them all.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("dynos=%d", n), func(b *testing.B) {
			core, look := prebootRollout(n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				again := look
				again.AskedAt += time.Duration(i)
				core.Apply(observe.Observation{At: 6*sec + again.AskedAt, Look: &again})
			}
		})
	}
}

// BenchmarkPicture makes the picture, of which the report and the recording are made.
func BenchmarkPicture(b *testing.B) {
	core, _ := prebootRollout(1000)
	b.ReportAllocs()
	for b.Loop() {
		core.Picture()
	}
}

// prebootRollout is a roll-out whose new dynos are up, and whose old processes have not ended.
func prebootRollout(dynos int) (*rollout.Rollout, observe.Look) {
	core := rollout.New(rollout.Config{App: "shop", UseLog: true})
	core.Apply(observe.Observation{App: &observe.App{ID: "a"}})
	core.Apply(observe.Observation{Preboot: &observe.Preboot{Known: true, Enabled: true}})
	core.Apply(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(-time.Hour)}})
	look := observe.Look{
		Formation: []observe.Formation{{Type: "web", Quantity: dynos, CreatedAt: at(-99 * time.Hour), UpdatedAt: at(-99 * time.Hour)}},
		Releases: []observe.Release{
			{ID: "41", Version: 41, Status: "succeeded", CreatedAt: at(-time.Hour), UpdatedAt: at(-time.Hour)},
			{ID: "42", Version: 42, Status: "succeeded", CreatedAt: at(0), UpdatedAt: at(0)},
		},
	}
	for i := range dynos {
		look.Dynos = append(look.Dynos, dyno(fmt.Sprintf("web.%d", i+1), 42, "up", sec))
		applyLine(core, i, sec, observe.State, "up", "starting")
		applyLine(core, i, 2*sec, observe.Start, "", "")
		applyLine(core, i, 4*sec, observe.State, "starting", "up")
	}
	core.Apply(observe.Observation{At: 6 * sec, Date: at(6 * sec), Look: &look})
	return core, look
}

// restartingDynos is a preboot roll-out in which every dyno restarts over and over, so that the ledgers grow.
// Each call of next applies one line.
func restartingDynos(dynos int) (next func()) {
	core, _ := prebootRollout(dynos)
	i := 0
	return func() {
		n, d := i%dynos, 10*sec+time.Duration(i/dynos)*3*sec+time.Duration(i%dynos)*time.Millisecond
		switch i / dynos % 5 {
		case 0:
			applyLine(core, n, d, observe.State, "up", "starting")
		case 1:
			applyLine(core, n, d, observe.Sigterm, "", "")
		case 2:
			applyLine(core, n, d, observe.Start, "", "")
		case 3:
			applyLine(core, n, d, observe.Exit, "", "")
		case 4:
			applyLine(core, n, d, observe.State, "starting", "up")
		}
		i++
	}
}

// applyLine applies one line of the log.
func applyLine(core *rollout.Rollout, dyno int, d time.Duration, kind observe.LineKind, from, to string) {
	core.Apply(observe.Observation{At: 5 * sec, Line: &observe.Line{Stamp: at(d), Label: fmt.Sprintf("web.%d", dyno+1), Kind: kind, From: from, To: to}})
}
