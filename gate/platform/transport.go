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
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	retryTime   = 20 * time.Second // no new attempt begins after this
	firstWait   = 500 * time.Millisecond
	longestWait = 8 * time.Second
	maxBody     = 16 << 20

	// A 429 that does not say when to come back: in this time the account gets
	// about 35 requests. It never says so as far as is known.
	usualPause = 30 * time.Second
	// A longer wait than this is not believed.
	longestPause = 5 * time.Minute
)

// sender sends requests. A request that failed for a reason that may pass is sent
// again; that is harmless for all that this package sends.
type sender struct {
	base  http.RoundTripper
	meter *meter
	api   *url.URL
}

// errAttempt is a failure that may pass. If the platform answered, res is set.
type errAttempt struct {
	err   error
	res   *http.Response
	after time.Duration // how long the platform asked to wait; 0 if it did not
}

func (e *errAttempt) Error() string { return e.err.Error() }
func (e *errAttempt) Unwrap() error { return e.err }

// errPaused is a request that was not sent, since the platform wants none for so long.
type errPaused struct{ rest time.Duration }

func (e *errPaused) Error() string {
	return fmt.Sprintf("too many requests were made for this account: the next one is allowed in %v", e.rest.Round(time.Second))
}

// errGivenUp is what was wrong when the caller's time was over.
type errGivenUp struct{ last, end error }

func (e *errGivenUp) Error() string   { return e.last.Error() }
func (e *errGivenUp) Unwrap() []error { return []error{e.end, e.last} }

// RoundTrip returns the answer with its body read. If the last attempt brought a
// refusal, that is the answer.
func (s *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := permit(req, s.api); err != nil {
		return nil, err
	}
	waits := &retryAfterBackOff{ExponentialBackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstWait),
		backoff.WithMultiplier(2),
		backoff.WithMaxInterval(longestWait),
		backoff.WithMaxElapsedTime(retryTime),
	)}
	if req.Method != http.MethodGet {
		// Only log sessions are made, and who reads them asks again by himself.
		waits.MaxElapsedTime = time.Nanosecond
	}
	var last *errAttempt // the newest that was not just the end of the caller's time
	res, err := backoff.RetryWithData(func() (*http.Response, error) {
		res, err := s.attempt(req)
		var again *errAttempt
		if waits.after = 0; errors.As(err, &again) {
			waits.after = again.after
			if req.Context().Err() == nil {
				last = again
			}
		}
		return res, err
	}, backoff.WithContext(waits, req.Context()))
	end := req.Context().Err()
	switch cause := context.Cause(req.Context()); {
	case err == nil:
		return res, nil
	case last != nil && last.res != nil:
		return last.res, nil
	case last != nil && end != nil:
		return nil, &errGivenUp{last: last, end: end}
	case end != nil && cause != end:
		return nil, &errGivenUp{last: cause, end: end}
	}
	return nil, err
}

// retryAfterBackOff is exponential backoff that never comes back before the platform
// wants it to.
type retryAfterBackOff struct {
	*backoff.ExponentialBackOff
	after time.Duration
}

func (p *retryAfterBackOff) NextBackOff() time.Duration {
	d := p.ExponentialBackOff.NextBackOff()
	if d == backoff.Stop || p.after <= d {
		return d
	}
	if p.GetElapsedTime()+p.after > p.MaxElapsedTime {
		return backoff.Stop
	}
	return p.after
}

// attempt sends the request once. Its error is an errAttempt or permanent.
func (s *sender) attempt(req *http.Request) (*http.Response, error) {
	ex := exchangeOf(req.Context())
	ex.status, ex.header, ex.body = 0, nil, nil
	if d := s.meter.pausing(); d > 0 {
		return nil, &errAttempt{err: &errPaused{d}, after: d}
	}
	limit := max(ex.limit, attemptTime)
	ctx, cancel := context.WithTimeoutCause(req.Context(), limit, &errLate{limit: limit})
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
		return nil, s.failed(ctx, err)
	}
	defer res.Body.Close()
	ex.status, ex.header = res.StatusCode, res.Header
	s.meter.answered(res.Header)
	body, err := io.ReadAll(bounded(ctx, res.Body))
	if errors.Is(err, errTooLong) {
		return nil, backoff.Permanent(err)
	}
	if err != nil {
		if res.StatusCode/100 == 2 {
			ex.status = 0
			return nil, s.failed(ctx, err)
		}
		body = nil // a refusal is one with or without its explanation
	}
	if len(body) > maxBody {
		return nil, backoff.Permanent(fmt.Errorf("the answer is longer than %d MiB", maxBody>>20))
	}
	// heroku-go would print it to the standard log.
	res.Header.Del("X-Heroku-Warning")
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	ex.body = body
	return s.judge(res, body)
}

// judge tells an answer from a refusal, and whether that may pass.
func (s *sender) judge(res *http.Response, body []byte) (*http.Response, error) {
	switch code := res.StatusCode; {
	case code/100 == 2 && json.Valid(body):
		s.meter.succeeded()
		return res, nil
	case code/100 == 2:
		return nil, &errAttempt{err: errors.New("the answer is not JSON, or was cut")}
	case code/100 == 3:
		// heroku-go would send the key to wherever it points.
		return nil, backoff.Permanent(&errWrongWay{fmt.Sprintf("the answer is a redirect (%d), which is not followed: check the API's address", code)})
	case code == http.StatusTooManyRequests:
		after := retryAfter(res.Header)
		if after == 0 {
			after = usualPause
		}
		s.meter.pause(min(after, longestPause))
		return nil, &errAttempt{err: errors.New(res.Status), res: res, after: after}
	case code >= 500 || !isHerokuError(body):
		return nil, &errAttempt{err: errors.New(res.Status), res: res, after: retryAfter(res.Header)}
	}
	return res, nil // heroku-go makes the error of it
}

// isHerokuError reports whether a refusal is the platform's own: it names the error. That of
// something on the way, a proxy or a load balancer in an outage, is asked again.
func isHerokuError(body []byte) bool {
	var word struct{ ID string }
	return json.Unmarshal(body, &word) == nil && word.ID != ""
}

// failed is a failure of the network. What ends the caller's context is final, and so is, as
// long as nothing good ever came, what another try in a moment does not mend.
func (s *sender) failed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		// The limit of the attempt says more than "context deadline exceeded".
		return &errAttempt{err: cause}
	}
	if wrong := wrongWay(err); wrong != nil {
		if !s.meter.hasAnswered() {
			return backoff.Permanent(wrong)
		}
		err = wrong
	}
	return &errAttempt{err: err}
}
