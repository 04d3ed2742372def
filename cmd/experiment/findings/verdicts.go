// The gates against the truth: whether one opened too early, and how late.

package findings

import (
	"fmt"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// A Verdict is how one gate did.
type Verdict struct {
	Gate    string
	Verdict string // with its basis or reason
	At      string // from the release; empty if there is none
	// Truth is what there is to say of it; Wrong: it opened while old code ran.
	Truth string
	Wrong bool
}

// Verdicts are those of the gates of a run.
func Verdicts(r *evidence.Run) []Verdict {
	v := newView(r)
	var all []Verdict
	for _, g := range r.Gates {
		x := Verdict{Gate: "from " + g.Name + " the deploy", Verdict: g.Result + ", " + g.Reason}
		if v.target.Version != 0 {
			x.At = after(v.time(g.Ended).Sub(v.target.Created))
		}
		if g.Result == "passed" {
			x.Verdict = "passed, " + g.Basis
		}
		late, _ := r.After(g)
		last, any := r.LastOld(r.Awaited(g))
		switch {
		case g.Result == "":
			x.Verdict, x.Truth = "none", "it ended without a verdict"
		case g.Result != "passed" && any:
			x.Truth = fmt.Sprintf("it did not open; %s of code %d told of itself until %s", last.Dyno, last.Code, last.Last.UTC().Format("15:04:05.000"))
		case g.Result != "passed":
			x.Truth = "it did not open"
		case !any:
			x.Truth = "there was no old code"
		case late < 0:
			x.Wrong, x.Truth = true, fmt.Sprintf("TOO EARLY: %s of code %d told of itself %.1f s later", last.Dyno, last.Code, -late.Seconds())
		case last.Open:
			x.Truth = fmt.Sprintf("%.1f s after the last sign of old code that came; the log has a gap there", late.Seconds())
		default:
			x.Truth = fmt.Sprintf("%.1f s after the last sign of old code", late.Seconds())
		}
		all = append(all, x)
	}
	return all
}
