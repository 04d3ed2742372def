// The app, which may be still to come: until it is there, nothing else is asked for, and its log is not read.

package watch

import (
	"context"

	"heroku-rollout-gate/gate/observe"
)

// appQuestion is the name of the one about the app.
var appQuestion = nameOf(observe.AboutApp, "")

// seeApp takes in whether an app that is awaited is there. It is asked for at the pace of the looks.
func (r *run) seeApp(n news) {
	switch {
	case !r.awaiting || n.question != appQuestion:
	case n.answered:
		r.awaiting = false
	default:
		r.questions.dueAt[appQuestion] = r.elapsed() + max(r.pace.interval, BudgetSpacing(r.Platform.Remaining()))
	}
}

// readLog begins to read the log, and has it opened anew where it is silent. Of an app that is not there
// the platform would refuse it for good.
func (r *run) readLog(ctx context.Context) {
	switch {
	case r.Log == nil || r.awaiting:
	case !r.reading:
		r.reading = true
		r.start(ctx, func() {
			r.Log.Run(ctx, func(o observe.Observation) { r.send(ctx, news{o: o}) })
		})
	case r.deafness.due(r.elapsed()):
		r.Log.Renew()
	}
}
