// Checking the form of a scenario file: which words it may have, and which values.

package herokusim

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	momentType   = reflect.TypeFor[time.Time]()
	spanType     = reflect.TypeFor[Span]()
	crashesType  = reflect.TypeFor[Crashes]()
)

// longTime is the longest time in a file. Sums of such times do not overflow.
const longTime = 2000 * 24 * time.Hour

// whole is the name of the outermost mapping in messages.
const whole = "a scenario"

// fields returns the YAML names of the fields of a struct, in their order, and the types by name.
func fields(t reflect.Type) (names []string, types map[string]reflect.Type) {
	types = map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		names = append(names, name)
		types[name] = f.Type
	}
	return names, types
}

// shape checks that a node fits a Go type. The YAML library would refuse most
// mistakes, too, but with Go types in its messages, and often without the line.
func shape(name string, node ast.Node, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return atNode(node, noAnchors)
	case *ast.NullNode:
		nothing := ""
		if t.Kind() == reflect.Struct {
			nothing = fmt.Sprintf(" (\"%s: {}\" where there is nothing more to say)", name)
		}
		return atNode(node, fmt.Sprintf("%s has no value: write one after the colon%s, or leave %s out", name, nothing, name))
	}
	switch {
	case t == spanType:
		if list, ok := node.(*ast.SequenceNode); ok {
			return each(name, list, durationType)
		}
		return shape(name, node, durationType)
	case t == crashesType:
		return nil // Crashes.UnmarshalYAML checks it
	case t == durationType:
		d, err := time.ParseDuration(value(node))
		if err := want(err == nil && isText(node), node, "%s is not a time: write it as in \"90s\" or \"1m30s\"", given(node)); err != nil {
			return err
		}
		return want(-longTime <= d && d <= longTime, node, "%s is more than %d days: nothing here takes so long", given(node), longTime/(24*time.Hour))
	case t == momentType:
		_, err := time.Parse(time.RFC3339, value(node))
		return want(err == nil, node, "%s is not a moment: write it as in 2026-06-09T16:13:36Z", given(node))
	}
	switch t.Kind() {
	case reflect.Struct:
		return structure(name, node, t)
	case reflect.Map:
		return mapping(name, "...", node, func(key, value ast.Node) error {
			return shape(key.GetToken().Value, value, t.Elem())
		})
	case reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			return atNode(node, fmt.Sprintf("%s is a list, not %s: begin each entry with \"- \"", name, given(node)))
		}
		return each(name, list, t.Elem())
	case reflect.Bool:
		_, ok := node.(*ast.BoolNode)
		return want(ok, node, "%s is true or false, not %s", name, given(node))
	case reflect.Int, reflect.Int64:
		_, ok := node.(*ast.IntegerNode)
		return want(ok, node, "%s is a whole number, not %s", name, given(node))
	case reflect.Float64:
		x, err := strconv.ParseFloat(value(node), 64)
		return want(err == nil && !math.IsNaN(x) && !math.IsInf(x, 0), node, "%s is a number, not %s", name, given(node))
	case reflect.String:
		switch node.(type) {
		case *ast.FloatNode, *ast.BoolNode:
			return atNode(node, fmt.Sprintf("%s is text: put %s between quotes", name, value(node)))
		}
		return want(isText(node) || isNumber(node), node, "%s is text, not %s", name, given(node))
	}
	panic("a scenario has a field of type " + t.String() + ", which shape does not know")
}

const noAnchors = "anchors (&), aliases (*), merges (<<) and tags (!) are not for scenarios: write the value out where it is needed"

// structure checks a mapping that may only have the fields of the struct t.
func structure(name string, node ast.Node, t reflect.Type) error {
	names, types := fields(t)
	return mapping(name, names[0], node, func(key, value ast.Node) error {
		word := key.GetToken().Value
		field, known := types[word]
		if !known {
			return atNode(key, fmt.Sprintf("unknown field %q: %s", word, suggest(word, name, names)))
		}
		return shape(word, value, field)
	})
}

func mapping(name, word string, node ast.Node, pair func(key, value ast.Node) error) error {
	m, ok := node.(ast.MapNode)
	if !ok {
		example := fmt.Sprintf("%s: {%s: ...}", name, word)
		if name == whole {
			example = "types: {web: {quantity: 1}}"
		}
		return atNode(node, fmt.Sprintf("%s is one mapping, as in \"%s\", not %s", name, example, given(node)))
	}
	for i := m.MapRange(); i.Next(); {
		switch i.Key().(type) {
		case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
			return atNode(i.Key(), noAnchors)
		}
		if err := pair(i.Key(), i.Value()); err != nil {
			return err
		}
	}
	return nil
}

func each(name string, list *ast.SequenceNode, t reflect.Type) error {
	for _, entry := range list.Values {
		if err := shape(name, entry, t); err != nil {
			return err
		}
	}
	return nil
}

// suggest says what to write in place of an unknown word.
func suggest(word, where string, names []string) string {
	best, least := "", len(word)/3+2
	for _, name := range names {
		if d := distance(word, name); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return fmt.Sprintf("%s has %s", where, strings.Join(names, ", "))
}

// distance is the edit distance of two words: how many letters to add, to remove or to change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before, row[j+1] = row[j+1], min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func want(ok bool, node ast.Node, format string, args ...any) error {
	if ok {
		return nil
	}
	return atNode(node, fmt.Sprintf(format, args...))
}

func isText(node ast.Node) bool {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

func isNumber(node ast.Node) bool {
	_, ok := node.(*ast.IntegerNode)
	return ok
}

func value(node ast.Node) string {
	switch n := node.(type) {
	case *ast.LiteralNode:
		return n.Value.Value
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	return ""
}

// given describes a node, for a message that something else is expected.
func given(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	}
	return strconv.Quote(value(node))
}
