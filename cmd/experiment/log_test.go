// A log that falls silent before the end of the run proves no end of any process, and the report says so.

package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/cmd/experiment/findings"
)

func TestLogFallsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var silent atomic.Bool
		pl := prepare(t, quick(t))
		pl.world.transport = wire{pl.world.transport, breaking{line: func(line string) []string {
			if silent.Load() {
				return nil
			}
			// The first SIGTERM is that of the scaling.
			silent.Store(line > "2026-06-09T16:02" && strings.Contains(line, "]: sigterm code=1"))
			return []string{line}
		}}}
		pl.e = newExperiment(pl.plan, pl.world, &pl.out, pl.results)
		run, err := pl.e.play(t.Context())
		if err != nil {
			t.Fatalf("%v\n%s", err, pl.out.String())
		}
		hidden := 0
		for _, p := range run.Processes {
			if p.Code == 1 && p.Open {
				hidden++
			}
			if p.Code == 1 && p.Last.After(run.Start.Add(2*time.Minute)) && !p.Open {
				t.Errorf("the log does not show the end of %+v", p)
			}
		}
		if hidden != 1 {
			t.Errorf("%d old processes may still run, want 1: %+v", hidden, run.Processes)
		}
		if len(run.Gaps) == 0 || !strings.Contains(findings.Report(run, false), "Lines of the log may be missing from ") {
			t.Errorf("the gaps are %v; the report says\n%s", run.Gaps, findings.Report(run, false))
		}
		for _, row := range findings.Judge(run) {
			if row.Outcome == findings.Refuted {
				t.Errorf("%s is refuted: %s %q", row.Name, row.Why, row.Lines)
			}
		}
	})
}
