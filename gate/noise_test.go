// Noise: what Heroku said is told once, and not again with every line that follows from it.

package gate_test

import (
	"regexp"
	"testing"
)

var requestID = regexp.MustCompile(`request ([0-9a-f-]{36})`)

// checkToldOnce fails if an answer of Heroku is quoted again, in the log of the step or in the summary.
// What the annotation says stands in the summary, too, and is its own.
func checkToldOnce(t testing.TB, o outcome) {
	t.Helper()
	for where, text := range map[string]string{"log": o.stdout, "summary": o.summary} {
		told := map[string]int{}
		for _, m := range requestID.FindAllStringSubmatch(text, -1) {
			told[m[1]]++
		}
		for id, n := range told {
			if n > 1 {
				t.Errorf("the %s quotes the answer to request %s %d times", where, id, n)
			}
		}
	}
}
