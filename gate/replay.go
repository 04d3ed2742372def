// The subcommand replay, and the debug log.

package gate

import (
	"context"
	"fmt"
	"os"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// replay judges a recorded run again.
func (c *Command) replay(_ context.Context, given commandLine) int {
	if given.isOn(measureFlag) {
		return c.measure(given.args, given.isOn(jsonFlag))
	}
	file := given.args[0]
	f, err := os.Open(file)
	if err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate: opening the recording:", err)
		return ExitInvalid
	}
	defer f.Close()
	// Without Getenv the report writes neither outputs nor a summary: these belong to real runs.
	options := report.Options{Stdout: c.Stdout}
	if given.isOn(jsonFlag) {
		options.Stdout, options.Result = c.Stderr, c.Stdout
	}
	out := report.New(options)
	picture, verdict, err := replayRecording(f, c.Version, func(observe.Observation) {}, func(p rollout.Picture) { out.Update(p) }, c.debug(out))
	if err != nil {
		fmt.Fprintf(c.Stderr, "rollout-gate: replaying %q: %v\n", file, err)
		return ExitInvalid
	}
	if err := out.End(report.Ending{Picture: picture, Verdict: verdict, Waited: picture.At, Requests: -1, BudgetRemaining: -1, BudgetLowest: -1}); err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate:", err)
	}
	if c.Ended != nil {
		c.Ended(picture, verdict)
	}
	return exitStatus(verdict)
}

// debug logs requests and open questions in detail, if the workflow was run with debug logging
// (https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables).
func (c *Command) debug(out *report.Report) *watch.Debug {
	if c.Getenv("RUNNER_DEBUG") != "1" {
		return nil
	}
	return &watch.Debug{Tell: out.Debug}
}
