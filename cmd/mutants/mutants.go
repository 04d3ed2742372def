// The mutants: their names, and the copy of the packages that contains all of them.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A kind is how a mutant changes the code.
type kind string

const (
	noOperand   kind = "without operand"
	noArgument  kind = "without argument"
	noValue     kind = "without case value"
	noStatement kind = "without statement"
	never       kind = "never taken"
	always      kind = "always taken"
)

// A mutant is one condition that is deleted.
type mutant struct {
	id     int
	pkg    string // its folder, relative to the module
	fn     string // the function that contains it
	file   string
	line   int
	kind   kind
	source string // the condition
	nth    int    // its number among mutants with the same key, from 1

	killer string // the test that noticed it; empty if none did
	reason string // why no test can notice it; empty if nobody has explained that
}

// key names the mutant without its line number.
func (m *mutant) key() string {
	key := fmt.Sprintf("%s %s, %s: %s", m.pkg, m.fn, m.kind, m.source)
	if m.nth > 1 {
		key += fmt.Sprintf(" #%d", m.nth)
	}
	return key
}

// String describes the mutant for people, with file and line.
func (m *mutant) String() string {
	return fmt.Sprintf("%s:%d: %s, %s: %s", filepath.Join(m.pkg, m.file), m.line, m.fn, m.kind, m.source)
}

// A pkg is what "go list" says about a package.
type pkg struct {
	Dir, ImportPath, Name string
	Module                struct{ Dir string }
	GoFiles               []string
}

func goList(dir string, patterns ...string) ([]pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-json=Dir,ImportPath,Name,Module,GoFiles", "--"}, patterns...)...) // #nosec G204 -- the packages are those that the caller names
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go list %q: %s", patterns, strings.TrimSpace(string(exit.Stderr)))
	} else if err != nil {
		return nil, err
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// switchFile is added to each package. It knows which mutant is chosen, and records the mutants that would have
// changed the value of a condition.
const switchFile = `package %s

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var mutantChosen = func() int {
	n, _ := strconv.Atoi(os.Getenv("` + chosenVar + `"))
	return n
}()

var mutantTrace = func() *os.File {
	name := os.Getenv("` + traceVar + `")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}()

var mutantNoted sync.Map

func mutantNote(n int) {
	if mutantTrace == nil {
		return
	}
	if _, noted := mutantNoted.LoadOrStore(n, true); !noted {
		fmt.Fprintln(mutantTrace, n)
	}
}

func mutantSaw[T ~bool](n int, neutral, v T) T {
	if v != neutral {
		mutantNote(n)
	}
	return v
}

func mutantPick[T comparable](n int, v, instead T) T {
	if v != instead {
		mutantNote(n)
	}
	if mutantChosen == n {
		return instead
	}
	return v
}
`

// Environment variables: the number of the chosen mutant, and the file that records the mutants that would have
// changed the value of a condition.
const (
	chosenVar = "MUTANT_CHOSEN"
	traceVar  = "MUTANT_TRACE"
)

// mutate writes the copy of the packages into tmp. It returns the mutants in it, and the overlay file for the go
// command.
func mutate(dir, tmp string, patterns []string, statements bool) (all []*mutant, overlay string, err error) {
	packages, err := goList(dir, patterns...)
	if err != nil {
		return nil, "", err
	}
	replace := map[string]string{}
	put := func(path string, text []byte) error {
		name := filepath.Join(tmp, fmt.Sprintf("%d.go", len(replace)))
		replace[path] = name
		return os.WriteFile(name, text, 0o600)
	}
	for _, p := range packages {
		rel, err := filepath.Rel(p.Module.Dir, p.Dir)
		if err != nil {
			return nil, "", err
		}
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, "", err
			}
			r := &rewriter{pkg: filepath.ToSlash(rel), name: name, text: text, statements: statements, mutants: all}
			if text, err = r.rewrite(); err != nil {
				return nil, "", err
			}
			all = r.mutants
			if err := put(path, text); err != nil {
				return nil, "", err
			}
		}
		if err := put(filepath.Join(p.Dir, "mutant_chosen.go"), fmt.Appendf(nil, switchFile, p.Name)); err != nil {
			return nil, "", err
		}
	}
	number(all)
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, "", err
	}
	overlay = filepath.Join(tmp, "overlay.json")
	return all, overlay, os.WriteFile(overlay, text, 0o600)
}

// number makes the keys of mutants different that would have the same key.
func number(all []*mutant) {
	seen := map[string]int{}
	for _, m := range all {
		key := m.key()
		seen[key]++
		m.nth = seen[key]
	}
}
