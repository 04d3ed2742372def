// The summary of the measured deploy, as the program writes it. The README shows
// the picture that "make picture" draws of it.

package gate_test

import (
	"regexp"
	"testing"
	"testing/synctest"
)

// How many requests it takes depends on which answer comes first.
var requestsUsed = regexp.MustCompile(`Platform API: .*`)

func TestSummary(t *testing.T) {
	t.Parallel()
	scenario, _ := readStory(t, "testdata/stories/measured-deploy.yaml")
	story, err := scenario.Play()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		o := play(t, story, scenario.AppName(), story.Gate, nil, 0)
		compare(t, "testdata/measured-deploy.summary.md", func(old string) string {
			if requestsUsed.ReplaceAllString(old, "") == requestsUsed.ReplaceAllString(o.summary, "") {
				return old
			}
			return o.summary
		})
	})
}
