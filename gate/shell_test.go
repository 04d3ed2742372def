// All blocks of shell commands in the documents are run, unless a comment before a block
// says why not: <!-- not run: the reason -->, or for the rest of a file
// <!-- not run from here on: the reason -->. Commands of the program use a simulated
// Heroku. Commands that would run all tests, this one among them, are built but not run.
// Targets of make only print what they would do.

package gate_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A block that takes longer than this does not end by itself.
const blockTime = 3 * time.Minute

// prelude replaces the commands that would run this test again.
const prelude = `set -eu
make() {
  case "${1:-help}" in
  help) command make "$@" ;;
  *) command make -n "$@" ;;
  esac
}
go() {
  case " $* " in
  *" test "*" -run "*) command go "$@" | tee "$REPORT"; ! grep -q "no tests to run" "$REPORT" ;;
  " test "*) command go "$@" -run '^$' ;;
  *) command go "$@" ;;
  esac
}
`

// ofTheRepository are commands that readers run at the top of the repository. They run
// others in a folder of their own.
var ofTheRepository = regexp.MustCompile(`(?m)^(go|make) `)

func TestShellBlocks(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs programs")
	}
	found := blocks(t, "sh")
	if len(found) < 8 {
		t.Errorf("%d blocks of shell commands found, there should be at least 8", len(found))
	}
	program, sim := build(t)
	run := 0
	for _, b := range found {
		reason, excused := strings.CutPrefix(b.note, "not run: ")
		if excused && len(reason) > 10 {
			continue
		}
		run++
		t.Run(b.file+":"+strings.Fields(b.text)[0], func(t *testing.T) {
			t.Parallel()
			runBlock(t, b, program, sim)
		})
	}
	if run < 6 {
		t.Errorf("%d blocks of shell commands are run, there should be at least 6", run)
	}
}

func runBlock(t *testing.T, b block, program, sim string) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), blockTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", prelude+b.text)
	cmd.Dir = dir
	if ofTheRepository.MatchString(b.text) {
		cmd.Dir = ".."
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), "GOBIN="+dir,
		"PATH="+dir+":"+filepath.Dir(program)+":"+os.Getenv("PATH"), "REPORT="+filepath.Join(dir, "report"),
		"HEROKU_API_KEY="+testKey, "GITHUB_ACTIONS=", "GITHUB_OUTPUT=", "GITHUB_STEP_SUMMARY=")
	if strings.Contains(b.text, "rollout-gate ") {
		// The roll-out has ended at the start; the gate only has to read the log.
		cmd.Env = append(cmd.Env, "INPUT_API_URL="+serve(t, sim, "--from", "35s", ofMyApp(t)))
	}
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		t.Errorf("%s:%d: it did not end; a block that cannot run here has a comment before it, <!-- not run: why -->\n%s", b.file, b.line, out)
	case err != nil:
		t.Errorf("%s:%d: %v\n%s", b.file, b.line, err, out)
	}
}

// ofMyApp is a plain restart of the app my-app, as the documents call it.
func ofMyApp(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("herokusim/scenarios/plain-restart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	mine := strings.Replace(string(data), "name: plain", "name: my-app", 1)
	if mine == string(data) {
		t.Fatal("the scenario names no app")
	}
	file := filepath.Join(t.TempDir(), "my-app.yaml")
	if err := os.WriteFile(file, []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
