// Stories: each file has a roll-out on the simulated Heroku, and what the gate must do.
// The whole program runs, in virtual time.

package gate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// expectation is the second document of a story file.
type expectation struct {
	// Inputs are the inputs of the gate besides app and api-key. As release, "id of v42"
	// stands for the id that the simulator makes.
	Inputs map[string]string `yaml:"inputs"`
	// SHA is the commit that the workflow runs on; empty if it is not known.
	SHA string `yaml:"sha"`
	// Ahead is how long before the gate's start the watch begins, with a deploy command that ends at the start.
	// Begun is the same for watch-ahead, which is killed after Dies; 0: it is not.
	Ahead duration `yaml:"ahead"`
	Begun duration `yaml:"begun"`
	Dies  duration `yaml:"dies"`
	// Head is the head of the pull request that the workflow runs for; empty if it runs for none.
	Head string `yaml:"head"`
	// Interrupt ends the run this long after the gate's start.
	Interrupt duration `yaml:"interrupt"`
	// Bug is a part of a path: the gate's own code panics at a request for it.
	Bug  string `yaml:"bug"`
	Want struct {
		Result string `yaml:"result"`
		Reason string `yaml:"reason"`
		Basis  string `yaml:"basis"`
		// Within is how long after the earliest possible time the gate opens at most. That time
		// is the last old exit, or when all new dynos are up, if that is later.
		Within duration `yaml:"within"`
		// Between bounds the moment of the verdict, in story time.
		Between []duration `yaml:"between"`
		// All texts in Says must be in the output, and none in Silent.
		Says   []string `yaml:"says"`
		Silent []string `yaml:"silent"`
		// Outputs must be exactly so.
		Outputs map[string]string `yaml:"outputs"`
		// Requests is the largest number of API requests.
		Requests int `yaml:"requests"`
	} `yaml:"want"`
}

type duration time.Duration

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = duration(v)
	return err
}

// outcome is the result of a run.
type outcome struct {
	status  int
	at      time.Duration // story time of the verdict
	stdout  string
	outputs map[string]string
	summary string
	picture rollout.Picture
	verdict rollout.Verdict
	ended   bool
	server  *herokusim.Server
}

// play runs the gate on a story. It must be called in a synctest bubble.
func play(t testing.TB, story *herokusim.Story, app string, from time.Duration, inputs map[string]string, interrupt time.Duration) outcome {
	t.Helper()
	return playOver(t, story, app, from, inputs, interrupt, func(rt http.RoundTripper) http.RoundTripper { return rt })
}

// playOver is play with something between the gate and the platform.
func playOver(t testing.TB, story *herokusim.Story, app string, from time.Duration, inputs map[string]string, interrupt time.Duration,
	between func(http.RoundTripper) http.RoundTripper) outcome {
	t.Helper()
	dir := t.TempDir()
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "octo-org/octo.repo",
		"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
		"INPUT_APP": app, "INPUT_API-KEY": testKey,
	}
	for k, v := range inputs {
		switch k {
		case shaInput:
			env[shaInput] = v
		case headInput:
			env["GITHUB_EVENT_PATH"] = filepath.Join(dir, "event.json")
			event := fmt.Sprintf(`{"pull_request":{"head":{"sha":%q}}}`, v)
			if err := os.WriteFile(env["GITHUB_EVENT_PATH"], []byte(event), 0o600); err != nil {
				t.Fatal(err)
			}
		case bugInput, skewInput, aheadInput, begunInput, diesInput:
		default:
			env["INPUT_"+strings.ToUpper(k)] = v
		}
	}
	var stdout, stderr bytes.Buffer
	var o outcome
	skew, _ := time.ParseDuration(inputs[skewInput])
	ahead, _ := time.ParseDuration(inputs[aheadInput])
	begun, _ := time.ParseDuration(inputs[begunInput])
	boot := time.Now()
	uptime := func() (string, time.Duration, error) { return "boot", time.Hour + time.Since(boot), nil }
	o.server = herokusim.NewServer(story, herokusim.Options{From: from - max(ahead, begun)})
	o.server.Begin()
	if begun > 0 {
		env["RUNNER_TEMP"] = dir
		dies, _ := time.ParseDuration(inputs[diesInput])
		defer beginAhead(t, &o, dir, app, from, dies, between(o.server.Transport()), uptime)()
	}
	command := gate.Command{
		Uptime: uptime,
		Getenv: func(k string) string { return env[k] },
		Stdout: &stdout, Stderr: &stderr, Transport: between(o.server.Transport()), Now: func() time.Time { return o.server.Clock().Add(skew) },
		Ended: func(p rollout.Picture, v rollout.Verdict) {
			o.at, o.picture, o.verdict, o.ended = o.server.Now(), p, v, true
		},
	}
	if ahead > 0 {
		command.Args = []string{"--", "deploy"}
		command.Run = func([]string) int {
			time.Sleep(from - o.server.Now())
			return 0
		}
	}
	if path := inputs[bugInput]; path != "" {
		command.Transport = buggy{command.Transport, path}
	}
	ctx := t.Context()
	if interrupt > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, interrupt)
		defer cancel()
	}
	o.status = command.Main(ctx)
	switch {
	case ahead > 0:
		checkBefore(t, app, stderr.String(), stdout.String())
	case stderr.Len() > 0:
		t.Errorf("standard error: %s", stderr.String())
	}
	o.stdout = stdout.String()
	o.outputs = readOutputs(t, env["GITHUB_OUTPUT"])
	if b, err := os.ReadFile(env["GITHUB_STEP_SUMMARY"]); err == nil {
		o.summary = string(b)
	}
	for _, text := range []string{o.stdout, o.summary, fmt.Sprint(o.outputs)} {
		if strings.Contains(strings.ReplaceAll(text, "::add-mask::"+testKey, ""), testKey) {
			t.Error("the API key was printed")
		}
		if strings.Contains(text, "/logplex/") {
			t.Error("the URL of a log session was printed")
		}
	}
	return o
}

// beginAhead starts watch-ahead, and returns when it is time for the gate. The watch is killed after dies; 0:
// the gate stops it. The returned function waits for its end.
func beginAhead(t testing.TB, o *outcome, dir, app string, from, dies time.Duration, transport http.RoundTripper, uptime func() (string, time.Duration, error)) func() {
	ctx, kill := t.Context(), context.CancelFunc(func() {})
	if dies > 0 {
		ctx, kill = context.WithTimeout(ctx, dies)
	}
	var stdout, stderr bytes.Buffer
	ahead := gate.Command{
		Args:   []string{"watch-ahead", "--app", app, "--folder", dir},
		Getenv: func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey}[k] },
		Stdout: &stdout, Stderr: &stderr, Transport: transport, Uptime: uptime, Now: o.server.Clock,
	}
	ended := make(chan int, 1)
	go func() { ended <- ahead.Main(ctx) }()
	time.Sleep(from - o.server.Now())
	return func() {
		began := time.Now()
		status := <-ended
		kill()
		if late := time.Since(began); late > 3*time.Second {
			t.Errorf("the watch that began before the deploy ended %s after the gate", late)
		}
		if status != 0 || stderr.Len() > 0 || strings.Contains(stdout.String(), testKey) {
			t.Errorf("the watch that began before the deploy: status %d, %s%s", status, stdout.String(), stderr.String())
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*.watch")); len(files) > 0 {
			t.Errorf("its recording is still there")
		}
	}
}

// These are passed like inputs: a variable of the runner, its event, what is broken, and a wrong clock.
const (
	shaInput  = "GITHUB_SHA"
	headInput = "head"
	bugInput  = "bug"
	skewInput = "skew" // how far the runner's clock is ahead
	// How long before the gate's start the watch begins.
	aheadInput = "ahead"
	begunInput = "begun"
	diesInput  = "dies"
)

// buggy is a transport that panics at a path, as a bug in the gate would.
type buggy struct {
	http.RoundTripper
	path string
}

func (b buggy) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, b.path) {
		panic("index out of range")
	}
	return b.RoundTripper.RoundTrip(r)
}

const testKey = "HRKU-0a1b2c3d-0000-4000-8000-123456789abc"

// readOutputs reads a file as the runner does: NAME<<DELIMITER, lines, DELIMITER.
func readOutputs(t testing.TB, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delim, ok := strings.Cut(lines[i], "<<")
		if !ok {
			t.Fatalf("output file, line %d: %q", i+1, lines[i])
		}
		var value []string
		for i++; i < len(lines) && lines[i] != delim; i++ {
			value = append(value, lines[i])
		}
		out[name] = strings.Join(value, "\n")
	}
	return out
}

func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories")
	}
	failed := &digest{what: "stories"}
	t.Cleanup(func() {
		if text := failed.String(); text != "" {
			t.Error(text)
		}
	})
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noted := &notes{TB: t}
			defer func() { failed.add(noted.failure(name, "go test ./gate -count=1 -run 'TestStories/"+name+"$' -v")) }()
			scenario, want := readStory(t, file)
			story, err := scenario.Play()
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				noted.TB = t
				checkStory(noted, story, scenario, want)
			})
		})
	}
}

// Every reason for the end of a wait has a story.
func TestEveryReasonHasAStory(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, file := range files {
		_, want := readStory(t, file)
		told[want.Want.Result+" "+want.Want.Reason] = true
	}
	for _, e := range rollout.Endings {
		if key := string(e.Result) + " " + string(e.Reason); !told[key] {
			t.Errorf("no story ends with %s", key)
		}
		delete(told, string(e.Result)+" "+string(e.Reason))
	}
	for key := range told {
		t.Errorf("a story ends with %s, which is not among the endings", key)
	}
}

func readStory(t *testing.T, file string) (*herokusim.Scenario, expectation) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, second, ok := strings.Cut(string(data), "\n---\n")
	if !ok {
		t.Fatalf("%s: a story is a scenario, a line ---, and inputs and want", file)
	}
	var scenario *herokusim.Scenario
	if name, ok := strings.CutPrefix(first, "scenario: "); ok {
		scenario, err = herokusim.Load(name)
	} else {
		scenario, err = herokusim.Parse(file, []byte(first))
	}
	if err != nil {
		t.Fatal(err)
	}
	var want expectation
	if err := yaml.UnmarshalWithOptions([]byte(second), &want, yaml.Strict()); err != nil {
		t.Fatalf("%s, second document: %v", file, err)
	}
	if scenario.Source == "" {
		t.Errorf("%s names no source", file)
	}
	return scenario, want
}

func checkStory(t testing.TB, story *herokusim.Story, scenario *herokusim.Scenario, e expectation) {
	inputs := map[string]string{shaInput: e.SHA, bugInput: e.Bug, headInput: e.Head, aheadInput: time.Duration(e.Ahead).String(),
		begunInput: time.Duration(e.Begun).String(), diesInput: time.Duration(e.Dies).String()}
	maps.Copy(inputs, e.Inputs)
	if v, ok := strings.CutPrefix(inputs["release"], "id of v"); ok {
		version, _ := strconv.Atoi(v)
		inputs["release"] = story.ReleaseID(version)
	}
	inputs["record"] = filepath.Join(t.TempDir(), "recording")
	o := play(t, story, scenario.AppName(), story.Gate, inputs, time.Duration(e.Interrupt))
	checkReplay(t, inputs["record"], o)
	figures := measured(t, inputs["record"])
	checkMeasured(t, story, o, figures)
	checkDelays(t, story, o, figures)
	checkLimits(t, story, o)
	w := e.Want
	if got := string(o.verdict.Result); got != w.Result || string(o.verdict.Reason) != w.Reason || string(o.verdict.Basis) != w.Basis {
		t.Errorf("verdict %s, %s, basis %q at %s (%s); want %s, %s, %q", got, o.verdict.Reason, o.verdict.Basis, o.at, o.verdict.Message, w.Result, w.Reason, w.Basis)
	}
	if o.outputs["result"] != w.Result || o.outputs["reason"] != w.Reason {
		t.Errorf("outputs say %q, %q", o.outputs["result"], o.outputs["reason"])
	}
	checkTruth(t, story, o)
	checkCommands(t, o.stdout, annotationOf(o.verdict), testKey)
	checkSilence(t, o.stdout)
	checkOutputs(t, o.outputs)
	checkKnowledge(t, story, o)
	checkCopied(t, scenario.AppName(), o)
	checkFigures(t, o)
	checkExplained(t, o)
	checkToldOnce(t, o)
	if o.verdict.Result == rollout.Passed && w.Within > 0 {
		last := possible(story, o)
		if late := o.at - last; late > time.Duration(w.Within) {
			t.Errorf("opened at %s, %s after it could; want within %s", o.at, late, time.Duration(w.Within))
		}
	}
	if len(w.Between) == 2 && (o.at < time.Duration(w.Between[0]) || o.at > time.Duration(w.Between[1])) {
		t.Errorf("verdict at %s, want between %s and %s", o.at, time.Duration(w.Between[0]), time.Duration(w.Between[1]))
	}
	all := o.stdout + "\n" + o.summary
	for _, s := range w.Says {
		if !strings.Contains(all, s) {
			t.Errorf("%q is said nowhere", s)
		}
	}
	for _, s := range w.Silent {
		if strings.Contains(all, s) {
			t.Errorf("%q is said", s)
		}
	}
	for name, v := range w.Outputs {
		if got := o.outputs[name]; got != v {
			t.Errorf("output %s is %q, want %q", name, got, v)
		}
	}
	if n := apiRequests(o.server); w.Requests > 0 && n > w.Requests {
		t.Errorf("%d requests, want at most %d", n, w.Requests)
	}
	if t.Failed() {
		t.Logf("log of the step:\n%s", o.stdout)
	}
}

// possible is the earliest moment at which the gate could have opened.
func possible(story *herokusim.Story, o outcome) time.Duration {
	last, _ := story.LastOldExit(o.picture.Target.Version)
	for _, in := range story.Instances {
		if in.Version >= o.picture.Target.Version && in.Up <= o.at && !in.OneOff {
			last = max(last, in.Up)
		}
	}
	return max(last, story.Gate)
}

// checkTruth fails when the gate opened while old code ran: the worst it can do.
func checkTruth(t testing.TB, story *herokusim.Story, o outcome) {
	t.Helper()
	if !o.ended {
		t.Fatal("the gate did not wait at all")
	}
	if o.verdict.Result != rollout.Passed {
		return
	}
	for _, in := range story.OldRunning(o.at, o.picture.Target.Version) {
		t.Errorf(tooEarly+": opened at %s while %s of v%d ran until %s", o.at, in.Label, in.Version, in.Exit)
	}
	said, err := time.Parse(time.RFC3339, o.outputs["old-gone-at"])
	last, any := story.LastOldExit(o.picture.Target.Version)
	if err == nil && any && said.Before(story.Time(last).Add(-2*time.Second)) {
		t.Errorf("old-gone-at is %s, but the last old process ended at %s", said, story.Time(last).UTC())
	}
}

// apiRequests counts the requests that cost budget: all except those for log streams.
func apiRequests(s *herokusim.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if !strings.HasPrefix(r.Path, "/logplex") {
			n++
		}
	}
	return n
}
