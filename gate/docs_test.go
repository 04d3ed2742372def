// One truth: the inputs and outputs in the code, in action.yml and in the README.

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

var update = flag.Bool("update", false, "rewrite action.yml and the tables of the README")

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

// imageOf is how action.yml names the image: the Dockerfile, or in the commit of a
// release a digest.
func imageOf(action string) string {
	if released := releasedImage.FindString(action); released != "" {
		return released
	}
	return "image: Dockerfile\n"
}

func TestREADMETables(t *testing.T) {
	t.Parallel()
	var in, out strings.Builder
	in.WriteString("| input | default | meaning |\n|---|---|---|\n")
	for _, i := range gate.Inputs {
		def := ""
		switch {
		case i.Required:
			def = "required"
		case i.Default != "":
			def = "`" + i.Default + "`"
		}
		fmt.Fprintf(&in, "| `%s` | %s | %s |\n", i.Name, def, i.About)
	}
	out.WriteString("| output | meaning |\n|---|---|\n")
	for _, o := range report.Outputs {
		fmt.Fprintf(&out, "| `%s` | %s |\n", o.Name, o.Description)
	}
	var ends strings.Builder
	ends.WriteString("| result | reason | what it means | what to do next |\n|---|---|---|---|\n")
	for _, e := range rollout.Endings {
		fmt.Fprintf(&ends, "| `%s` | `%s` | %s | %s |\n", e.Result, e.Reason, e.Meaning, e.Next)
	}
	log := "```text\n" + timeOutLog(t) + "```\n"
	compare(t, "../README.md", func(old string) string {
		old = section(t, old, "inputs", in.String())
		old = section(t, old, "outputs", out.String())
		old = section(t, old, "endings", ends.String())
		old = section(t, old, "holds", holds(t))
		if again := section(t, old, "time-out", log); byChance.ReplaceAllString(again, "") != byChance.ReplaceAllString(old, "") {
			return again
		}
		return old
	})
}

// holds is the table of holds with preboot, as the core reckons them.
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

// prebootHold is how long the core holds for want of proof, with so many web dynos.
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
	if hold := r.Picture().HoldUntil; hold > 0 {
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

// timeOutLog is the step log of a time-out, as GitHub shows it: commands to the runner
// are not shown, a group is a title that opens, an error begins with that word.
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

// section replaces what stands between <!-- name --> and <!-- /name -->.
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
