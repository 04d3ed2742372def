// Two kinds of value that YAML does not have: a time for each of several labels, and a number of crashes.

package herokusim

import (
	"fmt"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Span is a time for each of several labels. The first label has First, the last
// has Last, and the others are spread evenly between. In YAML: `5s` or `[5s, 8s]`.
type Span struct{ First, Last time.Duration }

// After is the same time for every label.
func After(d time.Duration) *Span { return &Span{d, d} }

// Between spreads the labels from first to last.
func Between(first, last time.Duration) *Span { return &Span{first, last} }

// Of is the time of label i of n, counted from 0.
func (s Span) Of(i, n int) time.Duration {
	if n < 2 {
		return s.First
	}
	return s.First + (s.Last-s.First)*time.Duration(i)/time.Duration(n-1)
}

// UnmarshalYAML reads one duration or a list of two.
func (s *Span) UnmarshalYAML(node ast.Node) error {
	if _, isList := node.(*ast.SequenceNode); !isList {
		err := yaml.NodeToValue(node, &s.First)
		s.Last = s.First
		return err
	}
	var both []time.Duration
	if err := yaml.NodeToValue(node, &both); err != nil {
		return err
	}
	if len(both) != 2 {
		return atNode(node, fmt.Sprintf("a span has two times, the first label's and the last one's, not %d", len(both)))
	}
	s.First, s.Last = both[0], both[1]
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (s Span) MarshalYAML() (any, error) {
	if s.First == s.Last {
		return s.First, nil
	}
	return []time.Duration{s.First, s.Last}, nil
}

// Crashes counts how often a new process crashes.
type Crashes int

// Always means that the process crashes again and again.
const Always Crashes = -1

// UnmarshalYAML reads a number or the word always.
func (c *Crashes) UnmarshalYAML(node ast.Node) error {
	text := node.GetToken().Value
	if text == "always" {
		*c = Always
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return atNode(node, fmt.Sprintf("crash is a number or \"always\", not %q", text))
	}
	*c = Crashes(n)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (c Crashes) MarshalYAML() (any, error) {
	if c == Always {
		return "always", nil
	}
	return int(c), nil
}

// A nodeError is a problem with its line.
type nodeError struct {
	line   int
	reason string
}

func (e *nodeError) Error() string { return fmt.Sprintf("%d: %s", e.line, e.reason) }

func atNode(node ast.Node, reason string) error {
	return &nodeError{node.GetToken().Position.Line, reason}
}
