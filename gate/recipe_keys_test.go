// The keys of the recipes, and Heroku's client that uses them: each step has only the key that it needs, no
// command line contains a key, and all recipes use the same version of the client.

package gate_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// The key that can only read is for the gate, the other one for steps that change something.
	readKey, deployKey = "${{ secrets.HEROKU_READ_KEY }}", "${{ secrets.HEROKU_DEPLOY_KEY }}"
	herokuClient       = regexp.MustCompile(`(?:npx --yes|npm install --global) heroku(\S*)`)
	needsKey           = regexp.MustCompile(`\bheroku\S* (?:container|pipelines|run|ps|config|rollback)\b|\$HEROKU_API_KEY`)
)

// checkKeys fails if a step has a key that it does not need, if a key is in a command line, or if the client
// has no version.
func checkKeys(t *testing.T, b block, everywhere map[string]string, job job) {
	t.Helper()
	for _, env := range []map[string]string{everywhere, job.Env} {
		for name, value := range env {
			if strings.Contains(value, "secrets.") {
				t.Errorf("%s:%d: %s is given to steps that do not need it", b.file, b.line, name)
			}
		}
	}
	for _, step := range job.Steps {
		if strings.Contains(step.Run, "secrets.") {
			t.Errorf("%s:%d: a key is in a command line: %s", b.file, b.line, step.Run)
		}
		ours := step.Uses == ourAction() || step.Uses == ourBegin()
		if ours && step.With["api-key"] != readKey {
			t.Errorf("%s:%d: the gate gets the key %q", b.file, b.line, step.With["api-key"])
		}
		if needs := needsKey.MatchString(step.Run); needs != (step.Env["HEROKU_API_KEY"] == deployKey) {
			t.Errorf("%s:%d: the step needs a key: %v, and gets %q: %s", b.file, b.line, needs, step.Env["HEROKU_API_KEY"], step.Run)
		}
	}
}

// Wherever a document installs or runs the client, its version is the one that "make client" tests.
func TestClientIsPinned(t *testing.T) {
	t.Parallel()
	var client struct{ Dependencies map[string]string }
	text, err := os.ReadFile("../.ci/client/package.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &client); err != nil {
		t.Fatal(err)
	}
	found := 0
	for name, doc := range documents(t) {
		for _, m := range herokuClient.FindAllStringSubmatch(doc.text, -1) {
			found++
			if m[1] != "@"+client.Dependencies["heroku"] {
				t.Errorf("%s: %q is not version %s", name, m[0], client.Dependencies["heroku"])
			}
		}
	}
	if found < 8 {
		t.Errorf("the client is used %d times, it should be at least 8", found)
	}
}

// The first workflow begins before the deploy.
func TestFirstWorkflowBeginsBefore(t *testing.T) {
	t.Parallel()
	for _, b := range documents(t)["README.md"].blocks {
		if b.language != "yaml" || !strings.HasPrefix(b.text, "on:") {
			continue
		}
		var uses []string
		for line := range strings.Lines(b.text) {
			for _, what := range []string{ourBegin(), "push https://", ourAction()} {
				if strings.Contains(line, what) {
					uses = append(uses, what)
				}
			}
		}
		if want := []string{ourBegin(), "push https://", ourAction()}; !slices.Equal(uses, want) {
			t.Errorf("the order is %q, not %q", uses, want)
		}
		return
	}
	t.Error("the README has no workflow")
}
