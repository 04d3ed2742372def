// The questions: what is asked of the platform, and what an answer that does not come means.

package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A question that got no answer is asked again after this, and then later and later.
const (
	retryAfter   = 10 * time.Second
	longestRetry = 80 * time.Second
)

// questions are those that are asked until they are answered, by their names.
type questions struct {
	// dueAt is when to ask each; observe.Never once it is answered or under way.
	dueAt    map[string]time.Duration
	answered map[string]bool
	failures map[string]int // in a row
}

func newQuestions() questions {
	return questions{dueAt: map[string]time.Duration{}, answered: map[string]bool{}, failures: map[string]int{}}
}

// again lets a question be asked once more that was answered before.
func (q *questions) again(name string) {
	if q.answered[name] {
		q.answered[name] = false
		delete(q.dueAt, name)
	}
}

// due is when a question may be asked again; 0 if nothing speaks against it now.
func (q *questions) due(name string) time.Duration {
	if q.answered[name] {
		return 0
	}
	return q.dueAt[name]
}

// begin reports whether to ask a question now.
func (q *questions) begin(name string, now time.Duration) bool {
	if at, asked := q.dueAt[name]; asked && now < at {
		return false
	}
	q.dueAt[name] = observe.Never
	return true
}

// end takes in that a question was answered, or was not: the more often, the longer it is left
// alone.
func (q *questions) end(name string, answered bool, now, spacing time.Duration) {
	if answered {
		q.answered[name], q.failures[name] = true, 0
		return
	}
	wait := min(retryAfter<<min(q.failures[name], 10), longestRetry) // shifted further, it would overflow
	q.failures[name]++
	q.dueAt[name] = now + max(wait, spacing)
}

// ask starts every request that is due.
func (r *run) ask(ctx context.Context, needs []rollout.Need) {
	now, app, remaining := r.elapsed(), r.Config.App, r.Platform.Remaining()
	r.once(ctx, observe.AboutApp, "", "where the app runs decides how its dynos end", func() (observe.Observation, error) { return r.Platform.App(ctx, app) })
	if r.awaiting {
		return
	}
	is := func(kind rollout.NeedKind) bool {
		return slices.ContainsFunc(needs, func(n rollout.Need) bool { return n.Kind == kind })
	}
	if at, why := r.pace.next(needs, remaining); !r.looking && now >= at {
		r.pace.learn(now, is(rollout.Change) || is(rollout.MoreChange))
		r.noteBudget(remaining)
		r.look(ctx, "look", r.pace.full(now, needs, remaining), why)
		if is(rollout.AskBuilds) {
			r.questions.again(nameOf(observe.AboutBuilds, ""))
		}
	}
	for _, n := range needs {
		switch n.Kind {
		case rollout.AskPreboot, rollout.AgainPreboot:
			if n.Kind == rollout.AskPreboot || !isScarce(remaining) {
				r.questions.again(nameOf(observe.AboutPreboot, ""))
			}
			r.once(ctx, observe.AboutPreboot, "", n.Why, func() (observe.Observation, error) { return r.Platform.Preboot(ctx, app) })
		case rollout.AskMetrics:
			r.once(ctx, observe.AboutMetrics, "", n.Why, func() (observe.Observation, error) { return r.Platform.Metrics(ctx, app) })
		case rollout.AskRelease:
			if now >= r.releaseDue(n) {
				r.questions.again(nameOf(observe.AboutRelease, ""))
				r.once(ctx, observe.AboutRelease, "", n.Why, func() (observe.Observation, error) { return r.Platform.Release(ctx, app, n.Release) })
			}
		case rollout.AskBuilds:
			r.once(ctx, observe.AboutBuilds, "", n.Why, func() (observe.Observation, error) { return r.Platform.Builds(ctx, app) })
		case rollout.ReadCode:
			r.once(ctx, observe.AboutCode, n.Code.ID, n.Why, func() (observe.Observation, error) { return r.Platform.Code(ctx, app, n.Code) })
		}
	}
}

// releaseDue is when to ask for the release that is awaited: when it helps, and the budget
// allows it.
func (r *run) releaseDue(n rollout.Need) time.Duration {
	return max(n.By+BudgetSpacing(r.Platform.Remaining()), r.questions.due(nameOf(observe.AboutRelease, "")))
}

// noteBudget says once that few requests are left to the account.
func (r *run) noteBudget(remaining int) {
	if BudgetSpacing(remaining) > 0 && !r.lowBudget {
		r.lowBudget = true
		r.apply(observe.Observation{Budget: &observe.Budget{Remaining: remaining}})
	}
}

// nameOf tells a question from the others. id says which of several things it is about.
func nameOf(about observe.About, id string) string { return string(about) + " " + id }

// once asks a question until it is answered.
func (r *run) once(ctx context.Context, about observe.About, id, why string, ask func() (observe.Observation, error)) {
	asked, name := r.elapsed(), nameOf(about, id)
	if !r.questions.begin(name, asked) {
		return
	}
	r.start(ctx, func() {
		o, err := ask()
		if err != nil {
			o = unanswered(err, about)
		}
		o.Why = why
		if o.Preboot != nil {
			o.Preboot.AskedAt = asked
		}
		r.send(ctx, news{o: o, question: name, answered: err == nil})
	})
}

// unanswered is what a question tells that found no answer. Whether preboot or runtime metrics are on
// is then not known, which is an answer, too.
func unanswered(err error, about observe.About) observe.Observation {
	switch about {
	case observe.AboutPreboot:
		return observe.Observation{Preboot: &observe.Preboot{}}
	case observe.AboutMetrics:
		return observe.Observation{Metrics: &observe.Metrics{}}
	}
	return trouble(err, about)
}

// look starts a look; at the deadline also beside one that is under way.
func (r *run) look(ctx context.Context, question string, full bool, why string) {
	asked, releases := r.elapsed(), r.core.ReleasesToAsk()
	r.looking = true
	r.pace.begin(asked, full)
	r.start(ctx, func() {
		o, err := r.Platform.Look(ctx, r.Config.App, full, releases)
		o.Why = why
		if o.Look != nil {
			o.Look.AskedAt = asked
		}
		if err == nil {
			r.send(ctx, news{o: o, question: question})
			return
		}
		if o.Look != nil { // the dyno list alone
			r.send(ctx, news{o: o})
		}
		failure := trouble(err, observe.AboutLook)
		failure.Why = why
		r.send(ctx, news{o: failure, question: question, nothing: o.Look == nil})
	})
}

// lastLook is the one at the deadline: whatever hangs, it is over soon.
func (r *run) lastLook(ctx, inner context.Context) {
	limited, cancel := context.WithTimeout(inner, lastLookTime)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	r.look(limited, "last look", true, "the timeout is reached")
	for limited.Err() == nil {
		select {
		case n := <-r.news:
			last := r.take(limited, n)
			if _, done := r.core.Verdict(); done || last {
				return
			}
		case <-limited.Done():
		}
	}
}

// trouble tells of a question without an answer. Only what was asked of the app
// itself, or that the key is not accepted, can end the wait.
func trouble(err error, about observe.About) observe.Observation {
	t := &observe.Trouble{Kind: observe.Unreachable, About: about, Message: err.Error()}
	var sorted interface{ Kind() observe.TroubleKind }
	if errors.As(err, &sorted) {
		t.Kind = sorted.Kind()
	}
	var limited interface{ OutOfBudget() bool }
	t.OutOfBudget = errors.As(err, &limited) && limited.OutOfBudget()
	if t.Kind != observe.Unauthorized && about != observe.AboutLook && about != observe.AboutApp {
		t.Kind = observe.Unreachable
	}
	return observe.Observation{Trouble: t}
}
