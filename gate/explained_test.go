// The terms of the gate are explained where they first appear: in the log before or with the line that uses a
// term, in the summary below the table or above the chart.

package gate_test

import (
	"strings"
	"testing"
)

const (
	hiddenMeans = "hidden dynos are no longer in the dyno list, and not known to have ended"
	hiddenCell  = "Hidden: no longer in the dyno list, and not known to have ended."
	unseenMeans = "(unseen: old code after Heroku called it finished)"
)

// checkExplained fails if a term is used without its explanation, or explained without being used.
func checkExplained(t testing.TB, o outcome) {
	t.Helper()
	for _, word := range []struct{ where, text, stands, means string }{
		{"log", o.stdout, " old hidden", hiddenMeans},
		{"summary", withoutFences(o.summary), " hidden |", hiddenCell},
		{"summary", o.summary, "section Unseen", unseenMeans},
	} {
		stands, explained := strings.Index(word.text, word.stands), strings.Count(word.text, word.means)
		switch {
		case (stands >= 0) != (explained == 1) || explained > 1:
			t.Errorf("the %s has %q: %v, and explains it %d times", word.where, word.stands, stands >= 0, explained)
		case word.where == "log" && strings.Index(word.text, word.means) > stands:
			t.Errorf("the log explains %q after it", word.stands)
		}
	}
}
