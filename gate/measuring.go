// What a run told of Heroku: measured beside the wait, and again from recordings.

package gate

import (
	"fmt"
	"os"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// A measuring is a measure that does no harm: a bug in it ends no wait, and nothing is told then.
type measuring struct {
	measure *measure.Measure
	broken  bool
}

func newMeasuring() *measuring { return &measuring{measure: &measure.Measure{}} }

func (m *measuring) see(o observe.Observation) {
	defer m.rescue()
	if !m.broken {
		m.measure.See(o)
	}
}

func (m *measuring) figures(p rollout.Picture) (f measure.Figures) {
	defer m.rescue()
	if m.broken {
		return f
	}
	return m.measure.Figures(p)
}

func (m *measuring) rescue() {
	if recover() != nil {
		m.broken = true
	}
}

// measureFlag is that of a replay.
const measureFlag = "measure"

// measure tells what the recordings have shown of Heroku. Those that cannot be read are named, and the
// others are measured all the same.
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

// measureFile measures one recording.
func (c *Command) measureFile(file string) (figures measure.Figures, err error) {
	f, err := os.Open(file)
	if err != nil {
		return figures, fmt.Errorf("opening the recording: %w", err)
	}
	defer f.Close()
	m := newMeasuring()
	picture, _, err := replay(f, c.Version, m.see, func(rollout.Picture) {}, nil)
	if err != nil {
		return figures, fmt.Errorf("measuring %q: %w", file, err)
	}
	return m.figures(picture), nil
}
