// Races: newer releases after the target in random roll-outs. And the gate gives the same verdict,
// whether it starts before or after the newer release.

package gate_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// target is the version that a gate started at that time waits for.
func (r *rolled) target(gate time.Duration) int {
	switch {
	case r.inputs["release"] != "":
		return r.before() + 1
	case r.inputs["commit"] != "":
		return r.newest(r.deploy)
	}
	return r.newest(gate)
}

// newest is the version of the newest release at that time.
func (r *rolled) newest(at time.Duration) int {
	version := r.before()
	for _, e := range r.Events {
		if made, ok := releasedAt(e); ok && made <= at {
			version++
		}
	}
	return version
}

// releasedAt is when the event makes a release; false if it makes none.
func releasedAt(e herokusim.Event) (at time.Duration, ok bool) {
	if e.Deploy != nil && e.Deploy.Build != nil {
		return e.At + e.Deploy.Build.Takes, true
	}
	return e.At, e.Deploy != nil || e.Config != nil || e.Rollback != nil
}

// otherCode is the first release after version that has succeeded by that time and has other code.
func (r *rolled) otherCode(version int, at time.Duration) int {
	mine, _ := r.story.Code(version, at)
	for v := version + 1; v <= r.newest(at); v++ {
		if code, succeeded := r.story.Code(v, at); succeeded && code != mine {
			return v
		}
	}
	return 0
}

// tellsCode reports whether the API shows the commit of releases.
func (r *rolled) tellsCode() bool { return r.App.Stack == "" && !r.App.NoImages }

// unnoticed finds a release with other code that came long before the gate opened and that the gate
// did not notice.
func (r *rolled) unnoticed(o outcome) string {
	const late = 20 * time.Second // how late the lists can be
	v := r.otherCode(o.picture.Target.Version, o.at-late)
	if v == 0 || r.inputs["on-supersede"] != "" || !r.tellsCode() {
		return ""
	}
	return fmt.Sprintf("the gate for v%d opened at %s, and v%d had brought other code", o.picture.Target.Version, clock(o.at), v)
}

// A race is a deploy, v42, and another release, v43, some seconds later.
type race struct {
	*herokusim.Scenario
	kind   string
	inputs map[string]string
	gap    time.Duration // between the two
	want   rollout.Reason
	target int
}

const (
	raceAt  = time.Minute
	ranV41  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	runV42  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	runV43  = "cccccccccccccccccccccccccccccccccccccccc"
	again   = "the same commit, built again,"
	inPhase = "a config change in its release phase"
)

// racers are the releases that can come second, and how a wait for the first one ends then, depending on
// the input "on-supersede".
var racers = []struct {
	kind  string
	event func(d dice) herokusim.Event
	ends  map[string]rollout.Reason
}{
	{"a deploy of other code", func(d dice) herokusim.Event { return herokusim.Event{Deploy: d.slower(runV43)} },
		map[string]rollout.Reason{"same-code": rollout.Superseded, "follow": rollout.RolledOut, "fail": rollout.Superseded}},
	{"a config change", func(dice) herokusim.Event { return herokusim.Event{Config: &herokusim.Config{}} },
		map[string]rollout.Reason{"same-code": rollout.RolledOut, "follow": rollout.RolledOut, "fail": rollout.Superseded}},
	{again, func(d dice) herokusim.Event { return herokusim.Event{Deploy: d.slower(runV42)} },
		map[string]rollout.Reason{"same-code": rollout.RolledOut, "follow": rollout.RolledOut, "fail": rollout.Superseded}},
	{"the commit before", func(d dice) herokusim.Event { return herokusim.Event{Deploy: d.slower(ranV41)} },
		map[string]rollout.Reason{"same-code": rollout.RolledBack, "follow": rollout.RolledBack, "fail": rollout.RolledBack}},
	{"a rollback", func(dice) herokusim.Event { return herokusim.Event{Rollback: &herokusim.Rollback{To: 41}} },
		map[string]rollout.Reason{"same-code": rollout.RolledBack, "follow": rollout.RolledBack, "fail": rollout.RolledBack}},
	// With "fail" the wait ends at once, not at the end of the release phase.
	{inPhase, func(dice) herokusim.Event { return herokusim.Event{Config: &herokusim.Config{}} },
		map[string]rollout.Reason{"same-code": rollout.RolledBack, "follow": rollout.RolledBack}},
}

// slower is a deploy whose build may have begun before the other one, and took longer.
func (d dice) slower(commit string) *herokusim.Deploy {
	dep := &herokusim.Deploy{Commit: commit}
	if d.chance(0.5) {
		dep.Build = &herokusim.Build{Takes: d.between(15*time.Second, 50*time.Second)}
	}
	return dep
}

func TestSameVerdictWheneverTheGateCame(t *testing.T) {
	t.Parallel()
	kinds := map[string]int{}
	for n := range max(150, *rolls/2) {
		d := dice{rand.New(rand.NewPCG(uint64(200_000+n), 42))}
		r := d.race(int64(n))
		kinds[r.kind+", "+string(r.want)]++
		for when, gate := range map[string]time.Duration{
			"before":  raceAt - d.between(0, raceAt),
			"between": raceAt + d.between(0, r.gap),
			"after":   raceAt + r.gap + d.between(0, 10*time.Minute),
		} {
			t.Run(fmt.Sprint(n, " ", when), func(t *testing.T) { r.check(t, gate) })
		}
	}
	for _, r := range racers {
		for _, end := range r.ends {
			if kinds[r.kind+", "+string(end)] == 0 {
				t.Errorf("no race is %s that ends with %s", r.kind, end)
			}
		}
	}
}

// race makes a race. Old dynos run longer than the gap, so that no gate opens within it.
func (d dice) race(seed int64) race {
	r := race{Scenario: d.app(seed), target: 42, inputs: map[string]string{"timeout": "50m", "logs": []string{"auto", "off"}[d.IntN(2)]}}
	r.gap = d.between(300*time.Millisecond, 12*time.Second)
	roll := rolled{Scenario: r.Scenario}
	timing := d.timings(&roll, r.App.Preboot)
	for typ, tm := range timing {
		tm.Stop = herokusim.After(29 * time.Second)
		timing[typ] = tm
	}
	second := racers[d.IntN(len(racers))]
	r.kind = second.kind
	e := second.event(d)
	e.At, e.Timing = raceAt+r.gap, timing
	if e.Deploy != nil && e.Deploy.Build != nil {
		e.At -= e.Deploy.Build.Takes
	}
	r.Releases = []herokusim.Past{{Version: 40, At: -48 * time.Hour}, {Version: 41, At: -24 * time.Hour, Commit: ranV41}}
	r.Events = []herokusim.Event{{At: raceAt, Deploy: &herokusim.Deploy{Commit: runV42}, Timing: timing}, e}
	roll.order()
	if r.kind == inPhase {
		r.Events[0].Deploy.Phase = &herokusim.Phase{Takes: d.between(13*time.Second, 50*time.Second)}
	}
	policies := slices.Sorted(maps.Keys(second.ends))
	policy := policies[d.IntN(len(policies))]
	r.inputs["on-supersede"], r.want = policy, second.ends[policy]
	told := r.App.Stack == ""
	if !told && r.kind == "a deploy of other code" && policy == "same-code" {
		r.want = rollout.RolledOut // the gate cannot know the code
	}
	switch n := d.IntN(4); {
	case n == 0 || !told:
		r.inputs["release"] = "v42"
	case n == 1:
		r.inputs["commit"] = runV42[:8]
	default:
		r.inputs["commit"] = runV42
	}
	if r.inputs["commit"] != "" && r.kind == again && roll.platform() != onFir { // where an image is its commit's
		r.want, r.target = rollout.RolledOut, 43 // the second release has the awaited commit, too
	}
	return r
}

// check plays the race with a gate that starts at that time.
func (r race) check(t *testing.T, gate time.Duration) {
	r.Gate = &gate
	story, err := r.Play()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		o := play(t, story, r.App.Name, gate, r.inputs, 0)
		if o.verdict.Reason != r.want || o.picture.Target == nil || o.picture.Target.Version != r.target {
			t.Errorf("%s follows the deploy after %s; a gate with %v, started at %s, ends at %s with %s, want %s of v%d: %s\n%s",
				r.kind, r.gap, r.inputs, gate, o.at, o.verdict.Reason, r.want, r.target, o.verdict.Message, o.stdout)
		}
	})
}
