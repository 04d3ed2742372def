// An environment to report to, golden files, and what must hold for every report.

package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// world is an environment with files, and what was printed.
type world struct {
	t      *testing.T
	env    map[string]string
	stdout bytes.Buffer
}

// newWorld makes a file for each of the named variables.
func newWorld(t *testing.T, files ...string) *world {
	w := &world{t: t, env: map[string]string{}}
	for _, f := range files {
		w.env[f] = filepath.Join(t.TempDir(), f)
	}
	return w
}

func inActions(t *testing.T) *world {
	w := newWorld(t, "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
	w.env["GITHUB_ACTIONS"], w.env["INPUT_API-KEY"] = "true", secret
	return w
}

func (w *world) report(terminal bool) *Report {
	r := New(Options{Stdout: &w.stdout, Getenv: func(k string) string { return w.env[k] }, Terminal: terminal})
	r.Mask(secret)
	return r
}

func (w *world) file(variable string) string {
	w.t.Helper()
	b, err := os.ReadFile(w.env[variable])
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

func tell(t *testing.T, r *Report, s story) {
	t.Helper()
	for _, p := range s.pictures {
		r.Update(p)
	}
	if s.excerpt != nil {
		r.Excerpt("last lines of the release phase", s.excerpt)
	}
	if err := r.End(s.ending); err != nil {
		t.Fatal(err)
	}
}

// tokens are the random parts: the tokens of stop-commands, and the delimiters of outputs.
var tokens = regexp.MustCompile(`[0-9a-f]{32}`)

// golden compares got with testdata/name, after replacing the random parts.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = tokens.ReplaceAllStringFunc(got, func(s string) string {
		if strings.HasPrefix(s, "1f2e3d4c") { // a commit
			return s
		}
		return "RANDOM"
	})
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
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
}

// checkInert fails if a part of the hostile text is still active, or if the secret appears.
func checkInert(t *testing.T, w *world) {
	t.Helper()
	log := w.stdout.String()
	log = strings.Replace(log, "::add-mask::"+strings.ReplaceAll(secret, "%", "%25")+"\n", "", 1)
	for where, text := range map[string]string{
		"log": log, "outputs": w.file("GITHUB_OUTPUT"), "summary": w.file("GITHUB_STEP_SUMMARY"),
	} {
		for _, sp := range spellings(secret) {
			if strings.Contains(text, sp) {
				t.Errorf("%s holds the secret as %q", where, sp)
			}
		}
		for _, bad := range []string{"##[", "\r", "\x00", "\x1b", "\u202e", "\u200b", "\u2028"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", where, bad)
			}
		}
		if len(text) > 200_000 {
			t.Errorf("%s has %d bytes", where, len(text))
		}
	}
	ours := regexp.MustCompile(`^::(group|endgroup|stop-commands|[0-9a-f]{32}|(notice|warning|error) title=[^:]*)::`)
	for line := range strings.Lines(log) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") && !ours.MatchString(line) {
			t.Errorf("log has a command: %q", line)
		}
	}
	for _, bad := range []string{"<script", "@octocat", "#1 ", "[a](", "http://", "www.e", "~~s", "$x$", ":tada:"} {
		if strings.Contains(outsideFences(w.file("GITHUB_STEP_SUMMARY")), bad) {
			t.Errorf("summary holds %q", bad)
		}
	}
	if got := parseOutputs(t, w.file("GITHUB_OUTPUT")); len(got) != len(Outputs) {
		t.Errorf("got %d outputs, want %d", len(got), len(Outputs))
	}
}

// outsideFences returns a page without its blocks of code, in which nothing is active. A block ends with the
// first line of at least as many backquotes as those that began it.
func outsideFences(page string) string {
	var out strings.Builder
	open := ""
	for line := range strings.Lines(page) {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case open == "" && len(ticks) < 3:
			out.WriteString(line)
		case open == "":
			open = ticks
		case len(ticks) >= len(open) && strings.TrimSpace(line) == ticks:
			open = ""
		}
	}
	return out.String()
}

// parseOutputs reads a file of outputs as the runner does.
func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	got := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i+2 < len(lines); i += 3 {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		if !ok || lines[i+2] != delimiter {
			t.Fatalf("output %q is not of three lines", lines[i])
		}
		got[name] = lines[i+1]
	}
	return got
}
