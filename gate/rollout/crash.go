// Crashes: a new dyno that stays crashed, or crashes again and again, ends the wait.

package rollout

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// crashLoop is how many crashes of one dyno within the crash grace are a loop.
const crashLoop = 3

// A crash is when a listed new dyno crashed, in the platform's time and in the gate's. Its zero value is no crash.
type crash struct {
	updated time.Time
	since   time.Duration
}

// noteCrashes adds the crashes of the listed dyno to the fleet, also a crash that only the list shows. It notes whether the
// dyno is crashed now, and since when.
func (s *fleetStatus) noteCrashes(l *labelStatus, at time.Duration) {
	lb, rec := l.label, l.label.record
	if !l.crashCounts() {
		lb.crash = crash{}
		return
	}
	for _, crashed := range l.crashes {
		s.crashes = append(s.crashes, Moment{crashed, lb.name, FromLog})
	}
	if rec.State != "crashed" {
		lb.crash = crash{}
		return
	}
	if len(l.crashes) == 0 {
		s.crashes = append(s.crashes, Moment{rec.UpdatedAt, lb.name, FromAPI})
	}
	if lb.crash == (crash{}) || !lb.crash.updated.Equal(rec.UpdatedAt) { // it was up in between, if it crashed before
		lb.crash = crash{rec.UpdatedAt, l.roster.clock.GateTime(rec.UpdatedAt, at)}
	}
	s.crashedSince = min(s.crashedSince, lb.crash.since)
}

// crashCounts reports whether the crashes of the listed dyno may end the wait.
func (l *labelStatus) crashCounts() bool {
	return l.label.record != nil && !l.oldRecord && !l.label.typ.oneOff
}

// crashed ends the wait when a new dyno stays crashed, or crashes again and again.
func (r *Rollout) crashed() *Verdict {
	for i := range r.status.labels {
		l, lb := &r.status.labels[i], r.status.labels[i].label
		if !l.crashCounts() {
			continue
		}
		if lb.record.State == "crashed" && r.roster.look.AskedAt-lb.crash.since >= r.cfg.CrashGrace {
			return r.crashVerdict(lb, fmt.Sprintf("has been crashed for %s", observe.Span(r.now-lb.crash.since)))
		}
		crashes := l.crashes
		if n := len(crashes); n >= crashLoop && crashes[n-1].Sub(crashes[n-crashLoop]) <= r.cfg.CrashGrace {
			return r.crashVerdict(lb, fmt.Sprintf("crashed %d times within %s", crashLoop, observe.Span(crashes[n-1].Sub(crashes[n-crashLoop]))))
		}
	}
	return nil
}

func (r *Rollout) crashVerdict(lb *label, what string) *Verdict {
	if f := lb.fault; f.Stamp.After(lb.firstNewRecordAt) {
		said, _, _ := strings.Cut(f.Text, " ->")
		what += fmt.Sprintf(" (%s)", said)
	}
	next := "see its last log lines"
	if !r.cfg.UseLog {
		next = "see " + r.client("logs")
	}
	v := newVerdict(DynosCrashed, "new dyno %s of release v%d %s: %s", lb.name, lb.record.Version, what, next)
	v.Dyno = lb.name
	return v
}
