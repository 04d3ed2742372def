// This file is for what may be asked. The gate changes nothing on Heroku but for
// the log session that it opens, and this list is why: what is not on it is not sent.

package platform

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// allowed are the method and the path, below the API's address, of every request
// that may be sent. An asterisk is one segment.
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

// permit refuses a request that is not on the list, or not to the API, which alone
// may see the key.
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
