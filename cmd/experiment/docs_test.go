// docs/experiment.md agrees with the code: plans, flags, files, and the result of the simulated run. "make golden" writes
// them.

package main

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/cmd/experiment/findings"
)

var update = flag.Bool("update", false, "rewrite what docs/experiment.md has from the code")

func page(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// section is a text with another inside between two marks.
func section(t *testing.T, text, mark, inside string) string {
	t.Helper()
	begin, end := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the page has no %q … %q", begin, end)
	}
	return before + begin + inside + end + after
}

func planTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| plan | what happens | it asks | takes about | costs |\n|---|---|---|---|---|\n")
	for _, name := range planNames() {
		p := named(t, name)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %.0f min | %s |\n", name, p.About, p.Asks, p.expected().Minutes(), dollars(p.cost(p.expected())))
	}
	return b.String()
}

func assumptionTable() string {
	var b strings.Builder
	b.WriteString("| name | assumption | from |\n|---|---|---|\n")
	for _, a := range findings.Assumptions {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", a.Name, a.Says, a.Source)
	}
	return b.String()
}

// byChance is what differs between runs: it depends on the order of what happens at the same moment.
var byChance = regexp.MustCompile(`\b\d+ of \d+ answers\b|\(\d+\)`)

func TestPage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays the longest plan")
	}
	old := page(t, "experiment.md")
	again := section(t, section(t, old, "plans", planTable(t)), "assumptions", assumptionTable())
	synctest.Test(t, func(t *testing.T) {
		p := named(t, "measured-deploy")
		pl := prepare(t, p)
		pl.e.name = namePrefix + "1f2e3d4c5b6a79"
		run, err := pl.e.play(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again = section(t, again, "result", "```text\n"+strings.TrimSpace(findings.Report(run, true))+"\n```\n")
	})
	was, is := byChance.ReplaceAllString(old, "N"), byChance.ReplaceAllString(again, "N")
	if *update && was != is {
		if err := os.WriteFile("../../docs/experiment.md", []byte(again), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(was, is); diff != "" {
		t.Errorf("docs/experiment.md is not what there is; \"make golden\" writes it (-there +now):\n%s", diff)
	}
}

// Every flag is in the table of flags.
func TestFlagsOfThePage(t *testing.T) {
	t.Parallel()
	text := page(t, "experiment.md")
	typ := reflect.TypeFor[commandLine]()
	for i := range typ.NumField() {
		if f := typ.Field(i); f.IsExported() && !regexp.MustCompile("`--"+strings.ToLower(f.Name)+"[` ]").MatchString(text) {
			t.Errorf("the page does not have --%s", strings.ToLower(f.Name))
		}
	}
}

// Every word of a plan's file is in the table of words.
func TestWordsOfThePage(t *testing.T) {
	t.Parallel()
	text := page(t, "experiment.md")
	typ := reflect.TypeFor[Plan]()
	for i := range typ.NumField() {
		word, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
		if word != "-" && !regexp.MustCompile("(?m)^\\|[^|]*`"+word+"`[^|]*\\|").MatchString(text) {
			t.Errorf("the page does not have %s", word)
		}
	}
}

// Every plan is what docs/simulator.md asks it for, and every one that it names is there.
func TestPlansOfTheQuestions(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(page(t, "simulator.md"), "## What would settle what is not known")
	for _, name := range planNames() {
		if !strings.Contains(rest, "`"+name+"`") {
			t.Errorf("docs/simulator.md does not name the plan %s", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| \\d \\| [^|]* \\| `([a-z-]+)`").FindAllStringSubmatch(rest, -1) {
		if _, err := loadPlan(m[1]); err != nil {
			t.Error(err)
		}
	}
}
