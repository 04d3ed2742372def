package gate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The gate goes on even if the file of the event is missing or invalid.
func TestPullRequestHead(t *testing.T) {
	t.Parallel()
	head := strings.Repeat("0123456789", 4)
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"a pull request":      {`{"action":"synchronize","number":7,"pull_request":{"head":{"ref":"fix","sha":"` + head + `"}}}`, head},
		"a push":              {`{"after":"` + head + `"}`, ""},
		"no object":           {`[1, 2]`, ""},
		"another form":        {`{"pull_request":"https://example.com/7"}`, ""},
		"no text":             {`{"pull_request":{"head":{"sha":40}}}`, ""},
		"no commit":           {`{"pull_request":{"head":{"sha":"main; rm -rf /"}}}`, ""},
		"a short commit":      {`{"pull_request":{"head":{"sha":"0123456"}}}`, ""},
		"cut off":             {`{"pull_request":{"head":{"sha":"` + head + `"}`, ""},
		"empty":               {"", ""},
		"larger than any":     {`{"body":"` + strings.Repeat("x", maxEvent) + `","pull_request":{"head":{"sha":"` + head + `"}}}`, ""},
		"nested without end":  {strings.Repeat("[", 1_000_000), ""},
		"something behind it": {`{"pull_request":{"head":{"sha":"` + head + `"}}}{`, head},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := pullRequestHead(env(path)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for _, path := range []string{"", dir, filepath.Join(dir, "missing"), "/dev/zero"} {
		if got := pullRequestHead(env(path)); got != "" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// env is an environment with the path of the event's file.
func env(path string) func(string) string {
	return func(name string) string { return map[string]string{"GITHUB_EVENT_PATH": path}[name] }
}
