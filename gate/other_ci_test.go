// The recipes for other CI systems: their scripts do what the document says, and the settings of each system
// call them. The tests run these commands line by line. "make lint" checks the settings against schemas.

package gate_test

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// fakeRelease makes a folder with an archive of a release. Its program writes which key it was given, and
// runs the command.
func fakeRelease(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const program = `#!/bin/sh
echo "the gate has $HEROKU_API_KEY: $*" >>"$GATE_LOG"
while [ "$1" != -- ]; do shift; done
shift
"$@" >&2 && echo '{"new-release":'"$NEW"'}'
`
	name := filepath.Join(dir, "heroku-rollout-gate_linux_amd64.tar.gz")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(file)
	archive := tar.NewWriter(packed)
	if err := archive.WriteHeader(&tar.Header{Name: "rollout-gate", Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(archive, program)
	for _, c := range []interface{ Close() error }{archive, packed, file} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sums := fmt.Sprintf("%x  %s\n%x  another.tar.gz\n", sha256.Sum256(data), filepath.Base(name), sha256.Sum256(nil))
	if err := os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(sums), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fakeCurl serves files from that folder.
const fakeCurl = `#!/bin/sh
for word; do case "$word" in
*/releases/download/v*) cp "$RELEASE/${word##*/}" . || exit 22 ;;
esac; done
`

// fakeNpx writes which command of Heroku's client it was to run, and with which key.
const fakeNpx = `#!/bin/sh
echo "the client has $HEROKU_API_KEY: $*" >>"$GATE_LOG"
`

// otherScripts are the scripts of docs/other-ci.md, and the lines that build the program.
func otherScripts(t *testing.T) (deploy, build, after string) {
	t.Helper()
	all := blocks(t, "bash")
	if len(all) != 3 || all[0].file != "docs/other-ci.md" || !strings.Contains(all[1].text, "go build ") {
		t.Fatalf("the scripts are not there: %d blocks", len(all))
	}
	return all[0].text, all[1].text, all[2].text
}

// A pipeline is a checkout with the scripts, and everything that the jobs need.
type pipeline struct {
	dir, repository, log string
	env                  []string
}

func newPipeline(t *testing.T, deploy string) *pipeline {
	t.Helper()
	_, _, after := otherScripts(t)
	p := &pipeline{dir: checkout(t)}
	bin := t.TempDir()
	p.log = filepath.Join(bin, "log")
	for file, text := range map[string]string{
		filepath.Join(bin, "curl"): fakeCurl, filepath.Join(bin, "npx"): fakeNpx,
		filepath.Join(p.dir, "bin/deploy"): deploy, filepath.Join(p.dir, "bin/after-deploy"): after,
		filepath.Join(p.dir, "bin/smoke-test"): "#!/bin/sh\necho the smoke test >>\"$GATE_LOG\"\n",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	repository, env := pushTarget(t)
	p.repository = repository
	p.env = append(env, "PATH="+bin+":"+os.Getenv("PATH"), "RELEASE="+fakeRelease(t), "GATE_LOG="+p.log, "NEW=true",
		"HEROKU_READ_KEY=reads", "HEROKU_DEPLOY_KEY="+testKey, "HEROKU_API_KEY=", "GITHUB_ACTIONS=", "GITHUB_OUTPUT=", "GITHUB_STEP_SUMMARY=")
	return p
}

// run runs a step of a job, as these systems do.
func (p *pipeline) run(script string) (string, error) {
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), p.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// told is what the gate, the client and the smoke test have written.
func (p *pipeline) told(t *testing.T) string {
	t.Helper()
	told, err := os.ReadFile(p.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(told)
}

// afterwards is what runs when the gate has opened.
const afterwards = "the client has " + testKey + ": --yes heroku@11.10.0 run --exit-code --app my-app -- bin/drop-the-old-column\nthe smoke test\n"

// steps are the commands of a system's settings that run a job, in their order.
func steps(t *testing.T, text string) []string {
	t.Helper()
	var settings struct {
		Jobs   map[string]struct{ Steps []any } // CircleCI
		Steps  []struct{ Command string }       // Buildkite
		Deploy struct{ Script []string }        // GitLab
	}
	if err := yaml.Unmarshal([]byte(text), &settings); err != nil {
		t.Fatal(err)
	}
	all := settings.Deploy.Script
	for _, step := range settings.Steps {
		all = append(all, step.Command)
	}
	for _, step := range settings.Jobs["deploy"].Steps {
		settings, _ := step.(map[string]any) // "checkout" is a plain string
		switch run := settings["run"].(type) {
		case string:
			all = append(all, run)
		case map[string]any:
			all = append(all, run["command"].(string))
		}
	}
	return all
}

// system names the CI system of some settings, by words that only this system has.
func system(text string) string {
	switch {
	case strings.Contains(text, "workflows:"):
		return "circleci"
	case strings.HasPrefix(text, "steps:"):
		return "buildkite"
	}
	return "gitlab"
}

// The settings of each system deploy with the scripts: the gate has a key that can only read, the deploy has
// another one, and no two deploys run at the same time.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	deploy, _, _ := otherScripts(t)
	seen := map[string]int{}
	for _, b := range documents(t)["docs/other-ci.md"].blocks {
		if b.language != "yaml" {
			continue
		}
		name := system(b.text)
		seen[name]++
		if *recipesTo != "" {
			writeSettings(t, fmt.Sprintf("%s-%d.yml", name, b.line), b.text)
		}
		commands := steps(t, b.text)
		if len(commands) == 0 && strings.Contains(b.text, "docker run ") {
			continue // only the gate
		}
		if alone := regexp.MustCompile(`(?:serial-group|resource_group|concurrency_group): heroku-my-app`); !alone.MatchString(b.text) {
			t.Errorf("%s:%d: two deploys can run beside each other", b.file, b.line)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, deploy)
			for _, command := range commands {
				if out, err := p.run(command); err != nil || strings.Contains(out, testKey) {
					t.Fatalf("%s: %v\n%s", command, err, out)
				}
			}
			told := p.told(t)
			gate, ok := strings.CutSuffix(told, "\n"+afterwards)
			if !ok || !strings.HasPrefix(gate, "the gate has reads: --app my-app --timeout ") || strings.Contains(gate, testKey) {
				t.Errorf("what was run:\n%s", told)
			}
			if got, want := git(t, p.repository, "rev-parse", "refs/heads/main"), git(t, p.dir, "rev-parse", "HEAD"); got != want {
				t.Errorf("%s was pushed, not %s", got, want)
			}
		})
	}
	if seen["circleci"] != 1 || seen["gitlab"] != 2 || seen["buildkite"] != 1 {
		t.Errorf("settings found: %v", seen)
	}
}

// writeSettings writes the settings of another system to a file, for "make lint".
func writeSettings(t *testing.T, name, text string) {
	t.Helper()
	dir := filepath.Join(*recipesTo, "others")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The key is in no command line of git, a wrong archive is not run, and without a release the steps after the
// gate do not run.
func TestScriptForOtherSystems(t *testing.T) {
	t.Parallel()
	deploy, _, _ := otherScripts(t)
	p := newPipeline(t, deploy)
	pushed(t, "bin/deploy", p.dir, p.repository, p.env)
	if told := p.told(t); strings.Contains(told, testKey) {
		t.Errorf("the gate was called as %q", told)
	}
	p.env = append(p.env, "NEW=false")
	if out, err := p.run("bin/deploy && bin/after-deploy"); err == nil || !strings.Contains(out, "the deploy made no release") || strings.Contains(p.told(t), "client") {
		t.Errorf("without a release: %v\n%s", err, out)
	}

	wrong := newPipeline(t, deploy)
	release := fakeRelease(t)
	wrong.env = append(wrong.env, "RELEASE="+release)
	sums := fmt.Appendf(nil, "%x  heroku-rollout-gate_linux_amd64.tar.gz\n", sha256.Sum256(nil))
	if err := os.WriteFile(filepath.Join(release, "checksums.txt"), sums, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := wrong.run("bin/deploy"); err == nil || wrong.told(t) != "" {
		t.Errorf("a wrong archive was run: %v\n%s%s", err, out, wrong.told(t))
	}
}
