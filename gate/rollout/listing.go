// What a look at the lists tells of the dynos.

package rollout

import (
	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
	"time"
)

// seeLook takes in a look at the lists.
func (r *roster) seeLook(l *observe.Look, at time.Duration) {
	r.look = l
	if r.firstLook == nil {
		r.firstLook = l
	}
	r.seeFormation(l, at)
	listed := map[string]bool{}
	for i := range l.Dynos {
		listed[l.Dynos[i].Name] = true
		r.seeRecord(&l.Dynos[i], at)
	}
	for _, lb := range r.labels {
		if !listed[lb.name] {
			if lb.leftAt == 0 {
				lb.leftAt = at
			}
			lb.record = nil
		}
	}
	r.forget(at)
}

func (r *roster) seeRecord(d *observe.Dyno, at time.Duration) {
	lb, made := r.label(d.Name, d.Type) // of a label of the log the type was a guess
	if made {
		lb.bornWatched = r.newSinceFirstLook(d.CreatedAt)
	}
	if lb.lowest == 0 || d.Version < lb.lowest {
		lb.lowest = d.Version
	}
	if rec := lb.record; rec == nil || rec.ID != d.ID || rec.Version != d.Version || !rec.CreatedAt.Equal(d.CreatedAt) {
		lb.recordSeen = at
	}
	if lb.firstRecordCreated.IsZero() && r.logWholeAt(r.look.AskedAt) {
		lb.firstRecordCreated = d.CreatedAt
	}
	lb.record, lb.leftAt = d, 0
	r.compareWithTarget(lb)
}

// newSinceFirstLook reports whether a label that no look has shown so far came into being after
// the first look, with the log being whole: nothing ran under it before.
func (r *roster) newSinceFirstLook(created time.Time) bool {
	if r.firstLook == nil || !r.log.flows() || r.log.since.IsZero() || r.log.since.After(created) {
		return false
	}
	first := r.clock.Platform(r.firstLook.AskedAt)
	return !first.IsZero() && created.After(first.Add(ledger.StampSlack)) && len(r.firstLook.Dynos) > 0
}

// logWholeAt reports whether the log was whole at the moment.
func (r *roster) logWholeAt(at time.Duration) bool {
	now := r.clock.Platform(at)
	return r.log.flows() && !r.log.since.IsZero() && !now.IsZero() && !now.Before(r.log.since)
}

// compareWithTarget takes in what the record of a label says of new dynos.
func (r *roster) compareWithTarget(lb *label) {
	d := lb.record
	if r.target.version == 0 {
		return
	}
	isNew := !r.old(d)
	r.isNew[d.ID] = isNew || r.isNew[d.ID]
	if !isNew {
		return
	}
	if lb.firstNewRecordAt.IsZero() {
		lb.firstNewRecordAt = d.CreatedAt
	}
	if lb.typ == "web" {
		r.noteWeb(d.CreatedAt, lb.recordSeen)
	}
	if d.State == "up" && lb.upAt.IsZero() {
		lb.upAt = d.UpdatedAt
	}
}

// noteWeb notes that a new web dyno was created or announced, which begins the hold anew.
func (r *roster) noteWeb(created time.Time, seen time.Duration) {
	if created.After(r.newestWeb.created) {
		r.newestWeb.created, r.newestWeb.seen = created, seen
	}
}

// aim compares all that is known with a target that has just become known.
func (r *roster) aim(version int, released time.Time) {
	r.target.version, r.target.released = version, released
	r.newestWeb.created = time.Time{}
	for _, t := range r.types {
		t.logCovers = false
	}
	for _, lb := range r.labels {
		lb.proof, lb.firstNewRecordAt, lb.upAt = proof{}, time.Time{}, time.Time{}
		lb.firstStop, lb.lastStop = time.Time{}, time.Time{}
		if lb.record != nil {
			r.compareWithTarget(lb)
		}
	}
}

// forget drops one-off dynos that are gone: an app that starts one for every job starts thousands
// in the time of a wait, each under a new name. In scope, only those are dropped that the log saw
// end, and that never kept the gate shut.
func (r *roster) forget(at time.Duration) {
	if r.target.version == 0 {
		return // it is not known yet which are old
	}
	for name, lb := range r.labels {
		if !r.oneOff(lb.typ) || lb.record != nil || at-lb.leftAt <= oneOffLife || at-lb.ledger.ChangedAt() <= oneOffLife {
			continue
		}
		if !r.inScope(lb.typ) || lb.ledger.ExitAt() > 0 && !r.wasOld(lb) {
			delete(r.labels, name)
			r.order = nil
		}
	}
}
