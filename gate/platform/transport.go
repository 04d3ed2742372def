// This file is for one request: it is tried until it is answered. It stands below
// heroku-go's transport, because above it the headers of a refusal are gone, and
// heroku-go's own retrying neither watches the context nor ends.

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
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	attemptTime = 10 * time.Second // for one attempt, with its whole body
	retryTime   = 20 * time.Second // no new attempt begins after this
	firstWait   = 500 * time.Millisecond
	longestWait = 8 * time.Second
	maxBody     = 16 << 20
)

// sender sends requests. A request that failed for a reason that may pass is sent
// again; that is harmless for all that this package sends.
type sender struct {
	base  http.RoundTripper
	meter *meter
}

// errAttempt is a failure that may pass. If the platform answered, res is set.
type errAttempt struct {
	err   error
	res   *http.Response
	after time.Duration // how long the platform asked to wait; 0 if it did not
}

func (e *errAttempt) Error() string { return e.err.Error() }
func (e *errAttempt) Unwrap() error { return e.err }

// RoundTrip returns the answer with its body read. If the last attempt brought a
// refusal, that is the answer.
func (s *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	waits := &patience{ExponentialBackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstWait),
		backoff.WithMultiplier(2),
		backoff.WithMaxInterval(longestWait),
		backoff.WithMaxElapsedTime(retryTime),
	)}
	res, err := backoff.RetryWithData(func() (*http.Response, error) {
		res, err := s.attempt(req)
		waits.after = 0
		var again *errAttempt
		if errors.As(err, &again) {
			waits.after = again.after
		}
		return res, err
	}, backoff.WithContext(waits, req.Context()))
	var last *errAttempt
	switch {
	case errors.As(err, &last) && last.res != nil:
		return last.res, nil
	case err != nil:
		return nil, err
	}
	return res, nil
}

// patience is exponential backoff that never comes back before the platform
// wants it to.
type patience struct {
	*backoff.ExponentialBackOff
	after time.Duration
}

func (p *patience) NextBackOff() time.Duration {
	d := p.ExponentialBackOff.NextBackOff()
	if d == backoff.Stop || p.after <= d {
		return d
	}
	if p.GetElapsedTime()+p.after > retryTime {
		return backoff.Stop
	}
	return p.after
}

// attempt sends the request once. Its error is an errAttempt or permanent.
func (s *sender) attempt(req *http.Request) (*http.Response, error) {
	ex := exchangeOf(req.Context())
	ex.status, ex.header = 0, nil
	ctx, cancel := context.WithTimeoutCause(req.Context(), attemptTime, fmt.Errorf("no answer within %v", attemptTime))
	defer cancel()
	out := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, backoff.Permanent(err)
		}
		out.Body = body
	}
	if ex.page != "" {
		out.Header.Set("Range", ex.page)
	}
	s.meter.sent()
	res, err := s.base.RoundTrip(out)
	if err != nil {
		return nil, passing(ctx, err)
	}
	defer res.Body.Close()
	ex.status, ex.header = res.StatusCode, res.Header
	s.meter.answered(res.Header)
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		// A refusal is one with or without its explanation.
		if res.StatusCode/100 == 4 && res.StatusCode != http.StatusTooManyRequests {
			body, err = nil, nil
		} else {
			ex.status = 0
			return nil, passing(ctx, err)
		}
	}
	if len(body) > maxBody {
		return nil, backoff.Permanent(fmt.Errorf("the answer is longer than %d MiB", maxBody>>20))
	}
	// heroku-go would print it to the standard log.
	res.Header.Del("X-Heroku-Warning")
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return judge(res, body)
}

// judge tells an answer from a refusal, and whether that may pass.
func judge(res *http.Response, body []byte) (*http.Response, error) {
	switch code := res.StatusCode; {
	case code/100 == 2 && json.Valid(body):
		return res, nil
	case code/100 == 2:
		return nil, &errAttempt{err: errors.New("the answer is not JSON, or was cut")}
	case code/100 == 3:
		// heroku-go would send the key to wherever it points.
		return nil, backoff.Permanent(fmt.Errorf("the answer is a redirect (%d), which is not followed: check the API's address", code))
	case code == http.StatusTooManyRequests || code >= 500:
		return nil, &errAttempt{err: errors.New(res.Status), res: res, after: retryAfter(res.Header)}
	}
	return res, nil // heroku-go makes the error of it
}

// passing is a failure of the network. What ends the caller's context is final.
func passing(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		// The limit of the attempt says more than "context deadline exceeded".
		err = cause
	}
	return &errAttempt{err: err}
}

// retryAfter reads the header in both its forms.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return time.Duration(min(n, 24*3600)) * time.Second
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	// Against the platform's own clock, where it tells it: ours may be wrong.
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(t.Sub(now), 0)
}
