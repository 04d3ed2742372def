// Raw gets every line, including the app's, from the stream and from the history.

package logtail

import (
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRaw(t *testing.T) {
	t.Parallel()
	s := &server{
		tails:     []script{{open: true, steps: []step{{0, other(1) + exit(2)}, {5 * time.Second, other(9)}}}},
		histories: []script{{steps: []step{{0, other(1) + exit(2) + other(3)}}}},
	}
	var mu sync.Mutex
	seen := map[string]int{}
	play(t, s, 10*time.Second, func(tail *Tail) {
		tail.Raw = func(line []byte) {
			mu.Lock()
			defer mu.Unlock()
			seen[string(line)]++
		}
	})
	// other(3) was lost to the stream while joining.
	for _, line := range []string{other(1), exit(2), other(3), other(9)} {
		if seen[strings.TrimSuffix(line, "\n")] == 0 {
			t.Errorf("%q was not handed on: %v", line, seen)
		}
	}
	if len(seen) != 4 {
		t.Errorf("handed on: %v", seen)
	}
}
