// Runtime metrics: what they tell of the processes of a label, be they listed or not.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

const (
	// Runtime metrics come about every 20 s for each running dyno ("Log Runtime Metrics", Dev
	// Center): three missed, and they are no longer evidence of life.
	metricLife = 60 * time.Second
	// A process that reports without a longer pause than this is alive, and the log flows: what
	// else reports every 20 s would have been heard of, too.
	metricPause = 30 * time.Second
	// A process reports only if it was started after metrics were switched on ("Log Runtime Metrics",
	// Dev Center). None is older: dynos are restarted once a day ("Automatic Dyno Restarts", Dev
	// Center), and there is as much room again.
	longestRun = 48 * time.Hour
)

// runtimeMetrics is what is known of the app's.
type runtimeMetrics struct {
	feature observe.Metrics
	newest  time.Time // the last report of any process
	// nameDynos: their ids are those of the dyno list. That is not established, but seen.
	nameDynos bool
}

// reports are those of one process, by their stamps, and when the gate heard of them: the last, and the
// first behind the last long pause.
type reports struct {
	first, last      time.Time
	lastAt, steadyAt time.Duration
}

func (r *roster) seeMetric(lb *label, l *observe.Line, at time.Duration) {
	r.metrics.newest = later(r.metrics.newest, l.Stamp)
	s := lb.metrics[l.UUID]
	if s == nil {
		if len(lb.metrics) >= maxMetrics {
			return
		}
		s = &reports{first: l.Stamp, lastAt: at, steadyAt: at}
		lb.metrics[l.UUID] = s
	}
	if !l.Stamp.After(s.last) {
		return // one that is told again, or late
	}
	if at-s.lastAt > metricPause {
		s.steadyAt = at
	}
	s.last, s.lastAt, lb.reporter = l.Stamp, at, s
}

// lastMetric is the last sign of life of an old process of the label that its ledger does not
// explain; zero if there is none. A process is old if it reported before the target's release,
// or if its uuid is that of an old dyno of the list (whether the two are the same thing is not
// established, so only a match counts).
func (e *evidence) lastMetric() time.Time {
	// After a gap the ledger does not know of an exit any more that was remembered.
	explained := later(e.balance.LastExit, e.label.lastStop).Add(ledger.StampSlack)
	target, last := e.roster.target, time.Time{}
	for uuid, s := range e.label.metrics {
		version, listed := e.roster.versions[uuid]
		old := version < target.version && (listed || s.first.Before(target.released))
		if old && s.last.After(explained) {
			last = later(last, s.last)
		}
	}
	return last
}

// allReport reports whether every process that can run was started after metrics were switched on.
func (r *roster) allReport() bool {
	m := r.metrics.feature
	return m.Enabled && !m.ChangedAt.IsZero() && m.ChangedAt.Before(r.target.released.Add(-longestRun))
}

// listedAlone reports whether metrics prove that the listed dyno of a label is alone: in this run another process
// was heard of beside it, the log shows an exit since that was heard of last, and for a minute only
// the listed one has reported, while nothing says that anything starts or stops.
func (e *evidence) listedAlone(t *timer) bool {
	r, lb := e.roster, e.label
	own := e.ownReports()
	if own == nil || !e.endsHeard(own) || firstDoubt(hardDoubts, e, t) != "" {
		return false
	}
	from := max(r.log.wholeAt, e.due(lb.record.UpdatedAt, 0), own.steadyAt-metricPause)
	for _, s := range lb.metrics {
		if s != own {
			from = max(from, s.lastAt, e.due(s.last, 0))
		}
	}
	if t.pending(from+metricLife+r.log.lineDelay) || !t.pending(own.lastAt+metricPause) {
		return false
	}
	t.askMetrics = !r.metrics.feature.Known
	return r.allReport()
}

// ownReports are those of the listed dyno, if it is up: of the process that was the last to report, if it can be
// the listed one. nil if that cannot be told.
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

// endsHeard reports whether another process of the label has reported beside the listed one, so that
// processes that are not listed do, and whether the log shows an exit since the last report of any.
func (e *evidence) endsHeard(own *reports) bool {
	_, end := e.label.ledger.Ends(e.roster.target.released)
	beside := false
	for _, s := range e.label.metrics {
		if s == own {
			continue
		}
		beside = beside || s.last.After(own.first.Add(ledger.StampSlack))
		if s.last.After(end.Add(ledger.StampSlack)) {
			return false
		}
	}
	return beside
}
