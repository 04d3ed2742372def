// The ledger against real logs, if these are beside the checkout.

package ledger_test

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

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
)

var year = regexp.MustCompile(`; (20\d\d)`)

// At a quiet point, 40 s without a line of the label, no process is hidden any more. The
// balance must then agree with the state lines: one process if the dyno is up, none otherwise.
func TestLedgerAgreesWithRealLogs(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/captures/*.log")
	extra, _ := filepath.Glob("../../../shared/captures/extra/*.log")
	if files = append(files, extra...); len(files) == 0 {
		t.Skip("the captured logs are not beside this checkout")
	}
	points, misses := 0, 0
	for _, file := range files {
		head, labels := readCapture(t, file)
		m := year.FindStringSubmatch(head)
		if m == nil {
			continue
		}
		if y, _ := strconv.Atoi(m[1]); y < 2018 {
			continue
		}
		for label, lines := range labels {
			if strings.HasPrefix(label, "run.") || strings.HasPrefix(label, "scheduler.") || strings.HasPrefix(label, "release.") {
				continue
			}
			// It is not known how many processes ran before the file begins: take the number that fits best.
			most, least := 0, 1<<30
			for before := range 3 {
				n, bad := quietPoints(lines, before)
				most, least = max(most, n), min(least, bad)
			}
			if least > 0 {
				t.Logf("%s, %s: %d of %d quiet points disagree", filepath.Base(file), label, least, most)
			}
			points, misses = points+most, misses+least
		}
	}
	t.Logf("%d quiet points, %d disagree", points, misses)
	if points < 150 {
		t.Errorf("only %d quiet points: are the captures whole?", points)
	}
	if misses > 2 { // the captures' own README counts one, in a cut file
		t.Errorf("the ledger disagrees with the state lines at %d of %d quiet points", misses, points)
	}
}

// readCapture returns the first line of a file, which describes it, and the platform's lines by label.
func readCapture(t *testing.T, file string) (head string, labels map[string][]observe.Line) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	labels = map[string][]observe.Line{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		if head == "" {
			head = in.Text()
		}
		if l, ok := logtail.Parse(in.Bytes()); ok && l.Label != "" {
			labels[l.Label] = append(labels[l.Label], l)
		}
	}
	for _, lines := range labels {
		slices.SortStableFunc(lines, func(a, b observe.Line) int { return a.Stamp.Compare(b.Stamp) })
	}
	return head, labels
}

// quietPoints counts the quiet points of a label's lines, and those at which the balance is wrong if before
// processes were alive ahead of the lines.
func quietPoints(lines []observe.Line, before int) (points, bad int) {
	var counted []observe.Line
	for _, l := range lines {
		switch l.Kind {
		case observe.Start, observe.State, observe.Sigterm, observe.Sigkill, observe.Exit, observe.Replace, observe.Sleep:
			counted = append(counted, l)
		}
	}
	state := ""
	for i, l := range counted {
		if l.Kind == observe.State {
			state = l.To
		}
		quiet := i+1 < len(counted) && counted[i+1].Stamp.Sub(l.Stamp) >= 40*time.Second
		if !quiet || state == "" || state == "starting" {
			continue
		}
		want := 0
		if state == "up" {
			want = 1
		}
		points++
		if ledger.Alive(before, counted[:i+1]) != want {
			bad++
		}
	}
	return points, bad
}
