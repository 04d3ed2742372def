// The roster: the app's dynos, label by label, and all that the gate knows about them.

package rollout

import (
	"cmp"
	"time"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// A log never ends, so what is kept of it is bounded. An app has some thousand dynos at the most, and a label a few
// processes during a wait.
const (
	maxLabels  = 20_000
	maxMetrics = 200
	// oneOffLife is how long a one-off dyno is remembered after it left the list: late lines of it must still
	// find it.
	oneOffLife = 5 * time.Minute
	// maxForgotten bounds how many names of forgotten one-off dynos are kept. Those of as many lines are kept at least
	// as the history of a log can have: 1,500 ("Logging", Dev Center).
	maxForgotten = 2000
)

// roster is what the gate knows about the dynos of the app.
type roster struct {
	cfg   *Config
	clock *observe.Clock

	app                 observe.App
	preboot             observe.Preboot
	prebootEverOn       bool
	prebootAskedAt      time.Duration // when the newest answer was asked for
	observedBootTimeout time.Duration // the longest boot timeout that an R10 in the log names

	look, firstLook *observe.Look // the newest look, and the first
	lookBefore      time.Duration // when the look before the newest was asked for
	lookCame        time.Duration // when the newest look arrived
	waitLook        *observe.Look // the first look of the wait itself, and not of a head start
	waitFrom        time.Duration // when the wait began
	formationAt     time.Duration // when the newest look with a formation was asked for
	formationSeen   bool          // there was one
	short           bool          // fewer dynos are listed than the formation wants
	types           map[string]*processType
	labels          map[string]*label
	order           []*label // see sorted; nil: to be sorted again
	forgotten       forgottenNames
	versions        map[string]int // the version of every dyno that was ever listed, by id

	log       logStream
	covered   bool // the log was whole from before the target's release until it was finished; it may have a gap since
	metrics   runtimeMetrics
	listDelay time.Duration // the longest observed delay of the list behind the log
	target    boundary
	// newestWeb is the newest web dyno of the target, apart from those of scaling; announcedWeb the newest that
	// the log has announced.
	newestWeb, announcedWeb creation
	webRenewals             ledger.Renewals // when web dynos were replaced, by looks and log: with preboot, that begins all holds anew
	renewed                 ledger.Renewals // the same, and the releases since the target
	scalings                []time.Time     // when the formation was scaled, as far as known
	releasedAt              []time.Time     // when releases were made, and when they were finished
	replacedAt              []time.Time     // the same, without failed releases; sorted
}

// A creation is when a dyno was created, and when the gate learnt of it.
type creation struct {
	created time.Time
	seen    time.Duration
}

// after reports whether c is later than d. The platform gives creations in whole seconds: of two dynos of one
// second, the one that the gate saw later is later.
func (c creation) after(d creation) bool {
	return c.created.After(d.created) || c.created.Equal(d.created) && c.seen > d.seen
}

// A boundary separates old from new.
type boundary struct {
	version    int           // of the target; 0: not known yet
	released   time.Time     // when the target was created; zero: not known yet
	finished   bool          // the release phase is over: from now on only new processes are started
	finishedAt time.Time     // when Heroku called the target finished
	seenAt     time.Duration // when the gate learnt that
	firstCode  time.Time     // when the app's first release with code was made; zero: not known
}

// label is one slot of the formation, or one pod on Fir.
type label struct {
	name          string
	typ           *processType
	record        *observe.Dyno // in the newest look; nil: the label is not listed
	lastRecord    *observe.Dyno // the record with which the label last left the list, also when it is listed again; nil: it never left
	recordSeen    time.Duration // when record was first seen
	leftAt        time.Duration // when a look first lacked the label; 0: it is listed
	oldLeftAt     time.Duration // when an earlier record with this name was first missing; 0: there was none
	missed        bool          // a look that was asked for after the log had reported the label does not show it
	listedAt      time.Duration // when the last look that shows the label was asked for
	lowestVersion int           // the lowest version of its records; 0: it was never listed
	firstSeen     time.Time     // the time of the earliest event that is known of it
	lateRecordID  string        // the id of the record that a look after the first one first showed; empty: there was none
	lackedAt      time.Duration // when the look before that one was asked for
	listLags      bool          // the list was late with it
	counted
	metrics  map[string]*reports // by the uuid of its processes
	reporter *reports            // of the process that reported last
	fault    observe.Line        // its last numbered error in the log
	// killDeadline is that of the last judgement, see evidence. lostStop is what it was before the last gap.
	killDeadline, lostStop time.Duration
	progress
	crash crash
}

// counted is what the processes of a label are counted by. A gap of the log empties it.
type counted struct {
	ledger ledger.Ledger
	// hiddenSince is the latest time at which a process can have become hidden behind the record of the first look after the
	// ledger began: the record's creation, or when the dyno fell asleep.
	hiddenSince time.Time
	ranAt       time.Time // when that look was asked for, if it showed the dyno up; zero: it did not
}

// progress is what a label has shown of the roll-out of the target. It begins anew with another target.
type progress struct {
	firstNewRecordAt time.Time // when its first new record was created
	newest           creation  // the newest creation among its new records
	upAt             time.Time // when a new record of it first was up
	// As of the last judgement:
	proof proof
	stops ledger.Stops
}

func newRoster(cfg *Config, clock *observe.Clock) *roster {
	return &roster{cfg: cfg, clock: clock, types: map[string]*processType{}, labels: map[string]*label{}, forgotten: forgottenNames{newest: map[string]time.Time{}}, versions: map[string]int{}}
}

// rolling reports whether the platform replaces dynos some at a time, and lists the old ones until then. It does so in
// Private Spaces and on Fir.
func (r *roster) rolling() bool { return r.app.Space != "" || r.fir() }

func (r *roster) fir() bool { return r.app.Generation == "fir" }

// sinceFinished is the moment so long after Heroku called the target finished; observe.Never: it did not yet.
func (r *roster) sinceFinished(after time.Duration) time.Duration {
	if !r.target.finished {
		return observe.Never
	}
	return r.clock.GateTime(r.target.finishedAt, r.target.seenAt) + after
}

// logCoversRelease reports whether the log goes back to before the release.
func (r *roster) logCoversRelease() bool {
	return !r.log.since.IsZero() && !r.log.since.After(r.target.released)
}

// proofCanLast reports whether proof can be kept. It cannot before the release phase is over, since the platform can
// still start old processes.
func (r *roster) proofCanLast() bool { return r.target.finished && r.app.ID != "" }

// old reports whether a listed dyno is of a release before the target.
func (r *roster) old(d *observe.Dyno) bool { return d.Version < r.target.version }

// wasOld reports whether an old dyno was ever listed under the label.
func (r *roster) wasOld(lb *label) bool {
	return lb.lowestVersion > 0 && lb.lowestVersion < r.target.version
}

// forgottenNames are the names of forgotten one-off dynos, and when each was forgotten, so that old lines of them are not
// taken for news. When there are too many, the older half is dropped.
type forgottenNames struct{ newest, older map[string]time.Time }

func (f *forgottenNames) add(name string, at time.Time) {
	if len(f.newest) == maxForgotten {
		f.newest, f.older = map[string]time.Time{}, f.newest
	}
	f.newest[name] = at
}

// at is when a name was forgotten; zero if it was not.
func (f *forgottenNames) at(name string) time.Time {
	return later(f.newest[name], f.older[name])
}

// news is what an observation means beyond the roster.
type news struct {
	counts      bool // it is a new line about a process in scope
	changesList bool // and what it reports changes the dyno list
	phaseOver   bool // a release phase has ended
}

// see handles what an observation says of the app and its dynos.
func (r *roster) see(o observe.Observation, at time.Duration) (n news) {
	switch {
	case o.App != nil:
		r.app = *o.App
	case o.Preboot != nil:
		// An answer stays valid if the next question finds none, unless it is too old.
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

// setTarget sets the target as it was last listed, and when the app's first release with code was made. If the target is
// another release than before, setTarget compares all labels with it, and reports that.
func (r *roster) setTarget(rel *observe.Release, firstCode time.Time) (changed bool) {
	before := r.target
	if rel != nil {
		r.target = boundary{rel.Version, rel.CreatedAt, rel.Deployed(), rel.UpdatedAt, r.lookCame, firstCode}
		if before.version == rel.Version && before.finished {
			r.target.seenAt = before.seenAt
		}
	}
	if changed = r.target.version != before.version; changed {
		r.covered = false
		for _, t := range r.types {
			t.logCovers = false
			if before.finished { // what was scaled down after the target of before is old for this one
				t.lastScaledDown = creation{later(t.lastScaledDown.created, t.UpdatedAt), r.look.AskedAt}
			}
		}
		for _, lb := range r.labels {
			lb.progress = progress{}
			r.noteNew(lb)
		}
	}
	r.classify()
	return changed
}
