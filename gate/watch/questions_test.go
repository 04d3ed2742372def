package watch

import (
	"testing"
	"time"
)

// A question that is never answered is asked less and less often, and never without pause.
func TestPauseOfAQuestionThatIsNeverAnswered(t *testing.T) {
	t.Parallel()
	q := newQuestions()
	var before time.Duration
	for i := range 100 {
		q.end("builds", false, 0, 0)
		pause := q.dueAt["builds"]
		if pause < max(before, retryAfter) || pause > longestRetry {
			t.Fatalf("a pause of %s after %d failures, and %s before", pause, i+1, before)
		}
		before = pause
	}
	if before != longestRetry {
		t.Errorf("the longest pause is %s, want %s", before, longestRetry)
	}
}
