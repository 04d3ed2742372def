// Slow answers: after an answer that came too late, the same question gets more time.

package platform

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// How often a look fails before it reads a slow list, and how long that look takes. The other
// lists are fast, and a look that fails still brings the dyno list.
func TestASlowListIsGivenMoreTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path     string
		takes    time.Duration
		failures int
	}{
		"fast":                  {"/releases", time.Second, 0},
		"releases, 4 s":         {"/releases", 4 * time.Second, 1},
		"formation, 4 s":        {"/formation", 4 * time.Second, 1},
		"releases, 11 s":        {"/releases", 11 * time.Second, 2},
		"releases, 29 s":        {"/releases", 29 * time.Second, 4},
		"dynos, 9 s":            {"/dynos", 9 * time.Second, 0},
		"dynos, 12 s":           {"/dynos", 12 * time.Second, 1},
		"both others, 4 s each": {"-", 4 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				takes := c.takes
				p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
					dynos := strings.HasSuffix(r.URL.Path, "/dynos")
					if strings.HasSuffix(r.URL.Path, c.path) || c.path == "-" && !dynos {
						select {
						case <-time.After(takes):
						case <-r.Context().Done():
							return
						}
					}
					switch {
					case dynos:
						answer(w, 200, "["+oneDyno+"]")
					case strings.HasSuffix(r.URL.Path, "/formation"):
						answer(w, 200, `[{"type":"web","quantity":1}]`)
					default:
						answer(w, 200, `[{"id":"r","version":7,"created_at":"2026-03-04T05:00:00Z"}]`)
					}
				})
				failures := 0
				for range 6 {
					begun := time.Now()
					o, err := p.Look(t.Context(), "shop", true, 1)
					if err == nil {
						if took := time.Since(begun); took != takes || !o.Look.Full() {
							t.Errorf("it took %v, and brought %+v", took, o.Look)
						}
						break
					}
					if c.path != "/dynos" && (o.Look == nil || len(o.Look.Dynos) != 1) {
						t.Errorf("with %v came %+v", err, o.Look)
					}
					failures++
				}
				if failures != c.failures {
					t.Errorf("%d looks failed, want %d; requests: %v", failures, c.failures, d.seen)
				}
				takes = 0 // a fast answer makes the limit the usual one again
				if _, err := p.Look(t.Context(), "shop", true, 1); err != nil {
					t.Error(err)
				}
				if limit := p.patience.limit(readingReleases, otherListsTime); limit != otherListsTime {
					t.Errorf("after a fast answer the limit is %v", limit)
				}
			})
		})
	}
}
