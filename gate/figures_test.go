// A figure that a run reports in several places is the same everywhere.

package gate_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// holdEnd finds the end of a hold in the log, the message and the summary.
var holdEnd = regexp.MustCompile(`(?:presumed gone at|assumed to run until|one can run until) ([0-9hms]+)`)

// checkFigures fails if the end of a hold appears as two slightly different times, or if times do not add up.
func checkFigures(t testing.TB, o outcome) {
	t.Helper()
	var told []time.Duration
	for _, m := range holdEnd.FindAllStringSubmatch(o.stdout+o.summary, -1) {
		d, err := time.ParseDuration(m[1])
		if err != nil {
			t.Error(err)
		}
		for _, other := range told {
			if far := (d - other).Abs(); far > 0 && far < 3*time.Second {
				t.Errorf("a hold is told to end at %s, and at %s", other, d)
			}
		}
		told = append(told, d)
	}
	for _, sum := range [][3]string{
		{"release-created-at", "old-gone-at", "rollout-seconds"},
		{"release-finished-at", "old-gone-at", "unseen-seconds"},
	} {
		from, err1 := time.Parse(time.RFC3339, o.outputs[sum[0]])
		to, err2 := time.Parse(time.RFC3339, o.outputs[sum[1]])
		if err1 == nil && err2 == nil && o.outputs[sum[2]] != fmt.Sprint(int(max(0, to.Sub(from)).Seconds())) {
			t.Errorf("output %s is %s, from %s to %s", sum[2], o.outputs[sum[2]], o.outputs[sum[0]], o.outputs[sum[1]])
		}
	}
	for _, row := range momentRow.FindAllStringSubmatch(o.summary, -1) {
		clock, err1 := time.Parse(time.TimeOnly, row[1])
		after, err2 := time.ParseDuration(row[2])
		begin, err3 := time.Parse(time.TimeOnly, o.picture.Times.ReleaseCreated.UTC().Format(time.TimeOnly))
		if err1 != nil || err2 != nil || err3 != nil {
			t.Errorf("the timeline has the row %q", row[0])
		}
		if off := clock.Sub(begin.Add(after)) % (24 * time.Hour); off != 0 {
			t.Errorf("the timeline has the row %q, of which the times are %s apart", row[0], off)
		}
	}
	if waited := waitedFact.FindStringSubmatch(o.summary); waited != nil && o.verdict.Result != rollout.Cancelled {
		if d, err := time.ParseDuration(waited[1]); err != nil || o.outputs["waited-seconds"] != fmt.Sprint(int(d.Seconds())) {
			t.Errorf("the summary says waited %s, the output %s", waited[1], o.outputs["waited-seconds"])
		}
	}
}

var (
	momentRow  = regexp.MustCompile(`\| (\d\d:\d\d:\d\d) \| \+?(-?[0-9hms]+) \|`)
	waitedFact = regexp.MustCompile(`waited \*\*([0-9hms]+)\*\*`)
)
