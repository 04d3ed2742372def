// Figures in the running text of the documents must match what the program does.

package gate_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// The first table of the README must show the measured deploy as the simulator plays it.
func TestMeasuredTable(t *testing.T) {
	t.Parallel()
	_, story := load(t, "measured-deploy")
	var ups, exits []time.Duration
	for _, in := range story.Instances {
		switch {
		case in.Version == 42:
			ups = append(ups, in.Up)
		case in.Exit > 0:
			exits = append(exits, in.Exit)
		}
	}
	if len(ups) != 10 || len(exits) != 10 {
		t.Fatalf("%d new dynos come up, %d old ones end", len(ups), len(exits))
	}
	var want, told []string
	for _, at := range []time.Duration{0, slices.Min(ups), slices.Max(ups), slices.Min(exits), slices.Max(exits)} {
		told := fmt.Sprintf("+%d s", int(at.Seconds()))
		if at >= time.Minute {
			told = fmt.Sprintf("+%d min %02d s", int(at.Minutes()), int(at.Seconds())%60)
		}
		want = append(want, told)
	}
	for _, row := range documents(t)["README.md"].table(t, "from the release", "what happened", "Heroku said", "the dyno list said") {
		told = append(told, row[0])
	}
	if strings.Join(told, ", ") != strings.Join(want, ", ") {
		t.Errorf("the README tells %q, the deploy is %q", told, want)
	}
}

func TestExitStatusesAreDocumented(t *testing.T) {
	t.Parallel()
	want := fmt.Sprintf("Exit status: %d %s, %d %s, %d invalid input, %d timed out, %d %s, %d %s.",
		gate.ExitPassed, rollout.Passed, gate.ExitFailed, rollout.Failed, gate.ExitInvalid, gate.ExitTimedOut,
		gate.ExitUndecided, rollout.Undecided, gate.ExitInterrupted, rollout.Cancelled)
	if !strings.Contains(documents(t)["docs/reference.md"].text, want) {
		t.Errorf("the reference does not say %q", want)
	}
}

// The documents say roughly how many requests the measured deploy takes. The number depends
// on which answer comes first: 21 to 25 in 400 runs.
func TestRequestsAreDocumented(t *testing.T) {
	t.Parallel()
	m := regexp.MustCompile(`takes about (\d+) requests of\s[^.]*, (\d+) without the log`).FindStringSubmatch(documents(t)["docs/how-it-knows.md"].text)
	if m == nil {
		t.Fatal("the page does not tell how many requests the measured deploy takes")
	}
	sc, story := load(t, "measured-deploy")
	for i, logs := range []string{"auto", "off"} {
		told, _ := strconv.Atoi(m[i+1])
		const spread = 6
		synctest.Test(t, func(t *testing.T) {
			took := apiRequests(play(t, story, sc.AppName(), story.Gate, map[string]string{"logs": logs}, 0).server)
			if took < told-spread || took > told+spread {
				t.Errorf("with logs %s it takes %d requests, and the page says %d", logs, took, told)
			}
		})
	}
}

// The documents say how soon the gate opens when it is run again after a timeout.
func TestRunAgainIsDocumented(t *testing.T) {
	t.Parallel()
	took := map[string]string{}
	for _, name := range []string{"", "-log-refused"} {
		sc, e := readStory(t, "testdata/stories/time-out-with-hidden-dynos-run-again"+name+".yaml")
		st := story(t, sc)
		synctest.Test(t, func(t *testing.T) {
			took[name] = play(t, st, sc.AppName(), st.Gate, e.Inputs, 0).outputs["waited-seconds"]
		})
	}
	want := fmt.Sprintf("Run again 5 minutes after the release, the deploy above passes after %s s by the log, and without a log after %s s.", took[""], took["-log-refused"])
	if text := strings.Join(strings.Fields(documents(t)["docs/troubleshooting.md"].text), " "); !strings.Contains(text, want) {
		t.Errorf("the page does not say %q", want)
	}
}

// The README is short, so that people read it to the end.
func TestREADMEIsShort(t *testing.T) {
	t.Parallel()
	text := documents(t)["README.md"].text
	if lines, words := strings.Count(text, "\n"), len(strings.Fields(text)); lines > 250 || words > 2000 {
		t.Errorf("the README has %d lines and %d words: 250 and 2,000 at most; what is too long has its place in docs", lines, words)
	}
	for name, doc := range documents(t) {
		if strings.HasPrefix(name, "docs/") && !strings.Contains(text, "]("+name) {
			t.Errorf("the README does not lead to %s", doc.path)
		}
	}
}

// What the README says about a head start, the hold that it avoids, and Go.
func TestREADMEFigures(t *testing.T) {
	t.Parallel()
	text := strings.Join(strings.Fields(documents(t)["README.md"].text), " ")
	gomod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, e := readStory(t, "testdata/stories/begun-busy-app-with-preboot.yaml")
	for _, want := range []string{
		"for 10 web dynos with preboot, " + observe.Span(prebootHold(t, 10)).String() + ".",
		fmt.Sprintf("opens within %.0f seconds of the last one's end", time.Duration(e.Want.Within).Seconds()),
		"with Go " + regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(gomod))[1] + ":",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}
