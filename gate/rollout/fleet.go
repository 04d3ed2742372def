// List, books and holds together: which old instances may still run.

package rollout

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// An exit that no SIGTERM announced is a crash, of the listed dyno or of a
	// hidden one. A list that was asked this much later knows which.
	listLag = 10 * time.Second
	// Runtime metrics come about every 20 s for each running dyno ("Log Runtime
	// Metrics", Dev Center): three beats missed, and it is no longer evidence.
	metricLife = 60 * time.Second
)

// exitDue is the only doubt that needs no words: the log flows, and the end of an
// old process is what is waited for.
const exitDue = "an exit is still to come"

// never is a hold whose end is not known yet.
const never = time.Duration(1<<63 - 1)

// fleet is what is known of the dynos of the app.
type fleet struct {
	cfg   *Config
	clock *platformClock

	app     App
	preboot Preboot

	look      *Look // the newest look
	formation map[string]Formation
	formedAt  time.Duration // when the formation was last read
	labels    map[string]*label
	ids       map[string]bool // ids of every dyno that was ever listed; true: of a new one
	metrics   map[string]*beat
	firstLook *Look

	log       LogState
	logSince  time.Time
	booksFrom time.Time // lines from before the last gap do not count any more
	logWhy    string

	release time.Time // when the target was created; zero while it is not known
	version int       // the target's version

	newestWeb time.Time // when the newest new web dyno was created or announced

	wakes  []time.Duration // when a doubt of the last survey runs out by time alone
	lookAt time.Duration   // when a look would settle a doubt of it; 0: there is none
}

// label is one slot of the formation, or one pod on Fir.
type label struct {
	name, typ string
	rec       *Dyno         // its record in the newest look; nil if it has none
	recSince  time.Duration // when this record was first seen
	booked    time.Time     // creation of its record in the first look after the books began
	wasOld    bool          // an old record of it was seen
	leftAt    time.Duration // when it was first missing in the list; 0 while listed
	fresh     bool          // it was not in the list when the books were already open
	books     books

	upAt time.Time // when its new record first was up
}

// beat is an instance that runtime metrics tell of.
type beat struct {
	label       string
	first, last time.Time
}

func newFleet(cfg *Config, clock *platformClock) *fleet {
	return &fleet{
		cfg: cfg, clock: clock,
		formation: map[string]Formation{}, labels: map[string]*label{},
		ids: map[string]bool{}, metrics: map[string]*beat{},
	}
}

// rolling tells whether the platform replaces dynos in place, a part at a time,
// so that old ones stay in the list: Private Spaces and Fir.
func (f *fleet) rolling() bool { return f.app.Space != "" || f.fir() }

func (f *fleet) fir() bool { return f.app.Generation == "fir" }

// prebooted tells whether web dynos are, or may have been, replaced by preboot.
// What the platform says is true of now: a feature that was switched not long
// before the target's release, or after it, counts as on.
func (f *fleet) prebooted() bool {
	p := f.preboot
	switch {
	case f.rolling():
		return false
	case p.Enabled || !p.Known:
		return true
	}
	return !p.ChangedAt.IsZero() && (f.release.IsZero() || p.ChangedAt.After(f.release.Add(-f.cfg.prebootHold(f.webCount()))))
}

func (f *fleet) webCount() int {
	n := 0
	for _, l := range f.labels {
		if l.typ == "web" {
			n++
		}
	}
	return max(n, f.formation["web"].Quantity)
}

func (f *fleet) old(d *Dyno) bool { return d.Version < f.version }

// oneOff tells whether a type is that of a process somebody or something started
// once. A type of the formation may bear such a name.
func (f *fleet) oneOff(typ string) bool {
	fm, ok := f.formation[typ]
	if !ok {
		return true
	}
	return fm.Quantity == 0 && (typ == "run" || typ == "release" || typ == "scheduler")
}

// inScope tells whether dynos of the type keep the gate shut.
func (f *fleet) inScope(typ string) bool {
	if f.oneOff(typ) {
		return f.cfg.IncludeOneOff && len(f.cfg.Types) == 0
	}
	return len(f.cfg.Types) == 0 || slices.Contains(f.cfg.Types, typ)
}

// types lists the process types in scope, in the order of their names.
func (f *fleet) types() []string {
	set := map[string]bool{}
	for t := range f.formation {
		if f.inScope(t) && !f.oneOff(t) {
			set[t] = true
		}
	}
	for _, l := range f.labels {
		if f.inScope(l.typ) {
			set[l.typ] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// sorted lists the labels as people count: web.2 before web.10.
func (f *fleet) sorted() []*label {
	return slices.SortedFunc(maps.Values(f.labels), func(a, b *label) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
}

// seeList takes in a look at the dyno list.
func (f *fleet) seeList(l *Look, at time.Duration) {
	f.look = l
	if f.firstLook == nil {
		f.firstLook = l
	}
	if l.Formation != nil {
		clear(f.formation)
		for _, fm := range l.Formation {
			f.formation[fm.Type] = fm
		}
		f.formedAt = at
	}
	listed := map[string]bool{}
	for i := range l.Dynos {
		d := &l.Dynos[i]
		listed[d.Name] = true
		lb := f.labels[d.Name]
		if lb == nil {
			lb = &label{name: d.Name, fresh: f.booksOpenBefore(l)}
			f.labels[d.Name] = lb
		}
		lb.typ = d.Type // of a label known from the log it was a guess
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
}

// booksOpenBefore tells whether the log was being kept, and a list had been read
// without the label, before this look: the label is then a new one.
func (f *fleet) booksOpenBefore(l *Look) bool {
	return l != f.firstLook && f.log == Flowing && !f.logSince.IsZero()
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
		lb.wasOld = true
		return
	}
	if lb.typ == "web" && d.CreatedAt.After(f.newestWeb) {
		f.newestWeb = d.CreatedAt
	}
	if d.State == "up" && lb.upAt.IsZero() {
		lb.upAt = d.UpdatedAt
	}
}

// retarget judges all that is known against a target that has just become known.
func (f *fleet) retarget(version int, release time.Time) {
	f.version, f.release = version, release
	for _, lb := range f.labels {
		if lb.rec != nil {
			f.seeRecord(lb)
		}
	}
}

// seeLine takes in a line of the log; it tells whether the line concerns a label
// in scope and was new.
func (f *fleet) seeLine(l *Line, at time.Duration) bool {
	if l.Kind == Metric {
		b := f.metrics[l.UUID]
		if b == nil {
			b = &beat{label: l.Label, first: l.Stamp}
			f.metrics[l.UUID] = b
		}
		if l.Stamp.After(b.last) {
			b.last = l.Stamp
		}
		return false
	}
	if l.Stamp.Before(f.booksFrom) {
		return false
	}
	switch l.Kind {
	case Start, State, Sigterm, Sigkill, Exit, Replace, Sleep:
	default:
		return false
	}
	lb := f.labels[l.Label]
	if lb == nil {
		lb = &label{name: l.Label, typ: f.typeOf(l.Label), fresh: f.look != nil && f.log == Flowing && !f.logSince.IsZero()}
		f.labels[l.Label] = lb
	}
	entry := *l
	entry.Text = ""
	if l.Kind == Sleep {
		entry.Text = l.Text
	}
	if !lb.books.enter(entry, at) {
		return false
	}
	replaced := l.Kind == Replace || (l.Kind == State && l.From == "up" && l.To == "starting")
	if replaced && lb.typ == "web" && !f.release.IsZero() && l.Stamp.After(f.newestWeb) && l.Stamp.After(f.release) {
		f.newestWeb = l.Stamp
	}
	return f.inScope(lb.typ)
}

// typeOf finds the type of a label that no list has shown: the longest type of
// the formation that it begins with. Until the formation is known it is the part
// before the last dot, which also serves one-off dynos.
func (f *fleet) typeOf(name string) string {
	best := ""
	for t := range f.formation {
		if len(t) > len(best) && (strings.HasPrefix(name, t+".") || strings.HasPrefix(name, t+"-")) {
			best = t
		}
	}
	if best != "" {
		return best
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// seeLog takes in news of the log stream. After a gap the books begin anew: what
// was lost may have been a start.
func (f *fleet) seeLog(s *LogStatus) {
	after := f.log
	f.log, f.logWhy = s.State, s.Reason
	switch s.State {
	case Flowing:
		f.logSince = s.Since
		if after == Gapped {
			f.booksFrom = s.Since
		}
	case Gapped:
		f.logSince = time.Time{}
		for _, lb := range f.labels {
			lb.books = books{}
			lb.fresh, lb.booked = false, time.Time{}
		}
	}
}

// A standing is what is known of the old instances of one label.
type standing struct {
	listed int           // 1 if its record is old
	hidden int           // how many others count as alive
	basis  Basis         // how it is known that there are none; empty while there may be
	until  time.Duration // when the hold on it is over; never if that is open
	why    string        // why there is no proof
	tally  tally
}

func (s standing) clear() bool { return s.basis != "" }

// stand judges one label at the moment at. What was learnt later counts as well.
func (f *fleet) stand(lb *label, at time.Duration) standing {
	var s standing
	s.tally = f.tally(lb, at)
	rec := lb.rec
	if rec != nil && f.old(rec) && rec.State != "idle" {
		s.listed = 1
	}
	if f.fir() || f.oneOff(lb.typ) {
		return f.standPod(lb, at, s)
	}
	running, inBooks := 0, true
	if rec != nil && (rec.State == "up" || rec.State == "starting") {
		inBooks = lb.books.startedSince(rec.CreatedAt)
		if inBooks || s.listed == 1 {
			running = 1
		}
	}
	s.hidden = max(0, s.tally.alive-running)
	if s.listed == 1 {
		// The start of the new one may be in the log before the list shows it.
		s.hidden = 0
		s.until, s.why = never, "an old dyno is listed"
		return s
	}

	s.why = f.doubt(lb, s.tally, running, inBooks, at)
	if s.why == "" {
		s.basis, s.hidden = Proven, 0
		return s
	}
	s.until = f.holdEnd(lb)
	if beat := f.lastBeat(lb, s.tally); !beat.IsZero() {
		s.until = max(s.until, f.clock.elapsed(beat.Add(metricLife), never))
	}
	if at >= s.until {
		s.basis, s.hidden = Presumed, 0
		return s
	}
	s.hidden = max(1, s.hidden)
	return s
}

// standPod judges a pod, or a one-off dyno: its name is never given to another
// instance, so the record tells all while it is listed.
func (f *fleet) standPod(lb *label, at time.Duration, s standing) standing {
	switch {
	case lb.rec != nil && s.listed == 1:
		s.until, s.why = never, "an old dyno is listed"
	case lb.rec != nil:
		s.basis = Proven
	case !lb.wasOld:
		s.basis = Proven // only ever seen new, or only in the log before the first look
	case !s.tally.lastExit.IsZero() && s.tally.lastExit.After(s.tally.lastStart):
		s.basis = Proven
	default:
		s.until, s.why = lb.leftAt+rollingHold, "its end is not in the log"
		if at >= s.until {
			s.basis = Presumed
		} else {
			s.hidden = 1
		}
	}
	return s
}

// tally reckons up the books of a label.
func (f *fleet) tally(lb *label, at time.Duration) tally {
	o := opening{}
	fm, ok := f.formation[lb.typ]
	if came := ok && !f.release.IsZero() && !fm.CreatedAt.Before(f.release); !came && !lb.fresh {
		o = lb.books.open(f.holdOf(lb), f.release, f.clock.now(at))
	} // else the label, or its process type, is new: nothing ran before
	return lb.books.add(o, f.release)
}

// doubt says why the books of a label do not prove that nothing is hidden behind
// its record; empty if they do.
func (f *fleet) doubt(lb *label, t tally, running int, inBooks bool, at time.Duration) string {
	switch {
	case f.log != Flowing:
		return f.noLog()
	case f.logSince.IsZero():
		return "the log's history does not say where it begins"
	}
	now := f.clock.now(at)
	// Whatever was already hidden when the books began is over after one hold. It was
	// hidden since before the record of that time was created, which may be long ago.
	known := f.logSince
	if !lb.booked.IsZero() && lb.booked.Before(known) {
		known = lb.booked
	}
	switch {
	case now.IsZero() || f.until(known.Add(f.holdOf(lb)), now):
		return "the log's history does not reach back far enough"
	case t.broken != "":
		return t.broken
	case t.startDue:
		return "a restart is announced whose start is not in the log yet"
	case !inBooks:
		return "the start of the listed dyno is not in the log"
	case t.alive < running:
		return "the log does not show every start"
	case t.alive > running:
		return exitDue
	case t.lastTerm.After(t.lastExit) && f.until(t.lastTerm.Add(killAfter+stampSlack), now):
		return "an instance is being stopped"
	}
	if sure := lb.books.exitAt + t.believedAfter(); running == 1 && !t.lastExit.IsZero() && at < sure {
		f.wakes = append(f.wakes, sure)
		return "an exit is too fresh to tell whose it was"
	}
	if lb.rec != nil && lb.rec.State == "up" && t.state != "" && t.state != "up" && t.stateAt.After(lb.rec.UpdatedAt.Add(stampSlack)) {
		return "the list is behind the log"
	}
	if !t.crashExit.IsZero() && running == 1 && !t.lastStart.After(t.crashExit) && f.lookAfter(t.crashExit.Add(listLag)) {
		return "a dyno crashed, and the list may not know yet"
	}
	if beat := f.lastBeat(lb, t); !beat.IsZero() && f.until(beat.Add(metricLife), now) {
		return "its runtime metrics say that it is alive"
	}
	return ""
}

// until tells whether the platform's moment t is still ahead of now, and if so
// notes it as one at which the judgement may change.
func (f *fleet) until(t, now time.Time) bool {
	if !now.Before(t) {
		return false
	}
	f.wakes = append(f.wakes, f.clock.elapsed(t, never))
	return true
}

// lookAfter tells whether only a look that is asked for after the platform's moment
// t can settle a doubt, and notes it.
func (f *fleet) lookAfter(t time.Time) bool {
	at := f.clock.elapsed(t, never)
	if f.look.AskedAt >= at {
		return false
	}
	if f.lookAt == 0 || at < f.lookAt {
		f.lookAt = at
	}
	return true
}

func (f *fleet) noLog() string {
	switch {
	case !f.cfg.UseLog:
		return "the log is switched off"
	case f.logWhy != "":
		return f.logWhy
	case f.log == "":
		return "the log has not been read yet"
	}
	return "the log stream is interrupted"
}

// lastBeat is the last sign of life of an old instance of the label that its
// books do not explain; zero if there is none. An instance is old if it was heard
// of before the target's release, or if its uuid is that of an old dyno of the
// list (whether the two are the same thing is not established, so only a match
// counts).
func (f *fleet) lastBeat(lb *label, t tally) time.Time {
	var last time.Time
	for uuid, b := range f.metrics {
		if b.label != lb.name || f.release.IsZero() {
			continue
		}
		isNew, listed := f.ids[uuid]
		if isNew || (!listed && !b.first.Before(f.release)) {
			continue
		}
		if b.last.After(t.lastExit.Add(stampSlack)) && b.last.After(last) {
			last = b.last
		}
	}
	return last
}

// holdOf is how long an instance of the label can hide after its record turned.
func (f *fleet) holdOf(lb *label) time.Duration {
	switch {
	case f.rolling():
		return rollingHold
	case lb.typ == "web" && f.prebooted():
		return f.cfg.prebootHold(f.webCount())
	}
	return replaceHold
}

// holdEnd is when the longest possible life of whatever hides behind the label is over.
func (f *fleet) holdEnd(lb *label) time.Duration {
	hold := f.holdOf(lb)
	web := lb.typ == "web" && !f.rolling() && f.prebooted()
	var from time.Duration
	switch {
	case lb.rec == nil:
		from = lb.leftAt
	case f.rolling() && lb.wasOld:
		from = lb.recSince
	case f.old(lb.rec): // asleep: its process was stopped when the state changed
		from = f.clock.elapsed(lb.rec.UpdatedAt, f.look.AskedAt)
	default:
		from = f.clock.elapsed(lb.rec.CreatedAt, lb.recSince)
	}
	if web && !f.newestWeb.IsZero() {
		from = max(from, f.clock.elapsed(f.newestWeb, f.look.AskedAt))
	}
	if n := len(lb.books.entries); n > 0 && lb.rec != nil && !f.rolling() {
		if t := lb.books.add(opening{}, f.release); t.trigger.After(lb.rec.CreatedAt) {
			from = max(from, f.clock.elapsed(t.trigger, lb.books.changedAt))
		}
	}
	return from + hold
}

// unlisted judges what no list and no line has shown: an old dyno of the type that
// had already left the list when the gate came. It is never proven gone, but the
// books, if they begin early enough, would have told of it.
func (f *fleet) unlisted(typ string, at time.Duration) standing {
	hold := replaceHold
	if f.rolling() {
		hold = rollingHold
	}
	if f.log == Flowing && !f.logSince.IsZero() && !f.fir() {
		if now := f.clock.now(at); !now.IsZero() && !f.until(f.logSince.Add(hold), now) {
			return standing{basis: Proven}
		}
	}
	s := standing{why: f.noLog()}
	if f.log == Flowing {
		s.why = "the log's history does not reach back far enough"
	}
	switch fm := f.formation[typ]; {
	case f.rolling():
		mixed := false // the roll-out had begun when the list was first read
		for _, d := range f.firstLook.Dynos {
			mixed = mixed || d.Type == typ && !f.old(&d)
		}
		if mixed || len(f.firstLook.Dynos) == 0 {
			s.until = f.firstLook.AskedAt + hold
		}
	case !fm.UpdatedAt.IsZero():
		s.until = f.clock.elapsed(fm.UpdatedAt, f.formedAt) + hold
	}
	if at >= s.until {
		s.basis = Presumed
		if s.until == 0 {
			s.basis = Proven
		}
	}
	return s
}

// A picture of one type: its labels' standings added up.
type typeStanding struct {
	TypePicture
	presumed []string // labels that only a limit, not the log, says are clear
}

// survey judges every type in scope at the moment at.
func (f *fleet) survey(at time.Duration) ([]typeStanding, []DynoPicture) {
	f.wakes, f.lookAt = f.wakes[:0], 0
	byType := map[string]*typeStanding{}
	var order []*typeStanding
	for _, t := range f.types() {
		ts := &typeStanding{TypePicture: TypePicture{Type: t, Wanted: f.formation[t].Quantity}}
		byType[t] = ts
		order = append(order, ts)
	}
	var dynos []DynoPicture
	for _, lb := range f.sorted() {
		ts := byType[lb.typ]
		if ts == nil {
			continue
		}
		s := f.stand(lb, at)
		dp := DynoPicture{Label: lb.name, Type: lb.typ, Hidden: s.hidden, Basis: s.basis, UpAt: lb.upAt}
		if rec := lb.rec; rec != nil {
			dp.Version, dp.State, dp.Old = rec.Version, rec.State, f.old(rec)
			ts.count(rec, dp.Old)
		}
		for _, c := range s.tally.crashes {
			if c.After(f.release) {
				dp.Crashes++
			}
		}
		if s.clear() && (lb.wasOld || !s.tally.lastExit.Before(f.release)) {
			dp.GoneAt = f.goneAt(lb, s)
		}
		ts.OldListed += s.listed
		ts.OldHidden += s.hidden
		ts.judge(s, lb.name)
		dynos = append(dynos, dp)
	}
	out := make([]typeStanding, len(order))
	for i, ts := range order {
		if !f.oneOff(ts.Type) {
			ts.judge(f.unlisted(ts.Type, at), "")
		}
		if ts.OldListed+ts.OldHidden == 0 && ts.HoldUntil == 0 {
			ts.Basis = Proven
			if len(ts.presumed) > 0 {
				ts.Basis = Presumed
			}
		}
		out[i] = *ts
	}
	return out, dynos
}

// goneAt is when a clear label's last old instance ended, as far as that is known.
func (f *fleet) goneAt(lb *label, s standing) time.Time {
	if s.basis == Proven {
		if s.tally.firstStop.IsZero() {
			return time.Time{}
		}
		return s.tally.lastExit
	}
	return f.clock.now(s.until)
}

func (ts *typeStanding) count(d *Dyno, old bool) {
	switch {
	case d.State == "idle":
		ts.Up++
	case old:
	case d.State == "up":
		ts.Up++
	case d.State == "starting":
		ts.Starting++
	case d.State == "crashed":
		ts.Crashed++
	}
}

// judge adds one standing to the type's.
func (ts *typeStanding) judge(s standing, name string) {
	switch {
	case s.basis == Presumed:
		ts.presumed = append(ts.presumed, name)
	case s.clear():
	case s.until > ts.HoldUntil:
		ts.HoldUntil, ts.HoldReason = s.until, s.why
	}
}

// describe says what is still missing of a type, for people.
func (t *TypePicture) describe() string {
	var parts []string
	if old := t.OldListed + t.OldHidden; old > 0 {
		parts = append(parts, count(old, "old "+t.Type+" dyno")+" to end")
	}
	if missing := t.Wanted - t.Up; missing > 0 {
		parts = append(parts, fmt.Sprintf("%s to be up", count(missing, "new "+t.Type+" dyno")))
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
