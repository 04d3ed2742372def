package rollout

import "testing"

func TestClosest(t *testing.T) {
	t.Parallel()
	formation := []Formation{{Type: "web"}, {Type: "worker"}, {Type: "background-jobs"}}
	for typed, want := range map[string]string{
		"wbe": "web", "we": "web", "webb": "web", "Web": "web", "wroker": "worker", "workers": "worker", "work": "worker",
		"background_jobs": "background-jobs", "clock": "", "": "", "x": "",
	} {
		if got := closest(typed, formation); got != want {
			t.Errorf("closest(%q) = %q, want %q", typed, got, want)
		}
	}
}
