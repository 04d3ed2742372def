// The assumptions against the simulated Heroku: all plans together refute none, and each is refuted by a
// Heroku that breaks it on purpose.

package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/cmd/experiment/findings"
	"heroku-rollout-gate/gate/herokusim"
)

// A breaking is a plan on a Heroku that breaks an assumption: by its scenario, or by changes of its answers and lines.
type breaking struct {
	plan    string
	more    func(*Plan)
	readKey string // of the gates
	heroku  func(*herokusim.AccountOptions)
	// line returns the lines that come in place of a line of the log. answer changes an answer.
	line   func(string) []string
	answer func(req *http.Request, status int, body string) (int, string)
}

// two is a plan with few dynos, so that it is played fast.
const two = "worker-beside-web"

var breakings = map[string]breaking{
	"exit-of-prebooted":          {plan: two, heroku: template(func(s *herokusim.Scenario) { s.SilentEnd = true })},
	"exit-of-others":             {plan: two, line: drop(`heroku\[worker\.\d\]: Process exited`)},
	"one-exit-each":              {plan: two, line: again(`heroku\[web\.1\]: Process exited`, 3)},
	"start-line":                 {plan: two, line: drop(`heroku\[worker\.2\]: Starting process`)},
	"killed-after-30s":           {plan: two, line: sigtermEarlier},
	"turn-line":                  {plan: two, line: drop(`State changed from up to starting`)},
	"no-restarting-with-preboot": {plan: two, heroku: template(func(s *herokusim.Scenario) { s.RestartingLine = true })},
	"no-state-at-hidden-end":     {plan: two, line: stateAtEnd},
	"log-delay":                  {plan: two, heroku: template(func(s *herokusim.Scenario) { s.Log.Late = &herokusim.Late{Share: 1, By: 15 * time.Second} })},
	"one-clock":                  {plan: two, heroku: template(func(s *herokusim.Scenario) { s.Faults = []herokusim.Fault{{Clock: -time.Minute}} })},
	"metrics-id":                 {plan: two, heroku: template(func(s *herokusim.Scenario) { s.MetricsIDs = "other" })},
	"metrics-come":               {plan: two, heroku: template(func(s *herokusim.Scenario) { s.Log.MetricsLose = 0.97 })},
	"prebooted-unlisted":         {plan: two, heroku: template(func(s *herokusim.Scenario) { s.ListsHidden = true })},
	"record-turns-first":         {plan: two, heroku: template(func(s *herokusim.Scenario) { s.ListLag = 20 * time.Second }), more: func(p *Plan) { p.Stop = 16 * time.Second }},
	"one-record":                 {plan: two, heroku: template(func(s *herokusim.Scenario) { s.ListsHidden = true })},
	"list-delay":                 {plan: two, heroku: template(func(s *herokusim.Scenario) { s.ListLag = 15 * time.Second })},
	"release-listed": {plan: two, heroku: template(func(s *herokusim.Scenario) {
		s.Faults = []herokusim.Fault{{Request: "GET /apps/*/releases", Stale: 25 * time.Second}}
	})},
	"finished-at-once":      {plan: two, answer: pendingAtFirst()},
	"failed-phase-harmless": {plan: "release-phase-fails", answer: replaced(`/releases$`, `"status":"failed"`, `"status":"pending"`)},
	"first-kill":            {plan: two, heroku: timing(func(t *herokusim.Timing) { t.Exit = herokusim.Between(100*time.Second, 110*time.Second) })},
	"kills-apart":           {plan: two, heroku: timing(func(t *herokusim.Timing) { t.Exit = herokusim.Between(200*time.Second, 260*time.Second) })},
	"preboot-hold":          {plan: two, heroku: timing(func(t *herokusim.Timing) { t.Exit = herokusim.Between(380*time.Second, 400*time.Second) })},
	"plain-hold": {plan: two, heroku: template(func(s *herokusim.Scenario) {
		s.Types["worker"] = herokusim.Type{Timing: herokusim.Timing{Term: herokusim.After(2 * time.Minute)}}
	})},
	"restart-renews":  {plan: "restart-in-window", heroku: timing(func(t *herokusim.Timing) { t.LeaveHidden = true })},
	"deploy-renews":   {plan: "two-deploys", heroku: timing(func(t *herokusim.Timing) { t.LeaveHidden = true })},
	"crash-kills":     {plan: "new-code-crashes", heroku: timing(func(t *herokusim.Timing) { t.Exit = herokusim.After(2 * time.Hour) })},
	"scaling-refused": {plan: "scaling-in-window", heroku: func(o *herokusim.AccountOptions) { o.ScaleInWindow = true }},
	"old-id-gone":     {plan: two, answer: oldIDs()},
	"preboot-answer":  {plan: two, answer: replaced(`GET .*/features/preboot$`, `"enabled":true`, `"enabled":false`)},
	"read-scope":      {plan: two, readKey: "read-key", heroku: anyKey, answer: readOnly("read-key", true)},
	"answers-fit": {plan: two, heroku: template(func(s *herokusim.Scenario) {
		s.Faults = []herokusim.Fault{{Request: "GET /apps/*/formation", Status: 503}}
	})},
}

// anyKey is an account that takes every key.
func anyKey(o *herokusim.AccountOptions) { o.Key = "" }

func template(change func(*herokusim.Scenario)) func(*herokusim.AccountOptions) {
	return func(o *herokusim.AccountOptions) { change(o.Template) }
}

// timing changes what preboot does to web dynos.
func timing(change func(*herokusim.Timing)) func(*herokusim.AccountOptions) {
	return template(func(s *herokusim.Scenario) {
		web := s.Types["web"]
		change(&web.Preboot)
		s.Types["web"] = web
	})
}

// drop loses lines.
func drop(pattern string) func(string) []string {
	re := regexp.MustCompile(pattern)
	return func(line string) []string {
		if re.MatchString(line) {
			return nil
		}
		return []string{line}
	}
}

// again repeats lines some times, each with a stamp of its own.
func again(pattern string, times int) func(string) []string {
	re, stamp := regexp.MustCompile(pattern), regexp.MustCompile(`\.(\d{6})\+00:00`)
	return func(line string) []string {
		all := []string{line}
		for n := 1; re.MatchString(line) && n <= times; n++ {
			all = append(all, stamp.ReplaceAllString(line, fmt.Sprintf(".%06d+00:00", 990000+n)))
		}
		return all
	}
}

// sigtermEarlier makes processes print that they got SIGTERM 40 s earlier.
func sigtermEarlier(line string) []string {
	if before, at, ok := strings.Cut(line, " at="); ok && strings.Contains(line, "]: sigterm ") {
		if t, err := time.Parse("2006-01-02T15:04:05.000Z", at); err == nil {
			return []string{before + " at=" + t.Add(-40*time.Second).Format("2006-01-02T15:04:05.000Z")}
		}
	}
	return []string{line}
}

// stateAtEnd prints a state after each exit of a web dyno, also of a hidden one.
func stateAtEnd(line string) []string {
	if before, _, ok := strings.Cut(line, "]: Process exited"); ok && strings.Contains(before, "heroku[web.") {
		return []string{line, before + "]: State changed from up to down"}
	}
	return []string{line}
}

// replaced changes a part of the answers to some requests.
func replaced(request, old, now string) func(*http.Request, int, string) (int, string) {
	re := regexp.MustCompile(request)
	return func(req *http.Request, status int, body string) (int, string) {
		if re.MatchString(req.Method + " " + req.URL.Path) {
			body = strings.ReplaceAll(body, old, now)
		}
		return status, body
	}
}

// pendingAtFirst makes the list of releases call the newest release pending for a while.
func pendingAtFirst() func(*http.Request, int, string) (int, string) {
	var mu sync.Mutex
	times := 0
	return func(req *http.Request, status int, body string) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(req.URL.Path, "/releases") && strings.Contains(body, `"version":4`) && times < 40 {
			times++
			body = strings.Replace(body, `"status":"succeeded"`, `"status":"pending"`, 1)
		}
		return status, body
	}
}

// oldIDs answers also for ids that are no longer listed.
func oldIDs() func(*http.Request, int, string) (int, string) {
	var mu sync.Mutex
	known := map[string]string{}
	return func(req *http.Request, status int, body string) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		switch _, id, ok := strings.Cut(req.URL.Path, "/dynos/"); {
		case !ok || req.Method != http.MethodGet:
		case status == http.StatusOK:
			known[id] = body
		case known[id] != "":
			return http.StatusOK, known[id]
		}
		return status, body
	}
}

// refuses refuses all requests of a method and a key.
func refuses(method, key string, with int) func(*http.Request, int, string) (int, string) {
	return func(req *http.Request, status int, body string) (int, string) {
		if req.Method == method && req.Header.Get("Authorization") == "Bearer "+key {
			return with, `{"id":"forbidden","message":"You do not have access."}`
		}
		return status, body
	}
}

// readOnly lets a key only read. noLog: it may not read the log, either.
func readOnly(key string, noLog bool) func(*http.Request, int, string) (int, string) {
	noChange, noSession := refuses(http.MethodPatch, key, http.StatusForbidden), refuses(http.MethodPost, key, http.StatusForbidden)
	return func(req *http.Request, status int, body string) (int, string) {
		if noLog {
			status, body = noSession(req, status, body)
		}
		return noChange(req, status, body)
	}
}

// played plays a plan on such a Heroku.
func (b breaking) played(t *testing.T) *evidence.Run {
	t.Helper()
	p := named(t, b.plan)
	if b.more != nil {
		b.more(p)
	}
	heroku := func(*herokusim.AccountOptions) {}
	if b.heroku != nil {
		heroku = b.heroku
	}
	pl := prepare(t, p, heroku)
	pl.world.transport = wire{pl.world.transport, b}
	pl.world.readKey = b.readKey
	pl.e = newExperiment(p, pl.world, &pl.out, pl.results)
	run, err := pl.e.play(t.Context())
	if run == nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Logf("%v\n%s", err, pl.out.String())
	}
	return run
}

func TestBrokenAssumptions(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("31 plans are played")
	}
	for _, a := range findings.Assumptions {
		b, ok := breakings[a.Name]
		if !ok {
			t.Errorf("no Heroku breaks %s", a.Name)
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, row := range findings.Judge(b.played(t)) {
					if row.Name == a.Name && row.Outcome != findings.Refuted {
						t.Errorf("%s is %s: %s %q", row.Name, row.Outcome, row.Why, row.Lines)
					}
				}
			})
		})
	}
	for name := range breakings {
		known := false
		for _, a := range findings.Assumptions {
			known = known || a.Name == name
		}
		if !known {
			t.Errorf("there is no assumption %s", name)
		}
	}
}

// Outcomes collects what all plans show on an unchanged simulated Heroku.
type outcomes struct {
	mu        sync.Mutex
	confirmed map[string]bool
	runs      int
}

// check fails if a run refutes an assumption.
func (o *outcomes) check(t *testing.T, run *evidence.Run) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.runs++
	for _, row := range findings.Judge(run) {
		if row.Outcome == findings.Refuted {
			t.Errorf("%s is refuted: %s %q", row.Name, row.Why, row.Lines)
		}
		o.confirmed[row.Name] = o.confirmed[row.Name] || row.Outcome == findings.Confirmed
	}
}

// all fails if all plans were played and none has confirmed an assumption. For read-scope see TestReadScope.
func (o *outcomes) all(t *testing.T) {
	if o.runs < len(planNames()) {
		return
	}
	for _, a := range findings.Assumptions {
		if !o.confirmed[a.Name] && a.Name != "read-scope" {
			t.Errorf("no plan confirms %s", a.Name)
		}
	}
}

func TestReadScope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := outcomes{confirmed: map[string]bool{}}
		o.check(t, breaking{plan: "plain-restart", readKey: "read-key", heroku: anyKey, answer: readOnly("read-key", false)}.played(t))
		if !o.confirmed["read-scope"] {
			t.Error("it is not confirmed")
		}
	})
}

// A key that can do more than read shows nothing: the run ends before it costs anything.
func TestReadKeyThatIsNone(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]func(*http.Request, int, string) (int, string){
		"the key in HEROKU_READ_KEY may change apps":     nil,
		"the key in HEROKU_READ_KEY cannot read the app": refuses("GET", "read-key", http.StatusForbidden),
		"trying HEROKU_READ_KEY: Heroku answered 422":    refuses("PATCH", "read-key", http.StatusUnprocessableEntity),
	} {
		synctest.Test(t, func(t *testing.T) {
			run := breaking{plan: "plain-restart", readKey: "read-key", heroku: anyKey, answer: answer}.played(t)
			if !strings.Contains(run.Failed, want) || len(run.Releases) > 0 || run.ReadKey {
				t.Errorf("it failed with %q, want %q; %+v", run.Failed, want, run.Releases)
			}
		})
	}
}
