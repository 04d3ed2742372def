// One request, retried until it is answered. This is done below heroku-go's transport, for two reasons:
// above it the headers of a refusal are lost, and heroku-go's own retrying ignores the context and never ends.

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

	// The pause after a 429 without Retry-After, in which the account gets about 35 requests back.
	// As far as is known, no 429 of Heroku has that header.
	usualPause = 30 * time.Second
	// A longer Retry-After is cut to this.
	longestPause = 5 * time.Minute
)

// sender sends requests, and sends a request again if its failure may be temporary. That is harmless for all
// requests of this package.
type sender struct {
	base  http.RoundTripper
	meter *meter
	api   *url.URL
}

// errTemporary is a failure that may be temporary.
type errTemporary struct {
	err   error
	res   *http.Response // the platform's answer; nil if there was none
	after time.Duration  // how long the platform asked to wait; 0 if it did not
}

func (e *errTemporary) Error() string { return e.err.Error() }
func (e *errTemporary) Unwrap() error { return e.err }

// errPaused says that a request was not sent, because the platform allows none for the rest of a pause.
type errPaused struct{ rest time.Duration }

func (e *errPaused) Error() string {
	return fmt.Sprintf("too many requests were made for this account: the next one is allowed in %v", e.rest.Round(time.Second))
}

// errGivenUp says that the caller's context ended. last is the last failure before that, end the context's
// error.
type errGivenUp struct{ last, end error }

func (e *errGivenUp) Error() string   { return e.last.Error() }
func (e *errGivenUp) Unwrap() []error { return []error{e.end, e.last} }

// RoundTrip returns the answer, with its whole body in memory. If every attempt failed and the platform refused
// the last one, it returns that refusal.
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
		// No retry: the only such request opens a log session, and the reader of the log retries itself.
		waits.MaxElapsedTime = time.Nanosecond
	}
	var last *errTemporary // the newest failure that is not the end of the caller's context
	res, err := backoff.RetryWithData(func() (*http.Response, error) {
		res, err := s.attempt(req)
		var failed *errTemporary
		if waits.after = 0; errors.As(err, &failed) {
			waits.after = failed.after
			if req.Context().Err() == nil {
				last = failed
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

// retryAfterBackOff is an exponential backoff that waits at least as long as the platform asked to wait.
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

// attempt sends the request once. Its error is an errTemporary or a backoff.Permanent.
func (s *sender) attempt(req *http.Request) (*http.Response, error) {
	ex := exchangeOf(req.Context())
	ex.status, ex.header, ex.body = 0, nil, nil
	if d := s.meter.pauseLeft(); d > 0 {
		return nil, &errTemporary{err: &errPaused{d}, after: d}
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
		return nil, s.networkFailure(ctx, err)
	}
	defer res.Body.Close()
	ex.status, ex.header = res.StatusCode, res.Header
	s.meter.answered(res.Header)
	body, err := io.ReadAll(limitBody(ctx, res.Body))
	if errors.Is(err, errTooLong) {
		return nil, backoff.Permanent(err)
	}
	if err != nil {
		if res.StatusCode/100 == 2 {
			ex.status = 0
			return nil, s.networkFailure(ctx, err)
		}
		body = nil // a refusal counts without its explanation, too
	}
	if len(body) > maxBody {
		return nil, backoff.Permanent(fmt.Errorf("the answer is longer than %d MiB", maxBody>>20))
	}
	// heroku-go would print it to the standard log.
	res.Header.Del("X-Heroku-Warning")
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	ex.body = body
	return s.classify(res, body)
}

// classify separates good answers, temporary failures and final refusals.
func (s *sender) classify(res *http.Response, body []byte) (*http.Response, error) {
	switch code := res.StatusCode; {
	case code/100 == 2 && json.Valid(body):
		s.meter.succeeded()
		return res, nil
	case code/100 == 2:
		return nil, &errTemporary{err: errors.New("the answer is not JSON, or was cut")}
	case code/100 == 3:
		// heroku-go would follow it, and send the key to that host.
		return nil, backoff.Permanent(&errCannotConnect{fmt.Sprintf("the answer is a redirect (%d), which is not followed: check the API's address", code)})
	case code == http.StatusTooManyRequests:
		after := retryAfter(res.Header)
		if after == 0 {
			after = usualPause
		}
		s.meter.pause(min(after, longestPause))
		return nil, &errTemporary{err: errors.New(res.Status), res: res, after: after}
	case code >= 500 || !isHerokuError(body):
		return nil, &errTemporary{err: errors.New(res.Status), res: res, after: retryAfter(res.Header)}
	}
	return res, nil // heroku-go turns it into an error
}

// isHerokuError reports whether a refusal is from the platform itself, which gives each error an id. Any other
// is from something before the platform, such as a load balancer in an outage, and is retried.
func isHerokuError(body []byte) bool {
	var word struct{ ID string }
	return json.Unmarshal(body, &word) == nil && word.ID != ""
}

// networkFailure is a failure of the network, or the end of ctx. A mistake in the set-up is final before the
// first good answer; later it is an outage.
func (s *sender) networkFailure(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		// The cause names the time limit, and so says more than "context deadline exceeded".
		return &errTemporary{err: cause}
	}
	if wrong := cannotConnect(err); wrong != nil {
		if !s.meter.hasSucceeded() {
			return backoff.Permanent(wrong)
		}
		err = wrong
	}
	return &errTemporary{err: err}
}
