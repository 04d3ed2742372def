package spelling_test

import (
	"testing"

	"heroku-rollout-gate/gate/spelling"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	words := []string{"web", "worker", "release"}
	for typed, want := range map[string]string{
		"web": "web", "wbe": "web", "wb": "web", "webb": "web", "wob": "web",
		"wroker": "worker", "workers": "worker", "workr": "worker", "werkur": "worker", "wxrkxx": "",
		"relaese": "release", "realese": "release",
		"": "", "xyz": "", "cron": "",
	} {
		if got := spelling.Closest(typed, words); got != want {
			t.Errorf("the closest to %q is %q, want %q", typed, got, want)
		}
	}
	if got := spelling.Closest("web", nil); got != "" {
		t.Errorf("of no words the closest is %q", got)
	}
}
