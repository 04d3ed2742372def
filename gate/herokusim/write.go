// Writing requests: which there are, and how they are handled.

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

// writing is the state of a server that clients can write to.
type writing struct {
	options AccountOptions
	uploads map[string]*upload
	made    int // counts apps and uploads
	rng     *rand.Rand
}

// writes are all writing requests. An asterisk stands for one segment of the path.
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

// A writeRequest is a writing request while it is handled. Its handler holds the server's lock, so nothing
// changes between its checks and its effect.
type edit struct {
	s    *Server
	r    *http.Request
	now  time.Duration
	body []byte
	app  *app   // nil if the path names no app
	one  string // the last segment of the path
}

// mostBody is the largest size of a request's body, in bytes.
const mostBody = 1 << 20

// write answers a writing request; nil if it is not in the table.
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

// read parses the body. It returns an answer if the body is invalid, otherwise nil.
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

// invalid is Heroku's answer to invalid parameters.
func invalid(format string, args ...any) *answer {
	return refusal(http.StatusUnprocessableEntity, "invalid_params", fmt.Sprintf(format, args...))
}

// change adds the effect of the request to the app's story. It returns an answer if that is not possible, otherwise
// nil.
func (c *edit) do(what func(*play)) *answer {
	if err := c.app.become(c.app.grows.with(write{c.now, what})); err != nil {
		return refusal(http.StatusServiceUnavailable, "service_unavailable", "The simulated Heroku cannot go on: "+err.Error())
	}
	return nil
}

// view is the app now.
func (c *edit) view() view { return viewOf(c.r, c.app.story, c.now) }

// withStatus gives an answer another status.
func (a *answer) as(status int) *answer {
	a.status = status
	return a
}

// current answers with an entry of a list as it is now.
func (c *edit) shown(list, one string, status int) *answer {
	a := c.view().find(list, one, &http.Request{Header: http.Header{}})
	if a.status == http.StatusOK {
		a.status = status
	}
	return a
}
