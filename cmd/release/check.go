// The command check: may this commit be released as this version?

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

// A plan is what the checkout says about the release.
type plan struct {
	head    string // the commit that is released
	changes string // the section of the changelog
}

// repositoryForm allows an underscore in the owner's name: users that an enterprise manages have one.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$`)

// image is the name of the image. Registries accept lower case only.
func (r *release) image() string { return "ghcr.io/" + strings.ToLower(r.repository) }

// check returns an error if the version may not be released. It writes the output "image".
func (r *release) check() error {
	p, err := r.plan()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%s may be released from %s\n", r.version, p.head)
	return r.writeOutput("image", r.image())
}

// plan checks the version, the checkout, its tags, its changelog and its Dockerfile.
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
	if err := r.checkVersion(); err != nil {
		return nil, err
	}
	dockerfile, err := r.git("show", "HEAD:Dockerfile")
	if err != nil {
		return nil, err
	}
	if err := checkBaseImages(dockerfile); err != nil {
		return nil, err
	}
	changelog, err := r.git("show", "HEAD:CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	changes, err := changes(changelog, r.version)
	return &plan{head: head, changes: changes}, err
}

// checkVersion refuses a version that is released already, or that is older than a released one. The
// command commit allows the tag of the version itself: if its workflow run is run again, it makes the
// same commit again.
func (r *release) checkVersion() error {
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

// checkBaseImages refuses a Dockerfile whose base images have no digest: such an image can change.
func checkBaseImages(dockerfile string) error {
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

// writeOutput writes an output of the workflow step. Outside of a workflow it does nothing.
func (r *release) writeOutput(name, value string) error {
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

// git returns what git prints, without the white space around it.
func (r *release) git(args ...string) (string, error) {
	out, err := r.runGit("", nil, args...)
	return strings.TrimSpace(string(out)), err
}

// runGit runs git in the checkout, with an input and additional environment variables.
func (r *release) runGit(input string, env []string, args ...string) ([]byte, error) {
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
