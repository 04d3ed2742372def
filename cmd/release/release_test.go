// Tests of whole releases, with the commands of the release workflow.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

var published = map[string]string{"v1.0.0": "Release v1.0.0", "v1.0": "Release v1.0.0", "v1": "Release v1.0.0"}

func TestDraftJob(t *testing.T) {
	w := newWorld(t)
	head, before := w.git("rev-parse", "HEAD"), w.read(filepath.Join(w.dir, "action.yml"))
	w.must("draft", "v1.0.0", digest1)
	w.wantTags(map[string]string{"v1.0.0": "Release v1.0.0"}) // nothing that people follow

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

	// The branch, the checkout and its index have not changed.
	if got := w.git("rev-parse", "HEAD", "origin/main"); got != head+"\n"+head {
		t.Errorf("main moved: %s", got)
	}
	if got := w.git("status", "--porcelain"); got != "" {
		t.Errorf("the checkout has changes: %s", got)
	}

	calls := `gh release view v1.0.0 --json isDraft --jq if .isDraft then "draft" else "published" end
gh release create v1.0.0 --draft --verify-tag --title v1.0.0 --notes-file .build/notes.md --prerelease=false .build/dist/heroku-rollout-gate_linux_amd64.tar.gz
`
	if diff := cmp.Diff(calls, w.read(w.calls)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	notes := w.read(w.calls + ".notes")
	for _, part := range []string{"- The first version.\n", "- uses: OWNER/heroku-rollout-gate@" + w.git("rev-parse", "v1.0.0") + " # v1.0.0\n", "oci://ghcr.io/owner/heroku-rollout-gate@" + digest1 + " --repo OWNER/heroku-rollout-gate --signer-workflow OWNER/heroku-rollout-gate/.github/workflows/release.yml\n"} {
		if !strings.Contains(notes, part) {
			t.Errorf("the notes do not say %q:\n%s", part, notes)
		}
	}
	if strings.Contains(notes, "example.com") || strings.Contains(notes, "More") {
		t.Errorf("the notes say what is not of this version:\n%s", notes)
	}
}

// If there are two actions, both are pinned.
func TestBothActions(t *testing.T) {
	w := newWorld(t)
	w.write(filepath.Join(w.dir, "begin/action.yml"), begin)
	w.commit("begin")
	w.must("draft", "v1.0.0", digest1)
	w.git("fetch", "--quiet", "--tags")
	var first, second struct {
		Runs struct {
			Image string
			Steps []struct{ Env map[string]string }
		}
	}
	for file, into := range map[string]any{"action.yml": &first, "begin/action.yml": &second} {
		if err := yaml.Unmarshal([]byte(w.git("show", "v1.0.0:"+file)), into); err != nil {
			t.Fatal(err)
		}
	}
	const image = "ghcr.io/owner/heroku-rollout-gate@" + digest1
	if first.Runs.Image != "docker://"+image {
		t.Errorf("action.yml has the image %q", first.Runs.Image)
	}
	if got := second.Runs.Steps[0].Env["IMAGE"]; got != image {
		t.Errorf("begin/action.yml has the image %q", got)
	}
	if got, want := w.git("show", "v1.0.0:begin/action.yml")+"\n", strings.Replace(begin, "Dockerfile", image, 1); got != want {
		t.Errorf("begin/action.yml is\n%s", got)
	}
}

// The actions of this repository can be pinned: each has exactly one line that names the image.
func TestActionsOfThisRepositoryCanBePinned(t *testing.T) {
	for _, a := range actions {
		text, err := os.ReadFile("../../" + a.file)
		if os.IsNotExist(err) && a.file != "action.yml" {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "ghcr.io/") && !imageLine.Match(text) {
			t.Skip("this is the checkout of a release")
		}
		if _, err := imageByDigest(a.file, a.scheme, text, "ghcr.io/owner/name", digest1); err != nil {
			t.Error(err)
		}
	}
}

func TestTagsMoveAfterPublishing(t *testing.T) {
	w := newWorld(t)
	w.must("draft", "v1.0.0", digest1)
	log, err := w.job("tags", "v1.0.0", digest1)
	if err == nil || !strings.Contains(log, "::error::v1.0.0 is not published yet") {
		t.Errorf("tags of a draft: %v\n%s", err, log)
	}
	w.wantTags(map[string]string{"v1.0.0": "Release v1.0.0"})

	w.publish("v1.0.0")
	w.write(w.calls, "")
	for range 2 { // twice: it can be run again
		w.must("tags", "v1.0.0", digest1)
		w.wantTags(published)
	}
	const image = "ghcr.io/owner/heroku-rollout-gate"
	calls := strings.Repeat("gh release view v1.0.0 --json isDraft --jq .isDraft\n"+
		"docker buildx imagetools create --tag "+image+":v1.0.0 --tag "+image+":v1 --tag "+image+":v1.0 "+image+"@"+digest1+"\n", 2)
	if diff := cmp.Diff(calls, w.read(w.calls)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}

	// If the job draft is run again, too, a published release does not change.
	w.write(w.calls, "")
	w.must("draft", "v1.0.0", digest1)
	if calls := w.read(w.calls); strings.Contains(calls, "create") || strings.Contains(calls, "delete") {
		t.Errorf("a published release is touched:\n%s", calls)
	}
}

// GitHub refuses workflow files that a workflow pushes, also in a tag, unless a branch has the
// same files. A release must succeed although main has changed its workflows meanwhile.
func TestReleaseAfterMainChangedItsWorkflows(t *testing.T) {
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
	w.whole("v1.0.0", digest1)
	w.wantTags(published)
}

func lines(text string) []string {
	all := strings.Split(text, "\n")
	slices.Sort(all)
	return all
}

func TestNextVersions(t *testing.T) {
	w := newWorld(t)
	w.whole("v1.0.0", digest1)
	w.commit("two")
	w.whole("v1.1.0-rc.1", digest2)
	want := map[string]string{"v1.1.0-rc.1": "Release v1.1.0-rc.1"}
	for tag, subject := range published {
		want[tag] = subject
	}
	w.wantTags(want)
	if notes := w.read(w.calls + ".notes"); !strings.Contains(notes, "Being made") {
		t.Errorf("the notes of a pre-release do not say what is not released yet:\n%s", notes)
	}
	if calls := w.read(w.calls); !strings.Contains(calls, "--prerelease=true") {
		t.Errorf("a pre-release is not announced as one:\n%s", calls)
	}
	w.whole("v1.1.0", digest2)
	want["v1.1.0"], want["v1.1"], want["v1"] = "Release v1.1.0", "Release v1.1.0", "Release v1.1.0"
	w.wantTags(want)

	// The last job of the older version is run again: no tag moves back.
	w.git("checkout", "--quiet", "v1.0.0^")
	w.write(w.calls, "")
	w.must("tags", "v1.0.0", digest1)
	w.wantTags(want)
	if calls := w.read(w.calls); strings.Contains(calls, ":v1 ") || !strings.Contains(calls, ":v1.0 ") {
		t.Errorf("the older version takes the place of the newer one:\n%s", calls)
	}
}

// If the job draft fails at any step, running it again completes it.
func TestDraftJobRunAgain(t *testing.T) {
	for name, broken := range map[string]func(*world){
		"origin": func(w *world) {
			w.write(filepath.Join(w.origin, "hooks", "pre-receive"), "#!/bin/sh\nexit 1\n")
			if err := os.Chmod(filepath.Join(w.origin, "hooks", "pre-receive"), 0o755); err != nil {
				w.t.Fatal(err)
			}
		},
		"GitHub":         func(w *world) { w.standIn("gh", "exit 1") },
		"half an upload": func(w *world) { w.standIn("gh", strings.Replace(w.ghScript(), "cp .build", "exit 1; cp .build", 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			gh := w.read(filepath.Join(w.bin, "gh"))
			broken(w)
			if log, err := w.job("draft", "v1.0.0", digest1); err == nil {
				t.Fatalf("no error:\n%s", log)
			}
			w.write(filepath.Join(w.bin, "gh"), gh)
			os.Remove(filepath.Join(w.origin, "hooks", "pre-receive"))

			if _, err := w.release("check", "v1.0.0"); (err == nil) != (name == "origin") {
				t.Errorf("a new run of the version, which may be tagged: %v", err)
			}
			if name != "origin" {
				if log, err := w.job("draft", "v1.0.0", digest2); err == nil {
					t.Errorf("another image for the same version:\n%s", log)
				}
			}
			w.must("draft", "v1.0.0", digest1)
			tagged := w.git("ls-remote", "origin", "refs/tags/v1.0.0")
			w.must("draft", "v1.0.0", digest1)
			if again := w.git("ls-remote", "origin", "refs/tags/v1.0.0"); again != tagged {
				t.Errorf("the tag moved from %s to %s", tagged, again)
			}
			w.wantTags(map[string]string{"v1.0.0": "Release v1.0.0"})
		})
	}
}

// ghScript is the fake gh, without the beginning of the script.
func (w *world) ghScript() string {
	_, script, _ := strings.Cut(w.read(filepath.Join(w.bin, "gh")), "state=")
	return "state=" + script
}

// A pre-release of a newer version does not prevent a release.
func TestReleaseBelowAPrerelease(t *testing.T) {
	w := newWorld(t)
	w.whole("v2.0.0-rc.1", digest1)
	w.commit("two")
	w.whole("v1.0.0", digest2)
	want := map[string]string{"v2.0.0-rc.1": "Release v2.0.0-rc.1"}
	for tag, subject := range published {
		want[tag] = subject
	}
	w.wantTags(want)
}

// The commit of a release depends only on the commit of main, the version and the image.
func TestSameImageGivesSameCommit(t *testing.T) {
	w := newWorld(t)
	commit := func(digest, when string) string {
		t.Helper()
		t.Setenv("GIT_AUTHOR_DATE", when)
		t.Setenv("GIT_COMMITTER_DATE", when)
		if _, err := w.release("-digest", digest, "commit", "v1.0.0"); err != nil {
			t.Fatal(err)
		}
		return w.told("commit")
	}
	first := commit(digest1, "2026-02-01T00:00:00Z")
	if again := commit(digest1, "2026-03-01T00:00:00Z"); again != first || len(first) != 40 {
		t.Errorf("the same image gave the commits %q and %q", first, again)
	}
	if other := commit(digest2, "2026-02-01T00:00:00Z"); other == first {
		t.Errorf("two images gave the commit %s", other)
	}
	if tags := w.git("ls-remote", "--tags", "origin"); tags != "" {
		t.Errorf("a commit was pushed: %s", tags)
	}
}

// The program runs with the right to publish, so no code of others may be compiled into it.
func TestStandardLibraryOnly(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if deps := strings.Fields(string(out)); len(deps) != 1 || !strings.HasSuffix(deps[0], "/cmd/release") {
		t.Errorf("it is made of %q", deps)
	}
}
