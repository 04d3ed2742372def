// Tests that scenarios are read, written, and refused with file and line.

package herokusim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// refusals are the bad files of testdata with their error messages.
func refusals(t testing.TB) map[string]struct{ text, want string } {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/refused.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]struct{ text, want string }{}
	for _, f := range archive.Files {
		text, want, ok := strings.Cut(string(f.Data), "# want ")
		if _, twice := all[f.Name]; twice || !ok {
			t.Fatalf("%q is there twice, or does not say what is wanted", f.Name)
		}
		all[f.Name] = struct{ text, want string }{text, strings.TrimSuffix(want, "\n")}
	}
	return all
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range refusals(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("s.yaml", []byte(c.text))
			got := "accepted"
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, c.text)
			}
		})
	}
}

// Every error message of check and shape has a bad file in testdata.
func TestEveryRefusalHasAFile(t *testing.T) {
	t.Parallel()
	said := ""
	for _, c := range refusals(t) {
		said += c.want + "\n"
	}
	verb := regexp.MustCompile(`%[a-z]`)
	n := 0
	for _, name := range []string{"check.go", "check_event.go", "shape.go", "values.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			at := -1
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				if f.Sel.Name == "refuse" {
					at = 2
				}
			case *ast.Ident:
				if f.Name == "want" {
					at = 2
				}
			}
			if at < 0 || len(call.Args) <= at {
				return true
			}
			format, ok := call.Args[at].(*ast.BasicLit)
			if !ok {
				return true
			}
			text, err := strconv.Unquote(format.Value)
			if err != nil {
				t.Fatal(err)
			}
			n++
			if !regexp.MustCompile(verb.ReplaceAllString(regexp.QuoteMeta(text), ".+")).MatchString(said) {
				t.Errorf("no bad file is refused with %q", text)
			}
			return true
		})
	}
	if n < 60 {
		t.Errorf("only %d refusals were found in the code", n)
	}
}

func TestWrittenScenariosReadTheSame(t *testing.T) {
	t.Parallel()
	gate := time.Duration(0)
	sc := &Scenario{
		Types: map[string]Type{"web": {Quantity: 2, Timing: Timing{Stop: After(time.Second)}}},
		Gate:  &gate,
		Events: []Event{
			{At: time.Second, Deploy: &Deploy{Phase: &Phase{Takes: time.Second}}, Timing: map[string]Timing{"web": {Up: Between(time.Second, 2*time.Second), Crash: Always}}},
			{At: 2 * time.Second, Scale: map[string]int{"web": 0}},
		},
	}
	all := []*Scenario{sc}
	for _, name := range Names() {
		one, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	for _, sc := range all {
		data, err := sc.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("again.yaml", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(sc, again); diff != "" {
			t.Errorf("(-wrote +read):\n%s\n%s", diff, data)
		}
	}
}

// A bad scenario that a program builds is refused, too, with the path instead of the line.
func TestRefusesBuiltScenarios(t *testing.T) {
	t.Parallel()
	sc := &Scenario{Types: map[string]Type{"web": {Quantity: 1}}, Events: []Event{{Rollback: &Rollback{To: 3}}}}
	_, err := sc.Play()
	if want := "scenario: events[0].rollback.to: there is no release v3"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What `herokusim faults` prints can be copied into a file.
func TestExamplesOfFaultsAreForFiles(t *testing.T) {
	t.Parallel()
	for _, k := range FaultKinds {
		sc, err := Parse("s.yaml", []byte("types: {web: {quantity: 1}}\nfaults:\n  - {"+k.Example+"}\n"))
		if err != nil || len(sc.Faults) != 1 {
			t.Errorf("%s: %v", k.Example, err)
		}
	}
}

// A file of another system may begin with a byte order mark.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	if _, err := Parse("s.yaml", []byte("\ufefftypes: {web: {quantity: 1}}\n")); err != nil {
		t.Error(err)
	}
}

// The YAML library itself has no limit for the depth of these.
func TestDeepFiles(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"[", "{", "- ", "? ", "{a: ", "&a ", "!x "} {
		for _, start := range []string{"types: ", ""} {
			if _, err := Parse("s.yaml", []byte(start+strings.Repeat(piece, 100_000))); err == nil || len(err.Error()) > 300 {
				t.Errorf("%s%s… is accepted, or refused at length", start, piece)
			}
		}
	}
}
