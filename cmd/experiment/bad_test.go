// What goes wrong is reported, with what was made so far and how it is cleaned up.

package main

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/cmd/experiment/findings"
	"heroku-rollout-gate/gate/herokusim"
)

func TestBadWorlds(t *testing.T) {
	t.Parallel()
	type options = herokusim.AccountOptions
	for name, c := range map[string]struct {
		plan   string // more of it
		change func(*options)
		key    string
		apps   int // that were made
		want   string
	}{
		"a key that is wrong": {key: "wrong", want: "make the app rollout-gate-x-NAME: Heroku answered 401: Invalid credentials provided; give a key that is valid in HEROKU_API_KEY"},
		"a quota":             {change: func(o *options) { o.MostApps = -1 }, want: "limit"},
		"a size":              {change: func(o *options) { o.Sizes = []string{"eco", "basic"} }, apps: 1, want: "scale web to 1 of size standard-1x: Heroku answered 4"},
		"a build that fails":  {change: func(o *options) { o.Build = &herokusim.Build{Takes: 10 * time.Second, Fails: true} }, apps: 1, want: "the build failed; the end of what it printed:\n  "},
		"a build without end": {change: func(o *options) { o.Build = &herokusim.Build{Takes: time.Hour} }, apps: 1, want: "the build is not over after 8m0s"},
		"preboot refused":     {plan: "size: basic", apps: 1, want: "switch preboot on: Heroku answered 4"},
		"bad inputs of gates": {plan: "gate: {timeout: soon}", apps: 1, want: "the gate from before the deploy ended with status 2 and no verdict: see gate-before.log of the results"},
		"no log":              {change: func(o *options) { o.Template.Log.Refused = http.StatusForbidden }, apps: 1, want: "the log cannot be read, so there is no truth: opening a log session: Heroku answered 403"},
		"a plan that is long": {plan: "then: [{at: 12m, deploy: true}]", change: func(o *options) {
			o.Template.Types = map[string]herokusim.Type{"web": {Preboot: herokusim.Timing{Exit: herokusim.After(2 * time.Hour)}}}
		}, apps: 1, want: "it took longer than 30m0s, which is the most that an experiment may"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, err := parsePlan("bad", []byte("about: It goes wrong.\nasks: what then\ntypes: {web: 1}\npreboot: true\n"+c.plan))
				if err != nil {
					t.Fatal(err)
				}
				change := func(*options) {}
				if c.change != nil {
					change = c.change
				}
				pl := prepareNoted(t, p, change)
				if c.key != "" {
					pl.world.key = c.key
					pl.e = newExperiment(p, pl.world, &pl.out, pl.results)
				}
				run, err := pl.e.play(t.Context())
				if err == nil {
					t.Fatalf("it went well:\n%s", pl.out.String())
				}
				said := strings.ReplaceAll(err.Error(), pl.e.note.Name, "rollout-gate-x-NAME")
				if !strings.Contains(said, c.want) || run.Failed == "" || !strings.Contains(pl.out.String(), run.Failed) {
					t.Errorf("it says\n%s\nwant %s; it printed\n%s", said, c.want, pl.out.String())
				}
				if apps := pl.account.Apps(); len(apps) != c.apps {
					t.Errorf("%d apps were made, want %d", len(apps), c.apps)
				}
				if deleted := strings.Contains(pl.out.String(), "is deleted"); deleted != (c.apps > 0) {
					t.Errorf("it says that the app is deleted: %v", deleted)
				}
				checkGone(t, pl)
				checkNotes(t, pl.world.notes, 0)
			})
		})
	}
}

// The run waits for a network that is gone for a minute. If it stays away, the run ends, and names what is left.
func TestNetworkGone(t *testing.T) {
	t.Parallel()
	for lasts, good := range map[time.Duration]bool{time.Minute: true, time.Hour: false} {
		synctest.Test(t, func(t *testing.T) {
			pl := prepareNoted(t, quick(t))
			var gone atomic.Bool
			alive := pl.world.transport
			pl.world.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
				if gone.Load() {
					return nil, errDead
				}
				return alive.RoundTrip(req)
			})
			pl.e = newExperiment(pl.plan, pl.world, &pl.out, pl.results)
			leaveAt(pl.e, "all dynos are up", func() {
				gone.Store(true)
				time.AfterFunc(lasts, func() { gone.Store(false) })
			})
			_, err := pl.e.play(t.Context())
			switch {
			case good && err != nil:
				t.Errorf("a minute without network: %v\n%s", err, pl.out.String())
			case !good && (err == nil || !strings.Contains(err.Error(), "network is unreachable") || !strings.Contains(err.Error(), "may still be there, and cost money: run this program again")):
				t.Errorf("an hour without network: %v", err)
			case good:
				checkGone(t, pl)
			default:
				checkNotes(t, pl.world.notes, 1)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Before it makes anything, the program says what, and asks.
func TestAsksBefore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "small.yaml")
	if err := os.WriteFile(file, []byte("about: It is small.\nasks: nothing\npreboot: true\nmetrics: true\nlines: 0\ntypes: {web: 1, worker: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		answer        string
		terminal, yes bool
		made          int
	}{
		"no": {"n\n", true, false, 0}, "nothing": {"", true, false, 0}, "yes": {"Yes\n", true, false, 1},
		"nobody is there": {"y\n", false, false, 0}, "--yes": {"", false, true, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := quick(t)
			pl := prepareNoted(t, p)
			w := *pl.world
			w.simulated = false
			var out bytes.Buffer
			command := &commandLine{Plan: file, Speed: 1, Yes: c.yes, Results: t.TempDir(), stdin: bufio.NewReader(strings.NewReader(c.answer)),
				stdout: &out, stderr: &out, terminal: c.terminal, heroku: &w}
			status := command.main(t.Context())
			if (status == exitDone) != (c.made > 0) || len(pl.account.Apps()) != c.made {
				t.Errorf("%s: status %d, %d apps:\n%s", name, status, len(pl.account.Apps()), out.String())
			}
			checkGone(t, pl)
			said, _, _ := strings.Cut(out.String(), "Go on?")
			for _, want := range []string{"one app, with a name such as rollout-gate-x-", "1 web and 1 worker, of size standard-1x", "with preboot, with log-runtime-metrics", "at the most 30, and costs", "US dollars", "also after a failure and Ctrl-C"} {
				if !strings.Contains(said, want) {
					t.Errorf("%s: it does not say %q:\n%s", name, want, said)
				}
			}
		})
	}
}

// A no ends the program, also with several plans. Errors of the command line come before any question.
func TestNoIsNo(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.Mkdir(filepath.Join(full, "there"), 0o700); err != nil {
		t.Fatal(err)
	}
	for results, c := range map[string]struct{ asked, status int }{filepath.Join(t.TempDir(), "new"): {1, exitFailed}, full: {0, exitInvalid}} {
		synctest.Test(t, func(t *testing.T) {
			w := *prepareNoted(t, quick(t)).world
			w.simulated = false
			var out bytes.Buffer
			command := &commandLine{Plan: "all", Speed: 1, Results: results, stdin: bufio.NewReader(strings.NewReader("n\n")),
				stdout: &out, stderr: &out, terminal: true, heroku: &w}
			if status := command.main(t.Context()); status != c.status || strings.Count(out.String(), "Go on?") != c.asked {
				t.Errorf("status %d, want %d and %d questions:\n%s", status, c.status, c.asked, out.String())
			}
			if _, err := os.Stat(results); c.asked > 0 && err == nil {
				t.Error("a folder was made")
			}
		})
	}
}

// The program asks once about all plans, with their total cost. Then it runs each, also after one failed. But if the
// run did not get to its first upload, the rest would fail in the same way.
func TestAsksOnceForAll(t *testing.T) {
	t.Parallel()
	noBuild := func(o *herokusim.AccountOptions) { o.Build = &herokusim.Build{Takes: 10 * time.Second, Fails: true} }
	noApp := func(o *herokusim.AccountOptions) { o.MostApps = -1 }
	for name, c := range map[string]struct {
		change  func(*herokusim.AccountOptions)
		apps    int
		want    string
		readKey string
	}{
		"no build": {noBuild, 9, "the build failed", ""}, "no app": {noApp, 0, "8 more plans are not run", ""},
		"a read key that may write": {anyKey, 1, "8 more plans are not run", "other"},
	} {
		synctest.Test(t, func(t *testing.T) {
			pl := prepareNoted(t, quick(t), c.change)
			w := *pl.world
			w.simulated, w.readKey = false, c.readKey
			var out, errs bytes.Buffer
			command := &commandLine{Plan: "all", Speed: 1, Results: t.TempDir(), stdin: bufio.NewReader(strings.NewReader("y\nn\n")),
				stdout: &out, stderr: &errs, terminal: true, heroku: &w}
			if status := command.main(t.Context()); status != exitFailed || strings.Count(out.String(), "Go on?") != 1 || len(pl.account.Apps()) != c.apps {
				t.Errorf("%s: status %d, %d questions, %d apps, want 1 and %d", name, status, strings.Count(out.String(), "Go on?"), len(pl.account.Apps()), c.apps)
			}
			before, _, _ := strings.Cut(out.String(), "Go on?")
			for _, want := range []string{"Plans: 9.", "about 164 minutes, at the most 270", "costs about 0.60 US dollars, at the most 0.9", "\nworker-beside-web: "} {
				if !strings.Contains(before, want) {
					t.Errorf("%s: it does not say %q before it asks", name, want)
				}
			}
			if !strings.Contains(errs.String(), c.want) {
				t.Errorf("%s: it does not say %q:\n%s", name, c.want, errs.String())
			}
			checkGone(t, pl)
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}

// A failure is printed once, to stderr, and is in the report.
func TestFailureIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t), func(o *herokusim.AccountOptions) {
			o.Build = &herokusim.Build{Takes: 10 * time.Second}
		})
		w := *pl.world
		w.simulated = false
		builds, alive := 0, w.transport
		w.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/builds") {
				if builds++; builds == 2 {
					return nil, errDead
				}
			}
			return alive.RoundTrip(req)
		})
		var out, errs bytes.Buffer
		command := &commandLine{Plan: "plain-restart", Speed: 1, Yes: true, Results: t.TempDir(), stdout: &out, stderr: &errs, heroku: &w}
		if status := command.main(t.Context()); status != exitFailed {
			t.Errorf("status %d", status)
		}
		const what = "network is unreachable"
		if n := strings.Count(out.String()+errs.String(), what); n != 1 || !strings.Contains(errs.String(), "experiment: build code 2: ") {
			t.Errorf("%q is printed %d times, want once:\n%s\n-- errors --\n%s", what, n, out.String(), errs.String())
		}
		if text, err := os.ReadFile(filepath.Join(command.Results, "report.txt")); err != nil || !strings.Contains(string(text), what) {
			t.Errorf("the report does not have the failure: %v\n%s", err, text)
		}
	})
}

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]commandLine{
		`there is no plan and no file "none"`:           {Plan: "none", Speed: 1},
		"speed is 0: give a number from 1 to 100":       {Plan: "plain-restart"},
		"--keep is for --real: the simulated app ends":  {Plan: "plain-restart", Speed: 1, Keep: true},
		"--dynos is 30: give a number from 1 to 20":     {Plan: "plain-restart", Speed: 1, Dynos: new(30)},
		"it has 21 dynos at once: an experiment has 20": {Plan: "worker-beside-web", Speed: 1, Dynos: new(19)},
		"--dynos is 0: give a number from 1 to 20":      {Plan: "plain-restart", Speed: 1, Dynos: new(0)},
		`is not empty: give another one with --results`: {Plan: "plain-restart", Speed: 1, Results: "."},
	} {
		var out bytes.Buffer
		c.stdout, c.stderr = &out, &out
		if status := c.main(context.Background()); status == exitDone || !strings.Contains(out.String(), want) {
			t.Errorf("status %d, want %q:\n%s", status, want, out.String())
		}
	}
	if _, err := realHeroku(func(string) string { return "HRKU-1" }); err == nil || !strings.Contains(err.Error(), "the same key") {
		t.Errorf("one key for both: %v", err)
	}
	for env, want := range map[string]string{"": "there is no key: set HEROKU_API_KEY", "a b": "has a space, a line break or another character"} {
		if _, err := realHeroku(func(string) string { return env }); err == nil || !strings.Contains(err.Error(), want) || env != "" && strings.Contains(err.Error(), env) {
			t.Errorf("%q: %v", env, err)
		}
	}
}

// A gate that opens while old code runs is an error.
func TestTooEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepare(t, quick(t), func(o *herokusim.AccountOptions) {
			o.Template.Types["web"] = herokusim.Type{Preboot: herokusim.Timing{Exit: herokusim.After(9 * time.Minute)}}
		})
		run, err := pl.e.play(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := findings.TooEarly(run); err == nil || !strings.Contains(err.Error(), "please report it") || !strings.Contains(findings.Report(run, false), "TOO EARLY: web.1, code 1, printed a line 19") {
			t.Errorf("%v\n%s", err, findings.Report(run, false))
		}
	})
}
