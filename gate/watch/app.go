// Waiting for an app that does not exist yet: until it exists, the gate asks for nothing else and does not
// read its log.

package watch

import (
	"context"

	"heroku-rollout-gate/gate/observe"
)

// appQuestion is the name of the question about the app.
var appQuestion = questionName(observe.AboutApp, "")

// updateApp handles an answer about the app while the gate waits for the app to exist. Without an answer it
// schedules the next try: the gate asks as often as it would look.
func (r *run) updateApp(n arrival) {
	switch {
	case !r.awaitingApp || n.question != appQuestion:
	case n.answered:
		r.awaitingApp = false
	default:
		r.questions.dueAt[appQuestion] = r.elapsed() + max(r.pace.interval, BudgetSpacing(r.Platform.Remaining()))
	}
}

// readLog starts to read the log once the app exists, and reopens it when it is silent. Before the app
// exists, the platform would refuse the log for good.
func (r *run) readLog(ctx context.Context) {
	switch {
	case r.Log == nil || r.awaitingApp:
	case !r.readingLog:
		r.readingLog = true
		r.background(ctx, func() {
			r.Log.Run(ctx, func(o observe.Observation) { r.send(ctx, arrival{o: o}) })
		})
	case r.silence.renewNow(r.elapsed()):
		r.Log.Renew()
	}
}
