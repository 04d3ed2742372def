// Whose process an exit was, by the lines around it.

package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/ledger"
)

// Whose process ended: an old one that was stopped, or the listed dyno's, which crashed.
func TestWhoseExitItWas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, lines, want string }{
		{"none", "1s start", "exit never, stops never to never, crash never"},
		{"stopped", "1s sigterm, 3s exit", "exit 3s, stops 3s to 3s, crash never"},
		{"two that were stopped", "1s sigterm, 2s sigterm, 3s exit, 4s exit", "exit 4s, stops 3s to 4s, crash never"},
		{"stopped before the release", "-9s sigterm, -5s exit", "exit -5s, stops never to never, crash never"},
		{"stopped as it was released", "-9s sigterm, 0s exit", "exit 0s, stops 0s to 0s, crash never"},
		{"not announced", "3s exit", "exit 3s, stops 3s to 3s, crash 3s"},
		{"announced once, and two ended", "1s sigterm, 3s exit, 4s exit", "exit 4s, stops 3s to 4s, crash 4s"},
		{"announced twice, and the other long after", "1s sigterm, 1.5s sigterm, 3s exit, 34s exit", "exit 34s, stops 3s to 34s, crash 34s"},
		{"announced 32 s before", "1s sigterm, 33s exit", "exit 33s, stops 33s to 33s, crash never"},

		{"crashed", "3s exit, 3.1s up>crashed", "exit 3s, stops never to never, crash 3s"},
		{"crashed, which had been started before the release", "-9s start, 3s exit, 3.1s up>crashed", "exit 3s, stops 3s to 3s, crash 3s"},
		{"crashed, which was started as it was released", "0s start, 3s exit, 3.1s up>crashed", "exit 3s, stops never to never, crash 3s"},
		{"crashed, which had been up for long", "-2h starting>up, 3s exit, 3.1s up>crashed", "exit 3s, stops 3s to 3s, crash 3s"},
		{"crashed, which had been up for long, and again", "-2h starting>up, 3s exit, 3.1s up>crashed, 4s start, 5s exit, 5.1s up>crashed", "exit 5s, stops 3s to 3s, crash 5s"},
		{"crashed, and the line was first", "2.9s up>crashed, 3s exit", "exit 3s, stops never to never, crash 3s"},
		{"crashed, and one was to be stopped", "1s sigterm, 3s exit, 3.1s up>crashed, 5s exit", "exit 5s, stops 5s to 5s, crash 3s"},
		{"the nearer one crashed", "1s sigterm, 2s exit, 4s exit, 4.1s up>crashed", "exit 4s, stops 2s to 2s, crash 4s"},
		{"the nearer one crashed, later than the line", "1s sigterm, 2s exit, 3s up>crashed, 3.1s exit", "exit 3.1s, stops 2s to 2s, crash 3.1s"},
		{"stopped, and it was down", "1s sigterm, 3s exit, 3.1s up>down", "exit 3s, stops 3s to 3s, crash never"},
		{"crashed 5 s after", "1s sigterm, 3s exit, 8s up>crashed", "exit 3s, stops never to never, crash 3s"},
		{"stopped, and crashed more than 5 s after", "1s sigterm, 3s exit, 8.1s up>crashed", "exit 3s, stops 3s to 3s, crash never"},
		{"crashed, 4 lines after", "1s sigterm, 3s exit, 3.1s replace, 3.2s replace, 3.3s replace, 3.4s up>crashed", "exit 3s, stops never to never, crash 3s"},
		{"stopped, and crashed 5 lines after", "1s sigterm, 3s exit, 3.1s replace, 3.2s replace, 3.3s replace, 3.4s replace, 3.5s up>crashed",
			"exit 3s, stops 3s to 3s, crash never"},
		{"stopped, and crashed 5 lines before", "1s sigterm, 3s up>crashed, 3.1s replace, 3.2s replace, 3.3s replace, 3.4s replace, 3.5s exit",
			"exit 3.5s, stops 3.5s to 3.5s, crash never"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			b := entered(t, c.lines).Balance(ledger.Known{Released: released, Hold: time.Hour})
			got := fmt.Sprintf("exit %s, stops %s to %s, crash %s", since(b.LastExit), since(b.FirstStop), since(b.LastStop), since(b.CrashExit))
			if got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.lines, got, c.want)
			}
		})
	}
}

// What crashes without a start in the log was started before the log begins: it is an old one, if that was before the
// release.
func TestCrashOfWhatWasStartedBeforeTheLog(t *testing.T) {
	t.Parallel()
	for logSince, want := range map[time.Duration]string{-time.Second: "3s", 0: "never"} {
		b := entered(t, "3s exit, 3.1s up>crashed").Balance(ledger.Known{Released: released, Hold: time.Hour, LogSince: released.Add(logSince)})
		if got := since(b.LastStop); got != want {
			t.Errorf("the log begins %s after the release: stopped %s, want %s", logSince, got, want)
		}
	}
}

// The ends are those of all processes but the listed one that crashed, whatever the count makes of them.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, lines, want string }{
		{"none", "1s start, 2s sigterm", "never to never"},
		{"one", "1s sigterm, 3s exit", "3s to 3s"},
		{"three", "3s exit, 5s exit, 8s exit, 9s start", "3s to 8s"},
		{"some before the release", "-3s exit, 0s exit, 5s exit", "0s to 5s"},
		{"all before the release", "-3s exit", "never to never"},
		{"a crash of the listed dyno", "3s exit, 3.1s up>crashed, 9s exit", "9s to 9s"},
		{"a crash of the listed dyno at last", "3s exit, 9s exit, 9.1s up>crashed", "3s to 3s"},
	} {
		first, last := entered(t, c.lines).Ends(released)
		if got := fmt.Sprintf("%s to %s", since(first), since(last)); got != c.want {
			t.Errorf("%s: %s: got %s, want %s", c.about, c.lines, got, c.want)
		}
	}
}

// How long it takes until the last exit is believed to be that of an old process.
func TestBelievedAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, lines string
		want         time.Duration
	}{
		{"not stopped", "9s exit", 1600 * time.Millisecond},
		{"stopped", "7s sigterm, 9s exit", time.Second},
		{"stopped a while before", "6.9s sigterm, 9s exit", 1600 * time.Millisecond},
		{"another is stopped later", "9s exit, 10s sigterm", 1600 * time.Millisecond},
		{"killed", "1s sigterm, 31s R12, 31.1s exit", 0},
		{"killed a while before", "1s sigterm, 31s R12, 33.1s exit", 1600 * time.Millisecond},
		{"killed after a boot timeout", "31s sigkill, 31.1s exit", 1600 * time.Millisecond},
		{"another is killed later", "9s exit, 10s R12", 1600 * time.Millisecond},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			b := entered(t, c.lines).Balance(ledger.Known{})
			if got := b.BelievedAfter(100 * time.Millisecond); got != c.want {
				t.Errorf("%s: believed after %s, want %s", c.lines, got, c.want)
			}
		})
	}
}
