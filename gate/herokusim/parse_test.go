// This file tests that scenarios are read, written, and refused with file and line.

package herokusim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	const head = "types: {web: {quantity: 1}}\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":          {"", `s.yaml:1: a scenario file holds one scenario: begin with "types:"`},
		"no types":         {"about: x\n", `s.yaml:1: a scenario needs types: the process types of the app, as in "types: {web: {quantity: 1}}"`},
		"unknown field":    {head + "events:\n  - at: 0s\n    deply: {}\n", `s.yaml:4: unknown field "deply"`},
		"unknown deep":     {"types:\n  web:\n    quantity: 1\n    colour: red\n", `s.yaml:4: unknown field "colour"`},
		"duration":         {head + "ends: 10\n", `s.yaml:2: "10" is not a time: write it as in "90s" or "1m30s"`},
		"duration word":    {head + "ends: soon\n", `s.yaml:2: "soon" is not a time: write it as in "90s" or "1m30s"`},
		"span":             {head + "events:\n  - at: 0s\n    deploy: {}\n    timing:\n      web:\n        up: [1s, 2s, 3s]\n", `s.yaml:7: a span has two times, the first label's and the last one's, not 3`},
		"span word":        {head + "events:\n  - at: 0s\n    deploy: {}\n    timing:\n      web:\n        up: [1s, x]\n", `s.yaml:7: "x" is not a time: write it as in "90s" or "1m30s"`},
		"crash":            {head + "events:\n  - at: 0s\n    deploy: {}\n    timing:\n      web:\n        crash: often\n", `s.yaml:7: crash is a number or "always", not "often"`},
		"negative":         {head + "events:\n  - at: 0s\n    deploy: {}\n  - at: -1s\n    config: {}\n", `s.yaml:5: event at -1s: the story begins at 0s; what came before is told by releases`},
		"two things":       {head + "events:\n  - at: 0s\n    deploy: {}\n    config: {}\n", `s.yaml:3: one event is one thing, this one is deploy and config: make two events`},
		"no thing":         {head + "events:\n  - at: 0s\n", `s.yaml:3: the event does not say what happens: give it one of deploy, config, rollback, restart, scale, crash, cycle, idle, wake, run, scheduler, say, preboot, maintenance`},
		"commit":           {head + "events:\n  - at: 0s\n    deploy: {commit: abc}\n", `s.yaml:4: a commit is 40 digits of 0-9a-f, not "abc"`},
		"type":             {head + "events:\n  - at: 0s\n    scale: {wbe: 2}\n", `s.yaml:4: scaling of a process type "wbe" that the app does not have`},
		"label":            {head + "events:\n  - at: 0s\n    crash: {label: web}\n", `s.yaml:4: label "web": write it as in "web.1", with a process type of the app`},
		"versions":         {head + "releases:\n  - {version: 7, at: -2h}\n  - {version: 7, at: -1h}\n", `s.yaml:4: release v7 comes after v7: versions rise`},
		"preboot in space": {head + "app:\n  space: s\n  preboot: true\n", `s.yaml:4: preboot is of the Common Runtime: leave out space "s" or preboot`},
		"fault":            {head + "faults:\n  - {from: 1s, to: 2s}\n", `s.yaml:3: the fault does not say what is wrong: give status, body, html, hang, reset, cut-body, stale, delay, clock, no-date or trickle`},
		"fault times":      {head + "faults:\n  - {from: 2s, to: 1s, hang: true}\n", `s.yaml:3: to is not later than from`},
		"share":            {head + "log:\n  double: 1.5\n", `s.yaml:3: a share is 0 to 1`},
		"both ends":        {head + "events:\n  - at: 0s\n    deploy: {}\n    timing:\n      web: {term: 1s, exit: 3s}\n", `s.yaml:6: term and exit both say when the old process ends: keep one`},
		"yaml":             {"types: {\n", `s.yaml:1: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("s.yaml", []byte(c.text))
			got := "accepted"
			if err != nil {
				got = err.Error()
			}
			if name == "yaml" && len(got) > len(c.want) {
				got = got[:len(c.want)]
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
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

func TestRollbackToNowhere(t *testing.T) {
	t.Parallel()
	sc := &Scenario{Types: map[string]Type{"web": {Quantity: 1}}, Events: []Event{{Rollback: &Rollback{To: 3}}}}
	if _, err := sc.Play(); err == nil {
		t.Error("a rollback to v3, which never was, is played")
	}
}
