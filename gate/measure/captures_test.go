// Real logs, if they lie beside the checkout: the figures must be those that their README gives.

package measure_test

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

var year = regexp.MustCompile(`; (20\d\d)`)

// The median from SIGTERM to exit, in the logs from 2018 on: 0.15 s for processes that were not killed, a
// little more than 30 s for those that were. No log of a preboot deploy is public, so kills that are spread
// out are not tested.
func TestFiguresOfRealLogs(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/captures/*.log")
	extra, _ := filepath.Glob("../../../shared/captures/extra/*.log")
	if files = append(files, extra...); len(files) == 0 {
		t.Skip("the captured logs are not beside this checkout")
	}
	var ended, killed []measure.Figure
	turns := 0
	for _, file := range files {
		for label, lines := range since2018(t, file) {
			for _, turn := range turnsOf(lines) {
				turns++
				stop := figuresOf(label, turn).Types[0].Stop
				switch {
				case !stop.Seen:
				case slices.ContainsFunc(turn, func(l observe.Line) bool { return l.Kind == observe.Sigkill }):
					killed = append(killed, stop)
				default:
					ended = append(ended, stop)
				}
			}
		}
	}
	middle, n := measure.Median(ended)
	slow, k := measure.Median(killed)
	t.Logf("%d turns; %d ended by themselves, after %s in the median; %d were killed, after %s", turns, n, middle.Span, k, slow.Span)
	if n < 30 || middle.Span < 100*ms || middle.Span > 250*ms {
		t.Errorf("%d processes ended %s after SIGTERM in the median, want 0.15 s", n, middle.Span)
	}
	if k < 5 || slow.Span < 30*sec || slow.Span > 30500*ms {
		t.Errorf("%d processes were killed %s after SIGTERM in the median, want 30.1 s", k, slow.Span)
	}
}

// since2018 returns the lines of each label of the formation, in the order of their stamps; nil if the log is
// older.
func since2018(t *testing.T, file string) map[string][]observe.Line {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	labels := map[string][]observe.Line{}
	for first := true; in.Scan(); first = false {
		if first {
			m := year.FindStringSubmatch(in.Text())
			if m == nil {
				return nil
			}
			if y, _ := strconv.Atoi(m[1]); y < 2018 {
				return nil
			}
		}
		if l, ok := logtail.Parse(in.Bytes()); ok && (strings.HasPrefix(l.Label, "web.") || strings.HasPrefix(l.Label, "worker.")) {
			labels[l.Label] = append(labels[l.Label], l)
		}
	}
	for _, lines := range labels {
		slices.SortStableFunc(lines, func(a, b observe.Line) int { return a.Stamp.Compare(b.Stamp) })
	}
	return labels
}

// turnsOf returns, for each replacement of a process that was up, the lines up to the next replacement.
func turnsOf(lines []observe.Line) (turns [][]observe.Line) {
	from := -1
	for i, l := range lines {
		if l.From == "up" && l.To == "starting" {
			if from >= 0 {
				turns = append(turns, lines[from:i])
			}
			from = i
		}
	}
	if from >= 0 {
		turns = append(turns, lines[from:])
	}
	return turns
}

// figuresOf treats a replacement as a roll-out that begins with it.
func figuresOf(label string, lines []observe.Line) measure.Figures {
	began := lines[0].Stamp
	var m measure.Measure
	for i := range lines {
		m.See(observe.Observation{At: lines[i].Stamp.Sub(began), Line: &lines[i]})
	}
	return m.Figures(rollout.Picture{
		Target: &observe.Release{Version: 2}, Times: rollout.Times{ReleaseFinished: began}, Log: observe.Flowing, LogSince: began.Add(-time.Hour),
		Types: []rollout.TypePicture{{Type: "web"}},
		Dynos: []rollout.DynoPicture{{Label: label, Type: "web", Version: 2, State: "up", Basis: rollout.Proven}},
	})
}
