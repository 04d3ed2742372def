// Guards of runtime metrics as proof. The app is so busy that its log begins with the release. So the count
// alone proves nothing about web.1 before the hold of 342 s is over.

package rollout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// In a metricsCase the last look comes at 109 s, unless the case has a later one. Then the gate is shut, or
// opens.
type metricsCase struct {
	truth string // why it is shut; empty: it opens, proven
	play  func(s *schedule)
}

func checkMetrics(t *testing.T, cases map[string]metricsCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &schedule{bench: newBench(t, rollout.Config{})}
			c.play(s)
			if len(s.events) > 0 && !slices.ContainsFunc(s.events, func(e event) bool { return e.at >= 109*sec }) {
				s.looks(109 * sec)
			}
			s.play(300 * sec)
			if c.truth != "" {
				s.shut(c.truth)
				return
			}
			s.opens(rollout.Proven)
			if gone := s.core.Picture().Times.OldGone; gone.Sub(at(50*sec)).Abs() > sec {
				t.Errorf("the old process was gone at %s, want the exit at 50 s", gone)
			}
		})
	}
}

func TestMetricsProve(t *testing.T) {
	t.Parallel()
	checkMetrics(t, map[string]metricsCase{
		"the old process ended, and only the new one reports": {play: (*schedule).usualCase},
		"the new process reports under the id of its dyno": {play: func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom(newWeb.ID, 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"other processes reported before the new one was started": {play: func(s *schedule) {
			s.usualCase()
			for n := range 9 {
				s.metricsFrom(fmt.Sprint("older", n), 1*sec, 1*sec)
			}
		}},
		"metrics of the old process come once more": {play: func(s *schedule) {
			s.usualCase()
			s.at(80*sec, func() { s.reportsMetrics(45*sec, "old") })
		}},
		"the log breaks for a moment": {play: func(s *schedule) {
			s.usualCase()
			s.at(70*sec, func() { s.logState(70*sec, observe.Broken) })
			s.at(72*sec, func() { s.logWhole(72*sec, 0) })
		}},
		"the log is long, and lacks the exit of one old process": {play: func(s *schedule) {
			s.usualCase()
			s.at(0, func() {
				s.logWhole(0, time.Hour)
				s.line(-30*sec, "web.1", observe.State, "up", "starting")
				s.line(-28*sec, "web.1", observe.Start)
				s.line(-26*sec, "web.1", observe.State, "starting", "up")
			})
			s.at(1*sec, func() { s.boots(1*sec, "web.1", "up") })
			s.metricsFrom("older", 6*sec, 26*sec)
		}},
	})
}

func TestNotFooledByMetricsOfOneProcess(t *testing.T) {
	t.Parallel()
	checkMetrics(t, map[string]metricsCase{
		"another process reports": {"v40 runs, and reported at 50 s", func(s *schedule) {
			s.usualCase()
			s.metricsFrom("older", 10*sec, 50*sec)
		}},
		"only the listed process ever reported": {"v41 does not report, so other processes that are not listed may not report either", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("new", 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"the old process reported only before the new one": {"v40 does not report when it is not listed any more", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 5*sec)
			s.metricsFrom("new", 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"the log has no exit": {"v41 runs, and its metrics are lost", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom("new", 8*sec, 108*sec)
		}},
		"the exit in the log is that of another process": {"v41 ended at 30 s, and v40 runs, whose metrics are lost from 45 s on", func(s *schedule) {
			s.usualCase()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 50*sec || e.at == 49*sec })
			s.processEnds(30 * sec)
		}},
		"the listed process does not report for a while": {"lines are lost, and those of v40 among them", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom("new", 8*sec, 48*sec)
			s.metricsFrom("new", 88*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"the listed process does not report any more": {"the log has stopped, and v40 runs", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom("new", 8*sec, 68*sec)
			s.processEnds(50 * sec)
		}},
		"lines were lost": {"the metrics of v40 are among them", func(s *schedule) {
			s.usualCase()
			s.at(48*sec, func() {
				s.logState(48*sec, observe.Gapped)
				s.apply(50*sec-sec/2, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(48 * sec)}})
			})
		}},
		"the log is broken": {"the metrics of v40 have not arrived yet", func(s *schedule) {
			s.usualCase()
			s.at(108*sec+sec/2, func() { s.logState(108*sec+sec/2, observe.Broken) })
		}},
		"lines come late": {"the metrics of v40 of 104 s are still on their way", func(s *schedule) {
			s.usualCase()
			s.at(20*sec, func() { s.line(20*sec, "web.1", observe.Sigterm) })
			s.at(30*sec, func() {
				s.apply(30*sec, observe.Observation{Line: &observe.Line{Stamp: at(22 * sec), Label: "web.1", Kind: observe.Sigterm}})
			})
		}},
		"the listed dyno has been up only since 50 s": {"it came back from a crash, and the metrics before are those of v40", func(s *schedule) {
			s.usualCase()
			up := newWeb
			up.UpdatedAt = at(50 * sec)
			s.looks(109*sec, up)
		}},
		"the listed dyno is not up": {"it has ended, and v41 is the one that reports", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("new", 8*sec, 48*sec)
			s.metricsFrom("old", 10*sec, 110*sec)
			s.processEnds(50 * sec)
			down := newWeb
			down.State = "down"
			s.at(55*sec, func() { s.lists.Formation[0].Quantity = 0 })
			s.looks(111*sec, down)
			s.looks(112*sec, down)
		}},
		"the metrics of the old process come late": {"its metrics of 104 s may still be on their way", func(s *schedule) {
			s.usualCase()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 45*sec })
			s.at(53*sec, func() {
				s.apply(53*sec, observe.Observation{Line: &observe.Line{Stamp: at(45 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
			})
		}},
		"the metrics of the old process come early": {"one of the clocks is wrong, and by the log it reported at 51 s, after the exit", func(s *schedule) {
			s.usualCase()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 45*sec })
			s.at(45*sec, func() {
				s.apply(45*sec, observe.Observation{Line: &observe.Line{Stamp: at(51 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
			})
		}},
		"the new dyno was replaced, and only the one before reported under its id": {"the metrics of the newest one are lost, and v41 runs", func(s *schedule) {
			s.busyApp()
			s.metricsFrom(newWeb.ID, 8*sec, 48*sec)
			s.metricsFrom("old", 32*sec, 112*sec)
			s.processEnds(50 * sec)
			s.looks(15 * sec)
			s.looks(40*sec, dyno("web.1", 42, "up", 30*sec))
			s.looks(113*sec, dyno("web.1", 42, "up", 30*sec))
		}},
		"a restart is announced": {"nobody knows what the restart will bring", func(s *schedule) {
			s.usualCase()
			s.at(105*sec, func() { s.line(105*sec, "web.1", observe.Replace) })
		}},
		"a process is being stopped": {"it was asked to stop, and has 30 s for it", func(s *schedule) {
			s.usualCase()
			s.at(105*sec, func() { s.line(105*sec, "web.1", observe.Sigterm) })
		}},
		"too many processes have reported": {"v40 reported too, and is not remembered", func(s *schedule) {
			s.busyApp()
			s.at(5*sec, func() {
				for n := range 300 {
					s.reportsMetrics(5*sec, fmt.Sprint("u", n))
				}
			})
			s.metricsFrom("u1", 8*sec, 28*sec)
			s.metricsFrom("u2", 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"the process that reports is not the listed one, by its id": {"the metrics of v42 are lost, and v41 runs", func(s *schedule) {
			s.busyApp()
			s.metricsFrom(newWeb.ID, 8*sec, 48*sec)
			s.metricsFrom("old", 9*sec, 109*sec)
			s.processEnds(50 * sec)
			s.looks(110 * sec)
		}},
		"the process that reports is not the listed one, whose id a later look shows": {"the metrics of v42 are lost, and v41 runs", func(s *schedule) {
			s.busyApp()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 6*sec })
			s.metricsFrom(newWeb.ID, 8*sec, 28*sec)
			s.metricsFrom("old", 9*sec, 109*sec)
			s.processEnds(35 * sec)
			s.looks(40 * sec)
			s.looks(110 * sec)
		}},
		"the process that reports is older than the record": {"the metrics of v42 are lost, and v41 runs", func(s *schedule) {
			late := dyno("web.1", 42, "up", 7*sec)
			s.at(0, func() { prebootOn(s.bench); s.logWhole(0, 0) })
			s.metricsAnswer(0, longOn)
			s.metricsFrom("old", 5*sec, 105*sec)
			s.metricsFrom("new", 9*sec, 29*sec)
			s.processEnds(35 * sec)
			s.looks(13*sec, late)
			s.looks(109*sec, late)
		}},
	})
}

// That every process reports is known only if metrics were on before any process was started that can still
// run.
func TestMetricsThatNotAllReport(t *testing.T) {
	t.Parallel()
	const truth = "v40 was started before metrics were switched on"
	cases := map[string]metricsCase{}
	for name, m := range map[string]observe.Metrics{
		"nobody knows whether metrics are on": {}, "metrics are off": {Known: true, ChangedAt: at(-72 * time.Hour)},
		"metrics are on, and nobody knows since when": {Known: true, Enabled: true},
		"metrics are on since 40 hours ago":           {Known: true, Enabled: true, ChangedAt: at(-40 * time.Hour)},
	} {
		cases[name] = metricsCase{truth, func(s *schedule) {
			s.usualCase()
			s.metricsAnswer(1*sec, m)
		}}
	}
	checkMetrics(t, cases)
}

// When nothing else is missing, the core asks whether metrics are on, until it knows.
func TestMetricsAreAskedFor(t *testing.T) {
	t.Parallel()
	s := &schedule{bench: newBench(t, rollout.Config{Want: release.Want{Version: 42}})}
	s.usualCase()
	s.metricsAnswer(1*sec, observe.Metrics{})
	asks := func(want bool) {
		t.Helper()
		if got := slices.ContainsFunc(s.core.Needs(), func(n rollout.Need) bool { return n.Kind == rollout.AskMetrics }); got != want {
			t.Errorf("the core asks whether metrics are on: %v, want %v", got, want)
		}
	}
	s.play(104 * sec)
	asks(false)
	s.play(108 * sec)
	asks(true)
	s.apply(108*sec, observe.Observation{Metrics: &observe.Metrics{}})
	asks(true)
	s.apply(108*sec, observe.Observation{Metrics: &observe.Metrics{Known: true}})
	asks(false)
	s.apply(108*sec, observe.Observation{Metrics: &longOn})
	asks(false)
	if !needsOf(s.core).Ready {
		t.Error("the core does not ask for the last look")
	}
}

// Proof by metrics stays proof by metrics when the log breaks, and the message says so.
func TestProofByMetricsOutlivesABreak(t *testing.T) {
	t.Parallel()
	s := &schedule{bench: newBench(t, rollout.Config{Settle: 60 * sec})}
	s.usualCase()
	s.metricsFrom("new", 128*sec, 130*sec)
	for _, d := range []time.Duration{112 * sec, 130 * sec, 200 * sec} {
		s.looks(d)
	}
	s.at(140*sec, func() { s.logState(140*sec, observe.Broken) })
	s.play(300 * sec)
	s.opens(rollout.Proven)
	if v, _ := s.core.Verdict(); !strings.Contains(v.Message, "only new ones reported runtime metrics") {
		t.Error(v.Message)
	}
}
