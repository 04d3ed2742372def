// Measuring how Heroku behaved: during a wait, and from recordings (replay --measure).

package gate

import (
	"fmt"
	"os"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// A safeMeasure is a measure that recovers from a panic: a bug in the measure must not end the wait. After a
// panic it returns no figures.
type safeMeasure struct {
	measure *measure.Measure
	broken  bool
}

func newSafeMeasure() *safeMeasure { return &safeMeasure{measure: &measure.Measure{}} }

func (m *safeMeasure) see(o observe.Observation) {
	defer m.rescue()
	if !m.broken {
		m.measure.See(o)
	}
}

func (m *safeMeasure) figures(p rollout.Picture) (f measure.Figures) {
	defer m.rescue()
	if m.broken {
		return f
	}
	return m.measure.Figures(p)
}

func (m *safeMeasure) rescue() {
	if recover() != nil {
		m.broken = true
	}
}

// measureFlag is a flag of replay.
const measureFlag = "measure"

// measure prints the figures of recordings. It names those that cannot be read, and measures the others.
func (c *Command) measure(files []string, json bool) int {
	status := ExitPassed
	var runs []report.MeasuredRun
	for _, file := range files {
		f, err := c.measureFile(file)
		if err != nil {
			fmt.Fprintln(c.Stderr, "rollout-gate:", err)
			status = ExitInvalid
			continue
		}
		runs = append(runs, report.MeasuredRun{Recording: file, Figures: f})
	}
	if len(runs) == 0 {
		return status
	}
	options := report.Options{Stdout: c.Stdout, Terminal: c.Terminal, Width: c.Width}
	if json {
		options.Stdout, options.Result = nil, c.Stdout
	}
	if err := report.New(options).Measured(runs); err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate:", err)
		return ExitUndecided
	}
	return status
}

func (c *Command) measureFile(file string) (figures measure.Figures, err error) {
	f, err := os.Open(file)
	if err != nil {
		return figures, fmt.Errorf("opening the recording: %w", err)
	}
	defer f.Close()
	m := newSafeMeasure()
	picture, _, err := replayRecording(f, c.Version, m.see, func(rollout.Picture) {}, nil)
	if err != nil {
		return figures, fmt.Errorf("measuring %q: %w", file, err)
	}
	return m.figures(picture), nil
}
