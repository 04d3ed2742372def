// What the tests from outside may see of the inside.

package gate

import (
	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// FiguresOfBroken are those of a measure that panics at whatever it is shown.
func FiguresOfBroken(p rollout.Picture) measure.Figures {
	m := &safeMeasure{}
	m.see(observe.Observation{})
	return m.figures(p)
}
