// The client, its options, and how it reads an object or a list.

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

// userAgent names the program to the platform. It sends only the first word of the version: the rest would need
// escaping.
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
	// Version of the program, for the User-Agent header. Empty: it is left out.
	Version string
	// Transport sends the requests. nil: HTTPS, with proxies from the environment.
	Transport http.RoundTripper
	// Now is the runner's clock. nil: time.Now.
	Now func() time.Time
}

// A Client asks the platform. It may be used by several goroutines at once.
type Client struct {
	key         string
	agent       string // the User-Agent header
	service     *heroku.Service
	base        http.RoundTripper
	own         *http.Transport // base, if this client made it; otherwise nil
	meter       *meter
	patience    patience
	appIDs      sync.Map    // the name that the caller uses for an app -> the app's id
	logRefused  refusals    // of log sessions
	logGranted  atomic.Bool // a log session was granted
	codeRefused refusals    // of slugs, by their ids
	now         func() time.Time
	fir         atomic.Bool // see OnFir
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

// Close closes idle connections. The client must not be used after it.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// checkKey refuses a key that cannot be sent in a header. Its errors never quote the key.
func checkKey(key string) error {
	if key == "" {
		return errors.New("reading the API key: it is empty; create one with `heroku authorizations:create`")
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("reading the API key: it contains a space, a line break or another character that no key has; copy it again")
	}
	return nil
}

// checkURL refuses an address to which the key would be sent unencrypted. Its errors quote only
// the host: the rest of a wrong address may be a secret.
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

// defaultTransport is Go's own with other time limits. Like Go's own, it takes proxies from the environment.
func defaultTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.ResponseHeaderTimeout = longestTime
	t.TLSHandshakeTimeout = 5 * time.Second
	t.MaxIdleConnsPerHost = 4
	// Without pings, every retry would use a connection that is dead without having been closed.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: attemptTime / 2, PingTimeout: attemptTime / 2}
	return t
}

// Budget is how many requests were sent so far, and how many are left.
func (c *Client) Budget() Budget { return c.meter.budget() }

// Remaining is how many requests the account has left, by the newest answer;
// -1 if that is not known.
func (c *Client) Remaining() int { return c.meter.budget().Remaining }

// get reads one object, or one page of a list, and decodes it into v. op is for error messages and [patience].
func (c *Client) get(ctx context.Context, op, path, page string, v any) (*exchange, error) {
	ex, asked := &exchange{page: page, limit: c.patience.limit(op, attemptTime)}, time.Now()
	err := c.service.Get(withExchange(ctx, ex), v, path, nil, nil)
	c.patience.update(op, err, time.Since(asked))
	if err != nil {
		return ex, c.failure(op, ex, err)
	}
	if f := flaw(v, ex); f != "" {
		return ex, &Error{Op: op, Message: f, RequestID: c.redact(ex.header.Get("Request-Id"))}
	}
	return ex, nil
}

// maxPages is more pages than any list has, even if the platform returns fewer rows
// a page than requested. Each page costs a request.
const maxPages = 50

// list reads all pages of a list. page is the first Range to ask for.
func list[T any](ctx context.Context, c *Client, op, path, page string) (items []T, date time.Time, err error) {
	items, _, date, err = readPages[T](ctx, c, op, path, page, math.MaxInt)
	return items, date, err
}

// readPages reads the pages of a list until it has enough items, or all. cut: the list has
// more. date is the earliest of the answers.
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

// earliest is the earlier of two times; a zero time does not count.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// appPath is the path of an app, or of something below it. It contains the app's id as soon as that is known:
// somebody may rename the app.
func (c *Client) appPath(app string, parts ...string) string {
	if id, ok := c.appIDs.Load(app); ok {
		app = id.(string)
	}
	path := "/apps/" + url.PathEscape(app)
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}
