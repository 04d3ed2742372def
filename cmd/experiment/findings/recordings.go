// The gates' recordings, replayed: what the gates observed, and how long their holds were.

package findings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A recording is what a gate observed, and the picture at its end.
type recording struct {
	gate         evidence.Gate
	observations []observe.Observation
	picture      rollout.Picture
}

// readRecordings reads the recordings of a run. A recording that breaks off is read as far as it goes.
func readRecordings(run *evidence.Run) (all []*recording) {
	for _, g := range run.Gates {
		r := &recording{gate: g}
		var core *rollout.Rollout
		for line := range bytes.Lines(g.Recording) {
			var head struct {
				Config rollout.Config `json:"config"`
			}
			var o observe.Observation
			if core == nil {
				if json.Unmarshal(line, &head) != nil {
					break
				}
				core = rollout.New(head.Config)
				continue
			}
			if json.Unmarshal(line, &o) != nil {
				break
			}
			r.observations = append(r.observations, o)
			core.Apply(o)
		}
		if core != nil {
			r.picture = core.Picture()
			all = append(all, r)
		}
	}
	return all
}

// observed yields every observation of the gates.
func (v *view) observed() iter.Seq2[*recording, observe.Observation] {
	return func(yield func(*recording, observe.Observation) bool) {
		for _, r := range v.recordings {
			for _, o := range r.observations {
				if !yield(r, o) {
					return
				}
			}
		}
	}
}

// show is an observation as a line.
func (r *recording) show(o observe.Observation, what string) string {
	return fmt.Sprintf("the gate from %s the deploy, at %s: %s", r.gate.Name, observe.Span(o.At), what)
}

// hold returns the end of the web hold that was over first, or would have been without proof, and the gate that had
// it; zero if no gate had one. A gate that gave up before its hold was over does not count: something could have
// renewed the hold later.
func (v *view) hold() (gate string, until time.Time) {
	for _, r := range v.recordings {
		for _, t := range r.picture.Types {
			waited := r.gate.Result == "passed" || !v.time(r.gate.Ended).Before(t.Limit)
			if t.Type == "web" && !t.Limit.IsZero() && waited && (until.IsZero() || t.Limit.Before(until)) {
				gate, until = r.gate.Name, t.Limit
			}
		}
	}
	return gate, until
}
