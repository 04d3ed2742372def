// The ends of holds as they are told: never too early, never far off, and the same again when the clock is known better.

package rollout

import (
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for begin := time.Duration(0); begin < 12*time.Second; begin += 100 * ms {
		var f figures
		f.tell(begin)
		first := f.of(begin)
		if first < begin+figureMoves || first >= begin+figureMoves+figureUnit || first%figureUnit != 0 {
			t.Fatalf("the figure for %s is %s", begin, first)
		}
		for _, moved := range []time.Duration{100 * ms, 500 * ms, figureMoves} {
			f.tell(begin + moved)
			if got := f.of(begin + moved); got != first || len(f) != 1 {
				t.Fatalf("the figure for %s is %s at first, and %s when it has moved by %s; %v", begin, first, got, moved, f)
			}
		}
		if got := f.of(begin + time.Minute); got < begin+time.Minute {
			t.Fatalf("another hold, of a minute later, has the figure %s", got)
		}
	}
}

// A hold that is renewed without end is told each time, and not all of that is remembered.
func TestFiguresAreBounded(t *testing.T) {
	t.Parallel()
	var f figures
	for i := range 10 * figuresKept {
		f.tell(time.Duration(i) * time.Minute)
	}
	last := (10*figuresKept - 1) * time.Minute
	if len(f) != figuresKept || f.of(last+time.Second/2) != last+figureUnit {
		t.Errorf("%d are kept, the last is %s", len(f), f[len(f)-1])
	}
}
