// Answers that look good and are not, refusals that are not from the platform, and what
// happens to the other lists when one list fails.

package platform

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// Each of these is valid JSON. Taken as good answers, some would open the gate.
func TestIncompleteAnswersAreErrors(t *testing.T) {
	t.Parallel()
	lists := map[string]string{
		"/dynos":     "[" + oneDyno + "]",
		"/formation": `[{"type":"web","quantity":1}]`,
		"/releases":  `[{"id":"r","version":7,"status":"succeeded","created_at":"2026-03-04T05:00:00Z"}]`,
	}
	look := func(p *Client) error { _, err := p.Look(t.Context(), "shop", true, 1); return err }
	app := func(p *Client) error { _, err := p.App(t.Context(), "shop"); return err }
	for name, c := range map[string]struct {
		path, body string
		ask        func(*Client) error
		want       string
	}{
		"dynos: an object":           {"/dynos", `{}`, look, "cannot unmarshal object"},
		"dynos: null":                {"/dynos", `null`, look, "null and not a list"},
		"dynos: a string":            {"/dynos", `"none"`, look, "cannot unmarshal string"},
		"dynos: a null element":      {"/dynos", `[` + oneDyno + `,null]`, look, `element 2 of the list lacks "id"`},
		"dynos: version as a string": {"/dynos", `[{"id":"a","name":"web.1","type":"web","state":"up","release":{"version":"7"}}]`, look, "cannot unmarshal string"},
		"dynos: no release":          {"/dynos", `[{"id":"a","name":"web.1","type":"web","state":"up"}]`, look, `lacks "release"`},
		"dynos: release null":        {"/dynos", `[{"id":"a","name":"web.1","type":"web","state":"up","release":null}]`, look, `lacks "release"`},
		"dynos: no type":             {"/dynos", `[{"id":"a","name":"web.1","state":"up","release":{"version":7}}]`, look, `lacks "type"`},
		"dynos: no state":            {"/dynos", `[{"id":"a","name":"web.1","type":"web","release":{"version":7}}]`, look, `lacks "state"`},
		"dynos: no name":             {"/dynos", `[{"id":"a","type":"web","state":"up","release":{"version":7}}]`, look, `lacks "name"`},
		"formation: null":            {"/formation", `null`, look, "null and not a list"},
		"formation: no quantity":     {"/formation", `[{"type":"web"}]`, look, `lacks "quantity"`},
		"formation: quantity null":   {"/formation", `[{"type":"web","quantity":null}]`, look, `lacks "quantity"`},
		"formation: below zero":      {"/formation", `[{"type":"web","quantity":-1}]`, look, `lacks "quantity"`},
		"formation: a string":        {"/formation", `[{"type":"web","quantity":"1"}]`, look, "cannot unmarshal string"},
		"formation: no type":         {"/formation", `[{"quantity":1}]`, look, `lacks "type"`},
		"releases: null":             {"/releases", `null`, look, "null and not a list"},
		"releases: a null element":   {"/releases", `[null]`, look, `lacks "id"`},
		"releases: no version":       {"/releases", `[{"id":"r","status":"succeeded"}]`, look, `lacks "version"`},
		"releases: no creation":      {"/releases", `[{"id":"r","version":7,"status":"succeeded","created_at":null}]`, look, `lacks "created_at"`},
		"app: null":                  {"/shop", `null`, app, `lacks "id"`},
		"app: a list":                {"/shop", `[]`, app, "cannot unmarshal array"},
		"app: empty":                 {"/shop", `{}`, app, `lacks "id"`},
		"slug: null":                 {"/slugs/s", `null`, func(p *Client) error { _, err := p.Code(t.Context(), "shop", observe.CodeRef{ID: "s"}); return err }, `lacks "id"`},
		"builds: null":               {"/builds", `null`, func(p *Client) error { _, err := p.Builds(t.Context(), "shop"); return err }, "null and not a list"},
		"builds: a null element":     {"/builds", `[null]`, func(p *Client) error { _, err := p.Builds(t.Context(), "shop"); return err }, `lacks "id"`},
		"log session: null":          {"/log-sessions", `null`, func(p *Client) error { _, err := p.LogSession(t.Context(), "shop", 1, true); return err }, "no address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
				for path, body := range lists {
					if strings.HasSuffix(r.URL.Path, path) && path != c.path {
						answer(w, 200, body)
						return
					}
				}
				answer(w, 200, c.body)
			})
			var e *Error
			if err := c.ask(p); !errors.As(err, &e) || !strings.Contains(e.Message, c.want) || e.Kind() != observe.Unreachable {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A page does not say where the next one is, or is empty before the end of the list: dynos are missing.
func TestAPageThatIsMissingIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, next string
		want       string
	}{
		"no Next-Range":     {"[" + oneDyno + "]", "", "does not say where the next part is"},
		"empty in between":  {"[]", "id ]b..", "a page is missing"},
		"it begins anew":    {"[" + oneDyno + "]", allByID, "repeat themselves"},
		"it repeats itself": {"[" + oneDyno + "]", "id ]a..", "repeat themselves"},
	} {
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			next, body := "id ]a..", "["+oneDyno+"]"
			if r.Header.Get("Range") == next {
				next, body = c.next, c.body
			}
			if next != "" {
				w.Header().Set("Next-Range", next)
			}
			answer(w, 206, body)
		})
		if got, err := p.Look(t.Context(), "shop", false, 0); err == nil || !strings.Contains(err.Error(), c.want) || got.Look != nil {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A refusal without the platform's error id: before the first good answer the address may be wrong. Later it
// is an outage, for example of a load balancer.
func TestARefusalThatIsNotFromThePlatform(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status, body := 404, "<html>no such page"
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, status, body) })
		kind := func() observe.TroubleKind {
			_, err := p.App(t.Context(), "shop")
			var e *Error
			if errors.As(err, &e) {
				return e.Kind()
			}
			return ""
		}
		if got := kind(); got != observe.NotFound || len(d.seen) < 2 {
			t.Errorf("before any answer: %q after %d requests", got, len(d.seen))
		}
		status, body = 200, `{"id":"1","name":"shop"}`
		if got := kind(); got != "" {
			t.Fatal(got)
		}
		for _, s := range []int{401, 403, 404} {
			status, body = s, "<html>no"
			if got := kind(); got != observe.Unreachable {
				t.Errorf("a stray %d is %q", s, got)
			}
			if _, err := p.LogSession(t.Context(), "shop", 1, true); RefusesLog(err) {
				t.Errorf("a stray %d costs the log: %v", s, err)
			}
		}
		before := len(d.seen)
		for s, want := range map[int]observe.TroubleKind{401: observe.Unauthorized, 403: observe.Forbidden, 404: observe.NotFound} {
			status, body = s, `{"id":"x","message":"no"}`
			if got := kind(); got != want {
				t.Errorf("a true %d is %q", s, got)
			}
		}
		if n := len(d.seen) - before; n != 3 {
			t.Errorf("%d requests for 3 refusals", n)
		}
	})
}

func TestASingleRefusalThatIsNotFromThePlatformIsRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				answer(w, 401, "<html>unauthorized")
				return
			}
			answer(w, 200, `{"id":"1","name":"shop"}`)
		})
		if _, err := p.App(t.Context(), "shop"); err != nil || n != 2 {
			t.Errorf("%v after %d requests", err, n)
		}
	})
}

// If another list fails, the look still brings the dyno list, without much delay.
func TestTheDynoListComesWithoutTheOtherLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path string
		h    http.HandlerFunc
		look bool
		kind observe.TroubleKind
		want string
	}{
		"releases fail":     {"/releases", func(w http.ResponseWriter, r *http.Request) { answer(w, 503, "") }, true, observe.Unreachable, "reading the releases: Heroku answered 503"},
		"releases hang":     {"/releases", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, true, observe.Unreachable, "reading the releases: no answer within 3s"},
		"formation fails":   {"/formation", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, "null") }, true, observe.Unreachable, "reading the formation: the answer is null"},
		"releases refused":  {"/releases", func(w http.ResponseWriter, r *http.Request) { answer(w, 403, `{"id":"forbidden"}`) }, false, observe.Forbidden, "reading the releases: Heroku answered 403"},
		"dynos fail":        {"/dynos", func(w http.ResponseWriter, r *http.Request) { answer(w, 503, "") }, false, observe.Unreachable, "reading the dyno list: Heroku answered 503"},
		"dynos are refused": {"/dynos", func(w http.ResponseWriter, r *http.Request) { answer(w, 401, `{"id":"unauthorized"}`) }, false, observe.Unauthorized, "reading the dyno list: Heroku answered 401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
					switch {
					case strings.HasSuffix(r.URL.Path, c.path):
						c.h(w, r)
					case strings.HasSuffix(r.URL.Path, "/dynos"):
						answer(w, 200, "["+oneDyno+"]")
					case strings.HasSuffix(r.URL.Path, "/formation"):
						answer(w, 200, `[{"type":"web","quantity":1}]`)
					default:
						answer(w, 200, `[{"id":"r","version":7,"created_at":"2026-03-04T05:00:00Z"}]`)
					}
				})
				got, err := p.Look(t.Context(), "shop", true, 1)
				var e *Error
				if !errors.As(err, &e) || e.Kind() != c.kind || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
				if got.Look == nil && c.look || c.look && (len(got.Look.Dynos) != 1 || got.Look.Full() || got.Date != dated) {
					t.Errorf("look %+v", got.Look)
				}
				if took := time.Since(d.begin); c.look && took > otherListsTime {
					t.Errorf("the dyno list was held back for %v", took)
				}
			})
		})
	}
}

// If one list is refused and another fails, the error is the refusal: retries
// must not hide that the key was revoked.
func TestARefusalIsReportedBeforeAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/releases") {
				answer(w, 401, `{"id":"unauthorized","message":"Invalid credentials provided."}`)
				return
			}
			answer(w, 503, "")
		})
		_, err := p.Look(t.Context(), "shop", true, 1)
		var e *Error
		if !errors.As(err, &e) || e.Kind() != observe.Unauthorized || time.Since(d.begin) > 0 {
			t.Errorf("%v after %v", err, time.Since(d.begin))
		}
	})
}

// When the caller's context ends, the error is the last failure, not the end of the context.
func TestTheErrorAtTheEndOfTheContextIsTheLastFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n > 1 {
				<-r.Context().Done()
			}
			panic(errors.New("connection refused"))
		})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := p.App(ctx, "shop")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%v", err)
		}
	})
}
