// Tests of the command check: which releases are refused.

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRefusedReleases(t *testing.T) {
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
		"a line break":       {args: []string{"check", "v1.0.0\n"}, want: `version "v1.0.0\n": write it as`},
		"an option":          {args: []string{"check", "v1.0.0-"}, want: `version "v1.0.0-": write it as`},
		"a zero in front":    {args: []string{"check", "v1.0.0-01"}, want: `version "v1.0.0-01": write it as`},
		"a huge number":      {args: []string{"check", "v99999999999999999999.0.0"}, want: "too large"},
		"not in changelog":   {args: []string{"check", "v1.0.1"}, want: `CHANGELOG.md says nothing under "## 1.0.1"`},
		"no such command":    {args: []string{"push", "v1.0.0"}, want: `no command "push"`},
		"no command":         {args: []string{"v1.0.0"}, want: `give a command and a version`},
		"no digest":          {args: []string{"commit", "v1.0.0"}, want: `digest "": give the one`},
		"a short digest":     {args: []string{"-digest", digest1[:70], "commit", "v1.0.0"}, want: `give the one`},
		"a long digest":      {args: []string{"-digest", digest1 + "1", "commit", "v1.0.0"}, want: `give the one`},
		"a digest of lines":  {args: []string{"-digest", digest1 + "\n", "commit", "v1.0.0"}, want: `give the one`},
		"another algorithm":  {args: []string{"-digest", "sha512:" + digest1[7:], "commit", "v1.0.0"}, want: `give the one`},
		"upper case":         {args: []string{"-digest", strings.Replace(digest1, "1", "A", 1), "commit", "v1.0.0"}, want: `give the one`},
		"a flag too much":    {args: []string{"-force", "commit", "v1.0.0"}, want: "not defined: -force"},
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
		"older than one that is out":     {want: "older than v1.1.0, which is out", prepare: tag("v1.1.0")},
		"its own pre-release comes late": {args: []string{"check", "v1.0.0-rc.1"}, want: "older than v1.0.0, which is out", prepare: tag("v1.0.0")},
		"an image for an older one":      {args: []string{"-digest", digest1, "commit", "v1.0.0"}, want: "older than v1.10.0, which is out", prepare: tag("v1.10.0")},
		"out":                            {want: `"v1.0.0" is tagged already`, prepare: tag("v1.0.0")},
		"a base image by its tag":        {want: `the base image "golang:1.26-alpine" of the Dockerfile has no digest`, prepare: dockerfile("FROM golang:1.26-alpine AS base\nFROM base\n")},
		"a second one by its tag":        {want: `the base image "alpine" of the Dockerfile has no digest`, prepare: dockerfile("FROM scratch AS a\nfrom --platform=linux/amd64 alpine\n")},
		"half a digest":                  {want: "has no digest", prepare: dockerfile("FROM alpine@sha256:1234\n")},
		"a base image in a variable":     {want: "has no digest", prepare: dockerfile("ARG BASE\nFROM ${BASE} AS base\n")},
		"no Dockerfile":                  {want: "Dockerfile", prepare: func(w *world) { w.git("rm", "--quiet", "Dockerfile"); w.commit("without") }},
		"action.yml by digest":           {args: commitArgs, want: "action.yml has 0 lines", prepare: action("image: Dockerfile", "image: docker://x@"+digest1)},
		"action.yml without image":       {args: commitArgs, want: "action.yml has 0 lines", prepare: action("  image: Dockerfile\n", "")},
		"two images":                     {args: commitArgs, want: "action.yml has 2 lines", prepare: action("runs:\n", "runs:\n  PRE_IMAGE: Dockerfile\n")},
		"no action.yml":                  {args: commitArgs, want: "action.yml", prepare: func(w *world) { w.git("rm", "--quiet", "action.yml"); w.commit("without") }},
		"begin/action.yml without image": {args: commitArgs, want: "begin/action.yml has 0 lines", prepare: func(w *world) {
			w.write(filepath.Join(w.dir, "begin/action.yml"), strings.Replace(begin, "Dockerfile", "busybox", 1))
			w.commit("begin")
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
			out, err := w.release(test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q; output:\n%s", err, test.want, out)
			}
			if got := w.read(w.output); got != "" {
				t.Errorf("outputs are written: %q", got)
			}
		})
	}
}

var commitArgs = []string{"-digest", digest1, "commit", "v1.0.0"}

func TestCheckAcceptsARelease(t *testing.T) {
	w := newWorld(t)
	// Tags of other forms are ignored, and older versions are allowed.
	w.git("push", "--quiet", "origin", "HEAD:refs/tags/v9", "HEAD:refs/tags/v9.9", "HEAD:refs/tags/vendor", "HEAD:refs/tags/v0.9.0", "HEAD:refs/tags/v1.0.0-rc.1", "HEAD:refs/tags/v3.0.0-rc.1")
	out, err := w.release("check", "v1.0.0")
	if err != nil || !strings.Contains(out, `v1.0.0 may be released from `+w.git("rev-parse", "HEAD")+"\n") {
		t.Errorf("check: %v: %s", err, out)
	}
	if got := w.read(w.output); got != "image=ghcr.io/owner/heroku-rollout-gate\n" {
		t.Errorf("outputs %q", got)
	}
	if out, err := w.release("-repository", "jane_acme/heroku-rollout-gate", "check", "v1.0.0"); err != nil {
		t.Errorf("a user whom an enterprise manages: %v: %s", err, out)
	}
	// Outside of a workflow there are no outputs.
	if err := os.Unsetenv("GITHUB_OUTPUT"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.release("check", "v1.0.0"); err != nil {
		t.Error(err)
	}
}

// The sections of this repository's own changelog can be used as notes: each begins with
// the kind of change, and does not mention itself.
func TestChangelogOfThisRepository(t *testing.T) {
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

// tag pushes a tag for another commit than a release would make.
func tag(name string) func(*world) {
	return func(w *world) { w.git("push", "--quiet", "origin", "HEAD:refs/tags/"+name) }
}

// dockerfile commits a changed Dockerfile.
func dockerfile(text string) func(*world) {
	return func(w *world) {
		w.write(filepath.Join(w.dir, "Dockerfile"), text)
		w.commit("dockerfile")
	}
}

// action commits a changed action.yml.
func action(old, text string) func(*world) {
	return func(w *world) {
		path := filepath.Join(w.dir, "action.yml")
		w.write(path, strings.Replace(w.read(path), old, text, 1))
		w.commit("action")
	}
}
