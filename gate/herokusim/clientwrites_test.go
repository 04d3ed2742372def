// The official Heroku client writes to the simulated Heroku: it creates an app, scales it, switches its
// features, sets config vars, and destroys the app.

package herokusim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestClientWrites(t *testing.T) {
	needClient(t)
	t.Parallel()
	s := simulateAccount(t, "--build=1s")
	says := func(want string, args ...string) {
		t.Helper()
		r := s.command(nil, args...)
		if got := words(unframed(r.stderr + r.stdout)); r.status != 0 || !strings.Contains(got, want) {
			t.Fatalf("heroku %s: status %d, it does not say %q:\n%s", strings.Join(args, " "), r.status, want, got)
		}
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if r := s.command(nil, args...); r.status == 0 || !strings.Contains(unframed(r.stderr), want) {
			t.Fatalf("heroku %s: status %d, it does not say %q:\n%s", strings.Join(args, " "), r.status, want, r.stderr)
		}
	}
	says("Creating app... done", "create")
	says("Creating shop... done", "create", "shop")
	refused("Name shop is already taken", "create", "shop")
	s.app = "shop"
	refused("No process types on", "ps:scale")
	refused("Couldn't find that process type (web).", "ps:scale", "web=1")
	s.deliver(python("web: python app.py\nworker: python app.py worker\n", `{"code": 1}`), "code-1")
	refused("Cannot update to more than 1 Basic size dynos per process type.", "ps:scale", "web=2")
	refused("Preboot is not available", "features:enable", "preboot")
	says("now running web at 2:Standard-1X, worker at 1:Standard-2X", "ps:scale", "web=2:standard-1x", "worker+1:Standard-2X")
	says("Enabling preboot for shop... done", "features:enable", "preboot")
	says("Setting COLOUR and restarting shop... done, v4 COLOUR: red", "config:set", "COLOUR=red")
	refused("Cannot change formation for a preboot app until preboot is complete", "ps:scale", "web=3")
	says("web=2:Standard-1X worker=1:Standard-2X", "ps:scale")
	says("Disabling preboot for shop... done", "features:disable", "preboot")
	says("v4 Set COLOUR config vars developer@example.com", "releases")
	says("Restarting", "ps:restart", "--dyno-name", "web.1")
	says("Rolling back shop to v3... done, v5", "rollback", "v3")
	says("app[web.1]: alive code=1 process=", "logs", "-n", "1000")
	says("Destroying shop (including all add-ons)... done", "apps:destroy", "--confirm", "shop")
	refused("Couldn't find that app.", "ps")
	if t.Failed() {
		return
	}
	seen := map[string]bool{}
	for _, l := range s.looks {
		seen[l.method+" "+strings.ReplaceAll(l.path, "shop", "*")] = true
	}
	for _, want := range []string{"POST /apps", "PATCH /apps/*/formation", "PATCH /apps/*/features/preboot", "PATCH /apps/*/config-vars", "DELETE /apps/*/dynos/web.1", "POST /apps/*/releases", "DELETE /apps/*"} {
		if !seen[want] {
			t.Errorf("the client never sent %s", want)
		}
	}
}

// deliver uploads a source, builds it, and waits until it is released. Without Git the official client
// has no command for that.
func (s *simulator) deliver(files map[string]string, version string) {
	s.t.Helper()
	send := func(method, url string, body io.Reader, into any) {
		s.t.Helper()
		r, err := http.NewRequestWithContext(s.t.Context(), method, url, body)
		if err != nil {
			s.t.Fatal(err)
		}
		if into != nil {
			r.Header.Set("Authorization", "Bearer "+s.key)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode >= 300 || into != nil && json.Unmarshal(data, into) != nil {
			s.t.Fatalf("%s %s: %d, %v: %s", method, url, resp.StatusCode, err, data)
		}
	}
	var source struct {
		Blob struct {
			Put string `json:"put_url"`
			Get string `json:"get_url"`
		} `json:"source_blob"`
	}
	send("POST", s.url+"/sources", nil, &source)
	send("PUT", source.Blob.Put, bytes.NewReader(tarball(s.t, files)), nil)
	var b struct{ ID, Status string }
	send("POST", s.url+"/apps/"+s.app+"/builds", strings.NewReader(fmt.Sprintf(`{"source_blob": {"url": %q, "version": %q}}`, source.Blob.Get, version)), &b)
	for end := time.Now().Add(20 * time.Second); b.Status == "pending" && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		send("GET", s.url+"/apps/"+s.app+"/builds/"+b.ID, nil, &b)
	}
	if b.Status != "succeeded" {
		s.t.Fatalf("the build is %s", b.Status)
	}
}
