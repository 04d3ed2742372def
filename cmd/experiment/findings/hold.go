// The gates' recordings, folded again: what they were told, and how long the hold was.

package findings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A recording is what a gate was told, and what it came to.
type recording struct {
	gate         evidence.Gate
	observations []observe.Observation
	picture      rollout.Picture
	figures      measure.Figures
}

// say is an observation as a line.
func (r *recording) say(o observe.Observation, what string) string {
	return fmt.Sprintf("the gate from %s the deploy, at %s: %s", r.gate.Name, observe.Span(o.At), what)
}

// recordings are those that can be read. One that ends early is read as far as it goes.
func (v *view) recordings() (all []*recording) {
	for _, g := range v.run.Gates {
		r := &recording{gate: g}
		var core *rollout.Rollout
		var m measure.Measure
		for line := range bytes.Lines(g.Recording) {
			if core == nil {
				var head struct {
					Config rollout.Config `json:"config"`
				}
				if json.Unmarshal(line, &head) != nil {
					break
				}
				core = rollout.New(head.Config)
				continue
			}
			var o observe.Observation
			if json.Unmarshal(line, &o) != nil {
				break
			}
			r.observations = append(r.observations, o)
			m.See(o)
			core.Apply(o)
		}
		if core == nil {
			continue
		}
		r.picture = core.Picture()
		r.figures = m.Figures(r.picture)
		all = append(all, r)
	}
	return all
}

// hold is the hold on a type that was over first, or would have been without proof, and the gate that had it; zero if no
// gate tells. A gate that gave up before its hold was over tells nothing: something might have renewed the hold.
func (v *view) hold(typ string) (gate string, until time.Time) {
	for _, r := range v.recordings() {
		for _, t := range r.picture.Types {
			waited := r.gate.Result == "passed" || !v.time(r.gate.Ended).Before(t.Limit)
			if t.Type == typ && !t.Limit.IsZero() && waited && (until.IsZero() || t.Limit.Before(until)) {
				gate, until = r.gate.Name, t.Limit
			}
		}
	}
	return gate, until
}

// figures are what the experiment's own lists and log measure, as a gate's recording would.
func (v *view) figures() measure.Figures {
	var m measure.Measure
	p := rollout.Picture{
		App: observe.App{Name: "experiment"}, Preboot: v.run.Preboot, Target: &observe.Release{Version: v.target.Version},
		Times: rollout.Times{ReleaseFinished: v.finished}, Log: observe.Flowing, LogSince: v.start,
	}
	for _, g := range v.run.Gaps {
		p.Gaps = append(p.Gaps, rollout.Gap{Reason: g.Reason})
		if !g.To.IsZero() && g.To.After(p.LogSince) {
			p.LogSince = g.To
		}
	}
	for _, l := range v.lists {
		m.See(observe.Observation{At: l.came.Sub(v.start), Date: l.request.Date, Look: &observe.Look{AskedAt: l.asked.Sub(v.start), Dynos: l.observed()}})
	}
	if n := len(v.lists); n > 0 {
		for _, d := range v.lists[n-1].observed() {
			p.Dynos = append(p.Dynos, rollout.DynoPicture{Label: d.Name, Type: d.Type, Version: d.Version, State: d.State, Basis: rollout.Proven})
		}
	}
	for i := range v.lines {
		l := &v.lines[i]
		if i == 0 {
			m.See(observe.Observation{At: l.came.Sub(v.start), Log: &observe.LogStatus{State: observe.Flowing, Since: v.start}})
		}
		m.See(observe.Observation{At: l.came.Sub(v.start), Line: &l.Line})
	}
	return m.Figures(p)
}

// observed are the dynos of a list as observations have them.
func (l *list) observed() (all []observe.Dyno) {
	for _, d := range l.dynos {
		all = append(all, observe.Dyno{ID: d.ID, Name: d.Name, Type: d.Type, State: d.State, Version: d.Release.Version, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt})
	}
	return all
}
