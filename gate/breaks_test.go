// The log breaks every few seconds, lines and list are late, and a new dyno crashes while
// the old one stops. The lines that would show which of the two has ended are lost in a break.

package gate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

func TestCrashesBesideBreaks(t *testing.T) {
	t.Parallel()
	opened := 0
	failed := &digest{what: "roll-outs with crashes beside breaks"}
	for n := range max(40, *rolls/3) {
		r := breaking(n)
		if r.App.Space != "" {
			continue
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			noted := &notes{TB: t}
			defer func() {
				failed.add(noted.failure(fmt.Sprint(n), fmt.Sprintf("go test ./gate -count=1 -run 'TestCrashesBesideBreaks/%d$'", n)))
			}()
			story, err := r.Play()
			if err != nil {
				t.Skip(err) // a crash of a dyno that is not up
			}
			synctest.Test(t, func(t *testing.T) {
				o := play(t, story, r.App.Name, story.Gate, map[string]string{"timeout": "50m"}, 0)
				if o.verdict.Result != "passed" {
					return
				}
				opened++
				if bad := story.OldRunning(o.at, o.picture.Target.Version); len(bad) > 0 {
					noted.TB = t
					noted.Errorf("%s: %s; the gate opened at %s\n%s", tooEarly, ran(bad), clock(o.at), o.stdout)
				}
			})
		})
	}
	if text := failed.String(); text != "" {
		t.Error(text)
	}
	if opened < 20 {
		t.Errorf("%d of the roll-outs opened the gate, want at least 20", opened)
	}
}

// breaking makes a random app whose log breaks and whose new dyno crashes.
func breaking(n int) rolled {
	d := dice{rand.New(rand.NewPCG(uint64(100_000+n), 42))}
	r := rolled{Scenario: d.app(int64(n))}
	r.App.Preboot = false
	r.Log = herokusim.Log{Heartbeat: 5 * time.Second, Cut: time.Duration(2000+n%7*900) * time.Millisecond, Late: &herokusim.Late{Share: 0.5, By: 3 * time.Second}}
	r.ListLag = time.Duration(1+n%5) * time.Second
	timing, gate := d.timings(&r, false), time.Second
	web := timing["web"]
	web.Start, web.Up = herokusim.After(time.Second), herokusim.Between(2*time.Second, 3*time.Second)
	web.Term, web.Stop = herokusim.Between(0, 3*time.Second), herokusim.After(29*time.Second)
	timing["web"], r.Gate = web, &gate
	r.Events = []herokusim.Event{
		{Deploy: &herokusim.Deploy{}, Timing: timing},
		{At: time.Duration(5000+n*37%6000) * time.Millisecond, Crash: &herokusim.Crash{Label: "web.1"}, Timing: timing},
	}
	return r
}
