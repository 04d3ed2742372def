// Comparing the simulated log with captured ones: the same lines with the same words. Their order
// may differ only where it also differs between captures.

package herokusim

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const shared = "../../../shared"

// needShared skips the test if the captures are not beside the checkout. In CI they must be
// there, except on GitHub, which has only the checkout.
func needShared(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(shared + "/captures"); err == nil {
		return
	}
	if os.Getenv("CI") == "true" && os.Getenv("GITHUB_ACTIONS") != "true" {
		t.Fatal("CI=true, and the captured logs are not beside this checkout")
	}
	t.Skip("the captured logs are not beside this checkout")
}

var (
	lineForm = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00) (heroku|app)\[([\w.-]+)\]: (.*)$`)
	oneOff   = regexp.MustCompile(`^(run|release|scheduler)\.\d+$`)
	dynoName = regexp.MustCompile(`^[\w-]+\.\d+$`)
	masks    = []struct {
		from *regexp.Regexp
		to   string
	}{
		{regexp.MustCompile("`.*`"), "`COMMAND`"},
		{regexp.MustCompile(` by user \S+$`), " by user USER"},
		{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
		{regexp.MustCompile(`^Deploy [0-9a-f]{8} `), "Deploy COMMIT "},
		{regexp.MustCompile(`\([0-9a-f]{12}\)`), "(IMAGE)"},
		{regexp.MustCompile(`^Set .* config vars`), "Set VARS config vars"},
		{regexp.MustCompile(`@\d+:(?:[A-Z]|dyno-)[\w.-]*`), "@N:SIZE"},
		{regexp.MustCompile(`\bv\d+\b`), "vN"},
		{regexp.MustCompile(`\bstatus \d+`), "status N"},
	}
)

// A stamped is the shape of a line, and its stamp.
type stamped struct {
	at    string
	shape string
}

// shapeOf turns a line of the platform or the API into its shape; false for any other line.
func shapeOf(line string) (stamped, bool) {
	m := lineForm.FindStringSubmatch(line)
	if m == nil {
		return stamped{}, false
	}
	at, source, proc, text := m[1], m[2], m[3], m[4]
	platform := source == "heroku" && dynoName.MatchString(proc) && !strings.HasPrefix(text, "source=")
	api := source == "app" && proc == "api"
	if !platform && !api {
		return stamped{}, false
	}
	text = strings.TrimRight(text, " ")
	if rest, ok := strings.CutPrefix(text, "Starting process with command `"); ok && !strings.Contains(rest, "`") {
		// A command of several lines gives several lines in the log; the last one has the rest of the text.
		text += "`"
		if api {
			text += " by user x"
		}
	}
	for _, mask := range masks {
		text = mask.from.ReplaceAllString(text, mask.to)
	}
	if m := oneOff.FindStringSubmatch(proc); m != nil {
		proc = m[1] + ".N"
	}
	clock := "SECONDS.MICROS"
	if strings.Contains(at, ".000000+") {
		clock = "SECONDS.000000"
	}
	return stamped{at, clock + " " + source + "[" + proc + "]: " + text}, true
}

// shapes returns the shapes of lines in the order of their stamps, which is more reliable than the order in
// which they were printed.
func shapes(lines []string, from, to string) []string {
	var all []stamped
	for _, line := range lines {
		if s, ok := shapeOf(line); ok && s.at >= from && s.at < to {
			all = append(all, s)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at < all[j].at })
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = s.shape
	}
	return out
}

var (
	ofNew = []string{"Starting process with", "State changed from starting to up"}
	ofOld = []string{"Stopping ", "Error R12", "Process exited"}
)

// free reports whether captured logs have the two lines in either order. captures/README.md lists
// these cases: lines of the API of the same moment, whole seconds of builds, different labels, and
// in a replacement lines of the new process and lines of the old one.
func free(a, b string) bool {
	where := func(s string) string { return s[strings.Index(s, " ")+1 : strings.Index(s, "]: ")+1] }
	what := func(s string) string { return s[strings.Index(s, "]: ")+3:] }
	is := func(s string, starts []string) bool {
		return slices.ContainsFunc(starts, func(x string) bool { return strings.HasPrefix(what(s), x) })
	}
	if a == b {
		return false
	}
	apiA, apiB := where(a) == "app[api]", where(b) == "app[api]"
	if is(a, []string{"Build succeeded"}) || is(b, []string{"Build succeeded"}) {
		return !is(a, []string{"Build started"}) && !is(b, []string{"Build started"})
	}
	release := []string{"Release v", "Running release v"}
	if apiA && apiB {
		return is(a, release) != is(b, release) && !is(a, []string{"Starting", "Scaled", "Build"}) && !is(b, []string{"Starting", "Scaled", "Build"})
	}
	if where(a) != where(b) {
		return !apiA && !apiB
	}
	if strings.HasSuffix(where(a), ".N]") {
		return is(a, ofNew) && is(b, ofNew)
	}
	return is(a, ofNew) && is(b, ofOld) || is(a, ofOld) && is(b, ofNew)
}

// normal sorts lines into a unique order among all allowed orders: of the lines that may come
// next, it always takes the first in the alphabet.
func normal(lines []string) []string {
	left, out := slices.Clone(lines), []string{}
	for len(left) > 0 {
		best := -1
		for i, line := range left {
			first := !slices.ContainsFunc(left[:i], func(x string) bool { return !free(x, line) })
			if first && (best < 0 || line < left[best]) {
				best = i
			}
		}
		out = append(out, left[best])
		left = slices.Delete(left, best, best+1)
	}
	return out
}

func (c capturedCase) captured(t *testing.T) []string {
	t.Helper()
	if c.file == "facts" {
		return c.keep(shapes(readLines(t, shared+"/heroku-facts.md"), c.from, c.to))
	}
	files, _ := filepath.Glob(shared + "/captures/" + c.file + "-*.log")
	if len(files) != 1 {
		t.Fatalf("capture %s is not there, or not once: %v", c.file, files)
	}
	return c.keep(shapes(readLines(t, files[0]), c.from, c.to))
}

func (c capturedCase) simulated(t *testing.T) []string {
	t.Helper()
	sc, err := Parse("case.yaml", []byte(c.scenario+"\nnoise: 0\nbegins: 2026-06-09T16:13:36.123457Z\n"))
	if err != nil {
		t.Fatal(err)
	}
	st := tellScenario(t, sc)
	var lines []string
	for _, l := range st.Lines {
		if l.Emitted >= c.begin && l.Emitted < c.end {
			lines = append(lines, l.String())
		}
	}
	return c.keep(shapes(lines, "", "9"))
}

func (c capturedCase) keep(lines []string) []string {
	return slices.DeleteFunc(lines, func(s string) bool { return c.drop != "" && strings.Contains(s, c.drop) })
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	var lines []string
	for in.Scan() {
		line := in.Text()
		if strings.HasSuffix(file, ".md") {
			line = remark.ReplaceAllString(line, "")
		}
		lines = append(lines, line)
	}
	return lines
}

func TestLogsAsCaptured(t *testing.T) {
	t.Parallel()
	needShared(t)
	for name, c := range capturedCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			captured, simulated := c.captured(t), c.simulated(t)
			if len(captured) < 2 {
				t.Fatalf("only %d lines of capture %s", len(captured), c.file)
			}
			if diff := cmp.Diff(normal(captured), normal(simulated)); diff != "" {
				t.Errorf("(-captured +simulated):\n%s\n%s", diff, sideBySide(captured, simulated))
			}
		})
	}
}

// With every capture, the comparison notices small changes of the simulated log: of a word, a
// line, the order, the source, the clock.
func TestComparisonNoticesSmallChanges(t *testing.T) {
	t.Parallel()
	for name, c := range capturedCases {
		good := c.simulated(t)
		want := normal(good)
		notice := func(what string, bad []string) {
			if cmp.Equal(want, normal(bad)) {
				t.Errorf("%s: not noticed: %s\n%s", name, what, strings.Join(bad, "\n"))
			}
		}
		for i, line := range good {
			change := func(to string) []string { return slices.Replace(slices.Clone(good), i, i+1, to) }
			words := strings.Fields(line)
			notice("another word", change(strings.Join(append(words[:len(words)-1], "other"), " ")))
			notice("a line less", slices.Delete(slices.Clone(good), i, i+1))
			notice("a line twice", slices.Insert(slices.Clone(good), i, line))
			notice("another source", change(strings.NewReplacer("app[", "heroku[", "heroku[", "app[").Replace(line)))
			notice("another clock", change(strings.NewReplacer("MICROS", "000000", "000000", "MICROS").Replace(line)))
			if i > 0 && !free(good[i-1], line) && good[i-1] != line {
				swapped := slices.Clone(good)
				swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
				notice("order", swapped)
			}
		}
	}
	for _, line := range []string{
		"2026-06-09T16:13:36.123+00:00 heroku[web.1]: Restarting",
		"2026-06-09T16:13:36.123456Z heroku[web.1]: Restarting",
		"2026-06-09T16:13:36.123456+00:00 heroku[router]: at=info",
		"2026-06-09T16:13:36.123456+00:00 app[web.1]: Restarting",
	} {
		if s, ok := shapeOf(line); ok {
			t.Errorf("%s has the shape %v", line, s)
		}
	}
}

func sideBySide(a, b []string) string {
	var out strings.Builder
	for i := range max(len(a), len(b)) {
		line := func(x []string) string {
			if i < len(x) {
				return x[i]
			}
			return ""
		}
		fmt.Fprintf(&out, "%-100.100s | %s\n", line(a), line(b))
	}
	return out.String()
}
