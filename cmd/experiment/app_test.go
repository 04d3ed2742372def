// The test app itself, as Python runs it: the truth is read from its lines.

package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// unpack unpacks the app into a folder.
func unpack(t *testing.T, archive []byte) string {
	t.Helper()
	dir := t.TempDir()
	zip, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a process type of the Procfile, and sends SIGTERM once a line has these words.
func run(t *testing.T, dir, typ, sigterm string) (lines []string, status int) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	procfile, err := os.ReadFile(filepath.Join(dir, "Procfile"))
	if err != nil {
		t.Fatal(err)
	}
	var command []string
	for line := range strings.Lines(string(procfile)) {
		if rest, ok := strings.CutPrefix(line, typ+": python "); ok {
			command = strings.Fields(rest)
		}
	}
	if command == nil {
		t.Fatalf("the Procfile has no %s: %s", typ, procfile)
	}
	cmd := exec.Command(python, command...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "DYNO="+typ+".1", "PORT=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	for all := bufio.NewScanner(out); all.Scan(); {
		lines = append(lines, all.Text())
		if sigterm != "" && strings.Contains(all.Text(), sigterm) {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		status = exit.ExitCode()
	}
	return lines, status
}

func TestApp(t *testing.T) {
	t.Parallel()
	p := &Plan{Types: map[string]int{"web": 1}, Stop: 1500 * time.Millisecond, Lines: 200}
	archive, _ := p.source(2)
	lines, status := run(t, unpack(t, archive), "web", "n=2 ")
	var truth evidence.Log
	own, padding := 0, 0
	for _, line := range lines {
		logged := "2026-06-09T16:00:00+00:00 app[web.1]: " + line
		truth.Add(0, logged)
		_, alive := evidence.ReadAppLine(logged)
		switch {
		case alive:
			own++
		case strings.HasPrefix(line, "padding "):
			padding++
		default:
			t.Errorf("the app prints %q", line)
		}
	}
	all := truth.Processes(time.Now().Add(time.Minute), nil)
	if len(all) != 1 {
		t.Fatalf("the processes are %+v of\n%s", all, strings.Join(lines, "\n"))
	}
	q := all[0]
	if q.Code != 2 || q.Dyno != "web.1" || len(q.ID) != 16 || q.Missing != 0 || q.Sigterm.IsZero() || time.Since(q.Last) > time.Minute {
		t.Errorf("it printed %+v", q)
	}
	// It ran for 4 s or more, however slow the machine is.
	if own < 5 || padding < 200 || status != 143 || q.Last.Sub(q.First) < 3*time.Second {
		t.Errorf("%d lines, %d lines of padding, status %d: %+v", own, padding, status, q)
	}
}

func TestAppReleasePhase(t *testing.T) {
	t.Parallel()
	p := &Plan{Types: map[string]int{"web": 1}, ReleasePhase: "fails"}
	for code, want := range map[int]int{1: 0, 2: 1} {
		t.Run(fmt.Sprint("code ", code), func(t *testing.T) {
			t.Parallel()
			archive, _ := p.source(code)
			if lines, status := run(t, unpack(t, archive), "release", ""); status != want || len(lines) != 1 {
				t.Errorf("status %d, want %d; %q", status, want, lines)
			}
		})
	}
}

// The same version is the same archive, and another one is another.
func TestSource(t *testing.T) {
	t.Parallel()
	p := &Plan{Types: map[string]int{"web": 1, "worker": 2}}
	_, first := p.source(1)
	_, again := p.source(1)
	_, second := p.source(2)
	if first != again || first == second || len(first) != 40 {
		t.Errorf("the commits are %q, %q, %q", first, again, second)
	}
	if want := "web: python app.py\nworker: python app.py\n"; p.procfile() != want {
		t.Errorf("the Procfile is %q", p.procfile())
	}
}

// Code that crashes ends by itself, after some lines.
func TestAppCrashes(t *testing.T) {
	t.Parallel()
	p := &Plan{Types: map[string]int{"web": 1}, Crashes: true}
	archive, _ := p.source(2)
	if lines, status := run(t, unpack(t, archive), "web", ""); status != 1 || len(lines) != 3 {
		t.Errorf("status %d: %q", status, lines)
	}
}
