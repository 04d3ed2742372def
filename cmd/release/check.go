// May this commit be released as this version?

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// A release is one run of the program.
type release struct {
	dir        string // the checkout
	repository string // OWNER/NAME
	version    string // v1.2.3
	digest     string // of the image; unknown while checking
	notesFile  string
	out        io.Writer
}

// A plan is what the checkout says of the release.
type plan struct {
	head    string // the commit that is released
	changes string // what the changelog says
}

// An owner's name has an underscore where an enterprise manages its users.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$`)

// image is the name of the image: names in registries are in lower case.
func (r *release) image() string { return "ghcr.io/" + strings.ToLower(r.repository) }

// check reports whether the version may be released, and hands on the name of its image.
func (r *release) check() error {
	p, err := r.plan()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%s may be released from %s\n", r.version, p.head)
	return r.tell("image", r.image())
}

// plan looks at the version, the checkout, its tags, its changelog and its Dockerfile.
func (r *release) plan() (*plan, error) {
	if !repositoryForm.MatchString(r.repository) {
		return nil, fmt.Errorf("repository %q: write it as OWNER/NAME", r.repository)
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
	if err := r.notOut(); err != nil {
		return nil, err
	}
	dockerfile, err := r.git("show", "HEAD:Dockerfile")
	if err != nil {
		return nil, err
	}
	if err := basesByDigest(dockerfile); err != nil {
		return nil, err
	}
	changelog, err := r.git("show", "HEAD:CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	changes, err := changes(changelog, r.version)
	return &plan{head: head, changes: changes}, err
}

// notOut refuses a version that is out, or that comes after a newer one. A tag of this very
// release is not in the way: where its run is run again, the same commit is made again.
func (r *release) notOut() error {
	v, err := parse(r.version)
	if err != nil {
		return err
	}
	there, err := r.git("tag", "--list", "v*")
	if err != nil {
		return err
	}
	tags := strings.Fields(there)
	if r.digest == "" && slices.Contains(tags, r.version) {
		return fmt.Errorf("version %q is tagged already: run the failed jobs of its run again, or give a newer version", r.version)
	}
	if newer := v.newer(tags); len(newer) > 0 {
		return fmt.Errorf("version %q is older than %s, which is out: give a newer one", r.version, newer[len(newer)-1])
	}
	return nil
}

var fromForm = regexp.MustCompile(`(?i)^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$`)

// basesByDigest refuses a Dockerfile whose base images can change.
func basesByDigest(dockerfile string) error {
	stages := []string{"scratch"}
	for line := range strings.Lines(dockerfile) {
		parts := fromForm.FindStringSubmatch(line)
		if parts == nil {
			continue
		}
		name, digest, _ := strings.Cut(parts[1], "@")
		if !slices.Contains(stages, parts[1]) && !digestForm.MatchString(digest) {
			return fmt.Errorf("the base image %q of the Dockerfile has no digest: find it with \"docker buildx imagetools inspect %s\" and write it behind the name and an @", parts[1], name)
		}
		stages = append(stages, parts[2])
	}
	return nil
}

// tell hands a finding on to the workflow.
func (r *release) tell(name, value string) error {
	path := os.Getenv("GITHUB_OUTPUT")
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) // #nosec G703 -- the runner names the file
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = fmt.Fprintf(file, "%s=%s\n", name, value)
	return err
}

// git returns what git says, without the white space around it.
func (r *release) git(args ...string) (string, error) {
	out, err := r.output("", nil, args...)
	return strings.TrimSpace(string(out)), err
}

// output runs git in the checkout, with an input and more environment.
func (r *release) output(input string, env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...) // #nosec G204 -- no shell reads them
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}
