package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// BenchmarkApply is one line of the log in the middle of a preboot roll-out, when so
// many lines have come before: neither the length of a run nor the number of other
// dynos must tell much.
func BenchmarkApply(b *testing.B) {
	for _, c := range []struct{ dynos, before int }{{10, 0}, {10, 15_000}, {100, 0}, {100, 150_000}, {1000, 0}, {1000, 10_000}} {
		b.Run(fmt.Sprintf("dynos=%d/before=%d", c.dynos, c.before), func(b *testing.B) {
			var next func()
			lines, most := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				if lines == most { // the run is much longer than it shall be: begin another
					b.StopTimer()
					next = restarting(c.dynos)
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

// BenchmarkLook is a look at so many dynos, which weighs them all.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("dynos=%d", n), func(b *testing.B) {
			core, look := prebooting(n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				again := look
				again.AskedAt += time.Duration(i)
				core.Apply(observe.Observation{At: 6*sec + again.AskedAt, Look: &again})
			}
		})
	}
}

// BenchmarkPicture is what the report and the recording are made from.
func BenchmarkPicture(b *testing.B) {
	core, _ := prebooting(1000)
	b.ReportAllocs()
	for b.Loop() {
		core.Picture()
	}
}

// prebooting is a roll-out whose new dynos are up, and whose old ones have not ended.
func prebooting(dynos int) (*rollout.Rollout, observe.Look) {
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
		tell(core, i, sec, observe.State, "up", "starting")
		tell(core, i, 2*sec, observe.Start, "", "")
		tell(core, i, 4*sec, observe.State, "starting", "up")
	}
	core.Apply(observe.Observation{At: 6 * sec, Date: at(6 * sec), Look: &look})
	return core, look
}

// restarting is such a roll-out in which every dyno is restarted over and over, so
// that the books grow. Each call tells of one line of it.
func restarting(dynos int) (next func()) {
	core, _ := prebooting(dynos)
	i := 0
	return func() {
		n, d := i%dynos, 10*sec+time.Duration(i/dynos)*3*sec+time.Duration(i%dynos)*time.Millisecond
		switch i / dynos % 5 {
		case 0:
			tell(core, n, d, observe.State, "up", "starting")
		case 1:
			tell(core, n, d, observe.Sigterm, "", "")
		case 2:
			tell(core, n, d, observe.Start, "", "")
		case 3:
			tell(core, n, d, observe.Exit, "", "")
		case 4:
			tell(core, n, d, observe.State, "starting", "up")
		}
		i++
	}
}

func tell(core *rollout.Rollout, dyno int, d time.Duration, kind observe.LineKind, from, to string) {
	core.Apply(observe.Observation{At: 5 * sec, Line: &observe.Line{Stamp: at(d), Label: fmt.Sprintf("web.%d", dyno+1), Kind: kind, From: from, To: to}})
}
