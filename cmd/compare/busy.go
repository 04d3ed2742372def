// This file is for the busy app: the measured deploy of an app that prints 1,000 lines a second, and
// the ways to wait for it.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

const (
	busyLines = 1000.0           // a second
	busyAhead = 30 * time.Second // so long a deploy step takes
	// busyRuns is how often each way is tried at the most: a run takes 6 minutes, and 5,000 lines a
	// second are all that a small machine can print beside the programs that it measures.
	busyRuns = 2
	// busyEnds is when the app falls silent: a story has a million lines at the most.
	busyEnds = 390 * time.Second
)

// A busyWay is a row of the table.
type busyWay struct {
	title   string
	way     way
	metrics bool
}

var busyWays = []busyWay{
	{"this gate after the deploy", way{which: theGate, patient: true}, false},
	{"the same, where runtime metrics are on", way{which: theGate, patient: true}, true},
	{"this gate with `begin`, 30 s before", way{which: theGate, ahead: busyAhead}, false},
	{"this gate around the deploy, `-- command`", way{which: theGate, ahead: busyAhead, wraps: true}, false},
	{"`heroku ps:wait` after the deploy", way{which: theClient}, false},
}

// A busyTold is what the ways made of the busy app.
type busyTold struct {
	Truth   truth
	Runs    int
	Samples [][]sample // by way
}

// playBusy tries all ways side by side, and that so many times.
func (b *bench) playBusy(ctx context.Context, runs int) (busyTold, error) {
	var stories [2]*herokusim.Story // without metrics, and with them
	for i := range stories {
		story, err := load("measured-deploy", func(sc *herokusim.Scenario) {
			lines := busyLines
			sc.Noise, sc.Ends, sc.Metrics = &lines, busyEnds, i == 1
		})
		if err != nil {
			return busyTold{}, err
		}
		stories[i] = story
	}
	told := busyTold{Truth: truthOf(stories[0]), Runs: min(runs, busyRuns), Samples: make([][]sample, len(busyWays))}
	for n := range told.Runs {
		fmt.Fprintf(os.Stderr, "busy app, run %d of %d of each way\n", n+1, told.Runs)
		got, err := b.busyOnce(ctx, n, stories, told.Truth)
		if err != nil {
			return busyTold{}, err
		}
		for i, s := range got {
			told.Samples[i] = append(told.Samples[i], s)
		}
	}
	return told, nil
}

// busyOnce tries each way once, all at the same time: what they wait for takes minutes.
func (b *bench) busyOnce(ctx context.Context, n int, stories [2]*herokusim.Story, t truth) ([]sample, error) {
	type end struct {
		way int
		sample
		err error
	}
	ends := make(chan end)
	for i, w := range busyWays {
		story := stories[0]
		if w.metrics {
			story = stories[1]
		}
		go func() {
			got, err := b.once(ctx, fmt.Sprintf("busy-%d-%d", n+1, i), w.way, story, t)
			ends <- end{i, got, err}
		}()
	}
	got := make([]sample, len(busyWays))
	var problems []error
	for range busyWays {
		e := <-ends
		got[e.way] = e.sample
		if e.err != nil {
			problems = append(problems, fmt.Errorf("busy app, %s: %w", busyWays[e.way].title, e.err))
		}
	}
	return got, errors.Join(problems...)
}

const busyHead = "| the wait | ends | distance | basis | API requests | |\n|---|---|---|---|---|---|\n"

// table is the part of the page about the busy app.
func (b *busyTold) table(a about) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Measured by `make compare` (runs of each way: %d) %s\nThe last old process ends at %.1f s. The two that begin before the deploy should open within 2 s after that, proven, with at most 40 requests.\n\n%s",
		b.Runs, a.words(), b.Truth.At.Seconds(), busyHead)
	for i, samples := range b.Samples {
		t := told{Truth: b.Truth}
		distance := "-"
		if len(ended(samples)) > 0 {
			distance = t.early(samples, of(ended(samples), t.distance).write("%+.2f", " s"))
		}
		kept := ""
		if busyWays[i].way.ahead > 0 {
			kept = "kept"
			if !b.kept(samples) {
				kept = "**missed**"
			}
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s |\n", busyWays[i].title, ending(samples), distance, bases(samples), of(samples, requests).write("%.0f", ""), kept)
	}
	return text.String()
}

// kept reports whether a way that begins before the deploy did as it should.
func (b *busyTold) kept(samples []sample) bool {
	after := of(ended(samples), told{Truth: b.Truth}.distance)
	return allRight(b.Truth, samples) && after.most <= 2 && of(samples, requests).most <= 40 && bases(samples) == "proven"
}

// bases are those of all runs.
func bases(samples []sample) string {
	var all []string
	for _, s := range samples {
		if s.Basis == "" {
			s.Basis = "-"
		}
		if len(all) == 0 || all[len(all)-1] != s.Basis {
			all = append(all, s.Basis)
		}
	}
	return strings.Join(all, ", ")
}
