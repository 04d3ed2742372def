// How many processes the lines leave alive, and where the count begins.

package ledger_test

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/ledger"
)

// How many processes are alive after some lines, if one was at the start, and which lines contradict each other.
func TestAlive(t *testing.T) {
	t.Parallel()
	const (
		noStart  = "the log shows an exit without its start"
		noCrash  = "the log shows a crash without its start"
		noUp     = "the log shows a dyno that is up without its start"
		noDown   = "the log shows a dyno that is crashed without its start"
		restarts = "the log announces a restart whose start it does not show"
	)
	for _, c := range []struct {
		about, lines string
		alive        int
		broken       string
	}{
		{"a restart", "1s up>starting, 2s sigterm, 3s start, 5s starting>up, 6s exit", 1, ""},
		{"a restart whose old process ends first", "1s up>starting, 2s sigterm, 3s exit, 4s start, 5s starting>up", 1, ""},
		{"a restart whose old process lives on", "1s up>starting, 2s sigterm, 3s start, 5s starting>up", 2, ""},
		{"a restart whose old process lives on, without a change of state", "1s replace, 3s start, 5s starting>up", 2, ""},
		{"two exits too many", "1s sigterm, 2s exit, 3s exit", -1, noStart},

		{"up without a start", "1s up>starting, 5s starting>up", 1, noUp},
		{"up without a start since the last crash", "1s replace, 2s start, 3s starting>crashed, 3s exit, 9s starting>up", 1, noUp},
		{"up, while the start of a replacement is missing", "1s replace, 2s start, 3s replace, 4s starting>up", 2, noUp},
		{"crashed without a start", "1s replace, 5s starting>crashed", 1, noDown},
		{"an exit and a crash without a start", "1s up>starting, 4s exit, 5s starting>crashed", 0, noDown},
		{"a crash without a start", "1s up>starting, 4s exit, 5s up>crashed", 0, noCrash},
		{"up, although no process is alive", "1s sigterm, 2s exit, 9s up>starting", 0, noUp},
		{"crashed, and no process is alive", "1s exit, 1s up>crashed, 9s crashed>starting", 0, ""},

		{"a change of state that comes twice", "1s replace, 2s start, 3s starting>up, 3.5s starting>up", 2, ""},
		{"up again, a while later", "1s replace, 2s start, 3s starting>up, 5s starting>up", 2, noUp},
		{"up, and crashed at once", "1s replace, 2s start, 3s starting>up, 3.5s starting>crashed", 2, noDown},
		{"up from another state", "3s created>up, 3.5s starting>up", 1, noUp},
		{"down from starting", "1s replace, 2s starting>down", 1, ""},

		{"a restart that is announced by two lines", "1s replace, 1.5s up>starting, 3s start", 2, ""},
		{"a restart that is announced again before its start", "1s replace, 3s up>starting, 4s start", 2, restarts},
		{"restarts with their starts", "1s replace, 2s start, 3s replace, 4s start", 3, ""},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			b := ledgerOf(t, "0s idling, "+c.lines).Balance(ledger.Known{}) // only a running dyno can fall asleep
			if b.Alive != c.alive || b.Broken != c.broken {
				t.Errorf("%s:\ngot  %d alive, broken %q\nwant %d alive, broken %q", c.lines, b.Alive, b.Broken, c.alive, c.broken)
			}
		})
	}
}

// The state of the listed dyno by the log, and whether the log announces a start that is still missing.
func TestStateAndAnnouncedStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, lines, want string }{
		{"no line", "", " since never, start never, announced never, due false"},
		{"a restart", "1s up>starting", "starting since 1s, start never, announced 1s, due true"},
		{"a restart, and its start", "1s up>starting, 2s start", "starting since 1s, start 2s, announced 1s, due false"},
		{"a restart that is over", "1s up>starting, 2s start, 4s starting>up", "up since 4s, start 2s, announced 1s, due false"},
		{"a replacement", "1s replace", " since never, start never, announced 1s, due true"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			b := ledgerOf(t, c.lines).Balance(ledger.Known{})
			got := fmt.Sprintf("%s since %s, start %s, announced %s, due %v", b.LastChange.To, since(b.LastChange.Stamp), since(b.LastStart), since(b.Announced), b.StartDue)
			if got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.lines, got, c.want)
			}
		})
	}
}

func TestCrashesAfter(t *testing.T) {
	t.Parallel()
	const lines = "1s up>crashed, 1.5s up>crashed, 2s down>starting, 5s starting>crashed, 9s starting>crashed"
	for after, want := range map[time.Duration]int{0: 3, time.Second: 2, 5 * time.Second: 1, 9 * time.Second: 0} {
		b := ledgerOf(t, lines).Balance(ledger.Known{})
		if got := len(b.CrashesAfter(at(after))); got != want {
			t.Errorf("%s: %d crashes after %s, want %d", lines, got, after, want)
		}
	}
}

// Where the count begins: how many processes are alive there, and whether one of them is booting, so that it
// comes up without a start.
func TestWhereTheCountBegins(t *testing.T) {
	t.Parallel()
	const (
		hold    = 90 * time.Second
		booting = ", 50s starting>up"
		noUp    = "the log shows a dyno that is up without its start"
	)
	for _, c := range []struct {
		about, lines string
		known        ledger.Known
		now          time.Duration
		alive        int
		broken       string
		quiet        string // when the count will begin behind the last line; empty: never
	}{
		// At the first line.
		{about: "a dyno that was up", lines: "1s up>starting, 2s start", alive: 2},
		{about: "a dyno that was down", lines: "1s down>starting, 2s start", alive: 1},
		{about: "a dyno that slept", lines: "1s unidling, 2s start", alive: 1},
		{about: "a dyno that falls asleep", lines: "1s idling, 2s sigterm, 3s exit", alive: 0},
		{about: "a dyno that stops", lines: "1s up>down, 2s sigterm, 3s exit", alive: 0},
		{about: "a dyno that booted", lines: "1s starting>up", alive: 1},
		{about: "a dyno that booted for the boot timeout", lines: "62s starting>up", alive: 1},
		{about: "a dyno that booted for longer than the boot timeout", lines: "63s starting>up", alive: 1, broken: noUp},
		{about: "a dyno that was up does not boot", lines: "1s up>down, 2s starting>up", alive: 1, broken: noUp},
		{about: "the first line is a start of a label that ran before", lines: "1s start, 2s starting>up", alive: 2},
		{about: "a new label", lines: "1s start, 2s starting>up", known: ledger.Known{NothingBefore: true}, alive: 1},
		{about: "a new label, and a change of state", lines: "1s starting>up", known: ledger.Known{NothingBefore: true}, alive: 0, broken: noUp},
		{about: "a process that the list showed before the first line", lines: "2s down>starting, 3s start", known: ledger.Known{RanAt: at(time.Second)}, alive: 2},
		{about: "a process that the list showed after the first line", lines: "2s down>starting, 3s start", known: ledger.Known{RanAt: at(4 * time.Second)}, alive: 1},
		{about: "exits of processes that were hidden when the log began", lines: "1s sigterm, 2s exit, 9s sigterm, 9s exit", known: ledger.Known{CompleteFrom: at(9 * time.Second)}, alive: 0},

		// Behind a quiet time before the release.
		{about: "quiet till the next line", lines: "-99s start, 0s up>starting, 1s start", alive: 2},
		{about: "quiet till now", lines: "-99s start, -98s starting>up", now: -8 * time.Second, alive: 1},
		{about: "not quiet for long enough", lines: "-99s start, -10s up>starting", now: 10 * time.Second, alive: 2, quiet: "1m20s"},
		{about: "not quiet till now", lines: "-99s start", now: -10 * time.Second, alive: 2, quiet: "-9s"},
		{about: "quiet since the release", lines: "0s start", now: 2 * time.Minute, alive: 2},
		{about: "quiet, in a new label", lines: "-99s start", known: ledger.Known{NothingBefore: true}, alive: 1},
		{about: "quiet, and it boots", lines: "-99s up>starting, -98s start" + booting, alive: 1},
		{about: "quiet, and it was up", lines: "-98s starting>up" + booting, alive: 1, broken: noUp},
		{about: "quiet, and no line shows its state", lines: "-98s start" + booting, alive: 1, broken: noUp},
		{about: "quiet, and it had crashed", lines: "-99s up>crashed, -98s exit, 1s crashed>starting, 2s start", alive: 1},
		{about: "quiet, and it was down", lines: "-99s up>down, -98s exit, 1s down>starting, 2s start", alive: 1},
		{about: "quiet, and it was complete", lines: "-99s up>complete, -98s exit", now: time.Second, alive: 0},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			c.known.Hold, c.known.Released, c.known.Now = hold, released, at(c.now)
			c.known.LogSince, c.known.BootTimeout = released, time.Minute
			b := ledgerOf(t, c.lines).Balance(c.known)
			if quiet := cmp.Or(c.quiet, "never"); b.Alive != c.alive || b.Broken != c.broken || since(b.QuietFrom) != quiet {
				t.Errorf("%s:\ngot  %d alive, broken %q, quiet from %s\nwant %d alive, broken %q, quiet from %s",
					c.lines, b.Alive, b.Broken, since(b.QuietFrom), c.alive, c.broken, quiet)
			}
		})
	}
}
