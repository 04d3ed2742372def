// What the tests need of the package's inside.

package ledger

import (
	"heroku-rollout-gate/gate/observe"
)

// Alive is how many processes are alive after the lines, if before processes were alive ahead of them.
func Alive(before int, lines []observe.Line) int {
	var l Ledger
	for _, line := range lines {
		l.Enter(line, 0)
	}
	return l.balanceFrom(baseline{alive: before}, Known{}).Alive
}
