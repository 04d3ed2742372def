// Which process an exit is of, by the lines around it.

package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/ledger"
)

// Which process ended: an old one that was stopped, or that of the listed dyno, which crashed. stops are the
// first and the last exit since the release that are no crash of a new dyno.
func TestWhoseExitItWas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, lines, want string }{
		{"no exit", "1s start", "exit never, stops never to never, crash never"},
		{"stopped", "1s sigterm, 3s exit", "exit 3s, stops 3s to 3s, crash never"},
		{"two processes that were stopped", "1s sigterm, 2s sigterm, 3s exit, 4s exit", "exit 4s, stops 3s to 4s, crash never"},
		{"stopped before the release", "-9s sigterm, -5s exit", "exit -5s, stops never to never, crash never"},
		{"stopped as it was released", "-9s sigterm, 0s exit", "exit 0s, stops 0s to 0s, crash never"},
		{"without a SIGTERM", "3s exit", "exit 3s, stops 3s to 3s, crash 3s"},
		{"one SIGTERM, and two exits", "1s sigterm, 3s exit, 4s exit", "exit 4s, stops 3s to 4s, crash 4s"},
		{"two SIGTERMs, and the second exit long after", "1s sigterm, 1.5s sigterm, 3s exit, 34s exit", "exit 34s, stops 3s to 34s, crash 34s"},
		{"32 s after its SIGTERM", "1s sigterm, 33s exit", "exit 33s, stops 33s to 33s, crash never"},

		{"crashed", "3s exit, 3.1s up>crashed", "exit 3s, stops never to never, crash 3s"},
		{"crashed, and was started before the release", "-9s start, 3s exit, 3.1s up>crashed", "exit 3s, stops 3s to 3s, crash 3s"},
		{"crashed, and was started at the moment of the release", "0s start, 3s exit, 3.1s up>crashed", "exit 3s, stops never to never, crash 3s"},
		{"crashed, and had been up for long", "-2h starting>up, 3s exit, 3.1s up>crashed", "exit 3s, stops 3s to 3s, crash 3s"},
		{"crashed, and had been up for long, and its replacement crashed", "-2h starting>up, 3s exit, 3.1s up>crashed, 4s start, 5s exit, 5.1s up>crashed", "exit 5s, stops 3s to 3s, crash 5s"},
		{"crashed, and the change of state came first", "2.9s up>crashed, 3s exit", "exit 3s, stops never to never, crash 3s"},
		{"crashed, while an old process was being stopped", "1s sigterm, 3s exit, 3.1s up>crashed, 5s exit", "exit 5s, stops 5s to 5s, crash 3s"},
		{"the exit nearer to the change of state is the crash", "1s sigterm, 2s exit, 4s exit, 4.1s up>crashed", "exit 4s, stops 2s to 2s, crash 4s"},
		{"the nearer exit is the crash, also if it comes after the change of state", "1s sigterm, 2s exit, 3s up>crashed, 3.1s exit", "exit 3.1s, stops 2s to 2s, crash 3.1s"},
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
			b := ledgerOf(t, c.lines).Balance(ledger.Known{Released: released, Hold: time.Hour})
			got := fmt.Sprintf("exit %s, stops %s to %s, crash %s", since(b.LastExit), since(b.Stops.First), since(b.Stops.Last), since(b.CrashExit))
			if got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.lines, got, c.want)
			}
		})
	}
}

// A process that crashes without a start in the log was started before the log begins. If the log begins before
// the release, that is an old process.
func TestCrashOfProcessStartedBeforeTheLog(t *testing.T) {
	t.Parallel()
	for logSince, want := range map[time.Duration]string{-time.Second: "3s", 0: "never"} {
		b := ledgerOf(t, "3s exit, 3.1s up>crashed").Balance(ledger.Known{Released: released, Hold: time.Hour, LogSince: released.Add(logSince)})
		if got := since(b.Stops.Last); got != want {
			t.Errorf("the log begins %s after the release: stopped %s, want %s", logSince, got, want)
		}
	}
}

// StopsSince are the exits of all processes but a listed one that crashed, even if the balance does not count them.
func TestStopsSince(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, lines, want string }{
		{"no exit", "1s start, 2s sigterm", "never to never"},
		{"one exit", "1s sigterm, 3s exit", "3s to 3s"},
		{"three exits", "3s exit, 5s exit, 8s exit, 9s start", "3s to 8s"},
		{"some before the release", "-3s exit, 0s exit, 5s exit", "0s to 5s"},
		{"all before the release", "-3s exit", "never to never"},
		{"a crash of the listed dyno", "3s exit, 3.1s up>crashed, 9s exit", "9s to 9s"},
		{"a crash of the listed dyno at the end", "3s exit, 9s exit, 9.1s up>crashed", "3s to 3s"},
	} {
		ends := ledgerOf(t, c.lines).StopsSince(released)
		if got := fmt.Sprintf("%s to %s", since(ends.First), since(ends.Last)); got != c.want {
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
		{"another process is stopped later", "9s exit, 10s sigterm", 1600 * time.Millisecond},
		{"killed", "1s sigterm, 31s R12, 31.1s exit", time.Second},
		{"killed a while before", "1s sigterm, 31s R12, 33.1s exit", 1600 * time.Millisecond},
		{"killed after a boot timeout", "31s sigkill, 31.1s exit", 1600 * time.Millisecond},
		{"another process is killed later", "9s exit, 10s R12", 1600 * time.Millisecond},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			b := ledgerOf(t, c.lines).Balance(ledger.Known{})
			if got := b.BelievedAfter(100 * time.Millisecond); got != c.want {
				t.Errorf("%s: believed after %s, want %s", c.lines, got, c.want)
			}
		})
	}
}

// The last SIGTERM whose process has not ended yet.
func TestStopping(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, lines, want string
		exitsFrom          time.Duration // exits before it are not counted
	}{
		{"no SIGTERM", "1s start, 3s exit", "never", 0},
		{"no exit", "1s sigterm", "1s", 0},
		{"an exit", "1s sigterm, 3s exit", "never", 0},
		{"two SIGTERMs", "1s sigterm, 2s sigterm", "2s", 0},
		{"two SIGTERMs, and an exit", "1s sigterm, 2s sigterm, 3s exit", "2s", 0},
		{"two SIGTERMs, and two exits", "1s sigterm, 2s sigterm, 3s exit, 4s exit", "never", 0},
		{"a crash of the listed dyno", "1s sigterm, 3s exit, 3.1s up>crashed", "1s", 0},
		{"an exit that is not counted", "1s sigterm, 3s exit", "never", 9 * time.Second},
		{"a crash that is not counted", "1s sigterm, 3s exit, 3.1s up>crashed", "1s", 9 * time.Second},
		{"an exit that is not counted, without a SIGTERM", "3s exit, 4s sigterm", "4s", 9 * time.Second},
	} {
		b := ledgerOf(t, c.lines).Balance(ledger.Known{Released: released, Hold: time.Hour, CompleteFrom: released.Add(c.exitsFrom)})
		if got := since(b.Stopping()); got != c.want {
			t.Errorf("%s: %s: got %s, want %s", c.about, c.lines, got, c.want)
		}
	}
}
