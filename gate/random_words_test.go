// The report of a random roll-out that failed.

package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// clock writes a time of the story for people: +3m08.50s.
func clock(at time.Duration) string {
	sign := "+"
	if at < 0 {
		sign, at = "-", -at
	}
	at = at.Round(10 * time.Millisecond)
	seconds := strings.TrimSuffix(fmt.Sprintf("%05.2f", (at%time.Minute).Seconds()), ".00") + "s"
	switch minutes := at / time.Minute; {
	case minutes >= 60:
		return fmt.Sprintf("%s%dh%02dm%s", sign, minutes/60, minutes%60, seconds)
	case minutes > 0:
		return fmt.Sprintf("%s%dm%s", sign, minutes, seconds)
	}
	return sign + strings.TrimPrefix(seconds, "0")
}

// failure is what went wrong, the truth, and the gate's output. It leaves out the scenario, which
// is long: the command in it shows the scenario.
func (r *rolled) failure(o outcome, wrong string) *failure {
	return &failure{
		name: fmt.Sprintf("seed %d", r.seed), kind: kindOf(wrong),
		again: fmt.Sprintf("go test ./gate -count=1 -run RandomRollouts -rolls 1 -seed %d -v", r.seed),
		whole: wrong + "\n" + r.called() + r.truth() + o.stdout,
	}
}

// dump is the scenario, the truth and the gate's output.
func (r *rolled) dump(o outcome) string {
	text, err := r.YAML()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s---\n%s---\n%s---\n%s", r.called(), text, r.truth(), o.stdout)
}

// called is how the gate was started.
func (r *rolled) called() string {
	var inputs []string
	for _, name := range slices.Sorted(maps.Keys(r.inputs)) {
		inputs = append(inputs, name+": "+r.inputs[name])
	}
	return fmt.Sprintf("the gate began at %s with %s\n", clock(r.story.Gate), strings.Join(inputs, ", "))
}

// truth lists which process ran when, as far as it matters for the deploy.
func (r *rolled) truth() string {
	var b strings.Builder
	for _, in := range r.story.Instances {
		if in.Exit > 0 && in.Exit <= r.deploy-time.Minute {
			continue
		}
		fmt.Fprintf(&b, "%s of v%d ran from %s ", in.Label, in.Version, clock(in.Start))
		if in.Exit > 0 {
			fmt.Fprintf(&b, "until %s", clock(in.Exit))
		} else {
			b.WriteString("to the end")
		}
		if in.Up != 0 {
			fmt.Fprintf(&b, ", up from %s", clock(in.Up))
		}
		if in.Term != 0 {
			fmt.Fprintf(&b, ", asked to stop at %s", clock(in.Term))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// ran names processes and how long they ran.
func ran(all []herokusim.Instance) string {
	var said []string
	for _, in := range all {
		until := "to the end"
		if in.Exit > 0 {
			until = "until " + clock(in.Exit)
		}
		said = append(said, fmt.Sprintf("%s of v%d ran %s", in.Label, in.Version, until))
	}
	return strings.Join(said, ", ")
}

func TestClock(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Duration]string{
		0: "+0s", 7560 * time.Millisecond: "+7.56s", 500 * time.Millisecond: "+0.50s", 30 * time.Second: "+30s", -5 * time.Second: "-5s",
		188500 * time.Millisecond: "+3m08.50s", -72 * time.Hour: "-72h00m00s", -time.Hour + time.Second: "-59m59s",
	} {
		if got := clock(at); got != want {
			t.Errorf("%s is written %q, want %q", at, got, want)
		}
	}
}
