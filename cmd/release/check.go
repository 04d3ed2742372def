// May this commit be released as this version?

package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// A release is one run of the program.
type release struct {
	dir        string // the checkout
	repository string // OWNER/NAME
	version    string // v1.2.3
	digest     string // of the image; unknown while checking
	dryRun     bool
	out        io.Writer
}

// A plan is what the checkout says of the release.
type plan struct {
	head    string   // the commit that is released
	changes string   // what the changelog says
	commit  string   // of the version's tag; empty: not tagged yet
	digest  string   // in the action.yml of commit
	moving  []string // tags that follow: v1, v1.2
	latest  bool     // no newer version is out
}

// An owner's name has an underscore where an enterprise manages its users.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$`)

// image is the name of the image: names in registries are in lower case.
func (r *release) image() string { return "ghcr.io/" + strings.ToLower(r.repository) }

// check reports whether the version may be released, and hands on to the workflow the
// name of the image and, where the version is tagged already, the image's digest.
func (r *release) check() error {
	p, err := r.plan()
	if err != nil {
		return err
	}
	if p.commit == "" {
		fmt.Fprintf(r.out, "%s may be released from %s; it moves %q\n", r.version, p.head, p.moving)
	} else {
		fmt.Fprintf(r.out, "%s is tagged already, with the image %s: what is left is done\n", r.version, p.digest)
	}
	if path := os.Getenv("GITHUB_OUTPUT"); path != "" {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0) // #nosec G703 -- the runner names the file
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := fmt.Fprintf(file, "image=%s\ndigest=%s\n", r.image(), p.digest); err != nil {
			return err
		}
	}
	return nil
}

// plan looks at the version, the checkout, its tags and its changelog.
func (r *release) plan() (*plan, error) {
	if !repositoryForm.MatchString(r.repository) {
		return nil, fmt.Errorf("repository %q: write it as OWNER/NAME", r.repository)
	}
	// Canonical also drops build metadata, which an image's tag cannot hold.
	if r.version == "" || semver.Canonical(r.version) != r.version {
		return nil, fmt.Errorf("version %q: write it as v1.2.3 or v1.2.3-rc.1", r.version)
	}
	if dirty, err := r.git("status", "--porcelain"); err != nil {
		return nil, err
	} else if dirty != "" {
		return nil, fmt.Errorf("the checkout has changes, commit or remove them:\n%s", dirty)
	}
	head, err := r.git("rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	if _, err := r.git("merge-base", "--is-ancestor", head, "refs/remotes/origin/main"); err != nil {
		return nil, fmt.Errorf("commit %q is not on the main branch of origin: push it there first, and fetch", head)
	}
	p := &plan{head: head}
	if err := r.versions(p); err != nil {
		return nil, err
	}
	changelog, err := r.git("show", "HEAD:CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	p.changes, err = changes(changelog, r.version)
	return p, err
}

// versions compares the version with those that are out.
func (r *release) versions(p *plan) error {
	tags, err := r.git("tag", "--list", "v*")
	if err != nil {
		return err
	}
	var newer []string
	p.latest = true
	p.moving = []string{semver.Major(r.version), semver.MajorMinor(r.version)}
	if semver.Prerelease(r.version) != "" {
		p.latest, p.moving = false, nil
	}
	for _, tag := range strings.Fields(tags) {
		switch {
		case semver.Canonical(tag) != tag: // v1, v1.2, or no version
		case tag == r.version:
			if err := r.resume(p); err != nil {
				return err
			}
		case semver.Compare(tag, r.version) < 0:
		case semver.Prerelease(tag) == "":
			newer = append(newer, tag)
		}
	}
	if len(newer) > 0 && p.commit == "" {
		return fmt.Errorf("version %q is older than %s, which is out: give a newer one", r.version, newer[len(newer)-1])
	}
	// Where the run of an older version is run again, nothing goes back.
	p.latest = p.latest && len(newer) == 0
	for _, tag := range newer {
		p.moving = slices.DeleteFunc(p.moving, func(m string) bool { return m == semver.Major(tag) || m == semver.MajorMinor(tag) })
	}
	return nil
}

// resume finds what is done of the release: its version is tagged. Only what this
// release would have made itself is gone on with.
func (r *release) resume(p *plan) error {
	commit, err := r.git("rev-parse", "refs/tags/"+r.version+"^{commit}")
	if err != nil {
		return err
	}
	if parents, err := r.git("show", "--no-patch", "--format=%P", commit); err != nil || parents != p.head {
		return fmt.Errorf("version %q is out, and not from commit %q: give a newer one", r.version, p.head)
	}
	action, err := r.git("show", commit+":action.yml")
	if err != nil {
		return err
	}
	digest, err := digestOf([]byte(action), r.image())
	if err != nil {
		return err
	}
	want, err := r.tree(p.head, digest)
	if err != nil {
		return err
	}
	if tree, err := r.git("rev-parse", commit+"^{tree}"); err != nil {
		return err
	} else if tree != want {
		changed, err := r.git("diff-tree", "-r", "--name-status", want, tree)
		if err != nil {
			return err
		}
		return fmt.Errorf("the tag %q is not what the release of commit %q makes; find out who pushed it, and give a newer version. It differs in\n%s", r.version, p.head, changed)
	}
	p.commit, p.digest = commit, digest
	return nil
}
