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
	{"result", "How the wait ended: `passed`, `failed`, `timed-out`, `undecided` or `cancelled`. Never empty.",
		func(e Ending) string { return string(e.Verdict.Result) }},
	{"reason", "Why the wait ended so: one fixed word, such as `rolled-out` or `old-dynos-remain`. Never empty.",
		func(e Ending) string { return string(e.Verdict.Reason) }},
	{"message", "What happened, in one sentence for people. Never empty.",
		func(e Ending) string { return e.Verdict.Message }},
	{"basis", "How the gate knows that no old code runs: `proven` or `presumed`. Empty unless `result` is `passed`.",
		func(e Ending) string { return string(e.Verdict.Basis) }},
	{"release", "The release that the gate waited for, such as `v123`. Empty if it found none.",
		func(e Ending) string { return release(e.Picture) }},
	{"release-id", "The id of that release. Empty if the gate found none.",
		func(e Ending) string {
			if e.Picture.Target == nil {
				return ""
			}
			return e.Picture.Target.ID
		}},
	{"new-release", "`true` if the deploy made this release; `false` if `release` is an earlier one, since the deploy made none. Without a watch that began before the deploy, earlier means more than 10 minutes before the gate started. Empty if the gate found none.",
		func(e Ending) string {
			if e.Picture.Target == nil {
				return ""
			}
			return strconv.FormatBool(!e.Picture.MadeBefore)
		}},
	{"commit", "The commit of that release. Empty if Heroku does not expose it, as for container images.",
		func(e Ending) string { return e.Picture.Commit }},
	{"superseded-by", "The newest release that was made after it, such as `v124`. Empty if none was.",
		func(e Ending) string {
			if e.Picture.SupersededBy == 0 {
				return ""
			}
			return "v" + strconv.Itoa(e.Picture.SupersededBy)
		}},
	{"release-created-at", "When the release was created. All times are in RFC 3339 and UTC. Empty if the gate found no release.",
		func(e Ending) string { return clock(e.Picture.Times.ReleaseCreated) }},
	{"release-finished-at", "When Heroku called the release finished. Empty if Heroku did not.",
		func(e Ending) string { return clock(e.Picture.Times.ReleaseFinished) }},
	{"first-new-up-at", "When the first new dyno was up. Empty if none was up.",
		func(e Ending) string { return clock(e.Picture.Times.FirstNewUp) }},
	{"all-new-up-at", "When all new dynos were up. Empty if they were never all up.",
		func(e Ending) string { return clock(e.Picture.Times.AllNewUp) }},
	{"first-old-stopped-at", "When the gate first saw an old dyno stop. Empty if it saw none.",
		func(e Ending) string { return clock(e.Picture.Times.FirstOldStopped) }},
	{"old-gone-at", "When the last old dyno was gone. If `old-gone-basis` is `presumed`, not every end is proven, and this is the latest time at which the last one can have ended. Empty if old dynos run or may run, or if there was no old dyno.",
		func(e Ending) string { return clock(e.Picture.Times.OldGone) }},
	{"old-gone-basis", "How the gate knows `old-gone-at`, `rollout-seconds` and `unseen-seconds`: `proven` or `presumed`, also if the wait did not pass. Empty if `old-gone-at` is empty.",
		func(e Ending) string {
			if e.Picture.Times.OldGone.IsZero() {
				return ""
			}
			return string(e.Picture.Old)
		}},
	{"rollout-seconds", "Whole seconds from the creation of the release until `old-gone-at`. If `old-gone-basis` is `presumed`, it was at most this long. Empty if one of the two times is unknown.",
		func(e Ending) string { return seconds(e.Picture.Times.ReleaseCreated, e.Picture.Times.OldGone) }},
	{"unseen-seconds", "Whole seconds from `release-finished-at` until `old-gone-at`. If `old-gone-basis` is `presumed`, it was at most this long. Empty if one of the two times is unknown.",
		func(e Ending) string { return seconds(e.Picture.Times.ReleaseFinished, e.Picture.Times.OldGone) }},
	{"waited-seconds", "Whole seconds that the gate waited. Empty only if the inputs were invalid.",
		func(e Ending) string { return wholeSeconds(e.Waited) }},
	{"old-remaining", "How many old dynos run or may run, whether the dyno list shows them or not. Empty only if the inputs were invalid.",
		func(e Ending) string { return strconv.Itoa(e.Picture.OldRemaining) }},
	{"new-up", "How many new dynos are up. Empty only if the inputs were invalid.",
		func(e Ending) string { return strconv.Itoa(e.Picture.NewUp) }},
	{"new-wanted", "How many new dynos the formation wants. Empty only if the inputs were invalid.",
		func(e Ending) string { return strconv.Itoa(e.Picture.NewWanted) }},
	{"report", "Verdict, timeline, process types and dynos as one line of JSON. Its `leftOut` names what was too large for it. Empty only if the inputs were invalid.",
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

// seconds is the time from a to b in whole seconds; empty if one of them did not happen. If b is before a, it
// is 0.
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
