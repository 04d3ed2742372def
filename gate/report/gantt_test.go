// The chart: what is drawn, and that nothing from outside gets into it.

package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"

	"github.com/google/go-cmp/cmp"
)

// drawn is the chart's bars, one a line: the row, the text, from and to.
func drawn(chart string) string {
	var b strings.Builder
	var row string
	for line := range strings.Lines(chart) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "section "); ok {
			row = name
			continue
		}
		if m := barLine.FindStringSubmatch(line); m != nil {
			b.WriteString(row + ": " + m[1] + " " + m[2] + "-" + m[3] + "\n")
		}
	}
	return b.String()
}

var barLine = regexp.MustCompile(`^([a-z0-9 ·]+) :(?:(?:done|active|crit|milestone), )?b\d+, 2001-01-01T(\d\d:\d\d:\d\d), 2001-01-01T(\d\d:\d\d:\d\d)$`)

func TestGantt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		picture rollout.Picture
		want    string
	}{
		"nothing": {rollout.Picture{}, ""},
		"the release phase runs": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0}, PlatformNow: at(30), OldRemaining: 2},
			"Heroku says: not finished 00:00:00-00:00:30\nOld dynos: run or may run 00:00:00-00:00:30\n",
		},
		"a slow roll-out goes on": {
			rollout.Picture{
				Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(20), FirstNewUp: at(30), FirstOldStopped: at(40)}, PlatformNow: at(60), OldRemaining: 2,
			},
			"Heroku says: not finished 00:00:00-00:00:20\nHeroku says: finished 00:00:20-00:01:00\n" +
				"New dynos: some up 00:00:30-00:01:00\n" +
				"Old dynos: all run 00:00:00-00:00:40\nOld dynos: some run 00:00:40-00:01:00\n" +
				"Unseen: 40s of old code after finished so far 00:00:20-00:01:00\n",
		},
		"all was over before the gate came": {
			rollout.Picture{
				Times:       rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(1), FirstNewUp: at(5), AllNewUp: at(8), FirstOldStopped: at(60), OldGone: at(100)},
				PlatformNow: at(90000),
			},
			"Heroku says: · 00:00:00-00:00:01\nHeroku says: finished 00:00:01-00:01:40\n" +
				"New dynos: · 00:00:05-00:00:08\nNew dynos: all up 00:00:08-00:01:40\n" +
				"Old dynos: all run 00:00:00-00:01:00\nOld dynos: some run 00:01:00-00:01:40\n" +
				"Unseen: 1m39s of old code after finished 00:00:01-00:01:40\n",
		},
		"the last old dyno ended before Heroku's word": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(10), FirstNewUp: at(20), AllNewUp: at(20), OldGone: at(9)}, PlatformNow: at(20)},
			"Heroku says: not finished 00:00:00-00:00:10\nHeroku says: finished 00:00:10-00:00:20\n" +
				"New dynos: all up 00:00:20-00:00:20\nOld dynos: run or may run 00:00:00-00:00:09\n",
		},
		"clocks that disagree": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(-5), OldGone: at(-9)}, PlatformNow: at(-3)}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, drawn(gantt(test.picture))); diff != "" {
				t.Errorf("the chart (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGanttAxis(t *testing.T) {
	t.Parallel()
	for minutes, want := range map[int]string{59: "axisFormat %M:%S\n", 60: "axisFormat %H:%M:%S\n"} {
		p := rollout.Picture{Times: rollout.Times{ReleaseCreated: t0}, PlatformNow: t0.Add(time.Duration(minutes) * time.Minute)}
		if chart := gantt(p); !strings.Contains(chart, want) {
			t.Errorf("%d minutes: no %q in\n%s", minutes, want, chart)
		}
	}
}

// Mermaid cannot quote: every line has to be one of ours, whatever a run holds.
func TestGanttIsOurs(t *testing.T) {
	t.Parallel()
	ours := regexp.MustCompile(`^(section (Heroku says|New dynos|Old dynos|Unseen)|axisFormat %[HMS:%]+|)$`)
	for name, s := range map[string]func() story{
		"measured": measured, "presumed": presumed, "timed-out": timedOut, "release-failed": releaseFailed, "hostile": hostile,
	} {
		chart := gantt(s().ending.Picture)
		body, ok := strings.CutPrefix(chart, "```mermaid\n"+chartHead)
		body, ok2 := strings.CutSuffix(body, "```\n")
		if !ok || !ok2 {
			t.Errorf("%s: the chart is not framed:\n%s", name, chart)
		}
		for line := range strings.Lines(body) {
			if line = strings.TrimSpace(line); !ours.MatchString(line) && !barLine.MatchString(line) {
				t.Errorf("%s: the line %q is not ours", name, line)
			}
		}
	}
}
