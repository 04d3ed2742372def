package gate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heroku-rollout-gate/gate"
)

// refuse runs the program with bad inputs and returns what it printed. The program must send
// no request.
func refuse(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c := gate.Command{
		Args: args, Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &out,
		Transport: noNetwork{t},
	}
	if status := c.Main(t.Context()); status != gate.ExitInvalid {
		t.Errorf("exit status %d, want %d; printed:\n%s", status, gate.ExitInvalid, out.String())
	}
	return out.String()
}

func TestBadInputs(t *testing.T) {
	t.Parallel()
	ok := map[string]string{"INPUT_APP": "shop", "INPUT_API-KEY": testKey}
	for name, tc := range map[string]struct {
		set  map[string]string
		says []string
	}{
		"nothing":             {map[string]string{"INPUT_APP": "", "INPUT_API-KEY": ""}, []string{`"app" is missing`, `"api-key" is missing`, "HEROKU_API_KEY"}},
		"app":                 {map[string]string{"INPUT_APP": "Shop/../x"}, []string{`input "app" is "Shop/../x"`, "lower-case"}},
		"release":             {map[string]string{"INPUT_RELEASE": "newest"}, []string{`"release" is "newest"`, `"latest"`}},
		"commit with a space": {map[string]string{"INPUT_COMMIT": "v1 rc"}, []string{`"commit" is "v1 rc"`, "without spaces"}},
		"commit":              {map[string]string{"INPUT_COMMIT": "abc"}, []string{`"commit" is "abc"`, "7 or more"}},
		"both":                {map[string]string{"INPUT_COMMIT": "abcdef1", "INPUT_RELEASE": "v7"}, []string{"both set"}},
		"newer-than":          {map[string]string{"INPUT_NEWER-THAN": "latest"}, []string{`"newer-than" is "latest"`, `a version such as "v122"`}},
		"newer and commit":    {map[string]string{"INPUT_NEWER-THAN": "v7", "INPUT_COMMIT": "abcdef1"}, []string{`"commit" and "newer-than" are both set`, "one of them"}},
		"all three":           {map[string]string{"INPUT_NEWER-THAN": "v7", "INPUT_COMMIT": "abcdef1", "INPUT_RELEASE": "v8"}, []string{`"release", "commit" and "newer-than" are all set`}},
		"types":               {map[string]string{"INPUT_PROCESS-TYPES": "web, wor/ker"}, []string{`"wor/ker" cannot be a process type`}},
		"timeout":             {map[string]string{"INPUT_TIMEOUT": "soon"}, []string{`"timeout" is "soon"`, "90s, 5m or 1h30m"}},
		"timeout zero":        {map[string]string{"INPUT_TIMEOUT": "0"}, []string{`"timeout" is "0"`, "at least 1s"}},
		"negative":            {map[string]string{"INPUT_SETTLE": "-5s"}, []string{`"settle" is "-5s"`, "at least 0s"}},
		"poll-interval":       {map[string]string{"INPUT_POLL-INTERVAL": "500ms"}, []string{`"poll-interval" is "500ms"`, "at least 1s"}},
		"logs":                {map[string]string{"INPUT_LOGS": "on"}, []string{`"logs" is "on"`, "auto, off"}},
		"require-proof":       {map[string]string{"INPUT_REQUIRE-PROOF": "yes"}, []string{`"require-proof" is "yes"`, "true, false"}},
		"on-supersede":        {map[string]string{"INPUT_ON-SUPERSEDE": "stop"}, []string{`"on-supersede" is "stop"`, "same-code, follow, fail"}},
		"preboot-hold":        {map[string]string{"INPUT_PREBOOT-HOLD": "x"}, []string{`"preboot-hold" is "x"`}},
		"api-url":             {map[string]string{"INPUT_API-URL": "ftp://x"}, []string{`"api-url" cannot be used`}},
		"api-url user":        {map[string]string{"INPUT_API-URL": "https://me:secret@example.com"}, []string{`"api-url" cannot be used`, "leave these out"}},
		"api-url query":       {map[string]string{"INPUT_API-URL": "ftp://example.com/?token=secret"}, []string{`"api-url" cannot be used`}},
		"api-url clear":       {map[string]string{"INPUT_API-URL": "http://example.com"}, []string{`"api-url"`, "https"}},
		"record":              {map[string]string{"INPUT_RECORD": "/no/such/folder/x"}, []string{`"record" is "/no/such/folder/x"`}},
		"underscore":          {map[string]string{"INPUT_BOOT_TIMEOUT": "never"}, []string{`"boot-timeout" is "never"`}},
		"wait-for-app":        {map[string]string{"INPUT_WAIT-FOR-APP": "yes"}, []string{`"wait-for-app" is "yes"`, "true, false"}},
		"all at once":         {map[string]string{"INPUT_TIMEOUT": "a", "INPUT_LOGS": "b", "INPUT_CRASH-GRACE": "c"}, []string{`"a"`, `"b"`, `"c"`}},
		"key with blank":      {map[string]string{"INPUT_API-KEY": "HRKU secret"}, []string{`"api-key" cannot be used`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "output")
			env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": out}
			for _, m := range []map[string]string{ok, tc.set} {
				for k, v := range m {
					env[k] = v
				}
			}
			said := refuse(t, env)
			for _, s := range tc.says {
				// GitHub's commands escape a few characters.
				if !strings.Contains(said, s) {
					t.Errorf("%q is not said; printed:\n%s", s, said)
				}
			}
			if strings.Contains(strings.ReplaceAll(said, "::add-mask::"+env["INPUT_API-KEY"], ""), "secret") {
				t.Errorf("the key was printed:\n%s", said)
			}
			checkCommands(t, said, "error", env["INPUT_API-KEY"])
			if o := readOutputs(t, out); o["result"] != "failed" || o["reason"] != "invalid-input" || o["message"] == "" {
				t.Errorf("outputs %v", o)
			}
		})
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	if said := refuse(t, nil, "--app", "shop", "--timeout", "x", "--api-key", "k"); !strings.Contains(said, `"timeout" is "x"`) {
		t.Errorf("printed %q", said)
	}
}

func TestBadRecordings(t *testing.T) {
	t.Parallel()
	good := `{"rolloutGateRecording":1,"config":{}}` + "\n"
	for name, tc := range map[string]struct{ text, says string }{
		"empty":      {"", "empty"},
		"not one":    {"hello\n", "line 1"},
		"another":    {`{"rolloutGateRecording":2,"config":{}}` + "\n", "line 1"},
		"damaged":    {good + `{"at":1}` + "\n" + `{"at":` + "\n", "line 3"},
		"two in one": {good + `{"at":1}{"at":2}` + "\n", "line 2"},
		"unknown":    {good + `{"at":1,"wish":true}` + "\n", "line 2"},
		"no verdict": {good + `{"at":1}` + "\n", "without a verdict"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "recording")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if said := refuse(t, nil, "replay", file); !strings.Contains(said, tc.says) {
				t.Errorf("printed %q, want %q in it", said, tc.says)
			}
		})
	}
	if said := refuse(t, nil, "replay", "/no/such/file"); !strings.Contains(said, "/no/such/file") {
		t.Errorf("printed %q", said)
	}
}
