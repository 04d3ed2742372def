// Access to unexported code for the tests in package gate_test.

package gate

import (
	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// FiguresOfBroken returns the figures of a measure that panics at every observation.
func FiguresOfBroken(p rollout.Picture) measure.Figures {
	m := &safeMeasure{}
	m.see(observe.Observation{})
	return m.figures(p)
}
