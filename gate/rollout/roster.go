// The roster: the app's dynos, label by label, and all that is known of them.

package rollout

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// roster is what is known of the dynos of the app.
type roster struct {
	cfg   *Config
	clock *observe.Clock

	app                 observe.App
	preboot             observe.Preboot
	prebootEverOn       bool
	prebootAskedAt      time.Duration // when the last answer was asked for
	observedBootTimeout time.Duration // the longest that the log has told of, in an R10

	look, firstLook *observe.Look // the newest, and the first
	waitLook        *observe.Look // the first that was asked for when the wait had begun; of a head start looks are far apart
	waitFrom        time.Duration // when it began
	formationAt     time.Duration // when the newest look was asked for that shows the formation
	formationSeen   bool          // a look has shown one
	types           map[string]*processType
	labels          map[string]*label
	order           []*label             // the labels as people count; nil when it has to be made anew
	forgotten       map[string]time.Time // by name, one-off dynos that were dropped, and when
	versions        map[string]int       // by id, of every dyno that was ever listed

	log       logStream
	metrics   runtimeMetrics
	listDelay time.Duration // how far behind the log the list was seen to be
	target    boundary
	// The newest web dyno that was created for the target, other than by scaling, and the newest that
	// the log has announced.
	newestWeb, announcedWeb creation
	webRenewals             ledger.Renewals // with preboot, every web dyno that is replaced begins all holds anew
	renewed                 ledger.Renewals // the same, and the releases since the target's
	scalings, releasedAt    []time.Time     // when the formation was scaled, and releases were made or finished, as far as known
	replacedAt              []time.Time     // the same of those that replace dynos, or may: the oldest first
}

// A creation is when a dyno was created, and when that was learnt.
type creation struct {
	created time.Time
	seen    time.Duration
}

// after reports whether it is the later one. Creations are told in whole seconds: of two in the same second
// the one that was learnt later counts.
func (c creation) after(d creation) bool {
	return c.created.After(d.created) || c.created.Equal(d.created) && c.seen > d.seen
}

// A boundary is what tells old from new.
type boundary struct {
	version  int       // of the target; 0 while it is not known
	released time.Time // when the target was created; zero while it is not known
	finished bool      // its release phase is over: from here on only new processes are started
	// finishedAt is when Heroku called it finished.
	finishedAt time.Time
	// firstCode is when the first release of the app that carries code was made; zero if not known.
	firstCode time.Time
}

// label is one slot of the formation, or one pod on Fir.
type label struct {
	name         string
	typ          *processType
	record       *observe.Dyno // in the newest look; nil if it has none
	lastRecord   *observe.Dyno // what it was when the label left the list; nil if it never did
	recordSeen   time.Duration // when this record was first seen
	leftAt       time.Duration // when it was first missing in the list; 0 while listed
	missed       bool          // a look does not show it that was asked for when the log had told of it
	listedAt     time.Duration // when the last look was asked for that shows it
	lowest       int           // the lowest version of a record of it; 0: it was never listed
	firstSeen    time.Time     // when the first thing happened that was heard of it
	cameLater    bool          // the first look did not show it, and a later one does
	lateRecordID string        // the id of its first record then
	newest       creation      // of its records, since the target is known
	// firstRecordCreated is the creation of its record in the first look after its ledger began.
	firstRecordCreated time.Time
	ranAt              time.Time // when that look was asked for, if the record was of a running dyno
	firstNewRecordAt   time.Time // when its first new record was created
	upAt               time.Time // when a new record of it first was up
	listLags           bool      // the list was seen to be behind the log on it

	ledger   ledger.Ledger
	metrics  map[string]*reports // by the uuid of its processes
	reporter *reports            // the process that was the last to report
	fault    observe.Line        // the last numbered error that the log has of it

	// Of the last judgement.
	proof               proof
	firstStop, lastStop time.Time
	crash               crash
}

func newRoster(cfg *Config, clock *observe.Clock) *roster {
	return &roster{cfg: cfg, clock: clock, types: map[string]*processType{}, labels: map[string]*label{}, forgotten: map[string]time.Time{}, versions: map[string]int{}}
}

// rolling reports whether the platform replaces dynos in place, a part at a time, so that old
// ones stay in the list: Private Spaces and Fir.
func (r *roster) rolling() bool { return r.app.Space != "" || r.fir() }

func (r *roster) fir() bool { return r.app.Generation == "fir" }

// proofCanLast reports whether proof can be remembered: until the release phase is over, old
// processes can still be started.
func (r *roster) proofCanLast() bool { return r.target.finished && r.app.ID != "" }

func (r *roster) old(d *observe.Dyno) bool { return d.Version < r.target.version }

// wasOld reports whether an old record of the label was ever listed.
func (r *roster) wasOld(lb *label) bool { return lb.lowest > 0 && lb.lowest < r.target.version }

// sorted lists the labels as people count: web.2 before web.10.
func (r *roster) sorted() []*label {
	if r.order == nil {
		r.order = slices.SortedFunc(maps.Values(r.labels), func(a, b *label) int {
			return cmp.Or(cmp.Compare(a.typ.name, b.typ.name), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
		})
	}
	return r.order
}

// typesInScope are those that keep the gate shut, of the formation or of a label.
func (r *roster) typesInScope() []*processType {
	var types []*processType
	for _, t := range r.types {
		if t.inScope && t.inFormation && !t.oneOff {
			types = append(types, t)
		}
	}
	for _, lb := range r.sorted() {
		if lb.typ.inScope && !slices.Contains(types, lb.typ) {
			types = append(types, lb.typ)
		}
	}
	slices.SortFunc(types, func(a, b *processType) int { return cmp.Compare(a.name, b.name) })
	return types
}
