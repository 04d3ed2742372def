// Repositories for the tests: git is real, with a bare repository as origin. The commands that
// talk to GitHub and to the registry are fakes that record how they were called.

package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const digest1 = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
const digest2 = "sha256:2222222222222222222222222222222222222222222222222222222222222222"

const changelog = `# Changelog

## [Unreleased]

- Being made.

## 1.1.0 - 2026-02-01

- More.

## 1.0.0 - 2026-01-31

- The first version.

[Unreleased]: https://example.com
`

const begin = `name: begin
runs:
  using: composite
  steps:
    - shell: bash
      run: echo "$IMAGE"
      env:
        IMAGE: Dockerfile # a release names its image here
`

// A world is a checkout, its origin, and the fakes of gh, docker and go.
type world struct {
	t             *testing.T
	dir, origin   string
	bin           string
	output, calls string // files
}

// If the fake go calls the test program, it is cmd/release itself.
func TestMain(m *testing.M) {
	if os.Getenv("BE_RELEASE") != "" {
		main()
		return
	}
	var err error
	if kept, err = os.MkdirTemp("", "release-test"); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(kept)
	os.Exit(status)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("runs git")
	}
	root := t.TempDir()
	w := &world{
		t: t, dir: filepath.Join(root, "checkout"), origin: filepath.Join(root, "origin"), bin: filepath.Join(root, "bin"),
		output: filepath.Join(root, "output"), calls: filepath.Join(root, "calls"),
	}
	for name, value := range map[string]string{
		"GIT_AUTHOR_NAME": "A. Tester", "GIT_COMMITTER_NAME": "A. Tester",
		"GIT_AUTHOR_EMAIL": "tester@example.com", "GIT_COMMITTER_EMAIL": "tester@example.com",
		"GIT_AUTHOR_DATE": "2026-01-31T12:00:00Z", "GIT_COMMITTER_DATE": "2026-01-31T12:00:00Z",
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GITHUB_OUTPUT": w.output, "CALLS": w.calls, "RELEASES": filepath.Join(root, "releases"),
		"PATH": w.bin + string(os.PathListSeparator) + os.Getenv("PATH"),
	} {
		t.Setenv(name, value)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The fake gh keeps each release as a file with its state.
	w.standIn("gh", `state=$RELEASES/$3
case $2 in
view) [ -e "$state" ] || exit 1
  case $* in *"if .isDraft"*) cat "$state" ;; *) grep -qx draft "$state" && echo true || echo false ;; esac ;;
delete) rm "$state" ;;
create) [ ! -e "$state" ] || exit 1
  mkdir -p "$RELEASES"; echo draft >"$state"; cp .build/notes.md "$CALLS.notes" ;;
esac`)
	w.standIn("docker", "")
	w.standIn("go", `[ "$1 $2" = "run ./cmd/release" ]; shift 2; BE_RELEASE=yes exec "`+self+`" "$@"`)
	w.write(w.output, "")
	w.write(w.calls, "")
	// Git is slow, so each world is a copy of the first one.
	if template.dir != "" {
		w.copyOf(template)
		return w
	}
	for _, args := range [][]string{{"--bare", w.origin}, {"--initial-branch", "main", w.dir}} {
		if out, err := exec.Command("git", append([]string{"init", "--quiet"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git init: %v: %s", err, out)
		}
	}
	w.git("remote", "add", "origin", w.origin)
	for file, text := range map[string]string{
		"action.yml": ownAction(t), "CHANGELOG.md": changelog, ".gitignore": "/.build/\n",
		"Dockerfile":                    "FROM golang:1.26-alpine@" + digest1 + " AS base\nFROM scratch\n",
		".github/dependabot.yml":        "version: 2\n",
		".github/workflows/ci.yml":      "name: ci\n",
		".github/workflows/release.yml": "name: release\n",
	} {
		w.write(filepath.Join(w.dir, file), text)
	}
	w.write(filepath.Join(w.dir, ".build/dist/heroku-rollout-gate_linux_amd64.tar.gz"), "")
	w.commit("one")
	kept, err := os.MkdirTemp(kept, "world")
	if err != nil {
		t.Fatal(err)
	}
	template = world{t: t, dir: filepath.Join(kept, "checkout"), origin: filepath.Join(kept, "origin")}
	template.copyOf(*w)
	return w
}

// template is the first world before any test, in the folder kept.
var (
	template world
	kept     string
)

// copyOf makes checkout and origin those of another world.
func (w *world) copyOf(from world) {
	w.t.Helper()
	for to, folder := range map[string]string{w.dir: from.dir, w.origin: from.origin} {
		if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
			w.t.Fatal(err)
		}
	}
	config := filepath.Join(w.dir, ".git", "config")
	w.write(config, strings.ReplaceAll(w.read(config), from.origin, w.origin))
}

// ownAction is the action.yml of this repository on main.
func ownAction(t *testing.T) string {
	t.Helper()
	action, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(action), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  image: docker://") { // this is the checkout of a release
			lines[i] = "  image: Dockerfile\n"
		}
	}
	return strings.Join(lines, "")
}

// standIn replaces a command by a shell script.
func (w *world) standIn(name, script string) {
	w.t.Helper()
	text := "#!/bin/sh\nset -e\n[ " + name + " = go ] || echo \"" + name + " $*\" >>\"$CALLS\"\n" + script + "\n"
	path := filepath.Join(w.bin, name)
	w.write(path, text)
	if err := os.Chmod(path, 0o755); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(path, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(path string) string {
	w.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *world) git(args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// commit commits all and pushes it, as a maintainer does.
func (w *world) commit(message string) {
	w.t.Helper()
	w.git("add", "--all")
	w.git("commit", "--quiet", "--allow-empty", "--message", message)
	w.git("push", "--quiet", "origin", "HEAD:main")
	w.git("fetch", "--quiet")
}

// release runs the program after fetching the tags again, as in a new job.
func (w *world) release(args ...string) (string, error) {
	w.t.Helper()
	w.git("fetch", "--quiet", "--tags", "--force")
	w.write(w.output, "")
	var out strings.Builder
	err := run(append([]string{"-repository", "OWNER/heroku-rollout-gate"}, args...), w.dir, &out, io.Discard)
	return out.String(), err
}

// job runs the named steps of a job of the release workflow that are commands.
func (w *world) job(name, version, digest string) (string, error) {
	w.t.Helper()
	text, err := os.ReadFile("../../.github/workflows/release.yml")
	if errors.Is(err, fs.ErrNotExist) {
		w.t.Skip("a release is made without .github/workflows")
	} else if err != nil {
		w.t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		w.t.Fatal(err)
	}
	w.git("fetch", "--quiet", "--tags", "--force")
	w.write(w.output, "")
	var log strings.Builder
	for _, step := range workflow.Jobs[name].Steps {
		if step.Run == "" || strings.HasPrefix(step.Name, "what is published") {
			continue // only the real gh can verify
		}
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", step.Run)
		cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, &log, &log
		cmd.Env = append(os.Environ(), "VERSION="+version, "DIGEST="+digest, "IMAGE=ghcr.io/owner/heroku-rollout-gate",
			"GITHUB_REPOSITORY=OWNER/heroku-rollout-gate", "GITHUB_SERVER_URL=https://github.com",
			"GITHUB_STEP_SUMMARY="+w.calls+".summary", "COMMIT="+w.told("commit"), "TAGS="+w.told("tags"))
		if err := cmd.Run(); err != nil {
			return log.String(), err
		}
	}
	return log.String(), nil
}

// told is the outputs of the last command.
func (w *world) told(name string) string {
	for line := range strings.Lines(w.read(w.output)) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// must runs a job that has to succeed.
func (w *world) must(job, version, digest string) string {
	w.t.Helper()
	log, err := w.job(job, version, digest)
	if err != nil {
		w.t.Fatalf("job %s of %s: %v\n%s", job, version, err, log)
	}
	return log
}

// publish does what a person does with the draft.
func (w *world) publish(version string) {
	w.t.Helper()
	w.write(filepath.Join(os.Getenv("RELEASES"), version), "published\n")
}

// whole makes a release from the draft to the tags that move.
func (w *world) whole(version, digest string) {
	w.t.Helper()
	w.must("draft", version, digest)
	w.publish(version)
	w.must("tags", version, digest)
}

// wantTags compares the tags of origin, each with the first line of its commit.
func (w *world) wantTags(want map[string]string) {
	w.t.Helper()
	w.git("fetch", "--quiet", "--tags", "--force")
	tags := map[string]string{}
	for line := range strings.Lines(w.git("for-each-ref", "--format=%(refname:short) %(subject)", "refs/tags")) {
		name, subject, _ := strings.Cut(strings.TrimSpace(line), " ")
		tags[name] = subject
	}
	if diff := cmp.Diff(want, tags); diff != "" {
		w.t.Errorf("tags (-want +got):\n%s", diff)
	}
}
