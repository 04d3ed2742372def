// This file is for working a scenario out: a queue of what comes next, and the app's parts.

package herokusim

import (
	"container/heap"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// play works out a scenario. It goes from one planned moment to the next, and
// each may plan further ones; whatever is planned asks again, when its time has
// come, whether it still holds.
type play struct {
	sc    *Scenario
	grows *growth // nil but for an app that is written to
	st    *Story
	rng   *rand.Rand
	now   time.Duration
	queue queue
	seq   int

	app     appRecord
	version int // of the newest release
	current releaseRecord
	byVer   map[int]releaseRecord
	types   map[string]formationRecord
	slots   map[string][]*slot // by process type, in order of the labels
	rolls   map[string]int     // by process type: number of the roll-out that goes on
	lines   []draft
	bad     *problem // what could not be played; nothing more happens then
	event   string   // the path of the event that happens
	grown   bool     // a release with code was made
	over    bool     // the app was deleted
	procs   []*process
}

// A slot is one label of the formation.
type slot struct {
	record  dynoRecord
	proc    *process   // behind the record; nil if none
	hidden  []*process // that ran behind it before, and may still run
	turns   int        // counts new processes: what was planned for an earlier one is void
	crashes int        // in a row
	gone    bool
	leaving bool // a pod on Fir whose successor was started
}

// A process is an instance while it is played.
type process struct {
	n        int // in Story.Instances; -1 before the start
	label    string
	version  int
	stopping bool
	ended    bool
	plan     int            // number of its newest end: a newer one voids the older
	stop     *time.Duration // how long it lives after SIGTERM, if its source says it
}

func (p *process) runs() bool { return p != nil && p.n >= 0 && !p.ended }

// Play works the story out. The same scenario gives the same story.
func (sc *Scenario) Play() (*Story, error) {
	if bad := sc.check(); bad != nil {
		return nil, fmt.Errorf("scenario: %w", bad)
	}
	return sc.play(nil)
}

// play works out a story, or one that grows.
func (sc *Scenario) play(grows *growth) (*Story, error) {
	p := &play{
		sc: sc, grows: grows,
		st:    &Story{Scenario: sc, Start: sc.start(), Gate: 2 * time.Second, End: sc.end(), appID: sc.AppID(), made: -365 * 24 * time.Hour, outputs: map[string]output{}},
		rng:   rand.New(rand.NewPCG(uint64(sc.Seed), 41)),
		byVer: map[int]releaseRecord{},
		types: map[string]formationRecord{},
		slots: map[string][]*slot{},
		rolls: map[string]int{},
	}
	if sc.Gate != nil {
		p.st.Gate = *sc.Gate
	}
	if grows != nil {
		p.st.appID, p.st.made, p.st.End = grows.appID, grows.created, grows.until
	}
	p.begin()
	for p.bad == nil && p.queue.Len() > 0 && p.queue[0].at <= p.st.End {
		next := heap.Pop(&p.queue).(moment)
		p.now = next.at
		next.do()
	}
	p.metrics()
	p.noise()
	if p.bad != nil {
		return nil, fmt.Errorf("scenario: %w", p.bad)
	}
	p.print()
	slices.SortStableFunc(p.st.Instances, func(a, b Instance) int { return int(a.Start - b.Start) })
	return p.st, nil
}

// fail ends the play: this event is not possible, or the story too large.
func (p *play) fail(path, format string, args ...any) {
	if p.bad == nil {
		p.bad = &problem{path, fmt.Sprintf(format, args...)}
	}
}

// nothing refuses an event that finds nothing to act on: silence would tell
// another story than the one that was meant.
func (p *play) nothing(format string, args ...any) {
	p.fail(p.event, "%s at %s: nothing would happen; leave the event out, or change its time or label", fmt.Sprintf(format, args...), p.now)
}

// start is the platform's clock at second 0.
func (sc *Scenario) start() time.Time {
	if sc.Begins.IsZero() {
		return time.Date(2026, 6, 9, 16, 13, 36, 0, time.UTC)
	}
	return sc.Begins
}

// end is where the story stops.
func (sc *Scenario) end() time.Duration {
	if sc.Ends != 0 {
		return sc.Ends
	}
	var last time.Duration
	for _, e := range sc.Events {
		last = max(last, e.At)
	}
	return last + 10*time.Minute
}

// usualSize is the dyno type of whatever does not say it.
func (sc *Scenario) usualSize() string {
	switch {
	case sc.App.Generation == "fir":
		return "dyno-1c-0.5gb"
	case sc.App.Space != "":
		return "private-s"
	}
	return "standard-1x"
}

// begin sets the app up and plans the releases and events.
func (p *play) begin() {
	past := p.sc.past()
	p.now = -time.Hour
	if len(past) > 0 {
		p.now = past[0].At - time.Minute
	}
	p.app = appRecord{
		name: p.sc.AppName(), preboot: p.sc.App.Preboot, prebootChanged: orElse(p.sc.App.PrebootChanged, -30*24*time.Hour), maintenance: p.sc.App.Maintenance,
		metrics: p.sc.Metrics, metricsChanged: orElse(p.sc.MetricsChanged, -300*24*time.Hour), released: p.now,
	}
	if p.grows != nil {
		p.create()
		return
	}
	p.st.app.put("app", p.now, p.app)
	for _, typ := range slices.Sorted(maps.Keys(p.sc.Types)) {
		t := p.sc.Types[typ]
		p.types[typ] = formationRecord{id: p.uuid(), typ: typ, size: orElse(t.Size, p.sc.usualSize()), command: orElse(t.Command, defaultCommand(typ)), quantity: t.Quantity, created: -365 * 24 * time.Hour, updated: p.now}
		if !p.sc.Young {
			p.st.formation.put(typ, p.now, p.types[typ])
		}
	}
	p.young()
	p.earlier(past)
	for _, r := range past {
		p.after(r.At-p.now, func() {
			p.version = r.Version - 1
			p.deploy(&Deploy{Commit: r.Commit}, r.Timing)
		})
	}
	for i := range p.sc.Events {
		e := &p.sc.Events[i]
		p.after(e.At-p.now, func() {
			p.event = fmt.Sprintf("events[%d]", i)
			p.happen(e)
		})
	}
}

// past is the releases before the story.
func (sc *Scenario) past() []Past {
	if len(sc.Releases) == 0 && !sc.Young {
		return []Past{{Version: 40, At: -48 * time.Hour}, {Version: 41, At: -24 * time.Hour}}
	}
	return sc.Releases
}

// youngVersions is how many releases a new app begins with.
const youngVersions = 2

// young makes them. They carry no code.
func (p *play) young() {
	if !p.sc.Young {
		return
	}
	for _, description := range [youngVersions]string{"Initial release", "Enable Logplex"} {
		p.version++
		if p.grows != nil {
			p.api(description + " by user " + user)
		}
		r := releaseRecord{id: p.uuid(), description: description, status: "succeeded", version: p.version, created: p.now}
		p.succeed(r, nil)
	}
}

// earlier notes the releases of which nothing but the record is left.
func (p *play) earlier(past []Past) {
	for n := p.sc.Earlier; n > 0; n-- {
		version, at := past[0].Version-n, p.now-time.Duration(n)*24*time.Hour
		r := releaseRecord{id: p.uuid(), description: fmt.Sprintf("Deploy %08x", version), status: "succeeded", version: version, eligible: true, created: at, updated: at}
		r.commit = fmt.Sprintf("%040x", version)
		if n > 20 && at < -30*24*time.Hour { // its code is destroyed
			r.status, r.eligible = "expired", false
			p.byVer[version] = r
			p.st.releases.put(r.id, at, r)
			continue
		}
		if !p.fir() && p.sc.App.Stack != "container" {
			r.slug = p.uuid()
			p.st.slugs.put(r.slug, at, slugRecord{id: r.slug, commit: r.commit, created: at})
		}
		p.byVer[version] = r
		p.st.releases.put(r.id, at, r)
	}
}

// happen does what an event says.
func (p *play) happen(e *Event) {
	switch {
	case e.Deploy != nil:
		p.deploy(e.Deploy, e.Timing)
	case e.Config != nil:
		p.config(e.Config, e.Timing)
	case e.Rollback != nil:
		p.rollback(e.Rollback, e.Timing)
	case e.Restart != nil:
		p.restart(e.Restart, e.Timing)
	case e.Scale != nil:
		p.scale(e.Scale, e.Timing)
	case e.Crash != nil:
		p.crash(e.Crash, e.Timing)
	case e.Cycle != "":
		p.cycle(e.Cycle, e.Timing)
	case e.Idle:
		p.idle(e.Timing)
	case e.Wake:
		p.wake(e.Timing)
	case e.Run != nil:
		p.oneOff(*e.Run, "run")
	case e.Scheduler != nil:
		p.oneOff(*e.Scheduler, "scheduler")
	case e.AddOn != nil:
		typ, _, _ := strings.Cut(e.AddOn.Label, ".")
		p.oneOff(*e.AddOn, typ)
	case e.Say != nil:
		p.say(e.Say)
	case e.Preboot != nil:
		p.app.preboot, p.app.prebootChanged = *e.Preboot, p.now
		p.st.app.put("app", p.now, p.app)
	case e.Rename != "":
		p.rename(e.Rename)
	case e.Maintenance != nil:
		p.app.maintenance = *e.Maintenance
		p.st.app.put("app", p.now, p.app)
	}
}

func (p *play) say(s *Say) {
	p.line(orElse(s.Source, "app"), s.Label, s.Text)
	if s.Times > 1 {
		again := *s
		again.Times--
		p.after(s.Every, func() { p.say(&again) })
	}
}

func (p *play) fir() bool   { return p.sc.App.Generation == "fir" }
func (p *play) space() bool { return p.sc.App.Space != "" }

// prebooted reports whether the type's old processes run on unlisted.
func (p *play) prebooted(typ string) bool {
	return p.app.preboot && typ == "web" && !p.space()
}

func (p *play) bootTimeout() time.Duration {
	if p.sc.BootTimeout == 0 {
		return time.Minute
	}
	return p.sc.BootTimeout
}

// after plans something. What is planned for now happens now.
func (p *play) after(d time.Duration, do func()) {
	if d <= 0 {
		do()
		return
	}
	p.seq++
	heap.Push(&p.queue, moment{p.now + d, p.seq, do})
}

// chance decides what is worked out after the play. A story that grows has one of its own
// for each kind of thing, so that what comes later does not change what was before.
func (p *play) chance(kind uint64) *rand.Rand {
	if p.grows == nil {
		return p.rng
	}
	return rand.New(rand.NewPCG(uint64(p.sc.Seed), 41+kind))
}

func (p *play) uuid() string { return uuid(p.rng) }

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func defaultCommand(typ string) string {
	if typ == "web" {
		return "bundle exec puma -C config/puma.rb"
	}
	return "bundle exec " + typ
}

// A moment is something planned.
type moment struct {
	at  time.Duration
	seq int // of two at the same time the one that was planned first is first
	do  func()
}

type queue []moment

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q *queue) Push(x any) { *q = append(*q, x.(moment)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
