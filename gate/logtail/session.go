// This file is for one log session: asking for its address, and reading it.

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

// historyLines is how many lines of history are asked for: all that there are
// (https://devcenter.heroku.com/articles/logging).
const historyLines = 1500

// Sessions opens a log session and returns its address, which is a secret: whoever
// knows it can read the log.
type Sessions interface {
	LogSession(ctx context.Context, app string, lines int, tail bool) (string, error)
}

// refusal is an error that no second try can mend.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

// address asks for a session.
func (f *follower) address(ctx context.Context, tail bool) (*url.URL, error) {
	addr, err := f.Sessions.LogSession(ctx, f.App, historyLines, tail)
	if err != nil {
		if ctx.Err() == nil && f.Refused != nil && f.Refused(err) {
			return nil, refusal{err.Error()}
		}
		return nil, err
	}
	u, err := url.Parse(addr)
	if err != nil || u.Host == "" {
		return nil, errors.New("opening the log: the platform sent an address that is none")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("opening the log: the platform sent an address without TLS, which is not used")
	}
	return u, nil
}

// open asks for a session and opens its stream.
func (f *follower) open(ctx context.Context, tail bool) (*http.Response, error) {
	u, err := f.address(ctx, tail)
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
	// The official clients ask for nothing else, and Fir's text has no line ends
	// (heroku/heroku-sdk, src/resources/platform/log-session). Cedar may give text all the
	// same: what it gives is told by the answer.
	req.Header.Set("Accept", "text/event-stream")
	// A compressed stream would hold lines back.
	req.Header.Set("Accept-Encoding", "identity")
	// Until the answer begins nobody else watches the time.
	ctx, cancel := context.WithCancel(ctx)
	hurry := time.AfterFunc(silence, cancel)
	// Without an http.Client nothing follows a redirect.
	res, err := f.transport.RoundTrip(req.WithContext(ctx))
	if !hurry.Stop() && err != nil {
		return nil, fmt.Errorf("opening the log: no answer within %v", silence)
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
	res.Body = &ending{res.Body, cancel}
	return res, nil
}

// ending is a body that ends its request when it is closed.
type ending struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (e *ending) Close() error {
	defer e.cancel()
	return e.ReadCloser.Close()
}

// redactURL is what an error says, unless it quotes a part of the address.
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

// readChunks hands on what a body brings until it ends; nil if it ended as it should.
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
	t.ResponseHeaderTimeout = silence
	t.DisableCompression = true
	t.IdleConnTimeout = time.Minute
	return t
}
