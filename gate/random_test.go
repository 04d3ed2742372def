// Random roll-outs with known truth, against the whole gate in virtual time.
//
// Each is made from a seed, which reproduces it: go test ./gate -run RandomRollouts
// -rolls 1 -seed N -v prints its story. The platform keeps its limits; the log, the
// list and the API are as bad as it pleases.

package gate_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
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
	rolls = flag.Int("rolls", 300, "how many random roll-outs")
	seed  = flag.Int64("seed", 1, "the seed of the first one")
)

// dice throws for one scenario.
type dice struct{ *rand.Rand }

func (d dice) chance(p float64) bool { return d.Float64() < p }

// between is a time from a to b, to the millisecond.
func (d dice) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.Int64N(int64((b-a)/time.Millisecond)+1))*time.Millisecond
}

// spread is a span within a and b.
func (d dice) spread(a, b time.Duration) *herokusim.Span {
	x, y := d.between(a, b), d.between(a, b)
	return herokusim.Between(min(x, y), max(x, y))
}

// A rolled scenario, and what can be expected of the gate in it.
type rolled struct {
	*herokusim.Scenario
	// calm: nothing disturbs list, log or API, so the gate must open at once.
	calm bool
	// deploy is when it happens.
	deploy time.Duration
	// hold is the longest hold of the app's dynos.
	hold time.Duration
}

const slack = 330 * time.Second // boot timeout 60 s + 2 min + 2 min + 30 s, without the part for each web dyno

func roll(seed int64) rolled {
	d := dice{rand.New(rand.NewPCG(uint64(seed), 42))}
	sc := &herokusim.Scenario{
		About: fmt.Sprintf("random roll-out %d", seed), Source: "invented", Seed: seed,
		Begins: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(d.between(0, time.Second)),
		App:    herokusim.App{Name: "dice"},
		Types:  map[string]herokusim.Type{"web": {Quantity: 1 + d.IntN(6)}},
	}
	if d.chance(0.4) {
		sc.Types["worker"] = herokusim.Type{Quantity: 1 + d.IntN(3)}
	}
	r := rolled{Scenario: sc, calm: d.chance(0.35)}
	if r.calm {
		sc.Log.Heartbeat = 15 * time.Second
	}
	switch n := d.IntN(100); {
	case n < 50:
		sc.App.Preboot = true
	case n < 75:
	case n < 90:
		sc.App.Space = "space"
	default:
		sc.App.Space, sc.App.Generation = "space", "fir"
	}
	r.hold = 90 * time.Second
	if sc.App.Preboot {
		r.hold = slack + time.Duration(sc.Types["web"].Quantity)*12*time.Second
	}

	sc.Releases = []herokusim.Past{
		{Version: 40, At: -48 * time.Hour, Timing: d.timings(sc)},
		{Version: 41, At: -24 * time.Hour, Timing: d.timings(sc)},
	}
	if d.chance(0.3) { // the release before is still in its own window
		sc.Releases[1].At = -d.between(5*time.Second, 400*time.Second)
	}
	d.events(&r)
	gate := 2 * time.Second
	if d.chance(0.3) {
		gate = d.between(0, 150*time.Second)
	}
	gate += r.deploy
	sc.Gate = &gate
	if !r.calm {
		d.trouble(&r)
	}
	if d.chance(0.2) {
		sc.Metrics = true
		if d.chance(0.5) {
			sc.MetricsIDs = "other"
		}
	}
	sc.Ends = time.Hour
	return r
}

// target is the version of the newest release when the gate starts.
func (r rolled) target(gate time.Duration) int {
	version := 41
	for _, e := range r.Events {
		if (e.Deploy != nil || e.Config != nil) && e.At <= gate {
			version++
		}
	}
	return version
}

// timings are those of one release or restart, within the platform's limits.
func (d dice) timings(sc *herokusim.Scenario) map[string]herokusim.Timing {
	out := map[string]herokusim.Timing{}
	for typ, t := range sc.Types {
		up := d.spread(1500*time.Millisecond, 40*time.Second)
		tm := herokusim.Timing{Up: up, Start: herokusim.Between(up.First/3, up.Last/3)}
		stop := d.between(20*time.Millisecond, 3*time.Second)
		if d.chance(0.3) {
			stop = d.between(3*time.Second, 31*time.Second)
		}
		tm.Stop = herokusim.After(stop)
		switch {
		case sc.App.Generation == "fir":
			tm.Start, tm.Term = nil, nil
		case sc.App.Space != "":
			tm.Term = d.spread(0, 20*time.Second)
		case typ == "web" && sc.App.Preboot:
			tm.Exit = d.spread(170*time.Second, slack+time.Duration(t.Quantity)*12*time.Second-time.Second)
		default:
			tm.Term = d.spread(0, 42*time.Second)
		}
		out[typ] = tm
	}
	return out
}

// events are the deploy at 0 and whatever else happens around it.
func (d dice) events(r *rolled) {
	sc := r.Scenario
	add := func(e herokusim.Event) {
		if e.Timing == nil {
			e.Timing = d.timings(sc)
		}
		sc.Events = append(sc.Events, e)
	}
	deploy := herokusim.Event{Deploy: &herokusim.Deploy{}}
	if d.chance(0.15) {
		deploy.Deploy.Phase = &herokusim.Phase{Takes: d.between(2*time.Second, 60*time.Second)}
	}
	deploy.Timing = d.timings(sc)
	if d.chance(0.1) { // one type crashes once before it is up
		for typ, t := range deploy.Timing {
			zero := time.Duration(0)
			t.Crash, t.Back = 1, &zero
			deploy.Timing[typ] = t
			break
		}
	}
	add(deploy)
	labels := func() string {
		if sc.App.Generation == "fir" {
			return ""
		}
		return fmt.Sprintf("web.%d", 1+d.IntN(sc.Types["web"].Quantity))
	}
	at := func() time.Duration { return d.between(3*time.Second, 250*time.Second) }
	if d.chance(0.12) {
		add(herokusim.Event{At: at(), Config: &herokusim.Config{}})
	}
	if d.chance(0.08) {
		add(herokusim.Event{At: at(), Deploy: &herokusim.Deploy{}})
	}
	if d.chance(0.12) {
		add(herokusim.Event{At: at(), Restart: &herokusim.Restart{Type: "web"}})
	}
	if d.chance(0.1) { // before the deploy: an old dyno is hidden behind an old one
		r.deploy = 300 * time.Second
		add(herokusim.Event{At: -d.between(2*time.Second, 300*time.Second), Restart: &herokusim.Restart{All: true}})
	}
	if d.chance(0.1) && !sc.App.Preboot {
		add(herokusim.Event{At: at(), Scale: map[string]int{"web": d.IntN(8)}})
	}
	if w := sc.Types["worker"].Quantity; w > 0 && d.chance(0.15) {
		add(herokusim.Event{At: at(), Scale: map[string]int{"worker": d.IntN(5)}})
	}
	if l := labels(); l != "" {
		if d.chance(0.12) {
			add(herokusim.Event{At: at(), Crash: &herokusim.Crash{Label: l}})
		}
		if d.chance(0.06) && sc.App.Preboot {
			add(herokusim.Event{At: at(), Crash: &herokusim.Crash{Label: l, Instance: "hidden"}})
		}
		if d.chance(0.05) {
			add(herokusim.Event{At: at(), Cycle: l})
		}
	}
	if d.chance(0.15) {
		add(herokusim.Event{At: at() - 100*time.Second, Run: &herokusim.OneOff{Label: fmt.Sprintf("run.%d", 1000+d.IntN(9000)), Takes: at()}})
	}
	for i := range sc.Events {
		sc.Events[i].At = max(0, sc.Events[i].At+r.deploy)
	}
	slices.SortStableFunc(sc.Events, func(a, b herokusim.Event) int { return int(a.At - b.At) })
}

// trouble is what is wrong with list, log and API.
func (d dice) trouble(r *rolled) {
	sc, l := r.Scenario, &r.Scenario.Log
	when := func() (time.Duration, time.Duration) {
		from := r.deploy + d.between(-60*time.Second, 400*time.Second)
		return from, from + d.between(200*time.Millisecond, 20*time.Second)
	}
	if d.chance(0.3) {
		sc.ListLag = d.between(100*time.Millisecond, 5*time.Second)
	}
	if d.chance(0.15) {
		l.Refused = 403
	}
	if d.chance(0.2) {
		n := d.IntN(300)
		l.History = &n
	}
	if d.chance(0.3) {
		l.Cut = d.between(3*time.Second, 90*time.Second)
	}
	if d.chance(0.3) {
		l.Double = 0.1
	}
	if d.chance(0.3) {
		l.Late = &herokusim.Late{Share: 0.15, By: d.between(10*time.Millisecond, 2*time.Second)}
	}
	if d.chance(0.3) {
		l.LoseLines = d.Float64() * 0.03
	}
	if d.chance(0.3) {
		from, to := when()
		notice := []string{"L11", "L12", "L13", ""}[d.IntN(4)]
		lose := herokusim.Lose{From: from, To: to, Notice: notice, Kept: notice == "L11" && d.chance(0.5)}
		if notice == "" {
			// Everything that is said of a second generation can be lost with it, if
			// nothing tells of the loss: then nobody can know. So, not everything.
			share := 0.1 + 0.3*d.Float64()
			lose.Share = &share
		}
		l.Lose = append(l.Lose, lose)
	}
	l.JoinLoss = d.chance(0.3)
	if d.chance(0.2) {
		l.Chunk = 1 + d.IntN(50)
	}
	if d.chance(0.2) {
		l.Heartbeat = 15 * time.Second
	}
	if d.chance(0.1) {
		l.SilentAfter = d.between(10*time.Second, 100*time.Second)
	}
	for d.chance(0.3) {
		from, to := when()
		f := herokusim.Fault{From: from, To: to, Path: []string{"", "/dynos", "/releases", "/formation", "/log-sessions", "/features"}[d.IntN(6)]}
		switch d.IntN(5) {
		case 0:
			f.Status, f.HTML = 503, true
		case 1:
			f.Status = 429
		case 2:
			f.Hang = true
		case 3:
			f.CutBody = true
		case 4:
			f.Stale = d.between(time.Second, 10*time.Second)
		}
		sc.Faults = append(sc.Faults, f)
	}
}

// lateness collects how late the gate opened after it could.
type lateness struct {
	sync.Mutex
	calm, troubled []time.Duration
	proven, held   int
}

func TestRandomRollouts(t *testing.T) {
	t.Parallel()
	var late lateness
	t.Run("rolls", func(t *testing.T) {
		for part := range 4 {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				for n := part; n < *rolls; n += 4 {
					if t.Failed() && n > 2000 {
						return
					}
					one(t, *seed+int64(n), &late)
				}
			})
		}
	})
	t.Logf("%d proven, %d presumed; calm: %s; troubled: %s", late.proven, late.held, quantiles(late.calm), quantiles(late.troubled))
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

func one(t *testing.T, seed int64, late *lateness) {
	r := roll(seed)
	story, err := r.Play()
	for ; err != nil; story, err = r.Play() {
		// An event that finds nothing to act on is refused: the story goes without it.
		var n int
		if _, e := fmt.Sscanf(err.Error(), "scenario: events[%d]:", &n); e != nil || !strings.Contains(err.Error(), "nothing would happen") {
			break
		}
		r.Events = slices.Delete(r.Events, n, n+1)
	}
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	var o outcome
	synctest.Test(t, func(t *testing.T) {
		inputs := map[string]string{"timeout": "50m"}
		if *oracle {
			inputs["record"] = t.TempDir() + "/recording"
		}
		o = play(t, story, r.App.Name, story.Gate, inputs, 0)
		if *oracle {
			checkOracle(t, inputs["record"])
		}
	})
	fail := func(format string, args ...any) {
		t.Helper()
		text, _ := r.YAML()
		t.Errorf("seed %d: %s\n%s\n%s", seed, fmt.Sprintf(format, args...), o.stdout, text)
	}
	if !o.ended {
		fail("no verdict")
		return
	}
	switch {
	case o.verdict.Result == rollout.Passed:
	case o.verdict.Reason == rollout.RolledBack, o.verdict.Reason == rollout.DynosCrashed:
		return
	default:
		fail("verdict %+v at %s", o.verdict, o.at)
		return
	}
	// The platform's times are whole seconds, and when its API fails at first, a
	// release may come before the first answer.
	least, most := r.target(story.Gate), r.target(story.Gate+3*time.Second)
	if !r.calm {
		most = r.target(story.Gate + time.Minute)
	}
	if v := o.picture.Target.Version; v < least || v > most {
		fail("the target was taken to be v%d, not v%d", v, least)
		return
	}
	for _, in := range story.OldRunning(o.at, o.picture.Target.Version) {
		fail("TOO EARLY: opened at %s while %s of v%d ran until %s", o.at, in.Label, in.Version, in.Exit)
		return
	}
	could, lastStart := settled(story, o)
	lag := o.at - could
	late.Lock()
	if o.verdict.Basis == rollout.Proven {
		late.proven++
	} else {
		late.held++
	}
	if r.calm {
		late.calm = append(late.calm, lag)
	} else {
		late.troubled = append(late.troubled, lag)
	}
	late.Unlock()
	if limit := max(lastStart, could, story.Gate) + r.hold + 90*time.Second; o.at > limit {
		fail("opened at %s, want at the latest at %s when every hold is over", o.at, limit)
	}
	// A release that is not fresh is looked at twice, 10 s apart.
	early := o.at <= story.Gate+11*time.Second
	if r.calm && r.App.Generation != "fir" && lag > 2*time.Second && !early && !disturbed(r, story) {
		fail("opened at %s, %s after it could", o.at, lag)
	}
}

// settled is when nothing but listed new dynos ran and all of them were up: the
// books cannot balance before. lastStart is the last start of a new dyno.
func settled(story *herokusim.Story, o outcome) (could, lastStart time.Duration) {
	could = story.Gate + 2*time.Second // reading the log takes that long
	for _, in := range story.Instances {
		if in.OneOff || in.Start > o.at {
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
	return could, lastStart
}

// disturbed tells of events after which the books take longer, or a hold, even
// with every line there.
func disturbed(r rolled, story *herokusim.Story) bool {
	for _, e := range r.Events {
		if e.Crash != nil || e.Scale != nil || e.Cycle != "" || e.Restart != nil || e.Config != nil {
			return true
		}
		for _, tm := range e.Timing {
			if tm.Crash != 0 {
				return true
			}
		}
	}
	return len(r.Events) > 1
}
