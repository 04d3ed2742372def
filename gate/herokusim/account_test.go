// Tests of an account with writing requests: a whole experiment. Every request and answer must fit
// Heroku's schema.

package herokusim

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A writer is a client of an account. Its requests and their answers are checked against the
// schema, except requests that are wrong on purpose.
type writer struct {
	t     *testing.T
	a     *Account
	asked map[string]bool
}

// newWriter makes an account. Call it inside the synctest bubble.
func newWriter(t *testing.T, o AccountOptions) *writer {
	t.Helper()
	a, err := NewAccount(o)
	if err != nil {
		t.Fatal(err)
	}
	return &writer{t, a, map[string]bool{}}
}

// ask sends a request with a JSON body, or without a body.
func (w *writer) ask(method, path, body string) (int, map[string]any) {
	w.t.Helper()
	var into map[string]any
	status, data := w.send(method, path, body)
	if err := json.Unmarshal(data, &into); err != nil {
		w.t.Fatalf("%s %s: %d, %v: %s", method, path, status, err, data)
	}
	return status, into
}

// list requests a list.
func (w *writer) list(path string) []map[string]any {
	w.t.Helper()
	var into []map[string]any
	status, data := w.send("GET", path, "")
	if err := json.Unmarshal(data, &into); err != nil {
		w.t.Fatalf("GET %s: %d, %v: %s", path, status, err, data)
	}
	return into
}

func (w *writer) send(method, path, body string) (int, []byte) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://api.heroku.com"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	resp, err := checked{w.t, w.a.Server, w.asked}.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if schema, err := schemaOf(r); err != nil {
		w.t.Fatal(err)
	} else if err := schema.input(method, path, []byte(body)); resp.StatusCode < 300 && body != "" && err != nil {
		w.t.Errorf("%s %s: %s was taken, and is not of the schema: %v", method, path, body, err)
	}
	return resp.StatusCode, data
}

// good sends a request that must succeed.
func (w *writer) good(method, path, body string) map[string]any {
	w.t.Helper()
	status, value := w.ask(method, path, body)
	if status >= 300 {
		w.t.Fatalf("%s %s %s: %d %v", method, path, body, status, value)
	}
	return value
}

// refused sends a request that must be refused.
func (w *writer) refused(method, path, body string, want int, id, says string) {
	w.t.Helper()
	status, value := w.ask(method, path, body)
	if message, _ := value["message"].(string); status != want || value["id"] != id || !strings.Contains(message, says) {
		w.t.Errorf("%s %s %s: %d %v, want %d %s with %q", method, path, body, status, value, want, id, says)
	}
}

// tarball packs files into a gzipped tarball.
func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for name, text := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(archive, text)
	}
	archive.Close()
	zipped.Close()
	return b.Bytes()
}

// python returns the files of an app whose processes behave in that way.
func python(procfile, behaviour string) map[string]string {
	return map[string]string{"./requirements.txt": "", "./Procfile": procfile, "./app.py": "print()", "./behaviour.json": behaviour}
}

// upload uploads a source, and returns its URL.
func (w *writer) upload(data []byte) string {
	w.t.Helper()
	blob := w.good("POST", "/sources", "")["source_blob"].(map[string]any)
	r, err := http.NewRequestWithContext(w.t.Context(), "PUT", blob["put_url"].(string), bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.a.Transport().RoundTrip(r)
	if err != nil || resp.StatusCode != 200 {
		w.t.Fatalf("uploading: %v, %v", resp, err)
	}
	resp.Body.Close()
	return blob["get_url"].(string)
}

// build builds a source, and waits until the build ends.
func (w *writer) build(app string, files map[string]string, version string) map[string]any {
	w.t.Helper()
	url := w.upload(tarball(w.t, files))
	b := w.good("POST", "/apps/"+app+"/builds", fmt.Sprintf(`{"source_blob": {"url": %q, "version": %q}}`, url, version))
	for b["status"] == "pending" {
		time.Sleep(time.Second)
		b = w.good("GET", "/apps/"+app+"/builds/"+b["id"].(string), "")
	}
	return b
}

// A whole experiment: every request has its effect, and the lines that the app prints agree
// with the truth of the account.
func TestAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, AccountOptions{})
		app := w.good("POST", "/apps", `{"name": "measured"}`)
		if app["name"] != "measured" || len(w.list("/apps")) != 1 || len(w.list("/apps/measured/dynos")) != 0 || len(w.list("/apps/measured/formation")) != 0 {
			t.Errorf("the new app is %v", app)
		}
		first := w.build("measured", python("web: python app.py\nworker: python app.py worker\n", `{"code": 1, "stop": 2}`), "code-1")
		if first["status"] != "succeeded" || first["release"] == nil {
			t.Fatalf("the build is %v", first)
		}
		w.good("PATCH", "/apps/measured/formation/web", `{"quantity": 3, "size": "standard-1X"}`)
		w.good("PATCH", "/apps/measured/features/preboot", `{"enabled": true}`)
		time.Sleep(time.Minute)
		if n := len(w.list("/apps/measured/dynos")); n != 3 {
			t.Errorf("%d dynos, want 3", n)
		}
		w.build("measured", python("web: python app.py\nworker: python app.py worker\n", `{"code": 2}`), "code-2")
		released := w.a.Now()
		time.Sleep(10 * time.Minute)
		story := w.a.Apps()[0].Story
		last, ok := story.LastOldExit(4)
		if !ok || last-released < 3*time.Minute || last-released > 4*time.Minute {
			t.Errorf("released at %s, the last old process ended at %s", released, last)
		}
		w.good("DELETE", "/apps/measured", "")
		w.refused("GET", "/apps/measured", "", 404, "not_found", "that app")
		if len(w.list("/apps")) != 0 || w.a.Apps()[0].Deleted == 0 {
			t.Error("the app is not deleted")
		}
		for _, i := range w.a.Apps()[0].Story.Instances {
			if i.Exit == 0 || i.Exit > w.a.Now()+time.Minute {
				t.Errorf("%+v runs on in an app that is deleted", i)
			}
		}
	})
}

// In real time an account is an ordinary handler, and it can answer concurrent requests.
func TestAccountInRealTime(t *testing.T) {
	t.Parallel()
	a, err := NewAccount(AccountOptions{Options: Options{Speed: 100, Key: "key"}, Build: &Build{Takes: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	defer server.Close()
	send := func(method, url, body string, key string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return ""
		}
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Error(err)
			return ""
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		return string(data)
	}
	if said := send("POST", server.URL+"/apps", "", "wrong"); !strings.Contains(said, "unauthorized") || len(a.Apps()) != 0 {
		t.Errorf("a wrong key gets %s", said)
	}
	source := send("POST", server.URL+"/sources", "", "key")
	_, url, _ := strings.Cut(source, `"put_url":"`)
	url, _, _ = strings.Cut(url, `"`)
	send("PUT", url, string(tarball(t, python("web: a\n", `{"code": 1}`))), "")
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			app := fmt.Sprintf("%s/apps/shop-%d", server.URL, n)
			send("POST", server.URL+"/apps", fmt.Sprintf(`{"name": "shop-%d"}`, n), "key")
			session := send("POST", app+"/log-sessions", `{"tail": true}`, "key")
			_, log, _ := strings.Cut(session, `"logplex_url":"`)
			log, _, _ = strings.Cut(log, `"`)
			all.Go(func() {
				if log = strings.ReplaceAll(log, "\\u0026", "&"); !strings.Contains(send("GET", log, "", ""), "app[web.1]: alive code=1") {
					t.Errorf("the log of app %d has no sign of life", n)
				}
			})
			send("POST", app+"/builds", fmt.Sprintf(`{"source_blob": {"url": %q}}`, url), "key")
			for range 200 {
				if time.Sleep(10 * time.Millisecond); strings.Contains(send("GET", app+"/dynos", "", "key"), `"up"`) {
					break
				}
			}
			send("DELETE", app, "", "key")
		})
	}
	all.Wait()
	for _, app := range a.Apps() {
		if n := len(app.Story.Instances); n != 1 || app.Deleted == 0 {
			t.Errorf("%s had %d processes, deleted %s", app.Name, n, app.Deleted)
		}
	}
}

// A template with a story is refused.
func TestRefusedTemplates(t *testing.T) {
	t.Parallel()
	for says, sc := range map[string]*Scenario{
		"releases, events, young":         {Events: []Event{{Idle: true}}},
		"app.name and app.stack":          {App: App{Name: "shop"}},
		"template: list-lag: list-lag is": {ListLag: -1},
		"template: faults[0]":             {Faults: []Fault{{}}},
	} {
		if _, err := NewAccount(AccountOptions{Template: sc}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
