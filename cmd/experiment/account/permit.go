// This file is for the list of allowed requests. A request that is not on it is not sent, and a request that changes an
// app is only sent to an app of ours.

package account

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
)

// host alone may see the key.
const host = "api.heroku.com"

// allowed are the requests that are sent: method and path, where an asterisk is one segment. ours: the app must be ours.
var allowed = []struct {
	request string
	ours    bool
}{
	{"POST /apps", false}, {"POST /sources", false}, {"GET /apps/*", false},
	{"DELETE /apps/*", true},
	{"POST /apps/*/builds", true}, {"GET /apps/*/builds/*", true},
	{"GET /apps/*/dynos", true}, {"GET /apps/*/dynos/*", true},
	{"DELETE /apps/*/dynos", true}, {"DELETE /apps/*/dynos/*", true},
	{"PATCH /apps/*/features/log-runtime-metrics", true}, {"PATCH /apps/*/features/preboot", true},
	{"PATCH /apps/*/formation", true},
	{"POST /apps/*/log-sessions", true},
	{"GET /apps/*/releases", true}, {"GET /apps/*/releases/*", true},
}

// A guard knows the ids of the apps that are ours.
type guard struct{ apps sync.Map }

func (g *guard) own(id string) { g.apps.Store(id, true) }

// permit refuses a request that is not allowed.
func (g *guard) permit(req *http.Request) error {
	where := req.URL.EscapedPath()
	if path.Clean(where) == where && req.URL.Scheme == "https" && req.URL.Host == host && (req.Host == "" || req.Host == host) && req.URL.RawQuery == "" {
		id, _, _ := strings.Cut(strings.TrimPrefix(where, "/apps/"), "/")
		_, ours := g.apps.Load(id)
		for _, a := range allowed {
			if match, _ := path.Match(a.request, req.Method+" "+where); match && (ours || !a.ours) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s %s was not sent: the experiment may not ask for it; this is a mistake in the experiment, please report it", req.Method, where)
}
