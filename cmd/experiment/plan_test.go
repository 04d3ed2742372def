// Plans are read as people write them, and what is wrong with one is said.

package main

import (
	"strings"
	"testing"
	"time"
)

func TestPlans(t *testing.T) {
	t.Parallel()
	names := planNames()
	if len(names) != 9 {
		t.Errorf("there are %d plans, this test knows 9: %q", len(names), names)
	}
	for _, name := range names {
		p, err := loadPlan(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Name != name || strings.Contains(p.About, "\n") || !strings.HasSuffix(p.About, ".") || strings.HasSuffix(p.Asks, ".") {
			t.Errorf("%s: name %q, about %q, asks %q", name, p.Name, p.About, p.Asks)
		}
		if c := p.cost(longest); c <= 0 || c > 2 {
			t.Errorf("%s: it costs %v dollars", name, c)
		}
	}
	if p, err := loadPlan("measured-deploy"); err != nil || p.Types["web"] != 10 || !p.Preboot || p.Size != "standard-1x" {
		t.Errorf("the measured deploy is %+v, %v", p, err)
	}
}

func TestBadPlans(t *testing.T) {
	t.Parallel()
	const head = "about: It happens.\nasks: what\n"
	for text, want := range map[string]string{
		"types: {web: 1}":                                                                `"about" and "asks" are needed`,
		head + "types: {worker: 1}":                                                      "there is no web dyno",
		head + "types: {web: 1}\nprebot: true":                                           `unknown field "prebot"`,
		head + "types: {web: 1, Web: 1}":                                                 `a process type is called "Web"`,
		head + "types: {web: 1, release: 1}":                                             `a process type is called "release"`,
		head + "types: {web: 21}":                                                        "it has 21 dynos at once: an experiment has 20 at most",
		head + "types: {web: 1}\nthen: [{at: 1s, scale: {web: 30}}]":                     "it has 30 dynos at once",
		head + "types: {web: 15}\nthen: [{at: 15m, deploy: true}]":                       "it takes about 38 minutes: an experiment ends after 30",
		head + "types: {web: 1}\ngate: {timeuot: 5m}":                                    `gate has "timeuot": give inputs of the gate, but for app, api-key`,
		head + "types: {web: 1}\ngate: {record: x}":                                      `gate has "record"`,
		head + "types: {web: 1}\nsize: performance-xl":                                   `size is "performance-xl": give one of basic, `,
		head + "types: {web: 1}\nstop: 2m":                                               "stop is 2m0s: give a time from 0s to 1m",
		head + "types: {web: 1}\nlines: 5000":                                            "lines is 5000",
		head + "types: {web: 1}\nrelease-phase: maybe":                                   `release-phase is "maybe"`,
		head + "types: {web: 1}\nthen: [{at: 1s}]":                                       `action 1: it has to have one of "restart"`,
		head + "types: {web: 1}\nthen: [{at: 1s, deploy: true, restart: all}]":           "action 1: it has to have one of",
		head + "types: {web: 1}\nthen: [{at: 9s, deploy: true}, {at: 8s, deploy: true}]": "action 2: at is 8s: give a time from that of the action before",
		head + "types: {web: 1}\nthen: [{at: 1s, restart: worker.1}]":                    `action 1: it restarts "worker.1": give a label such as web.1, or all`,
		head + "types: {web: 1}\nthen: [{at: 1s, restart: web}]":                         `action 1: it restarts "web"`,
		head + "types: {web: 1}\nthen: [{at: 20m, deploy: true}]":                        "action 1: at is 20m0s",
		head + "types: {web: 1}\nthen: [{at: 1s, scale: {worker: 1}}]":                   `it scales "worker" to 1: the plan has the types web`,
	} {
		if _, err := parsePlan("bad", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := loadPlan("none"); err == nil || !strings.Contains(err.Error(), `there is no plan and no file "none": give a file, or one of busy-app, `) {
		t.Errorf("%v", err)
	}
}

func TestDynosAtMost(t *testing.T) {
	t.Parallel()
	p := &Plan{Types: map[string]int{"web": 2, "worker": 3}, Then: []Action{
		{At: time.Second, Scale: map[string]int{"web": 4}}, {At: 2 * time.Second, Scale: map[string]int{"web": 1, "worker": 5}}}}
	if n := p.dynos(); n != 7 {
		t.Errorf("%d dynos at most, want 7", n)
	}
}
