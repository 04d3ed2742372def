// This file is for reading scenarios: those that come with the package, and files.

package herokusim

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

//go:embed scenarios/*.yaml
var embedded embed.FS

// Names lists the scenarios that come with the package.
func Names() []string {
	files, err := fs.Glob(embedded, "scenarios/*.yaml")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), ".yaml")
	}
	return names
}

// Load reads the scenario of that name, or the file at that path.
func Load(name string) (*Scenario, error) {
	if data, err := embedded.ReadFile("scenarios/" + name + ".yaml"); err == nil {
		return Parse(name+".yaml", data)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no scenario and no file %q: give a file, or one of %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("reading scenario: %w", err)
	}
	return Parse(name, data)
}

// Parse reads a scenario. It refuses what it does not know: a misspelt word
// would tell another story than the one that was meant.
func Parse(filename string, data []byte) (*Scenario, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, placed(filename, nil, err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s:1: a scenario file holds one scenario: begin with \"types:\"", filename)
	}
	var sc Scenario
	if err := yaml.NodeToValue(file.Docs[0].Body, &sc, yaml.Strict()); err != nil {
		return nil, placed(filename, file, err)
	}
	if p := sc.check(); p != nil {
		return nil, fmt.Errorf("%s:%d: %s", filename, lineOf(file, p.path), p.reason)
	}
	return &sc, nil
}

// YAML writes the scenario as Parse reads it.
func (sc *Scenario) YAML() ([]byte, error) { return yaml.Marshal(sc) }

// placed puts file and line before what the YAML library says.
func placed(filename string, file *ast.File, err error) error {
	const notTime = "%s:%d: %q is not a time: write it as in \"90s\" or \"1m30s\""
	if bad, ok := errors.AsType[*nodeError](err); ok {
		return fmt.Errorf("%s:%d: %s", filename, bad.line, bad.reason)
	}
	if bad, ok := errors.AsType[yaml.Error](err); ok && bad.GetToken() != nil {
		token := bad.GetToken()
		if strings.HasSuffix(bad.GetMessage(), "time.Duration") {
			return fmt.Errorf(notTime, filename, token.Position.Line, token.Value)
		}
		return fmt.Errorf("%s:%d: %s", filename, token.Position.Line, bad.GetMessage())
	}
	// The library does not say where a bad duration stands, only what it is.
	if _, quoted, ok := strings.Cut(err.Error(), "duration \""); ok && file != nil {
		value, _, _ := strings.Cut(quoted, "\"")
		found := &finder{value: value, line: 1}
		ast.Walk(found, file.Docs[0].Body)
		return fmt.Errorf(notTime, filename, found.line, value)
	}
	return fmt.Errorf("%s: %w", filename, err)
}

// A finder looks for the line of a value.
type finder struct {
	value string
	line  int
}

func (f *finder) Visit(node ast.Node) ast.Visitor {
	if _, scalar := node.(ast.ScalarNode); scalar && node.GetToken().Value == f.value && f.line == 1 {
		f.line = node.GetToken().Position.Line
	}
	return f
}

// lineOf finds the line of a YAML path; of the nearest part of it that exists.
func lineOf(file *ast.File, where string) int {
	for ; where != ""; where = where[:max(0, strings.LastIndexAny(where, ".["))] {
		p, err := yaml.PathString("$." + where)
		if err != nil {
			continue
		}
		node, err := p.FilterFile(file)
		if err != nil || node == nil || node.GetToken() == nil {
			continue
		}
		// A mapping's own token is the colon of its first key, on the right line.
		return node.GetToken().Position.Line
	}
	return 1
}
