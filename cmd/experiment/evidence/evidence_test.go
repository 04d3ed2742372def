// The platform's clock is found between whole seconds, and a gate is held against the truth by it.

package evidence

import (
	"testing"
	"time"
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

func TestLastOld(t *testing.T) {
	t.Parallel()
	r := &Run{Releases: []Release{{Code: 1, Version: 3}, {Code: 2, Version: 4}, {Code: 3, Version: 5}}, Processes: []Process{
		{ID: "a", Code: 1, Last: second0.Add(60 * time.Second)}, {ID: "b", Code: 1, Last: second0.Add(90 * time.Second)},
		{ID: "c", Code: 2, Last: second0.Add(200 * time.Second)}}}
	for release, want := range map[int]string{3: "b", 4: "b", 5: "c", 9: "b"} { // v3 is that of code 1, and v9 is unknown
		if last := r.LastOld(Gate{Release: release}); last.ID != want {
			t.Errorf("before v%d it is %q, want %q", release, last.ID, want)
		}
	}
	if last := (&Run{}).LastOld(Gate{}); last.ID != "" {
		t.Errorf("of nothing it is %q", last.ID)
	}
}
