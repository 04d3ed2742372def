// Looks: what a look at the platform's lists shows of dynos and process types.

package rollout

import (
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

func (r *roster) seeLook(l *observe.Look, at time.Duration) {
	if r.look != nil {
		r.lookBefore = r.look.AskedAt
	}
	r.look, r.lookCame = l, at
	if r.firstLook == nil {
		r.firstLook = l
	}
	if r.waitLook == nil || r.waitLook.AskedAt < r.waitFrom {
		r.waitLook = l
	}
	if l.Releases != nil {
		r.seeReleases(l.Releases)
	}
	r.seeTypes(l, at)
	logWhole := !r.log.since.IsZero() && !r.clock.Platform(l.AskedAt).Before(r.log.since)
	listed := map[string]*observe.Dyno{} // of two records of one label, that of the lower version
	for i := range l.Dynos {
		if d := &l.Dynos[i]; listed[d.Name] == nil || d.Version < listed[d.Name].Version {
			listed[d.Name] = d
		}
	}
	for _, d := range listed {
		r.seeRecord(d, at, logWhole)
	}
	for _, lb := range r.labels {
		if listed[lb.name] == nil {
			r.seeMissing(lb, at)
		}
	}
	r.forget(at)
}

// seeReleases notes when releases were made and finished. A failed release replaces no dynos.
func (r *roster) seeReleases(releases []observe.Release) {
	r.releasedAt, r.replacedAt = r.releasedAt[:0], r.replacedAt[:0]
	for _, rel := range releases {
		r.releasedAt = append(r.releasedAt, rel.CreatedAt, rel.UpdatedAt)
		if rel.Status != "failed" {
			r.replacedAt = append(r.replacedAt, rel.CreatedAt, rel.UpdatedAt)
		}
	}
	slices.SortFunc(r.replacedAt, time.Time.Compare)
}

// seeRecord handles a listed dyno. logWhole: the log begins before the look was asked for.
func (r *roster) seeRecord(d *observe.Dyno, at time.Duration, logWhole bool) {
	lb := r.labels[d.Name]
	if lb == nil {
		lb = r.addLabel(d.Name, r.types[d.Type], d.CreatedAt)
	}
	if lb.lowestVersion == 0 && r.look != r.firstLook && len(r.firstLook.Dynos) > 0 {
		lb.lateRecordID, lb.lackedAt = d.ID, r.lookBefore
	}
	if t := r.types[d.Type]; lb.typ != t { // it was guessed from a line of the log
		lb.typ, r.order = t, nil
	}
	if lb.lowestVersion == 0 || d.Version < lb.lowestVersion {
		lb.lowestVersion = d.Version
	}
	if rec := lb.record; rec == nil || rec.ID != d.ID || rec.Version != d.Version || !rec.CreatedAt.Equal(d.CreatedAt) {
		lb.recordSeen = at
		// A one-off dyno can get the name of an earlier one, which left the list before, or between the two looks.
		if lb.oldLeftAt = lb.leftAt; rec != nil {
			lb.oldLeftAt = at
		}
		if d.Type == "web" && d.ID != lb.lateRecordID {
			r.webRenewals.Note(d.CreatedAt)
		}
	}
	if lb.hiddenSince.IsZero() && logWhole {
		lb.hiddenSince = d.CreatedAt
		switch d.State {
		case "up":
			lb.ranAt = r.clock.Platform(r.look.AskedAt)
		case "idle", "down": // its own process was asked to stop when it fell asleep
			lb.hiddenSince = d.UpdatedAt
		}
	}
	lb.record, lb.leftAt, lb.listedAt = d, 0, r.look.AskedAt
	r.versions[d.ID] = d.Version
	r.metrics.nameDynos = r.metrics.nameDynos || lb.metrics[d.ID] != nil
	r.noteNew(lb)
}

// addLabel adds a label. then is the time of the event that first reported it.
func (r *roster) addLabel(name string, typ *processType, then time.Time) *label {
	lb := &label{name: name, typ: typ, metrics: map[string]*reports{}, firstSeen: then, killDeadline: longAgo, lostStop: longAgo}
	r.labels[name], r.order = lb, nil
	return lb
}

// guessType guesses the process type of a label that was never listed: the longest known type that the label
// begins with, or else the part before the dot, as in run.1234.
func (r *roster) guessType(label string) *processType {
	best := ""
	for name := range r.types {
		if len(name) > len(best) && (strings.HasPrefix(label, name+".") || strings.HasPrefix(label, name+"-")) {
			best = name
		}
	}
	if best == "" {
		best, _, _ = strings.Cut(label, ".")
	}
	return r.processType(best)
}

// noteNew notes what the record of a label shows, if it is that of a new dyno.
func (r *roster) noteNew(lb *label) {
	d := lb.record
	if d == nil || r.old(d) {
		return
	}
	if lb.firstNewRecordAt.IsZero() {
		lb.firstNewRecordAt = d.CreatedAt
	}
	if d.CreatedAt.After(lb.newest.created) {
		lb.newest = creation{d.CreatedAt, lb.recordSeen}
	}
	if d.State == "up" && lb.upAt.IsZero() {
		lb.upAt = d.UpdatedAt
	}
}

// seeMissing handles a label that is not listed.
func (r *roster) seeMissing(lb *label, at time.Duration) {
	// A pod that only the log has reported may have been listed between two looks. It counts as gone from the list only
	// since a look that was asked for after the log had reported it.
	if lb.leftAt == 0 || !lb.missed && r.look.AskedAt > lb.leftAt && (r.fir() || lb.typ.oneOff) {
		lb.leftAt, lb.missed = at, true
	}
	if lb.record != nil {
		last := *lb.record // a copy: a pointer would keep the whole look
		lb.lastRecord, lb.record = &last, nil
	}
}

// forget drops one-off dynos that are gone. An app that starts one for every job starts thousands during a wait,
// each under a new name. Old ones stay: they may have kept the gate shut.
func (r *roster) forget(at time.Duration) {
	if r.target.version == 0 {
		return // it is not known yet which are old
	}
	for name, lb := range r.labels {
		if lb.typ.oneOff && !r.wasOld(lb) && at-max(lb.listedAt, lb.leftAt, lb.ledger.ChangedAt()) > oneOffLife {
			delete(r.labels, name)
			r.order = nil
			r.forgotten.add(name, r.clock.Platform(at))
		}
	}
}
