// The deploy command as a real process: its input and outputs, its exit status, signals.

package gate_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"heroku-rollout-gate/gate"
)

// wrapped is the program with a deploy command. In the simulated Heroku the release already exists when the
// watch begins, so the command need not deploy: the input newer-than names an older release.
func wrapped(t *testing.T, program, sim string, flags []string, command ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"--app", "measured", "--api-url", serve(t, sim, "--speed", "60", "--from", "30s", "measured-deploy"), "--newer-than", "v41"}, flags...)
	cmd := exec.Command(program, append(append(args, "--"), command...)...)
	cmd.Env = append(os.Environ(), "HEROKU_API_KEY="+testKey)
	return cmd
}

func TestWrappedCommands(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	for name, c := range map[string]struct {
		flags          []string
		script         string
		stdin          string
		status         int
		begins, errors string // of what is printed
		silent         string
	}{
		"it deploys":                {nil, "echo deployed", "", gate.ExitPassed, "deployed\n", "10 web of v42; running: sh\n", ""},
		"its arguments are its own": {nil, ": --password=hunter2; echo deployed", "", gate.ExitPassed, "deployed\n", "; running: sh\n", "hunter2"},
		"it reads its input":        {nil, "read -r line; echo \"<$line>\"; cat", "one\ntwo\n", gate.ExitPassed, "<one>\ntwo\n", "", ""},
		"it writes errors":          {nil, "echo out; echo err >&2", "", gate.ExitPassed, "out\n", "err\n", ""},
		"it fails":                  {nil, "echo no; exit 7", "", 7, "no\n", "nothing is waited for", "new up"},
		"it dies of a signal":       {nil, "kill -KILL $$", "", 137, "", "nothing is waited for", "new up"},
		"it closes its outputs":     {nil, "exec >&- 2>&-; sleep 0.1", "", gate.ExitPassed, "", "", ""},
		"it leaves a child behind":  {nil, "sleep 30 >/dev/null 2>&1 & echo left", "", gate.ExitPassed, "left\n", "", ""},
		"its pipe breaks":           {nil, "trap '' EXIT; yes | head -n 1", "", gate.ExitPassed, "y\n", "", ""},
		"the gate times out":        {[]string{"--timeout", "1s", "--logs", "off"}, "echo deployed", "", gate.ExitTimedOut, "deployed\n", "", ""},
		"an input is bad, no start": {[]string{"--timeout", "soon"}, "echo deployed", "", gate.ExitInvalid, "", "", "deployed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := wrapped(t, program, sim, c.flags, "sh", "-c", c.script)
			var stdout, stderr bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
			begun := time.Now()
			_ = cmd.Run()
			if took := time.Since(begun); took > 25*time.Second {
				t.Errorf("it took %s", took)
			}
			if status := cmd.ProcessState.ExitCode(); status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			all := stdout.String() + stderr.String()
			if !strings.HasPrefix(stdout.String(), c.begins) || !strings.Contains(stderr.String(), c.errors) ||
				c.silent != "" && strings.Contains(all, c.silent) || strings.Contains(all, testKey) {
				t.Errorf("standard output:\n%s\nstandard error:\n%s", stdout.String(), stderr.String())
			}
			if c.status == gate.ExitPassed && !strings.Contains(stdout.String(), "no old one") {
				t.Errorf("the end is not told:\n%s", stdout.String())
			}
		})
	}
}

// beforeCommand matches the line before the command: that the app is watched, since when, and what runs; and why the
// watch may know less.
var beforeCommand = regexp.MustCompile(`^(?:rollout-gate: warning: [^\n]*: the command is run all the same\n)?` +
	`rollout-gate: watching ([a-z0-9-]+) since \d\d:\d\d:\d\d UTC(?:, the dyno list shows [^\n;]+)?; running: deploy\n$`)

// checkBefore fails if the line before the command is missing, or if the wait does not begin with how long
// the command took.
func checkBefore(t testing.TB, app, stderr, stdout string) {
	t.Helper()
	if m := beforeCommand.FindStringSubmatch(stderr); m == nil || m[1] != app {
		t.Errorf("before the command is said:\n%s", stderr)
	}
	_, log, _ := strings.Cut(stdout, "::add-mask::"+testKey+"\n")
	if !regexp.MustCompile(`^the command ended after [0-9hms]+, and the wait begins\n(?:    0s  [^\n]*\n)*?    0s  (?:v\d+|[a-z-]+ · waiting for )`).MatchString(log) {
		t.Errorf("the wait does not begin with what happened meanwhile:\n%s", log)
	}
}

func TestCommandsThatCannotBeRun(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		command []string
		status  int
		says    string
	}{
		"none is given":      {nil, gate.ExitInvalid, `there is no command after "--"`},
		"there is none such": {[]string{"no-such-command"}, gate.ExitNotFound, "there is no such command"},
		"nor such a file":    {[]string{"./no-such-file"}, gate.ExitNotFound, "there is no such command"},
		"it is no program":   {[]string{plain}, gate.ExitNotExecutable, "it may not be executed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := wrapped(t, program, sim, nil, c.command...)
			out, _ := cmd.CombinedOutput()
			if status := cmd.ProcessState.ExitCode(); status != c.status || !strings.Contains(string(out), c.says) {
				t.Errorf("status %d, want %d:\n%s", status, c.status, out)
			}
		})
	}
}

// A signal goes to the command while it runs, and after that to the gate.
func TestSignalsOfWrappedCommands(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	for name, c := range map[string]struct {
		script string
		signal os.Signal
		status int
		prints string
	}{
		"SIGTERM ends it":      {"touch $READY; exec sleep 30", syscall.SIGTERM, 143, ""},
		"SIGINT ends it":       {"touch $READY; exec sleep 30", os.Interrupt, 130, ""},
		"SIGHUP is handled":    {"trap 'echo caught; exit 3' HUP; touch $READY; while :; do sleep 0.1; done", syscall.SIGHUP, 3, "caught\n"},
		"SIGTERM is passed on": {"trap 'echo go on' TERM; touch $READY; n=0; while [ $n -lt 5 ]; do sleep 0.1; n=$((n+1)); done", syscall.SIGTERM, gate.ExitPassed, "go on\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ready := filepath.Join(t.TempDir(), "ready")
			cmd := wrapped(t, program, sim, nil, "sh", "-c", c.script)
			cmd.Env = append(cmd.Env, "READY="+ready)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // without a terminal
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for range 200 {
				if _, err := os.Stat(ready); err == nil {
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			_ = cmd.Process.Signal(c.signal)
			_ = cmd.Wait()
			if status := cmd.ProcessState.ExitCode(); status != c.status || !strings.HasPrefix(out.String(), c.prints) {
				t.Errorf("status %d, want %d:\n%s", status, c.status, out.String())
			}
		})
	}
}
