// Package platform is the Platform API as observations. It only reads, but for
// opening a log session, and it judges nothing.
package platform

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/rollout"
)

// Options are what a client needs.
type Options struct {
	// Key is the API key.
	Key string
	// URL is where the API is. Empty: https://api.heroku.com.
	URL string
	// Transport carries the requests. nil: the network, through the proxies that
	// the environment names.
	Transport http.RoundTripper
}

// A Client asks the Platform API. It is safe for concurrent use.
type Client struct {
	service *heroku.Service
	carrier *transport
}

// Budget is what requests cost.
type Budget struct {
	Requests int // sent, every try counted
	// Remaining is what the account had left at the last answer, Lowest the least
	// that was seen; -1 if the platform did not say.
	Remaining, Lowest int
}

// userAgent says who asks.
const userAgent = "heroku-rollout-gate"

// New makes a client. It refuses a URL over which the key would travel in the clear.
func New(o Options) (*Client, error) {
	if o.URL == "" {
		o.URL = heroku.DefaultURL
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("it is not a URL")
	}
	if u.Scheme != "https" && !loopback(u.Hostname()) {
		return nil, errors.New("the key would travel in the clear: use https, except for a host on loopback")
	}
	if o.Transport == nil {
		o.Transport = network()
	}
	carrier := &transport{base: o.Transport, budget: Budget{Remaining: -1, Lowest: -1}}
	client := &http.Client{
		Transport: &heroku.Transport{BearerToken: o.Key, UserAgent: userAgent, Transport: carrier},
		// heroku-go adds the key to every request, wherever it goes.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	service := heroku.NewService(client)
	service.URL = strings.TrimSuffix(o.URL, "/")
	return &Client{service: service, carrier: carrier}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func network() http.RoundTripper {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: tryLimit}).DialContext,
		TLSHandshakeTimeout: tryLimit,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     90 * time.Second,
	}
}

// Budget tells what the requests so far have cost.
func (c *Client) Budget() Budget {
	c.carrier.mu.Lock()
	defer c.carrier.mu.Unlock()
	return c.carrier.budget
}

// App tells where the app runs.
func (c *Client) App(ctx context.Context, app string) (rollout.Observation, error) {
	var a struct {
		ID, Name    string
		Maintenance bool
		Space       *struct{ Name string }
		Generation  generation
	}
	x, err := c.get(ctx, "reading the app", &a, path("apps", app))
	if err != nil {
		return rollout.Observation{}, err
	}
	o := rollout.App{ID: a.ID, Name: a.Name, Maintenance: a.Maintenance, Generation: string(a.Generation)}
	if a.Space != nil {
		o.Space = a.Space.Name
		if o.Space == "" {
			o.Space = "private"
		}
	}
	return rollout.Observation{Date: date(x), App: &o}, nil
}

// generation is an object with a name, or the name itself, depending on the
// version of the API that an answer is given in.
type generation string

func (g *generation) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	if _, after, ok := strings.Cut(string(data), `"name"`); ok {
		_, after, _ = strings.Cut(after, `"`)
		s, _, _ = strings.Cut(after, `"`)
	}
	if s != "null" {
		*g = generation(s)
	}
	return nil
}

// Preboot tells whether the app has preboot on. An app that has no such feature has not.
func (c *Client) Preboot(ctx context.Context, app string) (rollout.Observation, error) {
	var f heroku.AppFeature
	x, err := c.get(ctx, "reading the app feature preboot", &f, path("apps", app, "features", "preboot"))
	var e *Error
	if errors.As(err, &e) && e.Kind() == rollout.NotFound {
		return rollout.Observation{Date: date(x), Preboot: &rollout.Preboot{Known: true}}, nil
	}
	if err != nil {
		return rollout.Observation{}, err
	}
	return rollout.Observation{Date: date(x), Preboot: &rollout.Preboot{Known: true, Enabled: f.Enabled, ChangedAt: f.UpdatedAt}}, nil
}

// Slug tells which commit a slug carries.
func (c *Client) Slug(ctx context.Context, app, id string) (rollout.Observation, error) {
	var s heroku.Slug
	x, err := c.get(ctx, "reading a slug", &s, path("apps", app, "slugs", id))
	if err != nil {
		return rollout.Observation{}, err
	}
	o := rollout.Slug{ID: id}
	if s.Commit != nil {
		o.Commit = *s.Commit
	}
	return rollout.Observation{Date: date(x), Slug: &o}, nil
}

// LogSession opens a session of the app's whole log, unfiltered: API lines and
// loss notices do not pass a filter. It returns the secret URL to read it from.
func (c *Client) LogSession(ctx context.Context, app string, lines int, tail bool) (string, error) {
	x := &exchange{}
	var s heroku.LogSession
	opts := heroku.LogSessionCreateOpts{Lines: &lines, Tail: &tail}
	if err := c.service.Post(with(ctx, x), &s, path("apps", app, "log-sessions"), opts); err != nil {
		return "", failure("opening a log session", x, c.restore(x, err))
	}
	return s.LogplexURL, nil
}

// ReleaseOutput is the end of what the release command has printed, at most limit
// bytes; empty if it has printed nothing yet.
func (c *Client) ReleaseOutput(ctx context.Context, app string, version, limit int) ([]byte, error) {
	const op = "reading the output of the release phase"
	var r heroku.Release
	if _, err := c.get(ctx, op, &r, path("apps", app, "releases", fmt.Sprint(version))); err != nil || r.OutputStreamURL == nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, *r.OutputStreamURL, nil)
	if err != nil || req.URL.Scheme != "https" && !loopback(req.URL.Hostname()) {
		return nil, &Error{Op: op, Message: "the platform named no usable address"}
	}
	req.Header.Set("Accept", "text/plain")
	resp, err := c.carrier.base.RoundTrip(req) // without the key
	if err != nil {
		return nil, &Error{Op: op, Message: "no answer", err: err}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, nil
	case resp.StatusCode/100 != 2:
		return nil, &Error{Op: op, Status: resp.StatusCode, Message: http.StatusText(resp.StatusCode)}
	}
	// The stream of a command that hangs does not end; what came is of use.
	data, _ := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	return data[max(0, len(data)-limit):], nil
}

// get reads one thing.
func (c *Client) get(ctx context.Context, op string, v any, p string) (*exchange, error) {
	x := &exchange{}
	if err := c.service.Get(with(ctx, x), v, p, nil, nil); err != nil {
		return x, failure(op, x, c.restore(x, err))
	}
	return x, nil
}

// restore gives back the status of an answer whose body was no JSON, which
// heroku-go leaves in the words of its error only.
func (c *Client) restore(x *exchange, err error) error {
	var he heroku.Error
	if x.status != 0 && x.status/100 != 2 && !errors.As(err, &he) {
		return statusError(x.status)
	}
	return err
}

func path(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// date is the platform's clock in an answer; zero if it did not say.
func date(x *exchange) time.Time {
	t, err := http.ParseTime(x.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}
