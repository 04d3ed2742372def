// A measurement of what the program needs. It is not a test, since it would fail on a busy machine.

package gate_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

var measure = flag.Bool("measure", false, "measure the program with 1,000 dynos and 50,000 log lines a second")

func TestMeasure(t *testing.T) {
	if !*measure {
		t.Skip("no -measure; make measure runs it")
	}
	program, _ := build(t)
	for _, c := range []struct{ dynos, lines int }{{10, 0}, {1000, 0}, {1000, 50_000}} {
		t.Run(fmt.Sprintf("%d dynos, %d lines a second", c.dynos, c.lines), func(t *testing.T) {
			sc := &herokusim.Scenario{
				App: herokusim.App{Name: "large", Preboot: true}, Metrics: true,
				Types: map[string]herokusim.Type{"web": {Quantity: c.dynos}},
				Log:   herokusim.Log{Heartbeat: 5 * time.Second}, Ends: time.Hour,
				Events: []herokusim.Event{{Deploy: &herokusim.Deploy{}, Timing: map[string]herokusim.Timing{"web": {Exit: herokusim.After(30 * time.Minute)}}}},
			}
			story, err := sc.Play()
			if err != nil {
				t.Fatal(err)
			}
			sim := herokusim.NewServer(story, herokusim.Options{From: story.Gate})
			busy := &busyApp{Handler: sim, story: story, sim: sim}
			*soakLines = c.lines
			server := httptest.NewServer(busy)
			defer server.Close()
			sim.Begin()
			const lasts = 30 * time.Second
			cmd, _, _ := process(t, program, "large", server.URL, lasts.String())
			cmd.Stderr = os.Stderr
			recording := filepath.Join(t.TempDir(), "recording")
			cmd.Env = append(cmd.Env, "INPUT_RECORD="+recording)
			begin := time.Now()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for { // until the first look has come
				if seen, _ := os.ReadFile(recording); bytes.Contains(seen, []byte(`"look":`)) || time.Since(begin) > lasts/2 {
					break
				}
				time.Sleep(2 * time.Millisecond)
			}
			first := time.Since(begin)
			time.Sleep(lasts - time.Second - first)
			resident := peak(t, cmd)
			rate := float64(busy.lines.Load()) / time.Since(begin).Seconds()
			cmd.Wait()
			t.Logf("%s from the start of the process to the first look; %s at the peak; %.0f lines a second; %s of processor time in %s",
				first.Round(time.Millisecond), resident, rate, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(10*time.Millisecond), lasts)
		})
	}
}

// peak is the most memory that a process has used, from Linux.
func peak(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}
