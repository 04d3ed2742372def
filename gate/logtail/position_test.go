// Going on where another process stopped reading the log.

package logtail

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hashes are the hashes of lines, as in a Position.
func hashes(lines ...string) []string {
	var all []string
	for _, l := range lines {
		all = append(all, lineHash([]byte(strings.TrimSuffix(l, "\n"))))
	}
	return all
}

func TestReadingGoesOnAfterAPosition(t *testing.T) {
	t.Parallel()
	since := day.Add(-time.Minute)
	whole := script{steps: []step{{0, other(1) + exit(2) + exit(60)}}}
	for name, c := range map[string]struct {
		after   Position
		history script
		none    bool
		want    []string
	}{
		"the history holds a line that was read": {
			Position{Since: since, Last: hashes(other(1), exit(2))}, whole, false,
			[]string{"1s exit 2", "1s exit 60", "1s flowing since -60"},
		},
		"the history holds no line that was read": {
			Position{Since: since, Last: hashes(exit(-5), other(-4))}, whole, false,
			[]string{"1s gapped: " + breakReason, "1s exit 2", "1s exit 60", "1s flowing since 1"},
		},
		"nothing had been logged": {
			Position{Since: since}, whole, false,
			[]string{"1s exit 2", "1s exit 60", "1s flowing since -60"},
		},
		"nothing had been logged, and now much has": {
			Position{Since: since}, script{steps: []step{{0, strings.Repeat(other(1), wholeBelow) + exit(60)}}}, false,
			[]string{"1s gapped: " + breakReason, "1s exit 60", "1s flowing since 1"},
		},
		"there is no history": {
			Position{Since: since, Last: hashes(exit(2))}, whole, true,
			[]string{"1s gapped: " + noneReason, "1s flowing"},
		},
		"the log had never been whole": {
			Position{Last: hashes(exit(2))}, whole, false,
			[]string{"1s exit 2", "1s exit 60", "1s flowing since 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{tails: []script{lasting(0, nil)}, histories: []script{c.history}}
			got := play(t, s, 10*time.Second, func(tail *Tail) {
				tail.After, tail.NoHistory = &c.after, func() bool { return c.none }
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAPositionNamesTheLastLines(t *testing.T) {
	t.Parallel()
	s := &server{
		tails:     []script{lasting(0, told{0: exit(2), 5 * time.Second: exit(5), 9 * time.Second: exit(9)})},
		histories: []script{{steps: []step{{0, other(1) + exit(2)}}}},
	}
	var mu sync.Mutex
	var at []Position
	play(t, s, 12*time.Second, func(tail *Tail) {
		for _, d := range []time.Duration{500 * time.Millisecond, 3 * time.Second, 10 * time.Second} {
			time.AfterFunc(d, func() {
				mu.Lock()
				defer mu.Unlock()
				if p, ok := tail.Position(); ok {
					at = append(at, p)
				}
			})
		}
	})
	mu.Lock()
	defer mu.Unlock()
	if len(at) != 2 {
		t.Fatalf("%d positions, want 2: the log is not whole at first", len(at))
	}
	if diff := cmp.Diff(hashes(other(1), exit(2)), at[0].Last); diff != "" {
		t.Errorf("when it is whole: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(hashes(other(1), exit(2), exit(5), exit(9)), at[1].Last); diff != "" {
		t.Errorf("later: -want +got:\n%s", diff)
	}
}
