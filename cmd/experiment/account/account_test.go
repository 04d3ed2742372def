// What is sent and what is not, what is tried again, and what an error says.

package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

const key = "HRKU-secret-of-the-test"

// fake answers by method and path: each entry is used once, the last one for good.
type fake struct {
	answers map[string][]string // "200 body", or an error
	asked   []string
	keys    map[string]bool // hosts that saw the key
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	what := req.Method + " " + req.URL.Host + req.URL.Path
	f.asked = append(f.asked, what)
	if strings.Contains(req.Header.Get("Authorization"), key) {
		f.keys[req.URL.Host] = true
	}
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
	list := f.answers[what]
	if len(list) == 0 {
		return nil, fmt.Errorf("nothing is known of %s", what)
	}
	if len(list) > 1 {
		f.answers[what] = list[1:]
	}
	status, body, ok := strings.Cut(list[0], " ")
	switch {
	case status == "dial":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no such host")}
	case !ok || len(status) != 3:
		return nil, errors.New(list[0])
	}
	code := 0
	fmt.Sscan(status, &code)
	return &http.Response{StatusCode: code, Header: http.Header{"Date": {"Tue, 09 Jun 2026 16:00:00 GMT"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

type wall struct{ start time.Time }

func (w wall) At() time.Duration { return time.Since(w.start) }
func (w wall) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// try runs f with a client in fake time, and returns what was asked and what was written down.
func try(t *testing.T, answers map[string][]string, f func(ctx context.Context, c *Client)) (*fake, []evidence.Request) {
	t.Helper()
	server := &fake{answers: answers, keys: map[string]bool{}}
	var seen []evidence.Request
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Key: key, Transport: server, Clock: wall{time.Now()}, Redactor: &evidence.Redactor{}, Seen: func(r evidence.Request) { seen = append(seen, r) }})
		f(t.Context(), c)
	})
	for host := range server.keys {
		if host != "api.heroku.com" {
			t.Errorf("%s saw the key", host)
		}
	}
	if text := fmt.Sprint(seen); strings.Contains(text, key) {
		t.Errorf("the key was written down: %s", text)
	}
	return server, seen
}

const made = `201 {"id":"01234567-89ab-cdef-0123-456789abcdef","name":"x-1","created_at":"2026-06-09T16:00:00Z"}`

func TestMakeAndDelete(t *testing.T) {
	t.Parallel()
	const app = "api.heroku.com/apps/01234567-89ab-cdef-0123-456789abcdef"
	there := strings.Replace(made, "201", "200", 1)
	server, seen := try(t, map[string][]string{
		"POST api.heroku.com/apps": {made}, "GET " + app: {there}, "DELETE " + app: {"reset", "503 {}", there},
	}, func(ctx context.Context, c *Client) {
		a, err := c.Make(ctx, "x-1")
		if err != nil || a.ID == "" || a.Created.IsZero() {
			t.Fatal(a, err)
		}
		if err := c.Delete(ctx, a); err != nil {
			t.Error(err)
		}
	})
	if len(seen) != 5 || len(server.asked) != 5 {
		t.Errorf("asked %q", server.asked)
	}
	if seen[2].Error == "" || seen[3].Status != 503 || seen[0].Date.IsZero() || !strings.Contains(seen[0].Sent, "x-1") {
		t.Errorf("written down: %+v", seen)
	}
}

// An app whose id and name are not those of an app of ours is neither deleted nor changed.
func TestNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	other := `200 {"id":"01234567-89ab-cdef-0123-456789abcdef","name":"shop"}`
	server, _ := try(t, map[string][]string{"GET api.heroku.com/apps/01234567-89ab-cdef-0123-456789abcdef": {other}}, func(ctx context.Context, c *Client) {
		renamed := App{ID: "01234567-89ab-cdef-0123-456789abcdef", Name: "x-1"}
		for what, err := range map[string]error{
			`is called "shop" now`:  c.Delete(ctx, renamed),
			"its id is not known":   c.Delete(ctx, App{Name: "x-1"}),
			"may not ask":           c.Restart(ctx, renamed, ""),
			"may not ask for it; t": c.Scale(ctx, renamed, map[string]int{"web": 0}, ""),
			"may not ask for it":    c.Feature(ctx, renamed, "preboot"),
			"this is a mistake":     c.Restart(ctx, renamed, "web.1/../../x"),
		} {
			if err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%v does not say %q", err, what)
			}
		}
		_, err := c.Build(ctx, renamed, "https://x.example", "SHA256:0", "1")
		if err == nil {
			t.Error("an app that is not ours was built")
		}
	})
	for _, what := range server.asked {
		if !strings.HasPrefix(what, "GET ") {
			t.Errorf("sent: %s", what)
		}
	}
}

func TestPermit(t *testing.T) {
	t.Parallel()
	var g guard
	g.own("mine")
	for what, want := range map[string]bool{
		"POST https://api.heroku.com/apps":                        true,
		"GET https://api.heroku.com/apps/other":                   true,
		"DELETE https://api.heroku.com/apps/mine":                 true,
		"DELETE https://api.heroku.com/apps/mine/dynos/web.1":     true,
		"PATCH https://api.heroku.com/apps/mine/features/preboot": true,
		"DELETE https://api.heroku.com/apps/other":                false,
		"DELETE https://api.heroku.com/apps/":                     false,
		"DELETE https://api.heroku.com/apps":                      false,
		"DELETE https://api.heroku.com/mine":                      false,
		"PATCH https://api.heroku.com/apps/mine/features/other":   false,
		"PATCH https://api.heroku.com/apps/mine":                  false,
		"GET https://api.heroku.com/apps":                         false,
		"GET https://api.heroku.com/account":                      false,
		"GET https://api.heroku.com/apps/mine/config-vars":        false,
		"GET https://api.heroku.com/apps/other/dynos":             false,
		"GET https://api.heroku.com/apps/mine/dynos?x=1":          false,
		"POST https://api.heroku.com.example.com/apps":            false,
		"POST http://api.heroku.com/apps":                         false,
		"DELETE https://api.heroku.com/apps/mine%2Fx":             false,
		"DELETE https://api.heroku.com/apps/mine/dynos/..":        false,
	} {
		method, url, _ := strings.Cut(what, " ")
		req, err := http.NewRequest(method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.permit(req); (err == nil) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What makes something is sent once.
func TestOnce(t *testing.T) {
	t.Parallel()
	server, _ := try(t, map[string][]string{"POST api.heroku.com/apps": {"503 {}", made}}, func(ctx context.Context, c *Client) {
		if _, err := c.Make(ctx, "x-1"); err == nil {
			t.Error("it was sent again")
		}
	})
	if len(server.asked) != 1 {
		t.Errorf("asked %q", server.asked)
	}
}

// A network that is gone is not tried for ever.
func TestGone(t *testing.T) {
	t.Parallel()
	try(t, nil, func(ctx context.Context, c *Client) {
		begun := time.Now()
		_, _, err := c.Find(ctx, "x-1")
		if took := time.Since(begun); err == nil || took < retry || took > 2*retry {
			t.Errorf("%v after %s", err, took)
		}
		if err != nil && !strings.Contains(err.Error(), "looking for the app x-1: Heroku gave no answer of use: ") {
			t.Error(err)
		}
	})
}

// An error says whether something may have been made.
func TestInVain(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{`422 {"id":"invalid_params"}`: true, `500 {"id":"x"}`: false, "reset": false, "dial": true} {
		try(t, map[string][]string{"POST api.heroku.com/apps": {answer}}, func(ctx context.Context, c *Client) {
			if _, err := c.Make(ctx, "x-1"); err == nil || InVain(err) != want {
				t.Errorf("%s: %v", answer, err)
			}
		})
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	place := `201 {"source_blob":{"get_url":"https://blobs.example/get?s=1","put_url":"https://blobs.example/put?s=2"}}`
	server, seen := try(t, map[string][]string{"POST api.heroku.com/sources": {place}, "PUT blobs.example/put": {"200 "}}, func(ctx context.Context, c *Client) {
		if got, err := c.Upload(ctx, []byte("archive")); err != nil || got != "https://blobs.example/get?s=1" {
			t.Error(got, err)
		}
	})
	if len(server.asked) != 2 || strings.Contains(fmt.Sprint(seen), "blobs.example") {
		t.Errorf("asked %q, written down %+v", server.asked, seen)
	}
	try(t, map[string][]string{"POST api.heroku.com/sources": {place}, "PUT blobs.example/put": {"403 "}}, func(ctx context.Context, c *Client) {
		if _, err := c.Upload(ctx, nil); err == nil || !strings.Contains(err.Error(), "its place answered 403") {
			t.Error(err)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`401 {"id":"unauthorized","message":"Invalid credentials provided."}`:                    "making the app x-1: Heroku answered 401: Invalid credentials provided; give a key that is valid in HEROKU_API_KEY",
		`402 {"id":"verification_required","message":"Please verify your account"}`:              "Heroku answered 402: Please verify your account; Heroku wants a way to pay",
		`403 {"id":"forbidden","message":"You do not have access, a@b.example."}`:                "You do not have access, [e-mail]; the key may not do that",
		`422 {"id":"invalid_params","message":"You've reached the limit of 5 apps for jo@x.io"}`: "Heroku answered 422: You've reached the limit of 5 apps for [e-mail]",
		`429 {"id":"rate_limit","message":"Your account reached the API rate limit"}`:            "the account's budget of requests is used up",
		`500 <html>`: "Heroku gave no answer of use",
	} {
		try(t, map[string][]string{"POST api.heroku.com/apps": {answer}}, func(ctx context.Context, c *Client) {
			if _, err := c.Make(ctx, "x-1"); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\n  gives %v\n  want %s", answer, err, want)
			}
		})
	}
}
