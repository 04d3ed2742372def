// The fleet: what lists and log have told of the app's dynos.

package oldcore

import (
	"slices"
	"time"
)

// Bounds of what is kept of a log that never ends. An app has at most some thousand
// dynos, and a label some instances in the time of a wait.
const (
	maxLabels = 20_000
	maxBeats  = 200
)

// fleet is what is known of the dynos of the app.
type fleet struct {
	cfg   *Config
	clock *platformClock

	app       App
	preboot   Preboot
	prebootAt time.Duration
	booted    bool // preboot was on at some time
	// boot is the longest boot timeout that the log has told of, in an R10.
	boot time.Duration

	look      *Look // the newest look
	formation map[string]Formation
	scaledAt  map[string]time.Duration // by type, when it was first seen that it was last scaled then
	formed    map[string]bool          // process types of which the formation has wanted dynos
	labels    map[string]*label
	order     []*label        // the labels as people count; empty when it has to be made anew
	webs      int             // how many labels are of type web; kept with order
	ids       map[string]bool // ids of every dyno that was ever listed; true: of a new one
	firstLook *Look
	covered   map[string]bool          // by type, whether the log has once told of all that no list showed
	absent    map[string]bool          // by type, whether the newest look shows none of it
	appeared  map[string]time.Duration // by type, when it was seen again after a look without it
	latest    time.Duration            // how late a line has come so far, beyond the usual
	lag       time.Duration            // how far behind the log the list was seen to be
	began     time.Time                // the start of the gate by the stamp of the line that took the shortest time

	log       LogState
	logSince  time.Time
	flowedAt  time.Duration // when it last began to flow
	booksFrom time.Time     // lines from before the last gap do not count any more
	logWhy    string

	release  time.Time // when the target was created; zero while it is not known
	version  int       // the target's version
	finished bool      // the target's release phase is over: from here on only new ones are started

	newestWeb     time.Time     // when the newest new web dyno was created or announced
	newestWebSeen time.Duration // when that was learnt
	announced     time.Time
	announcedSeen time.Duration

	// Of what is being judged: the first moment at which time alone may change it, and
	// at which a look would; never if there is none.
	wake, lookAt time.Duration
	weighed      circumstances // in which the labels were weighed; zero: all have to be anew
}

// label is one slot of the formation, or one pod on Fir.
type label struct {
	name, typ string
	rec       *Dyno         // its record in the newest look; nil if it has none
	recSince  time.Duration // when this record was first seen
	booked    time.Time     // creation of its record in the first look after the books began
	lowest    int           // the lowest version of a record of it; 0: it was never listed
	leftAt    time.Duration // when it was first missing in the list; 0 while listed
	fresh     bool          // it was not in the list when the books were already open
	proved    bool          // its books prove that nothing old is left, or did when the log broke, and that was confirmed
	provedAt  time.Duration // since when they do
	confirmed bool          // a look that was asked for late enough has shown nothing else: so it stays when the log breaks
	settled   bool          // that was so before the books were lost: what is gone does not come back
	behind    bool          // the list was seen to be behind the log on it
	books     books
	beats     map[string]*beat // by the uuid of its instances
	fault     Line             // the last numbered error that the log has of it

	turned time.Time // when its first new record was created
	upAt   time.Time // when a new record of it first was up

	firstStop, lastStop time.Time // of its books when they were last without doubt

	weight weight // what it came to
}

// beat is an instance that runtime metrics tell of.
type beat struct{ first, last time.Time }

func newFleet(cfg *Config, clock *platformClock) *fleet {
	return &fleet{
		cfg: cfg, clock: clock,
		formation: map[string]Formation{}, formed: map[string]bool{}, scaledAt: map[string]time.Duration{}, labels: map[string]*label{},
		ids: map[string]bool{}, absent: map[string]bool{}, appeared: map[string]time.Duration{}, covered: map[string]bool{},
	}
}

// rolling tells whether the platform replaces dynos in place, a part at a time,
// so that old ones stay in the list: Private Spaces and Fir.
func (f *fleet) rolling() bool { return f.app.Space != "" || f.fir() }

func (f *fleet) fir() bool { return f.app.Generation == "fir" }

// prebooted tells whether web dynos are, or may have been, replaced by preboot.
// What the platform says is true of now: a feature that was on at any time, or that
// was switched not long before the target's release or after it, counts as on.
func (f *fleet) prebooted() bool {
	p := f.preboot
	switch {
	case f.rolling():
		return false
	case f.booted || !p.Known:
		return true
	}
	return !p.ChangedAt.IsZero() && (f.release.IsZero() || p.ChangedAt.After(f.release.Add(-f.prebootHold())))
}

func (f *fleet) seePreboot(p *Preboot) {
	if p.Known || f.prebootStale() { // an answer that did not come does not undo one that did
		f.preboot = *p
	}
	f.booted = f.booted || p.Enabled
}

func (f *fleet) prebootStale() bool {
	return !f.rolling() && f.preboot.Known && !f.booted && f.prebootAt < max(f.newestWebSeen, f.announcedSeen)
}

func (f *fleet) webCount() int {
	f.sorted()
	return max(f.webs, f.formation["web"].Quantity)
}

func (f *fleet) old(d *Dyno) bool { return d.Version < f.version }

// wasOld tells whether an old record of the label was ever listed.
func (f *fleet) wasOld(lb *label) bool { return lb.lowest > 0 && lb.lowest < f.version }

// label is the one with the name, made if there is none.
func (f *fleet) label(name, typ string) (lb *label, made bool) {
	lb = f.labels[name]
	if made = lb == nil; made {
		lb = &label{name: name, beats: map[string]*beat{}}
		f.labels[name] = lb
	}
	if typ != "" && lb.typ != typ {
		lb.typ, f.order = typ, nil
	}
	return lb, made
}

// oneOff tells whether a type is that of a process somebody or something started
// once. A type of the formation may bear such a name; it still does when it was
// scaled to zero not long ago, since then an old dyno of it may still run.
func (f *fleet) oneOff(typ string) bool {
	if _, ok := f.formation[typ]; ok && slices.Contains(f.cfg.Types, typ) {
		return false // the caller says that it is not
	}
	switch typ {
	case "release": // the formation of every app with a release phase has it, at zero
		return !f.formed[typ]
	case "run", "scheduler":
		fm, ok := f.formation[typ]
		return !f.formed[typ] && (!ok || f.release.IsZero() || fm.UpdatedAt.Before(f.release.Add(-replaceHold)))
	}
	return false
}

// inScope tells whether dynos of the type keep the gate shut.
func (f *fleet) inScope(typ string) bool {
	if f.oneOff(typ) {
		return f.cfg.IncludeOneOff
	}
	return len(f.cfg.Types) == 0 || slices.Contains(f.cfg.Types, typ)
}

// seeList takes in a look at the dyno list.
func (f *fleet) seeList(l *Look, at time.Duration) {
	f.look = l
	if f.firstLook == nil {
		f.firstLook = l
	}
	if l.Formation != nil {
		// A type that a release has dropped can still have old dynos.
		for typ, fm := range f.formation {
			fm.Quantity = 0
			f.formation[typ] = fm
		}
		for _, fm := range l.Formation {
			if before, ok := f.formation[fm.Type]; !ok || !before.UpdatedAt.Equal(fm.UpdatedAt) {
				f.scaledAt[fm.Type] = at
			}
			f.formation[fm.Type] = fm
			if fm.Quantity > 0 {
				f.formed[fm.Type] = true
			}
		}
	}
	for typ := range f.formation {
		none := !slices.ContainsFunc(l.Dynos, func(d Dyno) bool { return d.Type == typ })
		if f.absent[typ] && !none {
			f.appeared[typ] = at
		}
		f.absent[typ] = none
	}
	listed := map[string]bool{}
	for i := range l.Dynos {
		d := &l.Dynos[i]
		listed[d.Name] = true
		lb, made := f.label(d.Name, d.Type) // of a label of the log the type was a guess
		if made {
			lb.fresh = f.newSinceFirstLook(d.CreatedAt)
		}
		if lb.lowest == 0 || d.Version < lb.lowest {
			lb.lowest = d.Version
		}
		if lb.rec == nil || lb.rec.ID != d.ID || lb.rec.Version != d.Version || !lb.rec.CreatedAt.Equal(d.CreatedAt) {
			lb.recSince = at
		}
		if lb.booked.IsZero() && f.booked(l) {
			lb.booked = d.CreatedAt
		}
		lb.rec, lb.leftAt = d, 0
		f.seeRecord(lb)
	}
	for _, lb := range f.labels {
		if !listed[lb.name] {
			if lb.leftAt == 0 {
				lb.leftAt = at
			}
			lb.rec = nil
		}
	}
	f.forget(at)
}

// newSinceFirstLook tells whether a label that no look has shown so far came into
// being after the first look, with the log being kept: nothing ran under it before.
func (f *fleet) newSinceFirstLook(created time.Time) bool {
	if f.firstLook == nil || f.log != Flowing || f.logSince.IsZero() || f.logSince.After(created) {
		return false
	}
	first := f.clock.now(f.firstLook.AskedAt)
	return !first.IsZero() && created.After(first.Add(stampSlack)) && len(f.firstLook.Dynos) > 0
}

// booked tells whether the books had begun when the look was asked for.
func (f *fleet) booked(l *Look) bool {
	now := f.clock.now(l.AskedAt)
	return f.log == Flowing && !f.logSince.IsZero() && !now.IsZero() && !now.Before(f.logSince)
}

// seeRecord judges the listed record of a label against the target.
func (f *fleet) seeRecord(lb *label) {
	d := lb.rec
	if f.version == 0 {
		return
	}
	isNew := !f.old(d)
	f.ids[d.ID] = isNew || f.ids[d.ID]
	if !isNew {
		return
	}
	if lb.turned.IsZero() {
		lb.turned = d.CreatedAt
	}
	if lb.typ == "web" && d.CreatedAt.After(f.newestWeb) {
		f.newestWeb, f.newestWebSeen = d.CreatedAt, lb.recSince
	}
	if d.State == "up" && lb.upAt.IsZero() {
		lb.upAt = d.UpdatedAt
	}
}

// retarget judges all that is known against a target that has just become known.
func (f *fleet) retarget(version int, release time.Time) {
	f.version, f.release, f.weighed = version, release, circumstances{}
	f.newestWeb = time.Time{}
	clear(f.covered)
	for _, lb := range f.labels {
		lb.proved, lb.confirmed, lb.settled, lb.turned, lb.upAt = false, false, false, time.Time{}, time.Time{}
		lb.firstStop, lb.lastStop = time.Time{}, time.Time{}
		if lb.rec != nil {
			f.seeRecord(lb)
		}
	}
}
