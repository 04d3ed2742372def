// No noise: the gate quotes an answer of Heroku once, and not again in every line that follows from it.

package gate_test

import (
	"regexp"
	"testing"
)

var requestID = regexp.MustCompile(`request ([0-9a-f-]{36})`)

// checkToldOnce fails if an answer of Heroku is quoted twice in the log of the step or in the summary. The
// text of the annotation is also in the summary, and does not count.
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
