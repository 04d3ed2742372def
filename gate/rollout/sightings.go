// Sightings: what a look at the lists and the lines of the log tell of the dynos.

package rollout

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// Bounds of what is kept of a log that never ends. An app has at most some thousand dynos,
// and a label some processes in the time of a wait.
const (
	maxLabels  = 20_000
	maxMetrics = 200
	// oneOffLife is how long a one-off dyno is remembered that is not listed any more: until
	// lines of it that come late have come.
	oneOffLife = 5 * time.Minute
	// maxForgotten is how many names of such dynos are kept, so that their old lines are not taken
	// for news. The history of a log has 1,500 lines at the most ("Logging", Dev Center).
	maxForgotten = 2000
)

// news is what an observation was to the roster.
type news struct {
	counts      bool // a new line about a process in scope
	changesList bool // and what it tells of changes the dyno list
	phaseOver   bool // a release phase has ended
}

// see takes in what an observation tells of the app and its dynos.
func (r *roster) see(o observe.Observation, at time.Duration) (n news) {
	switch {
	case o.App != nil:
		r.app = *o.App
	case o.Preboot != nil:
		// An answer that did not come does not undo one that did, unless that is too old.
		if o.Preboot.Known || r.prebootStale() {
			r.preboot = *o.Preboot
		}
		r.prebootEverOn = r.prebootEverOn || o.Preboot.Enabled
		r.prebootAskedAt = cmp.Or(o.Preboot.AskedAt, at)
	case o.Metrics != nil:
		r.metrics.feature = *o.Metrics
	case o.Look != nil:
		r.seeLook(o.Look, at)
	case o.Log != nil:
		r.seeLog(o.Log, at)
	case o.Line != nil:
		n = r.seeLine(o.Line, at)
	}
	return n
}

func (r *roster) seeLook(l *observe.Look, at time.Duration) {
	r.look = l
	if r.firstLook == nil {
		r.firstLook = l
	}
	if r.waitLook == nil || r.waitLook.AskedAt < r.waitFrom {
		r.waitLook = l
	}
	if l.Releases != nil {
		r.releasedAt, r.replacedAt = r.releasedAt[:0], r.replacedAt[:0]
		for _, rel := range l.Releases {
			r.releasedAt = append(r.releasedAt, rel.CreatedAt, rel.UpdatedAt)
			if rel.Status != "failed" { // it was never deployed
				r.replacedAt = append(r.replacedAt, rel.CreatedAt, rel.UpdatedAt)
			}
		}
		slices.SortFunc(r.replacedAt, time.Time.Compare)
	}
	r.seeTypes(l, at)
	logWhole := !r.log.since.IsZero() && !r.clock.Platform(l.AskedAt).Before(r.log.since)
	listed := map[string]*observe.Dyno{} // of two records of one label the older counts
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
			// A pod of which only the log has told may have been listed until just before.
			if lb.leftAt == 0 || !lb.missed && l.AskedAt > lb.leftAt && (r.fir() || lb.typ.oneOff) {
				lb.leftAt, lb.missed = at, true
			}
			if lb.record != nil {
				last := *lb.record // a copy, which does not keep the whole look
				lb.lastRecord, lb.record = &last, nil
			}
		}
	}
	r.forget(at)
}

// seeRecord takes in a listed dyno. logWhole: the log was whole when the list was asked for.
func (r *roster) seeRecord(d *observe.Dyno, at time.Duration, logWhole bool) {
	lb := r.labels[d.Name]
	if lb == nil {
		lb = r.addLabel(d.Name, r.types[d.Type], d.CreatedAt)
	}
	if lb.lowest == 0 && r.look != r.firstLook && len(r.firstLook.Dynos) > 0 {
		lb.cameLater, lb.lateRecordID = true, d.ID
	}
	if t := r.types[d.Type]; lb.typ != t { // of a label of the log it was a guess
		lb.typ, r.order = t, nil
	}
	if lb.lowest == 0 || d.Version < lb.lowest {
		lb.lowest = d.Version
	}
	if rec := lb.record; rec == nil || rec.ID != d.ID || rec.Version != d.Version || !rec.CreatedAt.Equal(d.CreatedAt) {
		lb.recordSeen = at
		if d.Type == "web" && d.ID != lb.lateRecordID {
			r.webRenewals.Note(d.CreatedAt)
		}
	}
	if lb.firstRecordCreated.IsZero() && logWhole {
		lb.firstRecordCreated = d.CreatedAt
		if d.State == "up" {
			lb.ranAt = r.clock.Platform(r.look.AskedAt)
		}
	}
	lb.record, lb.leftAt, lb.listedAt = d, 0, r.look.AskedAt
	r.versions[d.ID] = d.Version
	r.metrics.nameDynos = r.metrics.nameDynos || lb.metrics[d.ID] != nil
	r.compareWithTarget(lb)
}

// addLabel adds one that was heard of for the first time, in something that happened then.
func (r *roster) addLabel(name string, typ *processType, then time.Time) *label {
	lb := &label{name: name, typ: typ, metrics: map[string]*reports{}, firstSeen: then}
	r.labels[name], r.order = lb, nil
	return lb
}

// compareWithTarget takes in what the record of a label says of new dynos.
func (r *roster) compareWithTarget(lb *label) {
	d := lb.record
	if r.old(d) {
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

// aim takes in what is known of the target, and when the first release with code was made. It reports whether that is another one than before:
// all that is known is then compared with it.
func (r *roster) aim(rel *observe.Release, firstCode time.Time) (changed bool) {
	before := r.target
	changed = rel != nil && rel.Version != before.version
	if rel != nil {
		r.target = boundary{rel.Version, rel.CreatedAt, rel.Deployed(), rel.UpdatedAt, firstCode}
	}
	if changed {
		for _, t := range r.types {
			t.logCovers = false
			if before.finished { // what was scaled down since then is not new any more
				t.lastScaledDown = creation{later(t.lastScaledDown.created, t.UpdatedAt), r.look.AskedAt}
			}
		}
		for _, lb := range r.labels {
			lb.proof, lb.firstNewRecordAt, lb.upAt, lb.newest = proof{}, time.Time{}, time.Time{}, creation{}
			lb.firstStop, lb.lastStop = time.Time{}, time.Time{}
			if lb.record != nil {
				r.compareWithTarget(lb)
			}
		}
	}
	r.classify()
	return changed
}

// seeLine takes in a line of the log.
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
		if len(r.labels) >= maxLabels || !l.Stamp.After(r.forgotten[l.Label]) {
			return n // the list still tells of them, or the log's history is read again
		}
		lb = r.addLabel(l.Label, r.guessType(l.Label), l.Stamp)
		if r.look != nil { // and it is not in it
			lb.leftAt = at
		}
	}
	n.phaseOver = l.Kind == observe.Exit && lb.typ.name == "release" && lb.typ.oneOff
	if l.Kind == observe.Metric {
		r.seeMetric(lb, l, at)
		return n
	}
	if !l.Stamp.Before(r.log.since) && r.enter(lb, *l, at) {
		n.counts = lb.typ.inScope
		// A SIGTERM or an exit does not change the list; a start or a state does.
		n.changesList = l.Kind == observe.Start || l.Kind == observe.State || l.Kind == observe.Exit && r.fir()
	}
	return n
}

// enter enters a line into the ledger of its label. It reports whether it was new.
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
	// A new web dyno that is announced begins the hold anew.
	replaced := l.Kind == observe.Replace || l.From == "up" && l.To == "starting"
	if replaced && lb.typ.name == "web" {
		r.webRenewals.Note(l.Stamp)
		if l.Stamp.After(r.announcedWeb.created) {
			r.announcedWeb = creation{l.Stamp, at}
		}
	}
	return true
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
	_, rest, _ := strings.Cut(l.Text, "within ")
	seconds, _, _ := strings.Cut(rest, " seconds")
	if n, _ := strconv.Atoi(seconds); n <= longestBoot {
		r.observedBootTimeout = max(r.observedBootTimeout, time.Duration(n)*time.Second)
	}
}

// seeLog takes in news of the log stream. After a gap the ledgers begin anew: what was lost may
// have been a start.
func (r *roster) seeLog(s *observe.LogStatus, at time.Duration) {
	r.log.see(s, at)
	for _, lb := range r.labels {
		switch s.State {
		case observe.Flowing: // what was told again of the time before does not count
			lb.ledger.DropBefore(s.Since)
		case observe.Gapped:
			lb.ledger = ledger.Ledger{}
			lb.firstRecordCreated, lb.ranAt = time.Time{}, time.Time{}
			lb.proof = lb.proof.afterGap()
		}
	}
}

// forget drops one-off dynos that are gone: an app that starts one for every job starts thousands
// in the time of a wait, each under a new name. An old one stays: it may have kept the gate shut.
func (r *roster) forget(at time.Duration) {
	if r.target.version == 0 {
		return // it is not known yet which are old
	}
	for name, lb := range r.labels {
		if lb.typ.oneOff && !r.wasOld(lb) && at-max(lb.listedAt, lb.leftAt, lb.ledger.ChangedAt()) > oneOffLife {
			delete(r.labels, name)
			r.order = nil
			if len(r.forgotten) == maxForgotten {
				clear(r.forgotten)
			}
			r.forgotten[name] = r.clock.Platform(at)
		}
	}
}
