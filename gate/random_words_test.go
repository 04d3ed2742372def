// How a random roll-out that went wrong is told.

package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// mostDumps is how many failures are told with scenario, truth and output: one wrong
// condition can fail hundreds of roll-outs.
const mostDumps = 3

// clock writes a time of the story as people do: +3m08s.
func clock(at time.Duration) string {
	sign := "+"
	if at < 0 {
		sign, at = "-", -at
	}
	at = at.Round(10 * time.Millisecond)
	minutes := at / time.Minute
	seconds := (at - minutes*time.Minute).Seconds()
	if minutes == 0 {
		return fmt.Sprintf("%s%gs", sign, seconds)
	}
	return fmt.Sprintf("%s%dm%05.2fs", sign, minutes, seconds)
}

// words tell of a failure, how to play it again, and, of the first ones, the whole.
func (all *tally) words(r *rolled, o outcome, wrong string) string {
	all.Lock()
	defer all.Unlock()
	text := fmt.Sprintf("seed %d: %s\nagain: go test ./gate -run RandomRollouts -rolls 1 -seed %d -v", r.seed, wrong, r.seed)
	if all.dumped++; all.dumped > mostDumps {
		return text
	}
	return text + "\n" + r.dump(o)
}

// dump is the scenario, the truth and what the gate said.
func (r *rolled) dump(o outcome) string {
	text, err := r.YAML()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.inputs)) {
		fmt.Fprintf(&b, "input %s: %s\n", name, r.inputs[name])
	}
	fmt.Fprintf(&b, "---\n%s---\n", text)
	for _, in := range r.story.Instances {
		until := "to the end"
		if in.Exit > 0 {
			until = "to " + clock(in.Exit)
		}
		if in.Exit == 0 || in.Exit > r.deploy-time.Minute {
			fmt.Fprintf(&b, "%s of v%d ran from %s %s, up at %s, SIGTERM at %s\n", in.Label, in.Version, clock(in.Start), until, clock(in.Up), clock(in.Term))
		}
	}
	fmt.Fprintf(&b, "---\n%s", o.stdout)
	return b.String()
}
