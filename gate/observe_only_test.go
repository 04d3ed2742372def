// With observe-only the step never fails, and says what the gate would have done.

package gate_test

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

func TestObserveOnly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		scenario  string
		inputs    map[string]string
		interrupt time.Duration
		result    string
		says      string // the message, a pattern
	}{
		"passes":       {"measured-deploy", nil, 0, "passed", `^observe-only: the gate would have opened at 23:56:4\d UTC, 5m0\ds after it began: release v42: 10 new dynos up`},
		"presumed":     {"plain-restart", map[string]string{"logs": "off"}, 0, "passed", `^observe-only: the gate would have opened at .*, 1m2\ds after it began: `},
		"fails":        {"phase-fails", nil, 0, "failed", `^observe-only: the gate would have failed the step at \d\d:\d\d:\d\d UTC, \d+s after it began: release v42 failed in its release phase`},
		"times out":    {"measured-deploy", map[string]string{"timeout": "1m"}, 0, "timed-out", `^observe-only: the gate would have failed the step at .*, 1m00s after it began: still waiting`},
		"no such app":  {"measured-deploy", map[string]string{"app": "another"}, 0, "undecided", `^observe-only: the gate would have failed the step(?: at .*)?, 0s after it began: there is no app`},
		"is cancelled": {"measured-deploy", nil, time.Minute, "cancelled", `^observe-only: interrupted while`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, err := herokusim.Load(tc.scenario)
			if err != nil {
				t.Fatal(err)
			}
			played := story(t, sc)
			synctest.Test(t, func(t *testing.T) {
				inputs := map[string]string{"observe-only": "True"}
				maps.Copy(inputs, tc.inputs)
				o := play(t, played, sc.AppName(), played.Gate, inputs, tc.interrupt)
				if o.status != gate.ExitPassed {
					t.Errorf("status %d", o.status)
				}
				message := o.outputs["message"]
				if o.outputs["result"] != tc.result || !regexp.MustCompile(tc.says).MatchString(message) {
					t.Errorf("result %s, message %q, want %s, %q", o.outputs["result"], message, tc.result, tc.says)
				}
				checkOutputs(t, o.outputs)
				kind := annotationOf(o.verdict)
				if kind == "error" { // only for a step that fails
					kind = "warning"
				}
				checkCommands(t, o.stdout, kind, testKey)
				cs := commands(o.stdout)
				if last := cs[len(cs)-1]; last.data != message || !strings.HasPrefix(last.props["title"], "observe-only: ") {
					t.Errorf("the annotation is %+v", last)
				}
				if !strings.Contains(o.summary, "observe-only: ") || !strings.Contains(o.summary, "Observe-only: ") {
					t.Errorf("the summary does not say that it is a trial:\n%.600s", o.summary)
				}
			})
		})
	}
}

// Bad inputs fail the step also with observe-only: nothing would be observed.
func TestObserveOnlyWithBadInputs(t *testing.T) {
	t.Parallel()
	refuse(t, map[string]string{"INPUT_APP": "shop", "INPUT_API-KEY": testKey, "INPUT_OBSERVE-ONLY": "true", "INPUT_TIMEOUT": "soon"})
	sc, err := herokusim.Load("plain-restart")
	if err != nil {
		t.Fatal(err)
	}
	played := story(t, sc)
	synctest.Test(t, func(t *testing.T) {
		o := play(t, played, sc.AppName(), played.Gate, map[string]string{"observe-only": "true", "process-types": "wbe"}, 0)
		if o.status != gate.ExitInvalid || o.outputs["reason"] != "invalid-input" || strings.Contains(o.outputs["message"], "observe-only") {
			t.Errorf("status %d, %q", o.status, o.outputs)
		}
	})
}

// If the outputs cannot be written, the gate says so, and the step does not fail.
func TestObserveOnlyWithoutOutputs(t *testing.T) {
	t.Parallel()
	sc, err := herokusim.Load("plain-restart")
	if err != nil {
		t.Fatal(err)
	}
	played := story(t, sc)
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(played, herokusim.Options{From: played.Gate})
		server.Begin()
		env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": t.TempDir() + "/no/such/folder", "INPUT_APP": sc.AppName(), "INPUT_API-KEY": testKey, "INPUT_OBSERVE-ONLY": "true"}
		var out, errs bytes.Buffer
		c := gate.Command{Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &errs, Transport: server.Transport(), Now: server.Clock}
		if status := c.Main(t.Context()); status != gate.ExitPassed || !strings.Contains(errs.String(), "writing outputs") {
			t.Errorf("status %d, standard error:\n%s", status, errs.String())
		}
	})
}

// The documents have the words of observe-only as they are in the log.
func TestObserveOnlyIsDocumented(t *testing.T) {
	t.Parallel()
	recipes, err := os.ReadFile("../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"observe-only: true", "would have opened at", "would have failed the step at"} {
		if !strings.Contains(string(recipes), want) {
			t.Errorf("docs/recipes.md does not say %q", want)
		}
	}
}
