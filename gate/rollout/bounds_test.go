// What the core remembers is bounded: a log that never ends must not fill the memory.

package rollout_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Before any look, the log has lines of ever new labels, and of many scalings.
func TestBoundedLabels(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	for i := range 20_100 {
		b.line(sec, fmt.Sprint("run.", i), observe.Start)
	}
	for range 300 {
		b.scales(sec, 0, -99*time.Hour)
	}
	if n := b.core.Scalings(); n > 200 {
		t.Errorf("%d scalings are remembered, want at most 200", n)
	}
	if n := b.core.Labels(); n > 20_000 {
		t.Errorf("%d labels are remembered, want at most 20,000", n)
	}
}

// The log has ever new labels, processes, crashes and gaps.
func TestBoundedMemory(t *testing.T) {
	b := newBench(t, rollout.Config{RequireProof: true})
	b.logWhole(0, time.Hour)
	b.look(1*sec, dyno("web.1", 41, "up", -24*time.Hour))
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	feed := func(from, to int) {
		for i := from; i < to; i++ {
			d := 2*sec + time.Duration(i)*time.Millisecond
			b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.Metric, UUID: fmt.Sprint("u", i)}})
			b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.Exit}})
			b.apply(d, observe.Observation{Line: &observe.Line{Stamp: at(d), Label: fmt.Sprint("run.", i), Kind: observe.Start}})
			if i%5 == 0 {
				b.apply(d, observe.Observation{Log: &observe.LogStatus{State: observe.Gapped, Reason: fmt.Sprint("gap ", i)}})
				b.apply(d, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(d)}})
			}
		}
	}
	before := heap()
	feed(0, 800)
	if p := b.core.Picture(); len(p.Gaps) > 100 || len(p.Notices) > 50 {
		t.Errorf("%d gaps and %d notices, want at most 100 and 50", len(p.Gaps), len(p.Notices))
	}
	if n := rollout.Reporters(b.core, "web.1"); n > 200 {
		t.Errorf("%d processes with metrics are remembered, want at most 200", n)
	}
	if grown := heap() - before; grown > 8 {
		t.Errorf("the heap has grown by %.1f MiB for 800 labels, want at most 8", grown)
	}
	runtime.KeepAlive(b)
}

// A release whose status is succeeded, and which does not say when, is called finished once, at the time at which it
// was made.
func TestReleaseThatDoesNotSayWhenItWasFinished(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.lists.Releases[1].UpdatedAt = time.Time{}
	for i := range 3 {
		b.look(time.Duration(1+i)*sec, dyno("web.1", 42, "starting", 0))
	}
	var finished []time.Time
	for _, m := range b.core.Picture().Moments {
		if strings.Contains(m.What, "finished") {
			finished = append(finished, m.Time)
		}
	}
	if len(finished) != 1 || !finished[0].Equal(at(0)) {
		t.Errorf("finished at %v, want once, at %v", finished, at(0))
	}
}
