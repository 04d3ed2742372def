// How the documents deploy: a credential helper gives git the key from the environment, and no command line
// contains it.

package gate_test

import (
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// gitHost is the address to which people push for Heroku.
const gitHost = "git.heroku.com"

// pushTarget is a git server that needs the key as password. configured makes git use it instead of Heroku.
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

// pushed fails if the script did not push, or if git started a program with the key in its command line.
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

// All workflows push in the same way, and the key of the environment is accepted.
func TestEveryPushHasTheKeyOfTheEnvironment(t *testing.T) {
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
