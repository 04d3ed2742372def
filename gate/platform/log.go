// Log sessions, and the output of a release command.

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

// LogSession opens a log session and returns its address, which is a secret. The session has no
// filter: with a filter, the platform would drop its own notices of lost lines
// (tail_filter in https://github.com/heroku/logplex).
func (c *Client) LogSession(ctx context.Context, app string, lines int, tail bool) (string, error) {
	const op = "opening a log session"
	var s heroku.LogSession
	ex := &exchange{}
	o := heroku.LogSessionCreateOpts{Lines: &lines, Tail: &tail}
	if err := c.service.Post(withExchange(ctx, ex), &s, c.appPath(app, "log-sessions"), o); err != nil {
		e := c.failure(op, ex, err)
		switch {
		case e.Kind() == observe.Unreachable:
			c.logRefused.end("")
		case !c.logRefused.lasting(""):
			e.mayPass = e.Kind() == observe.NotFound || c.logGranted.Load()
		}
		return "", e
	}
	c.logRefused.end("")
	c.logGranted.Store(true)
	if s.LogplexURL == "" {
		return "", &Error{Op: op, Message: "the answer holds no address", RequestID: ex.header.Get("Request-Id")}
	}
	return s.LogplexURL, nil
}

// RefusesLog reports whether an error of LogSession is final: the platform refuses the log
// of this app to this key, so that retrying is useless.
func RefusesLog(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status/100 == 4 && !e.foreign && !e.mayPass && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
}

// ReleaseOutput returns at most the last limit bytes of what the release command has
// printed so far; nothing if there is no release command or it has not begun.
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

// output reads the stream of a release command, for at most attemptTime: while the command runs, the stream does
// not end. The stream is on another host, so output does not send the key. The address is a secret, so
// errors do not quote it.
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
	case res.StatusCode == http.StatusNotFound: // before the command begins
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

// lastBytes reads to the end and returns at most the last limit bytes, even with an error.
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
