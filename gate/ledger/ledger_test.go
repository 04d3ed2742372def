// How the tests write the lines of a label, and the lines that a ledger holds.

package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// released is when the target was released. The tests write times as the distance from it.
var released = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return released.Add(d) }

// since writes a time as its distance from the release.
func since(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Sub(released).String()
}

// ledgerOf is a ledger of lines, as in "1s start, 2s starting>up". Each line is a change of state, a kind of
// line, R12 (the SIGKILL of a process that did not end after its SIGTERM), idling or unidling. The gate learns
// of the first line at 1 min, of the second at 2 min, and so on.
func ledgerOf(t *testing.T, text string) *ledger.Ledger {
	t.Helper()
	l := &ledger.Ledger{}
	for i, word := range list(text) {
		l.Enter(line(t, word), time.Duration(i+1)*time.Minute)
	}
	return l
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ", ")
}

func line(t *testing.T, text string) observe.Line {
	t.Helper()
	stamp, what, _ := strings.Cut(text, " ")
	d, err := time.ParseDuration(stamp)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	l := observe.Line{Stamp: at(d), Label: "web.1", Kind: observe.LineKind(what)}
	from, to, state := strings.Cut(what, ">")
	switch {
	case state:
		l.Kind, l.From, l.To = observe.State, from, to
	case what == "R12":
		l.Kind, l.Text = observe.Sigkill, "Stopping remaining processes with SIGKILL"
	case what == "unidling":
		l.Kind, l.Text = observe.Sleep, "Unidling"
	case what == "idling":
		l.Kind, l.Text = observe.Sleep, "Idling"
	}
	return l
}

func TestEnter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, lines, want string }{
		{"nothing", "", "exit 0s, changed 0s, begins never, with a start false"},
		{"a start", "1s start, 2s exit, 3s starting>up", "exit 2m0s, changed 3m0s, begins 1s, with a start true"},
		{"the same line again", "1s start, 2s exit, 2s exit", "exit 2m0s, changed 2m0s, begins 1s, with a start true"},
		{"another line of the same moment", "1s start, 1s exit", "exit 2m0s, changed 2m0s, begins 1s, with a start true"},
		{"a line that comes late", "3s start, 2s sigterm", "exit 0s, changed 2m0s, begins 2s, with a start false"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			l := ledgerOf(t, c.lines)
			first, start := l.BeginsWithStart()
			if got := fmt.Sprintf("exit %s, changed %s, begins %s, with a start %v", l.ExitAt(), l.ChangedAt(), since(first), start); got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.lines, got, c.want)
			}
		})
	}
}

func TestStartedSince(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, lines string
		since        time.Time
		dropped      time.Duration // lines before this are dropped
		want         bool
	}{
		{"no start", "5s exit", at(0), 0, false},
		{"no start, and the time is not known", "5s exit", time.Time{}, 0, false},
		{"another line", "5s start, 9s sigterm", at(7 * time.Second), 0, false},
		{"later", "5s start", at(2 * time.Second), 0, true},
		{"earlier", "5s start", at(6 * time.Second), 0, false},
		{"earlier by half a second", "5s start", at(5500 * time.Millisecond), 0, true},
		{"the later of two starts came first", "5s start, 3s start", at(4 * time.Second), 0, true},
		{"dropped", "5s start", at(2 * time.Second), 6 * time.Second, false},
		{"not dropped", "5s start", at(2 * time.Second), 5 * time.Second, true},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			l := ledgerOf(t, c.lines)
			l.DropBefore(at(c.dropped))
			if got := l.StartedSince(c.since); got != c.want {
				t.Errorf("%s, dropped before %s, started since %s: %v", c.lines, c.dropped, since(c.since), got)
			}
		})
	}
}

func TestDropBefore(t *testing.T) {
	t.Parallel()
	l := ledgerOf(t, "1s starting>up, 2s start, 3s exit")
	l.DropBefore(at(2 * time.Second))
	if _, start := l.BeginsWithStart(); !start {
		t.Error("the line before 2s is still there, or the start at 2s is dropped, too")
	}
}

// A label in a crash loop fills its ledger. The ledger then proves nothing, and adds no more lines.
func TestFullLedger(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	n := 0
	for n < 10_000 && l.Enter(observe.Line{Stamp: at(time.Duration(n) * time.Second), Kind: observe.Start}, time.Second) {
		n++
	}
	if n != 2001 {
		t.Errorf("full with %d lines, want 2001", n)
	}
	entered := l.Enter(line(t, "0s start"), time.Minute)
	if _, start := l.BeginsWithStart(); entered || start || l.ChangedAt() != time.Second {
		t.Errorf("a full ledger added a line: changed at %s", l.ChangedAt())
	}
	if b := l.Balance(ledger.Known{}); b.Broken != "too many starts and exits to count" {
		t.Errorf("the ledger is full, and is broken for %q", b.Broken)
	}
}

// The last line is the one with the latest stamp, in whatever order the lines come. Dropped lines do not count.
func TestLast(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	l.Enter(line(t, "9s start"), time.Second)
	l.Enter(line(t, "3s start"), time.Second)
	if got := l.Last(); !got.Equal(at(9 * time.Second)) {
		t.Errorf("the last line is of %s", got)
	}
	if l.DropBefore(at(5 * time.Second)); !l.Last().Equal(at(9 * time.Second)) {
		t.Errorf("after a part was dropped, the last line is of %s", l.Last())
	}
	if l.DropBefore(at(10 * time.Second)); !l.Last().IsZero() {
		t.Errorf("after all was dropped, the last line is of %s", l.Last())
	}
}
