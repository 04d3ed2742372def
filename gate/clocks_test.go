// Wrong clocks: that of the runner, and that in Heroku's answers as a proxy may change it.

package gate_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// The clock of the runner is wrong, or that in Heroku's answers, or both. The gate still opens, and it does
// not open too early, unless both are ahead.
func TestWrongClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ runner, heroku time.Duration }{
		{-10 * time.Second, 0}, {-20 * time.Second, 0}, {-10 * time.Minute, 0}, {-26 * 365 * 24 * time.Hour, 0}, {time.Hour, 0},
		{0, 4 * time.Second}, {0, 20 * time.Second}, {0, 10 * time.Minute}, {0, 12 * time.Hour}, {0, -10 * time.Minute},
		{-time.Hour, time.Hour}, {-time.Hour, -time.Minute},
	} {
		for _, logs := range []string{"auto", "off"} {
			for _, preboot := range []bool{false, true} {
				for _, release := range []string{"latest", "v42"} {
					t.Run(fmt.Sprintf("runner %s, Heroku %s, logs %s, preboot %v, release %s", c.runner, c.heroku, logs, preboot, release), func(t *testing.T) {
						t.Parallel()
						sc := faulty()
						sc.App.Preboot = preboot
						if preboot {
							sc.Types["web"] = herokusim.Type{Quantity: 2, Timing: herokusim.Timing{Exit: herokusim.Between(300*time.Second, 349*time.Second)}}
						}
						if c.heroku != 0 {
							sc.Faults = []herokusim.Fault{{Clock: c.heroku, To: 2 * time.Hour}}
						}
						o := playScenario(t, sc, map[string]string{"release": release, "logs": logs, skewInput: c.runner.String()})
						limit := 3 * time.Minute
						if preboot {
							limit = 12 * time.Minute
						}
						if o.verdict.Result != rollout.Passed || o.at > limit || o.picture.Target.Version != 42 {
							t.Errorf("%+v at %s\n%s", o.verdict, o.at, o.stdout)
						}
					})
				}
			}
		}
	}
}
