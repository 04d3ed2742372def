// A trial: the gate only observes. The wait ends as usual, but the messages say what the gate would have
// done.

package report

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// trialMark begins the messages of a trial.
const trialMark = "observe-only: "

// onTrial rewrites the ending for a trial. With invalid inputs nothing was observed, so it is no trial.
func onTrial(e Ending) Ending {
	if !e.ObserveOnly || e.Verdict.Reason == rollout.InvalidInput {
		e.ObserveOnly = false
		return e
	}
	would := ""
	switch e.Verdict.Result {
	case rollout.Passed:
		would = "the gate would have opened"
	case rollout.Failed, rollout.TimedOut, rollout.Undecided:
		would = "the gate would have failed the step"
	}
	if would != "" {
		if now := e.Picture.PlatformNow; !now.IsZero() {
			would += " at " + now.UTC().Format(time.TimeOnly) + " UTC"
		}
		would += fmt.Sprintf(", %s after it began: ", observe.Span(e.Waited))
	}
	e.Verdict.Message = trialMark + would + e.Verdict.Message
	return e
}
