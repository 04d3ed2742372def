// What the clock learns from answers.

package observe_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// start is the platform's time at the start of the gate, by a clock that is right.
var start = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// since writes a time as its distance from start.
func since(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Sub(start).String()
}

// look is an answer to a look, and answer one to another request. date is what the platform's clock shows.
func look(asked, at, date time.Duration) observe.Observation {
	return observe.Observation{At: at, Date: start.Add(date), Look: &observe.Look{AskedAt: asked}}
}

func answer(at, date time.Duration) observe.Observation {
	return observe.Observation{At: at, Date: start.Add(date)}
}

const ms, sec = time.Millisecond, time.Second

// After some answers: the start of the gate, and the platform's time 10 s later.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about         string
		answers       []observe.Observation
		start, latest string
		// At 10 s; latestTime is the latest that the platform's time can be.
		platform, shown, latestTime string
	}{
		{about: "nothing", start: "never", latest: "never", platform: "never", shown: "never", latestTime: "never"},
		{"no answer", []observe.Observation{{At: 5 * sec}}, "never", "never", "never", "never", "never"},
		{"an answer", []observe.Observation{answer(5*sec, 4*sec)}, "-1s", "5s", "9s", "9s", "15s"},
		{"a look", []observe.Observation{look(3*sec, 5*sec, 4*sec)}, "-1s", "2s", "9s", "9s", "12s"},
		{"a quicker look", []observe.Observation{look(3*sec, 5*sec, 4*sec), look(6*sec, 6500*ms, 6*sec)}, "-1s", "1s", "9s", "9.5s", "11s"},
		{"a slower look", []observe.Observation{look(6*sec, 6500*ms, 6*sec), look(7*sec, 9*sec, 8*sec)}, "-1s", "1s", "9s", "9s", "11s"},
		{"a clock that is ahead", []observe.Observation{look(sec, sec, sec), look(2*sec, 2*sec, 60*sec)}, "0s", "1s", "10s", "1m8s", "1m18s"},
		{"a clock that is behind", []observe.Observation{look(sec, sec, sec), look(2*sec, 2*sec, -60*sec)}, "-1m2s", "-1m1s", "-52s", "-52s", "20s"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			var clock observe.Clock
			for _, o := range c.answers {
				clock.Learn(o)
			}
			got := fmt.Sprint(since(clock.Start()), " ", since(clock.LatestStart()), " ", since(clock.Platform(10*sec)), " ", since(clock.Shown(10*sec)))
			if want := fmt.Sprint(c.start, " ", c.latest, " ", c.platform, " ", c.shown); got != want {
				t.Errorf("start, latest start, platform's time, time shown:\ngot  %s\nwant %s", got, want)
			}
			if got := since(clock.Latest(10 * sec)); got != c.latestTime {
				t.Errorf("the latest time is %s, want %s", got, c.latestTime)
			}
		})
	}
}

// Where the platform's clock is far ahead of the runner's, holds use the runner's clock. The latest time that
// it can be still uses the platform's.
func TestClockAheadOfTheRunners(t *testing.T) {
	t.Parallel()
	var clock observe.Clock
	doubted := look(2*sec, 3*sec, time.Hour)
	doubted.Runner = start.Add(3 * sec)
	clock.Learn(doubted)
	for what, c := range map[string]struct{ got, want string }{
		"start":        {since(clock.Start()), "0s"},
		"latest start": {since(clock.LatestStart()), "2s"},
		"any start":    {since(clock.AnyStart()), "59m59s"},
		"time":         {since(clock.Platform(10 * sec)), "10s"},
		"time shown":   {since(clock.Shown(10 * sec)), "10s"},
		"latest time":  {since(clock.Latest(10 * sec)), "1h0m9s"},
	} {
		if c.got != c.want {
			t.Errorf("the %s is %s, want %s", what, c.got, c.want)
		}
	}
}

func TestGateTime(t *testing.T) {
	t.Parallel()
	var unset, set observe.Clock
	set.Learn(answer(0, 0))
	for _, c := range []struct {
		about           string
		clock           observe.Clock
		time            time.Time
		seen, want, due time.Duration
	}{
		{"before it was seen", set, start.Add(5 * sec), 9 * sec, 5 * sec, 5 * sec},
		{"before the start", set, start.Add(-5 * sec), 9 * sec, -5 * sec, -5 * sec},
		{"later than it was seen", set, start.Add(15 * sec), 9 * sec, 9 * sec, 15 * sec},
		{"not known when", set, time.Time{}, 9 * sec, 9 * sec, observe.Never},
		{"before any answer", unset, start, 9 * sec, 9 * sec, observe.Never},
	} {
		if got, due := c.clock.GateTime(c.time, c.seen), c.clock.Due(c.time); got != c.want || due != c.due {
			t.Errorf("%s: %s, due %s; want %s, due %s", c.about, got, due, c.want, c.due)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 499 * ms: "0s", 500 * ms: "1s", 59 * sec: "59s", 59500 * ms: "1m00s", 65 * sec: "1m05s",
		59*time.Minute + 59*sec: "59m59s", time.Hour: "1h00m00s", time.Hour + 2*time.Minute + 5*sec: "1h02m05s",
		-5 * sec: "-5s", -65 * sec: "-1m05s",
	} {
		if got := observe.Span(d).String(); got != want {
			t.Errorf("%d is written %s, want %s", d, got, want)
		}
	}
}

// If two answers contradict each other, the later start counts, whichever answer comes first.
func TestAnyStart(t *testing.T) {
	t.Parallel()
	var clock observe.Clock
	clock.Learn(look(sec, sec, sec))
	clock.Learn(look(2*sec, 2*sec, -60*sec))
	if got := since(clock.AnyStart()); got != "0s" {
		t.Errorf("the start is %s at the latest, want 0s", got)
	}
}

// The earliest and the latest start: the platform dates an answer after the request and before the answer comes.
func TestStarts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about   string
		answers []observe.Observation
		want    string
	}{
		{"no answer", []observe.Observation{{At: 5 * sec}}, "never never false"},
		{"an answer", []observe.Observation{answer(5*sec, 4*sec)}, "-1s 5s true"},
		{"a look", []observe.Observation{look(3*sec, 5*sec, 4*sec)}, "-1s 2s true"},
		{"a look that narrows the range", []observe.Observation{look(3*sec, 5*sec, 4*sec), look(6900*ms, 7*sec, 7*sec)}, "0s 1.1s true"},
		{"two looks that narrow the range", []observe.Observation{look(6900*ms, 7*sec, 7*sec), look(7800*ms, 7900*ms, 7*sec)}, "0s 200ms true"},
		{"two looks that cannot both be right", []observe.Observation{look(sec, sec, sec), look(2*sec, 2*sec, -60*sec)}, "0s -1m1s false"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			var clock observe.Clock
			for _, o := range c.answers {
				clock.Learn(o)
			}
			from, to, known := clock.Starts()
			if got := fmt.Sprint(since(from), " ", since(to), " ", known); got != c.want {
				t.Errorf("earliest start, latest start, known: %s, want %s", got, c.want)
			}
		})
	}
}
