// Guards of the way from the runner to Heroku. Two tries in a row that cannot connect end the wait, one does
// not. And a clock that the core does not believe leads to a notice.

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

func TestCannotConnect(t *testing.T) {
	t.Parallel()
	trouble := func(kind observe.TroubleKind, about observe.About) observe.Observation {
		return observe.Observation{Trouble: &observe.Trouble{Kind: kind, About: about, Message: "no such host"}}
	}
	cannotConnect, outage := trouble(observe.CannotConnect, observe.AboutLook), trouble(observe.Unreachable, observe.AboutLook)
	app := observe.Observation{App: &observe.App{ID: "a"}}
	for name, c := range map[string]struct {
		steps []observe.Observation
		ends  bool
	}{
		"once":                                  {[]observe.Observation{cannotConnect}, false},
		"twice":                                 {[]observe.Observation{cannotConnect, cannotConnect}, true},
		"once for each of two questions":        {[]observe.Observation{cannotConnect, trouble(observe.CannotConnect, observe.AboutApp)}, false},
		"twice for the second of two questions": {[]observe.Observation{cannotConnect, trouble(observe.CannotConnect, observe.AboutApp), trouble(observe.CannotConnect, observe.AboutApp)}, true},
		"after an outage":                       {[]observe.Observation{outage, cannotConnect}, false},
		"after an outage, twice":                {[]observe.Observation{outage, cannotConnect, cannotConnect}, true},
		"an outage in between":                  {[]observe.Observation{cannotConnect, outage, cannotConnect}, false},
		"an answer in between":                  {[]observe.Observation{trouble(observe.CannotConnect, observe.AboutApp), app, trouble(observe.CannotConnect, observe.AboutApp)}, false},
		"an outage, again and again":            {[]observe.Observation{outage, outage, outage}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rollout.New(rollout.Config{App: "shop"})
			for i, o := range c.steps {
				o.At = time.Duration(i) * 5 * time.Second
				r.Apply(o)
			}
			v, done := r.Verdict()
			if done != c.ends || done && (v.Result != rollout.Undecided || v.Reason != rollout.CannotConnect || !strings.Contains(v.Message, "no such host")) {
				t.Errorf("verdict %v, %+v; want an end: %v", done, v, c.ends)
			}
		})
	}
}

func TestClockThatIsNotBelieved(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for name, c := range map[string]struct {
		o    observe.Observation
		says bool
	}{
		"the answer about the app":            {observe.Observation{Date: now.Add(time.Hour), Runner: now, App: &observe.App{Maintenance: true}}, true},
		"a look":                              {observe.Observation{Date: now.Add(time.Hour), Runner: now, Look: &observe.Look{}}, false},
		"an answer without the runner's time": {observe.Observation{Date: now, App: &observe.App{}}, false},
	} {
		r := rollout.New(rollout.Config{App: "shop"})
		r.Apply(c.o)
		if said := strings.Contains(strings.Join(r.Picture().Notices, "\n"), "dated 1h00m00s ahead"); said != c.says {
			t.Errorf("%s: a notice says so: %v, want %v; %q", name, said, c.says, r.Picture().Notices)
		}
	}
}
