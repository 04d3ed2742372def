// A schedule plays events in the order of their times. The tests of runtime metrics use it.

package rollout_test

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A schedule is a list of events, which play in the order of their times, in whatever order they were added.
type schedule struct {
	*bench
	events []event
}

type event struct {
	at   time.Duration
	does func()
}

func (s *schedule) at(d time.Duration, does func()) { s.events = append(s.events, event{d, does}) }

// metricsFrom are the runtime metrics of a process of web.1, every 20 s.
func (s *schedule) metricsFrom(uuid string, from, to time.Duration) {
	for d := from; d <= to; d += 20 * sec {
		s.at(d, func() { s.reportsMetrics(d, uuid) })
	}
}

// processEnds is the end of a process of web.1: a SIGTERM, and the exit a second later, at d.
func (s *schedule) processEnds(d time.Duration) {
	s.at(d-sec, func() { s.line(d-sec, "web.1", observe.Sigterm) })
	s.at(d, func() { s.line(d, "web.1", observe.Exit) })
}

// looks is a look. Without dynos, it shows web.1 of v42.
func (s *schedule) looks(d time.Duration, dynos ...observe.Dyno) {
	if dynos == nil {
		dynos = []observe.Dyno{newWeb}
	}
	s.at(d, func() { s.look(d, dynos...) })
}

// metricsAnswer is the answer of the platform to the question whether runtime metrics are on.
func (s *schedule) metricsAnswer(d time.Duration, m observe.Metrics) {
	s.at(d, func() { s.apply(d, observe.Observation{Metrics: &m}) })
}

// longOn: runtime metrics have been on for three days.
var longOn = observe.Metrics{Known: true, Enabled: true, ChangedAt: at(-72 * time.Hour)}

// busyApp is how every case begins: the log is whole only from the release on, and a look shows web.1 of v42.
func (s *schedule) busyApp() {
	s.at(0, func() { prebootOn(s.bench); s.logWhole(0, 0) })
	s.metricsAnswer(0, longOn)
	s.looks(6 * sec)
}

// usualCase is a case with proof: the old and the new process report metrics, the old one ends at 50 s, and
// then only the new one reports.
func (s *schedule) usualCase() {
	s.busyApp()
	s.metricsFrom("old", 5*sec, 45*sec)
	s.metricsFrom("new", 8*sec, 108*sec)
	s.processEnds(50 * sec)
}

// play plays the events until a time, or until there is a verdict.
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
