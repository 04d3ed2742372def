// Tests of the list of a story for people.

package herokusim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func told(st *Story) string {
	var b strings.Builder
	for _, i := range st.Telling() {
		fmt.Fprintf(&b, "%s %s\n", i.At, i.Text)
	}
	return b.String()
}

// The number of old processes that are left depends on the release that is current then.
func TestTellingOfTwoReleases(t *testing.T) {
	t.Parallel()
	text := told(tellText(t, `types: {web: {quantity: 1, timing: {start: 1s, up: 2s, term: 3s, stop: 1s}}}
noise: 0
faults:
  - {from: 5s, to: 9s, path: /dynos, status: 503}
  - {hang: true}
events:
  - {at: 0s, config: {}}
  - {at: 100s, config: {}}
`))
	var got []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "left") || strings.Contains(line, "nothing") || strings.Contains(line, "fault") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{
		"0s fault 2 is there: {hang: true}",
		"4s web.1 of v41 has ended; 0 of an older release than v42 left",
		"4s nothing of v41 runs any more",
		"5s fault 1 begins: {path: /dynos, status: 503}",
		"9s fault 1 ends",
		"1m44s web.1 of v42 has ended; 0 of an older release than v43 left",
		"1m44s nothing of an older release runs any more",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTellingIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		var all []string
		for range 20 {
			all = append(all, told(tell(t, name)))
		}
		if len(slices.Compact(all)) != 1 {
			t.Errorf("%s is told in several ways", name)
		}
	}
}
