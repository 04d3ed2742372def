// The questions: what is asked of the platform, how often, and what an answer that
// does not come means.

package watch

import (
	"context"
	"errors"

	"heroku-rollout-gate/gate/rollout"
)

// ask starts every request that is due.
func (r *run) ask(ctx context.Context) {
	now, app, w := r.elapsed(), r.Config.App, r.core.Wants()
	if !r.looking && now >= r.nextLook() {
		r.pace(now, w)
		every := blindInterval
		switch {
		case r.scarce():
			every = never // a full look is for what asks for it, and for the opening
		case w.Flowing:
			every = fullInterval
		}
		full := w.Full || r.failed || r.askedAll < 0 || now-r.askedAll >= every
		// While nothing is answered one request is enough to see whether it is back.
		r.look(ctx, "look", full && !r.down, w.Releases)
		if w.Builds {
			r.again("builds")
		}
	}
	r.once(ctx, "app", func() (rollout.Observation, error) { return r.Platform.App(ctx, app) })
	if w.Preboot {
		if !r.scarce() {
			r.again("preboot")
		}
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
			o = trouble(err, rollout.AboutApp)
		case question == "preboot":
			o = rollout.Observation{Preboot: &rollout.Preboot{}}
		case question == "builds":
			o = trouble(err, rollout.AboutBuilds)
		default:
			o = trouble(err, rollout.AboutCode)
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
		r.send(ctx, news{o: trouble(err, rollout.AboutLook), question: question, nothing: o.Look == nil})
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

// trouble tells of a question without an answer. Only what was asked of the app
// itself, or that the key is not accepted, can end the wait.
func trouble(err error, about rollout.About) rollout.Observation {
	t := &rollout.Trouble{Kind: kind(err), About: about, Message: err.Error()}
	if t.Kind != rollout.Unauthorized && (about == rollout.AboutBuilds || about == rollout.AboutCode) {
		t.Kind = rollout.Unreachable
	}
	return rollout.Observation{Trouble: t}
}
