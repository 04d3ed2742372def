// How the documents deploy: git gets its key from the environment, by a helper, and no command line
// holds it; and the script for other CI systems does what is said of it.

package gate_test

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// gitHost is where Heroku takes pushes.
const gitHost = "git.heroku.com"

// pushTarget is a git server that wants the key for a password. configured makes git go there in place of Heroku.
func pushTarget(t *testing.T) (repository string, configured []string) {
	t.Helper()
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := filepath.Join(strings.TrimSpace(string(path)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skipf("this git cannot serve: %v", err)
	}
	top := t.TempDir()
	git(t, top, "init", "--quiet", "--bare", "my-app.git")
	git(t, filepath.Join(top, "my-app.git"), "config", "http.receivepack", "true")
	handler := &cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + top, "GIT_HTTP_EXPORT_ALL=1"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, key, _ := r.BasicAuth(); user != "heroku" || key != testKey {
			w.Header().Set("WWW-Authenticate", `Basic realm="Git"`)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	config := filepath.Join(t.TempDir(), "gitconfig")
	there := strings.Replace(server.URL, "http://", "http://heroku@", 1)
	text := fmt.Sprintf("[url %q]\n\tinsteadOf = https://heroku@%s/\n[protocol]\n\tversion = 2\n", there+"/", gitHost)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(top, "my-app.git"), []string{"GIT_CONFIG_GLOBAL=" + config, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_TRACE=1"}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@localhost", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@localhost")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// checkout is a repository with one commit.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet")
	git(t, dir, "commit", "--quiet", "--allow-empty", "--message", "one")
	return dir
}

// pushed fails if the script did not push, or git began a program with the key in its command line.
func pushed(t *testing.T, script, dir, repository string, env []string) {
	t.Helper()
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), testKey) || !strings.Contains(string(out), "trace: ") {
		t.Errorf("the key is in a command line, or none was traced:\n%s", out)
	}
	if got, want := git(t, repository, "rev-parse", "refs/heads/main"), git(t, dir, "rev-parse", "HEAD"); got != want {
		t.Errorf("%s was pushed, not %s", got, want)
	}
}

// Every push of a workflow is the same, and gets in with the key of the environment.
func TestPush(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, b := range blocks(t, "yaml") {
		var w workflow
		if !strings.HasPrefix(b.text, "on:") || yaml.Unmarshal([]byte(b.text), &w) != nil {
			continue
		}
		for _, job := range w.Jobs {
			for _, step := range job.Steps {
				if strings.Contains(step.Run, gitHost) {
					seen[step.Run]++
				}
			}
		}
	}
	if len(seen) != 1 {
		t.Fatalf("the workflows push in %d ways: %v", len(seen), seen)
	}
	for script, times := range seen {
		if times < 5 {
			t.Errorf("it is pushed %d times, it should be at least 5", times)
		}
		repository, env := pushTarget(t)
		pushed(t, script, checkout(t), repository, append(env, "HEROKU_API_KEY="+testKey))
	}
}

// fakeRelease is an archive of a release in a folder. Its program says with which key it was run, and
// runs the command.
func fakeRelease(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const program = `#!/bin/sh
echo "the gate has $HEROKU_API_KEY: $*" >>"$GATE_LOG"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
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

// fakeCurl takes what is asked for from that folder.
const fakeCurl = `#!/bin/sh
for word; do case "$word" in
*/releases/download/v*) cp "$RELEASE/${word##*/}" . || exit 22 ;;
esac; done
`

// The script for other CI systems fetches the program, refuses a wrong one, and deploys below it.
func TestScriptForOtherSystems(t *testing.T) {
	t.Parallel()
	scripts := blocks(t, "bash")
	if len(scripts) != 1 || scripts[0].file != "docs/other-ci.md" {
		t.Fatalf("the script is not there: %d blocks", len(scripts))
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "curl"), []byte(fakeCurl), 0o700); err != nil {
		t.Fatal(err)
	}
	release, log := fakeRelease(t), filepath.Join(bin, "log")
	repository, env := pushTarget(t)
	env = append(env, "PATH="+bin+":"+os.Getenv("PATH"), "RELEASE="+release, "GATE_LOG="+log, "HEROKU_READ_KEY=reads", "HEROKU_DEPLOY_KEY="+testKey, "HEROKU_API_KEY=")
	dir := checkout(t)
	pushed(t, scripts[0].text, dir, repository, env)
	told, err := os.ReadFile(log)
	if err != nil || !strings.HasPrefix(string(told), "the gate has reads: --app my-app --timeout ") || strings.Contains(string(told), testKey) {
		t.Errorf("the gate was called as %q, %v", told, err)
	}

	// An archive that is not the one of the list of checksums is not run.
	if err := os.WriteFile(filepath.Join(release, "checksums.txt"), fmt.Appendf(nil, "%x  heroku-rollout-gate_linux_amd64.tar.gz\n", sha256.Sum256(nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-c", scripts[0].text)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("a wrong archive was run:\n%s", out)
	}
	if _, err := os.Stat(log); err == nil {
		t.Error("a wrong archive was run")
	}
}

// What the other systems are told is YAML, and runs that script or the image.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	found := 0
	for _, b := range documents(t)["docs/other-ci.md"].blocks {
		if b.language != "yaml" {
			continue
		}
		found++
		var config map[string]any
		if err := yaml.Unmarshal([]byte(b.text), &config); err != nil {
			t.Errorf("%s:%d: %v", b.file, b.line, err)
		}
		if !strings.Contains(b.text, "bin/deploy") && !strings.Contains(b.text, "docker run ") {
			t.Errorf("%s:%d: nothing deploys or waits", b.file, b.line)
		}
		// One deploy at a time.
		if alone := regexp.MustCompile(`(?:serial-group|resource_group|concurrency_group): heroku-my-app`); strings.Contains(b.text, "bin/deploy") && !alone.MatchString(b.text) {
			t.Errorf("%s:%d: two deploys can run beside each other", b.file, b.line)
		}
	}
	if found < 4 {
		t.Errorf("%d settings found, there should be at least 4", found)
	}
}
