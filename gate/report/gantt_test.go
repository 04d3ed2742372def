// The chart: what is drawn, and that it contains no text from outside.

package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"

	"github.com/google/go-cmp/cmp"
)

// drawn returns the bars of a chart, one a line: the row, the style, the text, from and to.
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
			b.WriteString(row + ": " + strings.TrimLeft(m[2]+" "+m[1], " ") + " " + m[3] + "-" + m[4] + "\n")
		}
	}
	return b.String()
}

var barLine = regexp.MustCompile(`^([a-z0-9 ·,]+) :(?:(done|active|crit|active, crit|milestone), )?b\d+, 2001-01-01T(\d\d:\d\d:\d\d), 2001-01-01T(\d\d:\d\d:\d\d)$`)

func TestGantt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		picture rollout.Picture
		want    string
	}{
		"nothing": {rollout.Picture{}, ""},
		"the release phase runs": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0}, PlatformNow: at(30), OldRemaining: 2, Old: rollout.Seen},
			"Heroku says: done not finished 00:00:00-00:00:30\nOld dynos: in the dyno list 00:00:00-00:00:30\n",
		},
		"a slow roll-out goes on": {
			rollout.Picture{
				Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(20), FirstNewUp: at(30), FirstOldStopped: at(40), OldLastSeen: at(40)}, PlatformNow: at(60), OldRemaining: 2, Old: rollout.NotKnown,
			},
			"Heroku says: done not finished 00:00:00-00:00:20\nHeroku says: done finished 00:00:20-00:01:00\n" +
				"New dynos: active some up 00:00:30-00:01:00\n" +
				"Old dynos: run 00:00:00-00:00:40\nOld dynos: active may run 00:00:40-00:01:00\n" +
				"Unseen: crit 20s of old code after finished 00:00:20-00:00:40\nUnseen: active, crit 20s in which old code may have run so far 00:00:40-00:01:00\n",
		},
		"the list shows old ones to the end": {
			rollout.Picture{
				Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(1), OldLastSeen: at(58)}, PlatformNow: at(60), OldRemaining: 2, Old: rollout.Seen,
			},
			"Heroku says: done · 00:00:00-00:00:01\nHeroku says: done finished 00:00:01-00:01:00\n" +
				"Old dynos: in the dyno list 00:00:00-00:01:00\nUnseen: crit 59s of listed old code after finished so far 00:00:01-00:01:00\n",
		},
		"nobody saw anything of old code": {
			rollout.Picture{
				Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: t0, FirstNewUp: at(5), AllNewUp: at(9), OldGone: at(90)}, PlatformNow: at(91), Old: rollout.ByLimit,
			},
			"Heroku says: done finished 00:00:00-00:01:30\nNew dynos: active · 00:00:05-00:00:09\nNew dynos: all up 00:00:09-00:01:30\n" +
				"Old dynos: active may run 00:00:00-00:01:30\nUnseen: active, crit 1m30s in which old code may have run 00:00:00-00:01:30\n",
		},
		"all was over before the gate came": {
			rollout.Picture{
				Times:       rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(1), FirstNewUp: at(5), AllNewUp: at(8), FirstOldStopped: at(60), OldLastSeen: at(100), OldGone: at(100)},
				PlatformNow: at(90000), Old: rollout.ByProof,
			},
			"Heroku says: done · 00:00:00-00:00:01\nHeroku says: done finished 00:00:01-00:01:40\n" +
				"New dynos: active · 00:00:05-00:00:08\nNew dynos: all up 00:00:08-00:01:40\n" +
				"Old dynos: all run 00:00:00-00:01:00\nOld dynos: some run 00:01:00-00:01:40\n" +
				"Unseen: crit 1m39s of old code after finished 00:00:01-00:01:40\n",
		},
		"the last old dyno ended before Heroku's word": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(10), FirstNewUp: at(20), AllNewUp: at(20), OldLastSeen: at(9), OldGone: at(9)}, PlatformNow: at(20), Old: rollout.ByProof},
			"Heroku says: done not finished 00:00:00-00:00:10\nHeroku says: done finished 00:00:10-00:00:20\n" +
				"New dynos: milestone all up 00:00:20-00:00:20\nOld dynos: run 00:00:00-00:00:09\n",
		},
		"there was no old code": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(10), FirstNewUp: at(20), AllNewUp: at(20)}, PlatformNow: at(3000), Old: rollout.ByProof},
			"Heroku says: done not finished 00:00:00-00:00:10\nHeroku says: done finished 00:00:10-00:00:20\nNew dynos: milestone all up 00:00:20-00:00:20\n",
		},
		"the release phase failed": {
			rollout.Picture{
				Target: &observe.Release{Status: "failed", UpdatedAt: at(19)}, Times: rollout.Times{ReleaseCreated: t0}, PlatformNow: at(20), OldRemaining: 1, Old: rollout.Seen,
			},
			"Heroku says: done not finished 00:00:00-00:00:20\nRelease phase: crit failed 00:00:00-00:00:19\nOld dynos: in the dyno list 00:00:00-00:00:20\n",
		},
		"all were up at the last moment": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: t0, FirstNewUp: at(20), AllNewUp: at(80), OldGone: t0}, PlatformNow: at(80), Old: rollout.ByProof, NewUp: 8, NewWanted: 8},
			"Heroku says: done finished 00:00:00-00:01:20\nNew dynos: active some up, all at the end 00:00:20-00:01:20\n",
		},
		"new dynos are replaced by newer ones": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: t0, FirstNewUp: at(5), AllNewUp: at(5), OldGone: t0}, PlatformNow: at(80), Old: rollout.ByProof, NewUp: 1, NewWanted: 8},
			"Heroku says: done finished 00:00:00-00:00:05\nNew dynos: milestone all up for a time 00:00:05-00:00:05\n",
		},
		"clocks that disagree": {
			rollout.Picture{Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: at(-5), OldGone: at(-9)}, PlatformNow: at(-3)}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, drawn(gantt(Ending{Picture: test.picture}))); diff != "" {
				t.Errorf("the chart (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGanttAxis(t *testing.T) {
	t.Parallel()
	for minutes, want := range map[int]string{59: "axisFormat %M:%S\n", 60: "axisFormat %H:%M:%S\n"} {
		p := rollout.Picture{Times: rollout.Times{ReleaseCreated: t0}, PlatformNow: t0.Add(time.Duration(minutes) * time.Minute)}
		if chart := gantt(Ending{Picture: p}); !strings.Contains(chart, want) {
			t.Errorf("%d minutes: no %q in\n%s", minutes, want, chart)
		}
	}
}

// If the deploy failed, old dynos keep the app up: they are no alarm, but the crash is.
func TestGanttOfACrash(t *testing.T) {
	t.Parallel()
	e := Ending{Verdict: rollout.Verdict{Result: rollout.Failed, Reason: rollout.DynosCrashed}, Picture: rollout.Picture{
		Times: rollout.Times{ReleaseCreated: t0, ReleaseFinished: t0, FirstCrash: at(4)}, PlatformNow: at(60), OldRemaining: 2, Old: rollout.NotKnown,
	}}
	const want = "Heroku says: done finished 00:00:00-00:01:00\nCrashes: crit from the first crash on 00:00:04-00:01:00\nOld dynos: active may run 00:00:00-00:01:00\n"
	if diff := cmp.Diff(want, drawn(gantt(e))); diff != "" {
		t.Errorf("the chart (-want +got):\n%s", diff)
	}
}

// Mermaid cannot escape text: whatever a run contains, every line must be from the gate.
func TestGanttHasNoTextFromOutside(t *testing.T) {
	t.Parallel()
	ours := regexp.MustCompile(`^(section (Heroku says|Release phase|New dynos|Crashes|Old dynos|Unseen)|axisFormat %[HMS:%]+|title Time since the release was created( \(unseen: old code after Heroku called it finished\))?|)$`)
	for name, s := range map[string]func() story{
		"measured": measured, "presumed": presumed, "timed-out": timedOut, "release-failed": releaseFailed, "hostile": hostile,
	} {
		chart := gantt(s().ending)
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
