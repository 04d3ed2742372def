// The new core against the old one: random scripts, and the captured logs.

package rollout_test

import (
	"bufio"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/oldcore"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

func both(t *testing.T, cfg rollout.Config, observations []observe.Observation) {
	t.Helper()
	fresh, old := rollout.New(cfg), oldcore.New(cfg)
	for i, o := range observations {
		fresh.Apply(o)
		old.Apply(o)
		if d := oldcore.Differ(fresh, old); d != "" {
			t.Fatalf("observation %d, %+v (-new +old):\n%s", i, o, d)
		}
	}
}

var scripts = flag.Int("scripts", 3000, "how many random scripts go to both cores")

func TestOracleOfScripts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 1))
	for range *scripts {
		script := []byte{0, byte(rng.IntN(3)), 1, byte(rng.IntN(4)), 2, byte(4 * rng.IntN(60)), 3, 1}
		for range 60 {
			what := byte(rng.IntN(14))
			if rng.IntN(3) > 0 {
				what = byte(5 + rng.IntN(5))
			}
			script = append(script, what, byte(rng.IntN(256)))
		}
		both(t, configOf(uint8(rng.IntN(256))), play(script))
	}
}

// Every captured log, with a release in its middle.
func TestOracleOfCaptures(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/captures/*.log")
	extra, _ := filepath.Glob("../../../shared/captures/extra/*.log")
	for _, file := range append(files, extra...) {
		var lines []observe.Line
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			if l, ok := logtail.Parse(in.Bytes()); ok {
				lines = append(lines, l)
			}
		}
		f.Close()
		if len(lines) < 2 {
			continue
		}
		slices.SortStableFunc(lines, func(a, b observe.Line) int { return a.Stamp.Compare(b.Stamp) })
		for _, preboot := range []bool{false, true} {
			both(t, rollout.Config{App: "shop", UseLog: true, Want: release.Want{Version: 42}}, captured(lines, preboot))
		}
	}
}

func captured(lines []observe.Line, preboot bool) []observe.Observation {
	middle := lines[len(lines)/2].Stamp
	begin := lines[0].Stamp
	all := []observe.Observation{
		{App: &observe.App{ID: "a", Name: "shop"}},
		{Preboot: &observe.Preboot{Known: true, Enabled: preboot}},
		{Log: &observe.LogStatus{State: observe.Flowing, Since: begin.Add(-time.Hour)}},
	}
	labels := map[string]bool{}
	for _, l := range lines {
		if strings.HasPrefix(l.Label, "web.") || strings.HasPrefix(l.Label, "worker.") {
			labels[l.Label] = true
		}
	}
	for i, l := range lines {
		at := l.Stamp.Sub(begin)
		all = append(all, observe.Observation{At: at, Line: &l})
		if i%3 == 0 {
			look := &observe.Look{AskedAt: at, Formation: []observe.Formation{{Type: "web", Quantity: 1}, {Type: "worker", Quantity: 0}}}
			version, created := 41, begin.Add(-time.Hour)
			look.Releases = []observe.Release{{ID: "r41", Version: 41, Status: "succeeded", SlugID: "a", CreatedAt: begin.Add(-time.Hour), UpdatedAt: begin.Add(-time.Hour)}}
			if l.Stamp.After(middle) {
				version, created = 42, middle
				look.Releases = append(look.Releases, observe.Release{ID: "r42", Version: 42, Status: "succeeded", SlugID: "b", Current: true, CreatedAt: middle, UpdatedAt: middle})
			}
			for label := range labels {
				typ, _, _ := strings.Cut(label, ".")
				look.Dynos = append(look.Dynos, observe.Dyno{ID: label + created.String(), Name: label, Type: typ, State: []string{"up", "starting", "crashed"}[i%7%3], Version: version, CreatedAt: created, UpdatedAt: created.Add(time.Second)})
			}
			slices.SortFunc(look.Dynos, func(a, b observe.Dyno) int { return strings.Compare(a.Name, b.Name) })
			all = append(all, observe.Observation{At: at, Date: l.Stamp.Truncate(time.Second), Look: look})
		}
	}
	return all
}
