// This file is for the requests that write: which there are, and how each is answered.

package herokusim

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"time"
)

// writing is what a server needs that can be written to.
type writing struct {
	options AccountOptions
	uploads map[string]*upload
	made    int // apps and uploads so far
	rng     *rand.Rand
}

// writes are the requests that write, each with what it does. An asterisk is one segment.
var writes = []struct {
	method, path string
	do           func(*edit) *answer
}{
	{"POST", "/apps", (*edit).createApp},
	{"PATCH", "/apps/*", (*edit).updateApp},
	{"DELETE", "/apps/*", (*edit).deleteApp},
	{"POST", "/sources", (*edit).createSource},
	{"POST", "/apps/*/sources", (*edit).createSource},
	{"POST", "/apps/*/builds", (*edit).createBuild},
	{"PATCH", "/apps/*/formation", (*edit).updateFormation},
	{"PATCH", "/apps/*/formation/*", (*edit).updateType},
	{"PATCH", "/apps/*/features/*", (*edit).updateFeature},
	{"PATCH", "/apps/*/config-vars", (*edit).updateVars},
	{"POST", "/apps/*/releases", (*edit).createRelease},
	{"DELETE", "/apps/*/dynos", (*edit).restartAll},
	{"DELETE", "/apps/*/dynos/*", (*edit).restartOne},
}

// An edit is a request that writes, at its moment. Who handles it has the server's lock,
// so that nothing happens between what it is decided by and what it does.
type edit struct {
	s    *Server
	r    *http.Request
	now  time.Duration
	body []byte
	app  *app   // nil where the path has none
	one  string // the last segment
}

// mostBody is how long the body of a request may be.
const mostBody = 1 << 20

// write answers a request that writes; nil if it is none of them.
func (s *Server) write(r *http.Request) *answer {
	for _, x := range writes {
		if match, _ := path.Match(x.path, r.URL.Path); !match || r.Method != x.method {
			continue
		}
		body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, mostBody))
		if err != nil {
			return refusal(http.StatusBadRequest, "bad_request", "Unable to read the request body.")
		}
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		s.mu.Lock()
		defer s.mu.Unlock()
		c := &edit{s: s, r: r, now: s.now(), body: body, one: parts[len(parts)-1]}
		if strings.HasPrefix(x.path, "/apps/*") {
			if c.app = s.named(parts[1], c.now); c.app == nil {
				return notFound("app")
			}
			s.play(c.app)
		}
		return x.do(c)
	}
	return nil
}

// read reads the body. What it refuses, Heroku does: the answer is nil if all is well.
func (c *edit) read(into any) *answer {
	body := c.body
	if len(body) == 0 {
		body = []byte("{}")
	}
	switch err := json.Unmarshal(body, into); err.(type) {
	case nil:
		return nil
	case *json.UnmarshalTypeError:
		return invalid("The parameters are not of the types that the schema has.")
	}
	return refusal(http.StatusBadRequest, "bad_request", "Unable to parse the JSON request body.")
}

// invalid is Heroku's refusal of what a request wants.
func invalid(format string, args ...any) *answer {
	return refusal(http.StatusUnprocessableEntity, "invalid_params", fmt.Sprintf(format, args...))
}

// do has the app's story go on with what a request does. The answer is nil if it does.
func (c *edit) do(what func(*play)) *answer {
	if err := c.app.become(c.app.grows.with(write{c.now, what})); err != nil {
		return refusal(http.StatusServiceUnavailable, "service_unavailable", "The simulated Heroku cannot go on: "+err.Error())
	}
	return nil
}

// view is the app now.
func (c *edit) view() view { return viewOf(c.r, c.app.story, c.now) }

// status gives an answer another status.
func (a *answer) as(status int) *answer {
	a.status = status
	return a
}

// shown answers with one of a list, as it is now.
func (c *edit) shown(list, one string, status int) *answer {
	a := c.view().find(list, one, &http.Request{Header: http.Header{}})
	if a.status == http.StatusOK {
		a.status = status
	}
	return a
}
