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

// A toldCrash is a crash in the timeline.
type toldCrash struct {
	label string
	at    time.Time
	from  Source
}

// addCrashes adds the crashes of a label's new dynos, also a crash that only the list shows.
func (s *fleetStatus) addCrashes(l *labelStatus) {
	if !l.crashCounts() {
		return
	}
	all := l.balance.CrashesAfter(l.label.firstNewRecordAt)
	for _, at := range all {
		s.addCrash(toldCrash{l.label.name, at, FromLog})
	}
	if rec := l.label.record; rec.State == "crashed" && len(all) == 0 {
		s.addCrash(toldCrash{l.label.name, rec.UpdatedAt, FromAPI})
	}
}

func (s *fleetStatus) addCrash(c toldCrash) {
	s.crashes++
	if s.crashes == 1 || c.at.Before(s.firstCrash.at) {
		s.firstCrash = c
	}
	if c.at.After(s.lastCrash.at) {
		s.lastCrash = c
	}
}

// crashCounts reports whether the crashes of the listed dyno may end the wait.
func (l *labelStatus) crashCounts() bool {
	return l.label.record != nil && !l.oldRecord && !l.label.typ.oneOff
}

// seeCrash notes whether the listed dyno is crashed in a way that counts, and since when.
func (l *labelStatus) seeCrash(at time.Duration) (since time.Duration, crashed bool) {
	lb, rec := l.label, l.label.record
	switch {
	case !l.crashCounts() || rec.State != "crashed":
		lb.crash = crash{}
		return 0, false
	case lb.crash == crash{} || !lb.crash.updated.Equal(rec.UpdatedAt): // it was up in between, if it crashed before
		lb.crash = crash{rec.UpdatedAt, l.roster.clock.GateTime(rec.UpdatedAt, at)}
	}
	return lb.crash.since, true
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
		crashes := l.balance.CrashesAfter(lb.firstNewRecordAt)
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
	return &Verdict{Result: Failed, Reason: DynosCrashed, Dyno: lb.name, Message: fmt.Sprintf("new dyno %s of release v%d %s: %s", lb.name, lb.record.Version, what, next)}
}
