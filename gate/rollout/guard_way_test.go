// Guards of what lies between the runner and Heroku: two tries in a row that find no way end the
// wait, one does not; and a clock that is not believed is told of.

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

func TestNoWay(t *testing.T) {
	t.Parallel()
	no := func(kind observe.TroubleKind, about observe.About) observe.Observation {
		return observe.Observation{Trouble: &observe.Trouble{Kind: kind, About: about, Message: "no such host"}}
	}
	lost, down := no(observe.CannotConnect, observe.AboutLook), no(observe.Unreachable, observe.AboutLook)
	app := observe.Observation{App: &observe.App{ID: "a"}}
	for name, c := range map[string]struct {
		told []observe.Observation
		ends bool
	}{
		"once":                       {[]observe.Observation{lost}, false},
		"twice":                      {[]observe.Observation{lost, lost}, true},
		"of two questions":           {[]observe.Observation{lost, no(observe.CannotConnect, observe.AboutApp)}, false},
		"of the second one twice":    {[]observe.Observation{lost, no(observe.CannotConnect, observe.AboutApp), no(observe.CannotConnect, observe.AboutApp)}, true},
		"after an outage":            {[]observe.Observation{down, lost}, false},
		"after an outage, twice":     {[]observe.Observation{down, lost, lost}, true},
		"an outage in between":       {[]observe.Observation{lost, down, lost}, false},
		"an answer in between":       {[]observe.Observation{no(observe.CannotConnect, observe.AboutApp), app, no(observe.CannotConnect, observe.AboutApp)}, false},
		"an outage, again and again": {[]observe.Observation{down, down, down}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rollout.New(rollout.Config{App: "shop"})
			for i, o := range c.told {
				o.At = time.Duration(i) * 5 * time.Second
				r.Apply(o)
			}
			v, done := r.Verdict()
			if done != c.ends || done && (v.Result != rollout.Undecided || v.Reason != rollout.CannotConnect || !strings.Contains(v.Message, "no such host")) {
				t.Errorf("%v, %+v", done, v)
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
		"of the app's answer": {observe.Observation{Date: now.Add(time.Hour), Runner: now, App: &observe.App{Maintenance: true}}, true},
		"of a look":           {observe.Observation{Date: now.Add(time.Hour), Runner: now, Look: &observe.Look{}}, false},
		"of none":             {observe.Observation{Date: now, App: &observe.App{}}, false},
	} {
		r := rollout.New(rollout.Config{App: "shop"})
		r.Apply(c.o)
		if said := strings.Contains(strings.Join(r.Picture().Notices, "\n"), "dated 1h00m00s ahead"); said != c.says {
			t.Errorf("%s: %q", name, r.Picture().Notices)
		}
	}
}
