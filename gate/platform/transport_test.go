// Bad answers: which requests are retried, when, and what the error says.

package platform

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/observe"
)

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	json := func(status int, id, message string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			answer(w, status, fmt.Sprintf(`{"id":%q,"message":%q}`, id, message))
		}
	}
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { answer(w, status, body) }
	}
	cases := map[string]struct {
		handler http.HandlerFunc
		again   bool // the request is sent more than once
		status  int
		kind    observe.TroubleKind
		want    string
	}{
		"401":       {json(401, "unauthorized", "Invalid credentials provided."), false, 401, observe.Unauthorized, "reading the app: Heroku answered 401: Invalid credentials provided. (request req-1)"},
		"402":       {json(402, "delinquent", "pay"), false, 402, observe.Forbidden, "pay"},
		"403":       {json(403, "forbidden", "You do not have access."), false, 403, observe.Forbidden, "You do not have access."},
		"404":       {json(404, "not_found", "Couldn't find that app."), false, 404, observe.NotFound, "Couldn't find that app."},
		"404 text":  {text(404, "nothing here"), true, 404, observe.NotFound, "no explanation"},
		"410":       {json(410, "gone", "It moved."), false, 410, observe.NotFound, "It moved."},
		"422":       {json(422, "invalid_params", "no"), false, 422, observe.Unreachable, "no"},
		"429 json":  {json(429, "rate_limit", "Your account reached the API rate limit"), false, 429, observe.Unreachable, "rate limit"},
		"429 text":  {text(429, "slow down"), false, 429, observe.Unreachable, "Heroku answered 429: no explanation"},
		"500":       {json(500, "internal", "oops"), true, 500, observe.Unreachable, "oops"},
		"503 html":  {text(503, "<html>Service unavailable"), true, 503, observe.Unreachable, "Heroku answered 503: no explanation"},
		"cut":       {text(200, `{"id":"1","na`), true, 0, observe.Unreachable, "not JSON, or was cut"},
		"empty":     {text(200, ""), true, 0, observe.Unreachable, "not JSON"},
		"html":      {text(200, "<html>welcome to this network"), true, 0, observe.Unreachable, "not JSON"},
		"a list":    {text(200, `[1]`), false, 0, observe.Unreachable, "cannot unmarshal array"},
		"too long":  {text(200, `"`+strings.Repeat("x", maxBody)+`"`), false, 0, observe.Unreachable, "longer than 16 MiB"},
		"quotes":    {text(403, `{"id":"forbidden","message":"the key `+key+` is \u001b[31mbad\nhere"}`), false, 403, observe.Forbidden, "the key [api-key] is  [31mbad here"},
		"long":      {json(403, "forbidden", strings.Repeat("x", 5000)), false, 403, observe.Forbidden, strings.Repeat("x", 300) + "…"},
		"no answer": {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, true, 0, observe.Unreachable, "no answer within 10s"},
		"network":   {func(w http.ResponseWriter, r *http.Request) { panic(errors.New("dial with " + key)) }, true, 0, observe.Unreachable, "dial with [api-key]"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host != "api.heroku.com" {
				t.Error("a redirect was followed")
			}
			w.Header().Set("Location", "https://elsewhere.example.com/")
			answer(w, 302, "")
		}, false, 0, observe.CannotConnect, "redirect (302), which is not followed"},
		"no such host": {func(w http.ResponseWriter, r *http.Request) {
			panic(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.herokuu.com", IsNotFound: true}})
		}, false, 0, observe.CannotConnect, `no host is known by the name "api.herokuu.com"`},
		"no name server": {func(w http.ResponseWriter, r *http.Request) {
			panic(&net.DNSError{Err: "server misbehaving", Name: "api.heroku.com", Server: "192.0.2.1:53", IsTemporary: true})
		}, true, 0, observe.Unreachable, "server misbehaving"},
		"another host's certificate": {func(w http.ResponseWriter, r *http.Request) {
			panic(&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "api.heroku.com"}})
		}, false, 0, observe.CannotConnect, "the certificate is not trusted (x509: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, d := client(t, c.handler)
				_, err := p.App(t.Context(), "shop")
				took := time.Since(d.begin)
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("error %v", err)
				}
				if c.status != 0 && e.Status != c.status || e.Kind() != c.kind || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%d %s: %v\nwant %q", e.Status, e.Kind(), err, c.want)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, *e), key) {
					t.Errorf("the key came out: %+v", *e)
				}
				if (len(d.seen) > 1) != c.again || p.Budget().Requests != len(d.seen) {
					t.Errorf("%d requests, %+v", len(d.seen), p.Budget())
				}
				if took > retryTime+attemptTime+time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A failure that shows a wrong set-up before the first good answer is an outage after it, and is retried.
func TestAWrongSetUpAfterAGoodAnswerIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]http.HandlerFunc{
		"no such host": func(w http.ResponseWriter, r *http.Request) {
			panic(&net.DNSError{Name: "api.heroku.com", IsNotFound: true})
		},
		"unknown CA": func(w http.ResponseWriter, r *http.Request) {
			panic(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) { answer(w, 302, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
					if n++; n > 1 {
						fail(w, r)
						return
					}
					answer(w, 200, `{"id":"1","name":"shop"}`)
				})
				if _, err := p.App(t.Context(), "shop"); err != nil {
					t.Fatal(err)
				}
				_, err := p.App(t.Context(), "shop")
				var e *Error
				if !errors.As(err, &e) || e.Kind() != observe.Unreachable || name != "redirect" && n < 4 {
					t.Errorf("%v after %d requests", err, n)
				}
			})
		})
	}
}

// If the Date of an answer is ahead of the runner's clock, the observation has the runner's time, too. If it is
// behind, it has not.
func TestADateAheadOfTheRunnersClock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says    string
		date    time.Time
		doubted bool
	}{
		"right":           {date, dated, false},
		"a little ahead":  {"Wed, 04 Mar 2026 05:06:12 GMT", dated.Add(5 * time.Second), false},
		"6 s ahead":       {"Wed, 04 Mar 2026 05:06:13 GMT", dated.Add(6 * time.Second), true},
		"an hour ahead":   {"Wed, 04 Mar 2026 06:06:07 GMT", dated.Add(time.Hour), true},
		"years ahead":     {"Sun, 04 Mar 2046 05:06:07 GMT", dated.AddDate(20, 0, 0), true},
		"an hour behind":  {"Wed, 04 Mar 2026 04:06:07 GMT", dated.Add(-time.Hour), false},
		"not there":       {"", time.Time{}, false},
		"not a date":      {"now", time.Time{}, false},
		"in another zone": {"Wed, 04 Mar 2026 06:06:07 +0100", time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bodies := map[string]string{
				"/shop": `{"id":"1","name":"shop"}`, "/dynos": "[" + oneDyno + "]", "/builds": "[]", "/slugs/s": `{"id":"s"}`, "/releases/42": `{"id":"r","version":42,"created_at":"2026-03-04T05:00:00Z"}`,
				"/features/preboot": `{"enabled":true,"updated_at":"2026-03-01T00:00:00Z"}`,
			}
			p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = []string{c.says}
				for path, body := range bodies {
					if strings.HasSuffix(r.URL.Path, path) {
						io.WriteString(w, body)
					}
				}
			})
			app, err1 := p.App(t.Context(), "shop")
			look, err2 := p.Look(t.Context(), "shop", false, 0)
			preboot, err3 := p.Preboot(t.Context(), "shop")
			builds, err4 := p.Builds(t.Context(), "shop")
			code, err5 := p.Code(t.Context(), "shop", observe.CodeRef{ID: "s"})
			release, err6 := p.Release(t.Context(), "shop", "42")
			if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
				t.Fatal(err)
			}
			want := time.Time{}
			if c.doubted {
				want = dated
			}
			for what, o := range map[string]observe.Observation{"app": app, "look": look, "preboot": preboot, "builds": builds, "code": code, "release": release} {
				if !o.Date.Equal(c.date) || !o.Runner.Equal(want) {
					t.Errorf("%s: %s, runner %s", what, o.Date, o.Runner)
				}
			}
		})
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var when []time.Duration
		var d *direct
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
			when = append(when, time.Since(d.begin))
			switch len(when) {
			case 1:
				answer(w, 503, "")
			case 2:
				panic(io.ErrUnexpectedEOF)
			case 3:
				w.Header().Set("Retry-After", "7")
				answer(w, 429, "")
			default:
				answer(w, 200, `{"id":"1","name":"shop"}`)
			}
		})
		got, err := p.App(t.Context(), "shop")
		if err != nil || got.App.Name != "shop" || len(when) != 4 {
			t.Fatalf("%v, %v, %v", got, err, when)
		}
		for i, limits := range [][2]time.Duration{{250, 750}, {500, 1500}, {7000, 7000}} {
			if d := (when[i+1] - when[i]).Round(time.Millisecond); d < limits[0]*time.Millisecond || d > limits[1]*time.Millisecond {
				t.Errorf("wait %d was %v", i+1, d)
			}
		}
	})
}

// If Retry-After is longer than the time for retries, the client gives up at once.
func TestALongRetryAfterIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "Wed, 04 Mar 2026 06:06:07 GMT")
			answer(w, 429, `{"id":"rate_limit","message":"slow down"}`)
		})
		_, err := p.App(t.Context(), "shop")
		var e *Error
		if !errors.As(err, &e) || e.Status != 429 || len(d.seen) != 1 || time.Since(d.begin) != 0 {
			t.Errorf("%v after %v and %d requests", err, time.Since(d.begin), len(d.seen))
		}
	})
}

func TestEndOfContext(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"in a request": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in a wait":    func(w http.ResponseWriter, r *http.Request) { answer(w, 503, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, d := client(t, h)
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				if _, err := p.Look(ctx, "shop", true, 1); err == nil || time.Since(d.begin) != 3*time.Second {
					t.Errorf("%v after %v", err, time.Since(d.begin))
				}
			})
		})
	}
}

// The error is that of the request that failed, not of the requests that were cancelled because of it.
func TestTheErrorNamesTheRequestThatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/releases") {
				answer(w, 403, `{"id":"forbidden","message":"no releases for you"}`)
				return
			}
			<-r.Context().Done()
		})
		_, err := p.Look(t.Context(), "shop", true, 1)
		if err == nil || !strings.Contains(err.Error(), "reading the releases: Heroku answered 403: no releases for you") {
			t.Errorf("%v", err)
		}
	})
}

func TestHeaders(t *testing.T) {
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer "+key {
			t.Errorf("authorization %q", got)
		}
		if got := r.Header.Get("User-Agent"); got != "heroku-rollout-gate" {
			t.Errorf("user agent %q", got)
		}
		w.Header().Set("X-Heroku-Warning", "this must not be printed")
		answer(w, 200, `{"id":"1","name":"shop"}`)
	})
	var printed bytes.Buffer // heroku-go prints warnings to the standard log
	before := log.Writer()
	log.SetOutput(&printed)
	t.Cleanup(func() { log.SetOutput(before) })
	if _, err := p.App(t.Context(), "shop"); err != nil || printed.Len() > 0 {
		t.Errorf("%v; printed %q", err, printed.String())
	}
}
