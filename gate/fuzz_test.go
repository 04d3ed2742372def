// Fuzz tests of the inputs and of recordings.

package gate_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/rollout"
)

// refusing is a platform that refuses every request.
type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusUnauthorized, Status: "401 Unauthorized", Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"id":"unauthorized","message":"no"}`)),
	}, nil
}

// FuzzInputs gives the inputs any values. Either the gate refuses each invalid one with a
// message, or it starts, and the platform refuses it. The key is never printed.
func FuzzInputs(f *testing.F) {
	f.Add("app", "my-app")
	f.Add("release", "v00")
	f.Add("commit", "abcdef")
	f.Add("timeout", "1h-30m")
	f.Add("timeout", "99999999999999999999")
	f.Add("poll-interval", "0")
	f.Add("process-types", "web,,worker\nclock web")
	f.Add("api-url", "https://user:HRKU-0a1b2c3d-0000-4000-8000-123456789abc@example.com/")
	f.Add("api-key", "two\nlines")
	f.Add("boot-timeout", "1e9s")
	f.Fuzz(func(t *testing.T, name, value string) {
		if name == "record" {
			return // it would write files
		}
		output := filepath.Join(t.TempDir(), "output")
		env := map[string]string{"GITHUB_OUTPUT": output, "INPUT_APP": "my-app", "INPUT_API-KEY": testKey}
		env["INPUT_"+strings.ToUpper(name)] = value
		var out, errs bytes.Buffer
		ended := false
		c := gate.Command{
			Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &errs, Transport: refusing{},
			Ended: func(rollout.Picture, rollout.Verdict) { ended = true },
		}
		status := c.Main(t.Context())
		o := readOutputs(t, output)
		switch {
		case status == gate.ExitInvalid && o["reason"] == "invalid-input" && o["message"] != "" && !ended:
		case status == gate.ExitUndecided && o["reason"] == "unauthorized" && ended:
		default:
			t.Errorf("status %d, outputs %q\n%s%s", status, o, out.String(), errs.String())
		}
		if text := out.String() + errs.String() + o["message"] + o["report"]; strings.Contains(text, testKey) {
			t.Errorf("the key is in %s", text)
		}
	})
}

// FuzzReplay reads anything as a recording. Either it replays to a verdict, or the error
// has the number of a line.
func FuzzReplay(f *testing.F) {
	const header = `{"rolloutGateRecording":1,"config":{"App":"a","Want":{"Version":0,"ID":"","Commit":""},"UseLog":true}}` + "\n"
	f.Add([]byte(""))
	f.Add([]byte(header))
	f.Add([]byte(header + `{"at":5,"end":"interrupt"}` + "\n"))
	f.Add([]byte(header + `{"at":5,"trouble":{"kind":"not-found","message":"no"}}` + "\n"))
	f.Add([]byte(header + `{"at":5,"look":{"askedAt":0,"dynos":[{"id":"x","name":"web.1","type":"web","state":"up","version":3}],"formation":[],"releases":[]}}` + "\n" + `{"at":9,"end":"deadline"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "recording")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		ended := false
		c := gate.Command{Args: []string{"replay", file}, Stdout: &out, Stderr: &errs, Ended: func(rollout.Picture, rollout.Verdict) { ended = true }}
		status := c.Main(t.Context())
		if !ended && (status != gate.ExitInvalid || !strings.Contains(errs.String(), "line") && !strings.Contains(errs.String(), "empty")) {
			t.Errorf("status %d, said %q", status, errs.String())
		}
		measured := gate.Command{Args: []string{"replay", "--measure", file}, Stdout: &out, Stderr: &errs}
		if status := measured.Main(t.Context()); ended && status != gate.ExitPassed || !ended && status != gate.ExitInvalid {
			t.Errorf("measured: status %d, said %q", status, errs.String())
		}
	})
}
