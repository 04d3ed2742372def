// The program as process 1 of a container, for which signals have no default action.

package gate_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"heroku-rollout-gate/gate"
)

// After the first signal the program writes its outputs, which nobody reads here. The second
// signal ends it at once.
func TestSecondSignalAsProcessOne(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, sim := build(t)
	output := filepath.Join(t.TempDir(), "output")
	if err := syscall.Mkfifo(output, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = []string{"GITHUB_OUTPUT=" + output, "INPUT_APP=measured", "INPUT_API-KEY=" + testKey, "INPUT_API-URL=" + serve(t, sim, "--from", "2s", "measured-deploy")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if err := cmd.Start(); errors.Is(err, syscall.EPERM) {
		t.Skip("only root can make a process 1")
	} else if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	time.Sleep(time.Second)
	for range 2 {
		cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(time.Second)
	}
	select {
	case <-ended:
		if status := cmd.ProcessState.ExitCode(); status != gate.ExitInterrupted {
			t.Errorf("exit status %d, want %d", status, gate.ExitInterrupted)
		}
	default:
		cmd.Process.Kill()
		<-ended
		t.Error("a second after the second signal it still runs")
	}
}
