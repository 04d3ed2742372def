// The questions: what the gate asks the platform, and what it does without an answer.

package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// The names of the questions that a look answers.
const (
	lookQuestion     = "look"
	lastLookQuestion = "last look"
)

// A question without an answer is asked again after retryAfter. Each further failure doubles the pause, up to
// longestRetry.
const (
	retryAfter   = 10 * time.Second
	longestRetry = 80 * time.Second
)

// questions are asked until they are answered. The keys of the maps are the names of the questions.
type questions struct {
	// dueAt is when to ask a question; observe.Never once it is answered or under way.
	dueAt    map[string]time.Duration
	answered map[string]bool
	failures map[string]int // in a row
}

func newQuestions() questions {
	return questions{dueAt: map[string]time.Duration{}, answered: map[string]bool{}, failures: map[string]int{}}
}

// reopen makes an answered question due again.
func (q *questions) reopen(name string) {
	if q.answered[name] {
		q.answered[name] = false
		delete(q.dueAt, name)
	}
}

// due is when a question may be asked again; 0: now.
func (q *questions) due(name string) time.Duration {
	if q.answered[name] {
		return 0
	}
	return q.dueAt[name]
}

// begin reports whether to ask a question now. If so, the question is under way.
func (q *questions) begin(name string, now time.Duration) bool {
	if at, asked := q.dueAt[name]; asked && now < at {
		return false
	}
	q.dueAt[name] = observe.Never
	return true
}

// end records whether a question was answered. If not, it is due again after a pause of at least spacing.
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
	r.askAgainAt = observe.Never
	r.askOnce(ctx, observe.AboutApp, "", "where the app runs decides how its dynos end", func() (observe.Observation, error) { return r.Platform.App(ctx, app) })
	if r.awaitingApp {
		return
	}
	is := func(kind rollout.NeedKind) bool {
		return slices.ContainsFunc(needs, func(n rollout.Need) bool { return n.Kind == kind })
	}
	if at, why := r.pace.next(needs, remaining); !r.looking && now >= at {
		r.pace.spaceChanges(now, is(rollout.Change) || is(rollout.MoreChange))
		r.reportLowBudget(remaining)
		r.look(ctx, lookQuestion, r.pace.full(now, needs, remaining), why)
		if is(rollout.AskBuilds) {
			r.questions.reopen(questionName(observe.AboutBuilds, ""))
		}
	}
	for _, n := range needs {
		switch n.Kind {
		case rollout.AskPreboot, rollout.AgainPreboot:
			if n.Kind == rollout.AskPreboot || !isVeryLow(remaining) {
				r.questions.reopen(questionName(observe.AboutPreboot, ""))
			}
			r.askOnce(ctx, observe.AboutPreboot, "", n.Why, func() (observe.Observation, error) { return r.Platform.Preboot(ctx, app) })
		case rollout.AskMetrics:
			r.askOnce(ctx, observe.AboutMetrics, "", n.Why, func() (observe.Observation, error) { return r.Platform.Metrics(ctx, app) })
		case rollout.AskRelease:
			if now >= r.releaseDueAt(n) {
				r.questions.reopen(questionName(observe.AboutRelease, ""))
				r.askOnce(ctx, observe.AboutRelease, "", n.Why, func() (observe.Observation, error) { return r.Platform.Release(ctx, app, n.Release) })
			}
		case rollout.AskBuilds:
			r.askOnce(ctx, observe.AboutBuilds, "", n.Why, func() (observe.Observation, error) { return r.Platform.Builds(ctx, app) })
		case rollout.ReadCode:
			r.askOnce(ctx, observe.AboutCode, n.Code.ID, n.Why, func() (observe.Observation, error) { return r.Platform.Code(ctx, app, n.Code) })
		}
	}
}

// releaseDueAt is when to ask for the release that the gate waits for: when the core needs it and the budget
// allows it.
func (r *run) releaseDueAt(n rollout.Need) time.Duration {
	return max(n.By+BudgetSpacing(r.Platform.Remaining()), r.questions.due(questionName(observe.AboutRelease, "")))
}

// reportLowBudget reports, once, that the account has few requests left.
func (r *run) reportLowBudget(remaining int) {
	if BudgetSpacing(remaining) > 0 && !r.lowBudgetReported {
		r.lowBudgetReported = true
		r.apply(observe.Observation{Budget: &observe.Budget{Remaining: remaining}})
	}
}

// questionName is the name of a question. id is empty where there is only one thing to ask about.
func questionName(about observe.About, id string) string { return string(about) + " " + id }

// askOnce asks a question, unless it is answered, under way, or not due yet.
func (r *run) askOnce(ctx context.Context, about observe.About, id, why string, ask func() (observe.Observation, error)) {
	asked, name := r.elapsed(), questionName(about, id)
	if !r.questions.begin(name, asked) {
		r.askAgainAt = min(r.askAgainAt, r.questions.dueAt[name])
		return
	}
	r.background(ctx, func() {
		o, err := ask()
		if err != nil {
			o = withoutAnswer(err, about)
		}
		o.Why = why
		if o.Preboot != nil {
			o.Preboot.AskedAt = asked
		}
		r.send(ctx, arrival{o: o, question: name, answered: err == nil})
	})
}

// withoutAnswer is the observation when a question has failed. For preboot and runtime metrics it says that it
// is not known whether they are on: no failure of these questions can end the wait.
func withoutAnswer(err error, about observe.About) observe.Observation {
	switch about {
	case observe.AboutPreboot:
		return observe.Observation{Preboot: &observe.Preboot{}}
	case observe.AboutMetrics:
		return observe.Observation{Metrics: &observe.Metrics{}}
	}
	return trouble(err, about)
}

// look starts a look. At the deadline it can run beside a look that is under way.
func (r *run) look(ctx context.Context, question string, full bool, why string) {
	asked, releases := r.elapsed(), r.core.ReleasesToAsk()
	r.looking = true
	r.pace.lookStarted(asked, full)
	r.background(ctx, func() {
		o, err := r.Platform.Look(ctx, r.Config.App, full, releases)
		o.Why = why
		if o.Look != nil {
			o.Look.AskedAt = asked
		}
		if err == nil {
			r.send(ctx, arrival{o: o, question: question})
			return
		}
		if o.Look != nil { // the dyno list alone
			r.send(ctx, arrival{o: o})
		}
		failure := trouble(err, observe.AboutLook)
		failure.Why = why
		r.send(ctx, arrival{o: failure, question: question, emptyLook: o.Look == nil})
	})
}

// lastLook looks once more at the deadline, for at most lastLookTime, and handles what comes in until then.
func (r *run) lastLook(ctx, inner context.Context) {
	limited, cancel := context.WithTimeout(inner, lastLookTime)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	r.look(limited, lastLookQuestion, true, "the timeout is reached")
	for limited.Err() == nil {
		select {
		case n := <-r.arrivals:
			last := r.receive(limited, n)
			if _, done := r.core.Verdict(); done || last {
				return
			}
		case <-limited.Done():
		}
	}
}

// trouble is the observation that a question has failed. Only a failed look, a failed question about the app, or
// a key that is not accepted can end the wait: any other failure becomes Unreachable.
func trouble(err error, about observe.About) observe.Observation {
	t := &observe.Trouble{Kind: observe.Unreachable, About: about, Message: err.Error()}
	var classified interface{ Kind() observe.TroubleKind }
	if errors.As(err, &classified) {
		t.Kind = classified.Kind()
	}
	var limited interface{ OutOfBudget() bool }
	t.OutOfBudget = errors.As(err, &limited) && limited.OutOfBudget()
	if t.Kind != observe.Unauthorized && about != observe.AboutLook && about != observe.AboutApp {
		t.Kind = observe.Unreachable
	}
	return observe.Observation{Trouble: t}
}
