// The two programs: where they are, and how much disk space they need.

package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The programs, as indices into every pair of figures.
const (
	theGate = iota
	theClient
)

// A bench knows the programs.
type bench struct {
	dir, work  string // the folder with the programs, and the folder for the files of runs
	conditions conditions
}

// newBench finds both programs. It starts each once, so that the first run does not wait for the disk.
func newBench(ctx context.Context, dir string) (*bench, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	work := filepath.Join(dir, "runs")
	if err := errors.Join(os.RemoveAll(work), os.MkdirAll(filepath.Join(work, "home"), 0o750)); err != nil {
		return nil, err
	}
	b := &bench{dir: dir, work: work}
	image, err := os.ReadFile(filepath.Join(dir, "image-bytes"))
	if err != nil {
		return nil, fmt.Errorf("%w: make compare makes it", err)
	}
	if _, err := fmt.Sscan(string(image), &b.conditions.Image); err != nil {
		return nil, fmt.Errorf("image-bytes: %w", err)
	}
	gate, err := os.Stat(b.program(theGate))
	if err != nil {
		return nil, err
	}
	b.conditions.Binary = gate.Size()
	built, err := buildinfo.ReadFile(b.program(theGate))
	if err != nil {
		return nil, err
	}
	exec.CommandContext(ctx, b.program(theGate), "--help").Run()           // #nosec G204 -- the program under comparison
	version := exec.CommandContext(ctx, b.program(theClient), "--version") // #nosec G204 -- the same
	version.Env = b.clientEnv()
	said, err := version.Output()
	if err != nil {
		return nil, fmt.Errorf("heroku --version: %w", err)
	}
	b.conditions.Client = strings.TrimSpace(string(said))
	if b.conditions.Install, err = size(filepath.Join(dir, "node_modules")); err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	if node, err = filepath.EvalSymlinks(node); err != nil {
		return nil, err
	}
	if b.conditions.Node, err = size(node); err != nil {
		return nil, err
	}
	b.conditions.Machine = fmt.Sprintf("%d cores, %s", runtime.NumCPU(), operatingSystem())
	b.conditions.Go = built.GoVersion
	b.conditions.Date = time.Now().UTC()
	return b, nil
}

// size is how many bytes a file or a folder occupies on the disk.
func size(root string) (total int64, err error) {
	err = filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			total += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return err
	})
	return total, err
}

func operatingSystem() string {
	release, _ := os.ReadFile("/etc/os-release")
	_, rest, _ := strings.Cut(string(release), "PRETTY_NAME=\"")
	name, _, _ := strings.Cut(rest, "\"")
	return strings.TrimSpace(name + " " + runtime.GOARCH)
}

func (b *bench) program(which int) string {
	if which == theGate {
		return filepath.Join(b.dir, "rollout-gate")
	}
	return filepath.Join(b.dir, "node_modules", ".bin", "heroku")
}

// clientEnv turns off the client's telemetry and its search for updates: they would take time, and have nothing
// to do with the wait.
func (b *bench) clientEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(b.work, "home"),
		"DISABLE_TELEMETRY=true", "HEROKU_DISABLE_AUTOUPDATE=1", "HEROKU_SKIP_NEW_VERSION_CHECK=1",
	}
}
