// Package watch waits: it decides when to look at the platform, feeds what comes
// back to the core, and ends on a verdict. It does not judge, and it knows nothing
// of HTTP.
package watch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// Platform answers questions about an app. An answer comes as an observation
// without At and AskedAt, which are the watcher's to say.
type Platform interface {
	App(ctx context.Context, app string) (rollout.Observation, error)
	Preboot(ctx context.Context, app string) (rollout.Observation, error)
	Look(ctx context.Context, app string, full bool, releases int) (rollout.Observation, error)
	Code(ctx context.Context, app string, code rollout.CodeRef) (rollout.Observation, error)
	Builds(ctx context.Context, app string) (rollout.Observation, error)
}

// Log tells of the app's log until ctx ends or the platform refuses it.
type Log interface {
	Run(ctx context.Context, emit func(rollout.Observation))
}

// Report shows people how it goes. It is called after every observation, and again
// at the moment that the last call returned, if nothing happens before.
type Report interface {
	Update(rollout.Picture) (again time.Duration)
}

const (
	// With the log flowing, a look only guards against what the log does not tell.
	flowingInterval = 75 * time.Second
	// A look with formation and releases costs three requests instead of one. Without
	// the log nothing else tells that it is needed.
	fullInterval  = 150 * time.Second
	blindInterval = time.Minute
	// What the log tells makes the list worth a look, but not for every line.
	changeSpacing = 1500 * time.Millisecond
	// Two looks are never closer than this, but for the one that may open the gate.
	minSpacing   = time.Second
	readySpacing = 400 * time.Millisecond
	// The longest time between two turns of the loop.
	idle = 30 * time.Second
	// The last look, at the deadline, gets this long.
	lastLook = 1500 * time.Millisecond
	// A question that got no answer is asked again after this.
	retryAfter = 10 * time.Second
	// What hangs when the verdict is there is left behind after this.
	farewell = 500 * time.Millisecond
)

// A Watcher waits for one roll-out.
type Watcher struct {
	Config   rollout.Config
	Platform Platform
	Log      Log    // nil: the log is not read
	Report   Report // nil: nobody watches
	// Timeout ends the wait. 0: it never does.
	Timeout time.Duration
	// Interval is the longest time between two looks at the dyno list while nothing
	// else drives one. 0: 10 s.
	Interval time.Duration
	// Record is called with every observation before it is applied. nil: not recorded.
	Record func(rollout.Observation)
	// Speed is how many seconds pass on the platform in one of ours: 1 (or 0) but
	// for a demonstration against a simulated platform.
	Speed float64
}

// run is the state of one wait; its fields belong to the goroutine of Run.
type run struct {
	*Watcher
	core  *rollout.Rollout
	begin time.Time
	news  chan news
	wg    sync.WaitGroup

	looking  bool
	asked    time.Duration // when the newest look was asked for; -1 before the first
	askedAll time.Duration // the same for the newest full look
	partial  bool          // the newest look was not a full one
	failed   bool          // the newest look brought nothing
	tell     time.Duration // when the report wants to be called again
	// retry says, for each question that is asked only until it is answered, when
	// to ask it again; never once it is answered or under way.
	retry    map[string]time.Duration
	answered map[string]bool
}

// never is a moment that does not come.
const never = time.Duration(1<<63 - 1)

// Run waits for the verdict. It returns when it is there and everything that was
// started has ended, or has been given up. The end of ctx is an interrupt.
func (w *Watcher) Run(ctx context.Context) (rollout.Picture, rollout.Verdict) {
	r := &run{
		Watcher: w, core: rollout.New(w.Config), begin: time.Now(),
		news: make(chan news, 256), asked: -1, askedAll: -1,
		retry: map[string]time.Duration{}, answered: map[string]bool{},
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if w.Log != nil {
		r.start(inner, func() {
			w.Log.Run(inner, func(o rollout.Observation) { r.send(inner, news{o: o}) })
		})
	}
	picture, verdict := r.judged(ctx, inner)
	cancel()
	r.leave()
	return picture, verdict
}

// judged runs the loop to its verdict. A bug in the core is no reason to end without
// one.
func (r *run) judged(ctx, inner context.Context) (picture rollout.Picture, verdict rollout.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			fresh := rollout.New(r.Config)
			fresh.Apply(bug(p))
			picture = fresh.Picture()
			verdict, _ = fresh.Verdict()
		}
	}()
	r.loop(ctx, inner)
	verdict, _ = r.core.Verdict()
	return r.core.Picture(), verdict
}

// start does something beside the loop. A bug in it ends the wait.
func (r *run) start(ctx context.Context, do func()) {
	r.wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				r.send(ctx, news{o: bug(p)})
			}
		}()
		do()
	})
}

// bug tells of a panic and where it came from.
func bug(p any) rollout.Observation {
	where := "somewhere"
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); !strings.HasPrefix(f.Function, "runtime.") {
			where = fmt.Sprintf("%s, line %d", f.Function, f.Line)
			break
		}
	}
	return rollout.Observation{Trouble: &rollout.Trouble{Kind: rollout.Internal, Message: fmt.Sprintf("%v in %s", p, where)}}
}

// leave waits a moment for what was started to end.
func (r *run) leave() {
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(farewell):
	}
}

func (r *run) loop(ctx, inner context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	deadline := make(<-chan time.Time)
	if r.Timeout > 0 {
		t := time.NewTimer(r.real(r.Timeout))
		defer t.Stop()
		deadline = t.C
	}
	for {
		if _, done := r.core.Verdict(); done {
			return
		}
		r.ask(inner)
		timer.Reset(r.real(r.nextTurn() - r.elapsed()))
		select {
		case n := <-r.news:
			r.take(n)
		case <-timer.C:
			r.apply(rollout.Observation{})
		case <-deadline:
			r.lastLook(ctx, inner)
			r.apply(rollout.Observation{End: rollout.Deadline})
		case <-ctx.Done():
			r.apply(rollout.Observation{End: rollout.Interrupt})
		}
		if r.Report != nil {
			r.tell = r.Report.Update(r.core.Picture())
		}
	}
}

// take applies what came in and all that has come in behind it. It tells whether
// the last look was among it.
func (r *run) take(n news) (last bool) {
	for {
		last = last || n.question == "last look"
		switch {
		case n.question == "look" || n.question == "last look":
			r.looking, r.failed = false, n.o.Look == nil
		case n.question != "" && n.answered:
			r.retry[n.question], r.answered[n.question] = never, true
		case n.question != "":
			r.retry[n.question] = r.elapsed() + retryAfter
		}
		r.apply(n.o)
		select {
		case n = <-r.news:
		default:
			return last
		}
	}
}

func (r *run) apply(o rollout.Observation) {
	o.At = r.elapsed()
	if r.Record != nil {
		r.Record(o)
	}
	r.core.Apply(o)
}

// elapsed is the time since the start, on the platform's scale.
func (r *run) elapsed() time.Duration {
	d := time.Since(r.begin)
	if r.Speed > 0 {
		d = time.Duration(float64(d) * r.Speed)
	}
	return d
}

// real is a span of the platform's time in our own.
func (r *run) real(d time.Duration) time.Duration {
	if r.Speed > 0 {
		d = time.Duration(float64(d) / r.Speed)
	}
	return max(d, 0)
}

// nextTurn is when the loop has to act, if nothing comes in before.
func (r *run) nextTurn() time.Duration {
	next := r.elapsed() + idle
	if r.Report != nil {
		next = min(next, r.tell)
	}
	if at := r.nextLook(); !r.looking && at < next {
		next = at
	}
	if at := r.core.Wants().WakeAt; at > 0 && at < next {
		next = at
	}
	return next
}

// nextLook is when the next look is due.
func (r *run) nextLook() time.Duration {
	if r.asked < 0 {
		return 0
	}
	w := r.core.Wants()
	interval := r.Interval
	if interval == 0 {
		interval = 10 * time.Second
	}
	if w.Quiet && !r.failed {
		interval = max(interval, flowingInterval)
	}
	at := r.asked + interval
	if w.Changed {
		at = min(at, r.asked+changeSpacing)
	}
	if w.LookAt > 0 {
		at = min(at, max(w.LookAt, r.asked+minSpacing))
	}
	if w.Ready {
		if r.partial {
			return r.asked
		}
		at = min(at, r.asked+readySpacing)
	}
	return at
}

// ask starts every request that is due.
func (r *run) ask(ctx context.Context) {
	now, app, w := r.elapsed(), r.Config.App, r.core.Wants()
	if !r.looking && now >= r.nextLook() {
		every := blindInterval
		if w.Flowing {
			every = fullInterval
		}
		full := w.Full || r.failed || r.askedAll < 0 || now >= r.askedAll+every
		r.look(ctx, "look", full, w.Releases)
		if w.Builds {
			r.again("builds")
		}
	}
	r.once(ctx, "app", func() (rollout.Observation, error) { return r.Platform.App(ctx, app) })
	if w.Preboot {
		r.again("preboot")
		r.once(ctx, "preboot", func() (rollout.Observation, error) { return r.Platform.Preboot(ctx, app) })
	}
	if w.Builds {
		r.once(ctx, "builds", func() (rollout.Observation, error) { return r.Platform.Builds(ctx, app) })
	}
	for _, code := range w.Codes {
		r.once(ctx, code.ID, func() (rollout.Observation, error) { return r.Platform.Code(ctx, app, code) })
	}
}

// again lets a question be asked once more that was answered before.
func (r *run) again(question string) {
	if r.answered[question] {
		r.answered[question] = false
		delete(r.retry, question)
	}
}

// once asks a question until it is answered.
func (r *run) once(ctx context.Context, question string, ask func() (rollout.Observation, error)) {
	if at, asked := r.retry[question]; asked && r.elapsed() < at {
		return
	}
	r.retry[question] = never // it is under way
	r.start(ctx, func() {
		o, err := ask()
		switch {
		case err == nil:
		case question == "app":
			o = trouble(err)
		case question == "preboot":
			o = rollout.Observation{Preboot: &rollout.Preboot{}}
		default:
			o = rollout.Observation{}
		}
		r.send(ctx, news{o: o, question: question, answered: err == nil})
	})
}

// look starts a look, unless one is under way.
func (r *run) look(ctx context.Context, question string, full bool, releases int) {
	asked := r.elapsed()
	r.looking, r.partial, r.asked = true, !full, asked
	if full {
		r.askedAll = asked
	}
	r.start(ctx, func() {
		o, err := r.Platform.Look(ctx, r.Config.App, full, releases)
		if err != nil {
			o = trouble(err)
		} else {
			o.Look.AskedAt = asked
		}
		r.send(ctx, news{o: o, question: question})
	})
}

// lastLook is the one at the deadline: whatever hangs, it is over soon.
func (r *run) lastLook(ctx, inner context.Context) {
	limited, cancel := context.WithTimeout(inner, lastLook)
	defer cancel()
	r.look(limited, "last look", true, r.core.Wants().Releases)
	for {
		select {
		case n := <-r.news:
			last := r.take(n)
			if _, done := r.core.Verdict(); done || last {
				return
			}
		case <-limited.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// news is an observation on its way to the loop.
type news struct {
	o        rollout.Observation
	question string // what it answers; empty for the log
	answered bool   // the question need not be asked again
}

func (r *run) send(ctx context.Context, n news) {
	select {
	case r.news <- n:
	case <-ctx.Done():
	}
}

// kind sorts an error of the platform; empty for nil.
func kind(err error) rollout.TroubleKind {
	var k interface{ Kind() rollout.TroubleKind }
	switch {
	case err == nil:
		return ""
	case errors.As(err, &k):
		return k.Kind()
	}
	return rollout.Unreachable
}

func trouble(err error) rollout.Observation {
	return rollout.Observation{Trouble: &rollout.Trouble{Kind: kind(err), Message: err.Error()}}
}
