// Random roll-outs with known truth, against the whole gate in virtual time.
//
// Each is made from a seed: go test ./gate -run RandomRollouts -rolls 1 -seed N -v
// plays it again, and prints its scenario and the gate's output. Dynos keep the
// platform's limits; the log, the list and the API have random faults.

package gate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

var (
	rolls = flag.Int("rolls", defaultRolls, "how many random roll-outs")
	seed  = flag.Int64("seed", 1, "the seed of the first one")
)

const defaultRolls = 300

// A tally counts the results of the roll-outs of a test.
type tally struct {
	sync.Mutex
	// How late the gate opened after it could.
	calm, troubled []time.Duration
	proven, held   int
	failures       map[rollout.Reason]int
	types, told    int // process types that were measured, and of which all kills were told
	wrong          digest
}

func (all *tally) measure(f figures) {
	all.Lock()
	defer all.Unlock()
	for _, ty := range f.Types {
		all.types++
		if ty.FirstKill != nil {
			all.told++
		}
	}
}

func TestRandomRollouts(t *testing.T) {
	t.Parallel()
	all := tally{failures: map[rollout.Reason]int{}, wrong: digest{what: "random roll-outs"}}
	many := *rolls
	if testing.Short() && many == defaultRolls {
		many /= 3
	}
	t.Run("rolls", func(t *testing.T) {
		for part := range 4 {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				for n := part; n < many; n += 4 {
					one(t, *seed+int64(n), &all)
				}
			})
		}
	})
	if text := all.wrong.String(); text != "" {
		t.Error(text)
	}
	t.Logf("%d proven, %d presumed, %v; calm: %s; troubled: %s; of %d process types %d told when they were stopped",
		all.proven, all.held, all.failures, quantiles(all.calm), quantiles(all.troubled), all.types, all.told)
}

func quantiles(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	var b strings.Builder
	fmt.Fprintf(&b, "%d", len(all))
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
		fmt.Fprintf(&b, ", %g %% within %s", q*100, all[int(q*float64(len(all)-1))].Round(10*time.Millisecond))
	}
	return b.String()
}

// one plays the roll-out of a seed and checks the result.
func one(t *testing.T, seed int64, all *tally) {
	r, err := roll(seed)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	var o outcome
	recording := filepath.Join(t.TempDir(), "recording")
	r.inputs["record"] = recording
	synctest.Test(t, func(t *testing.T) {
		o = play(t, r.story, r.App.Name, r.story.Gate, r.inputs, 0)
	})
	wrong := r.wrong(o)
	if o.ended && wrong == "" {
		f := measured(t, recording)
		wrong = untrueFigure(r.story, o, f)
		all.measure(f)
	}
	os.Remove(recording)
	all.add(&r, o)
	if told := overstated(r.story, o); wrong == "" {
		wrong = told
	}
	if *rolls == 1 {
		t.Log(r.dump(o))
	}
	if wrong == "" {
		all.wrong.add(nil)
		return
	}
	t.Fail()
	all.wrong.add(r.failure(o, wrong))
}

// wrong says what is wrong with the outcome; empty if nothing is.
func (r *rolled) wrong(o outcome) string {
	switch {
	case !o.ended:
		return "the gate ended without a verdict"
	case o.verdict.Result != rollout.Passed:
		if r.mayEnd(o) {
			return ""
		}
		return fmt.Sprintf("the gate ended at %s with %s, %s: %s", clock(o.at), o.verdict.Result, o.verdict.Reason, o.verdict.Message)
	}
	// The platform's times are whole seconds, and when its API fails at first, a
	// release may come before the first answer.
	first, last := r.target(r.story.Gate), r.target(r.story.Gate+3*time.Second)
	switch {
	case r.nothingNew():
		last = r.target(r.story.Gate + 2*time.Minute)
	case !r.calm:
		last = r.target(r.story.Gate + time.Minute)
	}
	if v := o.picture.Target.Version; v < first || v > last {
		return fmt.Sprintf("the gate waited for v%d instead of v%d", v, first)
	}
	if early := r.early(o); early != "" {
		return early
	}
	if r.ahead > 0 && r.knowsAll() && o.verdict.Basis != rollout.Proven {
		return fmt.Sprintf("the watch began before the deploy, and the gate opened at %s, %s", clock(o.at), o.verdict.Basis)
	}
	if other := r.unnoticed(o); other != "" {
		return other
	}
	if r.inputs["require-proof"] != "" && o.verdict.Basis != rollout.Proven {
		return fmt.Sprintf("the gate opened at %s, %s, and was told to open on proof only", clock(o.at), o.verdict.Basis)
	}
	return r.late(o)
}

// mayEnd reports whether the wait may end in this way. Dynos that crash may crash too
// often, and old code may come back.
func (r *rolled) mayEnd(o outcome) bool {
	switch o.verdict.Reason {
	case rollout.RolledBack:
		return true
	case rollout.DynosCrashed:
		return r.has(crashes)
	case rollout.ReleaseFailed:
		return r.has(func(e herokusim.Event) bool { return phase(e).Fails })
	case rollout.Superseded:
		v := o.picture.Target.Version
		return r.inputs["on-supersede"] == "fail" && r.newest(o.at) > v ||
			r.inputs["on-supersede"] == "" && r.tellsCode() && r.otherCode(v, o.at) != 0
	}
	return false
}

// early names the old processes that ran when the gate opened.
func (r *rolled) early(o outcome) string {
	old := r.old(o.at, o.picture.Target.Version)
	if len(old) == 0 {
		return ""
	}
	return fmt.Sprintf(tooEarly+": %s; the gate for v%d opened at %s, %s", ran(old), o.picture.Target.Version, clock(o.at), o.verdict.Basis)
}

// late says whether the gate opened later than it should; empty if not.
func (r *rolled) late(o outcome) string {
	could, lastStart := r.settled(o)
	lag := o.at - could
	limit := max(lastStart, could, r.story.Gate) + r.hold() + 90*time.Second
	if r.App.Space != "" && r.has(func(e herokusim.Event) bool { return e.AddOn != nil }) { // a job may be of a dropped process type
		limit += 15 * time.Minute
	}
	if o.at > limit {
		return fmt.Sprintf("the gate opened at %s, %s; every hold was over at %s", clock(o.at), o.verdict.Basis, clock(limit))
	}
	// The gate looks twice at a release that is not new, 10 s apart.
	early := o.at <= r.story.Gate+11*time.Second+r.settle() || r.nothingNew() && o.at <= r.story.Gate+75*time.Second+r.settle()
	if r.calm && r.App.Generation != "fir" && lag > 2*time.Second && !early && !r.disturbed() {
		return fmt.Sprintf("nothing disturbed, and the gate opened at %s, %s, which is %s after it could", clock(o.at), o.verdict.Basis, lag)
	}
	return ""
}

// settled is when only listed new dynos ran and all of them were up: before that nothing
// can be proven. lastStart is the last start of a new dyno.
func (r *rolled) settled(o outcome) (could, lastStart time.Duration) {
	could = r.story.Gate + 2*time.Second // reading the log takes that long
	for _, in := range r.story.Instances {
		if !r.counts(in) || in.Start > o.at {
			continue
		}
		if in.Exit > 0 && in.Exit <= o.at {
			could = max(could, in.Exit)
		}
		if in.Version >= o.picture.Target.Version {
			could, lastStart = max(could, in.Start), max(lastStart, in.Start)
			if in.Up <= o.at {
				could = max(could, in.Up)
			}
		}
	}
	if r.deploy > r.story.Gate { // before the deploy nothing new runs
		could = max(could, r.deploy)
	}
	return could + r.settle(), lastStart
}

// disturbed reports whether the gate may need longer although it has every line: because of
// other events, or because a restart is announced again before its start, which looks like
// a lost start line.
func (r *rolled) disturbed() bool {
	soon := slices.ContainsFunc(r.Releases, func(p herokusim.Past) bool { return p.At > r.deploy-30*time.Second })
	return len(r.Events) > 1 || r.has(crashes) || r.Young || soon
}

// crashes reports whether the event makes a dyno crash.
func crashes(e herokusim.Event) bool {
	for _, tm := range e.Timing {
		if tm.Crash != 0 {
			return true
		}
	}
	return e.Crash != nil
}

// phase is the release phase of the event; one without length if it has none.
func phase(e herokusim.Event) herokusim.Phase {
	if e.Deploy == nil || e.Deploy.Phase == nil {
		return herokusim.Phase{}
	}
	return *e.Deploy.Phase
}

// has reports whether is is true for one of the events.
func (r *rolled) has(is func(herokusim.Event) bool) bool { return slices.ContainsFunc(r.Events, is) }

// add counts an outcome.
func (all *tally) add(r *rolled, o outcome) {
	all.Lock()
	defer all.Unlock()
	if o.verdict.Result != rollout.Passed {
		all.failures[o.verdict.Reason]++
		return
	}
	could, _ := r.settled(o)
	if r.calm {
		all.calm = append(all.calm, o.at-could)
	} else {
		all.troubled = append(all.troubled, o.at-could)
	}
	if o.verdict.Basis == rollout.Proven {
		all.proven++
	} else {
		all.held++
	}
}
