// The way of every request: a limit for each try, retries, and the headers that
// heroku-go does not hand on. It sits beneath heroku-go's own transport, since
// that turns answers into errors that no longer tell what they were.

package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// One try gets this long, headers and body.
	tryLimit = 10 * time.Second
	// All tries of one request get this long; the watcher asks again later anyway.
	retryLimit = 20 * time.Second
	// No answer of the platform is near this size.
	bodyLimit = 16 << 20
)

// exchange is what a caller and the transport tell each other about one request
// beside what heroku-go carries. It travels in the request's context.
type exchange struct {
	rng    string      // the Range header to send; empty: what heroku-go sends
	header http.Header // of the answer
	status int         // of the answer; 0 if there was none
}

type exchangeKey struct{}

func with(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// transport sends a request until there is an answer worth handing on.
type transport struct {
	base http.RoundTripper

	mu     sync.Mutex
	budget Budget
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = &exchange{}
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	policy := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(500*time.Millisecond),
		backoff.WithMaxInterval(5*time.Second),
		backoff.WithMaxElapsedTime(retryLimit),
	)
	var last *http.Response
	try := func() error {
		resp, err := t.try(req, body, x)
		if err != nil {
			return err
		}
		last = resp
		switch {
		case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
			if wait := retryAfter(resp.Header); wait > 0 {
				if wait > retryLimit {
					return backoff.Permanent(errStatus)
				}
				select {
				case <-time.After(wait):
				case <-req.Context().Done():
				}
			}
			return errStatus
		}
		return nil
	}
	err := backoff.Retry(try, backoff.WithContext(policy, req.Context()))
	if err != nil && !errors.Is(err, errStatus) {
		return nil, err
	}
	x.header, x.status = last.Header, last.StatusCode
	return last, nil
}

// errStatus marks an answer that asks for another try. When there is none, the
// answer is handed on as it is.
var errStatus = errors.New("the platform asks for another try")

// try sends the request once and reads the whole answer.
func (t *transport) try(req *http.Request, body []byte, x *exchange) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), tryLimit)
	defer cancel()
	req = req.Clone(ctx)
	if body != nil {
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	if x.rng != "" {
		req.Header.Set("Range", x.rng)
	}
	t.count(nil)
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, tooSlow(ctx, req, err)
	}
	t.count(resp.Header)
	data, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	resp.Body.Close()
	switch {
	case err != nil:
		return nil, tooSlow(ctx, req, fmt.Errorf("reading the answer: %w", err))
	case len(data) > bodyLimit:
		return nil, backoff.Permanent(fmt.Errorf("the answer is larger than %d bytes", bodyLimit))
	case resp.StatusCode/100 == 3:
		return nil, backoff.Permanent(fmt.Errorf("the platform answers with a redirect (%s), which is not followed: check the input \"api-url\"", resp.Status))
	case resp.StatusCode/100 == 2 && !json.Valid(data):
		return nil, errors.New("the answer is not JSON")
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	// heroku-go would print it through the global logger.
	resp.Header.Del("X-Heroku-Warning")
	return resp, nil
}

// tooSlow says that it was the limit of one try that ended it, if it was.
func tooSlow(ctx context.Context, req *http.Request, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", tryLimit)
	}
	return err
}

// count keeps the budget: a request when h is nil, what is left when it is not.
func (t *transport) count(h http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h == nil {
		t.budget.Requests++
		return
	}
	left, err := strconv.Atoi(h.Get("RateLimit-Remaining"))
	if err != nil {
		return
	}
	t.budget.Remaining = left
	if t.budget.Lowest < 0 || left < t.budget.Lowest {
		t.budget.Lowest = left
	}
}

// retryAfter is the wait that an answer asks for, in seconds or as a date; 0 if none.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	until, err := http.ParseTime(v)
	date, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, until.Sub(date))
}
