// Which requests may be sent. The only thing that the gate creates on Heroku is a log session: this list makes
// sure of it, since no other request is sent.

package platform

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// allowed are the requests that may be sent: the method, and the path below the API's address.
// An asterisk stands for one segment.
var allowed = []struct{ method, path string }{
	{http.MethodGet, "/apps/*"},
	{http.MethodGet, "/apps/*/builds"},
	{http.MethodGet, "/apps/*/dynos"},
	{http.MethodGet, "/apps/*/features/log-runtime-metrics"},
	{http.MethodGet, "/apps/*/features/preboot"},
	{http.MethodGet, "/apps/*/formation"},
	{http.MethodGet, "/apps/*/oci-images/*"},
	{http.MethodGet, "/apps/*/releases"},
	{http.MethodGet, "/apps/*/releases/*"},
	{http.MethodGet, "/apps/*/slugs/*"},
	{http.MethodPost, "/apps/*/log-sessions"},
}

// permit refuses a request that is not on the list. It also refuses any other host than the API's:
// only the API may see the key.
func permit(req *http.Request, api *url.URL) error {
	below, ok := strings.CutPrefix(req.URL.EscapedPath(), strings.TrimRight(api.EscapedPath(), "/"))
	if ok && req.URL.Scheme == api.Scheme && req.URL.Host == api.Host && (req.Host == "" || req.Host == api.Host) {
		for _, a := range allowed {
			if match, _ := path.Match(a.path, below); match && req.Method == a.method && req.URL.RawQuery == "" {
				return nil
			}
		}
	}
	return fmt.Errorf("%s %s was not sent: the gate may not ask for it; this is a mistake in the gate, please report it", req.Method, below)
}
