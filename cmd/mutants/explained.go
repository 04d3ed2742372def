// This file is for the survivors that are explained: conditions whose loss no test can
// notice, each with the reason in words.
//
// The list is a text. A line that begins a survivor is its key, as the program prints
// it; the lines below it, which are indented, are the reason. Keys have no line numbers,
// so that they outlive changes elsewhere in the file.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An explanation is why a mutant may survive.
type explanation struct{ key, reason string }

// readExplained reads the list; one that is not there is empty.
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

// check gives each mutant its explanation, and tells what is wrong with the list.
func check(all []*mutant, known []explanation) (bad []string) {
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
