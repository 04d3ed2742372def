// The steps of a release.

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

// publish takes all steps that are left. The tags that people follow move last: by then
// everything else is in its place.
func (r *release) publish() error {
	p, err := r.plan()
	if err != nil {
		return err
	}
	switch {
	case p.commit != "" && p.digest != r.digest:
		return fmt.Errorf("%s is out with the image %q and not %q: give that digest", r.version, p.digest, r.digest)
	case p.commit == "":
		if p.commit, err = r.commit(p.head); err != nil {
			return err
		}
	}
	for _, step := range []func(*plan) error{r.pushTag, r.announce, r.moveTags, r.moveImageTags} {
		if err := step(p); err != nil {
			return err
		}
	}
	return nil
}

// commit makes the commit of the release, without a change of the checkout. The same
// image gives the same commit.
func (r *release) commit(head string) (string, error) {
	action, err := r.action(head, r.digest)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(r.out, "-- action.yml of %s, in a commit on %s without .github/workflows\n%s", r.version, head, action)
	if r.dryRun {
		return "COMMIT", nil
	}
	tree, err := r.tree(head, r.digest)
	if err != nil {
		return "", err
	}
	date, err := r.git("show", "--no-patch", "--format=%cI", head)
	if err != nil {
		return "", err
	}
	env := []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}
	commit, err := r.output("", env, "git", "commit-tree", "-p", head, "-m", "Release "+r.version, tree)
	return strings.TrimSpace(string(commit)), err
}

// action is the action.yml of the release of a commit.
func (r *release) action(head, digest string) ([]byte, error) {
	action, err := r.output("", nil, "git", "show", head+":action.yml")
	if err != nil {
		return nil, err
	}
	return byDigest(action, r.image(), digest)
}

// tree is all that the release of a commit holds.
func (r *release) tree(head, digest string) (string, error) {
	action, err := r.action(head, digest)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	// Once a command has failed, the ones after it are not run.
	git := func(args ...string) string {
		var out []byte
		if err == nil {
			out, err = r.output(string(action), env, "git", args...)
		}
		return strings.TrimSpace(string(out))
	}
	git("read-tree", head)
	git("rm", "--cached", "-r", "--quiet", "--ignore-unmatch", ".github/workflows")
	blob := git("hash-object", "-w", "--stdin")
	git("update-index", "--cacheinfo", "100644,"+blob+",action.yml")
	tree := git("write-tree")
	return tree, err
}

// pushTag pushes the version's tag; git refuses to if it is there for another commit.
func (r *release) pushTag(p *plan) error {
	return r.do("", "git", "push", "origin", p.commit+":refs/tags/"+r.version)
}

// announce makes the release on GitHub.
func (r *release) announce(p *plan) error {
	if !r.dryRun {
		if _, err := r.output("", nil, "gh", "release", "view", r.version, "--repo", r.repository); err == nil {
			return nil // it is there
		}
	}
	return r.do(r.notes(p.changes, p.commit), "gh", "release", "create", r.version, "--repo", r.repository,
		"--verify-tag", "--title", r.version, "--notes-file", "-",
		fmt.Sprintf("--latest=%v", p.latest), fmt.Sprintf("--prerelease=%v", semver.Prerelease(r.version) != ""))
}

// moveTags moves v1 and v1.2.
func (r *release) moveTags(p *plan) error {
	for _, tag := range p.moving {
		if err := r.do("", "git", "push", "--force", "origin", p.commit+":refs/tags/"+tag); err != nil {
			return err
		}
	}
	return nil
}

// moveImageTags does the same for the image, for those who run it by hand.
func (r *release) moveImageTags(p *plan) error {
	args := []string{"buildx", "imagetools", "create"}
	for _, tag := range append([]string{r.version}, p.moving...) {
		args = append(args, "--tag", r.image()+":"+tag)
	}
	return r.do("", "docker", append(args, r.image()+"@"+r.digest)...)
}

// do runs a command that changes something elsewhere, with an input. In a dry run it
// only says so.
func (r *release) do(input, name string, args ...string) error {
	fmt.Fprintf(r.out, "-- %s %s\n%s", name, strings.Join(args, " "), input)
	if r.dryRun {
		return nil
	}
	out, err := r.output(input, nil, name, args...)
	fmt.Fprintf(r.out, "%s", out)
	return err
}

// git returns what git says, without the white space around it.
func (r *release) git(args ...string) (string, error) {
	out, err := r.output("", nil, "git", args...)
	return strings.TrimSpace(string(out)), err
}

// output runs a command in the checkout, with an input and more environment.
func (r *release) output(input string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...) // #nosec G204 -- no shell reads them
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}
