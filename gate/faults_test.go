// What the gate does when the Platform API fails: every kind of fault, at every time.

package gate_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// faultKinds are the ways in which an answer can be bad.
var faultKinds = map[string]herokusim.Fault{
	"503 for people":             {HTML: true},
	"503 in JSON":                {Status: 503},
	"500 without a body":         {Status: 500, Body: " "},
	"429 in JSON":                {Status: 429},
	"429 as text":                {Status: 429, Body: "slow down"},
	"429 that says when":         {Status: 429, RetryAfter: 3 * time.Second},
	"never an answer":            {Hang: true},
	"connection reset":           {Reset: true},
	"answer cut off":             {CutBody: true},
	"answer byte by byte":        {Trickle: time.Second},
	"answer that is no JSON":     {Body: "hello"},
	"JSON that is cut":           {Body: `[{"id":`},
	"null":                       {Body: "null"},
	"an object for a list":       {Body: `{"id":"x"}`},
	"a list with a null":         {Body: "[null]"},
	"a refusal for people":       {Status: 403, HTML: true},
	"a wrong page":               {Status: 404, HTML: true},
	"answers 12 s late":          {Delay: 12 * time.Second},
	"answers 2 s late":           {Delay: 2 * time.Second},
	"answers of 10 s ago":        {Stale: 10 * time.Second},
	"a clock 10 minutes ahead":   {Clock: 10 * time.Minute},
	"a clock 10 minutes behind":  {Clock: -10 * time.Minute},
	"no clock":                   {NoDate: true},
	"redirected to another host": {Status: http.StatusFound},
}

// When a fault ends, the gate opens. It never opens because of a bad answer, reports the
// trouble once, and does not spend too many requests.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	for name, fault := range faultKinds {
		for when, window := range map[string][2]time.Duration{
			"from the start":      {0, 15 * time.Second},
			"in the middle":       {10 * time.Second, 25 * time.Second},
			"as it would open":    {30500 * time.Millisecond, 60 * time.Second},
			"for a long time":     {5 * time.Second, 3 * time.Minute},
			"again and again":     {0, 90 * time.Second},
			"without the log":     {5 * time.Second, 3 * time.Minute},
			"with preboot, blind": {5 * time.Second, 3 * time.Minute},
		} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				f := fault
				f.From, f.To = window[0], window[1]
				f.Path = "/apps/"
				inputs := map[string]string{"release": "v42"}
				sc := faulty()
				switch when {
				case "again and again":
					share := 0.3
					f.Share = &share
				case "without the log":
					inputs["logs"] = "off"
				case "with preboot, blind":
					inputs["logs"], sc.App.Preboot = "off", true
					sc.Types["web"] = herokusim.Type{Quantity: 1}
				}
				sc.Faults = []herokusim.Fault{f}
				o := playScenario(t, sc, inputs)
				if when == "from the start" && o.verdict.Result == rollout.Undecided && (f.HTML && f.Status != 0 || f.Status/100 == 3) {
					return // without a good answer before, the address may be a wrong one
				}
				if o.verdict.Reason != rollout.RolledOut {
					t.Fatalf("%+v at %s\n%s", o.verdict, o.at, o.stdout)
				}
				last := max(f.To, possible(story(t, sc), o))
				limit := last + 90*time.Second
				if inputs["logs"] == "off" || o.verdict.Basis == rollout.Presumed {
					limit = last + 8*time.Minute
				}
				if f.Clock < 0 {
					limit += -f.Clock // a hold ends by the clock that was furthest behind
				}
				if o.at > limit {
					t.Errorf("opened at %s, later than %s", o.at, limit)
				}
				if n := strings.Count(o.stdout, "gives no usable answer"); n > 6 {
					t.Errorf("the trouble is told %d times", n)
				}
				if n, most := apiRequests(o.server), 75+int(15*o.at.Minutes()); n > most {
					t.Errorf("%d requests in %s, want at most %d", n, o.at, most)
				}
				if t.Failed() {
					t.Log(o.stdout)
				}
			})
		}
	}
}

// If one endpoint fails to the end, only what depends on it is missing.
func TestFaultsOfOneEndpoint(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/dynos":            "timed-out platform-unreachable ",
		"/formation":        "timed-out platform-unreachable ",
		"/releases":         "timed-out platform-unreachable ",
		"/features/preboot": "passed rolled-out proven",
		"/log-sessions":     "passed rolled-out presumed",
		"/slugs/":           "passed rolled-out proven",
		"/builds":           "passed rolled-out proven",
	} {
		for name, fault := range map[string]herokusim.Fault{
			"fails": {Status: 503}, "hangs": {Hang: true}, "is cut": {CutBody: true}, "says null": {Body: "null"},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				t.Parallel()
				f := fault
				f.Path, f.To = path, time.Hour
				sc := faulty()
				sc.Faults = []herokusim.Fault{f}
				o := playScenario(t, sc, map[string]string{"timeout": "5m"})
				if got := fmt.Sprintf("%s %s %s", o.verdict.Result, o.verdict.Reason, o.verdict.Basis); got != want {
					t.Errorf("%s (%s), want %s\n%s", got, o.verdict.Message, want, o.stdout)
				}
			})
		}
	}
}

// If the platform refuses requests at the start, the wait ends at once. If it refuses them later, the wait
// ends when that has lasted for a while. If it only refuses the log, there is no proof.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{401: "undecided unauthorized", 403: "undecided forbidden", 404: "undecided app-not-found"} {
		for _, from := range []time.Duration{0, 10 * time.Second, 29 * time.Second} {
			t.Run(fmt.Sprintf("%d from %s", status, from), func(t *testing.T) {
				t.Parallel()
				sc := faulty()
				sc.Faults = []herokusim.Fault{{From: from, To: time.Hour, Path: "/apps/", Status: status}}
				o := playScenario(t, sc, nil)
				if got := fmt.Sprintf("%s %s", o.verdict.Result, o.verdict.Reason); got != want {
					t.Errorf("%s (%s), want %s", got, o.verdict.Message, want)
				}
				if limit := max(from, 2*time.Second) + 85*time.Second; o.at > limit || from == 0 && o.at > 3*time.Second {
					t.Errorf("ended at %s, later than %s", o.at, limit)
				}
				if n := apiRequests(o.server); n > 30 {
					t.Errorf("%d requests", n)
				}
			})
		}
		t.Run(fmt.Sprintf("%d for the log", status), func(t *testing.T) {
			t.Parallel()
			sc := faulty()
			sc.Log.Refused = status
			if o := playScenario(t, sc, nil); o.verdict.Basis != rollout.Presumed {
				t.Errorf("%+v\n%s", o.verdict, o.stdout)
			}
		})
	}
}

// If the account has few requests left, the gate looks rarely, but still opens when it
// has the proof.
func TestBudget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		budget int
		logs   string
		most   int // requests in the wait of about 10 minutes
		late   time.Duration
		says   bool
	}{
		{4500, "auto", 45, 3 * time.Second, false},
		{4500, "off", 100, 15 * time.Second, false},
		{400, "auto", 45, 3 * time.Second, true},
		{400, "off", 75, 45 * time.Second, true},
		{50, "auto", 40, 3 * time.Second, true},
		{20, "off", 40, 3 * time.Minute, true},
	} {
		t.Run(fmt.Sprintf("%d left, logs %s", c.budget, c.logs), func(t *testing.T) {
			t.Parallel()
			sc := &herokusim.Scenario{
				App: herokusim.App{Name: "poor", Preboot: true}, Budget: &c.budget,
				Types:  map[string]herokusim.Type{"web": {Quantity: 20}},
				Events: []herokusim.Event{{Deploy: &herokusim.Deploy{}}},
				// Other programs of the account use up what comes back.
				Drain: 75, Log: herokusim.Log{Heartbeat: 10 * time.Second},
			}
			o := playScenario(t, sc, map[string]string{"logs": c.logs})
			if o.verdict.Result != rollout.Passed {
				t.Fatalf("%+v\n%s", o.verdict, o.stdout)
			}
			could := possible(story(t, sc), o)
			if c.logs == "off" {
				could = 570 * time.Second // 60 s + 2 min + 2 min + 30 s + 20 times 12 s
			}
			if late := o.at - could; late > c.late {
				t.Errorf("opened at %s, %s after it could", o.at, late)
			}
			if n := apiRequests(o.server); n > c.most {
				t.Errorf("%d requests, want at most %d\n%s", n, c.most, o.stdout)
			}
			if said := strings.Contains(o.stdout, "budget of API requests, which all its programs share, is low"); said != c.says {
				t.Errorf("said %v, want %v\n%s", said, c.says, o.stdout)
			}
		})
	}
}

// faulty is a plain restart whose old process is killed at about 31 s.
func faulty() *herokusim.Scenario {
	return &herokusim.Scenario{
		App:    herokusim.App{Name: "faulty"},
		Types:  map[string]herokusim.Type{"web": {Quantity: 1, Timing: herokusim.Timing{Stop: herokusim.After(30 * time.Second)}}},
		Events: []herokusim.Event{{Deploy: &herokusim.Deploy{}}},
		Ends:   time.Hour,
	}
}

// load returns a scenario of the simulator and its story.
func load(t *testing.T, name string) (*herokusim.Scenario, *herokusim.Story) {
	t.Helper()
	sc, err := herokusim.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return sc, story(t, sc)
}

func story(t *testing.T, sc *herokusim.Scenario) *herokusim.Story {
	t.Helper()
	st, err := sc.Play()
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// playScenario runs the gate on a scenario in virtual time, and checks it against the truth.
func playScenario(t *testing.T, sc *herokusim.Scenario, inputs map[string]string) (o outcome) {
	t.Helper()
	st := story(t, sc)
	synctest.Test(t, func(t *testing.T) {
		o = play(t, st, sc.AppName(), st.Gate, inputs, 0)
		if slices.ContainsFunc(sc.Faults, func(f herokusim.Fault) bool { return f.Clock < 0 || f.NoDate && f.From == 0 }) || strings.HasPrefix(inputs[skewInput], "-") {
			o.outputs["old-gone-at"] = "" // its time is from the wrong clock
		}
		checkTruth(t, st, o)
	})
	return o
}

// Requests that fail again and again do not use up the rest of the budget, and the gate
// still opens when the hold ends.
func TestBudgetInTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		budget int
		fault  herokusim.Fault
		cut    time.Duration
		logs   string
	}{
		"slug":                     {20, herokusim.Fault{Path: "/slugs/", Status: 503}, 0, "off"},
		"preboot":                  {20, herokusim.Fault{Path: "/features/preboot", Status: 503}, 0, "off"},
		"log sessions":             {20, herokusim.Fault{Path: "/log-sessions", Status: 503}, 0, "auto"},
		"streams of 16 s, 20 left": {20, herokusim.Fault{}, 16 * time.Second, "auto"},
		"streams of 20 s, 50 left": {50, herokusim.Fault{}, 20 * time.Second, "auto"},
		"streams of 60 s, 20 left": {20, herokusim.Fault{}, time.Minute, "auto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc := &herokusim.Scenario{
				App: herokusim.App{Name: "poor", Preboot: true}, Budget: &c.budget, Drain: 75,
				Types:  map[string]herokusim.Type{"web": {Quantity: 20}},
				Events: []herokusim.Event{{Deploy: &herokusim.Deploy{}}},
				Log:    herokusim.Log{Cut: c.cut, Heartbeat: 10 * time.Second},
			}
			if c.fault.Path != "" {
				c.fault.To = time.Hour
				sc.Faults = []herokusim.Fault{c.fault}
			}
			o := playScenario(t, sc, map[string]string{"logs": c.logs})
			n := apiRequests(o.server)
			t.Logf("%s, %s at %s with %d requests", o.verdict.Reason, o.verdict.Basis, o.at, n)
			if o.verdict.Result != rollout.Passed || o.at > 14*time.Minute || n > 60 {
				for _, r := range o.server.Requests() {
					t.Log(r.At, r.Path)
				}
				t.Errorf("%s\n%s", o.verdict.Message, o.stdout)
			}
		})
	}
}

// Without a Date in the answers, a hold begins when the gate first sees its cause, and
// still ends.
func TestNoDateAtAll(t *testing.T) {
	t.Parallel()
	for _, logs := range []string{"auto", "off"} {
		for _, preboot := range []bool{false, true} {
			t.Run(fmt.Sprintf("logs %s, preboot %v", logs, preboot), func(t *testing.T) {
				t.Parallel()
				sc := faulty()
				sc.App.Preboot = preboot
				sc.Types["web"] = herokusim.Type{Quantity: 1}
				sc.Faults = []herokusim.Fault{{To: time.Hour, NoDate: true}}
				o := playScenario(t, sc, map[string]string{"release": "v42", "logs": logs})
				limit := 2 * time.Minute
				if preboot {
					limit = 10 * time.Minute
				}
				if o.verdict.Result != rollout.Passed || o.at > limit {
					t.Errorf("%+v at %s\n%s", o.verdict, o.at, o.stdout)
				}
			})
		}
	}
}

// The first list is out of date, and its answer takes seconds. The gate still waits for the
// release that was the newest when it started.
func TestSlowStaleStart(t *testing.T) {
	t.Parallel()
	for _, logs := range []string{"auto", "off"} {
		sc := faulty()
		sc.App.Preboot, sc.Types["web"] = true, herokusim.Type{Quantity: 2}
		sc.Faults = []herokusim.Fault{{From: 2 * time.Second, To: 6 * time.Second, Stale: 4 * time.Second, Trickle: 5 * time.Millisecond}}
		o := playScenario(t, sc, map[string]string{"logs": logs, "on-supersede": "fail"})
		if o.verdict.Result != rollout.Passed || o.picture.Target.Version != 42 {
			t.Errorf("logs %s: %+v\n%s", logs, o.verdict, o.stdout)
		}
	}
}
