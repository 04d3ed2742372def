// The roster: what lists and log have told of the app's dynos, label by label.

package rollout

import (
	"cmp"
	"maps"
	"slices"
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
)

// roster is what is known of the dynos of the app.
type roster struct {
	cfg   *Config
	clock *observe.Clock

	app                 observe.App
	preboot             observe.Preboot
	prebootEverOn       bool
	observedBootTimeout time.Duration // the longest that the log has told of, in an R10

	look, firstLook *observe.Look // the newest, and the first
	types           map[string]*processType
	labels          map[string]*label
	order           []*label        // the labels as people count; nil when it has to be made anew
	webs            int             // how many of them are of type web
	isNew           map[string]bool // by id, every dyno that was ever listed

	log       logbook
	listDelay time.Duration // how far behind the log the list was seen to be
	target    cut
	newestWeb struct { // the newest new web dyno that was created or announced
		created time.Time
		seen    time.Duration // when that was learnt
	}
}

// A cut is what tells old from new.
type cut struct {
	version  int       // of the target; 0 while it is not known
	released time.Time // when the target was created; zero while it is not known
	finished bool      // its release phase is over: from here on only new processes are started
}

// label is one slot of the formation, or one pod on Fir.
type label struct {
	name, typ   string
	record      *observe.Dyno // in the newest look; nil if it has none
	recordSeen  time.Duration // when this record was first seen
	leftAt      time.Duration // when it was first missing in the list; 0 while listed
	lowest      int           // the lowest version of a record of it; 0: it was never listed
	bornWatched bool          // it came into being while the log was whole: nothing ran under it before
	// firstRecordCreated is the creation of its record in the first look after its ledger began.
	firstRecordCreated time.Time
	firstNewRecordAt   time.Time // when its first new record was created
	upAt               time.Time // when a new record of it first was up
	listLagging        bool      // the list was seen to be behind the log on it

	ledger  ledger.Ledger
	metrics map[string]*sign // by the uuid of its processes
	fault   observe.Line     // the last numbered error that the log has of it

	// Of the last judgement.
	proof               proof
	firstStop, lastStop time.Time
	crash               crash
}

// sign is a process that runtime metrics tell of.
type sign struct{ first, last time.Time }

func newRoster(cfg *Config, clock *observe.Clock) *roster {
	return &roster{cfg: cfg, clock: clock, types: map[string]*processType{}, labels: map[string]*label{}, isNew: map[string]bool{}}
}

// rolling reports whether the platform replaces dynos in place, a part at a time, so that old
// ones stay in the list: Private Spaces and Fir.
func (r *roster) rolling() bool { return r.app.Space != "" || r.fir() }

func (r *roster) fir() bool { return r.app.Generation == "fir" }

// canBeProven reports whether proof can be remembered: until the release phase is over, old
// processes can still be started.
func (r *roster) canBeProven() bool { return r.target.finished && r.app.ID != "" }

func (r *roster) old(d *observe.Dyno) bool { return d.Version < r.target.version }

// wasOld reports whether an old record of the label was ever listed.
func (r *roster) wasOld(lb *label) bool { return lb.lowest > 0 && lb.lowest < r.target.version }

// asleep reports whether a dyno of the formation holds no process. Only the Common Runtime lets
// dynos sleep; elsewhere, and for one-off dynos, the same states may be those of a process that
// is being stopped.
func (r *roster) asleep(d *observe.Dyno) bool {
	return (d.State == "idle" || d.State == "down") && r.app.ID != "" && !r.rolling() && !r.oneOff(d.Type)
}

func (r *roster) seePreboot(p *observe.Preboot) {
	if p.Known { // an answer that did not come does not undo one that did
		r.preboot = *p
	}
	r.prebootEverOn = r.prebootEverOn || p.Enabled
}

// label is the one with the name, made if there is none.
func (r *roster) label(name, typ string) (lb *label, made bool) {
	lb = r.labels[name]
	if made = lb == nil; made {
		lb = &label{name: name, metrics: map[string]*sign{}}
		r.labels[name], r.order = lb, nil
	}
	if typ != "" && lb.typ != typ {
		lb.typ, r.order = typ, nil
	}
	return lb, made
}

// sorted lists the labels as people count: web.2 before web.10.
func (r *roster) sorted() []*label {
	if r.order == nil {
		r.order = slices.SortedFunc(maps.Values(r.labels), func(a, b *label) int {
			return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
		})
		r.webs = 0
		for _, lb := range r.order {
			if lb.typ == "web" {
				r.webs++
			}
		}
	}
	return r.order
}
