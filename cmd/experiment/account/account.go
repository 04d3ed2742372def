// Package account is all that the experiment may do on Heroku: make an app, build, scale, switch and
// restart it, look at it, and delete it. It changes no app that the experiment did not make.
//
//   - account.go: the list of allowed requests, the client, and what heroku-go does not do alone
//   - send.go: one request, and what Heroku refuses, in words
package account

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
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

// Options say how to reach Heroku, and who records the requests. All are needed.
type Options struct {
	Key       string
	Transport http.RoundTripper
	At        func() time.Duration // how long the run has gone on
	// Real is a span of the run in real time: simulated time passes faster.
	Real func(time.Duration) time.Duration
	// Seen records a request with its answer. Several goroutines call it at once.
	Seen func(evidence.Request)
}

// A Client sends requests with one key: those of heroku-go that are allowed. It stands below heroku-go's transport,
// which adds the key.
type Client struct {
	*heroku.Service
	guard
	Options
}

// New makes a client. It sends nothing yet.
func New(o Options) *Client {
	c := &Client{Options: o}
	c.Service = heroku.NewService(&http.Client{
		Transport:     &heroku.Transport{BearerToken: o.Key, UserAgent: "heroku-rollout-gate-experiment", Transport: c},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	return c
}

// Make makes an app of that name, and returns its id.
func (c *Client) Make(ctx context.Context, name string) (id string, err error) {
	made, err := c.AppCreate(ctx, heroku.AppCreateOpts{Name: &name})
	switch {
	case err != nil:
		return "", err
	case made.ID == "" || made.Name != name:
		return "", fmt.Errorf("the answer of Heroku is about another app, %q", made.Name)
	}
	c.own(made.ID)
	return made.ID, nil
}

// Why Remove deletes nothing.
var (
	ErrNotOurs = errors.New("it was not made by this program, so it is not deleted")
	ErrUnsure  = errors.New("it stays")
)

// clockSkew is how far the clocks of this machine and of Heroku may differ.
const clockSkew = 10 * time.Minute

// Remove deletes an app that the experiment made, if it is there and sure says yes; it is no error if it is gone. The
// app must still have both the id and the name. Without an id, it is ours if it was made when we asked for an app of
// that random name.
func (c *Client) Remove(ctx context.Context, id, name string, asked time.Time, sure func() bool) (there bool, err error) {
	found, err := c.AppInfo(ctx, cmp.Or(id, name))
	switch {
	case Status(err) == http.StatusNotFound:
		return false, nil
	case err != nil:
		return false, Explain("looking for the app "+name, err)
	case found.Name != name, id != "" && found.ID != id, id == "" && found.CreatedAt.Sub(asked).Abs() > clockSkew:
		return true, fmt.Errorf("the app %s: %w", found.Name, ErrNotOurs)
	case !sure():
		return true, ErrUnsure
	}
	c.own(found.ID)
	if _, err = c.AppDelete(ctx, found.ID); Status(err) == http.StatusNotFound {
		err = nil
	}
	return true, Explain("deleting the app "+name, err)
}

// ReadOnly is an error unless another key may read an app of ours and may not change it. The change that it tries does
// no harm: it switches preboot off, and a new app has none.
func (c *Client) ReadOnly(ctx context.Context, app, key string) error {
	o := c.Options
	o.Key = key
	other := New(o)
	other.own(app)
	if _, err := other.AppInfo(ctx, app); err != nil {
		return fmt.Errorf("the key in HEROKU_READ_KEY cannot read the app: give a key of the same account, or none (%v)", bare(err))
	}
	_, err := other.AppFeatureUpdate(ctx, app, "preboot", heroku.AppFeatureUpdateOpts{Enabled: false})
	switch {
	case err == nil:
		return errors.New("the key in HEROKU_READ_KEY may change apps, so it shows nothing of the scope read: make a key with `heroku authorizations:create --scope read --short`, or give none")
	case Status(err) == http.StatusForbidden:
		return nil
	}
	return fmt.Errorf("trying HEROKU_READ_KEY: %v", bare(err))
}

// Scale sets how many dynos of each type there are, and their size; without a size that stays as it is.
func (c *Client) Scale(ctx context.Context, app string, quantities map[string]int, size string) error {
	type update struct {
		Type     string `json:"type"`
		Quantity int    `json:"quantity"`
		Size     string `json:"size,omitempty"`
	}
	var all []update // heroku-go's own type for this has no name
	for t, n := range quantities {
		all = append(all, update{t, n, size})
	}
	return c.Patch(ctx, nil, "/apps/"+app+"/formation", map[string]any{"updates": all})
}

// LogSession opens a log session and returns its address, which is a secret.
func (c *Client) LogSession(ctx context.Context, app string, lines int, tail bool) (string, error) {
	s, err := c.LogSessionCreate(ctx, app, heroku.LogSessionCreateOpts{Lines: &lines, Tail: &tail})
	return s.LogplexURL, Explain("opening a log session", err)
}

// Elsewhere sends a request to an address that Heroku gave, and returns the answer. It does without heroku-go, which
// would add the key, and a content type, for which the address of an upload is not signed.
func (c *Client) Elsewhere(ctx context.Context, method, address string, body []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil || req.URL.Scheme != "https" {
		return "", errors.New("the address that Heroku sent cannot be used")
	}
	res, err := c.Transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return "", fmt.Errorf("its place answered %d", res.StatusCode)
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxBody)) // what came until it broke is of use
	return string(text), nil
}
