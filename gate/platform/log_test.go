// Log sessions, and the output of a release command.

package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
					answer(w, 200, `{"id":"r","version":7,"created_at":"2026-03-04T05:00:00Z","output_stream_url":`+string(url)+`}`)
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

// A log that was never found, or that was granted before, may still be granted. Other refusals are final.
func TestWhichRefusalsOfTheLogMayPass(t *testing.T) {
	t.Parallel()
	type step struct {
		after  time.Duration
		status int
		final  bool
	}
	for name, steps := range map[string][]step{
		"not found at first":   {{0, 404, false}, {59 * time.Second, 404, false}, {time.Second, 404, true}},
		"forbidden at first":   {{0, 403, true}},
		"too much at first":    {{0, 422, true}},
		"granted, then not":    {{0, 201, false}, {0, 403, false}, {59 * time.Second, 403, false}, {time.Second, 403, true}},
		"granted in between":   {{0, 404, false}, {59 * time.Second, 201, false}, {time.Second, 404, false}},
		"an outage in between": {{0, 404, false}, {59 * time.Second, 503, false}, {time.Second, 404, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				status := 0
				p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
					answer(w, status, `{"id":"x","message":"y","logplex_url":"https://logs.example.com"}`)
				})
				for i, s := range steps {
					time.Sleep(s.after) // in virtual time
					status = s.status
					_, err := p.LogSession(t.Context(), "shop", 1500, true)
					if (err == nil) != (s.status == 201) || RefusesLog(err) != s.final {
						t.Errorf("step %d: %v, final %v, want %v", i+1, err, RefusesLog(err), s.final)
					}
				}
			})
		})
	}
}
