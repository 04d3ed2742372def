// What the lines of the log tell of the dynos, and what news of its stream does.

package rollout

import (
	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
	"strconv"
	"strings"
	"time"
)

// seeLine takes in a line of the log. It reports whether the line is about a process of a label
// in scope and was new.
func (r *roster) seeLine(l *observe.Line, at time.Duration) bool {
	switch l.Kind {
	case observe.Start, observe.State, observe.Sigterm, observe.Sigkill, observe.Exit, observe.Replace, observe.Sleep, observe.Metric:
	case observe.Fault:
		r.seeFault(l)
		return false
	default:
		return false
	}
	lb := r.labels[l.Label]
	if lb == nil {
		if len(r.labels) >= maxLabels {
			return false // the list still tells of them
		}
		lb, _ = r.label(l.Label, r.guessType(l.Label))
		if r.look != nil { // and it is not in it
			lb.leftAt, lb.bornWatched = at, r.newSinceFirstLook(l.Stamp)
		}
	}
	if l.Kind == observe.Metric {
		lb.seeMetric(l)
		return false
	}
	if l.Stamp.Before(r.log.countFrom) {
		return false
	}
	line := *l
	if l.Kind != observe.Sleep && l.Kind != observe.Sigkill {
		line.Text = ""
	}
	entered := lb.ledger.Enter(line, at)
	if !r.log.flows() && (entered || lb.ledger.Full()) {
		lb.proof = lb.proof.afterLateLine()
	}
	if !entered {
		return false
	}
	r.log.timeLine(l.Stamp, at, r.clock)
	replaced := l.Kind == observe.Replace || l.Kind == observe.State && l.From == "up" && l.To == "starting"
	if replaced && lb.typ == "web" && !r.target.released.IsZero() && l.Stamp.After(r.target.released) {
		r.noteWeb(l.Stamp, at)
	}
	return r.inScope(lb.typ)
}

func (lb *label) seeMetric(l *observe.Line) {
	s := lb.metrics[l.UUID]
	if s == nil {
		if len(lb.metrics) >= maxMetrics {
			return
		}
		s = &sign{first: l.Stamp}
		lb.metrics[l.UUID] = s
	}
	s.last = later(s.last, l.Stamp)
}

// seeFault keeps the last numbered error of a label, and learns from a boot timeout how long the
// app's is: "… failed to bind to $PORT within 60 seconds of launch".
func (r *roster) seeFault(l *observe.Line) {
	if lb := r.labels[l.Label]; lb != nil && !l.Stamp.Before(lb.fault.Stamp) {
		lb.fault = *l
	}
	if !strings.HasPrefix(l.Text, "Error R10 ") {
		return
	}
	_, rest, ok := strings.Cut(l.Text, "within ")
	seconds, _, ok2 := strings.Cut(rest, " seconds")
	if n, err := strconv.Atoi(seconds); ok && ok2 && err == nil && n <= longestBoot {
		r.observedBootTimeout = max(r.observedBootTimeout, time.Duration(n)*time.Second)
	}
}

// seeLog takes in news of the log stream. After a gap the ledgers begin anew: what was lost may
// have been a start.
func (r *roster) seeLog(s *observe.LogStatus, at time.Duration) {
	again := r.log.see(s, at)
	for _, lb := range r.labels {
		switch {
		case again: // what was told again of the time before does not count
			lb.ledger.DropBefore(s.Since)
		case s.State == observe.Gapped:
			lb.ledger = ledger.Ledger{}
			lb.bornWatched, lb.firstRecordCreated = false, time.Time{}
			lb.proof = lb.proof.afterGap()
		}
	}
}
