// What would help the core along: the looks and answers that it waits for.

package oldcore

import "time"

// Wants is what the core would like to be told next.
type Wants struct {
	// Ready: only a fresh full look is missing for the gate to open.
	Ready bool
	// Changed: something happened that the newest look may not show. More: by the log it
	// is not the last thing that is waited for.
	Changed, More bool
	// Told: the log tells of whatever changes the lists, so that looks only guard
	// against lines that are lost. It is not established that it does on Fir.
	Told bool
	// Quiet: the log flows and every new dyno is up, or the release is still awaited, so
	// only the log brings news. Awaited: it is the release, or the list of releases.
	Quiet, Awaited bool
	// Full: the dyno list alone will not do for the next look.
	Full bool
	// WakeAt is when time alone may change the verdict; 0 if it will not.
	WakeAt time.Duration
	// LookAt is when a look at the dyno list would settle a doubt; 0: there is none.
	LookAt time.Duration
	// Releases is how many of the newest releases a full look should bring.
	Releases int
	// Codes are the slugs and images whose commit is not known and matters.
	Codes []CodeRef
	// Preboot: the answer to whether preboot is on is missing, or too old.
	Preboot bool
	// Flowing: the log tells of what happens.
	Flowing bool
	// Builds: the newest builds may tell why the release does not appear.
	Builds bool
}

// What the log tells of a release the lists show after apiSoon as a rule, and by apiLag
// at the latest, as is assumed (captures: API lines come up to 37 s late).
const (
	apiSoon = 2 * time.Second
	apiLag  = 40 * time.Second
)

// Wants tells what would help the core along.
func (r *Rollout) Wants() Wants {
	w := Wants{
		Ready:    r.readyAt >= 0 && r.now >= r.readyAt+r.cfg.Settle,
		Releases: r.target.ask(),
		Codes:    r.target.codesWanted(),
		Builds:   r.cfg.Want.Commit != "" && r.target.rel == nil || !r.target.built && r.longAgo(),
	}
	rel := r.target.rel
	waits := rel == nil || rel.Status != "succeeded"
	wanted, up, _ := r.sums()
	w.Flowing, w.Awaited = r.fleet.log == Flowing, waits || r.doubtAt >= 0
	settled := r.apiAt == 0 || r.now-r.apiAt > apiLag
	doubtful := r.doubtAt >= 0
	fresh := doubtful && r.now-r.doubtAt <= apiLag
	w.Told = w.Flowing && r.fleet.app.ID != "" && !r.fleet.fir() && (settled || !waits) && !fresh
	api := r.full == nil || r.apiAt > r.full.AskedAt
	w.Changed = r.dirty || r.behind() || r.target.deeper()
	w.More = r.dirty && !api && !r.survey.upByLog && !r.behind() && !r.target.deeper()
	switch {
	case r.target.ahead() || fresh:
	case waits || doubtful:
		w.Quiet = w.Told
	default:
		w.Quiet = w.Flowing && up >= wanted && r.listed() == 0
	}
	w.Preboot = !r.fleet.preboot.Known || r.prebootAt < r.targetAt || r.fleet.prebootStale() && up >= wanted || r.now-r.prebootAt > prebootLife
	w.Full = waits || w.Ready || api || r.target.ahead() || doubtful || r.target.deeper()
	wake := func(at time.Duration) {
		if at > r.now && at != never && (w.WakeAt == 0 || at < w.WakeAt) {
			w.WakeAt = at
		}
	}
	for _, t := range r.survey.types {
		if t.Basis == "" {
			wake(t.HoldUntil)
		}
	}
	if r.survey.wake != 0 {
		wake(r.survey.wake)
	}
	if r.cfg.Settle > 0 && r.readyAt >= 0 {
		wake(r.readyAt + r.cfg.Settle)
	}
	if r.survey.lookAt != never {
		w.LookAt = r.survey.lookAt
	}
	if rel != nil && r.fleet.look != nil && r.suspect() && (w.LookAt == 0 || listLag < w.LookAt) {
		w.LookAt = listLag
	}
	if soon := r.apiAt + apiSoon; waits && !settled && r.full != nil && r.full.AskedAt < soon && (w.LookAt == 0 || soon < w.LookAt) {
		w.LookAt = soon
	}
	if r.unknownType() != "" && rel != nil && rel.Status == "succeeded" {
		if at := r.clock.elapsed(rel.UpdatedAt.Add(listLag), never); w.LookAt == 0 || at < w.LookAt {
			w.LookAt, w.Full = at, true
		}
	}
	for _, c := range r.crashSince {
		if at := c.since + r.cfg.CrashGrace; w.LookAt == 0 || at < w.LookAt {
			w.LookAt = at
		}
	}
	return w
}

// behind tells whether the log knows more than the lists show, so that a newer look
// is worth its price.
func (r *Rollout) behind() bool {
	return r.target.heard > r.target.releases.newest || r.survey.behind
}
