// docs/simulator.md is right: its example can be played, its tables have every field, its
// commands are valid shell.

package herokusim

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func simulatorPage(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, begin)
	part, _, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("docs/simulator.md has no %q … %q", begin, end)
	}
	return part
}

func TestExampleOfThePagePlays(t *testing.T) {
	t.Parallel()
	text := between(t, simulatorPage(t), "<!-- example -->\n```yaml\n", "```\n<!-- /example -->")
	st := tellText(t, text)
	if last, ok := st.LastOldExit(43); !ok || len(st.Lines) == 0 || st.ReleaseID(43) == "" {
		t.Errorf("the example ends at %s, %t, with %d lines", last, ok, len(st.Lines))
	}
}

// kind is the name of a type in the tables.
func kind(t reflect.Type) string {
	switch t {
	case durationType:
		return "time"
	case momentType:
		return "moment"
	case spanType:
		return "span"
	case crashesType:
		return "count"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kind(t.Elem())
	case reflect.Slice:
		return "list of " + kind(t.Elem())
	case reflect.Map:
		return kind(t.Elem()) + " by name"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.String:
		return "text"
	}
	return t.Name()
}

// structs lists the types in a scenario.
func structs(t reflect.Type, into map[string]reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		structs(t.Elem(), into)
		return
	case reflect.Struct:
	default:
		return
	}
	if _, known := into[t.Name()]; known || t == momentType || t == spanType {
		return
	}
	into[t.Name()] = t
	for f := range t.Fields() {
		structs(f.Type, into)
	}
}

func TestTablesOfThePageHaveEveryField(t *testing.T) {
	t.Parallel()
	text := simulatorPage(t)
	all := map[string]reflect.Type{}
	structs(reflect.TypeFor[Scenario](), all)
	if n := strings.Count(text, "<!-- fields "); n != len(all) {
		t.Errorf("the page has %d tables for %d types", n, len(all))
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|")
	for name, typ := range all {
		var got, want []string
		for _, m := range row.FindAllStringSubmatch(between(t, text, "<!-- fields "+name+" -->", "<!-- /fields -->"), -1) {
			got = append(got, m[1]+": "+m[2])
		}
		names, types := fields(typ)
		for _, n := range names {
			want = append(want, n+": "+kind(types[n]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-code +page):\n%s", name, diff)
		}
	}
}

// The table of behaviour.json has all fields and their types.
func TestBehaviourOfThePage(t *testing.T) {
	t.Parallel()
	var want, got []string
	for f := range reflect.TypeFor[Behaviour]().Fields() {
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		what := kind(typ)
		switch {
		case typ == reflect.TypeFor[Duty]():
			what = "`seconds`, `fails`"
		case what == "whole number":
			what = "number"
		}
		want = append(want, f.Tag.Get("json")+": "+what)
	}
	part := between(t, simulatorPage(t), "<!-- behaviour -->", "<!-- /behaviour -->")
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(part, -1) {
		got = append(got, m[1]+": "+m[2])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-code +page):\n%s", diff)
	}
}

// The page lists what notModelled in words_test.go lists.
func TestPageSaysWhatIsNotModelled(t *testing.T) {
	t.Parallel()
	part := strings.Join(strings.Fields(between(t, simulatorPage(t), "## What it does not model", "\n## ")), " ")
	for _, start := range notModelled {
		_, word, _ := strings.Cut(start, "]: ")
		word = strings.TrimSpace(word)
		if strings.HasPrefix(word, "Starting process") {
			word = "start lines without backticks"
		}
		if !strings.Contains(part, word) && word != "bundle exec rake db:migrate" {
			t.Errorf("the page does not say that %q is not modelled", word)
		}
	}
}

func TestFiguresOfThePage(t *testing.T) {
	t.Parallel()
	text := simulatorPage(t)
	if want := fmt.Sprintf("with %d pieces of them", len(capturedCases)); !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
		t.Errorf("the page does not say %q", want)
	}
	if n := len(regexp.MustCompile(`(?m)^\| \d \| `).FindAllString(between(t, text, "<!-- questions -->", "<!-- /questions -->"), -1)); n != 8 {
		t.Errorf("%d rows, for 8 open questions", n)
	}
}

// FaultKinds and LogKinds have all fields of a fault and of the log, except those for where, when and how often.
func TestFaultAndLogKindsAreComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds []Kind
		typ   reflect.Type
		not   []string
	}{
		{FaultKinds, reflect.TypeFor[Fault](), []string{"from", "to", "path", "request", "page", "share", "retry-after", "retry-after-as"}},
		{LogKinds, reflect.TypeFor[Log](), nil},
	} {
		want := map[string]bool{}
		names, _ := fields(c.typ)
		for _, n := range names {
			want[n] = !slices.Contains(c.not, n)
		}
		for _, k := range c.kinds {
			if !want[k.Word] || !strings.HasPrefix(k.Example, k.Word+": ") || k.About == "" {
				t.Errorf("%q is no kind, is there twice, or has no example", k.Word)
			}
			want[k.Word] = false
		}
		for n, missing := range want {
			if missing {
				t.Errorf("%s: %q is not among the kinds", c.typ.Name(), n)
			}
		}
	}
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

func TestCommandsOfThePageAreShell(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash here")
	}
	blocks := shellBlock.FindAllStringSubmatch(simulatorPage(t), -1)
	if len(blocks) < 4 {
		t.Fatalf("only %d blocks of commands", len(blocks))
	}
	for _, block := range blocks {
		cmd := exec.Command("bash", "-n")
		cmd.Stdin = strings.NewReader(block[1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s\n%s", err, out, block[1])
		}
	}
}

// The page lists the scenarios of the package, with their texts.
func TestScenariosOfThePage(t *testing.T) {
	t.Parallel()
	var want string
	for _, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		want += fmt.Sprintf("| `%s` | %s |\n", name, sc.About)
	}
	got := between(t, simulatorPage(t), "| scenario | what happens |\n|---|---|\n", "\n\n<!-- not run") + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-scenarios +page):\n%s", diff)
	}
}
