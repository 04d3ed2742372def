// A trial: the wait ends as ever, and all that tells of its end says what the gate would have
// done.

package report

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// trialMark stands before all that a trial comes to.
const trialMark = "observe-only: "

// onTrial is the ending in the words of a trial. Where nothing was watched there is none.
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
