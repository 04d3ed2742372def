// The version that ran is shown wherever somebody may need it later.

package gate_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for name, c := range map[string]struct {
		version, revision, modified string
		want                        string
	}{
		"a release":                      {"v1.2.3", commit, "false", "v1.2.3 (commit 0123456789ab)"},
		"go install of a release":        {"v1.2.3", "", "", "v1.2.3"},
		"go install of a commit":         {"v0.0.0-20260131120000-0123456789ab", "", "", "v0.0.0-20260131120000-0123456789ab"},
		"a checkout":                     {"v0.0.0-20260131120000-0123456789ab", commit, "false", "v0.0.0-20260131120000-0123456789ab"},
		"a checkout with changes":        {"v0.0.0-20260131120000-0123456789ab+dirty", commit, "true", "v0.0.0-20260131120000-0123456789ab+dirty"},
		"a checkout, by an older Go":     {"(devel)", commit, "true", "devel (commit 0123456789ab, with changes)"},
		"a folder that is no repository": {"(devel)", "", "", "devel"},
		"a program without a version":    {"", "", "", "devel"},
		"a release with changes":         {"v1.2.3", commit, "true", "v1.2.3 (commit 0123456789ab, with changes)"},
		"a short revision":               {"v1.2.3", "42", "false", "v1.2.3 (commit 42)"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}}
		if c.revision != "" {
			info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: c.revision}, {Key: "vcs.modified", Value: c.modified}}
		}
		if got := gate.Version(info); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := gate.Version(nil); got != "devel" {
		t.Errorf("without build information: %q", got)
	}
}

// agents records the User-Agent of requests.
type agents struct {
	http.RoundTripper
	mu   *sync.Mutex
	seen map[string]int
}

func (a agents) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	if !strings.HasPrefix(r.URL.Path, "/logplex") { // requests for a log stream are left out
		a.seen[r.Header.Get("User-Agent")]++
	}
	a.mu.Unlock()
	return a.RoundTripper.RoundTrip(r)
}

func TestVersionIsShown(t *testing.T) {
	t.Parallel()
	const version = "v1.2.3 (commit 0123456789ab)"
	for _, arg := range []string{"version", "--version"} {
		var out bytes.Buffer
		c := gate.Command{Args: []string{arg}, Stdout: &out, Stderr: &out, Version: version, Transport: noNetwork{t}}
		if status := c.Main(t.Context()); status != gate.ExitPassed || out.String() != "rollout-gate "+version+"\n" {
			t.Errorf("%s: status %d: %q", arg, status, out.String())
		}
	}

	sc, st := load(t, "phase-fails")
	dir := t.TempDir()
	recording, summary := filepath.Join(dir, "recording"), filepath.Join(dir, "summary")
	env := map[string]string{
		"INPUT_APP": sc.AppName(), "INPUT_API-KEY": testKey, "INPUT_TIMEOUT": "10m", "INPUT_RECORD": recording,
		"GITHUB_STEP_SUMMARY": summary,
	}
	var out, errs bytes.Buffer
	seen := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		server := herokusim.NewServer(st, herokusim.Options{From: st.Gate})
		server.Begin()
		c := gate.Command{
			Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &errs, Now: server.Clock,
			Version: version, Transport: agents{server.Transport(), &sync.Mutex{}, seen},
		}
		c.Main(t.Context())
	})
	if first, _, _ := strings.Cut(out.String(), "\n"); first != "rollout-gate "+version {
		t.Errorf("the log begins with %q\n%s%s", first, out.String(), errs.String())
	}
	if len(seen) != 1 || seen["heroku-rollout-gate/v1.2.3"] == 0 {
		t.Errorf("requests are sent as %v", seen)
	}
	page, err := os.ReadFile(summary)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(page)), " rollout-gate "+version+".") {
		t.Errorf("the summary does not end with the version: %v\n%s", err, page)
	}
	data, err := os.ReadFile(recording)
	if err != nil || !strings.HasPrefix(string(data), `{"rolloutGateRecording":1,"program":"`+version+`",`) {
		t.Errorf("the recording begins without the version: %v\n%.200s", err, data)
	}
}

// The message about invalid inputs has the version, too: another version may know them.
func TestVersionOfBadInputs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := gate.Command{Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &out, Version: "v1.2.3", Transport: noNetwork{t}}
	if status := c.Main(t.Context()); status != gate.ExitInvalid || !strings.HasPrefix(out.String(), "rollout-gate v1.2.3\n") {
		t.Errorf("status %d:\n%s", status, out.String())
	}
}

// If a recording cannot be read, the message says which version can read it.
func TestRecordingOfAnotherVersion(t *testing.T) {
	t.Parallel()
	const made = `"rolloutGateRecording":1,"program":"v1.0.0 (commit 0123456789ab)"`
	for name, c := range map[string]struct{ text, want string }{
		"another format":         {`{"rolloutGateRecording":2,"program":"v2.0.0","config":{}}`, "format 2, and this program reads format 1 (recorded by rollout-gate v2.0.0; this is v1.2.3)"},
		"an unknown setting":     {`{` + made + `,"config":{"Moon":"full"}}`, `unknown field "Moon" (recorded by rollout-gate v1.0.0 (commit 0123456789ab); this is v1.2.3)`},
		"an unknown observation": {`{` + made + `,"config":{}}` + "\n" + `{"at":1,"mood":"good"}`, `unknown field "mood" (recorded by rollout-gate v1.0.0 (commit 0123456789ab); this is v1.2.3)`},
		"an unknown field":       {`{` + made + `,"config":{},"mood":"good"}`, `unknown field "mood" (recorded by rollout-gate v1.0.0 (commit 0123456789ab); this is v1.2.3)`},
		"the same version":       {`{"rolloutGateRecording":1,"program":"v1.2.3","config":{}}` + "\n" + `{"at":1,"mood":"good"}`, `unknown field "mood"` + "\n"},
		"a version that lies":    {`{"rolloutGateRecording":9,"program":"v1\u001b[31m` + "\\n" + `::error::x","config":{}}`, `recorded by rollout-gate "v1\x1b[31m\n::error::x"; this is v1.2.3`},
		"a long one":             {`{"rolloutGateRecording":9,"program":"` + strings.Repeat("v", 5000) + `","config":{}}`, `reads format 1 (recorded by rollout-gate v`},
		"none":                   {`{"rolloutGateRecording":9,"config":{}}`, "reads format 1\n"},
	} {
		file := filepath.Join(t.TempDir(), "recording")
		if err := os.WriteFile(file, []byte(c.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		command := gate.Command{Args: []string{"replay", file}, Stdout: &errs, Stderr: &errs, Version: "v1.2.3", Transport: noNetwork{t}}
		if status := command.Main(t.Context()); status != gate.ExitInvalid || !strings.Contains(errs.String(), c.want) || len(errs.String()) > 1000 {
			t.Errorf("%s: status %d, want %q in:\n%s", name, status, c.want, errs.String())
		}
	}
}
