// This file is for what may be asked. What is not on the list is not sent, and what changes something is
// sent to an app of our own alone.

package account

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
)

// host is the one that may see the key.
const host = "api.heroku.com"

// anywhere are the requests that are about no app of ours: an asterisk is one segment.
var anywhere = []struct{ method, path string }{
	{http.MethodPost, "/apps"},
	{http.MethodPost, "/sources"},
	{http.MethodGet, "/apps/*"},
}

// ours are those below an app of ours.
var ours = []struct{ method, path string }{
	{http.MethodDelete, ""},
	{http.MethodGet, "/builds/*"},
	{http.MethodPost, "/builds"},
	{http.MethodGet, "/dynos"},
	{http.MethodGet, "/dynos/*"},
	{http.MethodDelete, "/dynos"},
	{http.MethodDelete, "/dynos/*"},
	{http.MethodPatch, "/features/log-runtime-metrics"},
	{http.MethodPatch, "/features/preboot"},
	{http.MethodGet, "/formation"},
	{http.MethodPatch, "/formation"},
	{http.MethodPost, "/log-sessions"},
	{http.MethodGet, "/releases"},
	{http.MethodGet, "/releases/*"},
}

// A guard knows which apps are ours, by their ids.
type guard struct {
	mu   sync.Mutex
	apps map[string]bool
}

func (g *guard) own(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.apps == nil {
		g.apps = map[string]bool{}
	}
	g.apps[id] = true
}

func (g *guard) owns(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return id != "" && g.apps[id]
}

// permit refuses a request that is not on the lists.
func (g *guard) permit(req *http.Request) error {
	where := req.URL.EscapedPath()
	if req.URL.Scheme == "https" && req.URL.Host == host && (req.Host == "" || req.Host == host) && req.URL.RawQuery == "" {
		for _, a := range anywhere {
			if match, _ := path.Match(a.path, where); match && req.Method == a.method {
				return nil
			}
		}
		id, below, deep := strings.Cut(strings.TrimPrefix(where, "/apps/"), "/")
		if deep {
			below = "/" + below
		}
		for _, a := range ours {
			if match, _ := path.Match(a.path, below); match && req.Method == a.method && strings.HasPrefix(where, "/apps/") && g.owns(id) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s %s was not sent: the experiment may not ask for it; this is a mistake in the experiment, please report it", req.Method, where)
}
