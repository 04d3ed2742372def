// Figures of recordings: those of Heroku are true in every story. And recordings that are refused.

package gate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// figures are the figures of one recording in the JSON.
type figures struct {
	Recording string
	Release   int
	Finished  time.Time
	Types     []typeFigures
	List, Log *bounds
}

type typeFigures struct {
	Name                                                                string
	Preboot                                                             bool
	Dynos, Told, Stops                                                  int
	FirstKill, LastKill, Apart, Stop, LongestStop, LastEnd, Hold, Spare *float64
}

type bounds struct{ Least, Most float64 }

// measured returns the figures of a recording.
func measured(t testing.TB, file string) (f figures) {
	t.Helper()
	var out, errs bytes.Buffer
	c := gate.Command{Args: []string{"replay", "--measure", "--json", file}, Stdout: &out, Stderr: &errs, Transport: noNetwork{t}}
	if status := c.Main(t.Context()); status != gate.ExitPassed || errs.Len() > 0 {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	var whole struct {
		App string
		figures
	}
	if err := d.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	return whole.figures
}

// checkMeasured fails if a figure is not true. It checks all stories.
func checkMeasured(t testing.TB, story *herokusim.Story, o outcome, f figures) {
	t.Helper()
	if wrong := untrueFigure(story, o, f); wrong != "" {
		t.Error(wrong)
	}
}

// untrueFigure finds a figure that is not true; empty if all are true.
func untrueFigure(story *herokusim.Story, o outcome, f figures) (wrong string) {
	for _, ty := range f.Types {
		is := trueFigures(story, o, f, ty.Name)
		within := func(most time.Duration, what string, told *float64, is time.Duration) {
			if told != nil && (time.Duration(*told*float64(time.Second))-is).Abs() > most {
				wrong = fmt.Sprintf("%s of %s is told as %.3f s, and was %s", what, ty.Name, *told, is)
			}
		}
		check := func(what string, told *float64, is time.Duration) { within(2*time.Millisecond, what, told, is) }
		// Two processes of one label that are asked to stop, or end, within 0.1 s look like one whose line came twice. People read
		// these figures in tenths of a second.
		tenths := func(what string, told *float64, is time.Duration) { within(100*time.Millisecond, what, told, is) }
		if all := ty.FirstKill != nil || ty.LastEnd != nil; all && (ty.Dynos != is.dynos || ty.Told != ty.Dynos) {
			wrong = fmt.Sprintf("%d of %d dynos of %s are told, there were %d", ty.Told, ty.Dynos, ty.Name, is.dynos)
		}
		tenths("the first kill", ty.FirstKill, is.firstKill)
		tenths("the last kill", ty.LastKill, is.lastKill)
		tenths("the last exit", ty.LastEnd, is.lastExit)
		if ty.FirstKill != nil && ty.Dynos > 1 {
			tenths("how far the kills are apart", ty.Apart, (is.lastKill-is.firstKill)/time.Duration(ty.Dynos-1))
		}
		if n := len(is.stops); n == ty.Stops && n > 0 {
			check("SIGTERM to exit", ty.Stop, is.stops[(n-1)/2]/2+is.stops[n/2]/2)
			check("the longest SIGTERM to exit", ty.LongestStop, is.stops[n-1])
		} else if ty.Stops > n {
			wrong = fmt.Sprintf("%d exits of %s are told with their SIGTERM, there were %d", ty.Stops, ty.Name, n)
		}
		if ty.Hold != nil && ty.LastEnd != nil {
			tenths("what is spare", ty.Spare, time.Duration(*ty.Hold*float64(time.Second))-is.lastExit)
		}
	}
	return wrong
}

// checkDelays fails if the true delays of list and log are not within the figures.
func checkDelays(t testing.TB, story *herokusim.Story, o outcome, f figures) {
	t.Helper()
	// With watch-ahead, the gate reads observations a moment after the watch has made them.
	const near = 110 * time.Millisecond
	within := func(what string, told *bounds, least, most time.Duration) {
		if told != nil && (most < time.Duration(told.Least*float64(time.Second))-near || least > time.Duration(told.Most*float64(time.Second))+near) {
			t.Errorf("%s was from %s to %s behind, told is from %.3f s to %.3f s", what, least, most, told.Least, told.Most)
		}
	}
	sc := story.Scenario
	var late time.Duration
	for _, l := range story.Lines {
		if written := l.Stamp.Sub(story.Start); l.Source == "heroku" && l.Proc != "router" && l.InTail && written > story.Gate && l.Emitted < o.at {
			late = max(late, l.Emitted-written)
		}
	}
	most := late
	if sc.Log.DeafAfter > 0 { // until the gate opens a new stream
		most = o.at
	}
	within("the log", f.Log, late, most)
	most = sc.ListLag
	for _, fault := range sc.Faults {
		most = max(most, sc.ListLag+fault.Stale)
	}
	within("the list", f.List, sc.ListLag, most)
}

// truth says when the old processes of a type really ended, counted from when the release was finished.
type truth struct {
	dynos                         int
	firstKill, lastKill, lastExit time.Duration
	stops                         []time.Duration
}

func trueFigures(story *herokusim.Story, o outcome, f figures, typ string) (is truth) {
	finished := f.Finished.Sub(story.Start)
	labels := map[string]bool{}
	for _, in := range story.Instances {
		left := slices.ContainsFunc(o.picture.Dynos, func(d rollout.DynoPicture) bool { return d.Label == in.Label && d.Version == 0 })
		if in.Type != typ || in.Version >= f.Release || in.Exit <= finished || left && o.picture.App.Generation != "fir" {
			continue
		}
		labels[in.Label] = true
		is.lastExit = max(is.lastExit, in.Exit-finished)
		if in.Term < finished || in.Term == 0 {
			continue
		}
		if kill := in.Term - finished; len(is.stops) == 0 || kill < is.firstKill {
			is.firstKill = kill
		}
		is.lastKill = max(is.lastKill, in.Term-finished)
		is.stops = append(is.stops, in.Exit-in.Term)
	}
	slices.Sort(is.stops)
	is.dynos = len(labels)
	return is
}

// checkLimits fails if a gate that opened presumed opened at another time than the hold in the figures says.
func checkLimits(t testing.TB, story *herokusim.Story, o outcome) {
	t.Helper()
	if o.verdict.Result != rollout.Passed || o.verdict.Basis != rollout.Presumed {
		return
	}
	var last time.Time
	for _, ty := range o.picture.Types {
		if ty.Basis == rollout.Presumed && ty.Limit.After(last) {
			last = ty.Limit
		}
	}
	unread := o.picture.Log == "" || o.picture.Log == observe.Refused // and nothing is proven
	switch early := last.Sub(story.Time(o.at)); {
	case last.IsZero():
		t.Error("no hold is told of a gate that opened on presumption")
	case unread && early > 2*time.Second:
		t.Errorf("the gate opened %s before the hold that it tells was over", early)
	case early < -10*time.Second && !story.Scenario.Metrics:
		t.Errorf("the gate opened %s after the hold that it tells was over", -early)
	}
}

// The figures of some stories, to the millisecond, and which figures must be missing.
func TestFiguresOfStories(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"measured-deploy":                   "web, preboot 10/10: 190.8 to 307.8, apart 13, stop 0.2 of 10, at most 0.2, last 308, hold 450, spare 142",
		"preboot-web-beside-workers-proven": "web, preboot 2/2: 190 to 201, apart 11, stop 0.15 of 2, at most 0.15, last 201.15, hold 354, spare 152.85; worker 2/2: 0.9 to 0.9, apart 0, stop 30.057 of 2, at most 30.057, last 30.957, hold 90, spare 59.043",
		"plain-restart":                     "web 1/1: 1.3 to 1.3, apart -, stop 30.057 of 1, at most 30.057, last 31.357, hold 90, spare 58.643; worker 1/1: 0.9 to 0.9, apart -, stop 0.2 of 1, at most 0.2, last 1.1, hold 90, spare 88.9",
		"private-space":                     "web 8/8: 0.9 to 63.9, apart 9, stop 2 of 8, at most 2, last 65.9, hold 123, spare 57.1",
		"measured-deploy-log-refused":       "web, preboot 0/0: - to -, apart -, stop - of 0, at most -, last -, hold 450, spare -",
		"preboot-lines-lost-with-notice":    "web, preboot 0/0: - to -, apart -, stop - of 0, at most -, last -, hold 354, spare -",
		"exit-line-lost":                    "web 0/1: - to -, apart -, stop - of 0, at most -, last -, hold 90, spare -",
		"preboot-restart-inside-the-window": "web, preboot 1/2: - to -, apart -, stop 0.15 of 1, at most 0.15, last -, hold 413.5, spare -",
		"sigterm-line-lost":                 "web 1/1: - to -, apart -, stop - of 0, at most -, last 18.05, hold 90, spare 71.95",
		"sigterm-line-doubled":              "web 1/1: 1 to 1, apart -, stop 12 of 1, at most 12, last 13, hold 90, spare 77",
		"busy-log-cannot-prove":             "web 0/0: - to -, apart -, stop - of 0, at most -, last -, hold 90, spare -",
		"begun-busy-app-with-preboot":       "web, preboot 10/10: 190 to 289, apart 11, stop 0.15 of 10, at most 0.15, last 289.15, hold 450, spare 160.85",
		"phase-fails":                       "web 0/0: - to -, apart -, stop - of 0, at most -, last -, hold -, spare -",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario, e := readStory(t, "testdata/stories/"+name+".yaml")
			played := story(t, scenario)
			file := filepath.Join(t.TempDir(), "recording")
			inputs := map[string]string{"record": file, begunInput: time.Duration(e.Begun).String()}
			maps.Copy(inputs, e.Inputs)
			synctest.Test(t, func(t *testing.T) { play(t, played, scenario.AppName(), played.Gate, inputs, 0) })
			if got := measured(t, file).String(); got != want {
				t.Errorf("told is\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// String writes the figures of the types, without those that depend on when a look comes.
func (f figures) String() string {
	seconds := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	}
	var all []string
	for _, t := range f.Types {
		name := t.Name
		if t.Preboot {
			name += ", preboot"
		}
		all = append(all, fmt.Sprintf("%s %d/%d: %s to %s, apart %s, stop %s of %d, at most %s, last %s, hold %s, spare %s", name, t.Told, t.Dynos, seconds(t.FirstKill),
			seconds(t.LastKill), seconds(t.Apart), seconds(t.Stop), t.Stops, seconds(t.LongestStop), seconds(t.LastEnd), seconds(t.Hold), seconds(t.Spare)))
	}
	return strings.Join(all, "; ")
}

// For a recording that cannot be measured there is an error, and the others are measured.
func TestMeasuringBadRecordings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := string(recorded(t))
	good := put("good.jsonl", whole)
	for name, c := range map[string]struct{ file, says string }{
		"not there":         {filepath.Join(folder, "none"), "no such file"},
		"a folder":          {folder, "is a directory"},
		"not a recording":   {put("text", "hello\n"), "line 1 is not the beginning of a recording"},
		"of a newer format": {put("newer", strings.Replace(whole, `"rolloutGateRecording":1`, `"rolloutGateRecording":2`, 1)), "is of format 2, and this program reads format 1"},
		"unfinished":        {put("unfinished", strings.Join(strings.SplitAfter(whole, "\n")[:9], "")), "ends at line 9 without a verdict: the run was cut off"},
		"of a watch":        {put("watch", `{"rolloutGateRecording":1,"config":{},"watch":{}}`+"\n"), "begins before a deploy"},
		"empty":             {put("empty", ""), "the recording is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := commandLine(t, "replay", "--measure", c.file, good, c.file)
			if status != gate.ExitInvalid || strings.Count(stderr, c.says) != 2 || strings.Count(stderr, "\n") != 2 || !strings.Contains(stderr, c.file) {
				t.Errorf("status %d; said %q, want twice %q", status, stderr, c.says)
			}
			if strings.Count(stdout, "good.jsonl") != 2 { // web and worker
				t.Errorf("the good one is not measured:\n%s", stdout)
			}
			if status, stdout, _ := commandLine(t, "replay", "--measure", c.file); status != gate.ExitInvalid || stdout != "" {
				t.Errorf("alone: status %d, told is %q", status, stdout)
			}
		})
	}
}

// A bug in the measure does not end the wait, and gives no figures.
func TestMeasuringDoesNoHarm(t *testing.T) {
	t.Parallel()
	p := rollout.Picture{Types: []rollout.TypePicture{{Type: "web"}}, Times: rollout.Times{ReleaseFinished: time.Now()}}
	if f := gate.FiguresOfBroken(p); len(f.Types) != 0 || !f.Finished.IsZero() {
		t.Errorf("told is %+v", f)
	}
}
