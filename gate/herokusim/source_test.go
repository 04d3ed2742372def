// Tests of uploads, builds, release phases, releases, and what the processes print.

package herokusim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// put sends data to a URL outside of the API.
func (w *writer) put(method, url string, data []byte, header ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, url, bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := w.a.Transport().RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// form changes the formation of the app "shop".
func (w *writer) form(updates string) {
	w.t.Helper()
	if status, body := w.send("PATCH", "/apps/shop/formation", updates); status != 200 || !bytes.HasPrefix(body, []byte("[")) {
		w.t.Fatalf("%s: %d %s", updates, status, body)
	}
}

// A source is uploaded without API key and Content-Type, and comes back as it was.
func TestUpload(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		blob := w.good("POST", "/apps/shop/sources", "")["source_blob"].(map[string]any)
		url := blob["put_url"].(string)
		for _, c := range []struct {
			method string
			data   []byte
			header []string
			status int
			says   string
		}{
			{"GET", nil, nil, 404, "NoSuchKey"},
			{"PUT", []byte("x"), []string{"Authorization", "Bearer key"}, 400, "InvalidArgument"},
			{"PUT", []byte("x"), []string{"Content-Type", "application/gzip"}, 403, "SignatureDoesNotMatch"},
			{"PUT", make([]byte, maxUpload+1), nil, 400, "EntityTooLarge"},
			{"GET", nil, nil, 404, "NoSuchKey"},
			{"PUT", []byte("code"), nil, 200, ""},
			{"GET", nil, nil, 200, "code"},
			{"DELETE", nil, nil, 405, "MethodNotAllowed"},
		} {
			if status, body := w.put(c.method, url, c.data, c.header...); status != c.status || !strings.Contains(body, c.says) {
				t.Errorf("%s %s: %d %s, want %d %s", c.method, c.header, status, body, c.status, c.says)
			}
		}
		if status, _ := w.put("PUT", strings.Replace(url, "/sources/", "/sources/x", 1), nil); status != 404 {
			t.Errorf("a source that nobody asked for is answered with %d", status)
		}
	})
}

// A build has an output and an end. If it succeeds, it has made a slug and a release.
func TestBuilds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files  map[string]string
		data   []byte // instead of files
		status string
		says   string
	}{
		"good":                {files: python(plain, `{"code": 1}`), status: "succeeded", says: "Procfile declares types -> web, worker"},
		"without a Procfile":  {files: map[string]string{"package.json": "{}"}, status: "succeeded", says: "Procfile declares types -> (none)"},
		"no language":         {files: map[string]string{"Procfile": plain}, status: "failed", says: "No default language could be detected"},
		"in a folder":         {files: map[string]string{"app/requirements.txt": "", "app/Procfile": plain}, status: "failed", says: "No default language could be detected"},
		"told to fail":        {files: python(plain, `{"build": {"fails": true}}`), status: "failed", says: "The build was told to fail."},
		"no tarball":          {data: []byte("PK"), status: "failed", says: "no gzipped tarball"},
		"half a tarball":      {data: tarball(t, python(plain, `{"code": 1}`))[:60], status: "failed", says: "no gzipped tarball"},
		"nothing":             {data: []byte{}, status: "failed", says: "no gzipped tarball"},
		"too much":            {files: map[string]string{"requirements.txt": "", "zeros": strings.Repeat("\x00", maxUnpack)}, status: "failed", says: "too large"},
		"unknown behaviour":   {files: python(plain, `{"colour": "red"}`), status: "failed", says: "colour"},
		"bad behaviour":       {files: python(plain, `{"code": -1}`), status: "failed", says: "give a number from 1 on"},
		"padding without end": {files: python(plain, `{"code": 1, "lines": 1000000}`), status: "failed", says: "lines is 1000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := c.data
			if data == nil {
				data = tarball(t, c.files)
			}
			onAccount(t, AccountOptions{}, func(w *writer) {
				url, start := w.upload(data), time.Now()
				b := w.good("POST", "/apps/shop/builds", fmt.Sprintf(`{"source_blob": {"url": %q, "version": "v1"}}`, url))
				if b["status"] != "pending" || b["release"] != nil || b["slug"] != nil {
					t.Errorf("at first it is %v", b)
				}
				_, output := w.put("GET", b["output_stream_url"].(string), nil)
				if took := time.Since(start); took != 20*time.Second || !strings.Contains(output, c.says) {
					t.Errorf("after %s it has printed, without %q:\n%s", took, c.says, output)
				}
				b = w.good("GET", "/apps/shop/builds/"+b["id"].(string), "")
				if b["status"] != c.status || (b["release"] != nil) != (c.status == "succeeded") || len(w.list("/apps/shop/builds")) != 1 {
					t.Errorf("at last it is %v", b)
				}
				if n := len(w.list("/apps/shop/releases")); n != map[string]int{"failed": 2, "succeeded": 3}[c.status] {
					t.Errorf("%d releases", n)
				}
				if c.status == "succeeded" {
					slug := w.good("GET", "/apps/shop/slugs/"+b["slug"].(map[string]any)["id"].(string), "")
					if slug["commit"] != "v1" {
						t.Errorf("the slug is %v", slug)
					}
				}
			})
		})
	}
}

// The formation has the types of the Procfile. Of new types only the first web process runs. Types
// that the Procfile does not have any more are stopped.
func TestProcfile(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		formation := func(want string) {
			t.Helper()
			var got []string
			for _, f := range w.list("/apps/shop/formation") {
				got = append(got, fmt.Sprintf("%s=%v:%s %s", f["type"], f["quantity"], f["size"], f["command"]))
			}
			if slices.Sort(got); strings.Join(got, ", ") != want {
				t.Errorf("the formation is %s, want %s", strings.Join(got, ", "), want)
			}
		}
		formation("")
		w.build("shop", python("web: a\n  worker:  b  \nrelease: r\n# no: line\n\n", `{"code": 1}`), "v1")
		formation("")
		time.Sleep(10 * time.Second) // the release phase
		formation("web=1:Basic a, worker=0:Basic b")
		w.form(`{"updates": [{"type": "web", "quantity": 2, "size": "standard-1x"}, {"type": "worker", "quantity": 1}]}`)
		w.build("shop", python("web: c\nclock: d\n", `{"code": 2}`), "v2")
		time.Sleep(time.Minute)
		formation("clock=0:Basic d, web=2:Standard-1X c")
		if n := len(w.list("/apps/shop/dynos")); n != 2 {
			t.Errorf("%d dynos, want 2", n)
		}
		if old := w.story().OldRunning(w.a.Now(), 4); len(old) > 0 {
			t.Errorf("old processes run on: %v", old)
		}
	})
}

// A failed release phase does not change the dynos. Config changes and rollbacks have a release phase, too.
func TestReleasePhaseOfASource(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		release := func(list string, version int) map[string]any {
			return w.good("GET", fmt.Sprintf("/apps/shop/%s/%d", list, version), "")
		}
		w.build("shop", python("web: a\nrelease: r\n", `{"code": 1, "release": {"seconds": 8}}`), "v1")
		if r := release("releases", 3); r["status"] != "pending" || r["current"] != false {
			t.Errorf("in its phase it is %v", r)
		}
		time.Sleep(2 * time.Second) // before the command starts there is no output
		_, output := w.put("GET", release("releases", 3)["output_stream_url"].(string), nil)
		time.Sleep(time.Second)
		if r := release("releases", 3); r["status"] != "succeeded" || !strings.Contains(output, "release phase of code 1") {
			t.Errorf("after its phase, which printed %q, it is %v", output, r)
		}
		time.Sleep(10 * time.Second)
		w.build("shop", python("web: a\nrelease: r\n", `{"code": 2, "release": {"fails": true}}`), "v2")
		time.Sleep(10 * time.Second)
		if r := release("releases", 4); r["status"] != "failed" || len(w.story().OldRunning(w.a.Now(), 4)) != 1 {
			t.Errorf("a failed release is %v", r)
		}
		w.good("PATCH", "/apps/shop/config-vars", `{"A": "1"}`)
		if r := release("releases", 5); r["status"] != "pending" {
			t.Errorf("a config change is %v", r)
		}
	})
}

// A restart gives each of its dynos a new process. It makes no release.
func TestRestarts(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"/dynos": 4, "/dynos/web": 3, "/dynos/web.2": 1, "/dynos/worker.1": 1} {
		onAccount(t, AccountOptions{}, func(w *writer) {
			w.build("shop", python(plain, `{"code": 1}`), "v1")
			w.form(`{"updates": [{"type": "web", "quantity": 3, "size": "standard-1x"}, {"type": "worker", "quantity": 1}]}`)
			time.Sleep(time.Minute)
			before := map[any]bool{}
			for _, d := range w.list("/apps/shop/dynos") {
				before[d["id"]] = true
			}
			w.good("DELETE", "/apps/shop"+path, "")
			n := 0
			for _, d := range w.list("/apps/shop/dynos") {
				if !before[d["id"]] {
					n++
				}
			}
			if n != want || len(w.list("/apps/shop/releases")) != 3 {
				t.Errorf("DELETE %s gives %d new dynos, want %d", path, n, want)
			}
		})
	}
}
