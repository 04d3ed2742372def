// Busy apps: what a gate can know if the log's history covers only a moment, after the deploy or with a watch
// that began before it. This plays the table of docs/comparison.md in virtual time.

package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// busyStory is the measured deploy of an app that prints that many lines a second.
func busyStory(t *testing.T, lines float64) *herokusim.Story {
	t.Helper()
	sc, err := herokusim.Load("measured-deploy")
	if err != nil {
		t.Fatal(err)
	}
	sc.Noise, sc.Ends = &lines, 8*time.Minute
	if lines >= 1000 { // the story holds every line of it
		sc.Ends = 6 * time.Minute
	}
	return story(t, sc)
}

func TestBusyApps(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays a million lines")
	}
	ways := []struct {
		name   string
		inputs map[string]string
	}{
		{"after the deploy", nil},
		{"with `begin`, 30 s before", map[string]string{begunInput: "32s"}},
		{"`-- command`, 30 s before", map[string]string{aheadInput: "32s"}},
	}
	rates := []float64{10, 100, 1000}
	rows := make([]string, len(rates)*len(ways))
	t.Run("plays", func(t *testing.T) {
		for i, lines := range rates {
			played := busyStory(t, lines)
			for j, way := range ways {
				t.Run(fmt.Sprintf("%g lines, %s", lines, way.name), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						o := play(t, played, "measured", 2*time.Second, way.inputs, 0)
						last, _ := played.LastOldExit(42)
						late, requests := o.at-last, apiRequests(o.server)
						if o.verdict.Result != rollout.Passed || late < 0 {
							t.Fatalf("%+v, %s after the last old exit", o.verdict, late)
						}
						if way.inputs != nil && (late > 2*time.Second || o.verdict.Basis != rollout.Proven || requests > 40) {
							t.Errorf("opens %s after the last old exit, %s, with %d requests", late, o.verdict.Basis, requests)
						}
						opens := "within 2 s"
						if late > 2*time.Second {
							opens = fmt.Sprintf("after %.0f s", late.Seconds())
						}
						// Which of two things comes first in one moment is not the same each time.
						rows[i*len(ways)+j] = fmt.Sprintf("| %g | %s | %s | %s | at most %d |\n", lines, way.name, opens, o.verdict.Basis, max((requests+9)/10*10, 40))
					})
				})
			}
		}
	})
	table := "| lines a second | the gate comes | opens, from the last old exit on | basis | API requests |\n|---|---|---|---|---|\n" + strings.Join(rows, "")
	compare(t, "../docs/comparison.md", func(old string) string { return section(t, old, "busy", table) })
}
