// What Heroku answers for an old dyno's id, and to the gates.

package findings

import (
	"fmt"
	"slices"
	"strings"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

func (v *view) oldIDGone() Finding {
	labels := map[string]string{} // of the ids of old web dynos
	for _, d := range each(v.lists) {
		if v.isOld(d) && d.Type == "web" {
			labels[d.ID] = d.Name
		}
	}
	var c cases
	for i := range v.run.Requests {
		q := &v.run.Requests[i]
		id, ok := strings.CutPrefix(pathOf(q), "/dynos/")
		if !ok || q.Method != "GET" || labels[id] == "" || v.finished.IsZero() || v.time(q.At).Before(v.finished.Add(observe.ListLag)) {
			continue
		}
		runs := slices.ContainsFunc(v.old(true), func(p evidence.Process) bool {
			return p.Dyno == labels[id] && p.Last.After(v.time(q.At+q.Took).Add(v.give))
		})
		switch {
		case runs && q.Status == 404:
			c.add(true, v.show(q, labels[id]+" of before the release"))
		case runs && q.Status/100 == 2:
			c.add(false, v.show(q, q.Body[:min(len(q.Body), 300)]))
		}
	}
	return c.finding("no old prebooted dyno was asked for while its process ran", "answers", "answers have the old dyno")
}

func (v *view) prebootAnswer() Finding {
	var c cases
	for r, o := range v.observed() {
		switch p := o.Preboot; {
		case p == nil:
		case !p.Known:
			c.add(false, r.show(o, "no answer of use"))
		case p.Enabled != v.run.Preboot:
			c.add(false, r.show(o, fmt.Sprintf("preboot %v", p.Enabled)))
		default:
			c.add(true, "")
		}
	}
	return c.finding("no gate asked for it", fmt.Sprintf("answers: %v", v.run.Preboot), "answers say something else, or nothing")
}

func (v *view) readScope() Finding {
	if !v.run.ReadKey {
		return notSeen("the gates had the key that made the app: give one of scope read in HEROKU_READ_KEY")
	}
	flows := false
	for r, o := range v.observed() {
		switch {
		case o.Log != nil && o.Log.State == observe.Refused:
			return refuted([]string{r.show(o, o.Log.Reason)}, "the log was refused")
		case o.Trouble != nil && (o.Trouble.Kind == observe.Forbidden || o.Trouble.Kind == observe.Unauthorized):
			return refuted([]string{r.show(o, o.Trouble.Message)}, "a request was refused")
		}
		flows = flows || o.Log != nil && o.Log.State == observe.Flowing
	}
	if !flows {
		return notSeen("no gate read the log")
	}
	return confirmed(nil, "both gates had a key that may not change the app, and nothing was refused")
}

func (v *view) answersFit() Finding {
	var c cases
	for r, o := range v.observed() {
		if o.Trouble != nil {
			c.add(false, r.show(o, o.Trouble.Message))
		} else if o.Look != nil || o.App != nil || o.Preboot != nil || o.Release != nil || o.Code != nil || o.Builds != nil {
			c.add(true, "")
		}
	}
	return c.finding("no gate has a recording", "answers", "answers were of no use")
}
