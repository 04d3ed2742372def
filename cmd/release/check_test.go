// What is refused.

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*world)
		args    []string // "check v1.0.0" if empty
		want    string
	}{
		"no version":         {args: []string{"check", ""}, want: `version "": write it as`},
		"version without v":  {args: []string{"check", "1.0.0"}, want: `version "1.0.0": write it as`},
		"half a version":     {args: []string{"check", "v1.0"}, want: `version "v1.0": write it as`},
		"leading zero":       {args: []string{"check", "v1.00.0"}, want: `version "v1.00.0": write it as`},
		"build metadata":     {args: []string{"check", "v1.0.0+2"}, want: `version "v1.0.0+2": write it as`},
		"not in changelog":   {args: []string{"check", "v1.0.1"}, want: `CHANGELOG.md says nothing under "## 1.0.1"`},
		"no such command":    {args: []string{"push", "v1.0.0"}, want: `no command "push"`},
		"no command":         {args: []string{"v1.0.0"}, want: `give a command and a version`},
		"no digest":          {args: []string{"publish", "v1.0.0"}, want: `digest "": give the one`},
		"a short digest":     {args: []string{"-digest", digest1[:70], "publish", "v1.0.0"}, want: `give the one`},
		"a long digest":      {args: []string{"-digest", digest1 + "1", "publish", "v1.0.0"}, want: `give the one`},
		"a digest of lines":  {args: []string{"-digest", digest1 + "\n", "publish", "v1.0.0"}, want: `give the one`},
		"another algorithm":  {args: []string{"-digest", "sha512:" + digest1[7:], "publish", "v1.0.0"}, want: `give the one`},
		"upper case":         {args: []string{"-digest", strings.Replace(digest1, "1", "A", 1), "publish", "v1.0.0"}, want: `give the one`},
		"a flag too much":    {args: []string{"-force", "publish", "v1.0.0"}, want: "not defined: -force"},
		"an owner's dots":    {args: []string{"-repository", "a.b/c", "check", "v1.0.0"}, want: `write it as OWNER/NAME`},
		"no repository":      {args: []string{"-repository", "", "check", "v1.0.0"}, want: `repository "": write it as OWNER/NAME`},
		"a URL":              {args: []string{"-repository", "https://example.com/a/b", "check", "v1.0.0"}, want: `write it as OWNER/NAME`},
		"section is empty":   {want: "CHANGELOG.md says nothing", prepare: changeLog("- The first version.", "")},
		"section not dated":  {want: `"## 1.0.0" has no date`, prepare: changeLog(" - 2026-01-31", "")},
		"nothing unreleased": {args: []string{"check", "v1.0.0-rc.1"}, want: "CHANGELOG.md says nothing", prepare: changeLog("- Being made.", "")},
		"no changelog":       {want: "CHANGELOG.md", prepare: func(w *world) { w.git("rm", "--quiet", "CHANGELOG.md"); w.commit("without") }},
		"a file too much":    {want: "the checkout has changes", prepare: func(w *world) { w.write(filepath.Join(w.dir, "left"), "over") }},
		"a changed file":     {want: "the checkout has changes", prepare: func(w *world) { w.write(filepath.Join(w.dir, "action.yml"), "") }},
		"not pushed": {want: "not on the main branch", prepare: func(w *world) {
			w.git("commit", "--quiet", "--allow-empty", "--message", "mine")
		}},
		"on a branch": {want: "not on the main branch", prepare: func(w *world) {
			w.git("checkout", "--quiet", "-b", "side")
			w.git("commit", "--quiet", "--allow-empty", "--message", "mine")
			w.git("push", "--quiet", "origin", "side")
		}},
		"older than one that is out": {want: `older than v1.1.0, which is out`, prepare: func(w *world) { w.publish(digest1, "v1.1.0"); w.commit("more") }},
		"out, from another commit":   {want: `is out, and not from commit`, prepare: func(w *world) { w.publish(digest1, "v1.0.0"); w.commit("more") }},
		"a tag by hand":              {want: `is out, and not from commit`, prepare: func(w *world) { w.git("push", "--quiet", "origin", "HEAD:refs/tags/v1.0.0") }},
		"a file more than the release has": {want: "differs in\nA\textra", prepare: func(w *world) {
			w.publish(digest1, "v1.0.0")
			w.retag("extra", func(string) string { return "" })
		}},
		"a line more in action.yml": {want: "differs in\nM\taction.yml", prepare: func(w *world) {
			w.publish(digest1, "v1.0.0")
			w.retag("action.yml", func(action string) string { return action + "  args: [--help]\n" })
		}},
		"a tag with workflows": {want: "differs in\nA\t.github/workflows/ci.yml", prepare: func(w *world) {
			w.publish(digest1, "v1.0.0")
			w.retag(".github/workflows/ci.yml", func(string) string { return "name: ci\n" })
		}},
		"a tag with a second parent": {want: `is out, and not from commit`, prepare: func(w *world) {
			w.publish(digest1, "v1.0.0")
			w.tags()
			other := w.git("commit-tree", "-m", "other", "HEAD^{tree}")
			merge := w.git("commit-tree", "-m", "Release v1.0.0", "-p", "HEAD", "-p", other, "v1.0.0^{tree}")
			w.git("push", "--quiet", "--force", "origin", merge+":refs/tags/v1.0.0")
		}},
		"image of another owner": {want: "not a digest of ghcr.io/owner/", prepare: func(w *world) {
			w.publish(digest1, "v1.0.0")
			w.retag("action.yml", func(action string) string { return strings.Replace(action, "ghcr.io/owner", "ghcr.io/other", 1) })
		}},
		"action.yml by digest": {args: []string{"-digest", digest1, "publish", "v1.0.0"}, want: `and not "Dockerfile"`, prepare: func(w *world) {
			w.action(func(action string) string { return strings.Replace(action, "Dockerfile", "docker://x@"+digest1, 1) })
		}},
		"action.yml without image": {args: []string{"-digest", digest1, "publish", "v1.0.0"}, want: "no runs.image", prepare: func(w *world) {
			w.action(func(action string) string { return strings.Replace(action, "  image: Dockerfile\n", "", 1) })
		}},
		"action.yml not YAML": {args: []string{"-digest", digest1, "publish", "v1.0.0"}, want: "action.yml: ", prepare: func(w *world) {
			w.action(func(action string) string { return "a: [" })
		}},
		"image in quotes with escapes": {args: []string{"-digest", digest1, "publish", "v1.0.0"}, want: "cannot replace runs.image", prepare: func(w *world) {
			w.action(func(action string) string { return strings.Replace(action, "Dockerfile", `"Docker\x66ile"`, 1) })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if test.prepare != nil {
				test.prepare(w)
			}
			if test.args == nil {
				test.args = []string{"check", "v1.0.0"}
			}
			before := w.tags()
			out, err := w.release(test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q; output:\n%s", err, test.want, out)
			}
			w.wantTags(before)
			if got := w.read(w.output); got != "" {
				t.Errorf("outputs are written: %q", got)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	// Tags of other kinds are no versions.
	w.git("push", "--quiet", "origin", "HEAD:refs/tags/v9", "HEAD:refs/tags/v9.9", "HEAD:refs/tags/vendor", "HEAD:refs/tags/release/v1.0.0")
	out, err := w.release("check", "v1.0.0")
	if err != nil || !strings.Contains(out, `v1.0.0 may be released from `+w.git("rev-parse", "HEAD")+`; it moves ["v1" "v1.0"]`) {
		t.Errorf("check: %v: %s", err, out)
	}
	if got := w.read(w.output); got != "image=ghcr.io/owner/heroku-rollout-gate\ndigest=\n" {
		t.Errorf("outputs %q", got)
	}
	if out, err := w.release("-repository", "jane_acme/heroku-rollout-gate", "check", "v1.0.0"); err != nil {
		t.Errorf("a user whom an enterprise manages: %v: %s", err, out)
	}
	// By hand there is nobody to hand them on to.
	if err := os.Unsetenv("GITHUB_OUTPUT"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.release("check", "v1.0.0"); err != nil {
		t.Error(err)
	}
}

// The sections of this repository's own changelog become notes as they are: each begins
// with what kind of change it is, and says nothing of itself.
func TestOwnChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(text)) {
		parts := sectionForm.FindStringSubmatch(strings.TrimSpace(line))
		if parts == nil {
			if strings.HasPrefix(line, "## ") {
				t.Errorf("not the heading of a version: %q", line)
			}
			continue
		}
		found++
		version := "v" + parts[1]
		if parts[1] == "Unreleased" {
			version = "v9.9.9-rc.1"
		}
		section, err := changes(string(text), version)
		if version == "v9.9.9-rc.1" && err != nil {
			continue // nothing new since the newest version
		}
		if err != nil || !strings.HasPrefix(section, "### ") {
			t.Errorf("the notes of %s do not begin with a heading like \"### Added\": %v\n%s", parts[1], err, section)
		}
	}
	if found == 0 {
		t.Error("no section found")
	}
}

// changeLog replaces a text of the changelog.
func changeLog(old, text string) func(*world) {
	return func(w *world) {
		w.write(filepath.Join(w.dir, "CHANGELOG.md"), strings.ReplaceAll(changelog, old, text))
		w.commit("changelog")
	}
}

// action commits a changed action.yml.
func (w *world) action(change func(string) string) {
	path := filepath.Join(w.dir, "action.yml")
	w.write(path, change(w.read(path)))
	w.commit("action")
}

// retag puts a changed or a new file under the tag v1.0.0.
func (w *world) retag(file string, change func(string) string) {
	w.git("fetch", "--quiet", "--tags")
	w.git("checkout", "--quiet", "v1.0.0")
	path := filepath.Join(w.dir, file)
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	w.write(path, change(string(text)))
	w.git("add", "--all")
	w.git("commit", "--quiet", "--amend", "--no-edit")
	w.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.0.0")
	w.git("checkout", "--quiet", "main")
}
