// Answers of all kinds, good and bad, served without a socket.

package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
)

const key = "HRKU-0000-very-secret"

// direct calls a handler without a socket, which would stop fake time.
type direct struct {
	handler http.HandlerFunc
	mu      sync.Mutex
	seen    []string // each request: when, method, path, range, and body
	begin   time.Time
}

func (d *direct) RoundTrip(req *http.Request) (*http.Response, error) {
	body := []byte{}
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	d.mu.Lock()
	d.seen = append(d.seen, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", req.Method, req.URL.EscapedPath(), req.Header.Get("Range"), body)))
	d.mu.Unlock()
	w := httptest.NewRecorder()
	var failed error
	func() {
		defer func() {
			if e, ok := recover().(error); ok {
				failed = e
			}
		}()
		d.handler(w, req)
	}()
	if failed != nil {
		return nil, failed
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func client(t *testing.T, h http.HandlerFunc) (*Client, *direct) {
	t.Helper()
	d := &direct{handler: h, begin: time.Now()}
	c, err := New(Options{Key: key, Transport: d, Now: func() time.Time { return dated }})
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

const date = "Wed, 04 Mar 2026 05:06:07 GMT"

var dated = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Date", date)
	w.Header().Set("Request-Id", "req-1")
	w.Header().Set("RateLimit-Remaining", "4321")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func TestApp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		want observe.App
	}{
		"common":            {`{"id":"1","name":"shop","space":null,"generation":{"id":"9","name":"cedar"}}`, observe.App{ID: "1", Name: "shop", Generation: "cedar"}},
		"fir, in 3.sdk":     {`{"id":"1","name":"shop","space":{"id":"2","name":"hall","shield":false},"generation":"fir"}`, observe.App{ID: "1", Name: "shop", Space: "hall", Generation: "fir"}},
		"maintenance":       {`{"id":"1","name":"shop","maintenance":true,"generation":null}`, observe.App{ID: "1", Name: "shop", Maintenance: true}},
		"strange":           {`{"id":"1","name":"shop","generation":7}`, observe.App{ID: "1", Name: "shop"}},
		"generation absent": {`{"id":"1","name":"shop"}`, observe.App{ID: "1", Name: "shop"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, c.body) })
			got, err := p.App(t.Context(), "my/app")
			if diff := cmp.Diff(observe.Observation{Date: dated, App: &c.want}, got); diff != "" || err != nil {
				t.Errorf("%v; -want +got:\n%s", err, diff)
			}
			if diff := cmp.Diff([]string{"GET /apps/my%2Fapp"}, d.seen); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(Budget{Requests: 1, Remaining: 4321, Lowest: 4321}, p.Budget()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPreboot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testPreboot)
}

func testPreboot(t *testing.T) {
	body, status := "", 0
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, status, body) })
	for _, tc := range []struct {
		status int
		body   string
		want   *observe.Preboot // nil: an error
	}{
		{200, `{"enabled":true,"updated_at":"2026-03-01T00:00:00Z"}`, &observe.Preboot{Known: true, Enabled: true, ChangedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, nil}, // it may be a mistake
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, &observe.Preboot{Known: true}},
		{200, `{"enabled":true}`, &observe.Preboot{Known: true, Enabled: true}},
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, nil},
		{403, `{"id":"forbidden","message":"no"}`, nil},
		{404, "<html>not found", nil}, // not the platform's word
		{200, `{"updated_at":"2026-03-01T00:00:00Z"}`, nil},
		{200, `{"enabled":null}`, nil},
	} {
		status, body = tc.status, tc.body
		got, err := p.Preboot(t.Context(), "shop")
		if diff := cmp.Diff(tc.want, got.Preboot); diff != "" || (err != nil) != (tc.want == nil) {
			t.Errorf("status %d: %v %s", tc.status, err, diff)
		}
		time.Sleep(time.Minute) // in virtual time
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testMetrics)
}

func testMetrics(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   *observe.Metrics // nil: an error
	}{
		{200, `{"enabled":true,"updated_at":"2026-03-01T00:00:00Z"}`, &observe.Metrics{Known: true, Enabled: true, ChangedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{200, `{"enabled":false}`, &observe.Metrics{Known: true}},
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, &observe.Metrics{Known: true}},
		{404, "<html>not found", nil}, // not the platform's word
		{403, `{"id":"forbidden","message":"no"}`, nil},
		{200, `{"updated_at":"2026-03-01T00:00:00Z"}`, nil},
	} {
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, tc.status, tc.body) })
		got, err := p.Metrics(t.Context(), "shop")
		if diff := cmp.Diff(tc.want, got.Metrics); diff != "" || (err != nil) != (tc.want == nil) {
			t.Errorf("status %d, %s: %v %s", tc.status, tc.body, err, diff)
		}
		if want := "GET /apps/shop/features/log-runtime-metrics"; d.seen[0] != want {
			t.Errorf("it asks %q, want %q", d.seen, want)
		}
	}
}

const oneDyno = `{"id":"a","name":"web.1","type":"web","state":"up","release":{"version":7}}`

// pages serves three pages of dynos, one formation, and cut releases.
func pages(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	switch r.URL.Path + " " + r.Header.Get("Range") {
	case "/apps/shop/dynos id ..; max=1000":
		h.Set("Next-Range", "id ]a..; max=1000")
		answer(w, 206, `[{"id":"a","name":"web.1","type":"web","state":"up","size":"Standard-1X","release":{"id":"r","version":7},"created_at":"2026-03-04T05:00:00Z","updated_at":"2026-03-04T05:00:09Z"}]`)
	case "/apps/shop/dynos id ]a..; max=1000":
		h.Set("Next-Range", "id ]b..; max=1000")
		answer(w, 206, `[{"id":"b","name":"web.2","type":"web","state":"down","release":{"version":6}}]`)
	case "/apps/shop/dynos id ]b..; max=1000":
		answer(w, 200, `[{"id":"c","name":"run.1","type":"run","state":"up","release":{"version":7}}]`)
	case "/apps/shop/formation id ..; max=1000":
		answer(w, 200, `[{"type":"web","quantity":2,"size":"Standard-1X"}]`)
	case "/apps/shop/releases version ..; max=2, order=desc":
		h.Set("Next-Range", "version ..6; max=2, order=desc")
		answer(w, 206, `[{"id":"r","version":7,"status":"succeeded","current":true,"slug":{"id":"s"},"description":"Deploy 1"},{"id":"q","version":6,"status":null,"slug":null}]`)
		h.Set("Date", "x")
	default:
		answer(w, 416, `{"id":"requested_range_not_satisfiable","message":"no"}`)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	want := &observe.Look{
		Dynos: []observe.Dyno{
			{ID: "a", Name: "web.1", Type: "web", State: "up", Size: "Standard-1X", Version: 7,
				CreatedAt: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 3, 4, 5, 0, 9, 0, time.UTC)},
			{ID: "b", Name: "web.2", Type: "web", State: "down", Version: 6}, {ID: "c", Name: "run.1", Type: "run", State: "up", Version: 7},
		},
		Formation: []observe.Formation{{Type: "web", Quantity: 2, Size: "Standard-1X"}},
		Releases: []observe.Release{
			{ID: "r", Version: 7, Status: "succeeded", Current: true, SlugID: "s", Description: "Deploy 1"}, {ID: "q", Version: 6},
		},
		ReleasesCut: true,
	}
	p, _ := client(t, pages)
	got, err := p.Look(t.Context(), "shop", true, 2)
	if diff := cmp.Diff(want, got.Look); diff != "" || err != nil || got.Date != dated {
		t.Errorf("%v, %v; -want +got:\n%s", err, got.Date, diff)
	}
	got, err = p.Look(t.Context(), "shop", false, 2)
	want.Formation, want.Releases, want.ReleasesCut = nil, nil, false
	if diff := cmp.Diff(want, got.Look); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
}

func TestEmptyLook(t *testing.T) {
	t.Parallel()
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, "[]") })
	got, err := p.Look(t.Context(), "shop", true, 0)
	if err != nil || got.Look.Dynos == nil || !got.Look.Full() {
		t.Errorf("%v, %+v", err, got.Look)
	}
}

func TestAListWithAMissingPageIsAnError(t *testing.T) {
	t.Parallel()
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Range"), "]b") {
			answer(w, 404, `{"id":"not_found","message":"gone"}`)
			return
		}
		pages(w, r)
	})
	got, err := p.Look(t.Context(), "shop", true, 2)
	var e *Error
	if !errors.As(err, &e) || e.Kind() != observe.NotFound || got.Look != nil {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestAListWithoutAnEndIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(n int) string{
		"the same":  func(int) string { return "id ]a.." },
		"the first": func(int) string { return allByID },
		"always":    func(n int) string { return fmt.Sprintf("id ]%d..", n) },
	} {
		n := 0
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			w.Header().Set("Next-Range", next(n))
			answer(w, 206, "["+oneDyno+"]")
		})
		if _, err := p.Look(t.Context(), "shop", false, 0); err == nil || n > maxPages {
			t.Errorf("%s: %v after %d pages", name, err, n)
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	built := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		code   observe.CodeRef
		status int
		body   string
		want   observe.Code
		path   string
	}{
		"slug":                      {observe.CodeRef{ID: "s"}, 200, `{"id":"s","commit":"abc","created_at":"2026-03-04T05:00:00Z"}`, observe.Code{ID: "s", Commit: "abc", CreatedAt: built}, "slugs/s"},
		"slug without a commit":     {observe.CodeRef{ID: "s"}, 200, `{"id":"s","commit":null}`, observe.Code{ID: "s"}, "slugs/s"},
		"slug that is gone":         {observe.CodeRef{ID: "s"}, 404, `{"id":"not_found","message":"no slug"}`, observe.Code{ID: "s"}, "slugs/s"},
		"slug that may not be seen": {observe.CodeRef{ID: "s"}, 403, `{"id":"forbidden","message":"no"}`, observe.Code{ID: "s"}, "slugs/s"},
		"image":                     {observe.CodeRef{ID: "i", Image: true}, 200, `[{"id":"i","commit":"abc","created_at":"2026-03-04T05:00:00Z"}]`, observe.Code{ID: "i", Commit: "abc", CreatedAt: built}, "oci-images/i"},
		"image alone":               {observe.CodeRef{ID: "i", Image: true}, 200, `{"id":"i","commit":"abc"}`, observe.Code{ID: "i", Commit: "abc"}, "oci-images/i"},
		"no image":                  {observe.CodeRef{ID: "i", Image: true}, 200, `[]`, observe.Code{ID: "i"}, "oci-images/i"},
		"something else":            {observe.CodeRef{ID: "i", Image: true}, 200, `"what"`, observe.Code{ID: "i"}, "oci-images/i"},
		"no such endpoint":          {observe.CodeRef{ID: "i", Image: true}, 404, `{"id":"not_found","message":"Couldn't find that page."}`, observe.Code{ID: "i"}, "oci-images/i"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, tc.status, tc.body) })
			o, err := p.Code(t.Context(), "shop", tc.code)
			if diff := cmp.Diff(&tc.want, o.Code); diff != "" || err != nil {
				t.Error(err, diff)
			}
			if diff := cmp.Diff([]string{"GET /apps/shop/" + tc.path}, d.seen); diff != "" {
				t.Error(diff)
			}
		})
	}
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 401, `{"id":"unauthorized","message":"no"}`) })
	if _, err := p.Code(t.Context(), "shop", observe.CodeRef{ID: "s"}); err == nil {
		t.Error("a revoked key passed for a slug without a commit")
	}
}

func TestReleasesAreReadPageByPageAndNoFurtherThanAsked(t *testing.T) {
	t.Parallel()
	p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/releases") {
			answer(w, 200, `[]`)
			return
		}
		switch r.Header.Get("Range") {
		case "version ..; max=1000, order=desc":
			w.Header().Set("Next-Range", "version ]3..; max=1000, order=desc")
			answer(w, 206, `[{"id":"a","version":5,"status":"succeeded","slug":null,"artifacts":[{"type":"slug","id":"x"},{"type":"oci-image","id":"i"}]},{"id":"b","version":3}]`)
		case "version ]3..; max=1000, order=desc":
			w.Header().Set("Next-Range", "version ]2..; max=1000, order=desc")
			answer(w, 206, `[{"id":"c","version":2}]`)
		default:
			answer(w, 200, `[{"id":"d","version":1}]`)
		}
	})
	for most, want := range map[int]struct {
		versions []int
		cut      bool
	}{2000: {[]int{5, 3, 2, 1}, false}, 1003: {[]int{5, 3, 2, 1}, false}} {
		o, err := p.Look(t.Context(), "shop", true, most)
		if err != nil {
			t.Fatal(err)
		}
		var versions []int
		for _, r := range o.Look.Releases {
			versions = append(versions, r.Version)
		}
		if diff := cmp.Diff(want.versions, versions); diff != "" || o.Look.ReleasesCut != want.cut {
			t.Errorf("most %d: cut %v, %s", most, o.Look.ReleasesCut, diff)
		}
		if first := o.Look.Releases[0]; first.ImageID != "i" || first.SlugID != "" {
			t.Errorf("the newest release is %+v", first)
		}
	}
	if n := len(d.seen); n != 10 {
		t.Errorf("%d requests: %s", n, d.seen)
	}
	rows, cut, _, err := readPages[releaseRow](t.Context(), p, "reading", "/apps/shop/releases", "version ..; max=1000, order=desc", 3)
	if len(rows) != 3 || !cut || err != nil {
		t.Errorf("%d rows, cut %v, %v", len(rows), cut, err)
	}
}

func TestBuilds(t *testing.T) {
	t.Parallel()
	p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `[{"id":"1","status":"succeeded","created_at":"2026-03-04T05:00:00Z","release":{"id":"r"},"slug":{"id":"s"},"source_blob":{"version":"abc"}},
			{"id":"2","status":"pending","created_at":"2026-03-04T05:01:00Z","release":null,"slug":null,"source_blob":{"version":null}}]`)
	})
	builds, err := p.Builds(t.Context(), "shop")
	want := &observe.Builds{Builds: []observe.Build{
		{ID: "2", Status: "pending", CreatedAt: time.Date(2026, 3, 4, 5, 1, 0, 0, time.UTC)},
		{ID: "1", Status: "succeeded", Commit: "abc", ReleaseID: "r", SlugID: "s", CreatedAt: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)},
	}}
	if diff := cmp.Diff(want, builds.Builds); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if diff := cmp.Diff([]string{"GET /apps/shop/builds started_at ..; max=50, order=desc"}, d.seen); diff != "" {
		t.Error(diff)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		o  Options
		ok bool
	}{
		"default":      {Options{Key: key}, true},
		"https":        {Options{Key: key, URL: "https://proxy.example.com/heroku/"}, true},
		"loopback":     {Options{Key: key, URL: "http://127.0.0.1:8080"}, true},
		"localhost":    {Options{Key: key, URL: "http://localhost:8080"}, true},
		"clear":        {Options{Key: key, URL: "http://api.heroku.com"}, false},
		"no scheme":    {Options{Key: key, URL: "api.heroku.com"}, false},
		"other scheme": {Options{Key: key, URL: "ftp://127.0.0.1"}, false},
		"user":         {Options{Key: key, URL: "https://u:" + key + "@api.heroku.com"}, false},
		"query":        {Options{Key: key, URL: "https://api.heroku.com?k=" + key}, false},
		"not a URL":    {Options{Key: key, URL: "https://%zz" + key}, false},
		"no key":       {Options{}, false},
		"two lines":    {Options{Key: key + "\n"}, false},
	}
	for name, c := range cases {
		_, err := New(c.o)
		if (err == nil) != c.ok || err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLogSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := 503
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
			answer(w, status, `{"logplex_url":"https://logs.example.com/x"}`)
		})
		// No retry here: the reader of the log retries.
		if got, err := p.LogSession(t.Context(), "shop", 1500, true); got != "" || err == nil || RefusesLog(err) {
			t.Errorf("%q, %v", got, err)
		}
		status = 201
		if got, err := p.LogSession(t.Context(), "shop", 1500, true); got != "https://logs.example.com/x" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		want := `POST /apps/shop/log-sessions  {"lines":1500,"tail":true}`
		if diff := cmp.Diff([]string{want, want}, d.seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReleaseOutput(t *testing.T) {
	t.Parallel()
	const out = "https://output.example.com/very/secret/address"
	cases := map[string]struct {
		url    string
		status int
		fail   bool
		want   string
		ok     bool
	}{
		"the end of it":   {out, 200, false, "world", true},
		"not begun":       {out, 404, false, "", true},
		"none":            {"", 200, false, "", true},
		"refused":         {out, 403, false, "", false},
		"redirect":        {out, 302, false, "", false},
		"no connection":   {out, 200, true, "", false},
		"in the clear":    {"http://output.example.com/very/secret/address", 200, false, "", false},
		"not an address":  {"very/secret/address", 200, false, "", false},
		"only a fragment": {"#very/secret/address", 200, false, "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Host == "api.heroku.com" {
					url, _ := json.Marshal(c.url)
					answer(w, 200, `{"id":"r","version":7,"output_stream_url":`+string(url)+`}`)
					return
				}
				if r.Header.Get("Authorization") != "" {
					t.Error("the key was sent to another host")
				}
				if c.fail {
					panic(errors.New("dial " + out + " with " + key))
				}
				w.Header().Set("Location", "https://elsewhere.example.com")
				answer(w, c.status, "hello, world")
			})
			got, err := p.ReleaseOutput(t.Context(), "shop", 7, 5)
			if string(got) != c.want || (err == nil) != c.ok {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && (strings.Contains(err.Error(), "very/secret") || strings.Contains(err.Error(), key)) {
				t.Errorf("a secret came out: %v", err)
			}
		})
	}
}

func TestRefusesLog(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{0: false, 401: true, 403: true, 404: true, 408: false, 422: true, 429: false, 500: false, 503: false} {
		if got := RefusesLog(fmt.Errorf("x: %w", &Error{Status: status})); got != want {
			t.Errorf("RefusesLog of %d = %v", status, got)
		}
	}
	if RefusesLog(context.Canceled) {
		t.Error("an end is no refusal")
	}
}
