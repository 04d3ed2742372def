// The recipe for CircleCI before the first release: the program is built from this checkout, and the recipe
// deploys to a simulated Heroku.

package gate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// builds is the script bin/deploy in the version that builds the program.
func builds(t *testing.T) string {
	t.Helper()
	deploy, build, _ := otherScripts(t)
	fetch := regexp.MustCompile(`(?s)\n\(\n.*\n\)\n`)
	if !fetch.MatchString(deploy) {
		t.Fatal("the script has no lines from ( to )")
	}
	return strings.Replace(fetch.ReplaceAllLiteralString(deploy, "\n"+build), "version=v1.2.3", "version=HEAD", 1)
}

// quickDeploy is a deploy that begins 6 s after the first request and takes 2 s.
const quickDeploy = `
app: {name: my-app}
types: {web: {quantity: 1, timing: {stop: 1s}}}
events:
  - {at: 0s, deploy: {}}
`

// The recipe, with the program from this checkout, deploys to a simulated Heroku, and goes on when no
// old code runs.
func TestCircleCIBeforeTheFirstRelease(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds programs")
	}
	top, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(top, ".git")); err != nil {
		t.Skip("this is no checkout of git, which can be cloned")
	}
	_, sim := build(t)
	story := filepath.Join(t.TempDir(), "quick.yaml")
	if err := os.WriteFile(story, []byte(quickDeploy), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPipeline(t, builds(t))
	config := strings.TrimPrefix(p.env[0], "GIT_CONFIG_GLOBAL=")
	instead := fmt.Sprintf("[url %q]\n\tinsteadOf = https://github.com/%s\n[safe]\n\tdirectory = *\n", "file://"+top, ourRepository())
	if text, err := os.ReadFile(config); err != nil || os.WriteFile(config, append(text, instead...), 0o600) != nil {
		t.Fatalf("git's settings: %v", err)
	}
	p.env = append(p.env, "INPUT_API_URL="+serve(t, sim, "--from=-6s", "--wait", story))
	for _, b := range documents(t)["docs/other-ci.md"].blocks {
		if b.language != "yaml" || system(b.text) != "circleci" {
			continue
		}
		for _, command := range steps(t, b.text) {
			if out, err := p.run(command); err != nil {
				t.Fatalf("%s: %v\n%s", command, err, out)
			}
		}
	}
	if told := p.told(t); told != afterwards {
		t.Errorf("what was run: %s", told)
	}
	ended, err := os.ReadFile(filepath.Join(p.dir, "rollout.json"))
	if err != nil || !strings.Contains(string(ended), `"result":"passed"`) || !strings.Contains(string(ended), `"basis":"proven"`) || !strings.Contains(string(ended), `"release":"v42"`) {
		t.Errorf("the gate ended with %s, %v", ended, err)
	}
}
