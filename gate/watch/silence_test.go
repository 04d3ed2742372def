// When a silent log is reopened, in virtual time.

package watch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// changing is a platform whose dynos get new ids at some times.
type changing struct {
	*platform
	at []time.Duration
}

func (p *changing) Look(ctx context.Context, app string, full bool, n int) (observe.Observation, error) {
	o, err := p.platform.Look(ctx, app, full, n)
	if o.Look != nil {
		past := slices.DeleteFunc(slices.Clone(p.at), func(at time.Duration) bool { return at > time.Since(p.begin) })
		d := &o.Look.Dynos[0]
		if d.ID = fmt.Sprint("d", len(past)); len(past) > 0 {
			d.CreatedAt = epoch.Add(past[len(past)-1])
		}
	}
	return o, err
}

func TestALogThatIsSilentAboutAChangeIsReopened(t *testing.T) {
	t.Parallel()
	minutes := func(all ...float64) (at []time.Duration) {
		for _, m := range all {
			at = append(at, time.Duration(m*float64(time.Minute)))
		}
		return at
	}
	dyno := func(int) observe.Line {
		return observe.Line{Label: "web.1", Kind: observe.State, From: "up", To: "starting"}
	}
	for name, c := range map[string]struct {
		changes, lines []time.Duration
		line           func(int) observe.Line
		renewed        [][2]float64 // in minutes, from and to
	}{
		"nothing changes":                   {nil, nil, nil, nil},
		"the log shows the change":          {minutes(3), minutes(3), dyno, nil},
		"the log is 8 s ahead":              {minutes(3), minutes(2.86), dyno, nil},
		"the log is 8 s behind":             {minutes(3), minutes(3.14), dyno, nil},
		"the log is silent":                 {minutes(3), nil, nil, [][2]float64{{3.1, 3.7}}},
		"it showed another change long ago": {minutes(2, 5), minutes(2), dyno, [][2]float64{{5.1, 5.7}}},
		"it shows only metrics":             {minutes(3), minutes(2.9, 3, 3.1), func(int) observe.Line { return observe.Line{Label: "web.1", Kind: observe.Metric} }, [][2]float64{{3.1, 3.7}}},
		"it shows only lines of the API":    {minutes(3), minutes(2.9, 3, 3.1), func(int) observe.Line { return observe.Line{Kind: observe.API} }, [][2]float64{{3.1, 3.7}}},
		"it is always silent": {
			minutes(3, 4, 5, 6, 7, 8, 9), nil, nil,
			[][2]float64{{3.1, 3.7}, {4.1, 4.9}, {6.1, 6.9}, {10, 10.9}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &changing{&platform{old: true, begin: time.Now()}, c.changes}
				log := &flowing{at: c.lines, line: c.line}
				w := watch.Watcher{Platform: p, Log: log, Config: rollout.Config{App: "shop", UseLog: true, Timeout: 12 * time.Minute}}
				w.Run(t.Context())
				bad := len(log.renewed) != len(c.renewed)
				for i := 0; i < len(c.renewed) && !bad; i++ {
					bad = log.renewed[i].Minutes() < c.renewed[i][0] || log.renewed[i].Minutes() > c.renewed[i][1]
				}
				if bad {
					t.Errorf("renewed at %v, want %v", log.renewed, c.renewed)
				}
			})
		})
	}
}

// A log that does not flow is not reopened: it is being opened already, or Heroku refuses it.
func TestALogThatDoesNotFlowIsNotReopened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &changing{&platform{old: true, begin: time.Now()}, []time.Duration{time.Minute, 2 * time.Minute}}
		log := &refused{}
		w := watch.Watcher{Platform: p, Log: log, Config: rollout.Config{App: "shop", UseLog: true, Timeout: 5 * time.Minute}}
		w.Run(t.Context())
		if log.renewed {
			t.Error("the log was reopened")
		}
	})
}

type refused struct{ renewed bool }

func (r *refused) Renew() { r.renewed = true }

func (r *refused) Run(_ context.Context, emit func(observe.Observation)) {
	emit(observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "403"}})
}
