// The command commit: the commit of a release is that of main, except for the image and the workflows.

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// The actions of this repository, with what stands before the name of the image. The runner itself starts the
// image of action.yml; begin/action.yml starts it by "docker run".
var actions = []struct{ file, scheme string }{
	{"action.yml", "docker://"},
	{"begin/action.yml", ""},
}

// imageLine is the line of an action.yml that names the image. Its key ends with "image". On main its value is
// Dockerfile, so that the runner builds the image.
var imageLine = regexp.MustCompile(`(?mi)^([ -]*[a-z_]*image: *)Dockerfile( +#.*)?$`)

// imageByDigest returns an action.yml in which the image by digest replaces "Dockerfile". It changes
// nothing else.
func imageByDigest(file, scheme string, action []byte, image, digest string) ([]byte, error) {
	if !digestForm.MatchString(digest) {
		return nil, fmt.Errorf("digest %q: give the one of the pushed image, sha256: and 64 hexadecimal digits", digest)
	}
	if n := len(imageLine.FindAll(action, -1)); n != 1 {
		return nil, fmt.Errorf("%s has %d lines such as \"image: Dockerfile\": write one, on main", file, n)
	}
	return imageLine.ReplaceAll(action, []byte("${1}"+scheme+image+"@"+digest+"${2}")), nil
}

// commit makes the commit of the release. It changes nothing in the checkout, and pushes nothing. The same image
// gives the same commit.
func (r *release) commit() error {
	p, err := r.plan()
	if err != nil {
		return err
	}
	tree, err := r.tree(p.head)
	if err != nil {
		return err
	}
	date, err := r.git("show", "--no-patch", "--format=%cI", p.head)
	if err != nil {
		return err
	}
	env := []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}
	out, err := r.runGit("", env, "commit-tree", "-p", p.head, "-m", "Release "+r.version, tree)
	if err != nil {
		return err
	}
	commit := string(bytes.TrimSpace(out))
	changed, err := r.git("diff", "--unified=0", p.head, commit, "--", "action.yml", "begin/action.yml")
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%s is the commit %s, on %s without .github/workflows:\n%s\n", r.version, commit, p.head, changed)
	if r.notesFile != "" {
		if err := os.WriteFile(r.notesFile, []byte(r.notes(p.changes, commit)), 0o600); err != nil {
			return err
		}
	}
	return r.writeOutput("commit", commit)
}

// tree writes the tree of the release and returns its hash.
func (r *release) tree(head string) (string, error) {
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	// After a command has failed, git runs no further ones.
	git := func(input string, args ...string) string {
		var out []byte
		if err == nil {
			out, err = r.runGit(input, env, args...)
		}
		return strings.TrimSpace(string(out))
	}
	git("", "read-tree", head)
	git("", "rm", "--cached", "-r", "--quiet", "--ignore-unmatch", ".github/workflows")
	for _, a := range actions {
		if a.file != "action.yml" && git("", "ls-files", a.file) == "" {
			continue
		}
		action, failed := r.runGit("", nil, "show", head+":"+a.file)
		if failed != nil {
			return "", failed
		}
		if action, failed = imageByDigest(a.file, a.scheme, action, r.image(), r.digest); failed != nil {
			return "", failed
		}
		blob := git(string(action), "hash-object", "-w", "--stdin")
		git("", "update-index", "--cacheinfo", "100644,"+blob+","+a.file)
	}
	tree := git("", "write-tree")
	return tree, err
}
