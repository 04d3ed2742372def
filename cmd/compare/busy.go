// The busy app: the measured deploy of an app that prints 1,000 lines a second, and several ways to wait for it.

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
	busyAhead = 30 * time.Second // the length of the deploy step
	// busyRuns is how often each way is run at most, since a run takes 6 minutes. More than the five apps of one
	// run cannot run at once: 5,000 lines a second are all that a small machine can print beside the programs.
	busyRuns = 2
	// busyEnds is when the app stops printing: a story has at most a million lines.
	busyEnds = 390 * time.Second
)

// A busyWay is a row of the table.
type busyWay struct {
	title   string
	way     way
	metrics bool
}

var busyWays = []busyWay{
	{"this gate after the deploy", way{which: theGate, longHold: true}, false},
	{"the same, where runtime metrics are on", way{which: theGate, longHold: true}, true},
	{"this gate with `begin`, 30 s before", way{which: theGate, ahead: busyAhead}, false},
	{"this gate around the deploy, `-- command`", way{which: theGate, ahead: busyAhead, wraps: true}, false},
	{"`heroku ps:wait` after the deploy", way{which: theClient}, false},
}

// A busyResult has the samples of the busy app.
type busyResult struct {
	Truth   truth
	Runs    int
	Samples [][]sample // by way
}

// playBusy runs all ways at the same time, several times.
func (b *bench) playBusy(ctx context.Context, runs int) (busyResult, error) {
	var stories [2]*herokusim.Story // without metrics, and with them
	for i := range stories {
		story, err := load("measured-deploy", func(sc *herokusim.Scenario) {
			lines := busyLines
			sc.Noise, sc.Ends, sc.Metrics = &lines, busyEnds, i == 1
		})
		if err != nil {
			return busyResult{}, err
		}
		stories[i] = story
	}
	result := busyResult{Truth: truthOf(stories[0]), Runs: min(runs, busyRuns), Samples: make([][]sample, len(busyWays))}
	for n := range result.Runs {
		fmt.Fprintf(os.Stderr, "busy app, run %d of %d of each way\n", n+1, result.Runs)
		samples, err := b.busyOnce(ctx, n, stories, result.Truth)
		if err != nil {
			return busyResult{}, err
		}
		for i, s := range samples {
			result.Samples[i] = append(result.Samples[i], s)
		}
	}
	return result, nil
}

// busyOnce runs each way once, all at the same time, since a run takes minutes.
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
			s, err := b.runOnce(ctx, fmt.Sprintf("busy-%d-%d", n+1, i), w.way, story, t)
			ends <- end{i, s, err}
		}()
	}
	samples := make([]sample, len(busyWays))
	var problems []error
	for range busyWays {
		e := <-ends
		samples[e.way] = e.sample
		if e.err != nil {
			problems = append(problems, fmt.Errorf("busy app, %s: %w", busyWays[e.way].title, e.err))
		}
	}
	return samples, errors.Join(problems...)
}

const busyHead = "| the wait | ends | distance | basis | API requests | |\n|---|---|---|---|---|---|\n"

// table is the part of the page about the busy app.
func (b *busyResult) table(c conditions) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Measured by `make compare` (runs of each way: %d) %s\nThe last old process ends at %.1f s. The two that begin before the deploy should open within 2 s after that, proven, with at most 40 requests.\n\n%s",
		b.Runs, c.words(), b.Truth.At.Seconds(), busyHead)
	for i, samples := range b.Samples {
		t := storyResult{Truth: b.Truth}
		distance := "-"
		if len(ended(samples)) > 0 {
			distance = t.early(samples, spreadIn(ended(samples), t.distance).write("%+.2f", " s"))
		}
		kept := ""
		if busyWays[i].way.ahead > 0 {
			kept = "kept"
			if !b.kept(samples) {
				kept = "**missed**"
			}
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s |\n", busyWays[i].title, endings(samples), distance, bases(samples), spreadIn(samples, requests).write("%.0f", ""), kept)
	}
	return text.String()
}

// kept reports whether a way that begins before the deploy kept what the page promises.
func (b *busyResult) kept(samples []sample) bool {
	after := spreadIn(ended(samples), storyResult{Truth: b.Truth}.distance)
	return allCorrect(b.Truth, samples) && after.most <= 2 && spreadIn(samples, requests).most <= 40 && bases(samples) == "proven"
}

// bases lists the bases of all runs, without repetition in a row.
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
