// The owner of the repository: documents and forms name one owner, and "make owner" replaces
// it.

package gate_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// placeholder is the owner before a real one is named.
const placeholder = "OWNER"

var (
	ownerNamed = regexp.MustCompile(`(ghcr\.io/)?([\w-]+)/heroku-rollout-gate\b`)
	codeOwner  = regexp.MustCompile(`^\* @([\w-]+)`)
	ourUses    = regexp.MustCompile(`uses: ([\w-]+)/heroku-rollout-gate@`)
)

// oneOwner is the first owner in the README's workflows; empty if there is none.
func oneOwner(readme string) string {
	if m := ourUses.FindStringSubmatch(readme); m != nil {
		return m[1]
	}
	return ""
}

// ownerFiles are the files that name the owner, relative to the top of the repository.
func ownerFiles(t *testing.T, top string) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", ".github/ISSUE_TEMPLATE/*.yml", ".github/CODEOWNERS"} {
		found, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: nothing found, %v", pattern, err)
		}
		all = append(all, found...)
	}
	return all
}

// otherOwners are the places that name another owner than the README's workflows. For the
// container registry the name must be in lower case.
func otherOwners(t *testing.T, top string) (owner string, others []string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	owner = oneOwner(string(readme))
	image := strings.ToLower(owner)
	if owner == placeholder {
		image = placeholder
	}
	for _, file := range ownerFiles(t, top) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if m := codeOwner.FindStringSubmatch(line); m != nil && m[1] != owner {
				others = append(others, fmt.Sprintf("%s:%d: %s", filepath.Base(file), i+1, m[0]))
			}
			for _, m := range ownerNamed.FindAllStringSubmatch(line, -1) {
				if m[1] == "" && m[2] != owner || m[1] != "" && m[2] != image {
					others = append(others, fmt.Sprintf("%s:%d: %s", filepath.Base(file), i+1, m[0]))
				}
			}
		}
	}
	return owner, others
}

func TestDocumentsNameOneOwner(t *testing.T) {
	t.Parallel()
	owner, others := otherOwners(t, "..")
	if owner == "" || len(others) > 0 {
		t.Errorf("the owner is %q; other ones are named at %q", owner, others)
	}

	// The same in a copy in which "make owner" has replaced the owner.
	top := t.TempDir()
	if _, err := os.Stat("../.git"); err != nil {
		t.Skip("this is no checkout of git, which knows what belongs to it")
	}
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	files, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	named := strings.NewReplacer("ghcr.io/"+strings.ToLower(owner)+"/", "ghcr.io/"+placeholder+"/", owner+"/heroku-rollout-gate", placeholder+"/heroku-rollout-gate",
		`"github.com/`+owner+"/heroku-rollout-gate/", `"heroku-rollout-gate/`, "module github.com/"+owner+"/", "module ", "* @"+owner, "* @"+placeholder)
	for name := range strings.SplitSeq(strings.Trim(string(files), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			continue // deleted, and not yet committed
		}
		if owner != placeholder {
			text = []byte(named.Replace(string(text)))
		}
		copied := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	inCopy := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = top
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	inCopy("make", "--no-print-directory", "owner", "NAME=Acme-Works")
	if owner, others := otherOwners(t, top); owner != "Acme-Works" || len(others) > 0 {
		t.Errorf("after make owner the owner is %q; other ones are named at %q", owner, others)
	}
	page, err := os.ReadFile(filepath.Join(top, "docs/other-ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "ghcr.io/acme-works/heroku-rollout-gate:v1") {
		t.Error("after make owner docs/other-ci.md does not name the image in lower case")
	}

	// The module has the path that "go install" needs, and it compiles.
	const module = "github.com/Acme-Works/heroku-rollout-gate"
	if got := inCopy("go", "list", "-m"); got != module {
		t.Errorf("the module is %q", got)
	}
	if unformatted := inCopy("gofmt", "-l", "cmd", "gate"); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
	for pkg := range strings.FieldsSeq(inCopy("go", "list", "-deps", "-test", "./...")) {
		if strings.HasPrefix(pkg, "heroku-rollout-gate") {
			t.Errorf("a package is imported by its old name: %s", pkg)
		}
	}

	if !testing.Short() {
		inCopy("go", "build", "-buildvcs=false", "-o", os.DevNull, "./cmd/rollout-gate")
	}

	// The test finds a file that was forgotten.
	config := filepath.Join(top, ".github/ISSUE_TEMPLATE/config.yml")
	if err := os.WriteFile(config, []byte("url: https://github.com/OWNER/heroku-rollout-gate\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, others := otherOwners(t, top); len(others) != 1 {
		t.Errorf("with one file forgotten, other owners are %q", others)
	}
}
