// The summaries of some stories, as the program writes them, are golden files in Markdown. "make pictures" draws
// them for people. The README shows the first.

package gate_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The number of requests depends on which answer comes first, and so do the numbers of requests.
var varies = regexp.MustCompile(`Platform API: .*|The log: [a-z].*|\(request [0-9a-f-]{36}\)`)

var drawn = flag.Bool("drawn", false, "note that the README's picture has just been drawn of the summary")

// summaries are the stories whose summaries are golden files, by what they show.
var summaries = map[string]string{
	"good":         "measured-deploy",
	"presumed":     "measured-deploy-log-refused",
	"timed-out":    "measured-deploy-timeout",
	"unproven":     "measured-deploy-log-refused-require-proof",
	"failed-phase": "release-phase-fails-and-its-output-is-shown",
	"crash-loop":   "crash-loop",
	"superseded":   "superseded-and-told-to-fail",
	"rolled-back":  "rolled-back-while-waiting",
	"fir":          "fir",
	"fir-crash":    "fir-pod-crashes",
	"space":        "private-space",
	"200-dynos":    "more-than-200-dynos",
}

const summaryFolder = "testdata/summaries/"

func TestSummaries(t *testing.T) {
	t.Parallel()
	for name, from := range summaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario, e := readStory(t, "testdata/stories/"+from+".yaml")
			story, err := scenario.Play()
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				o := play(t, story, scenario.AppName(), story.Gate, e.Inputs, time.Duration(e.Interrupt))
				compare(t, summaryFolder+name+".md", func(old string) string {
					if varies.ReplaceAllString(old, "") == varies.ReplaceAllString(o.summary, "") {
						return old
					}
					return o.summary
				})
			})
		})
	}
	files, err := filepath.Glob(summaryFolder + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".md"); summaries[name] == "" {
			t.Errorf("%s is of no story", f)
		}
	}
}

// The README's picture shows the current summary. "make picture" records which summary it
// has drawn in which picture.
func TestPicture(t *testing.T) {
	t.Parallel()
	if *update {
		t.Skip("the summary is being rewritten")
	}
	summary, err := os.ReadFile(summaryFolder + "good.md")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile("../.github/summary.png")
	if err != nil {
		t.Fatal(err)
	}
	const note = "../.github/summary.sha256"
	want := fmt.Sprintf("%x  good.md without what varies\n%x  summary.png\n",
		sha256.Sum256(varies.ReplaceAll(summary, nil)), sha256.Sum256(picture))
	if *drawn {
		if err := os.WriteFile(note, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if noted, err := os.ReadFile(note); err != nil || string(noted) != want {
		t.Errorf("the README's picture is of another summary; run make picture: %v\nnoted:\n%swant:\n%s", err, noted, want)
	}
}
