// What must never happen: a request that changes something, a key that is sent to another host,
// a connection that is not secure. Sockets are on loopback only.

package platform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A request that is not on the list is not sent, in whatever way it is made.
func TestOnlyAllowedRequestsAreSent(t *testing.T) {
	t.Parallel()
	p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, "{}") })
	ask := func(method, address string) error {
		req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse("https://api.heroku.com")
		_, err = (&sender{base: d, meter: newMeter(), api: u}).RoundTrip(req)
		return err
	}
	for _, c := range []string{
		"DELETE https://api.heroku.com/apps/shop", "PATCH https://api.heroku.com/apps/shop", "PUT https://api.heroku.com/apps/shop",
		"POST https://api.heroku.com/apps/shop", "POST https://api.heroku.com/apps/shop/dynos", "POST https://api.heroku.com/apps/shop/releases",
		"DELETE https://api.heroku.com/apps/shop/dynos", "DELETE https://api.heroku.com/apps/shop/dynos/web.1",
		"PATCH https://api.heroku.com/apps/shop/formation", "PATCH https://api.heroku.com/apps/shop/features/preboot",
		"POST https://api.heroku.com/apps", "POST https://api.heroku.com/sources", "POST https://api.heroku.com/apps/shop/sources",
		"PATCH https://api.heroku.com/apps/shop/formation/web", "PATCH https://api.heroku.com/apps/shop/config-vars",
		"POST https://api.heroku.com/apps/shop/builds", "DELETE https://api.heroku.com/apps/shop/log-sessions", "GET https://api.heroku.com/apps/shop/log-sessions",
		"GET https://api.heroku.com/apps/shop/config-vars", "GET https://api.heroku.com/apps/shop/features/other", "GET https://api.heroku.com/apps",
		"GET https://api.heroku.com/account", "GET https://api.heroku.com/apps/shop/dynos/", "GET https://api.heroku.com/apps/shop/dynos?extended=true",
		"GET https://elsewhere.example.com/apps/shop/dynos", "GET http://api.heroku.com/apps/shop/dynos", "GET https://api.heroku.com:8443/apps/shop/dynos",
		"GET https://api.heroku.com/apps/shop/../../account",
	} {
		method, address, _ := strings.Cut(c, " ")
		if err := ask(method, address); err == nil {
			t.Errorf("%s was sent", c)
		}
	}
	service := p.service
	for name, err := range map[string]error{
		"put":    service.Put(t.Context(), nil, "/apps/shop", nil),
		"patch":  service.Patch(t.Context(), nil, "/apps/shop", nil),
		"delete": service.Delete(t.Context(), nil, "/apps/shop/dynos"),
		"post":   service.Post(t.Context(), nil, "/apps/shop/releases", nil),
	} {
		if err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	if len(d.seen) > 0 {
		t.Errorf("sent: %q", d.seen)
	}
	if err := ask("GET", "https://api.heroku.com/apps/shop%2Fx/dynos"); err != nil {
		t.Error(err)
	}
}

// The address of the API can have a path, as behind a proxy. The list of requests applies below it.
func TestRequestsAreAllowedBelowThePathOfTheAPI(t *testing.T) {
	t.Parallel()
	var seen string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.URL.Path
		answer(w, 200, `{"id":"1","name":"shop"}`)
	}))
	defer server.Close()
	p, err := New(Options{Key: key, URL: server.URL + "/heroku/"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.App(t.Context(), "shop"); err != nil || seen != "/heroku/apps/shop" {
		t.Errorf("%v, %q", err, seen)
	}
}

// The key is never sent to where a redirect points: the client follows neither a redirect of the API
// nor a redirect of the output of a release.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		followed.Add(1)
		t.Errorf("%s was asked for elsewhere, with authorization %q", r.URL.Path, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	var output, keys atomic.Int32
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			keys.Add(1)
		}
		switch r.URL.Path {
		case "/apps/shop/releases/7":
			answer(w, 200, `{"id":"r","version":7,"created_at":"2026-03-04T05:00:00Z","output_stream_url":"`+server.URL+`/output"}`)
			return
		case "/output":
			output.Add(1)
			if r.Header.Get("Authorization") != "" {
				t.Error("the key went to the output stream")
			}
		}
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
	}))
	defer server.Close()
	p, err := New(Options{Key: key, URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.App(t.Context(), "shop"); err == nil || !strings.Contains(err.Error(), "not followed") {
		t.Errorf("API: %v", err)
	}
	if _, err := p.LogSession(t.Context(), "shop", 1, true); err == nil || !strings.Contains(err.Error(), "not followed") {
		t.Errorf("log session: %v", err)
	}
	if _, err := p.ReleaseOutput(t.Context(), "shop", 7, 100); err == nil || !strings.Contains(err.Error(), "answered 302") {
		t.Errorf("output: %v", err)
	}
	if followed.Load() != 0 || output.Load() != 1 || keys.Load() != 3 {
		t.Errorf("%d followed, output asked for %d times, %d requests with the key", followed.Load(), output.Load(), keys.Load())
	}
}

func TestErrorsOfRealConnections(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close() // nobody listens there any more
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	t.Cleanup(unknown.Close)
	silent := hangUp(t, nil)
	plain := hangUp(t, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	for name, c := range map[string]struct {
		address, want string
		kind          observe.TroubleKind
	}{
		"refused":             {"http://" + closed.Addr().String(), "connection refused", observe.Unreachable},
		"unknown certificate": {unknown.URL, "the certificate is not trusted (x509: certificate signed by unknown authority)", observe.CannotConnect},
		"another host's":      {strings.Replace(unknown.URL, "127.0.0.1", "localhost", 1), "the certificate is not trusted (x509: ", observe.CannotConnect},
		"reset":               {"http://" + silent, "EOF", observe.Unreachable},
		"cut in the TLS":      {"https://" + silent, "EOF", observe.Unreachable},
		"not TLS":             {"https://" + plain, "what answers does not speak TLS", observe.CannotConnect},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := New(Options{Key: key, URL: c.address})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer cancel()
			_, err = p.App(ctx, "shop")
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), key) || e.Kind() != c.kind {
				t.Errorf("%v, want %q", err, c.want)
			}
			if again := p.Budget().Requests > 1; again != (c.kind == observe.Unreachable) {
				t.Errorf("it was tried %d times", p.Budget().Requests)
			}
		})
	}
}

// hangUp accepts connections, writes say to each, and closes it.
func hangUp(t *testing.T, say []byte) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(time.Second))
			c.Read(make([]byte, 4096))
			fmt.Fprint(c, string(say))
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestTransportHasModernTLSAndProxies(t *testing.T) {
	t.Parallel()
	tr := defaultTransport()
	if tr.TLSClientConfig.MinVersion < 0x0303 || tr.TLSClientConfig.InsecureSkipVerify || !tr.ForceAttemptHTTP2 {
		t.Errorf("TLS %+v", tr.TLSClientConfig)
	}
	if tr.Proxy == nil {
		t.Error("no proxies")
	}
}
