package rollout

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A reckoning that goes on from a mark, or is kept, comes to what one from the beginning
// comes to: whatever is entered late, twice or at the same moment, whatever question
// changes, whatever is dropped, and if time goes back for a moment.
func TestReckoningGoesOn(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	states := []string{"up", "starting", "crashed", "down"}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var b books
		release, whole, hold, none := begin.Add(time.Duration(rng.IntN(600))*time.Second), begin, 90*time.Second, rng.IntN(4) == 0
		now := begin
		var before tally
		var copied []time.Time
		for i := range 300 {
			now = now.Add(time.Duration(rng.IntN(250)) * time.Millisecond)
			if rng.IntN(60) == 0 {
				now = now.Add(time.Duration(rng.IntN(100)) * time.Second)
			}
			late := time.Duration(rng.IntN(3)) * 500 * time.Millisecond
			switch rng.IntN(20) {
			case 0, 1, 2, 3:
				late = time.Duration(rng.IntN(5000)) * time.Millisecond
			case 4:
				late = time.Duration(rng.IntN(60)) * time.Second
			}
			l := Line{Stamp: now.Add(-late), Kind: []LineKind{Start, Exit, Exit, Sigterm, State, State, Sigkill, Replace}[rng.IntN(8)]}
			switch l.Kind {
			case State:
				l.From, l.To = states[rng.IntN(4)], states[rng.IntN(4)]
			case Sigkill:
				l.Text = killedByR12
			}
			b.enter(l, 0)
			switch rng.IntN(60) {
			case 0:
				hold = time.Duration(60+rng.IntN(3)*15) * time.Second
			case 1:
				whole = whole.Add(time.Second)
			case 2:
				none = !none
			case 3:
				release = now.Add(-time.Duration(rng.IntN(60)) * time.Second)
			case 4:
				b.drop(now.Add(-time.Duration(rng.IntN(60)) * time.Second))
			}
			at := now
			if rng.IntN(8) == 0 {
				at = at.Add(-time.Duration(rng.IntN(100)) * time.Second)
			}
			got := b.reckon(none, hold, release, whole, at)
			for range 4 {
				anew := books{entries: b.entries, full: b.full}
				want := anew.reckon(none, hold, release, whole, at)
				if d := cmp.Diff(want, got, cmp.AllowUnexported(tally{})); d != "" {
					t.Fatalf("seed %d, entry %d (- anew, + kept):\n%s", seed, i, d)
				}
				at = now.Add(time.Duration(rng.IntN(200)-100) * time.Second) // the same books at another moment
				got = b.reckon(none, hold, release, whole, at)
			}
			if d := cmp.Diff(copied, before.crashes); d != "" { // a later one does not write into an earlier one
				t.Fatalf("seed %d, entry %d: the crashes of the tally before changed:\n%s", seed, i, d)
			}
			got = b.kept
			before, copied = got, append([]time.Time(nil), got.crashes...)
			var last time.Time
			for _, e := range b.entries {
				if e.Kind == Start {
					last = later(last, e.Stamp)
				}
			}
			if !last.Equal(b.lastStart) {
				t.Fatalf("seed %d, entry %d: last start %s, is %s", seed, i, b.lastStart, last)
			}
		}
	}
}
