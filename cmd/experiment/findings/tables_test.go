// The tables of a run, as they are printed: golden files.

package findings

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestText(t *testing.T) {
	t.Parallel()
	other := newMaker().with(func(m *maker) {
		m.says(101*sec, "web.2", "Restarting")
		m.procs[1].quiet = true
		m.do(150*sec, "scale web to 3", "Heroku answered 422: no")
	}).make(t)
	for name, run := range map[string]*evidence.Run{"good.txt": newMaker().make(t), "refuted.txt": other, "empty.txt": {Start: began}} {
		t.Run(name, func(t *testing.T) {
			got, path := Text(run), "testdata/"+name
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

// What others wrote acts on no terminal.
func TestInert(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"good – line": "good – line", "a\x1b[31mb\r\n": "a?[31mb??", "\u009b1m": "?1m", strings.Repeat("x", 500): strings.Repeat("x", 400)} {
		if got := inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// The figures are those that the gate reckons with, as its documents tell them.
func TestFigures(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/how-it-knows.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]time.Duration{
		"DefaultBootTimeout": time.Minute, "prebootTraffic": bootAndTraffic - time.Minute, "prebootDelay": killsBegin, "prebootPerDyno": perDyno, "replaceHold": plainHold,
	} {
		m := regexp.MustCompile("(?m)^\\| (\\w+) \\| `" + name + "` \\|").FindSubmatch(page)
		if m == nil {
			t.Errorf("docs/how-it-knows.md has no figure %s", name)
			continue
		}
		if d, err := time.ParseDuration(string(m[1])); err != nil || d != want {
			t.Errorf("%s is %s, want %s", name, m[1], want)
		}
	}
}
