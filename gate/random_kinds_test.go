// The kinds of random roll-outs that the generator must make. If it no longer made a kind,
// nobody would notice, and the tests would prove nothing about it.

package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/herokusim"
)

// A kind is a property of a roll-out.
type kind struct {
	name string
	is   func(r *rolled) bool
}

func TestGeneratorMakesEveryKind(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for seed := range int64(defaultRolls) {
		r, err := roll(1 + seed)
		if err != nil {
			t.Fatalf("seed %d: %v", r.seed, err)
		}
		for _, k := range slices.Concat(kindsOfApp, kindsOfEvents, kindsOfProof, kindsOfTrouble) {
			if k.is(&r) {
				count[k.name]++
			} else {
				count[k.name] += 0
			}
		}
	}
	var all []string
	for name, n := range count {
		all = append(all, fmt.Sprintf("%3d %s", n, name))
		if n == 0 {
			t.Errorf("none of %d random roll-outs is of the kind %q: make it likelier", defaultRolls, name)
		}
	}
	slices.Sort(all)
	t.Logf("of %d:\n%s", defaultRolls, strings.Join(all, "\n"))
}

// The same seed always makes the same roll-out.
func TestSeedsAreReproducible(t *testing.T) {
	t.Parallel()
	for seed := range int64(40) {
		var text [2]string
		for i := range text {
			r, err := roll(seed)
			if err != nil {
				t.Fatal(err)
			}
			yaml, err := r.YAML()
			if err != nil {
				t.Fatal(err)
			}
			text[i] = fmt.Sprint(r.inputs, string(yaml))
		}
		if diff := cmp.Diff(text[0], text[1]); diff != "" {
			t.Fatalf("seed %d (-first +second):\n%s", seed, diff)
		}
	}
}

var kindsOfApp = []kind{
	{"preboot", func(r *rolled) bool { return r.App.Preboot }},
	{"no preboot", func(r *rolled) bool { return r.platform() == onPlain }},
	{"Private Space", func(r *rolled) bool { return r.platform() == inSpace }},
	{"Fir", func(r *rolled) bool { return r.platform() == onFir }},
	{"eco dynos", func(r *rolled) bool { return r.Types["web"].Size == "eco" }},
	{"container", func(r *rolled) bool { return r.App.Stack != "" }},
	{"features answer 404", func(r *rolled) bool { return r.App.NoFeatures }},
	{"two process types", func(r *rolled) bool { return len(r.Types) > 1 }},
	{"another boot timeout", func(r *rolled) bool { return r.BootTimeout > 0 }},
	{"a young app", func(r *rolled) bool { return r.Young }},
	{"two old generations", func(r *rolled) bool { return r.generations() == 2 }},
	{"three old generations", func(r *rolled) bool { return r.generations() == 3 }},
	{"metrics with the dyno's id", func(r *rolled) bool { return r.Metrics && r.MetricsIDs == "" }},
	{"metrics with other ids", func(r *rolled) bool { return r.Metrics && r.MetricsIDs != "" }},
	{"the gate is there before the deploy and names the release", func(r *rolled) bool { return r.inputs["release"] != "" }},
	{"the gate is there before the deploy and names the commit", func(r *rolled) bool { return r.inputs["commit"] != "" }},
	{"the gate comes minutes late", func(r *rolled) bool { return r.story.Gate > r.deploy+150*time.Second }},
	{"settle", func(r *rolled) bool { return r.inputs["settle"] != "" }},
	{"one process type counts", func(r *rolled) bool { return r.inputs["process-types"] != "" }},
	{"one-off dynos count, and an old one runs", func(r *rolled) bool {
		return r.inputs["include-one-off"] != "" && slices.ContainsFunc(r.old(r.story.Gate, r.target(r.story.Gate)), func(in herokusim.Instance) bool { return in.OneOff })
	}},
	{"a newer release fails the wait", func(r *rolled) bool {
		return r.inputs["on-supersede"] == "fail" && r.newest(r.Ends) > r.target(r.story.Gate)
	}},
	{"other code ends the wait", func(r *rolled) bool {
		return r.inputs["on-supersede"] == "" && r.tellsCode() && r.otherCode(r.target(r.story.Gate), r.Ends) != 0
	}},
	{"the target's own code is followed", func(r *rolled) bool {
		n := r.target(r.story.Gate)
		return r.inputs["on-supersede"] == "" && r.newest(r.Ends) > n && r.otherCode(n, r.Ends) == 0
	}},
	{"proof is required", func(r *rolled) bool { return r.inputs["require-proof"] != "" }},
}

// generations is how many releases had processes at the deploy. The newest of them is
// listed; the others are hidden or stopping.
func (r *rolled) generations() int {
	seen := map[int]bool{}
	for _, in := range r.story.OldRunning(r.deploy, r.before()+1) {
		seen[in.Version] = true
	}
	return len(seen)
}

var kindsOfEvents = []kind{
	{"build", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Deploy != nil && e.Deploy.Build != nil })
	}},
	{"release phase", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return phase(e).Takes > 0 }) }},
	{"release phase fails", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return phase(e).Fails }) }},
	{"config change after the release", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Config != nil }) }},
	{"second deploy", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Deploy != nil && e.At > r.deploy })
	}},
	{"rollback", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Rollback != nil }) }},
	{"restart before the release", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Restart != nil && e.At < r.deploy })
	}},
	{"restart of all dynos", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Restart != nil && e.Restart.All && e.At > r.deploy })
	}},
	{"restart of a process type", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Restart != nil && e.Restart.Type != "" })
	}},
	{"restart of a label", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Restart != nil && e.Restart.Label != "" })
	}},
	{"a container is restarted in place on Fir", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Crash != nil && e.Crash.InPlace })
	}},
	{"daily cycle", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Cycle != "" }) }},
	{"scaled up", func(r *rolled) bool { return r.scaled(func(from, to int) bool { return to > from && from > 0 }) }},
	{"scaled up within a minute before the deploy", func(r *rolled) bool {
		return r.scaled(func(from, to int) bool { return to > from }) && r.has(func(e herokusim.Event) bool {
			return e.Scale != nil && e.At < r.deploy && e.At > r.deploy-time.Minute && !slices.Contains(slices.Collect(maps.Values(e.Scale)), 0)
		})
	}},
	{"scaled up again and again", func(r *rolled) bool {
		return 3 <= len(slices.DeleteFunc(slices.Clone(r.Events), func(e herokusim.Event) bool { return e.Scale == nil || e.At < r.deploy }))
	}},
	{"scaled down", func(r *rolled) bool { return r.scaled(func(from, to int) bool { return to < from && to > 0 }) }},
	{"scaled to zero, seen in the log", func(r *rolled) bool {
		return !r.noLog() && r.scaled(func(from, to int) bool { return to == 0 && from > 0 })
	}},
	{"scaled to zero without a log", func(r *rolled) bool {
		return r.noLog() && r.scaled(func(from, to int) bool { return to == 0 && from > 0 })
	}},
	{"scaled from zero, seen in the log", func(r *rolled) bool {
		return !r.noLog() && r.scaled(func(from, to int) bool { return from == 0 && to > 0 })
	}},
	{"scaled from zero without a log", func(r *rolled) bool {
		return r.noLog() && r.scaled(func(from, to int) bool { return from == 0 && to > 0 })
	}},
	{"scaled to zero before the deploy", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool {
			for _, n := range e.Scale {
				return n == 0 && e.At < r.deploy
			}
			return false
		})
	}},
	{"scaled down with preboot", func(r *rolled) bool {
		return r.App.Preboot && r.scaled(func(from, to int) bool { return to < from })
	}},
	{"asleep before the release", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Idle && e.At < r.deploy }) }},
	{"asleep after the release", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Idle && e.At > r.deploy }) }},
	{"woken", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Wake }) }},
	{"run dyno", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Run != nil }) }},
	{"scheduled dyno", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Scheduler != nil }) }},
	{"one-off dynos of an add-on", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.AddOn != nil }) }},
	{"app quotes the platform", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Say != nil && e.Say.Source == "" })
	}},
	{"app quotes the platform behind a line break", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Say != nil && strings.Contains(e.Say.Text, "\n") })
	}},
	{"maintenance", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Maintenance != nil }) }},
	{"preboot switched before the release", func(r *rolled) bool { return r.switched(-time.Hour, -1) }},
	{"preboot switched just after the release", func(r *rolled) bool { return r.switched(1, 3*time.Second) }},
	{"preboot switched while waiting", func(r *rolled) bool { return r.switched(3*time.Second+1, time.Hour) }},
}

// switched reports whether preboot is switched in that time after the deploy.
func (r *rolled) switched(from, to time.Duration) bool {
	return r.has(func(e herokusim.Event) bool { return e.Preboot != nil && e.At-r.deploy >= from && e.At-r.deploy <= to })
}

// scaled reports whether a process type is scaled in that way.
func (r *rolled) scaled(is func(from, to int) bool) bool {
	now := map[string]int{}
	for typ, t := range r.Types {
		now[typ] = t.Quantity
	}
	for _, e := range r.Events {
		for typ, to := range e.Scale {
			if is(now[typ], to) {
				return true
			}
			now[typ] = to
		}
	}
	return false
}

// noLog reports whether there is no log at all.
func (r *rolled) noLog() bool { return r.Log.Refused > 0 || r.Log.L20 || r.inputs["logs"] == "off" }
