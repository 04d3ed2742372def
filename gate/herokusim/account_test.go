// This file tests an account that is written to: an experiment's whole way, and that each request and answer is Heroku's.

package herokusim

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A writer is a client of an account. What it asks and what it gets is held against the
// schema, unless it asks for something wrong on purpose.
type writer struct {
	t     *testing.T
	a     *Account
	asked map[string]bool
}

// newWriter makes an account, from inside the bubble.
func newWriter(t *testing.T, o AccountOptions) *writer {
	t.Helper()
	a, err := NewAccount(o)
	if err != nil {
		t.Fatal(err)
	}
	return &writer{t, a, map[string]bool{}}
}

// ask sends a request; its body is JSON, or none.
func (w *writer) ask(method, path, body string) (int, map[string]any) {
	w.t.Helper()
	var into map[string]any
	status, data := w.send(method, path, body)
	if err := json.Unmarshal(data, &into); err != nil {
		w.t.Fatalf("%s %s: %d, %v: %s", method, path, status, err, data)
	}
	return status, into
}

// list asks for a list.
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

// good wants the request to be done.
func (w *writer) good(method, path, body string) map[string]any {
	w.t.Helper()
	status, value := w.ask(method, path, body)
	if status >= 300 {
		w.t.Fatalf("%s %s %s: %d %v", method, path, body, status, value)
	}
	return value
}

// refused wants it not to be done.
func (w *writer) refused(method, path, body string, want int, id, says string) {
	w.t.Helper()
	status, value := w.ask(method, path, body)
	if message, _ := value["message"].(string); status != want || value["id"] != id || !strings.Contains(message, says) {
		w.t.Errorf("%s %s %s: %d %v, want %d %s with %q", method, path, body, status, value, want, id, says)
	}
}

// tarball packs files.
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

// python are the files of an app whose processes behave so.
func python(procfile, behaviour string) map[string]string {
	return map[string]string{"./requirements.txt": "", "./Procfile": procfile, "./app.py": "print()", "./behaviour.json": behaviour}
}

// upload brings a source to the account, and returns where it is.
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

// build has a source built, and waits for its end.
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

// The whole way of an experiment: what is asked for is what there is, and the truth of the
// app's own lines is the account's.
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
