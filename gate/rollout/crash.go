// Crashes of new dynos: one that stays crashed, or crashes again and again, ends the wait.

package rollout

import (
	"fmt"
	"strings"
	"time"
)

// crashLoop is how many crashes of one dyno within the grace are a loop.
const crashLoop = 3

// A crash is when a listed new dyno crashed, by the platform's clock and by the gate's own. Its
// zero value is none.
type crash struct {
	updated time.Time
	since   time.Duration
}

// seeCrash notes whether the listed dyno is a new one that is crashed, and since when.
func (lb *label) seeCrash(r *roster, at time.Duration) {
	rec := lb.record
	switch {
	case rec == nil || rec.State != "crashed" || r.old(rec) || r.oneOff(lb.typ):
		lb.crash = crash{}
	case lb.crash == crash{} || !lb.crash.updated.Equal(rec.UpdatedAt): // it was up in between
		lb.crash = crash{rec.UpdatedAt, r.clock.Elapsed(rec.UpdatedAt, at)}
	}
}

// crashedSince is since when a listed new dyno is crashed, of all of them the first; false if none
// is.
func (s *fleetStatus) crashedSince() (since time.Duration, is bool) {
	for i := range s.labels {
		e := &s.labels[i].evidence
		if e.crash != (crash{}) && (!is || e.crash.since < since) {
			since, is = e.crash.since, true
		}
	}
	return since, is
}

// crashed ends the wait when a new dyno stays crashed, or crashes again and again.
func (r *Rollout) crashed() *Verdict {
	for i := range r.status.labels {
		e := &r.status.labels[i].evidence
		if e.record == nil || e.old(e.record) || e.oneOff(e.typ) {
			continue
		}
		if e.record.State == "crashed" && e.look.AskedAt-e.crash.since >= r.cfg.CrashGrace {
			return r.crashVerdict(e.label, fmt.Sprintf("has been crashed for %s", Short(r.now-e.crash.since)))
		}
		var crashes []time.Time
		for _, c := range e.balance.Crashes {
			if c.After(e.firstNewRecordAt) {
				crashes = append(crashes, c)
			}
		}
		if n := len(crashes); n >= crashLoop && crashes[n-1].Sub(crashes[n-crashLoop]) <= r.cfg.CrashGrace {
			return r.crashVerdict(e.label, fmt.Sprintf("crashed %d times within %s", crashLoop, Short(crashes[n-1].Sub(crashes[n-crashLoop]))))
		}
	}
	return nil
}

func (r *Rollout) crashVerdict(lb *label, what string) *Verdict {
	if f := lb.fault; f.Stamp.After(lb.firstNewRecordAt) && !lb.firstNewRecordAt.IsZero() {
		said, _, _ := strings.Cut(f.Text, " ->")
		what += fmt.Sprintf(" (%s)", said)
	}
	next := "see its last log lines"
	if !r.cfg.UseLog {
		next = "see \"heroku logs\""
	}
	return &Verdict{Result: Failed, Reason: DynosCrashed, Dyno: lb.name, Message: fmt.Sprintf("new dyno %s of release v%d %s: %s", lb.name, lb.record.Version, what, next)}
}
