// The inputs and outputs in the code, in action.yml and in the documents are the same.

package gate_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

var update = flag.Bool("update", false, "rewrite action.yml and the tables of the documents")

func actionYAML() string {
	var b strings.Builder
	b.WriteString(`# The action. Inputs and outputs are written by "make golden" from the tables in the code.
name: Heroku rollout gate
description: Waits after a deploy until no dyno of an older release can still be running, and says how it knows.
author: The heroku-rollout-gate authors
branding:
  icon: shield
  color: purple
inputs:
`)
	for _, in := range gate.Inputs {
		fmt.Fprintf(&b, "  %s:\n    description: %q\n    required: %v\n", in.Name, in.About, in.Required)
		if in.Default != "" {
			fmt.Fprintf(&b, "    default: %q\n", in.Default)
		}
	}
	b.WriteString("outputs:\n")
	for _, out := range report.Outputs {
		fmt.Fprintf(&b, "  %s:\n    description: %q\n", out.Name, out.Description)
	}
	b.WriteString("runs:\n  using: docker\n  image: Dockerfile\n")
	return b.String()
}

func TestActionYAML(t *testing.T) {
	t.Parallel()
	compare(t, "../action.yml", func(old string) string {
		return strings.Replace(actionYAML(), "image: Dockerfile\n", imageOf(old), 1)
	})
}

var releasedImage = regexp.MustCompile(`image: docker://ghcr\.io/[a-z0-9._/-]+@sha256:[0-9a-f]{64}\n`)

// imageOf is the image in action.yml: the Dockerfile, or a digest in the commit of a
// release.
func imageOf(action string) string {
	if released := releasedImage.FindString(action); released != "" {
		return released
	}
	return "image: Dockerfile\n"
}

// The tables of the reference, the short ones of the README, and the log of a time-out.
func TestDocumentTables(t *testing.T) {
	t.Parallel()
	compare(t, "../docs/reference.md", func(old string) string {
		old = section(t, old, "inputs", inputTable(nil))
		old = section(t, old, "outputs", outputTable(nil))
		old = section(t, old, "endings", endingTable(nil))
		inputs, outputs := beginTables(t)
		old = section(t, old, "begin-inputs", inputs)
		old = section(t, old, "begin-outputs", outputs)
		return section(t, old, "holds", holds(t))
	})
	compare(t, "../README.md", func(old string) string {
		old = section(t, old, "inputs", inputTable(mostNeeded.inputs))
		old = section(t, old, "outputs", outputTable(mostNeeded.outputs))
		return section(t, old, "endings", endingTable(mostNeeded.reasons))
	})
	log := "```text\n" + timeOutLog(t) + "```\n"
	compare(t, "../docs/troubleshooting.md", func(old string) string {
		if again := section(t, old, "time-out", log); byChance.ReplaceAllString(again, "") != byChance.ReplaceAllString(old, "") {
			return again
		}
		return old
	})
}

// mostNeeded has the inputs and outputs for the README, chosen by hand.
var mostNeeded = struct{ inputs, outputs, reasons []string }{
	inputs:  []string{"app", "api-key", "commit", "newer-than", "process-types", "timeout", "require-proof", "boot-timeout", "on-supersede"},
	outputs: []string{"result", "reason", "message", "basis", "release", "new-release"},
	reasons: []string{"release-failed", "dynos-crashed", "superseded", "old-dynos-remain", "new-dynos-missing"},
}

// The inputs and outputs in mostNeeded exist.
func TestMostNeededExist(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		table string
		names []string
	}{{inputTable(nil), mostNeeded.inputs}, {outputTable(nil), mostNeeded.outputs}, {endingTable(nil), mostNeeded.reasons}} {
		for _, name := range c.names {
			if !strings.Contains(c.table, "| `"+name+"` |") {
				t.Errorf("there is no %s", name)
			}
		}
	}
}

// holds is the table of holds with preboot, as the core computes them.
func holds(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| web dynos | hold with preboot | `timeout` |\n|---|---|---|\n")
	for _, n := range []int{1, 10, 50, 100, 200} {
		hold := prebootHold(t, n)
		enough := "the default is enough"
		if least := (hold + time.Minute).Truncate(5*time.Minute) + 5*time.Minute; least > defaultTimeout(t) {
			enough = fmt.Sprintf("`%dm`", int(least.Minutes()))
		}
		fmt.Fprintf(&b, "| %d | %s | %s |\n", n, observe.Span(hold), enough)
	}
	return b.String()
}

// prebootHold is how long the core waits without proof, with that many web dynos.
func prebootHold(t *testing.T, n int) time.Duration {
	t.Helper()
	r := rollout.New(rollout.Config{App: "my-app"})
	begin := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	look := &observe.Look{
		Formation: []observe.Formation{{Type: "web", Quantity: n}},
		Releases:  []observe.Release{{ID: "r", Version: 42, Status: "succeeded", Current: true, CreatedAt: begin, UpdatedAt: begin}},
	}
	for i := range n {
		look.Dynos = append(look.Dynos, observe.Dyno{ID: fmt.Sprint(i), Name: fmt.Sprintf("web.%d", i+1), Type: "web", State: "up", Version: 42, CreatedAt: begin, UpdatedAt: begin})
	}
	for _, o := range []observe.Observation{{App: &observe.App{ID: "a", Name: "my-app"}}, {Preboot: &observe.Preboot{Known: true, Enabled: true}}, {Look: look}} {
		o.Date = begin
		r.Apply(o)
	}
	r.Apply(observe.Observation{At: 24 * time.Hour})
	if hold := r.Picture().Times.OldGone.Sub(begin); hold > 0 {
		return hold
	}
	t.Fatal("the core holds for nothing")
	return 0
}

func defaultTimeout(t *testing.T) time.Duration {
	t.Helper()
	for _, in := range gate.Inputs {
		if in.Name == "timeout" {
			d, err := time.ParseDuration(in.Default)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
	}
	t.Fatal("there is no timeout")
	return 0
}

// How many requests it takes depends on which answer comes first, and by a second the
// end of a hold, too.
var byChance = regexp.MustCompile(`\d+ requests.*|(gone at|alive until|proof until) 5m5[23]s`)

// timeOutLog is the step log of a timeout as GitHub shows it: without commands to the
// runner, a group as a title that can be opened, an error with "Error:" before it.
func timeOutLog(t *testing.T) string {
	t.Helper()
	sc, e := readStory(t, "testdata/stories/time-out-with-hidden-dynos.yaml")
	var shown strings.Builder
	st := story(t, sc)
	synctest.Test(t, func(t *testing.T) {
		for line := range strings.Lines(play(t, st, sc.AppName(), st.Gate, e.Inputs, 0).stdout) {
			switch {
			case strings.HasPrefix(line, "::group::"):
				line = "▾ " + strings.TrimPrefix(line, "::group::")
			case strings.HasPrefix(line, "::error "):
				_, said, _ := strings.Cut(strings.TrimPrefix(line, "::"), "::")
				line = "Error: " + said
			case strings.HasPrefix(line, "::"):
				continue
			}
			shown.WriteString(line)
		}
	})
	return shown.String()
}

// section replaces the text between <!-- name --> and <!-- /name -->.
func section(t *testing.T, text, name, body string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("there is no section %q", name)
	}
	return before + begin + body + end + after
}

func compare(t *testing.T, path string, render func(old string) string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := render(string(old))
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(old)); diff != "" {
		t.Errorf("%s is not what the code says; run make golden (-code +file):\n%s", path, diff)
	}
}
