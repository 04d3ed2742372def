// Random observations: the core must not panic, and must hold to what is true of every wait.

package rollout_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// FuzzObservations gives the core any observations in any order. The core must not panic, must not change its
// verdict, and must come to the same when it is given the same again. It must not open while the newest look
// lists an old dyno, or shows fewer dynos up than are wanted.
func FuzzObservations(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"), uint8(0))
	f.Add([]byte("LLLdddSSSxxxLLL"), uint8(3))
	// A usual restart: app, preboot, log, the old dyno listed, its end, the new dyno.
	f.Add([]byte{0, 0, 1, 0, 2, 0, 3, 1, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0, 3, 2, 10, 200, 3, 2, 10, 200, 3, 2}, uint8(0))
	f.Add([]byte{0, 0, 1, 1, 4, 2, 3, 2, 10, 255, 10, 255, 10, 255, 3, 2}, uint8(1))
	f.Fuzz(func(t *testing.T, script []byte, config uint8) {
		if len(script) <= 400 {
			checkScript(t, script, config)
		}
	})
}

// TestScripts does the same with random scripts, which are mostly lines of the log.
func TestScripts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		script := []byte{0, 0, 1, 0, 2, 60, 3, 1}
		for range 100 {
			what := byte(rng.IntN(14))
			if rng.IntN(3) > 0 {
				what = byte(5 + rng.IntN(5))
			}
			script = append(script, what, byte(rng.IntN(256)))
		}
		checkScript(t, script, uint8(rng.IntN(256)))
	}
}

// checkScript plays a script in two cores, and checks each verdict.
func checkScript(t *testing.T, script []byte, config uint8) {
	t.Helper()
	observations := play(script)
	core, again := rollout.New(configOf(config)), rollout.New(configOf(config))
	var look *observe.Look
	var verdict *rollout.Verdict
	for _, o := range observations {
		if o.Look != nil && (look == nil || o.Look.AskedAt >= look.AskedAt) {
			look = o.Look
		}
		core.Apply(o)
		again.Apply(o)
		p := core.Picture()
		if d := differ(again.Needs(), core.Needs()) + differ(again.Picture(), p); d != "" {
			t.Fatalf("after %+v, two cores with the same observations differ (-, +):\n%s", o, d)
		}
		v, done := core.Verdict()
		switch {
		case verdict != nil && (!done || v != *verdict):
			t.Fatalf("the verdict has changed from %+v to %+v", *verdict, v)
		case verdict == nil && done:
			verdict = &v
			if v.Result == rollout.Passed {
				checkPass(t, p, look)
			}
		}
	}
}

func checkPass(t *testing.T, p rollout.Picture, look *observe.Look) {
	t.Helper()
	if p.Target == nil || p.Target.Status != "succeeded" || p.OldRemaining != 0 || p.NewUp < p.NewWanted {
		t.Errorf("passed with %+v", p)
		return
	}
	for _, d := range look.Dynos {
		if d.Version < p.Target.Version && d.State != "idle" && d.State != "down" {
			t.Errorf("passed while %s of v%d is listed as %s, target v%d", d.Name, d.Version, d.State, p.Target.Version)
		}
	}
}

// configOf makes a configuration of the bits of a byte.
func configOf(b uint8) rollout.Config {
	c := rollout.Config{App: "shop", UseLog: b&1 == 0, RequireProof: b&2 != 0, Timeout: time.Hour}
	c.OnSupersede = []release.Policy{"", release.SameCode, release.Follow, release.Fail}[b>>4&3]
	switch b >> 6 {
	case 1:
		c.Want.Version = 42
	case 2:
		c.Want.Commit = "abcdef1"
	}
	if b&8 != 0 {
		c.Settle = 30 * time.Second
	}
	return c
}

// differ is the difference of two values; empty if there is none. It is fast in that case.
func differ[T any](a, b T) string {
	if reflect.DeepEqual(a, b) {
		return ""
	}
	return cmp.Diff(a, b)
}

// play makes observations of pairs of bytes: the kind of the observation, and its content.
func play(script []byte) []observe.Observation {
	var now time.Duration
	var out []observe.Observation
	states := []string{"up", "starting", "crashed", "down", "idle"}
	for i := 0; i+1 < len(script); i += 2 {
		what, how := script[i], int(script[i+1])
		now += 300 * time.Millisecond
		o := observe.Observation{Date: at(now).Truncate(time.Second)}
		label := fmt.Sprintf("web.%d", 1+how%2)
		line := func(kind observe.LineKind) *observe.Line {
			late := time.Duration(how%7) * sec
			if how > 240 {
				late *= 10
			}
			return &observe.Line{Stamp: at(now - late), Label: label, Kind: kind}
		}
		switch what % 14 {
		case 0:
			o.App = &observe.App{ID: "a", Name: "shop", Generation: []string{"cedar", "cedar", "fir"}[how%3], Space: []string{"", "", "s"}[how%3]}
		case 1:
			if how >= 192 {
				o.Metrics = &observe.Metrics{Known: how&2 == 0, Enabled: how&1 == 1, ChangedAt: at(-100 * time.Hour)}
				break
			}
			o.Preboot = &observe.Preboot{Known: how&2 == 0, Enabled: how&1 == 1}
		case 2:
			o.Log = &observe.LogStatus{State: []observe.LogState{observe.Flowing, observe.Gapped, observe.Broken, observe.Refused}[how%4], Since: at(-time.Duration(how) * time.Minute)}
		case 3, 4:
			o.Look = lookOf(now, how, states)
		case 5:
			o.Line = line(observe.Replace)
		case 6:
			o.Line = line(observe.Sigterm)
		case 7:
			o.Line = line(observe.Start)
		case 8:
			o.Line = line(observe.State)
			o.Line.From, o.Line.To = states[how%5], states[how/5%5]
		case 9:
			o.Line = line(observe.Exit)
		case 10:
			now += time.Duration(how) * sec
		case 11:
			o.Code = &observe.Code{ID: fmt.Sprint("s", 40+how%4), Commit: []string{"abcdef12", "", "0123456789"}[how%3]}
		case 12:
			o.Trouble = &observe.Trouble{Kind: observe.Unreachable, Message: "no"}
		case 13:
			o.Line = line(observe.Metric)
			o.Line.UUID = fmt.Sprint(how % 3)
		}
		o.At = now
		out = append(out, o)
	}
	return out
}

func lookOf(now time.Duration, how int, states []string) *observe.Look {
	l := &observe.Look{AskedAt: now - time.Duration(how%3)*sec, Dynos: []observe.Dyno{}}
	for n := range how % 3 {
		d := dyno(fmt.Sprintf("web.%d", n+1), 41+how/3%3, states[how/9%5], time.Duration(how%5)*sec)
		l.Dynos = append(l.Dynos, d)
	}
	if how%4 != 3 {
		l.Formation = []observe.Formation{{Type: "web", Quantity: how / 2 % 3, CreatedAt: at(-time.Hour), UpdatedAt: at(-time.Hour)}}
		for v := 40; v <= 42+how/16%2; v++ {
			l.Releases = append(l.Releases, observe.Release{
				ID: fmt.Sprint("r", v), Version: v, Status: []string{"succeeded", "succeeded", "pending", "failed"}[how/32%4],
				SlugID: fmt.Sprint("s", v), CreatedAt: at(time.Duration(v-42) * time.Minute), UpdatedAt: at(time.Duration(v-42) * time.Minute),
			})
		}
	}
	return l
}
