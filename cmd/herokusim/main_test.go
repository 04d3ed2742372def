// Tests of the program by shell scripts, which are in testdata.

package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"heroku-rollout-gate/gate/herokusim"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"herokusim": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ask": ask, "await": await, "get": get, "ready": ready, "term": term,
		},
	})
}

// await FILE [TEXT] waits until the file exists and contains the text.
func await(ts *testscript.TestScript, neg bool, args []string) {
	file, text := ts.MkAbs(args[0]), strings.Join(args[1:], " ")
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), text) {
			return
		}
	}
	data, _ := os.ReadFile(file)
	ts.Fatalf("%s does not come to have %q:\n%s", args[0], text, data)
}

// term sends SIGTERM to the command in the background; the script command kill has only other signals.
func term(ts *testscript.TestScript, neg bool, args []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// get ENV-FILE PATH STATUS sends a request with the key in the file, and prints status, Date and body.
func get(ts *testscript.TestScript, neg bool, args []string) {
	env := environmentOf(ts, args[0])
	r, err := http.NewRequest("GET", env["HEROKU_HOST"]+"/apps/"+env["HEROKU_APP"]+args[1], nil)
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+env["HEROKU_API_KEY"])
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n%s\n", resp.StatusCode, resp.Header.Get("Date"), body)
}

// ask ENV-FILE METHOD PATH [BODY] sends a request with the key in the file, and prints status and body.
func ask(ts *testscript.TestScript, neg bool, args []string) {
	env := environmentOf(ts, args[0])
	r, err := http.NewRequest(args[1], env["HEROKU_HOST"]+args[2], strings.NewReader(strings.Join(args[3:], "")))
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+env["HEROKU_API_KEY"])
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s", resp.StatusCode, body)
}

// environmentOf reads the file that --env-file wrote.
func environmentOf(ts *testscript.TestScript, file string) map[string]string {
	env := map[string]string{}
	for line := range strings.Lines(ts.ReadFile(file)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	return env
}

// ready FILE checks that the first line has what a program needs, and that every line is JSON.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	for i, line := range strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n") {
		var e struct {
			Event, Address, App string
			Gate                *float64
			Env                 map[string]string
			At                  *float64
			Text                string
		}
		ts.Check(json.Unmarshal([]byte(line), &e))
		switch {
		case i == 0 && (e.Event != "ready" || e.Address == "" || e.Env["INPUT_API_URL"] != e.Address || e.App != e.Env["INPUT_APP"] || e.Gate == nil):
			ts.Fatalf("the first line is %s", line)
		case i > 0 && (e.Event != "story" && e.Event != "request" || e.At == nil || e.Text == ""):
			ts.Fatalf("line %d is %s", i+1, line)
		}
	}
}

// The examples in the list of faults can be used.
func TestFaultExamples(t *testing.T) {
	t.Parallel()
	for _, k := range slices.Concat(herokusim.FaultKinds, herokusim.AccountKinds) {
		c := serveCommand{Scenario: "fir", serving: serving{Fault: []string{k.Example}}}
		if _, err := play(c.Scenario, c.trouble); err != nil {
			t.Errorf("%s: %v", k.Example, err)
		}
	}
	for _, k := range herokusim.LogKinds {
		c := serveCommand{Scenario: "fir", serving: serving{Log: k.Example}}
		if _, err := play(c.Scenario, c.trouble); err != nil {
			t.Errorf("%s: %v", k.Example, err)
		}
	}
}

// With HTTPS the links in the answers are HTTPS, too.
func TestTLS(t *testing.T) {
	t.Parallel()
	other := httptest.NewTLSServer(nil) // it has a certificate for 127.0.0.1
	defer other.Close()
	pair, dir := other.TLS.Certificates[0], t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	first, line := io.Pipe()
	command := serveCommand{Scenario: "measured-deploy", Wait: true, serving: serving{Listen: "127.0.0.1:0", Speed: 1, TLS: dir, JSON: true}}
	ended := make(chan error, 1)
	go func() { ended <- command.Run(ctx, line) }()
	var ready struct{ Address string }
	if err := json.NewDecoder(first).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, first)
	r, err := http.NewRequestWithContext(ctx, "POST", ready.Address+"/apps/measured/log-sessions", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer any")
	resp, err := other.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), `"logplex_url":"`+ready.Address) {
		t.Errorf("%s, %v; there should be a log at %s", body, err, ready.Address)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
