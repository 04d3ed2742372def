// One log session: the gate asks for its address, and reads it.

package logtail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// historyLines is how many lines of history the gate asks for: all that the platform keeps
// (https://devcenter.heroku.com/articles/logging).
const historyLines = 1500

// Sessions opens a log session and returns its address, which is a secret: anybody who
// knows it can read the log.
type Sessions interface {
	LogSession(ctx context.Context, app string, lines int, tail bool) (string, error)
}

// refusal is an error after which retrying is useless.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

// sessionURL opens a session and returns its address.
func (f *follower) sessionURL(ctx context.Context, tail bool) (*url.URL, error) {
	addr, err := f.Sessions.LogSession(ctx, f.App, historyLines, tail)
	if err != nil {
		if ctx.Err() == nil && f.Refused != nil && f.Refused(err) {
			return nil, refusal{err.Error()}
		}
		return nil, err
	}
	u, err := url.Parse(addr)
	if err != nil || u.Host == "" {
		return nil, errors.New("opening the log: the platform sent no valid address")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("opening the log: the platform sent an address without TLS, which is not used")
	}
	return u, nil
}

// open opens a session and its stream.
func (f *follower) open(ctx context.Context, tail bool) (*http.Response, error) {
	u, err := f.sessionURL(ctx, tail)
	if err != nil {
		return nil, err
	}
	res, err := f.get(ctx, u)
	if err != nil {
		return nil, err
	}
	if res.Request == nil {
		res.Request = &http.Request{URL: u}
	}
	return res, nil
}

// get opens the stream at an address.
func (f *follower) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	req := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}
	// The official clients ask for server-sent events only, and plain text on Fir has no line breaks
	// (heroku/heroku-sdk, src/resources/platform/log-session). Cedar may answer with plain text
	// anyway: the Content-Type of the answer says which it is.
	req.Header.Set("Accept", "text/event-stream")
	// A compressed stream would delay lines.
	req.Header.Set("Accept-Encoding", "identity")
	// The stream's own watchdog only begins with the answer.
	ctx, cancel := context.WithCancel(ctx)
	timeout := time.AfterFunc(longestSilence, cancel)
	// A transport does not follow redirects, unlike an http.Client.
	res, err := f.transport.RoundTrip(req.WithContext(ctx))
	if !timeout.Stop() && err != nil {
		return nil, fmt.Errorf("opening the log: no answer within %v", longestSilence)
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("opening the log: %s", redactURL(err, u))
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		cancel()
		return nil, fmt.Errorf("opening the log: the log server answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	res.Body = &cancelOnClose{res.Body, cancel}
	return res, nil
}

// cancelOnClose is a body that cancels its request when it is closed.
type cancelOnClose struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelOnClose) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// redactURL is the error's text, or a general one if the text quotes a part of the address.
func redactURL(err error, u *url.URL) string {
	text := err.Error()
	for _, secret := range []string{u.Path, u.EscapedPath(), u.RawQuery, u.User.String()} {
		if len(secret) > 1 && strings.Contains(text, secret) {
			return "the connection failed"
		}
	}
	return text
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// readChunks passes what it reads to write, until the body ends; nil if the body is complete.
func readChunks(body io.Reader, write func([]byte)) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			write(buf[:n])
		}
		if err == io.EOF { // never wrapped: an io.Reader's contract
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func defaultTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = longestSilence
	t.DisableCompression = true
	t.IdleConnTimeout = time.Minute
	return t
}
