// Guards of runtime metrics as proof: the app is so busy that the log begins with the release, so a count
// alone proves nothing of web.1 before the hold of 342 s is over.

package rollout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// A score is what happens, in the order of time, whatever the order in which it is written.
type schedule struct {
	*bench
	events []event
}

type event struct {
	at   time.Duration
	does func()
}

func (s *schedule) at(d time.Duration, does func()) { s.events = append(s.events, event{d, does}) }

// beats are the runtime metrics of a process of web.1, every 20 s.
func (s *schedule) metricsFrom(uuid string, from, to time.Duration) {
	for d := from; d <= to; d += 20 * sec {
		s.at(d, func() { s.reportsMetrics(d, uuid) })
	}
}

// ends is the end of a process of web.1.
func (s *schedule) processEnds(d time.Duration) {
	s.at(d-sec, func() { s.line(d-sec, "web.1", observe.Sigterm) })
	s.at(d, func() { s.line(d, "web.1", observe.Exit) })
}

// lists is a look at web.1 of v42, or at others.
func (s *schedule) looks(d time.Duration, dynos ...observe.Dyno) {
	if dynos == nil {
		dynos = []observe.Dyno{newWeb}
	}
	s.at(d, func() { s.look(d, dynos...) })
}

func (s *schedule) metricsAnswer(d time.Duration, m observe.Metrics) {
	s.at(d, func() { s.apply(d, observe.Observation{Metrics: &m}) })
}

var longOn = observe.Metrics{Known: true, Enabled: true, ChangedAt: at(-72 * time.Hour)}

// busy begins: the log is whole from the release on, and web.1 is listed.
func (s *schedule) busyApp() {
	s.at(0, func() { prebootOn(s.bench); s.logWhole(0, 0) })
	s.metricsAnswer(0, longOn)
	s.looks(6 * sec)
}

// usual is all that proves: old and new report, the old one ends at 50 s, and then there is the new one alone.
func (s *schedule) usualCase() {
	s.busyApp()
	s.metricsFrom("old", 5*sec, 45*sec)
	s.metricsFrom("new", 8*sec, 108*sec)
	s.processEnds(50 * sec)
}

func (s *schedule) play(until time.Duration) {
	slices.SortStableFunc(s.events, func(a, b event) int { return int(a.at - b.at) })
	for _, e := range s.events {
		if e.at > until {
			break
		}
		if _, done := s.core.Verdict(); !done {
			e.does()
		}
	}
	s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at <= until })
}

// metricsCase is one in which the gate looks at 109 s: then it is shut, or opens.
type metricsCase struct {
	truth string // empty: it opens, proven
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
				t.Errorf("gone at %s, want the exit at 50 s", gone)
			}
		})
	}
}

func TestMetricsProve(t *testing.T) {
	t.Parallel()
	checkMetrics(t, map[string]metricsCase{
		"the old one ended, and the new one is alone": {play: (*schedule).usualCase},
		"their ids are those of the list": {play: func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom(newWeb.ID, 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"others had ended before it came": {play: func(s *schedule) {
			s.usualCase()
			for n := range 9 {
				s.metricsFrom(fmt.Sprint("older", n), 1*sec, 1*sec)
			}
		}},
		"old metrics are told again": {play: func(s *schedule) {
			s.usualCase()
			s.at(80*sec, func() { s.reportsMetrics(45*sec, "old") })
		}},
		"the stream ended for a moment": {play: func(s *schedule) {
			s.usualCase()
			s.at(70*sec, func() { s.logState(70*sec, observe.Broken) })
			s.at(72*sec, func() { s.logWhole(72*sec, 0) })
		}},
		"the log is long, and an end is not in it": {play: func(s *schedule) {
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

func TestNotFooledByMetricsOfOneAlone(t *testing.T) {
	t.Parallel()
	checkMetrics(t, map[string]metricsCase{
		"another one reports": {"v40 runs, and reported at 50 s", func(s *schedule) {
			s.usualCase()
			s.metricsFrom("older", 10*sec, 50*sec)
		}},
		"none was heard of beside it": {"v41 does not report, so that what is not listed may not", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("new", 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"the other one was heard of before it only": {"v40 does not report when it is not listed any more", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 5*sec)
			s.metricsFrom("new", 8*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"no end is in the log": {"v41 runs, and its metrics are lost", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom("new", 8*sec, 108*sec)
		}},
		"the end in the log is that of another": {"v41 ended at 30 s, and v40 runs, whose metrics are lost from 45 s on", func(s *schedule) {
			s.usualCase()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 50*sec || e.at == 49*sec })
			s.processEnds(30 * sec)
		}},
		"the listed one is not heard of for a while": {"lines are lost: those of v40 as well", func(s *schedule) {
			s.busyApp()
			s.metricsFrom("old", 5*sec, 45*sec)
			s.metricsFrom("new", 8*sec, 48*sec)
			s.metricsFrom("new", 88*sec, 108*sec)
			s.processEnds(50 * sec)
		}},
		"the listed one is not heard of any more": {"the log is dead: v40 runs", func(s *schedule) {
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
		"the log is broken": {"what v40 reports is not there yet", func(s *schedule) {
			s.usualCase()
			s.at(108*sec+sec/2, func() { s.logState(108*sec+sec/2, observe.Broken) })
		}},
		"lines come late": {"what v40 reported at 104 s is on its way", func(s *schedule) {
			s.usualCase()
			s.at(20*sec, func() { s.line(20*sec, "web.1", observe.Sigterm) })
			s.at(30*sec, func() {
				s.apply(30*sec, observe.Observation{Line: &observe.Line{Stamp: at(22 * sec), Label: "web.1", Kind: observe.Sigterm}})
			})
		}},
		"the listed one is up since a moment ago": {"it came back from a crash: what was heard of before was v40", func(s *schedule) {
			s.usualCase()
			up := newWeb
			up.UpdatedAt = at(50 * sec)
			s.looks(109*sec, up)
		}},
		"the listed one is not up": {"it has ended, and what is heard of is v41", func(s *schedule) {
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
		"its metrics come late": {"what it reported at 104 s can be on its way", func(s *schedule) {
			s.usualCase()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 45*sec })
			s.at(53*sec, func() {
				s.apply(53*sec, observe.Observation{Line: &observe.Line{Stamp: at(45 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
			})
		}},
		"its metrics come early": {"the clock of the log is ahead, or the other one is behind: it reported at 51 s", func(s *schedule) {
			s.usualCase()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 45*sec })
			s.at(45*sec, func() {
				s.apply(45*sec, observe.Observation{Line: &observe.Line{Stamp: at(51 * sec), Label: "web.1", Kind: observe.Metric, UUID: "old"}})
			})
		}},
		"it was created again, and only the one before reports by its id": {"the metrics of the newest one are lost, and v41 runs", func(s *schedule) {
			s.busyApp()
			s.metricsFrom(newWeb.ID, 8*sec, 48*sec)
			s.metricsFrom("old", 32*sec, 112*sec)
			s.processEnds(50 * sec)
			s.looks(15 * sec)
			s.looks(40*sec, dyno("web.1", 42, "up", 30*sec))
			s.looks(113*sec, dyno("web.1", 42, "up", 30*sec))
		}},
		"a restart is announced": {"nobody knows what is to come", func(s *schedule) {
			s.usualCase()
			s.at(105*sec, func() { s.line(105*sec, "web.1", observe.Replace) })
		}},
		"one is being stopped": {"it was asked to stop, and has 30 s", func(s *schedule) {
			s.usualCase()
			s.at(105*sec, func() { s.line(105*sec, "web.1", observe.Sigterm) })
		}},
		"very many have reported": {"v40 is one more than are remembered", func(s *schedule) {
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
		"the one that is heard of is not the listed one, by its id": {"the metrics of v42 are lost, and v41 runs", func(s *schedule) {
			s.busyApp()
			s.metricsFrom(newWeb.ID, 8*sec, 48*sec)
			s.metricsFrom("old", 9*sec, 109*sec)
			s.processEnds(50 * sec)
			s.looks(110 * sec)
		}},
		"the same, and its id is listed later": {"the metrics of v42 are lost, and v41 runs", func(s *schedule) {
			s.busyApp()
			s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at == 6*sec })
			s.metricsFrom(newWeb.ID, 8*sec, 28*sec)
			s.metricsFrom("old", 9*sec, 109*sec)
			s.processEnds(35 * sec)
			s.looks(40 * sec)
			s.looks(110 * sec)
		}},
		"the one that is heard of is older than the record": {"the metrics of v42 are lost, and v41 runs", func(s *schedule) {
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

// That everything reports is known if metrics were on before anything was started that can run.
func TestMetricsThatNotAllReport(t *testing.T) {
	t.Parallel()
	const truth = "v40 was started before metrics were switched on"
	cases := map[string]metricsCase{}
	for name, m := range map[string]observe.Metrics{
		"it is not known": {}, "they are off by the list": {Known: true, ChangedAt: at(-72 * time.Hour)},
		"on since nobody knows when": {Known: true, Enabled: true},
		"on since yesterday":         {Known: true, Enabled: true, ChangedAt: at(-40 * time.Hour)},
	} {
		cases[name] = metricsCase{truth, func(s *schedule) {
			s.usualCase()
			s.metricsAnswer(1*sec, m)
		}}
	}
	checkMetrics(t, cases)
}

// Whether they are on is asked when nothing else is missing, until it is known.
func TestMetricsAreAskedFor(t *testing.T) {
	t.Parallel()
	s := &schedule{bench: newBench(t, rollout.Config{Want: release.Want{Version: 42}})}
	s.usualCase()
	s.metricsAnswer(1*sec, observe.Metrics{})
	asks := func(want bool) {
		t.Helper()
		if got := slices.ContainsFunc(s.core.Needs(), func(n rollout.Need) bool { return n.Kind == rollout.AskMetrics }); got != want {
			t.Errorf("asked for: %v, want %v", got, want)
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
		t.Error("it does not ask for the last look")
	}
}
