// Refusals of the platform: at the start a refusal ends the wait at once, later only when it has lasted.

package rollout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// answers are the answers of the platform, by the names that the scripts use.
var answers = map[string]observe.Observation{
	"app":          {App: &observe.App{ID: "a", Name: "shop"}},
	"builds":       {Builds: &observe.Builds{}},
	"dynos":        {Look: &observe.Look{}},
	"look":         {Look: &observe.Look{Formation: []observe.Formation{}, Releases: []observe.Release{}}},
	"no-preboot":   {Preboot: &observe.Preboot{Known: true}},
	"no-code":      {Code: &observe.Code{ID: "c"}},
	"401":          {Trouble: &observe.Trouble{Kind: observe.Unauthorized}},
	"403":          {Trouble: &observe.Trouble{Kind: observe.Forbidden}},
	"404":          {Trouble: &observe.Trouble{Kind: observe.NotFound, Message: "no such list"}},
	"no-app":       {Trouble: &observe.Trouble{Kind: observe.NotFound, About: observe.AboutApp, Message: "no such app"}},
	"503":          {Trouble: &observe.Trouble{Kind: observe.Unreachable}},
	"deadline":     {End: observe.Deadline},
	"401-of-build": {Trouble: &observe.Trouble{Kind: observe.Unauthorized, About: observe.AboutBuilds}},
}

// playScript applies a script, such as "0 look, 5 404", with times in seconds. It fails the test if the wait
// ends before the last step.
func playScript(t *testing.T, r *rollout.Rollout, script string) {
	t.Helper()
	for step := range strings.SplitSeq(script, ", ") {
		var at int
		var what string
		fmt.Sscan(step, &at, &what)
		o := answers[what]
		o.At = time.Duration(at) * time.Second
		if o.Look != nil {
			o.Look = &observe.Look{AskedAt: o.At, Formation: o.Look.Formation, Releases: o.Look.Releases}
		}
		if _, ended := r.Verdict(); ended {
			t.Fatalf("ended before %q", step)
		}
		r.Apply(o)
	}
}

func TestWhenARefusalIsBelieved(t *testing.T) {
	t.Parallel()
	for script, ends := range map[string]bool{
		"0 no-app":                                         true,
		"0 401":                                            true,
		"0 no-preboot, 1 no-app":                           true, // the answer about preboot does not show that the key may see the app
		"0 no-code, 1 403":                                 true,
		"0 503, 60 no-app":                                 true,
		"0 app, 1 404":                                     false,
		"0 builds, 1 403":                                  false,
		"0 look, 5 404, 64 404":                            false,
		"0 look, 5 404, 65 404":                            true,
		"0 look, 5 403, 30 404, 65 403":                    true,
		"0 look, 5 404, 30 look, 70 404":                   false,
		"0 look, 5 404, 30 dynos, 65 404":                  true, // the lists beside the dynos are still refused
		"0 look, 5 404, 30 503, 65 404":                    false,
		"0 look, 5 503, 60 404, 80 404":                    false, // an outage, and the refusal is new
		"0 look, 5 401, 14 401":                            false,
		"0 look, 5 401, 15 401":                            true,
		"0 look, 5 401-of-build, 10 look, 15 401-of-build": false,
		"0 look, 5 401-of-build, 15 401-of-build":          true,
		"0 look, 5 404, 15 401":                            true,  // no good answer for 10 s
		"0 404, 59 404":                                    false, // a list alone
		"0 404, 60 404":                                    true,
		"0 404, 1 no-app":                                  true,
		"0 404, 1 app, 2 look, 60 404":                     false,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			r := rollout.New(rollout.Config{App: "shop"})
			playScript(t, r, script)
			if v, ended := r.Verdict(); ended != ends {
				t.Errorf("the wait has ended: %v, want %v; %s", ended, ends, v.Message)
			}
		})
	}
}

// While the gate waits for an app, the app may still come until there was a good answer about it, whatever
// else goes wrong.
func TestWaitForApp(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]rollout.Reason{
		"0 404, 70 404, 100 deadline":            rollout.AppNotFound,
		"0 404, 70 403":                          rollout.KeyForbidden,
		"0 404, 70 401":                          rollout.KeyUnauthorized,
		"0 404, 70 503, 100 deadline":            rollout.PlatformUnreachable,
		"0 503, 70 404, 100 deadline":            rollout.AppNotFound,
		"0 404, 70 app, 90 look, 100 deadline":   rollout.ReleaseMissing,
		"0 404, 70 app, 71 404, 131 404":         rollout.AppNotFound,
		"0 404, 70 app, 71 404, 100 deadline":    rollout.PlatformUnreachable,
		"0 404, 70 app, 71 look, 80 404, 90 404": "",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			r := rollout.New(rollout.Config{App: "shop", WaitForApp: true})
			playScript(t, r, script)
			if v, _ := r.Verdict(); v.Reason != want {
				t.Errorf("verdict %+v, want %q", v, want)
			}
		})
	}
}

// Heroku has given nothing before the first good answer, so the notice of a refusal does not say so.
func TestNoticeOfARefusal(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"0 404":         "Heroku refuses at 0s (",
		"0 look, 5 404": "Heroku refuses at 5s what it gave before (",
	} {
		r := rollout.New(rollout.Config{App: "shop"})
		playScript(t, r, script)
		notices := r.Picture().Notices
		if !slices.ContainsFunc(notices, func(n string) bool {
			return strings.HasPrefix(n, want) && strings.HasSuffix(n, "believed if it says so for 1m00s")
		}) {
			t.Errorf("%s: notices %q, want one that begins with %q", script, notices, want)
		}
	}
}
