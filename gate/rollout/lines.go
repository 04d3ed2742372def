// Lines: what the lines of the log report of dynos, and what a change of the log stream means for them.

package rollout

import (
	"strconv"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// seeLine handles a line of the log.
func (r *roster) seeLine(l *observe.Line, at time.Duration) (n news) {
	switch l.Kind {
	case observe.Start, observe.State, observe.Sigterm, observe.Sigkill, observe.Exit, observe.Replace, observe.Sleep, observe.Metric:
	case observe.Fault:
		r.seeFault(l)
		return n
	case observe.API:
		if l.Scaled {
			r.noteScaling(l.Stamp)
		}
		return n
	default:
		return n
	}
	lb := r.labels[l.Label]
	if lb == nil {
		// Looks add labels beyond the bound, too. An old line of a forgotten dyno is no news.
		if len(r.labels) >= maxLabels || !l.Stamp.After(r.forgotten.at(l.Label)) {
			return n
		}
		lb = r.addLabel(l.Label, r.guessType(l.Label), l.Stamp)
		if r.look != nil { // it is not in the newest look
			lb.leftAt = at
		}
	}
	n.phaseOver = l.Kind == observe.Exit && lb.typ.name == "release" && lb.typ.oneOff
	switch {
	case l.Kind == observe.Metric:
		r.seeMetric(lb, l, at)
	case !l.Stamp.Before(r.log.since) && r.enter(lb, *l, at):
		n.counts = lb.typ.inScope
		// A start or a change of state changes the dyno list. A SIGTERM or an exit does not, except on Fir.
		n.changesList = l.Kind == observe.Start || l.Kind == observe.State || l.Kind == observe.Exit && r.fir()
	}
	return n
}

// enter adds a line to the ledger of its label. It reports whether the line was new.
func (r *roster) enter(lb *label, l observe.Line, at time.Duration) bool {
	if !lb.ledger.Enter(l, at) {
		return false
	}
	if !r.log.flows() {
		lb.proof = lb.proof.afterLateLine()
	}
	r.log.timeLine(l.Stamp, at, r.clock)
	if l.Stamp.Before(lb.firstSeen) {
		lb.firstSeen = l.Stamp
	}
	// The hold begins anew when the log announces that a web dyno is replaced.
	replaced := l.Kind == observe.Replace || l.From == "up" && l.To == "starting"
	if replaced && lb.typ.name == "web" {
		r.webRenewals.Note(l.Stamp)
		if l.Stamp.After(r.announcedWeb.created) {
			r.announcedWeb = creation{l.Stamp, at}
		}
	}
	return true
}

// seeFault keeps the last numbered error of a label. An R10 says how long the boot timeout of the app is:
// "… failed to bind to $PORT within 60 seconds of launch".
func (r *roster) seeFault(l *observe.Line) {
	if lb := r.labels[l.Label]; lb != nil && !l.Stamp.Before(lb.fault.Stamp) {
		lb.fault = *l
	}
	if !strings.HasPrefix(l.Text, "Error R10 ") {
		return
	}
	_, rest, _ := strings.Cut(l.Text, "within ")
	seconds, _, _ := strings.Cut(rest, " seconds")
	if n, _ := strconv.Atoi(seconds); n <= longestBoot {
		r.observedBootTimeout = max(r.observedBootTimeout, time.Duration(n)*time.Second)
	}
}

// seeLog handles a change of the log stream. A gap empties every ledger: a lost line may have been a start.
func (r *roster) seeLog(s *observe.LogStatus, at time.Duration) {
	r.log.see(s, at)
	for _, lb := range r.labels {
		switch s.State {
		case observe.Flowing:
			lb.ledger.DropBefore(s.Since)
		case observe.Gapped:
			lb.counted, lb.lostStop = counted{}, lb.killDeadline
			lb.proof = lb.proof.afterGap()
		}
	}
}
