// The ends of holds as people are told them: never too early, never far off, and the same again when the clock
// is known better.

package rollout

import (
	"testing"
	"time"
)

func TestHoldEnds(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for begin := time.Duration(0); begin < 12*time.Second; begin += 100 * ms {
		var f holdEnds
		f.remember(begin)
		first := f.told(begin)
		if first < begin+holdEndMoves || first >= begin+holdEndMoves+holdEndUnit || first%holdEndUnit != 0 {
			t.Fatalf("the end %s is told as %s", begin, first)
		}
		for _, moved := range []time.Duration{100 * ms, 500 * ms, holdEndMoves} {
			f.remember(begin + moved)
			if got := f.told(begin + moved); got != first || len(f) != 1 {
				t.Fatalf("the end %s is told as %s at first, and %s when it has moved by %s; %v", begin, first, got, moved, f)
			}
		}
		if got := f.told(begin + time.Minute); got < begin+time.Minute {
			t.Fatalf("another hold, of a minute later, is told as %s", got)
		}
	}
}

// A hold can be renewed again and again. Not all of its ends are remembered.
func TestHoldEndsAreBounded(t *testing.T) {
	t.Parallel()
	var f holdEnds
	for i := range 10 * maxHoldEnds {
		f.remember(time.Duration(i) * time.Minute)
	}
	last := (10*maxHoldEnds - 1) * time.Minute
	if len(f) != maxHoldEnds || f.told(last+time.Second/2) != last+holdEndUnit {
		t.Errorf("%d are kept, the last is %s", len(f), f[len(f)-1])
	}
}
