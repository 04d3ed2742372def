// Playing a scenario: a queue of planned moments, and the state of the app.

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

// play plays a scenario. It goes from one planned moment to the next, and each
// moment may plan further ones. When the time of a moment has come, its function
// first checks that nothing has cancelled it meanwhile.
type play struct {
	sc    *Scenario
	grows *growth // only for an app that clients can write to; otherwise nil
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
	rolls   map[string]int     // by process type: the number of the newest roll-out
	lines   []draft
	bad     *problem // why the scenario cannot be played; the play stops then
	event   string   // the YAML path of the current event
	grown   bool     // there was a release with code
	over    bool     // the app was deleted
	procs   []*process
}

// A slot is one label of the formation.
type slot struct {
	record  dynoRecord
	proc    *process   // the process of the record; nil if there is none
	hidden  []*process // earlier processes of the label, which may still run
	turns   int        // counts the processes: moments that were planned for an earlier one are cancelled
	crashes int        // in a row
	gone    bool
	leaving bool // on Fir: a pod whose successor was started
}

// A process is an instance while it is played.
type process struct {
	index    int // in Story.Instances; -1 before the start
	label    string
	version  int
	stopping bool
	ended    bool
	plan     int            // counts the plans for its end: a newer plan cancels the older one
	stop     *time.Duration // how long it lives after SIGTERM; nil: the source does not say it
	hidden   bool           // by preboot
	listed   string         // its key in the dyno list, if ListsHidden lists it although it is hidden
}

func (p *process) runs() bool { return p != nil && p.index >= 0 && !p.ended }

// Play computes the story. The same scenario always gives the same story.
func (sc *Scenario) Play() (*Story, error) {
	if bad := sc.check(); bad != nil {
		return nil, fmt.Errorf("scenario: %w", bad)
	}
	return sc.play(nil)
}

// play computes the story of a scenario, or with grows that of a writable app.
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
	p.finishLines()
	slices.SortStableFunc(p.st.Instances, func(a, b Instance) int { return int(a.Start - b.Start) })
	return p.st, nil
}

// fail ends the play: an event is not possible, or the story is too large.
func (p *play) fail(path, format string, args ...any) {
	if p.bad == nil {
		p.bad = &problem{path, fmt.Sprintf(format, args...)}
	}
}

// noEffect refuses an event that would have no effect: the author expects one.
func (p *play) noEffect(format string, args ...any) {
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

// usualSize is the default dyno type.
func (sc *Scenario) usualSize() string {
	switch {
	case sc.App.Generation == "fir":
		return "dyno-1c-0.5gb"
	case sc.App.Space != "":
		return "private-s"
	}
	return "standard-1x"
}

// begin makes the app and plans the releases and events.
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
		p.createApp()
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
	p.addYoungReleases()
	p.addEarlierReleases(past)
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
			p.apply(e)
		})
	}
}

// apply does what an event says.
func (p *play) apply(e *Event) {
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

// prebooted reports whether old processes of the type keep running unlisted, by preboot.
func (p *play) prebooted(typ string) bool {
	return p.app.preboot && typ == "web" && !p.space()
}

func (p *play) bootTimeout() time.Duration {
	if p.sc.BootTimeout == 0 {
		return time.Minute
	}
	return p.sc.BootTimeout
}

// after plans a function call. If d is zero or less, it calls the function at once.
func (p *play) after(d time.Duration, do func()) {
	if d <= 0 {
		do()
		return
	}
	p.seq++
	heap.Push(&p.queue, moment{p.now + d, p.seq, do})
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
