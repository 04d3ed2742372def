// Two other outputs of a run: its end as JSON, and the debug log with every need, look and
// doubt.

package gate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/report"
)

// told is the output of a run.
type told struct {
	status         int
	stdout, stderr string
	outputs        map[string]string
}

// telling runs the program on a scenario of the simulator.
func telling(t *testing.T, scenario string, env map[string]string, between func(http.RoundTripper) http.RoundTripper, args ...string) (o told) {
	t.Helper()
	sc, err := herokusim.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	played := story(t, sc)
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(played, herokusim.Options{From: played.Gate})
		server.Begin()
		outputs := filepath.Join(t.TempDir(), "outputs")
		all := map[string]string{"HEROKU_API_KEY": testKey, "INPUT_APP": sc.AppName(), "GITHUB_OUTPUT": outputs}
		for k, v := range env {
			all[k] = v
		}
		var out bytes.Buffer
		var errs shared
		c := gate.Command{
			Args: args, Getenv: func(k string) string { return all[k] }, Stdout: &out, Stderr: &errs,
			Transport: server.Transport(), Now: server.Clock,
		}
		if between != nil {
			c.Transport = between(c.Transport)
		}
		o.status = c.Main(t.Context())
		o.stdout, o.stderr, o.outputs = out.String(), errs.String(), readOutputs(t, outputs)
	})
	return o
}

// shared is a buffer to which several goroutines can write.
type shared struct {
	mu sync.Mutex
	bytes.Buffer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(b)
}

// A deploy command does not write to standard output, where the JSON goes.
func TestJSONWithACommand(t *testing.T) {
	t.Parallel()
	o := telling(t, "plain-restart", nil, nil, "--json", "--", "sh", "-c", "echo deployed; echo so it goes >&2")
	var got struct{ Result string }
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || got.Result != "passed" || o.status != gate.ExitPassed {
		t.Errorf("status %d, %v, standard output:\n%s", o.status, err, o.stdout)
	}
	if !strings.Contains(o.stderr, "deployed\n") || !strings.Contains(o.stderr, "so it goes\n") {
		t.Errorf("standard error:\n%s", o.stderr)
	}
	if o := telling(t, "plain-restart", nil, nil, "--json", "--", "false"); o.status != 1 || o.stdout != "" {
		t.Errorf("the command fails: status %d, standard output:\n%s", o.status, o.stdout)
	}
}

// The only line on standard output has what the outputs have. Everything else is on standard error.
func TestJSON(t *testing.T) {
	t.Parallel()
	number, yesNo := map[string]bool{}, map[string]bool{}
	for _, f := range forms {
		number[f.name], yesNo[f.name] = f.text == aNumber, f.text == "true|false"
	}
	for name, tc := range map[string]struct {
		scenario string
		args     []string
		status   int
	}{
		"passed":    {"measured-deploy", []string{"--json"}, gate.ExitPassed},
		"failed":    {"phase-fails", []string{"--json=true"}, gate.ExitFailed},
		"timed out": {"measured-deploy", []string{"--timeout", "1m", "--json"}, gate.ExitTimedOut},
		"invalid":   {"measured-deploy", []string{"--json", "--timeout", "soon"}, gate.ExitInvalid},
		"no app":    {"measured-deploy", []string{"--json", "--app", "another"}, gate.ExitUndecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := telling(t, tc.scenario, nil, nil, tc.args...)
			if o.status != tc.status || strings.Count(o.stdout, "\n") != 1 || !strings.HasSuffix(o.stdout, "\n") {
				t.Fatalf("status %d, standard output:\n%s", o.status, o.stdout)
			}
			if o.stderr == "" || strings.Contains(o.stdout+o.stderr, testKey) {
				t.Errorf("standard error:\n%s", o.stderr)
			}
			got := map[string]any{}
			d := json.NewDecoder(strings.NewReader(o.stdout))
			d.UseNumber()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(report.OutputNames) {
				t.Errorf("there are %d names, want %d", len(got), len(report.OutputNames))
			}
			for _, name := range report.OutputNames {
				said, as := o.outputs[name], got[name]
				switch v := as.(type) {
				case nil:
					as = ""
				case string:
					if v == "" || number[name] || yesNo[name] {
						t.Errorf("%s is the text %q", name, v)
					}
				case bool:
					if as = fmt.Sprint(v); !yesNo[name] {
						t.Errorf("%s is %v", name, v)
					}
				case json.Number:
					if as = v.String(); !number[name] {
						t.Errorf("%s is the number %s", name, v)
					}
				case map[string]any:
					b, _ := json.Marshal(v)
					var again bytes.Buffer
					json.NewEncoder(&again).Encode(decoded(t, said))
					as, said = string(b)+"\n", again.String()
				}
				if as != said {
					t.Errorf("%s is %v, the output is %q", name, as, said)
				}
			}
		})
	}
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestReplayAsJSON(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "recording")
	o := telling(t, "measured-deploy", nil, nil, "--json", "--record", file)
	status, stdout, stderr := commandLine(t, "replay", "--json", file)
	if status != o.status || stdout != o.stdout || stderr == "" {
		t.Errorf("status %d, standard output:\n%s\nwant\n%s", status, stdout, o.stdout)
	}
}

// If the JSON cannot be written, the exit status is not 0.
func TestJSONThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	closed, err := os.Open(os.DevNull) // for reading only
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	var errs bytes.Buffer
	sc, _ := herokusim.Load("plain-restart")
	played := story(t, sc)
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(played, herokusim.Options{From: played.Gate})
		server.Begin()
		c := gate.Command{
			Args: []string{"--json", "--app", sc.AppName(), "--api-key", testKey}, Stdout: closed, Stderr: &errs,
			Transport: server.Transport(), Now: server.Clock,
		}
		if status := c.Main(t.Context()); status != gate.ExitUndecided || !strings.Contains(errs.String(), "writing the result") {
			t.Errorf("status %d, standard error:\n%s", status, errs.String())
		}
	})
}

// With RUNNER_DEBUG the log also says why each request was sent and why nothing is proven yet.
// Otherwise it is the same log.
func TestDebug(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		env  map[string]string
		line *regexp.Regexp
	}{
		"on GitHub":    {map[string]string{"GITHUB_ACTIONS": "true"}, regexp.MustCompile(`^::debug:: *\d+(m\d+)?s  (need|look|answer|doubt|settled): `)},
		"on a console": {nil, regexp.MustCompile(`^ *\d+(m\d+)?s  debug: (need|look|answer|doubt|settled): `)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quiet := telling(t, "measured-deploy", tc.env, nil)
			with := map[string]string{"RUNNER_DEBUG": "1"}
			for k, v := range tc.env {
				with[k] = v
			}
			o := telling(t, "measured-deploy", with, nil)
			var debug, rest []string
			for line := range strings.Lines(o.stdout) {
				if tc.line.MatchString(line) {
					debug = append(debug, line)
				} else {
					rest = append(rest, line)
				}
			}
			if got := settled(strings.Join(rest, "")); got != settled(quiet.stdout) || strings.Contains(got, "debug") {
				t.Errorf("beside what is told more, the log is\n%s\nwant\n%s", got, quiet.stdout)
			}
			all := strings.Join(debug, "")
			for _, want := range []string{
				"need: timed-look", "need: opening, as soon as possible: everything holds: one more look opens the gate",
				"answer: preboot is on (", "look: 10 dynos, 1 process type, ", "the newest of them v42 succeeded (",
				"doubt: web.1: ", "settled: web.10: ",
			} {
				if !strings.Contains(all, want) {
					t.Errorf("%q is not told:\n%s", want, all)
				}
			}
			if n := len(debug); n < 30 || n > 400 {
				t.Errorf("%d lines are told, the reader wants some dozens:\n%s", n, all)
			}
		})
	}
}

// settled is a log without the parts that depend on which of two answers comes first.
func settled(log string) string {
	return regexp.MustCompile(`\d+ requests.*|(until|gone at) \d+m\d+s`).ReplaceAllString(log, "")
}

// A name from the platform cannot put a workflow command into the debug log.
func TestDebugIsHarmless(t *testing.T) {
	t.Parallel()
	h := &rewriter{texts: []string{"name", "type", "status", "description"}}
	o := telling(t, "measured-deploy", map[string]string{"GITHUB_ACTIONS": "true", "RUNNER_DEBUG": "1", "INPUT_TIMEOUT": "2m"}, func(rt http.RoundTripper) http.RoundTripper {
		h.base = rt
		return h
	})
	lines, pwned := 0, 0
	for _, c := range commands(o.stdout) {
		if c.name == "debug" {
			lines++
			if strings.Contains(fmt.Sprint(c.data), "pwned") {
				pwned++
			}
			if len(c.props) > 0 || strings.ContainsAny(c.data, "\r\n\x1b") {
				t.Errorf("a line for debugging is %+v", c)
			}
		}
	}
	if lines == 0 || pwned == 0 {
		t.Errorf("%d lines, %d with hostile text", lines, pwned)
	}
	checkHarmless(t, o.stdout, o.outputs, "")
}

// Nor can it end a string of the JSON.
func TestJSONIsHarmless(t *testing.T) {
	t.Parallel()
	h := &rewriter{texts: []string{"name", "type", "status", "description", "commit"}}
	o := telling(t, "measured-deploy", map[string]string{"GITHUB_ACTIONS": "true", "INPUT_TIMEOUT": "2m"}, func(rt http.RoundTripper) http.RoundTripper {
		h.base = rt
		return h
	}, "--json")
	decoded(t, o.stdout)
	if !strings.Contains(o.stdout, "pwned") || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("the hostile text did not arrive, or there are several lines:\n%.2000s", o.stdout)
	}
	checkHarmless(t, o.stdout, o.outputs, "")
	checkHarmless(t, o.stderr, o.outputs, "")
}

func TestDebugOfAReplay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "recording")
	telling(t, "plain-restart", nil, nil, "--record", file)
	var out bytes.Buffer
	c := gate.Command{Args: []string{"replay", file}, Getenv: func(k string) string { return map[string]string{"RUNNER_DEBUG": "1"}[k] }, Stdout: &out, Stderr: &out, Transport: noNetwork{t}}
	if status := c.Main(t.Context()); status != gate.ExitPassed || !strings.Contains(out.String(), "debug: look: ") || !strings.Contains(out.String(), "debug: doubt: web.1: ") {
		t.Errorf("status %d:\n%s", status, out.String())
	}
}
