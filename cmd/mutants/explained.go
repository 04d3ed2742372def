// The list of explained survivors: mutants that no test can notice, each with the reason.
//
// The list is a text file. A line that is not indented is the key of a mutant, as the program
// prints it. The indented lines below it are the reason. Keys have no line numbers, so they stay
// valid when other parts of the file change.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An explanation says why a mutant may survive.
type explanation struct{ key, reason string }

// readExplained reads the list. If there is no such file, the list is empty.
func readExplained(dir, name string) ([]explanation, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []explanation
	for line := range strings.Lines(string(data)) {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(line, "#"):
		case line[0] != ' ' && line[0] != '\t':
			list = append(list, explanation{key: text})
		case len(list) == 0:
			return nil, fmt.Errorf("%s: %q explains nothing: begin with the key of a mutant", name, text)
		default:
			e := &list[len(list)-1]
			e.reason = strings.TrimSpace(e.reason + " " + text)
		}
	}
	return list, nil
}

// explain gives each mutant its explanation. It returns what is wrong with the list.
func explain(all []*mutant, known []explanation) (bad []string) {
	byKey := map[string]*mutant{}
	for _, m := range all {
		byKey[m.key()] = m
	}
	for _, e := range known {
		m := byKey[e.key]
		switch {
		case m == nil:
			bad = append(bad, fmt.Sprintf("%q is explained, and there is no such mutant: take it out, or write it as the program does", e.key))
		case e.reason == "":
			bad = append(bad, fmt.Sprintf("%q is listed without a reason: write one below it, indented", e.key))
		case m.reason != "":
			bad = append(bad, fmt.Sprintf("%q is explained twice: take one out", e.key))
		default:
			m.reason = e.reason
		}
	}
	return bad
}
