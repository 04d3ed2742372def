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
	do           func(*writeRequest) *answer
}{
	{"POST", "/apps", (*writeRequest).createApp},
	{"PATCH", "/apps/*", (*writeRequest).updateApp},
	{"DELETE", "/apps/*", (*writeRequest).deleteApp},
	{"POST", "/sources", (*writeRequest).createSource},
	{"POST", "/apps/*/sources", (*writeRequest).createSource},
	{"POST", "/apps/*/builds", (*writeRequest).createBuild},
	{"PATCH", "/apps/*/formation", (*writeRequest).updateFormation},
	{"PATCH", "/apps/*/formation/*", (*writeRequest).updateType},
	{"PATCH", "/apps/*/features/*", (*writeRequest).updateFeature},
	{"PATCH", "/apps/*/config-vars", (*writeRequest).updateVars},
	{"POST", "/apps/*/releases", (*writeRequest).createRelease},
	{"DELETE", "/apps/*/dynos", (*writeRequest).restartAll},
	{"DELETE", "/apps/*/dynos/*", (*writeRequest).restartOne},
}

// A writeRequest is a writing request while it is handled. Its handler holds the server's lock, so nothing
// changes between its checks and its effect.
type writeRequest struct {
	s    *Server
	r    *http.Request
	now  time.Duration
	body []byte
	app  *app   // nil if the path names no app
	one  string // the last segment of the path
}

// maxBody is the largest size of a request's body, in bytes.
const maxBody = 1 << 20

// write answers a writing request; nil if it is not in the table.
func (s *Server) write(r *http.Request) *answer {
	for _, x := range writes {
		if match, _ := path.Match(x.path, r.URL.Path); !match || r.Method != x.method {
			continue
		}
		body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
		if err != nil {
			return refusal(http.StatusBadRequest, "bad_request", "Unable to read the request body.")
		}
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		s.mu.Lock()
		defer s.mu.Unlock()
		c := &writeRequest{s: s, r: r, now: s.now(), body: body, one: parts[len(parts)-1]}
		if strings.HasPrefix(x.path, "/apps/*") {
			if c.app = s.findLocked(parts[1], c.now); c.app == nil {
				return notFound("app")
			}
			s.extend(c.app)
		}
		return x.do(c)
	}
	return nil
}

// read parses the body. It returns an answer if the body is invalid, otherwise nil.
func (c *writeRequest) read(into any) *answer {
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

// change adds the effect of the request to the app's story. It returns an answer if that is not possible,
// otherwise nil.
func (c *writeRequest) change(what func(*play)) *answer {
	if err := c.app.replay(c.app.grows.with(write{c.now, what})); err != nil {
		return refusal(http.StatusServiceUnavailable, "service_unavailable", "The simulated Heroku cannot go on: "+err.Error())
	}
	return nil
}

// view is the app now.
func (c *writeRequest) view() view { return viewOf(c.r, c.app.story, c.now) }

// withStatus gives an answer another status.
func (a *answer) withStatus(status int) *answer {
	a.status = status
	return a
}

// current answers with an entry of a list as it is now.
func (c *writeRequest) current(list, one string, status int) *answer {
	a := c.view().find(list, one, &http.Request{Header: http.Header{}})
	if a.status == http.StatusOK {
		a.status = status
	}
	return a
}
