// What is remembered of the observations of a run.

package measure

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// How much is remembered at most, since a log never ends.
const (
	mostLabels   = 20_000
	mostLines    = 64 // of one label; the newest are kept
	mostVersions = 16 // of one label
)

// A Measure is what was observed so far. The zero value is ready for use. It is not safe for concurrent use.
type Measure struct {
	clock   observe.Clock
	doubted bool // the Date of an answer was not believed
	labels  map[string]*label
	askedAt time.Duration // when the newest look was asked for

	flowing   bool
	flowedAt  time.Duration // when the state of the log was last reported
	liveLines int           // lines that were written while the log was read
	// When the gate started, computed from a live line as if that line had come without delay. soonest comes
	// from the line with the shortest delay, and is the latest time; latest comes from the line with the
	// longest delay.
	soonest, latest time.Time
}

// A label is what is remembered of one label.
type label struct {
	lines   []line         // in the order of their stamps
	dropped time.Time      // the newest stamp of the lines that were dropped
	states  map[int]string // version -> state, of its records as they were last listed

	record   string        // the id of the listed record
	created  time.Time     // when that record was made
	listedAt time.Duration // when the newest look was asked for that shows a record
	// upAt is when the first look came that shows the listed record as up. notUpAt is when the last look before
	// was asked for. -1: there is none.
	notUpAt, upAt time.Duration
}

// A line is what is remembered of a line of the log.
type line struct {
	at       time.Time
	kind     observe.LineKind
	from, to string
}

// See records an observation.
func (m *Measure) See(o observe.Observation) {
	m.clock.Learn(o)
	m.doubted = m.doubted || !o.Runner.IsZero()
	switch {
	case o.Look != nil && o.Look.AskedAt >= m.askedAt: // otherwise the answer to a newer look came first
		m.askedAt = o.Look.AskedAt
		for i := range o.Look.Dynos {
			m.addRecord(&o.Look.Dynos[i], o.At)
		}
	case o.Log != nil:
		m.flowing, m.flowedAt = o.Log.State == observe.Flowing, o.At
	case o.Line != nil:
		m.addLine(o.Line, o.At)
	}
}

// label returns what is remembered of a label; nil if there are too many labels.
func (m *Measure) label(name string) *label {
	l := m.labels[name]
	if l == nil && len(m.labels) < mostLabels {
		if m.labels == nil {
			m.labels = map[string]*label{}
		}
		l = &label{states: map[int]string{}, listedAt: -1, notUpAt: -1, upAt: -1}
		m.labels[name] = l
	}
	return l
}

// addRecord records a listed dyno.
func (m *Measure) addRecord(d *observe.Dyno, at time.Duration) {
	l := m.label(d.Name)
	if l == nil {
		return
	}
	if _, known := l.states[d.Version]; known || len(l.states) < mostVersions {
		l.states[d.Version] = d.State
	}
	if d.ID != l.record {
		l.record, l.created, l.notUpAt, l.upAt = d.ID, d.CreatedAt, l.listedAt, -1
	}
	l.listedAt = m.askedAt
	switch {
	case l.upAt >= 0: // only the first time counts
	case d.State == "up":
		l.upAt = at
	default:
		l.notUpAt = m.askedAt
	}
}

// addLine records a line about a process.
func (m *Measure) addLine(o *observe.Line, at time.Duration) {
	switch o.Kind {
	case observe.Start, observe.State, observe.Sigterm, observe.Exit:
	default:
		return
	}
	l := m.label(o.Label)
	if l == nil || !l.add(line{o.Stamp, o.Kind, o.From, o.To}) {
		return
	}
	// A line that was written before the stream was opened is not late.
	_, start, _ := m.clock.Starts()
	if m.flowing && !start.IsZero() && o.Stamp.After(start.Add(m.flowedAt)) {
		began := o.Stamp.Add(-at)
		if began.After(m.soonest) {
			m.soonest = began
		}
		if m.liveLines == 0 || began.Before(m.latest) {
			m.latest = began
		}
		m.liveLines++
	}
}

// add remembers a line, and reports whether it was new.
func (l *label) add(n line) bool {
	if slices.Contains(l.lines, n) {
		return false
	}
	i, _ := slices.BinarySearchFunc(l.lines, n, func(a, b line) int { return a.at.Compare(b.at) })
	l.lines = slices.Insert(l.lines, i, n)
	if len(l.lines) > mostLines {
		l.dropped = l.lines[0].at
		l.lines = slices.Delete(l.lines, 0, 1)
	}
	return true
}
