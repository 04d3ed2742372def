// The hostile platform of hostile_test.go, outside of a plain wait: before a deploy command, in the
// announcement of watch-ahead, in log lines that the gate has kept, with observe-only, in JSON, and in the
// output of a failing test.

package gate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

// checkHarmlessText fails if a text contains something that a runner or a terminal would obey, or that
// deceives a reader.
func checkHarmlessText(t testing.TB, where, text string) {
	t.Helper()
	if cs := commands(text); len(cs) > 0 {
		t.Errorf("%s holds the command %+v", where, cs[0])
	}
	checkHarmless(t, text, nil, "")
}

// runHostile runs the program against the hostile platform.
func runHostile(t *testing.T, scenario string, from time.Duration, texts []string, c *gate.Command) {
	t.Helper()
	_, played := load(t, scenario)
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(played, herokusim.Options{From: from})
		server.Begin()
		c.Transport, c.Now = &rewriter{base: server.Transport(), texts: texts}, server.Clock
		start := time.Now()
		c.Uptime = func() (string, time.Duration, error) { return "boot", time.Hour + time.Since(start), nil }
		c.Main(t.Context())
	})
}

// The line before the deploy command contains names of dyno types, and the command.
func TestHostileBeforeACommand(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	runHostile(t, "measured-deploy", 2*time.Second, []string{"type", "description", "commit"}, &gate.Command{
		Args: []string{"--app", "measured", "--timeout", "30s", "--", evil, testKey}, Stdout: &stdout, Stderr: &stderr,
		Getenv: func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey}[k] },
		Run:    func([]string) int { return 0 },
	})
	said := stderr.String()
	if !strings.HasPrefix(said, "rollout-gate: watching measured since ") || !strings.Contains(said, "; running: ") && !strings.HasSuffix(said, "…\n") || strings.Count(said, "\n") != 1 || !strings.Contains(said, "pwned") {
		t.Errorf("before the command is said: %q", said)
	}
	checkHarmlessText(t, "standard error", said)
	checkHarmlessText(t, "the log", stdout.String())
}

// The announcement of watch-ahead is a file of lines, which a shell and the gate read.
func TestHostileAnnouncement(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{"types": {"type"}, "all": {"name", "type", "state", "status", "description"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			said := filepath.Join(dir, "heroku-rollout-gate.said")
			var stdout, stderr bytes.Buffer
			c := &gate.Command{
				Args: []string{"watch-ahead", "--app", "measured", "--folder", dir}, Stdout: &stdout, Stderr: &stderr,
				Getenv: func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey}[k] },
			}
			runHostile(t, "measured-deploy", -20*time.Second, texts, c)
			text, err := os.ReadFile(said)
			if err != nil {
				t.Fatal(err)
			}
			line := regexp.MustCompile(`^(?:app=measured|release=v\d+|watch=[a-z.-]+|text=[^\n]*|warning=[^\n]*)$`)
			for _, l := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
				if !line.MatchString(l) {
					t.Errorf("the file has the line %q", l)
				}
			}
			if !strings.Contains(string(text), "pwned") || stdout.String() != string(text) {
				t.Errorf("the hostile text did not arrive:\n%s%s", text, stderr.String())
			}
			checkHarmlessText(t, "the file", string(text))
			checkHarmlessText(t, "standard error", stderr.String())
		})
	}
}

// Other steps can write to the file of the announcement, so the gate escapes what it repeats from it.
func TestHostileAnnouncementFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a warning":       "app=measured\nwarning=" + strings.NewReplacer("\r\n", " ").Replace(evil) + "\n",
		"with line ends":  "app=measured\nwarning=" + evil + "\n",
		"of another app":  "app=" + evil + "\nwarning=pwned\n",
		"without an end":  "app=measured\nwarning=" + strings.Repeat("::error::##[error]", 10_000),
		"of zero bytes":   "app=measured\nwarning=\x00\x00::error::x\n",
		"of a recording":  "app=measured\nwatch=../../" + evil + "\n",
		"of escape codes": "app=measured\nwarning=\x1b]0;title\x07\x1b[2J##[error]x\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "heroku-rollout-gate.said"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			runHostile(t, "measured-deploy", 2*time.Second, nil, &gate.Command{
				Args: []string{"--app", "measured", "--timeout", "3s"}, Stdout: &stdout, Stderr: &stderr,
				Getenv: func(k string) string {
					return map[string]string{"HEROKU_API_KEY": testKey, "RUNNER_TEMP": dir}[k]
				},
			})
			if told := strings.Contains(stdout.String(), "was not watched before the deploy"); told == strings.HasPrefix(name, "of another") {
				t.Errorf("told %v:\n%s", told, stdout.String())
			}
			checkHarmlessText(t, "the log", stdout.String())
			checkHarmlessText(t, "standard error", stderr.String())
		})
	}
}

// On Fir the gate shows the lines of a crash that it has kept itself. They are as hostile as those of a history.
func TestHostileKeptLines(t *testing.T) {
	t.Parallel()
	scenario, e := readStory(t, "testdata/stories/fir-pod-crashes.yaml")
	played := story(t, scenario)
	for name, text := range map[string]string{"evil": evil, "long": strings.Repeat("::error::##[error]`<b>", 1<<20/20)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := playOver(t, played, scenario.AppName(), played.Gate, e.Inputs, 0, func(rt http.RoundTripper) http.RoundTripper {
					return &rewriter{base: rt, stream: text}
				})
				if !strings.Contains(o.stdout, "that the gate has read") || !strings.Contains(o.summary, "error") {
					t.Errorf("the hostile lines are not shown:\n%.3000s", o.stdout)
				}
				checkCommands(t, o.stdout, annotationOf(o.verdict), testKey)
				checkOutputs(t, o.outputs)
				checkHarmless(t, o.stdout, o.outputs, o.summary)
			})
		})
	}
}

// With observe-only the same hostile texts appear behind other words, and the end as JSON.
func TestHostileObserveOnly(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{{"description", "commit"}, {"description", "commit", "status", "state", "type", "name", "id", "message"}} {
		var stdout, stderr bytes.Buffer
		outputs, summary := filepath.Join(t.TempDir(), "output"), filepath.Join(t.TempDir(), "summary")
		env := map[string]string{"INPUT_API-KEY": testKey, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": outputs, "GITHUB_STEP_SUMMARY": summary,
			"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "octo_acme/octo.repo"}
		runHostile(t, "measured-deploy", 2*time.Second, texts, &gate.Command{
			Args: []string{"--app", "measured", "--timeout", "1m", "--observe-only", "--json"}, Stdout: &stdout, Stderr: &stderr,
			Getenv: func(k string) string { return env[k] },
		})
		var end map[string]any
		if err := json.Unmarshal(stdout.Bytes(), &end); err != nil || strings.Count(stdout.String(), "\n") != 1 || !strings.Contains(stdout.String(), "pwned") {
			t.Errorf("standard output: %v\n%.2000s", err, stdout.String())
		}
		page, err := os.ReadFile(summary)
		if err != nil {
			t.Fatal(err)
		}
		if message, _ := end["message"].(string); !strings.HasPrefix(message, "observe-only: ") || !strings.Contains(string(page), "observe-only") {
			t.Errorf("it is not told as a trial: %q", message)
		}
		checkCommands(t, stderr.String(), "warning", testKey)
		checkHarmless(t, stderr.String(), readOutputs(t, outputs), string(page))
		checkHarmless(t, stdout.String(), nil, "")
	}
}

// A failing test prints the gate's output, on a runner that would obey commands in it.
func TestHostileDigest(t *testing.T) {
	t.Parallel()
	d := digest{what: "stories"}
	for i := range 5 {
		n := &notes{TB: silent{t}, problems: []string{evil, "verdict " + evil}, logs: []string{"log of the step:\n" + evil}}
		f := n.failure(fmt.Sprintf("story-%d", i), "go test ./gate -run X")
		d.add(f)
	}
	text := d.String()
	if cs := commands(text); len(cs) > 0 || !strings.Contains(text, "pwned") {
		t.Errorf("a digest holds the commands %+v:\n%s", cs, text)
	}
	if !slices.ContainsFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(l, "| ::error::pwned") }) {
		t.Errorf("what was printed cannot be read any more:\n%s", text)
	}
}

// The figures of recordings of a hostile platform are a table of harmless text.
func TestHostileMeasured(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "##[error]::x.jsonl")
	runHostile(t, "measured-deploy", 2*time.Second, []string{"type", "name", "id", "description", "commit"}, &gate.Command{
		Args: []string{"--app", "measured", "--timeout", "30s", "--record", file}, Stdout: io.Discard, Stderr: io.Discard,
		Getenv: func(k string) string { return map[string]string{"HEROKU_API_KEY": testKey}[k] },
	})
	_, stdout, stderr := commandLine(t, "replay", "--measure", file, file)
	if !strings.Contains(stdout, "pwned") {
		t.Errorf("the hostile type is not told of:\n%.2000s", stdout)
	}
	checkHarmlessText(t, "the table", stdout)
	checkHarmlessText(t, "standard error", stderr)
}
