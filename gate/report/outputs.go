// The outputs: the list of them, and how each value is made from an ending.

package report

import (
	"encoding/json"
	"strconv"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// An Output is one output of the action.
type Output struct {
	Name string
	// Description says what the output holds, and when it is empty.
	Description string

	value func(Ending) string
}

// Outputs are all outputs, in the order of the documentation. With
// invalid inputs, only result, reason and message are not empty.
var Outputs = []Output{
	{"result", "How it ended: `passed`, `failed`, `timed-out`, `undecided` or `cancelled`. Never empty.",
		func(e Ending) string { return string(e.Verdict.Result) }},
	{"reason", "Why it ended so, one fixed word, such as `rolled-out` or `old-dynos-remain`. Never empty.",
		func(e Ending) string { return string(e.Verdict.Reason) }},
	{"message", "What happened, in one sentence for people. Never empty.",
		func(e Ending) string { return e.Verdict.Message }},
	{"basis", "How it is known that no old code runs: `proven` or `presumed`. Empty unless passed.",
		func(e Ending) string { return string(e.Verdict.Basis) }},
	{"release", "The release that was waited for, such as `v123`. Empty if none was found.",
		func(e Ending) string { return release(e.Picture) }},
	{"release-id", "The id of that release. Empty if none was found.",
		func(e Ending) string {
			if e.Picture.Target == nil {
				return ""
			}
			return e.Picture.Target.ID
		}},
	{"new-release", "`false` if the deploy made no release, so that `release` is an earlier one; else `true`. Without a watch that began before the deploy, a release counts as earlier if it was made more than 10 minutes before the gate started. Empty if none was found.",
		func(e Ending) string {
			if e.Picture.Target == nil {
				return ""
			}
			return strconv.FormatBool(!e.Picture.MadeBefore)
		}},
	{"commit", "The commit of that release. Empty if Heroku does not expose it, as for container images and on Fir.",
		func(e Ending) string { return e.Picture.Commit }},
	{"superseded-by", "The newest release after it, such as `v124`. Empty if there is none.",
		func(e Ending) string {
			if e.Picture.SupersededBy == 0 {
				return ""
			}
			return "v" + strconv.Itoa(e.Picture.SupersededBy)
		}},
	{"release-created-at", "When the release was created, as are all times in RFC 3339 and UTC. Empty if none was found.",
		func(e Ending) string { return clock(e.Picture.Times.ReleaseCreated) }},
	{"release-finished-at", "When Heroku called the release finished. Empty if it did not.",
		func(e Ending) string { return clock(e.Picture.Times.ReleaseFinished) }},
	{"first-new-up-at", "When the first new dyno was up. Empty if none was.",
		func(e Ending) string { return clock(e.Picture.Times.FirstNewUp) }},
	{"all-new-up-at", "When all new dynos were up. Empty if they never all were.",
		func(e Ending) string { return clock(e.Picture.Times.AllNewUp) }},
	{"first-old-stopped-at", "When the first old dyno was seen to stop. Empty if none was seen to.",
		func(e Ending) string { return clock(e.Picture.Times.FirstOldStopped) }},
	{"old-gone-at", "When the last old dyno was gone. If `old-gone-basis` is `presumed`, not every end is proven: it is the latest time at which one can have ended. Empty if old dynos remain or may remain, or if none was there to end.",
		func(e Ending) string { return clock(e.Picture.Times.OldGone) }},
	{"old-gone-basis", "How `old-gone-at` and the seconds that follow from it are known, however the wait ended: `proven` or `presumed`. Empty if `old-gone-at` is.",
		func(e Ending) string {
			if e.Picture.Times.OldGone.IsZero() {
				return ""
			}
			return string(e.Picture.Old)
		}},
	{"rollout-seconds", "Whole seconds from the creation of the release until the last old dyno was gone; at the most so many, if `old-gone-basis` is `presumed`. Empty if either is unknown.",
		func(e Ending) string { return seconds(e.Picture.Times.ReleaseCreated, e.Picture.Times.OldGone) }},
	{"unseen-seconds", "Whole seconds from Heroku's \"finished\" until the last old dyno was gone; at the most so many, if `old-gone-basis` is `presumed`. Empty if either is unknown.",
		func(e Ending) string { return seconds(e.Picture.Times.ReleaseFinished, e.Picture.Times.OldGone) }},
	{"waited-seconds", "Whole seconds that the gate waited. Empty only if the inputs were invalid.",
		func(e Ending) string { return wholeSeconds(e.Waited) }},
	{"old-remaining", "How many old dynos run or may run, listed or not. Empty only if the inputs were invalid.",
		func(e Ending) string { return strconv.Itoa(e.Picture.OldRemaining) }},
	{"new-up", "How many new dynos are up. Empty only if the inputs were invalid.",
		func(e Ending) string { return strconv.Itoa(e.Picture.NewUp) }},
	{"new-wanted", "How many new dynos the formation wants. Empty only if the inputs were invalid.",
		func(e Ending) string { return strconv.Itoa(e.Picture.NewWanted) }},
	{"report", "Verdict, timeline, process types and dynos as one line of JSON; what was too large is named in its `leftOut`. Empty only if the inputs were invalid.",
		asJSON},
}

// OutputNames are the names of Outputs, in the same order.
var OutputNames = func() []string {
	var names []string
	for _, o := range Outputs {
		names = append(names, o.Name)
	}
	return names
}()

type outputValue struct{ name, value string }

func values(e Ending) []outputValue {
	var vs []outputValue
	for _, o := range Outputs {
		vs = append(vs, outputValue{o.Name, o.value(e)})
	}
	return vs
}

func invalidValues(message string) []outputValue {
	return values(Ending{Verdict: rollout.Verdict{
		Result:  rollout.Failed,
		Reason:  rollout.InvalidInput,
		Message: message,
	}})[:3]
}

// clock writes t in RFC 3339, UTC, whole seconds; empty if it did not happen.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// seconds is the time from a to b in whole seconds; empty if one of them did not happen. If b is before a, it is 0.
func seconds(a, b time.Time) string {
	if a.IsZero() || b.IsZero() {
		return ""
	}
	return wholeSeconds(max(between(a, b), 0))
}

func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10)
}

// maxJSON is the largest report. All outputs of a job share 1 MB.
const maxJSON = 190_000

// asJSON is the report. If it would be too large, it leaves out parts of the picture, the least important first.
func asJSON(e Ending) string {
	doc := struct {
		Verdict rollout.Verdict `json:"verdict"`
		Picture rollout.Picture `json:"picture"`
		// LeftOut names parts of the picture that were too large.
		LeftOut []string `json:"leftOut,omitempty"`
	}{Verdict: e.Verdict, Picture: e.Picture}
	p := &doc.Picture
	for _, part := range []struct {
		name string
		drop func()
	}{
		{"dynos", func() { p.Dynos = nil }},
		{"oneOff", func() { p.OneOff = nil }},
		{"moments", func() { p.Moments = nil }},
		{"gaps", func() { p.Gaps = nil }},
		{"notices", func() { p.Notices = nil }},
		{"types", func() { p.Types = nil }},
	} {
		if b, err := json.Marshal(doc); err == nil && len(b) <= maxJSON {
			return string(b)
		}
		part.drop()
		doc.LeftOut = append(doc.LeftOut, part.name)
	}
	b, err := json.Marshal(doc)
	if err != nil || len(b) > maxJSON {
		return `{"leftOut":["verdict","picture"]}`
	}
	return string(b)
}
