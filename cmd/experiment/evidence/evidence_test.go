// The platform's clock is found between whole seconds, and a gate is held against the truth by it.

package evidence

import (
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

func TestClock(t *testing.T) {
	t.Parallel()
	// The platform is 5 s ahead of this machine, and Start is at .300 of its second.
	start := second0.Add(300 * time.Millisecond)
	r := &Run{Start: start.Add(-5 * time.Second)}
	for _, at := range []time.Duration{0, 650 * time.Millisecond, 1720 * time.Millisecond, 3000 * time.Millisecond} {
		r.Requests = append(r.Requests, Request{At: at, Took: 40 * time.Millisecond, Date: start.Add(at + 20*time.Millisecond).Truncate(time.Second)})
	}
	r.Requests = append(r.Requests, Request{At: 5 * time.Second}) // no answer
	got, give := r.Clock()
	if off := got.Sub(start); off.Abs() > give+20*time.Millisecond || give > 100*time.Millisecond {
		t.Errorf("the clock is off by %s, and says %s", off, give)
	}
	if got, give := (&Run{Start: start}).Clock(); !got.Equal(start) || give != 0 {
		t.Errorf("without answers it is %s, give %s", got, give)
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()
	r := &Run{Start: second0, Releases: []Release{{Code: 1, Version: 3}, {Code: 2, Version: 4}}, Processes: []Process{
		{ID: "a", Code: 1, Last: second0.Add(60 * time.Second)}, {ID: "b", Code: 1, Last: second0.Add(90 * time.Second)},
		{ID: "c", Code: 2, Last: second0.Add(200 * time.Second)}}}
	for name, c := range map[string]struct {
		gate   Gate
		after  time.Duration
		opened bool
	}{
		"in time":    {Gate{Verdict: rollout.Verdict{Result: "passed"}, Release: 4, Ended: 91 * time.Second}, time.Second, true},
		"too early":  {Gate{Verdict: rollout.Verdict{Result: "passed"}, Release: 4, Ended: 80 * time.Second}, -10 * time.Second, true},
		"not opened": {Gate{Verdict: rollout.Verdict{Result: "failed"}, Release: 4, Ended: 80 * time.Second}, 0, false},
		"of before":  {Gate{Verdict: rollout.Verdict{Result: "passed"}, Release: 3, Ended: 80 * time.Second}, -10 * time.Second, true},
		"unknown":    {Gate{Verdict: rollout.Verdict{Result: "passed"}, Release: 9, Ended: 80 * time.Second}, -10 * time.Second, true},
	} {
		if after, opened := r.After(c.gate); after != c.after || opened != c.opened {
			t.Errorf("%s: %s, %v", name, after, opened)
		}
	}
}
