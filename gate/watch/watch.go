// The loop: what is asked and told, until there is a verdict.

package watch

import (
	"context"
	"iter"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Platform answers questions about an app. An answer comes as an observation
// without At and AskedAt, which are the watcher's to say. A Look can bring the dyno
// list and an error for the rest.
type Platform interface {
	App(ctx context.Context, app string) (observe.Observation, error)
	Preboot(ctx context.Context, app string) (observe.Observation, error)
	Metrics(ctx context.Context, app string) (observe.Observation, error)
	Look(ctx context.Context, app string, full bool, releases int) (observe.Observation, error)
	Release(ctx context.Context, app, idOrVersion string) (observe.Observation, error)
	Code(ctx context.Context, app string, code observe.CodeRef) (observe.Observation, error)
	Builds(ctx context.Context, app string) (observe.Observation, error)
	// Remaining is how many requests the account has left, which all its programs
	// share; -1 if that is not known.
	Remaining() int
}

// Log tells of the app's log until ctx ends or the platform refuses it.
type Log interface {
	Run(ctx context.Context, emit func(observe.Observation))
	// Renew has the log opened anew: it is silent about what the lists show.
	Renew()
}

// Report shows people how it goes. It is called after every observation, and again
// at the moment that the last call returned, if nothing happens before.
type Report interface {
	Update(rollout.Picture) (again time.Duration)
}

const (
	// The last look, at the deadline, gets this long, and what hangs when the verdict
	// is there is left behind after this: together the end takes less than 2 s.
	lastLookTime  = 1200 * time.Millisecond
	shutdownGrace = 300 * time.Millisecond
	// With nothing to do the loop turns all the same.
	idle = 30 * time.Second
)

// A Watcher waits for one roll-out.
type Watcher struct {
	Config   rollout.Config
	Platform Platform
	Log      Log    // nil: the log is not read
	Report   Report // nil: nobody watches
	// Interval is the longest time between two looks at the dyno list. 0: 10 s without the
	// log, and with it as long as the core allows.
	Interval time.Duration
	// Begin says that the wait begins: until it is closed, the app is watched and nothing is decided, as
	// before a deploy. It goes with [rollout.Config.HeadStart]. nil: the wait begins at once.
	Begin <-chan struct{}
	// Ahead are the observations of a watch that began before this one, so long before as Since says: the
	// times of this one go on from there. nil: there was none.
	Ahead iter.Seq[observe.Observation]
	Since time.Duration
	// Record is called with every observation before it is applied. nil: not recorded.
	Record func(observe.Observation)
	// Debug tells of needs, looks and doubts. nil: nobody wants to know.
	Debug *Debug
	// Speed is how many seconds pass on the platform in one of ours: 1 (or 0) but
	// for a demonstration against a simulated platform.
	Speed float64
}

// run is the state of one wait; its fields belong to the goroutine of Run.
type run struct {
	*Watcher
	core  *rollout.Rollout
	begin time.Time       // of this watch
	ahead <-chan struct{} // closed when the wait begins; nil from then on
	begun bool
	began time.Duration // when it did
	news  chan news
	wg    sync.WaitGroup

	awaiting  bool // the app may be still to come: nothing else is asked for
	reading   bool // the log is read
	looking   bool // a look is under way
	pace      pace
	questions questions
	deafness  deafness
	lowBudget bool          // it was told that the account's budget is low
	tell      time.Duration // when the report wants to be called again
}

// Run waits for the verdict. It returns when it is there and everything that was
// started has ended, or has been given up. The end of ctx is an interrupt.
func (w *Watcher) Run(ctx context.Context) (rollout.Picture, rollout.Verdict) {
	r := &run{
		Watcher: w, core: rollout.New(w.Config), begin: time.Now(), awaiting: w.Config.WaitForApp,
		ahead: w.Begin, news: make(chan news, 256), pace: newPace(w.Interval), questions: newQuestions(), deafness: newDeafness(),
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
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
			picture, verdict = Broken(r.Config, p)
			picture.At = r.elapsed() - r.began
		}
	}()
	if r.Ahead != nil {
		for o := range r.Ahead {
			r.takeIn(o)
		}
	}
	r.loop(ctx, inner)
	verdict, _ = r.core.Verdict()
	return r.core.Picture(), verdict
}

// loop turns until there is a verdict. Each turn sees first whether the wait is over, so
// that neither the deadline nor a signal waits behind what comes in.
func (r *run) loop(ctx, inner context.Context) {
	wait, cancel := context.WithCancel(ctx)
	defer func() { cancel() }()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if _, done := r.core.Verdict(); done {
			return
		}
		if !r.begun && r.ahead == nil {
			cancel()
			wait, cancel = r.waitBegins(ctx)
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
		if r.Report != nil && r.begun {
			r.tell = r.began + r.Report.Update(r.core.Picture())
		}
	}
}

// waitBegins ends a head start. What it returns ends with ctx, and at the deadline.
func (r *run) waitBegins(ctx context.Context) (context.Context, context.CancelFunc) {
	r.begun = true
	if r.Config.HeadStart {
		r.began = r.elapsed()
		r.apply(observe.Observation{Begin: true})
		r.pace = newPace(r.Interval) // with a first look: that of before is from before the deploy
	}
	if r.Config.Timeout > 0 {
		return context.WithTimeout(ctx, r.real(r.Config.Timeout))
	}
	return context.WithCancel(ctx)
}

// turn asks what is to be asked, and takes in what comes next.
func (r *run) turn(wait, inner context.Context, timer *time.Timer) {
	needs := r.core.Needs()
	r.ask(inner, needs)
	r.readLog(inner)
	timer.Reset(r.real(r.nextTurn(needs) - r.elapsed()))
	select {
	case n := <-r.news:
		r.take(wait, n)
	case <-timer.C:
		r.apply(observe.Observation{})
	case <-r.ahead:
		r.ahead = nil
	case <-wait.Done():
	}
}

// nextTurn is when the loop has to act, if nothing comes in before.
func (r *run) nextTurn(needs []rollout.Need) time.Duration {
	next := min(r.elapsed()+idle, r.deafness.dueAt)
	if r.Report != nil && r.begun {
		next = min(next, r.tell)
	}
	if r.awaiting {
		return min(next, r.questions.due(appQuestion))
	}
	if at, _ := r.pace.next(needs, r.Platform.Remaining()); !r.looking {
		next = min(next, at)
	}
	for _, n := range needs {
		switch n.Kind {
		case rollout.Wake:
			next = min(next, n.By)
		case rollout.AskRelease:
			next = min(next, r.releaseDue(n))
		}
	}
	return next
}

// take applies what came in and what has come in behind it, but not without end: a
// busy log must not keep the loop from its other duties, nor from the end of ctx. It
// tells whether the last look was among it.
func (r *run) take(ctx context.Context, n news) (last bool) {
	for i := 0; ; i++ {
		last = last || n.question == "last look"
		switch {
		case n.question == "look" || n.question == "last look":
			r.looking = false
			r.pace.end(n.o.Look == nil, n.nothing)
		case n.question != "":
			r.questions.end(n.question, n.answered, r.elapsed(), BudgetSpacing(r.Platform.Remaining()))
			r.seeApp(n)
		}
		r.apply(n.o)
		if i == cap(r.news) || ctx.Err() != nil {
			return last
		}
		select {
		case n = <-r.news:
		default:
			return last
		}
	}
}

func (r *run) apply(o observe.Observation) {
	if _, done := r.core.Verdict(); done {
		return // and a recording ends with what brought the verdict
	}
	o.At = r.elapsed()
	r.takeIn(o)
}

// takeIn takes in an observation that has its time.
func (r *run) takeIn(o observe.Observation) {
	if r.Record != nil {
		r.Record(o)
	}
	if r.Log != nil {
		r.deafness.see(&o)
	}
	r.core.Apply(o)
	r.Debug.See(&o, r.core)
}

// elapsed is the time since the start, on the platform's scale.
func (r *run) elapsed() time.Duration {
	d := time.Since(r.begin)
	if r.Speed > 0 {
		d = time.Duration(float64(d) * r.Speed)
	}
	return r.Since + d
}

// real is a span of the platform's time in our own.
func (r *run) real(d time.Duration) time.Duration {
	if r.Speed > 0 {
		d = time.Duration(float64(d) / r.Speed)
	}
	return max(d, 0)
}

// news is an observation on its way to the loop.
type news struct {
	o        observe.Observation
	question string // what it answers; empty for the log
	answered bool   // the question need not be asked again
	nothing  bool   // a look that brought not even the dyno list
}

func (r *run) send(ctx context.Context, n news) {
	select {
	case r.news <- n:
	case <-ctx.Done():
	}
}
