// This file is for what the app and its release commands print.

package platform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/observe"
)

// LogSession opens a log session and returns its address, which is a secret. It is
// not filtered: the platform drops its own notices of loss in a filtered one
// (tail_filter in https://github.com/heroku/logplex).
func (c *Client) LogSession(ctx context.Context, app string, lines int, tail bool) (string, error) {
	const op = "opening a log session"
	var s heroku.LogSession
	ex := &exchange{}
	o := heroku.LogSessionCreateOpts{Lines: &lines, Tail: &tail}
	if err := c.service.Post(withExchange(ctx, ex), &s, c.appPath(app, "log-sessions"), o); err != nil {
		e := c.failure(op, ex, err)
		e.passing = !c.log.lasts(e.Kind() != observe.Unreachable) && c.log.given()
		return "", e
	}
	c.log.give()
	if s.LogplexURL == "" {
		return "", &Error{Op: op, Message: "the answer holds no address", RequestID: ex.header.Get("Request-Id")}
	}
	return s.LogplexURL, nil
}

// RefusesLog reports whether an error of LogSession means that the platform will not
// give the log to this key or for this app, however often it is asked.
func RefusesLog(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status/100 == 4 && !e.stray && !e.passing && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
}

// ReleaseOutput returns the last bytes, at most limit, of what a release's command
// has printed so far; nothing if it has not begun or there is none.
func (c *Client) ReleaseOutput(ctx context.Context, app string, version int, limit int) ([]byte, error) {
	row, _, err := c.release(ctx, app, strconv.Itoa(version))
	if err != nil || row.OutputStreamURL == nil || *row.OutputStreamURL == "" {
		return nil, err
	}
	out, err := c.output(ctx, *row.OutputStreamURL, limit)
	if err != nil {
		return nil, &Error{Op: fmt.Sprintf("reading the output of release v%d", version), Message: err.Error()}
	}
	return out, nil
}

// output reads a stream, which is open while the command runs: what has come when
// the time for an attempt is over is what there is. The address is a secret and
// leads to another host, so the key is not sent, nor the address quoted.
func (c *Client) output(ctx context.Context, address string, limit int) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("the platform sent an address that cannot be used")
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}).WithContext(ctx)
	req.Header.Set("Accept", "text/plain")
	req.Header.Set("User-Agent", c.agent)
	res, err := c.base.RoundTrip(req) // not heroku-go's: that adds the key
	if err != nil {
		return nil, errors.New("the connection failed")
	}
	defer res.Body.Close()
	stop := context.AfterFunc(ctx, func() { res.Body.Close() })
	defer stop()
	switch {
	case res.StatusCode == http.StatusNotFound: // until it has begun
		return nil, nil
	case res.StatusCode/100 != 2:
		return nil, fmt.Errorf("its server answered %d", res.StatusCode)
	}
	out, err := lastBytes(res.Body, limit)
	if err != nil && len(out) == 0 && ctx.Err() == nil {
		return nil, errors.New("the connection broke")
	}
	return out, nil
}

// lastBytes reads to the end and keeps the last bytes, also if the end is an error.
func lastBytes(r io.Reader, limit int) ([]byte, error) {
	var kept []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		kept = append(kept, buf[:n]...)
		if over := len(kept) - max(limit, 0); over > 0 {
			kept = append(kept[:0], kept[over:]...)
		}
		if err == io.EOF {
			return kept, nil
		}
		if err != nil {
			return kept, err
		}
	}
}
