// This file is for the client: its options, and how one question is asked.

package platform

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	heroku "github.com/heroku/heroku-go/v5"
)

// userAgent names the program to the platform. Of the version the first word is sent, as a
// comment would need escaping.
func userAgent(version string) string {
	first, _, _ := strings.Cut(version, " ")
	if first == "" {
		return "heroku-rollout-gate"
	}
	return "heroku-rollout-gate/" + first
}

// Options say how to reach the platform.
type Options struct {
	// Key is a Heroku API key or OAuth token. Required.
	Key string
	// URL is where the API is. Empty: https://api.heroku.com.
	URL string
	// Version of the program, for the platform to know. Empty: it is not told.
	Version string
	// Transport carries the requests. nil: HTTPS with proxies as the environment says.
	Transport http.RoundTripper
	// Now is the runner's clock. nil: time.Now.
	Now func() time.Time
}

// A Client asks the platform. It may be used by several goroutines at once.
type Client struct {
	key      string
	agent    string // how the program names itself
	service  *heroku.Service
	base     http.RoundTripper
	own      *http.Transport // base, if it is nobody else's; otherwise nil
	meter    *meter
	patience patience
	ids      sync.Map // of apps, by the name that they were asked for by
	log      refused  // log sessions
	preboot  refused  // the app feature
	now      func() time.Time
	fir      atomic.Bool // see OnFir
}

// New returns a client. It sends nothing yet.
func New(o Options) (*Client, error) {
	if err := checkKey(o.Key); err != nil {
		return nil, err
	}
	u, err := checkURL(o.URL)
	if err != nil {
		return nil, err
	}
	base := o.Transport
	var own *http.Transport
	if base == nil {
		own = defaultTransport()
		base = own
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := newMeter()
	service := heroku.NewService(&http.Client{
		Transport: &heroku.Transport{
			BearerToken: o.Key,
			UserAgent:   userAgent(o.Version),
			Transport:   &sender{base: base, meter: m, api: u},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	service.URL = strings.TrimRight(u.String(), "/")
	return &Client{key: o.Key, agent: userAgent(o.Version), service: service, base: base, own: own, meter: m, now: o.Now}, nil
}

// Close lets go of the connections that are not in use. The client asks no more.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// checkKey refuses what cannot be sent in a header. It never quotes the key.
func checkKey(key string) error {
	if key == "" {
		return errors.New("reading the API key: it is empty; create one with `heroku authorizations:create`")
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("reading the API key: it contains a space, a line break or another character that no key has; copy it again")
	}
	return nil
}

// checkURL refuses an address that would send the key in the clear. It quotes no
// more than the host: the rest of a mistaken address may be a secret.
func checkURL(address string) (*url.URL, error) {
	if address == "" {
		address = heroku.DefaultURL
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, errors.New("reading the API's address: it is not a URL; give one such as https://api.heroku.com")
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("reading the API's address: that at %q has a user, a query or a fragment; leave these out", u.Host)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("reading the API's address: that at %q is not https and would send the key in the clear; use https", u.Host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// defaultTransport is Go's own, so proxies are taken from the environment.
func defaultTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.ResponseHeaderTimeout = longestTime
	t.TLSHandshakeTimeout = 5 * time.Second
	t.MaxIdleConnsPerHost = 4
	// A connection that went dead without a word would be used for every new try.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: attemptTime / 2, PingTimeout: attemptTime / 2}
	return t
}

// Budget tells what was asked so far.
func (c *Client) Budget() Budget { return c.meter.budget() }

// Remaining is what the platform last said is left of the account's budget of
// requests; -1 if it said nothing.
func (c *Client) Remaining() int { return c.meter.budget().Remaining }

// get asks for one object, or one page of a list, and decodes it into v.
func (c *Client) get(ctx context.Context, op, path, page string, v any) (*exchange, error) {
	ex, asked := &exchange{page: page, limit: c.patience.of(op, attemptTime)}, time.Now()
	err := c.service.Get(withExchange(ctx, ex), v, path, nil, nil)
	c.patience.learn(op, err, time.Since(asked))
	if err != nil {
		return ex, c.failure(op, ex, err)
	}
	if f := flaw(v, ex); f != "" {
		return ex, &Error{Op: op, Message: f, RequestID: c.redact(ex.header.Get("Request-Id"))}
	}
	return ex, nil
}

// maxPages is more pages than any list has, even if the platform gives fewer rows
// at once than it is asked for. Each page costs a request.
const maxPages = 50

// list asks for a list, with all its pages. page is the first Range to ask for.
func list[T any](ctx context.Context, c *Client, op, path, page string) (items []T, date time.Time, err error) {
	items, _, date, err = readPages[T](ctx, c, op, path, page, math.MaxInt)
	return items, date, err
}

// readPages asks for the pages of a list, until there are enough items or no more. It
// tells whether the list goes on.
func readPages[T any](ctx context.Context, c *Client, op, path, page string, enough int) (items []T, cut bool, date time.Time, err error) {
	items = []T{}
	asked := map[string]bool{}
	for len(asked) < maxPages {
		var more []T
		ex, err := c.get(ctx, op, path, page, &more)
		if err != nil {
			return nil, false, time.Time{}, err
		}
		if len(more) == 0 && ex.header.Get("Next-Range") != "" {
			return nil, false, time.Time{}, &Error{Op: op, Message: "the list has an empty page that is not its last: a page is missing"}
		}
		items = append(items, more...)
		date = earliest(date, ex.date())
		asked[page] = true
		page = ex.header.Get("Next-Range")
		if page == "" || len(items) >= enough {
			return items, page != "", date, nil
		}
		if asked[page] {
			break
		}
	}
	return nil, false, time.Time{}, &Error{Op: op, Message: "the list has no end: its pages repeat themselves"}
}

// earliest is the earlier of two times that are set.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// appPath is the path of an app or of what belongs to it. Once the app's id is known, it
// stands for the name, which somebody may change.
func (c *Client) appPath(app string, parts ...string) string {
	if id, ok := c.ids.Load(app); ok {
		app = id.(string)
	}
	path := "/apps/" + url.PathEscape(app)
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}
