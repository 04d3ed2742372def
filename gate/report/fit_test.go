// Texts and tables at every width.

package report

import (
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	"heroku-rollout-gate/gate/rollout"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text          string
		width, indent int
		want          string
	}{
		{"short", 10, 2, "short"},
		{"of exactly 20 letter", 20, 2, "of exactly 20 letter"},
		{"of no more than 20 letters", 20, 2, "of no more than 20\n  letters"},
		{"    0s  warning: mind the gap", 20, 8, "    0s  warning:\n        mind the gap"},
		{"an 0123456789-0123456789 id", 12, 4, "an\n    01234567\n    89-01234\n    56789 id"},
		{"the indent is too much", 10, 8, "the indent\nis too\nmuch"},
		{"wide é é é é", 8, 0, "wide é é\né é"},
		{"anything goes", 0, 2, "anything goes"},
		{"", 3, 1, ""},
	} {
		if got := fold(tc.text, tc.width, tc.indent); got != tc.want {
			t.Errorf("fold(%q, %d, %d) = %q, want %q", tc.text, tc.width, tc.indent, got, tc.want)
		}
	}
}

// No text is lost, and no line is too wide.
func TestFoldOfRandomTexts(t *testing.T) {
	t.Parallel()
	letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
	good := func(words []string, width, indent uint8) bool {
		text, w := strings.ToValidUTF8(strings.Join(strings.Fields(strings.Join(words, " ")), " "), "?"), int(width%50)+1
		got := fold(text, w, int(indent%12))
		for line := range strings.SplitSeq(got, "\n") {
			if utf8.RuneCountInString(line) > w {
				return false
			}
		}
		return letters(got) == letters(text)
	}
	if err := quick.Check(good, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func TestNarrowTablesLeaveOutTheLeastImportantColumns(t *testing.T) {
	t.Parallel()
	p := rollout.Picture{Times: rollout.Times{ReleaseCreated: time.Unix(60, 0)}, Dynos: []rollout.DynoPicture{
		{Label: "web.1", Version: 42, State: "up", Hidden: 1, UpAt: time.Unix(90, 0), Crashes: 2},
		{Label: "background-worker.1", Version: 41, State: "up", Old: true},
	}}
	for _, tc := range []struct {
		width int
		want  []string // columns
	}{
		{0, dynoHead},
		{60, []string{"Dyno", "Release", "State", "Old code", "Crashes"}},
		{200, dynoHead},
		{100, dynoHead},
		{50, []string{"Dyno", "Release", "Old code"}},
		{20, []string{"Dyno"}},
	} {
		x := dynosForLog(p, tc.width)
		var got []string
		for _, name := range dynoHead {
			if strings.Contains(x.lines[0], name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%d columns: got %q, want %q", tc.width, got, tc.want)
		}
		if w := widest(x.lines) + len(foreign); tc.width > 0 && w > tc.width {
			t.Errorf("%d columns: the table has %d:\n%s", tc.width, w, strings.Join(x.lines, "\n"))
		}
	}
	for _, name := range dynoOptional {
		if !slices.Contains(dynoHead, name) {
			t.Errorf("there is no column %q to spare", name)
		}
	}
}
