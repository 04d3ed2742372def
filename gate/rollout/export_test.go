// What the tests from outside may see of the inside.

package rollout

import "time"

// Alive is what the books of one label make of lines, with so many alive before.
func Alive(before int, lines []Line) int {
	var b books
	for _, l := range lines {
		b.enter(l, 0)
	}
	return b.add(opening{alive: before}, time.Time{}).alive
}

// Labels is how many labels are remembered.
func (r *Rollout) Labels() int { return len(r.fleet.labels) }

// WeighAnew forgets what labels came to, so that the next observation weighs them all.
func (r *Rollout) WeighAnew() {
	for _, lb := range r.fleet.labels {
		lb.weight.known = false
		lb.books.keptFor = question{}
	}
}

// BooksOf is how many instances of a label the books have alive.
func BooksOf(r *Rollout, label string) int {
	return r.fleet.tally(r.fleet.labels[label], r.now).alive
}

// Figures are the times that the documents tell the source of.
var Figures = map[string]time.Duration{
	"DefaultBootTimeout": DefaultBootTimeout, "prebootTraffic": prebootTraffic, "prebootDelay": prebootDelay,
	"prebootPerDyno": prebootPerDyno, "killAfter": killAfter, "replaceHold": replaceHold, "rollingHold": rollingHold,
	"exitSoon": exitSoon, "exitLate": exitLate, "crashLineDelay": crashLineDelay,
	"listLag": listLag, "metricLife": metricLife, "stampSlack": stampSlack,
}
