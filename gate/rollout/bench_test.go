package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// BenchmarkApply is one line of the log in the middle of a preboot roll-out.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			core := rollout.New(rollout.Config{App: "shop", UseLog: true})
			feed := func(o rollout.Observation) { core.Apply(o) }
			feed(rollout.Observation{App: &rollout.App{ID: "a"}})
			feed(rollout.Observation{Preboot: &rollout.Preboot{Known: true, Enabled: true}})
			feed(rollout.Observation{Log: &rollout.LogStatus{State: rollout.Flowing, Since: at(-time.Hour)}})
			look := rollout.Look{
				Formation: []rollout.Formation{{Type: "web", Quantity: n, CreatedAt: at(-99 * time.Hour), UpdatedAt: at(-99 * time.Hour)}},
				Releases: []rollout.Release{
					{ID: "41", Version: 41, Status: "succeeded", CreatedAt: at(-time.Hour), UpdatedAt: at(-time.Hour)},
					{ID: "42", Version: 42, Status: "succeeded", CreatedAt: at(0), UpdatedAt: at(0)},
				},
			}
			line := func(i int, d time.Duration, kind rollout.LineKind, from, to string) rollout.Observation {
				return rollout.Observation{At: 5 * sec, Line: &rollout.Line{Stamp: at(d), Label: fmt.Sprintf("web.%d", i+1), Kind: kind, From: from, To: to}}
			}
			for i := range n {
				look.Dynos = append(look.Dynos, dyno(fmt.Sprintf("web.%d", i+1), 42, "up", sec))
				feed(line(i, sec, rollout.State, "up", "starting"))
				feed(line(i, 2*sec, rollout.Start, "", ""))
				feed(line(i, 4*sec, rollout.State, "starting", "up"))
			}
			feed(rollout.Observation{At: 6 * sec, Date: at(6 * sec), Look: &look})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				// The same label crashes over and over: the longest its books can get.
				core.Apply(line(i%n, time.Duration(i)*time.Microsecond+10*sec, rollout.Sigterm, "", ""))
			}
		})
	}
}
