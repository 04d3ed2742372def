// Which package may import which.

package gate_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the path of this module, which "make owner" changes.
var module = func() string {
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		panic(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(first, "module ")
}()

// mayImport lists, for each package of this module, the others that it may import.
var mayImport = map[string][]string{
	"gate/observe":     {},
	"gate/release":     {"gate/observe"},
	"gate/ledger":      {"gate/observe"},
	"gate/spelling":    {},
	"gate/rollout":     {"gate/observe", "gate/release", "gate/ledger", "gate/spelling"},
	"gate/measure":     {"gate/observe", "gate/rollout"},
	"gate/platform":    {"gate/observe"},
	"gate/logtail":     {"gate/observe"},
	"gate/watch":       {"gate/observe", "gate/rollout"},
	"gate/report":      {"gate/observe", "gate/rollout", "gate/measure"},
	"gate/herokusim":   {},
	"gate":             {"gate/observe", "gate/release", "gate/rollout", "gate/measure", "gate/platform", "gate/logtail", "gate/watch", "gate/report", "gate/spelling"},
	"cmd/rollout-gate": {"gate"},
	"cmd/herokusim":    {"gate/herokusim"},
	"cmd/demo":         {"gate", "gate/rollout", "gate/herokusim"},
	"cmd/release":      {},
	"cmd/compare":      {"gate/herokusim"},
	"cmd/mutants":      {},

	"cmd/experiment":          {"cmd/experiment/account", "cmd/experiment/evidence", "cmd/experiment/findings", "gate", "gate/rollout", "gate/logtail", "gate/observe", "gate/herokusim"},
	"cmd/experiment/account":  {"cmd/experiment/evidence"},
	"cmd/experiment/evidence": {"gate/observe", "gate/rollout"},
	"cmd/experiment/findings": {"cmd/experiment/evidence", "gate/logtail", "gate/observe", "gate/rollout"},
}

// only lists packages from outside, with the packages that may import each.
var only = map[string][]string{
	"github.com/heroku/heroku-go/v5":        {"gate/platform", "cmd/experiment", "cmd/experiment/account", "cmd/experiment/findings"},
	"github.com/cenkalti/backoff/v4":        {"gate/platform", "cmd/experiment/account"},
	"github.com/sethvargo/go-githubactions": {"gate/report"},
	"github.com/spf13/pflag":                {"gate"},
	"golang.org/x/term":                     {"gate"},
	"github.com/goccy/go-yaml":              {"gate/herokusim", "cmd/experiment"},
	"github.com/alecthomas/kong":            {"cmd/demo", "cmd/experiment", "cmd/herokusim"},
	// Not even there, for tests alone:
	"github.com/santhosh-tekuri/jsonschema/v6": {},
	"github.com/dlclark/regexp2/v2":            {},
}

// core are the packages that judge, and the one that measures. pure are the packages of the standard library
// that they may import.
var core = []string{"gate/observe", "gate/release", "gate/ledger", "gate/rollout", "gate/measure"}

var pure = []string{"cmp", "fmt", "maps", "slices", "strconv", "strings", "time"}

// shipped are the modules from outside that the program may contain: its five, and their own
// dependencies.
var shipped = []string{
	"github.com/heroku/heroku-go/v5", "github.com/cenkalti/backoff/v4", "github.com/sethvargo/go-githubactions", "github.com/spf13/pflag", "golang.org/x/term",
	"github.com/cenkalti/backoff", "github.com/google/go-querystring", "github.com/google/uuid", "github.com/pborman/uuid",
	"golang.org/x/sys",
}

// notShipped are packages for tests, and the one that can change something on Heroku. The program must not
// contain them.
var notShipped = []string{module + "/gate/herokusim", module + "/cmd/experiment/account", "testing", "net/http/httptest"}

type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
	Doc        string
}

func packages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(p.ImportPath, module+"/")] = p
	}
	return all
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for name, p := range all {
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s has no rule: add it to mayImport", name)
		}
		if p.Doc == "" {
			t.Errorf("package %s has no package comment", name)
		}
		for _, imp := range p.Imports {
			if ours, ok := strings.CutPrefix(imp, module+"/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			for outside, who := range only {
				if (imp == outside || strings.HasPrefix(imp, outside+"/")) && !slices.Contains(who, name) {
					t.Errorf("%s imports %s, which is for %s alone", name, imp, who)
				}
			}
			if slices.Contains(core, name) && !strings.HasPrefix(imp, module+"/") && !slices.Contains(pure, imp) {
				t.Errorf("%s imports %s: the core must stay pure", name, imp)
			}
			if name == "gate/watch" && strings.HasPrefix(imp, "net") {
				t.Errorf("watch imports %s: it knows nothing of the network", imp)
			}
		}
	}
	for name := range mayImport {
		if _, ok := all[name]; !ok {
			t.Errorf("there is a rule for %s, but no such package", name)
		}
	}
	for _, dep := range all["cmd/rollout-gate"].Deps {
		outside := strings.Contains(strings.Split(dep, "/")[0], ".") && !strings.HasPrefix(dep, module+"/")
		ours := slices.ContainsFunc(shipped, func(m string) bool { return dep == m || strings.HasPrefix(dep, m+"/") })
		if slices.Contains(notShipped, dep) || outside && !ours {
			t.Errorf("the program reaches %s", dep)
		}
	}
}

// fileNamed is a file in the map of a package comment: "//   - name.go, other.go: what for".
var fileNamed = regexp.MustCompile(`[a-z_]+\.go\b`)

// If a package comment lists the files of its package, the list is complete and has no others.
func TestFileMaps(t *testing.T) {
	t.Parallel()
	maps := 0
	for name, p := range packages(t) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, "doc.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		var named []string
		for line := range strings.Lines(file.Doc.Text()) {
			if strings.HasPrefix(line, "  - ") {
				named = append(named, fileNamed.FindAllString(line, -1)...)
			}
		}
		if len(named) == 0 {
			continue
		}
		maps++
		slices.Sort(named)
		there := slices.DeleteFunc(slices.Clone(p.GoFiles), func(f string) bool { return f == "doc.go" })
		if !slices.Equal(named, there) {
			t.Errorf("%s/doc.go maps %q, there are %q", name, named, there)
		}
	}
	if maps < 4 {
		t.Errorf("%d packages map their files, there should be at least 4", maps)
	}
}

// The documents say how many modules from outside the program has.
func TestModulesAreDocumented(t *testing.T) {
	t.Parallel()
	listed := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/rollout-gate")
	listed.Dir = ".."
	out, err := listed.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	modules := slices.Compact(slices.Sorted(strings.FieldsSeq(string(out))))
	if all := slices.Sorted(slices.Values(shipped)); !slices.Equal(modules, all) {
		t.Errorf("the program has the modules %q, shipped says %q", modules, all)
	}
	number := map[int]string{3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}
	direct := 0
	for _, m := range modules {
		if _, ok := only[m]; ok {
			direct++
		}
	}
	brought := number[len(modules)-direct]
	for doc, want := range map[string]string{
		"SECURITY.md":     "this repository and " + number[len(modules)] + " modules, which are verified by `go.sum`: the first " + number[direct] + " in `go.mod`, and the " + brought + " that these bring along",
		"CONTRIBUTING.md": number[direct] + " modules from outside, and the " + brought + " that these bring along",
	} {
		if text := strings.Join(strings.Fields(documents(t)[doc].text), " "); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", doc, want)
		}
	}
}

// The core takes time from its observations, never from a clock.
func TestCoreHasNoClock(t *testing.T) {
	t.Parallel()
	banned := []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "NewTimer", "NewTicker", "Tick"}
	all := packages(t)
	for _, name := range core {
		p := all[name]
		if len(p.GoFiles) == 0 {
			t.Fatalf("%s has no files", name)
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(banned, sel.Sel.Name) {
						t.Errorf("%s uses time.%s", name, sel.Sel.Name)
					}
				}
				return true
			})
		}
	}
}
