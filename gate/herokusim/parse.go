// Reading scenarios: those of the package, and files.

package herokusim

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
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

// Load reads the scenario with that name, or the file at that path.
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

// Parse reads a scenario. It refuses unknown words: with a misspelt word the story
// would be another one than the author wants.
func Parse(filename string, data []byte) (*Scenario, error) {
	var sc Scenario
	file, err := read(data, whole, &sc)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", filename, err)
	}
	// Some problems appear only when it is played, such as a crash of a process that does not run.
	_, err = sc.Play()
	if p, ok := errors.AsType[*problem](err); ok {
		return nil, fmt.Errorf("%s:%d: %s", filename, lineOf(file, p.path), p.reason)
	}
	return &sc, err
}

// ParseFault reads one fault, as in "status: 503, from: 30s".
func ParseFault(text string) (Fault, error) {
	var f Fault
	if err := readOne(text, "a fault", &f); err != nil {
		return Fault{}, err
	}
	c := checker{}
	c.fault("", f)
	return f, c.err()
}

// ParseLog reads the faults of the log, as in "cut: 20s, history: 0".
func ParseLog(text string) (Log, error) {
	var l Log
	if err := readOne(text, "log", &l); err != nil {
		return Log{}, err
	}
	c := checker{sc: &Scenario{Log: l}}
	c.log()
	return l, c.err()
}

// readOne reads one mapping, with or without its braces.
func readOne(text, what string, into any) error {
	words := strings.TrimSpace(text)
	if !strings.HasPrefix(words, "{") {
		words = "{" + words + "}"
	}
	if _, err := read([]byte(words), what, into); err != nil {
		_, reason, _ := strings.Cut(err.Error(), ": ") // without the line
		return fmt.Errorf("%q: %s", text, reason)
	}
	return nil
}

// YAML writes the scenario as Parse reads it.
func (sc *Scenario) YAML() ([]byte, error) { return yaml.Marshal(sc) }

// read reads one document. Its errors begin with the line number.
func read(data []byte, what string, into any) (*ast.File, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := checkLimits(data); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, withLine(err)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, &nodeError{1, "nothing is here: a scenario begins with \"types:\", as in \"types: {web: {quantity: 1}}\""}
	}
	if len(file.Docs) > 1 {
		line := 1
		if second := file.Docs[1]; second.Start != nil {
			line = second.Start.Position.Line
		}
		return nil, &nodeError{line, "a scenario file holds one scenario: make a file of each"}
	}
	body := file.Docs[0].Body
	err = shape(what, body, reflect.TypeOf(into))
	if err == nil {
		err = yaml.NodeToValue(body, into, yaml.Strict())
	}
	return file, withLine(err)
}

// The limits of a file: the YAML library itself limits neither the size nor the depth.
const (
	maxBytes = 1 << 20 // bytes
	maxDepth = 20
)

// checkLimits checks the tokens before the YAML library makes a tree of them.
func checkLimits(data []byte) error {
	if len(data) > maxBytes {
		return &nodeError{1, fmt.Sprintf("the file has %d bytes, the most is %d: make the story shorter", len(data), maxBytes)}
	}
	depth, dashes, line := 0, 0, 0
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			dashes++
		}
		if depth > maxDepth || dashes > maxDepth {
			return &nodeError{line, fmt.Sprintf("more than %d brackets or dashes stand in one another: a scenario needs fewer than 10", maxDepth)}
		}
	}
	return nil
}

var duplicateKey = regexp.MustCompile(`^mapping key "(.*)" already defined at \[(\d+):\d+\]$`)

// withLine puts the line number before an error, also before one of the YAML library.
func withLine(err error) error {
	if err == nil {
		return nil
	}
	if bad, ok := errors.AsType[*nodeError](err); ok {
		return bad
	}
	bad, ok := errors.AsType[yaml.Error](err)
	if !ok || bad.GetToken() == nil {
		return &nodeError{1, err.Error()}
	}
	line, reason := bad.GetToken().Position.Line, bad.GetMessage()
	if m := duplicateKey.FindStringSubmatch(reason); m != nil {
		return &nodeError{line, fmt.Sprintf("%q is here a second time, after line %s: keep one of them", m[1], m[2])}
	}
	return &nodeError{line, "this is not YAML: " + reason + "; check indentation (by spaces), colons, quotes and brackets in this line and before"}
}

// lineOf finds the line of a YAML path, or of the longest part of the path that exists.
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
