// What the tests from outside may see of the inside.

package ledger

import (
	"heroku-rollout-gate/gate/observe"
)

// Alive is how many processes lines leave alive, with so many before.
func Alive(before int, lines []observe.Line) int {
	var l Ledger
	for _, line := range lines {
		l.Enter(line, 0)
	}
	return l.balanceFrom(opening{alive: before}, Known{}).Alive
}
