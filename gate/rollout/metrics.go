// Runtime metrics: what they say of the processes of a label, listed or not.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

const (
	// Each running dyno reports about every 20 s ("Log Runtime Metrics", Dev Center). When three reports are missing,
	// the process counts as ended.
	metricLife = 60 * time.Second
	// Reports that are no further apart than this show that the log flows: those of other processes would have arrived,
	// too.
	metricPause = 30 * time.Second
	// A process reports only if it was started after metrics were switched on ("Log Runtime Metrics", Dev Center). No
	// process is older than a day, since dynos are restarted daily ("Automatic Dyno Restarts", Dev Center); the rest
	// is slack.
	longestRun = 48 * time.Hour
)

// runtimeMetrics is what the gate knows about the app's metrics.
type runtimeMetrics struct {
	feature observe.Metrics
	newest  time.Time // the last report of any process
	// nameDynos: the ids in the reports are those of the dyno list. That is not documented, but was observed in
	// this run.
	nameDynos bool
}

// reports are the reports of one process.
type reports struct {
	first, last time.Time
	lastAt      time.Duration // when the last one arrived
	steadyAt    time.Duration // when the first one after the last long pause arrived
}

func (r *roster) seeMetric(lb *label, l *observe.Line, at time.Duration) {
	if l.Stamp.After(r.metrics.newest) {
		r.metrics.newest = l.Stamp
	}
	s := lb.metrics[l.UUID]
	if s == nil {
		if len(lb.metrics) >= maxMetrics {
			return
		}
		s = &reports{first: l.Stamp, lastAt: at, steadyAt: at}
		lb.metrics[l.UUID] = s
	}
	if !l.Stamp.After(s.last) {
		return // repeated, or late
	}
	if at-s.lastAt > metricPause {
		s.steadyAt = at
	}
	s.last, s.lastAt, lb.reporter = l.Stamp, at, s
}

// aliveByMetrics is aliveByMetricsUntil and noReportSince of the evidence. Only reports after the last known exit count.
// A process is old if it reported before the target's release, or if its uuid is the id of a listed old dyno. (It is not
// documented that the two are the same, so only a match counts.)
func (e *evidence) aliveByMetrics() (until time.Duration, noReportSince bool) {
	// A gap empties the ledger, but the label remembers its last exit.
	knownExit := later(e.balance.LastExit, e.label.stops.Last).Add(ledger.StampSlack)
	r, target := e.roster, e.roster.target
	var last time.Time
	var seen time.Duration // when the last report arrived
	for uuid, s := range e.label.metrics {
		version, listed := r.versions[uuid]
		old := version < target.version && (listed || s.first.Before(target.released))
		if old && s.last.After(knownExit) && s.last.After(last) {
			last, seen = s.last, s.lastAt
		}
	}
	if last.IsZero() {
		return longAgo, false
	}
	return r.clock.GateTime(last, seen) + metricLife, !r.metrics.newest.After(last.Add(metricLife / 2))
}

// allReport reports whether every running process is sure to report, since metrics were on when it was started.
func (r *roster) allReport() bool {
	m := r.metrics.feature
	return m.Enabled && !m.ChangedAt.IsZero() && m.ChangedAt.Before(r.target.released.Add(-longestRun))
}

// listedAlone reports whether metrics prove that no other process of the label runs beside the listed dyno. They do if
//
//   - all processes report, and in this run another one did report beside the listed dyno;
//   - the log shows an exit after the last report of each other process;
//   - for a minute since then, only the listed dyno has reported;
//   - there is no other doubt, such as that something starts or stops.
//
// If so, it also returns the exits.
func (e *evidence) listedAlone(t *timer) (ends ledger.Stops, alone bool) {
	r, lb := e.roster, e.label
	own := e.ownReports()
	if own == nil {
		return ends, false
	}
	ends = lb.ledger.StopsSince(r.target.released)
	if !e.othersEnded(own, ends.Last) || firstDoubt(hardDoubts, e, t) != "" {
		return ends, false
	}
	from := max(r.log.wholeAt, e.due(lb.record.UpdatedAt, 0), own.steadyAt-metricPause)
	for _, s := range lb.metrics {
		if s != own {
			from = max(from, s.lastAt, e.due(s.last, 0))
		}
	}
	if t.pending(from+metricLife+r.log.lineDelay) || !t.pending(own.lastAt+metricPause) {
		return ends, false
	}
	t.askMetrics = !r.metrics.feature.Known
	return ends, r.allReport()
}

// ownReports are the reports of the listed dyno, if it is up. Without ids that match, they are those of the process that
// reported last, if it can be the listed one. nil: it is not known which they are.
func (e *evidence) ownReports() *reports {
	lb, rec := e.label, e.label.record
	if rec == nil || rec.State != "up" || len(lb.metrics) >= maxMetrics {
		return nil
	}
	own := lb.reporter
	if e.roster.metrics.nameDynos {
		own = lb.metrics[rec.ID]
	}
	if own == nil || own.first.Before(rec.CreatedAt) {
		return nil
	}
	return own
}

// othersEnded reports whether another process of the label did report beside the listed one, which shows that processes
// report that are not listed, and whether the last exit came after the last report of each.
func (e *evidence) othersEnded(own *reports, exit time.Time) bool {
	beside := false
	for _, s := range e.label.metrics {
		if s == own {
			continue
		}
		beside = beside || s.last.After(own.first.Add(ledger.StampSlack))
		if s.last.After(exit.Add(ledger.StampSlack)) {
			return false
		}
	}
	return beside
}
