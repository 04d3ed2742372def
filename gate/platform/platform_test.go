// The client, and helpers: a platform that answers without a socket.

package platform

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
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

const oneDyno = `{"id":"a","name":"web.1","type":"web","state":"up","release":{"version":7}}`

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
