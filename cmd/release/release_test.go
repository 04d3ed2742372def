// Whole releases, in repositories that exist for a test: git is the real one, with a
// bare repository as origin. The commands that talk to GitHub and to the registry are
// stand-ins that write down how they were called.

package main

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite what a dry run prints")

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

// A world is a checkout, its origin, and the stand-ins for gh and docker.
type world struct {
	t             *testing.T
	dir, origin   string
	bin           string
	output, calls string // files
}

func newWorld(t *testing.T) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{
		t: t, dir: filepath.Join(root, "checkout"), origin: filepath.Join(root, "origin"), bin: filepath.Join(root, "bin"),
		output: filepath.Join(root, "output"), calls: filepath.Join(root, "calls"),
	}
	for _, name := range []string{"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"} {
		t.Setenv(name, "A. Tester")
	}
	for _, name := range []string{"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(name, "tester@example.com")
	}
	for _, name := range []string{"GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"} {
		t.Setenv(name, "2026-01-31T12:00:00Z")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	t.Setenv("GITHUB_OUTPUT", w.output)
	t.Setenv("CALLS", w.calls)
	t.Setenv("RELEASES", filepath.Join(root, "releases"))
	t.Setenv("PATH", w.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := os.MkdirAll(w.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	// It knows the releases that it made.
	w.standIn("gh", `if [ "$2" = view ]; then grep -qsx "$3" "$RELEASES"; exit; fi
echo "$3" >>"$RELEASES"; cat >"$CALLS.notes"`)
	w.standIn("docker", "")
	w.write(w.output, "")
	w.write(w.calls, "")

	if out, err := exec.Command("git", "init", "--quiet", "--bare", w.origin).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	if out, err := exec.Command("git", "init", "--quiet", "--initial-branch", "main", w.dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	w.git("remote", "add", "origin", w.origin)
	action, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	// Also where this test runs in the checkout of a release.
	if line := w.imageLine(string(action)); line != "  image: Dockerfile\n" {
		action = []byte(strings.Replace(string(action), line, "  image: Dockerfile\n", 1))
	}
	w.write(filepath.Join(w.dir, "action.yml"), string(action))
	w.write(filepath.Join(w.dir, "CHANGELOG.md"), changelog)
	w.write(filepath.Join(w.dir, ".github/dependabot.yml"), "version: 2\n")
	w.write(filepath.Join(w.dir, ".github/workflows/ci.yml"), "name: ci\n")
	w.write(filepath.Join(w.dir, ".github/workflows/release.yml"), "name: release\n")
	w.commit("one")
	return w
}

// standIn puts a shell script in the place of a command.
func (w *world) standIn(name, script string) {
	w.t.Helper()
	text := "#!/bin/sh\nset -e\necho \"" + name + " $*\" >>\"$CALLS\"\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(w.bin, name), []byte(text), 0o755); err != nil {
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
	w.git("push", "--quiet", "origin", "main")
}

// release runs the program as the workflow does, in a checkout with all tags.
func (w *world) release(args ...string) (string, error) {
	w.t.Helper()
	w.git("fetch", "--quiet", "--tags", "--force", "origin")
	var out strings.Builder
	err := run(append([]string{"-repository", "OWNER/heroku-rollout-gate"}, args...), w.dir, &out, io.Discard)
	return out.String(), err
}

// publish must succeed.
func (w *world) publish(digest, version string) string {
	w.t.Helper()
	out, err := w.release("-digest", digest, "publish", version)
	if err != nil {
		w.t.Fatalf("publish %s: %v\n%s", version, err, out)
	}
	return out
}

// tags are the tags of origin, with the subjects of the commits that they name.
func (w *world) tags() map[string]string {
	w.t.Helper()
	w.git("fetch", "--quiet", "--tags", "--force", "origin")
	tags := map[string]string{}
	for line := range strings.Lines(w.git("for-each-ref", "--format=%(refname:short) %(subject)", "refs/tags")) {
		name, subject, _ := strings.Cut(strings.TrimSpace(line), " ")
		tags[name] = subject
	}
	return tags
}

func (w *world) wantTags(want map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.tags()); diff != "" {
		w.t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func (w *world) imageLine(action string) string {
	w.t.Helper()
	for line := range strings.Lines(action) {
		if strings.HasPrefix(line, "  image: ") {
			return line
		}
	}
	w.t.Fatal("action.yml has no image")
	return ""
}

func TestPublish(t *testing.T) {
	w := newWorld(t)
	head, before := w.git("rev-parse", "HEAD"), w.read(filepath.Join(w.dir, "action.yml"))
	w.publish(digest1, "v1.0.0")
	w.wantTags(map[string]string{"v1.0.0": "Release v1.0.0", "v1.0": "Release v1.0.0", "v1": "Release v1.0.0"})

	// The commit is main's without the workflows, and one line of action.yml.
	if got := w.git("show", "--no-patch", "--format=%P", "v1.0.0"); got != head {
		t.Errorf("the parents of the release are %s, not %s", got, head)
	}
	differs := "1\t1\taction.yml\n0\t1\t.github/workflows/ci.yml\n0\t1\t.github/workflows/release.yml"
	if diff := cmp.Diff(lines(differs), lines(w.git("diff", "--numstat", "HEAD", "v1.0.0"))); diff != "" {
		t.Errorf("the release and main differ in other lines (-want +got):\n%s", diff)
	}
	want := strings.Replace(before, "image: Dockerfile", "image: docker://ghcr.io/owner/heroku-rollout-gate@"+digest1, 1)
	if diff := cmp.Diff(want, w.git("show", "v1.0.0:action.yml")+"\n"); diff != "" {
		t.Errorf("action.yml (-want +got):\n%s", diff)
	}

	// The branch, the checkout and its index are as they were.
	if got := w.git("rev-parse", "HEAD", "origin/main"); got != head+"\n"+head {
		t.Errorf("main moved: %s", got)
	}
	if got := w.git("status", "--porcelain"); got != "" {
		t.Errorf("the checkout has changes: %s", got)
	}

	commit := w.git("rev-parse", "v1.0.0")
	calls := `gh release view v1.0.0 --repo OWNER/heroku-rollout-gate
gh release create v1.0.0 --repo OWNER/heroku-rollout-gate --verify-tag --title v1.0.0 --notes-file - --latest=true --prerelease=false
docker buildx imagetools create --tag ghcr.io/owner/heroku-rollout-gate:v1.0.0 --tag ghcr.io/owner/heroku-rollout-gate:v1 --tag ghcr.io/owner/heroku-rollout-gate:v1.0 ghcr.io/owner/heroku-rollout-gate@` + digest1 + "\n"
	if diff := cmp.Diff(calls, w.read(w.calls)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	notes := w.read(w.calls + ".notes")
	for _, part := range []string{"- The first version.\n", "- uses: OWNER/heroku-rollout-gate@" + commit + " # v1.0.0\n", "oci://ghcr.io/owner/heroku-rollout-gate@" + digest1 + " --repo OWNER/heroku-rollout-gate --signer-workflow OWNER/heroku-rollout-gate/.github/workflows/release.yml\n"} {
		if !strings.Contains(notes, part) {
			t.Errorf("the notes do not say %q:\n%s", part, notes)
		}
	}
	if strings.Contains(notes, "example.com") || strings.Contains(notes, "More") {
		t.Errorf("the notes say what is not of this version:\n%s", notes)
	}
}

// GitHub takes no workflow from a workflow: not by a tag either, unless a branch has
// the same ones. So a release goes through although main has changed its own since.
func TestWorkflowsOfMainHaveChanged(t *testing.T) {
	w := newWorld(t)
	hook := `#!/bin/sh
while read -r old new ref; do
  mine=$(git rev-parse --quiet --verify "$new:.github/workflows") || continue
  [ "$mine" = "$(git rev-parse main:.github/workflows)" ] || { echo "refusing to create or update workflow" >&2; exit 1; }
done
`
	released := w.git("rev-parse", "HEAD")
	w.write(filepath.Join(w.dir, ".github/workflows/ci.yml"), "name: another\n")
	w.commit("two")
	w.git("checkout", "--quiet", released)
	if err := os.WriteFile(filepath.Join(w.origin, "hooks", "pre-receive"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := (&release{dir: w.dir}).git("push", "origin", "HEAD:refs/tags/v0.0.1"); err == nil || !strings.Contains(err.Error(), "refusing") {
		t.Fatalf("the stand-in for GitHub takes workflows: %v: %s", err, out)
	}
	w.publish(digest1, "v1.0.0")
	w.wantTags(map[string]string{"v1.0.0": "Release v1.0.0", "v1.0": "Release v1.0.0", "v1": "Release v1.0.0"})
	if out, err := w.release("check", "v1.0.0"); err != nil || !strings.Contains(out, "tagged already") {
		t.Errorf("check: %v: %s", err, out)
	}
}

func lines(text string) []string {
	all := strings.Split(text, "\n")
	slices.Sort(all)
	return all
}

func TestNextVersions(t *testing.T) {
	w := newWorld(t)
	w.publish(digest1, "v1.0.0")
	w.commit("two")
	w.publish(digest2, "v1.1.0-rc.1")
	first := map[string]string{"v1.0.0": "Release v1.0.0", "v1.0": "Release v1.0.0", "v1": "Release v1.0.0", "v1.1.0-rc.1": "Release v1.1.0-rc.1"}
	w.wantTags(first)
	if notes := w.read(w.calls + ".notes"); !strings.Contains(notes, "Being made") {
		t.Errorf("the notes of a pre-release do not say what is not released yet:\n%s", notes)
	}
	if calls := w.read(w.calls); !strings.Contains(calls, "--latest=false --prerelease=true") {
		t.Errorf("a pre-release is not announced as one:\n%s", calls)
	}
	w.publish(digest2, "v1.1.0")
	first["v1.1.0"], first["v1.1"], first["v1"] = "Release v1.1.0", "Release v1.1.0", "Release v1.1.0"
	w.wantTags(first)

	// The run of the older version is run again: nothing goes back.
	w.git("checkout", "--quiet", "v1.0.0^")
	if out, err := w.release("check", "v1.0.0"); err != nil || !strings.Contains(out, "tagged already") {
		t.Errorf("check: %v: %s", err, out)
	}
	w.write(w.calls, "")
	w.standIn("gh", `[ "$2" != view ]`)
	w.publish(digest1, "v1.0.0")
	w.wantTags(first)
	if calls := w.read(w.calls); strings.Contains(calls, ":v1 ") || !strings.Contains(calls, ":v1.0 ") || !strings.Contains(calls, "--latest=false") {
		t.Errorf("the older version takes the place of the newer one:\n%s", calls)
	}
}

// A release stops at any step, and the next run finishes it.
func TestPublishAgain(t *testing.T) {
	for name, broken := range map[string]func(*world){
		"origin":   func(w *world) { w.git("remote", "set-url", "origin", w.origin+"-gone") },
		"GitHub":   func(w *world) { w.standIn("gh", "exit 1") },
		"registry": func(w *world) { w.standIn("docker", "echo denied >&2; exit 1") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.git("fetch", "--quiet")
			gh, docker := w.read(filepath.Join(w.bin, "gh")), w.read(filepath.Join(w.bin, "docker"))
			broken(w)
			var out strings.Builder
			args := []string{"-repository", "OWNER/heroku-rollout-gate", "-digest", digest1, "publish", "v1.0.0"}
			if err := run(args, w.dir, &out, io.Discard); err == nil {
				t.Fatalf("no error:\n%s", out.String())
			}
			w.write(filepath.Join(w.bin, "gh"), gh)
			w.write(filepath.Join(w.bin, "docker"), docker)
			w.git("remote", "set-url", "origin", w.origin)
			tagged := w.tags()["v1.0.0"] != ""
			if tagged == (name == "origin") {
				t.Errorf("tagged: %v", tagged)
			}
			if w.tags()["v1"] != "" && name != "registry" {
				t.Error("v1 moved before the release was announced")
			}

			// The workflow builds another image only if the version is not tagged yet.
			if _, err := w.release("check", "v1.0.0"); err != nil {
				t.Fatal(err)
			}
			want := "image=ghcr.io/owner/heroku-rollout-gate\ndigest=\n"
			if tagged {
				want = "image=ghcr.io/owner/heroku-rollout-gate\ndigest=" + digest1 + "\n"
				if _, err := w.release("-digest", digest2, "publish", "v1.0.0"); err == nil || !strings.Contains(err.Error(), "is out with the image") {
					t.Errorf("another image for the same version: %v", err)
				}
			}
			if got := w.read(w.output); got != want {
				t.Errorf("outputs %q, want %q", got, want)
			}
			w.publish(digest1, "v1.0.0")
			w.wantTags(map[string]string{"v1.0.0": "Release v1.0.0", "v1.0": "Release v1.0.0", "v1": "Release v1.0.0"})
			again := w.git("rev-parse", "v1.0.0")
			w.publish(digest1, "v1.0.0")
			w.git("fetch", "--quiet", "--tags", "--force")
			if got := w.git("rev-parse", "v1.0.0"); got != again {
				t.Errorf("the tag moved from %s to %s", again, got)
			}
			if n := strings.Count(w.read(w.calls), "gh release create"); n > 2 {
				t.Errorf("the release was announced %d times", n)
			}
		})
	}
}

func TestDryRun(t *testing.T) {
	w := newWorld(t)
	objects := w.git("count-objects")
	out, err := w.release("-digest", digest1, "-dry-run", "publish", "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	w.wantTags(map[string]string{})
	if got := w.git("count-objects"); got != objects {
		t.Errorf("the dry run wrote to the repository: %s, before %s", got, objects)
	}
	if calls := w.read(w.calls); calls != "" {
		t.Errorf("the dry run called:\n%s", calls)
	}
	// All of action.yml is shown; here most of it is left out, since it changes.
	action := strings.Replace(w.read(filepath.Join(w.dir, "action.yml")), "image: Dockerfile", "image: docker://ghcr.io/owner/heroku-rollout-gate@"+digest1, 1)
	if !strings.Contains(out, action) {
		t.Errorf("the dry run does not show the action.yml that it would publish:\n%s", out)
	}
	inputs, _, _ := strings.Cut(action, "runs:\n")
	out = strings.Replace(out, inputs, "(inputs and outputs)\n", 1)
	out = strings.ReplaceAll(out, w.git("rev-parse", "HEAD"), "HEAD")
	if *update {
		w.write("testdata/dry-run.txt", out)
	}
	if diff := cmp.Diff(w.read("testdata/dry-run.txt"), out); diff != "" {
		t.Errorf("dry run (-want +got); -update rewrites it:\n%s", diff)
	}
}

// A pre-release of the version after it does not stand in the way.
func TestBelowPrerelease(t *testing.T) {
	w := newWorld(t)
	w.publish(digest1, "v2.0.0-rc.1")
	w.commit("two")
	w.publish(digest2, "v1.0.0")
	w.wantTags(map[string]string{"v2.0.0-rc.1": "Release v2.0.0-rc.1", "v1.0.0": "Release v1.0.0", "v1.0": "Release v1.0.0", "v1": "Release v1.0.0"})
	if calls := w.read(w.calls); !strings.Contains(calls, "v1.0.0 --notes-file - --latest=true --prerelease=false") {
		t.Errorf("v1.0.0 is not announced as the newest:\n%s", calls)
	}
}

// The commit of a release follows from the commit of main, the version and the image.
func TestSameCommit(t *testing.T) {
	w := newWorld(t)
	commit := func(digest, when string) string {
		t.Helper()
		t.Setenv("GIT_AUTHOR_DATE", when)
		t.Setenv("GIT_COMMITTER_DATE", when)
		r := &release{dir: w.dir, repository: "OWNER/heroku-rollout-gate", version: "v1.0.0", digest: digest, out: io.Discard}
		hash, err := r.commit(w.git("rev-parse", "HEAD"))
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	first := commit(digest1, "2026-02-01T00:00:00Z")
	if again := commit(digest1, "2026-03-01T00:00:00Z"); again != first {
		t.Errorf("the same image gave the commits %s and %s", first, again)
	}
	if other := commit(digest2, "2026-02-01T00:00:00Z"); other == first {
		t.Errorf("two images gave the commit %s", other)
	}
}
