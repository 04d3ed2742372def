// The fold, and what it remembers of a run.

package measure

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// Bounds of what is remembered, as a log never ends.
const (
	mostLabels   = 20_000
	mostLines    = 64 // of one label; the newest are kept
	mostVersions = 16 // of one label
)

// A Measure is what was observed so far. Its zero value is of nothing. It is not safe for concurrent use.
type Measure struct {
	clock   observe.Clock
	doubted bool // the clock of an answer was not believed
	labels  map[string]*label
	asked   time.Duration // when the newest look was asked for

	flowing  bool
	flowedAt time.Duration // when the stream last had news
	live     int           // lines that came as they were written
	// The start of the gate by the line that came the soonest after it was written, and the latest.
	soonest, latest time.Time
}

// A label is what is remembered of one.
type label struct {
	lines   []line    // by their stamps
	dropped time.Time // the last stamp of those that are not kept
	// states are those of its records by their versions, as each was last listed.
	states map[int]string

	record  string        // the id of the record that is listed
	created time.Time     // and when it was made
	listed  time.Duration // when the last look was asked for that shows it
	// upAt is when the first look came that shows the listed record up, and notUp when the last one before
	// that was asked for. -1: there is none.
	notUp, upAt time.Duration
}

// A line is what is remembered of a line of the log.
type line struct {
	at       time.Time
	kind     observe.LineKind
	from, to string
}

// See takes in an observation.
func (m *Measure) See(o observe.Observation) {
	m.clock.Learn(o)
	m.doubted = m.doubted || !o.Runner.IsZero()
	switch {
	case o.Look != nil && o.Look.AskedAt >= m.asked: // else it was overtaken by a newer one
		m.asked = o.Look.AskedAt
		for i := range o.Look.Dynos {
			m.seeRecord(&o.Look.Dynos[i], o.At)
		}
	case o.Log != nil:
		m.flowing, m.flowedAt = o.Log.State == observe.Flowing, o.At
	case o.Line != nil:
		m.seeLine(o.Line, o.At)
	}
}

// of is what is remembered of a label; nil if there are too many.
func (m *Measure) of(name string) *label {
	l := m.labels[name]
	if l == nil && len(m.labels) < mostLabels {
		if m.labels == nil {
			m.labels = map[string]*label{}
		}
		l = &label{states: map[int]string{}, listed: -1, notUp: -1, upAt: -1}
		m.labels[name] = l
	}
	return l
}

// seeRecord takes in a listed dyno.
func (m *Measure) seeRecord(d *observe.Dyno, at time.Duration) {
	l := m.of(d.Name)
	if l == nil {
		return
	}
	if _, known := l.states[d.Version]; known || len(l.states) < mostVersions {
		l.states[d.Version] = d.State
	}
	if d.ID != l.record {
		l.record, l.created, l.notUp, l.upAt = d.ID, d.CreatedAt, l.listed, -1
	}
	l.listed = m.asked
	switch {
	case l.upAt >= 0: // whatever becomes of it
	case d.State == "up":
		l.upAt = at
	default:
		l.notUp = m.asked
	}
}

// seeLine takes in a line that tells of a process.
func (m *Measure) seeLine(o *observe.Line, at time.Duration) {
	switch o.Kind {
	case observe.Start, observe.State, observe.Sigterm, observe.Exit:
	default:
		return
	}
	l := m.of(o.Label)
	if l == nil || !l.enter(line{o.Stamp, o.Kind, o.From, o.To}) {
		return
	}
	// What was written before the stream was opened is not late.
	if opened := m.clock.Latest(m.flowedAt); m.flowing && !opened.IsZero() && o.Stamp.After(opened) {
		began := o.Stamp.Add(-at)
		if began.After(m.soonest) {
			m.soonest = began
		}
		if m.live == 0 || began.Before(m.latest) {
			m.latest = began
		}
		m.live++
	}
}

// enter remembers a line, once. It reports whether it was new.
func (l *label) enter(n line) bool {
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
