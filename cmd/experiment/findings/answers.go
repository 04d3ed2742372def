// Assumptions about other answers of the platform.

package findings

import (
	"fmt"
	"strings"

	"heroku-rollout-gate/gate/observe"
)

var answered = []Assumption{
	{
		Name: "old-id-gone", Says: "An old prebooted dyno's id is answered with 404, though its process still runs.",
		Source: "assumed (docs/simulator.md)", judge: oldIDGone,
	},
	{
		Name: "preboot-told", Says: "The feature preboot is answered with what it was switched to.",
		Source: "schema of the Platform API", judge: prebootTold,
	},
	{
		Name: "read-scope", Says: "A key of scope read may read all that the gate reads, also the log.",
		Source: "not established (docs/simulator.md)", judge: readScope,
	},
	{
		Name: "answers-fit", Says: "Every answer is of use to the gate, and has the form that it expects.",
		Source: "schema of the Platform API", judge: answersFit,
	},
}

func oldIDGone(v *view) Finding {
	labels := map[string]string{} // of ids that were listed before the release
	for _, l := range v.lists {
		for _, d := range l.dynos {
			if d.Release.Version < v.target.Version && d.Type == "web" {
				labels[d.ID] = d.Name
			}
		}
	}
	var gone []string
	for i := range v.run.Requests {
		q := &v.run.Requests[i]
		_, what := pathOf(q)
		id, ok := strings.CutPrefix(what, "/dynos/")
		if !ok || q.Method != "GET" || labels[id] == "" || v.finished.IsZero() || v.time(q.At).Before(v.finished.Add(observe.ListLag)) {
			continue
		}
		runs := false
		for _, p := range v.old(true) {
			runs = runs || p.Dyno == labels[id] && p.Last.After(v.time(q.At+q.Took).Add(v.give))
		}
		switch {
		case !runs:
		case q.Status == 404:
			gone = append(gone, v.show(q, labels[id]+" of before the release"))
		case q.Status/100 == 2:
			return refuted([]string{v.show(q, q.Body[:min(len(q.Body), 300)])}, "%s of before the release is answered %s from it", labels[id], v.since(v.time(q.At)))
		}
	}
	if len(gone) == 0 {
		return notSeen("no old prebooted dyno was asked for while its process ran")
	}
	return confirmed(gone, "%d times", len(gone))
}

func prebootTold(v *view) Finding {
	told := 0
	for _, g := range v.recordings() {
		for _, o := range g.observations {
			switch {
			case o.Preboot == nil:
			case !o.Preboot.Known:
				return refuted([]string{g.say(o, "no answer of use")}, "it was not told")
			case o.Preboot.Enabled != v.run.Preboot:
				return refuted([]string{g.say(o, fmt.Sprintf("preboot %v", o.Preboot.Enabled))}, "it was told otherwise")
			default:
				told++
			}
		}
	}
	if told == 0 {
		return notSeen("no gate asked for it")
	}
	return confirmed(nil, "%d times: %v", told, v.run.Preboot)
}

func readScope(v *view) Finding {
	if !v.run.ReadKey {
		return notSeen("the gates had the key that made the app: give one of scope read in HEROKU_READ_KEY")
	}
	flows := false
	for _, g := range v.recordings() {
		for _, o := range g.observations {
			switch {
			case o.Log != nil && o.Log.State == observe.Refused:
				return refuted([]string{g.say(o, o.Log.Reason)}, "the log was refused")
			case o.Trouble != nil && (o.Trouble.Kind == observe.Forbidden || o.Trouble.Kind == observe.Unauthorized):
				return refuted([]string{g.say(o, o.Trouble.Message)}, "a request was refused")
			}
			flows = flows || o.Log != nil && o.Log.State == observe.Flowing
		}
	}
	if !flows {
		return notSeen("no gate read the log")
	}
	return confirmed(nil, "both gates had such a key, and nothing was refused")
}

func answersFit(v *view) Finding {
	answers := 0
	for _, g := range v.recordings() {
		for _, o := range g.observations {
			if o.Trouble != nil {
				return refuted([]string{g.say(o, o.Trouble.Message)}, "one was not")
			}
			if o.Look != nil || o.App != nil || o.Preboot != nil || o.Release != nil || o.Code != nil || o.Builds != nil {
				answers++
			}
		}
	}
	if answers == 0 {
		return notSeen("no gate has a recording")
	}
	return confirmed(nil, "%d answers", answers)
}
