// One truth: the inputs and outputs in the code, in action.yml and in the README.

package gate_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate"
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
	compare(t, "../README.md", func(old string) string {
		old = section(t, old, "inputs", in.String())
		old = section(t, old, "outputs", out.String())
		return section(t, old, "endings", ends.String())
	})
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
