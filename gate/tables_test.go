// The tables of the documents that are made from the code and from begin/action.yml.

package gate_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// inputTable is the table of the inputs with these names; nil: of all.
func inputTable(only []string) string {
	var b strings.Builder
	b.WriteString("| input | default | meaning |\n|---|---|---|\n")
	for _, i := range gate.Inputs {
		if only == nil || slices.Contains(only, i.Name) {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", i.Name, defaultCell(i.Required, i.Default), i.About)
		}
	}
	return b.String()
}

func defaultCell(required bool, value string) string {
	switch {
	case required:
		return "required"
	case value != "":
		return "`" + value + "`"
	}
	return ""
}

func outputTable(only []string) string {
	var b strings.Builder
	b.WriteString("| output | meaning |\n|---|---|\n")
	for _, o := range report.Outputs {
		if only == nil || slices.Contains(only, o.Name) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, o.Description)
		}
	}
	return b.String()
}

func endingTable(only []string) string {
	var b strings.Builder
	b.WriteString("| result | reason | what it means | what to do next |\n|---|---|---|---|\n")
	for _, e := range rollout.Endings {
		if only == nil || slices.Contains(only, string(e.Reason)) {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", e.Result, e.Reason, e.Meaning, e.Next)
		}
	}
	return b.String()
}

// beginAction is begin/action.yml, in the order of the file.
type beginAction struct {
	Inputs, Outputs yaml.MapSlice
}

func readBegin(t *testing.T) beginAction {
	t.Helper()
	text, err := os.ReadFile("../begin/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action beginAction
	if err := yaml.Unmarshal(text, &action); err != nil {
		t.Fatal(err)
	}
	return action
}

// names are the names of its inputs or outputs.
func names(of yaml.MapSlice) []string {
	var all []string
	for _, item := range of {
		all = append(all, fmt.Sprint(item.Key))
	}
	return all
}

// beginTables are the tables of its inputs and outputs.
func beginTables(t *testing.T) (inputs, outputs string) {
	t.Helper()
	action := readBegin(t)
	field := func(item yaml.MapItem, name string) string {
		if value, ok := item.Value.(map[string]any)[name]; ok {
			return fmt.Sprint(value)
		}
		return ""
	}
	in, out := "| input of `begin` | default | meaning |\n|---|---|---|\n", "| output of `begin` | meaning |\n|---|---|\n"
	for _, item := range action.Inputs {
		in += fmt.Sprintf("| `%v` | %s | %s |\n", item.Key, defaultCell(field(item, "required") == "true", field(item, "default")), field(item, "description"))
	}
	for _, item := range action.Outputs {
		out += fmt.Sprintf("| `%v` | %s |\n", item.Key, field(item, "description"))
	}
	return in, out
}
