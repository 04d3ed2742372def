// Whether a restart, or a second deploy, gives hidden old processes a new end.

package findings

import (
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// latestKill is when the hidden processes of the release are stopped at the latest, if nothing gives them a new end.
func (v *view) latestKill(old []evidence.Process) (at time.Time) {
	for _, p := range old {
		if end := v.turnedAt(p.Dyno).Add(bootAndTraffic + killsBegin + time.Duration(len(old))*perDyno + slack); end.After(at) {
			at = end
		}
	}
	return at
}

// renews judges whether processes that hid when something was done got their end by that. One that was stopped
// when it would have been anyway shows nothing.
func (v *view) renews(old []evidence.Process, done time.Time, what string) Finding {
	var shown []string
	anyway, either := v.latestKill(v.old(true)), false
	for _, p := range old {
		if !p.Last.After(done) || p.Sigterm.IsZero() {
			continue
		}
		if after := p.Sigterm.Sub(done); after < bootAndTraffic-slack {
			return refuted([]string{v.stopped(p)}, "it was stopped %.1f s after %s", after.Seconds(), what)
		}
		if shown = append(shown, v.stopped(p)); !p.Sigterm.After(anyway) {
			either = true
		}
	}
	switch {
	case len(shown) == 0:
		return notSeen("no old process that hid then was stopped later")
	case either:
		return notSeen("it was stopped 3 minutes or more after %s, but at a time at which it may have been stopped anyway", what)
	}
	return confirmed(shown, "it was stopped 3 minutes or more after %s", what)
}

func restartRenews(v *view) Finding {
	s, done, ok := v.acted("restart ")
	if !ok || !v.run.Preboot {
		return notSeen("nothing was restarted inside the window")
	}
	label := strings.TrimPrefix(s.What, "restart ")
	var old []evidence.Process
	for _, p := range v.old(true) {
		if label == "all" || p.Dyno == label {
			old = append(old, p)
		}
	}
	return v.renews(old, done, "the restart")
}

func deployRenews(v *view) Finding {
	for _, r := range v.run.Releases {
		if r.Code == 3 {
			return v.renews(v.old(true), r.Created, "the second release")
		}
	}
	return notSeen("there was no second deploy")
}
