// The loop: it asks, handles what comes in and reports, until there is a verdict.

package watch

import (
	"context"
	"iter"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Platform answers questions about an app. An answer is an observation without At and AskedAt:
// the watcher sets these. A Look can return both the dyno list and an error: then the other lists failed.
type Platform interface {
	App(ctx context.Context, app string) (observe.Observation, error)
	Preboot(ctx context.Context, app string) (observe.Observation, error)
	Metrics(ctx context.Context, app string) (observe.Observation, error)
	Look(ctx context.Context, app string, full bool, releases int) (observe.Observation, error)
	Release(ctx context.Context, app, idOrVersion string) (observe.Observation, error)
	Code(ctx context.Context, app string, code observe.CodeRef) (observe.Observation, error)
	Builds(ctx context.Context, app string) (observe.Observation, error)
	// Remaining is how many requests the account has left, for all its programs together;
	// -1 if that is not known.
	Remaining() int
}

// Log reads the app's log.
type Log interface {
	// Run emits observations until ctx ends or the platform refuses the log.
	Run(ctx context.Context, emit func(observe.Observation))
	// Renew reopens the log, because it is silent about a change that the lists show.
	Renew()
}

// Report shows people the progress. The loop calls Update after every observation, and at the latest at the
// time of the wait that the last call returned.
type Report interface {
	Update(rollout.Picture) (again time.Duration)
}

const (
	// The last look, at the deadline, may take lastLookTime. After the verdict, the gate waits for its
	// goroutines for shutdownGrace. Together this is less than 2 s.
	lastLookTime  = 1200 * time.Millisecond
	shutdownGrace = 300 * time.Millisecond
	// longestIdle is the longest time between two turns of the loop.
	longestIdle = 30 * time.Second
)

// A Watcher waits for one roll-out.
type Watcher struct {
	Config   rollout.Config
	Platform Platform
	Log      Log    // nil: the log is not read
	Report   Report // nil: no progress is shown
	// Interval is the longest time between two looks at the dyno list. 0: 10 s without the
	// log, and as long as the core allows with it.
	Interval time.Duration
	// Begin is closed when the wait begins. Until then the gate watches the app and decides nothing, as
	// before a deploy. Used with [rollout.Config.HeadStart]. nil: the wait begins at once.
	Begin <-chan struct{}
	// Ahead are the observations of an earlier watch; nil: there was none. Since is how much earlier that watch
	// began: all times count from then.
	Ahead iter.Seq[observe.Observation]
	Since time.Duration
	// Record is called with every observation before it is applied. nil: not recorded.
	Record func(observe.Observation)
	// Debug writes debug lines. nil: none.
	Debug *Debug
	// Speed is how many seconds pass on the platform in one second of the gate: 1 (or 0), except
	// in a demonstration against a simulated platform.
	Speed float64
}

// run is the state of one wait. Only the goroutine of Run uses its fields.
type run struct {
	*Watcher
	core      *rollout.Rollout
	startedAt time.Time       // when this watch began
	headStart <-chan struct{} // closed when the wait begins; nil from then on
	waiting   bool            // the wait has begun
	waitBegan time.Duration   // when the wait began, if there was a head start
	arrivals  chan arrival
	wg        sync.WaitGroup

	awaitingApp       bool // the app may not exist yet: the gate asks for nothing else
	readingLog        bool // the log was opened
	looking           bool // a look is under way
	pace              pace
	questions         questions
	silence           logSilence
	lowBudgetReported bool
	reportAgainAt     time.Duration // when the report has to be called at the latest
	askAgainAt        time.Duration // when the first unanswered question that the core needs is asked again; observe.Never: there is none
}

// Run waits for the verdict. It returns when there is a verdict, and everything that Run started has ended or
// has been given up. The end of ctx interrupts the wait.
func (w *Watcher) Run(ctx context.Context) (rollout.Picture, rollout.Verdict) {
	r := &run{
		Watcher: w, core: rollout.New(w.Config), startedAt: time.Now(), headStart: w.Begin, arrivals: make(chan arrival, 256),
		awaitingApp: w.Config.WaitForApp, pace: newPace(w.Interval), questions: newQuestions(), silence: newLogSilence(),
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	picture, verdict := r.waitForVerdict(ctx, inner)
	cancel()
	r.waitForBackground()
	return picture, verdict
}

// waitForVerdict runs the loop until there is a verdict. A panic in the core ends the wait with a verdict, too.
// inner is the context of the goroutines. It ends after the verdict, and not with ctx.
func (r *run) waitForVerdict(ctx, inner context.Context) (picture rollout.Picture, verdict rollout.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			picture, verdict = Broken(r.Config, p)
			picture.At = r.elapsed() - r.waitBegan
		}
	}()
	if r.Ahead != nil {
		for o := range r.Ahead {
			r.process(o)
		}
	}
	r.loop(ctx, inner)
	verdict, _ = r.core.Verdict()
	return r.core.Picture(), verdict
}

// loop turns until there is a verdict. Each turn first checks whether the wait is over, so
// that observations delay neither the deadline nor a signal.
func (r *run) loop(ctx, inner context.Context) {
	wait, cancel := context.WithCancel(ctx)
	defer func() { cancel() }()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if _, done := r.core.Verdict(); done {
			return
		}
		if !r.waiting && r.headStart == nil {
			cancel()
			wait, cancel = r.beginWait(ctx)
		}
		switch {
		case ctx.Err() != nil:
			r.apply(observe.Observation{End: observe.Interrupt})
		case wait.Err() != nil:
			r.lastLook(ctx, inner)
			r.apply(observe.Observation{End: observe.Deadline})
		default:
			r.turn(wait, inner, timer)
		}
		if r.Report != nil && r.waiting {
			r.reportAgainAt = r.waitBegan + r.Report.Update(r.core.Picture())
		}
	}
}

// beginWait begins the wait, and so ends a head start. The context that it returns ends with ctx, and at the
// deadline.
func (r *run) beginWait(ctx context.Context) (context.Context, context.CancelFunc) {
	r.waiting = true
	if r.Config.HeadStart {
		r.waitBegan = r.elapsed()
		r.apply(observe.Observation{Begin: true})
		r.pace = newPace(r.Interval) // look at once: the last look is from before the deploy
	}
	if r.Config.Timeout > 0 {
		return context.WithTimeout(ctx, r.realTime(r.Config.Timeout))
	}
	return context.WithCancel(ctx)
}

// turn asks what is due, and handles what comes in next.
func (r *run) turn(wait, inner context.Context, timer *time.Timer) {
	needs := r.core.Needs()
	r.ask(inner, needs)
	r.readLog(inner)
	timer.Reset(r.realTime(r.nextTurn(needs) - r.elapsed()))
	select {
	case n := <-r.arrivals:
		r.receive(wait, n)
	case <-timer.C:
		r.apply(observe.Observation{})
	case <-r.headStart:
		r.headStart = nil
	case <-wait.Done():
	}
}

// nextTurn is when the loop has to act, if nothing comes in before.
func (r *run) nextTurn(needs []rollout.Need) time.Duration {
	next := min(r.elapsed()+longestIdle, r.silence.renewAt, r.askAgainAt)
	if r.Report != nil && r.waiting {
		next = min(next, r.reportAgainAt)
	}
	if r.awaitingApp {
		return next
	}
	if at, _ := r.pace.next(needs, r.Platform.Remaining()); !r.looking {
		next = min(next, at)
	}
	for _, n := range needs {
		switch n.Kind {
		case rollout.Wake:
			next = min(next, n.By)
		case rollout.AskRelease:
			next = min(next, r.releaseDueAt(n))
		}
	}
	return next
}

// receive applies an arrival and those that wait behind it, but only a limited number, and none after the end of
// ctx: a busy log must not stop the loop from its other work. It reports whether the last look was among them.
func (r *run) receive(ctx context.Context, n arrival) (last bool) {
	for i := 0; ; i++ {
		last = last || n.question == lastLookQuestion
		switch {
		case n.question == lookQuestion || n.question == lastLookQuestion:
			r.looking = false
			r.pace.lookEnded(n.o.Look == nil, n.emptyLook)
		case n.question != "":
			r.questions.end(n.question, n.answered, r.elapsed(), BudgetSpacing(r.Platform.Remaining()))
			r.updateApp(n)
		}
		r.apply(n.o)
		if i == cap(r.arrivals) || ctx.Err() != nil {
			return last
		}
		select {
		case n = <-r.arrivals:
		default:
			return last
		}
	}
}

// apply gives an observation its time and processes it. After the verdict it does nothing, so that a recording
// ends with the observation that brought the verdict.
func (r *run) apply(o observe.Observation) {
	if _, done := r.core.Verdict(); done {
		return
	}
	o.At = r.elapsed()
	r.process(o)
}

// process passes an observation that has its time to the recording, the core and the debug lines.
func (r *run) process(o observe.Observation) {
	if r.Record != nil {
		r.Record(o)
	}
	if r.Log != nil {
		r.silence.update(&o)
	}
	r.core.Apply(o)
	r.Debug.See(&o, r.core)
}

// elapsed is the platform's time since the start of the watch, including an earlier watch.
func (r *run) elapsed() time.Duration {
	d := time.Since(r.startedAt)
	if r.Speed > 0 {
		d = time.Duration(float64(d) * r.Speed)
	}
	return r.Since + d
}

// realTime converts a span of the platform's time to the gate's; at least 0.
func (r *run) realTime(d time.Duration) time.Duration {
	if r.Speed > 0 {
		d = time.Duration(float64(d) / r.Speed)
	}
	return max(d, 0)
}

// arrival is an observation on its way to the loop.
type arrival struct {
	o         observe.Observation
	question  string // the name of the question that it answers; empty for the log
	answered  bool   // the question was answered
	emptyLook bool   // a look that did not even bring the dyno list
}

func (r *run) send(ctx context.Context, n arrival) {
	select {
	case r.arrivals <- n:
	case <-ctx.Done():
	}
}
