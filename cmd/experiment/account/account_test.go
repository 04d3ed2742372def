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

	heroku "github.com/heroku/heroku-go/v5"

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
	return &http.Response{StatusCode: code, Header: http.Header{"Date": {"Tue, 09 Jun 2026 16:00:00 GMT"}, "Next-Range": {"id 0..; max=1"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// try runs f with a client in fake time, and returns what was asked and what was written down.
func try(t *testing.T, answers map[string][]string, f func(ctx context.Context, c *Client)) (*fake, []evidence.Request) {
	t.Helper()
	server := &fake{answers: answers, keys: map[string]bool{}}
	var seen []evidence.Request
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := New(Options{Key: key, Transport: server, At: func() time.Duration { return time.Since(start) }, Real: func(d time.Duration) time.Duration { return d }, Seen: func(r evidence.Request) { seen = append(seen, r) }})
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
		if err != nil || a == "" {
			t.Fatal(a, err)
		}
		if there, err := c.Remove(ctx, a, "x-1", time.Time{}, yes); err != nil || !there {
			t.Error(there, err)
		}
	})
	if len(seen) != 5 || len(server.asked) != 5 {
		t.Errorf("asked %q", server.asked)
	}
	if seen[2].Error == "" || seen[3].Status != 503 || seen[0].Date.IsZero() || seen[0].NextRange == "" || !strings.Contains(seen[0].Sent, "x-1") {
		t.Errorf("written down: %+v", seen)
	}
}

func yes() bool { return true }

// An app whose id and name are not those of an app of ours is neither deleted nor changed.
func TestNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	const id, another = "01234567-89ab-cdef-0123-456789abcdef", "11234567-89ab-cdef-0123-456789abcdef"
	other := `200 {"id":"` + id + `","name":"shop","created_at":"2026-06-09T16:00:00Z"}`
	server, _ := try(t, map[string][]string{"GET api.heroku.com/apps/" + id: {other}, "GET api.heroku.com/apps/" + another: {other}, "GET api.heroku.com/apps/shop": {other}}, func(ctx context.Context, c *Client) {
		made := time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC)
		for what, app := range map[string][2]string{"renamed": {id, "x-1"}, "of another id": {another, "shop"}, "made at another time": {"", "shop"}} {
			asked := made
			if app[0] == "" {
				asked = made.Add(time.Hour)
			}
			if _, err := c.Remove(ctx, app[0], app[1], asked, yes); err == nil || !strings.Contains(err.Error(), "the app shop: it was not made by this program, so it is not deleted") {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, build := c.BuildCreate(ctx, id, heroku.BuildCreateOpts{})
		_, feature := c.AppFeatureUpdate(ctx, id, "preboot", heroku.AppFeatureUpdateOpts{})
		_, all := c.DynoRestartAll(ctx, id)
		_, path := c.DynoRestart(ctx, id, "web.1/../../x")
		_, deleted := c.AppDelete(ctx, id)
		for _, err := range []error{build, feature, all, path, deleted, c.Scale(ctx, id, map[string]int{"web": 0}, "")} {
			if err == nil || !strings.Contains(err.Error(), "may not ask for it; this is a mistake") {
				t.Error(err)
			}
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
		_, err := c.Remove(ctx, "", "x-1", begun, yes)
		if took := time.Since(begun); err == nil || took < retry/2 || took > retry+attempt {
			t.Errorf("%v after %s", err, took)
		}
		if err != nil && !strings.Contains(err.Error(), "looking for the app x-1: there was no answer of use: ") {
			t.Error(err)
		}
	})
}

// An error says whether something may have been made.
// In simulated time the waits between two tries are simulated, too.
func TestRetriesInSimulatedTime(t *testing.T) {
	t.Parallel()
	for speed, least := range map[time.Duration]time.Duration{1: time.Second / 2, 30: time.Second / 60} {
		try(t, map[string][]string{"GET api.heroku.com/apps/x-1": {"reset", "503 {}", "404 {}"}}, func(ctx context.Context, c *Client) {
			c.Real = func(d time.Duration) time.Duration { return d / speed }
			begun := time.Now()
			_, err := c.Remove(ctx, "", "x-1", begun, yes)
			if took := time.Since(begun); err != nil || took < least || took > 10*least {
				t.Errorf("%d times as fast, it took %s: %v", speed, took, err)
			}
		})
	}
}

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

// An address that Heroku gave sees no key, and is not written down.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{"200 stored": "", "403 ": "its place answered 403"} {
		server, seen := try(t, map[string][]string{"PUT blobs.example/put": {answer}}, func(ctx context.Context, c *Client) {
			text, err := c.Elsewhere(ctx, http.MethodPut, "https://blobs.example/put?s=2", []byte("archive"))
			if want == "" && (err != nil || text != "stored") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Error(text, err)
			}
			if _, err := c.Elsewhere(ctx, http.MethodPut, "http://blobs.example/put?s=2", nil); err == nil || strings.Contains(err.Error(), "s=2") {
				t.Error(err)
			}
		})
		if len(server.asked) != 1 || len(seen) > 0 {
			t.Errorf("asked %q, written down %+v", server.asked, seen)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`401 {"id":"unauthorized","message":"Invalid credentials provided."}`:         "make x-1: Heroku answered 401: Invalid credentials provided; give a key that is valid in HEROKU_API_KEY",
		`402 {"id":"verification_required","message":"Please verify your account"}`:   "Heroku answered 402: Please verify your account; Heroku wants a way to pay",
		`403 {"id":"forbidden","message":"You do not have access."}`:                  "You do not have access; the key may not do that",
		`422 {"id":"invalid_params","message":"You've reached the limit of 5 apps"}`:  "make x-1: Heroku answered 422: You've reached the limit of 5 apps",
		`429 {"id":"rate_limit","message":"Your account reached the API rate limit"}`: "the account's budget of requests is used up",
		`500 <html>`: "make x-1: Heroku answered 500: Internal Server Error; Heroku has trouble",
		`reset`:      "make x-1: there was no answer of use: reset",
	} {
		try(t, map[string][]string{"POST api.heroku.com/apps": {answer}}, func(ctx context.Context, c *Client) {
			_, err := c.Make(ctx, "x-1")
			if err = Explain("make x-1", err); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\n  gives %v\n  want %s", answer, err, want)
			}
		})
	}
}
