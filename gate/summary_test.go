// The summary of the measured deploy, as the program writes it. The README shows
// the picture that "make picture" draws of it.

package gate_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
)

// How many requests it takes depends on which answer comes first.
var requestsUsed = regexp.MustCompile(`Platform API: .*`)

var drawn = flag.Bool("drawn", false, "note that the README's picture has just been drawn of the summary")

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

// The README's picture is of the present summary. "make picture" notes of which summary
// it has drawn which picture.
func TestPicture(t *testing.T) {
	t.Parallel()
	if *update {
		t.Skip("the summary is being rewritten")
	}
	summary, err := os.ReadFile("testdata/measured-deploy.summary.md")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile("../.github/summary.png")
	if err != nil {
		t.Fatal(err)
	}
	const note = "../.github/summary.sha256"
	want := fmt.Sprintf("%x  measured-deploy.summary.md without what varies\n%x  summary.png\n",
		sha256.Sum256(requestsUsed.ReplaceAll(summary, nil)), sha256.Sum256(picture))
	if *drawn {
		if err := os.WriteFile(note, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if noted, err := os.ReadFile(note); err != nil || string(noted) != want {
		t.Errorf("the README's picture is of another summary; run make picture: %v\nnoted:\n%swant:\n%s", err, noted, want)
	}
}
