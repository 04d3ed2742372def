// The real programs as processes: cmd/rollout-gate as GitHub runs it, against
// cmd/herokusim on loopback.

package gate_test

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/report"
)

// noNetwork fails the test at any request.
type noNetwork struct{ t testing.TB }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s %s was requested", r.Method, r.URL.Path)
	return nil, errors.New("no network")
}

// build compiles the two programs once.
func build(t *testing.T) (gatePath, simPath string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"rollout-gate", "herokusim"} {
		cmd := exec.Command("go", "build", "-o", dir, "heroku-rollout-gate/cmd/"+name)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("building %s: %v\n%s", name, err, out)
		}
	}
	return filepath.Join(dir, "rollout-gate"), filepath.Join(dir, "herokusim")
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve starts a simulated Heroku and returns its address.
func serve(t *testing.T, sim string, args ...string) string {
	t.Helper()
	cmd := exec.Command(sim, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if a := address.FindString(lines.Text()); a != "" {
				select {
				case found <- a:
				default:
				}
			}
		}
	}()
	select {
	case a := <-found:
		return a
	case <-time.After(20 * time.Second):
		t.Fatal("the simulator does not say where it listens")
		return ""
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	for name, tc := range map[string]struct {
		scenario []string
		inputs   []string
		signal   os.Signal
		status   int
		result   string
		reason   string
	}{
		"passes":      {[]string{"--speed", "60", "measured-deploy"}, nil, nil, gate.ExitPassed, "passed", "rolled-out"},
		"times out":   {[]string{"--from", "2s", "measured-deploy"}, []string{"INPUT_TIMEOUT=3s"}, nil, gate.ExitTimedOut, "timed-out", "old-dynos-remain"},
		"interrupted": {[]string{"--from", "2s", "measured-deploy"}, nil, os.Interrupt, gate.ExitInterrupted, "cancelled", "interrupted"},
		"terminated":  {[]string{"--from", "2s", "measured-deploy"}, nil, syscall.SIGTERM, gate.ExitInterrupted, "cancelled", "interrupted"},
		"hung up":     {[]string{"--from", "2s", "measured-deploy"}, nil, syscall.SIGHUP, gate.ExitInterrupted, "cancelled", "interrupted"},
		"failed":      {[]string{"--from", "25s", "phase-fails"}, []string{"INPUT_APP=phased"}, nil, gate.ExitFailed, "failed", "release-failed"},
		"no such app": {[]string{"measured-deploy"}, []string{"INPUT_APP=nothing"}, nil, gate.ExitUndecided, "undecided", "app-not-found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
			cmd := exec.Command(program)
			cmd.Env = append([]string{
				"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + summary,
				"INPUT_APP=measured", "INPUT_API-KEY=" + testKey, "INPUT_API-URL=" + serve(t, sim, tc.scenario...),
			}, tc.inputs...)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if tc.signal != nil {
				time.Sleep(time.Second)
				cmd.Process.Signal(tc.signal)
			}
			cmd.Wait()
			if status := cmd.ProcessState.ExitCode(); status != tc.status {
				t.Errorf("exit status %d, want %d; printed:\n%s", status, tc.status, out.String())
			}
			o := readOutputs(t, output)
			for _, name := range report.OutputNames {
				if _, ok := o[name]; !ok {
					t.Errorf("output %s is missing", name)
				}
			}
			if o["result"] != tc.result || o["reason"] != tc.reason {
				t.Errorf("outputs say %s, %s", o["result"], o["reason"])
			}
			if text, err := os.ReadFile(summary); err != nil || len(text) == 0 {
				t.Errorf("no summary: %v", err)
			}
		})
	}
}

// buildAsShipped compiles the program with the flags of the Dockerfile.
func buildAsShipped(t *testing.T) string {
	t.Helper()
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`go build (-trimpath) (-ldflags)="([^"]*)"`).FindSubmatch(dockerfile)
	if flags == nil {
		t.Fatal("the Dockerfile does not build the program as this test expects")
	}
	path := filepath.Join(t.TempDir(), "rollout-gate")
	cmd := exec.Command("go", "build", string(flags[1]), string(flags[2])+"="+string(flags[3]), "-o", path, "heroku-rollout-gate/cmd/rollout-gate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return path
}
