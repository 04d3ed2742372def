// The files for GitHub besides the action: the workflows pin their actions, have few rights
// and timeouts, and Dependabot sees every file in which it can read versions.

package gate_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

var (
	usesLine = regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`)
	pinned   = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

// released reports whether this is the checkout of a release: its action.yml names an
// image, and it has no .github/workflows (see cmd/release).
func released(t *testing.T) bool {
	t.Helper()
	var action struct{ Runs struct{ Image string } }
	text, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(action.Runs.Image, "docker://")
}

// missing reports whether a file that a document names does not exist. In a release the
// workflows may be missing.
func missing(t *testing.T, name string) bool {
	t.Helper()
	_, err := os.Stat(path.Join("..", name))
	return err != nil && !(released(t) && strings.HasPrefix(name+"/", ".github/workflows/"))
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	if released(t) {
		t.Skip("a release is made without .github/workflows")
	}
	files, err := filepath.Glob("../.github/workflows/*")
	if err != nil || len(files) < 2 {
		t.Fatalf("workflows %q: %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, uses := range usesLine.FindAllStringSubmatch(string(text), -1) {
			if action := uses[1]; action != "./" && !pinned.MatchString(action) {
				t.Errorf("%s: %q is not pinned to a commit, with its version as in \"# v1.2.3\"", file, action)
			}
		}
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Permissions map[string]string
				Minutes     int `yaml:"timeout-minutes"`
			}
		}
		if err := yaml.Unmarshal(text, &workflow); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if workflow.Permissions == nil || len(workflow.Permissions) > 0 {
			t.Errorf("%s: the workflow's permissions are %v: write \"permissions: {}\", and what a job needs in the job", file, workflow.Permissions)
		}
		for name, job := range workflow.Jobs {
			if job.Permissions == nil {
				t.Errorf("%s: job %s has no permissions of its own", file, name)
			}
			if job.Minutes == 0 {
				t.Errorf("%s: job %s may run for hours: give it timeout-minutes", file, name)
			}
		}
	}
}

// The promises of the release workflow: signing is a separate job, which builds nothing; no
// job with the right to publish compiles code of others; a version gets its tag only after
// the approval of the environment; and until then the image has no name except its digest.
func TestReleaseWorkflow(t *testing.T) {
	t.Parallel()
	if released(t) {
		t.Skip("a release is made without .github/workflows")
	}
	text, err := os.ReadFile("../.github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		On   map[string]any
		Jobs map[string]struct {
			Environment string
			Permissions map[string]string
			Steps       []struct {
				Uses, Run string
				With      map[string]any
			}
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	if _, ok := workflow.On["workflow_dispatch"]; !ok || len(workflow.On) != 1 {
		t.Errorf("the workflow begins on %v, not by hand alone", workflow.On)
	}
	// cmd/release uses the standard library only: a test there checks that.
	compiles := regexp.MustCompile(`\bmake\b|\bnpm\b|\.ci/|\bgo (run|build|install|test|generate) (?:[^.]|\./(?:[^c]|cmd/(?:[^r]|ro)))`)
	built := false
	for name, job := range workflow.Jobs {
		publishes := slices.Contains(slices.Collect(maps.Values(job.Permissions)), "write")
		for _, step := range job.Steps {
			action, _, _ := strings.Cut(step.Uses, "@")
			if job.Permissions["id-token"] != "" && !slices.Contains([]string{"actions/download-artifact", "docker/login-action", "actions/attest"}, action) {
				t.Errorf("job %s may sign, and does something else: %s%s", name, step.Uses, step.Run)
			}
			if publishes && compiles.MatchString(step.Run) {
				t.Errorf("job %s may publish, and compiles what others wrote: %s", name, step.Run)
			}
			if action != "docker/build-push-action" {
				continue
			}
			built = true
			if outputs, _ := step.With["outputs"].(string); !strings.Contains(outputs, "push-by-digest=true") || step.With["tags"] != nil || step.With["push"] != nil {
				t.Errorf("job %s pushes the image under a name: %q", name, step.With)
			}
			if step.With["build-contexts"] != "binaries=.build/binaries" {
				t.Errorf("job %s compiles the program of the image", name)
			}
		}
		if want := job.Permissions["contents"] == "write"; want != (job.Environment == "release") {
			t.Errorf("job %s has the environment %q and the permissions %v", name, job.Environment, job.Permissions)
		}
	}
	if !built || workflow.Jobs["attest"].Permissions["id-token"] == "" {
		t.Error("the image is not built, or not attested to")
	}
	for command, want := range map[string]bool{
		"make check": true, ".ci/binaries v1": true, "go run ./cmd/release check": false, "go run ./cmd/rollout-gate": true,
		"go install example.com/a@v1": true, "go run ./cmd/demo": true, "git push": false,
	} {
		if compiles.MatchString(command) != want {
			t.Errorf("%q is taken for one that compiles the code of others, or not: %v", command, !want)
		}
	}
}

func TestDependabot(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Version int
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
			Schedule    struct{ Interval string }
			Groups      map[string]struct{ Patterns []string }
		}
	}
	if err := yaml.UnmarshalWithOptions(text, &config, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if config.Version != 2 {
		t.Errorf("version %d, Dependabot has 2", config.Version)
	}
	updated := map[string][]string{}
	for _, u := range config.Updates {
		if !slices.Contains([]string{"daily", "weekly", "monthly"}, u.Schedule.Interval) {
			t.Errorf("%s: interval %q", u.Ecosystem, u.Schedule.Interval)
		}
		for _, dir := range append(u.Directories, u.Directory) {
			if dir != "" {
				updated[u.Ecosystem] = append(updated[u.Ecosystem], dir)
			}
		}
		slices.Sort(updated[u.Ecosystem])
	}
	// Of actions, "/" means those of .github/workflows.
	ecosystems := map[string]string{"go.mod": "gomod", "Dockerfile": "docker", "package-lock.json": "npm"}
	there := map[string][]string{"github-actions": {"/"}}
	err = filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", ".build", "node_modules"}, entry.Name()):
			return filepath.SkipDir
		}
		name := strings.TrimPrefix(filepath.ToSlash(file), "..")
		switch ecosystem := ecosystems[entry.Name()]; {
		case ecosystem != "":
			there[ecosystem] = append(there[ecosystem], path.Dir(name))
		case entry.IsDir() && entry.Name() == "workflows" && name != "/.github/workflows":
			there["github-actions"] = append(there["github-actions"], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there, updated); diff != "" {
		t.Errorf("what Dependabot updates (-there +updated):\n%s", diff)
	}
}
