// The generator of random roll-outs: the app, its past, the timing of its dynos, and
// when and with which inputs the gate starts.

package gate_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// dice makes the random numbers for a scenario.
type dice struct{ *rand.Rand }

func (d dice) chance(p float64) bool { return d.Float64() < p }

// between is a random time from a to b, in milliseconds.
func (d dice) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.Int64N(int64((b-a)/time.Millisecond)+1))*time.Millisecond
}

// spread is a random span within a and b.
func (d dice) spread(a, b time.Duration) *herokusim.Span {
	x, y := d.between(a, b), d.between(a, b)
	return herokusim.Between(min(x, y), max(x, y))
}

// rolled is a random scenario, and what the gate should do in it.
type rolled struct {
	*herokusim.Scenario
	seed  int64
	story *herokusim.Story
	// inputs are given to the gate.
	inputs map[string]string
	// calm: nothing disturbs list, log or API, so the gate must open at once.
	calm bool
	// blind: the log cannot prove anything, so a hold decides.
	blind bool
	// ghost: a process reports metrics after an exit line under its label that is not its own.
	ghost bool
	// deploy is when it happens.
	deploy time.Duration
	// ahead is how long before the gate's start the watch begins; 0: with it.
	ahead time.Duration
	// dies is how long after its begin that watch is killed; 0: it is not.
	dies time.Duration
	// renamed is how long after the gate's start the app is renamed; 0: it is not.
	renamed time.Duration
	// aims are added when the story is known.
	aims []aim
}

// roll makes the roll-out of a seed.
func roll(seed int64) (rolled, error) {
	d := dice{rand.New(rand.NewPCG(uint64(seed), 42))}
	r := rolled{seed: seed, calm: d.chance(0.3), inputs: map[string]string{"timeout": "50m"}}
	r.Scenario = d.app(seed)
	d.past(&r)
	if r.App.Preboot && d.chance(0.08) {
		boot := 60 + d.IntN(120)
		r.BootTimeout, r.inputs["boot-timeout"] = time.Duration(boot)*time.Second, fmt.Sprint(boot)
	}
	d.events(&r)
	d.call(&r)
	if r.calm {
		r.Log.Heartbeat = 15 * time.Second
	} else {
		d.trouble(&r)
	}
	if r.ahead > 0 && r.knowsAll() { // and keeps what it knows, however short the log's history is
		n := 1 + d.IntN(30)
		noise := 2.0
		r.Log.History, r.Noise = &n, &noise
	}
	r.Metrics = r.ghost || d.chance(0.2)
	if r.Metrics && d.chance(0.5) {
		r.MetricsIDs = "other"
	}
	r.metrics()
	return r, r.prepare(d)
}

// app decides where the app runs, and its process types.
func (d dice) app(seed int64) *herokusim.Scenario {
	sc := &herokusim.Scenario{
		About: fmt.Sprintf("random roll-out %d", seed), Source: "invented", Seed: seed, Ends: time.Hour,
		Begins: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(d.between(0, time.Second)),
		App:    herokusim.App{Name: "dice"},
		Types:  map[string]herokusim.Type{"web": {Quantity: 1 + d.IntN(6)}},
	}
	if d.chance(0.4) {
		sc.Types["worker"] = herokusim.Type{Quantity: 1 + d.IntN(3)}
	}
	switch n := d.IntN(100); {
	case n < 50:
		sc.App.Preboot = true
	case n < 75:
		if d.chance(0.4) {
			sc.Types["web"] = herokusim.Type{Quantity: sc.Types["web"].Quantity, Size: "eco"}
		}
	case n < 90:
		sc.App.Space = "space"
	default:
		sc.App.Space, sc.App.Generation = "space", "fir"
	}
	if sc.App.Generation == "" && d.chance(0.08) {
		sc.App.Stack = "container"
	}
	sc.App.NoFeatures = d.chance(0.1) // a 404 does not say whether preboot is on
	return sc
}

// past decides the releases before.
func (d dice) past(r *rolled) {
	if d.chance(0.04) {
		r.Young = true
		return
	}
	old, recent := -48*time.Hour, -24*time.Hour
	if d.chance(0.35) { // old dynos of the release before may still run
		recent = -d.between(5*time.Second, 400*time.Second)
		if d.chance(0.35) { // and of the one before that, too
			old = recent - d.between(5*time.Second, 300*time.Second)
		}
	}
	r.Releases = []herokusim.Past{{Version: 39, At: -72 * time.Hour}, {Version: 40, At: old}, {Version: 41, At: recent}}
}

// before is the version that runs when the story begins.
func (r *rolled) before() int {
	if r.Young {
		return 2
	}
	return 41
}

// webs is the least or the largest number of web dynos that the app ever has.
func (r *rolled) webs(of func(...int) int) int {
	all := []int{r.Types["web"].Quantity}
	for _, e := range r.Events {
		if n, ok := e.Scale["web"]; ok {
			all = append(all, n)
		}
	}
	return of(all...)
}

func least(all ...int) int { return slices.Min(all) }
func most(all ...int) int  { return slices.Max(all) }

// hidesFor is how long an old web dyno can run hidden by preboot, with that many web dynos:
// boot timeout + 2 min + 2 min + 30 s + 12 s for each.
func (r *rolled) hidesFor(webs int) time.Duration {
	boot := time.Minute
	if r.BootTimeout != 0 {
		boot = r.BootTimeout
	}
	return boot + 270*time.Second + time.Duration(webs)*12*time.Second
}

// hold is the longest hold of the app's dynos.
func (r *rolled) hold() time.Duration {
	switched := slices.ContainsFunc(r.Events, func(e herokusim.Event) bool { return e.Preboot != nil })
	if r.App.Preboot || switched || r.App.NoFeatures && r.App.Space == "" {
		return r.hidesFor(r.webs(most))
	}
	return 90 * time.Second
}

// timings are the random timings of a release or restart, within the platform's limits.
func (d dice) timings(r *rolled, preboot bool) map[string]herokusim.Timing {
	out := map[string]herokusim.Timing{}
	for _, typ := range slices.Sorted(maps.Keys(r.Types)) {
		up := d.spread(1500*time.Millisecond, 40*time.Second)
		tm := herokusim.Timing{Up: up, Start: herokusim.Between(up.First/3, up.Last/3)}
		stop := d.between(20*time.Millisecond, 3*time.Second)
		if d.chance(0.3) {
			stop = d.between(3*time.Second, 31*time.Second)
		}
		tm.Stop = herokusim.After(stop)
		switch {
		case r.App.Generation == "fir":
			tm.Start, tm.Term = nil, nil
		case r.App.Space != "":
			tm.Term = d.spread(0, 20*time.Second)
		case typ == "web" && preboot:
			limit := r.hidesFor(r.Types["web"].Quantity) - time.Second
			first := 170 * time.Second
			if d.chance(0.2) {
				first = limit - 20*time.Second
			}
			tm.Exit = d.spread(first, limit)
			tm.LeaveHidden = d.chance(0.15)
		default:
			tm.Term = d.spread(0, 42*time.Second)
		}
		out[typ] = tm
	}
	return out
}

// call decides when the gate starts, and with which inputs.
func (d dice) call(r *rolled) {
	gate := r.deploy + 2*time.Second
	switch n := d.IntN(100); {
	case r.awaits():
		gate = r.deploy - d.between(0, 200*time.Second)
		if r.deploy > 16*time.Minute {
			gate = r.deploy - d.between(750*time.Second, 16*time.Minute)
		}
	case n < 25:
		gate = r.deploy + d.between(0, 150*time.Second)
	case n < 33:
		gate = r.deploy + d.between(150*time.Second, r.hold()+60*time.Second)
	}
	r.Gate = &gate
	// In many roll-outs a watch begins before the gate: with the deploy command, or long before.
	if own := (dice{rand.New(rand.NewPCG(uint64(r.seed), 77))}); own.chance(0.35) || r.calm && len(r.Events) == 1 {
		r.ahead = own.between(2*time.Second, 3*time.Minute)
		if own.chance(0.2) {
			r.ahead = own.between(3*time.Minute, 40*time.Minute)
		}
		// No release is made before the watch is ready: the step that deploys waits for it.
		if since := r.deploy - gate + r.ahead; since >= 0 && since < 3*time.Second {
			r.ahead += 5 * time.Second
		}
		how := own.IntN(10)
		if r.calm {
			how = 2 + own.IntN(5)
		}
		switch {
		case how < 4:
			r.inputs[aheadInput] = r.ahead.String()
		case how < 7:
			r.inputs[begunInput] = r.ahead.String()
		default:
			r.inputs[begunInput] = r.ahead.String()
			r.dies = own.between(0, r.ahead+5*time.Minute)
			r.inputs[diesInput] = r.dies.String()
		}
	}
	if d.chance(0.08) {
		r.inputs["settle"] = fmt.Sprint(1+d.IntN(40)) + "s"
	}
	if r.Types["worker"].Quantity > 0 && d.chance(0.1) {
		r.inputs["process-types"] = []string{"web", "worker"}[d.IntN(2)]
	}
	if r.has(func(e herokusim.Event) bool { return e.Run != nil && e.At < r.deploy }) && d.chance(0.5) {
		r.inputs["include-one-off"] = "true"
	}
	switch d.IntN(10) { // mostly the policies with which several generations run at the same time
	case 0:
		r.inputs["on-supersede"] = "fail"
	case 1, 2:
	default:
		r.inputs["on-supersede"] = "follow"
	}
	// If there is only the deploy, the whole log can be read, and nothing was hidden before,
	// everything can be proven.
	if _, recent := r.recent(); r.calm && !recent && len(r.Events) == 1 && r.App.Generation != "fir" && !r.Young && d.chance(0.2) {
		r.inputs["require-proof"] = "true"
	}
}

// awaits reports whether the gate starts before the deploy and names the release that it waits for.
func (r *rolled) awaits() bool { return r.inputs["release"]+r.inputs["commit"] != "" }

// knowsAll reports whether the gate must prove everything: the watch began long enough before the deploy,
// nothing was hidden then, and nothing disturbs it.
func (r *rolled) knowsAll() bool {
	_, recent := r.recent()
	return r.calm && r.dies == 0 && !recent && !r.Young && len(r.Events) == 1 && r.App.Generation != "fir" && r.Gate != nil && r.deploy > *r.Gate-r.ahead+15*time.Second &&
		(r.App.Space == "" || r.ahead > 75*time.Second) // what left the list just before has 60 s
}

// nothingNew reports whether the watch began before the gate and no release came in between. Then the gate
// waits a minute for a release.
func (r *rolled) nothingNew() bool {
	return r.ahead > 0 && !r.awaits() && r.newest(r.story.Gate-r.ahead) == r.newest(r.story.Gate)
}

// settle is the input settle.
func (r *rolled) settle() time.Duration {
	d, _ := time.ParseDuration(r.inputs["settle"])
	return d
}

// counts reports whether the gate waits for the type of the process.
func (r *rolled) counts(in herokusim.Instance) bool {
	if in.OneOff {
		return r.inputs["include-one-off"] != ""
	}
	only := r.inputs["process-types"]
	return only == "" || only == in.Type
}

// old lists the processes of releases before version that run at that time and count.
func (r *rolled) old(at time.Duration, version int) []herokusim.Instance {
	var old []herokusim.Instance
	for _, in := range r.story.Instances {
		if r.counts(in) && in.Version < version && in.Running(at) {
			old = append(old, in)
		}
	}
	return old
}

// play plays the story.
func (r *rolled) play() error {
	for {
		story, err := r.Play()
		if err == nil {
			r.story = story
			return nil
		}
		// The simulator refuses an event without effect: leave it out.
		var n int
		if _, e := fmt.Sscanf(err.Error(), "scenario: events[%d]:", &n); e != nil || !strings.Contains(err.Error(), "nothing would happen") {
			return err
		}
		r.Events = slices.Delete(r.Events, n, n+1)
	}
}
