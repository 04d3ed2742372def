// This file is for one request: the client permits it or not, sends it, tries again if that does no harm, records request
// and answer, and makes a refusal an error.

package account

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

const (
	// attempt is how long one try may take, in real time: this machine has to do it. retry is how long a request is tried again, with waits that grow.
	attempt = 30 * time.Second
	retry   = 90 * time.Second
	maxBody = 4 << 20
)

// RoundTrip sends a request. It sends a POST only once, because a second try could make something twice.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := c.permit(req); err != nil {
		return nil, err
	}
	waits := backoff.NewExponentialBackOff(backoff.WithInitialInterval(c.Real(time.Second)),
		backoff.WithMaxInterval(c.Real(15*time.Second)), backoff.WithMaxElapsedTime(c.Real(retry)))
	return backoff.RetryWithData(func() (*http.Response, error) {
		res, err := c.once(req)
		status := Status(err)
		if req.Method == http.MethodPost || status != 0 && status != http.StatusTooManyRequests && status < 500 {
			err = backoff.Permanent(err)
		}
		return res, err
	}, backoff.WithContext(waits, req.Context()))
}

// once sends a request once, reads the whole answer, and records both.
func (c *Client) once(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), attempt, errors.New("there was no answer in time"))
	defer cancel()
	out := req.Clone(ctx)
	var sent []byte
	if req.GetBody != nil { // from memory, where no read fails
		body, _ := req.GetBody()
		sent, _ = io.ReadAll(body)
		out.Body, _ = req.GetBody()
	}
	r := evidence.Request{At: c.At(), Method: req.Method, Path: req.URL.Path, Sent: string(sent)}
	defer func() {
		r.Took = c.At() - r.At
		c.Seen(r)
	}()
	res, err := c.Transport.RoundTrip(out)
	var body []byte
	if err == nil {
		r.Status = res.StatusCode
		r.NextRange = res.Header.Get("Next-Range")
		r.Date, _ = http.ParseTime(res.Header.Get("Date"))
		body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
		res.Body.Close()
	}
	if err != nil {
		err = cmp.Or(context.Cause(ctx), err)
		r.Error = err.Error()
		return nil, err
	}
	r.Body = string(body)
	if res.StatusCode/100 != 2 {
		return nil, refusal(res.StatusCode, body)
	}
	res.Header.Del("X-Heroku-Warning") // heroku-go would print it
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, nil
}

// A Refusal is an answer of Heroku that refuses a request.
type Refusal struct {
	Status int
	Said   string // Heroku's sentence
}

func refusal(status int, body []byte) *Refusal {
	var said struct{ Message string }
	_ = json.Unmarshal(body, &said) // it need not be JSON
	return &Refusal{status, strings.Join(strings.Fields(cmp.Or(said.Message, http.StatusText(status))), " ")}
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("Heroku answered %d: %s", r.Status, strings.TrimRight(r.Said, "."))
}

// Status is that of a refusal; 0 if the error is none.
func Status(err error) int {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Status
	}
	return 0
}

// hints say what to do about a status.
var hints = map[int]string{
	http.StatusUnauthorized:    "give a key that is valid in HEROKU_API_KEY: `heroku authorizations:create --scope global --short` makes one",
	http.StatusPaymentRequired: "Heroku wants a way to pay for the account before it gives such dynos: see its billing page",
	http.StatusForbidden:       "the key may not do that: an experiment needs one of scope global, of an account that may make apps",
	http.StatusTooManyRequests: "the account's budget of requests is used up: try again in some minutes",
}

// bare is an error without the address that was asked.
func bare(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// Explain says what was being done when an error came, and what to do next. nil stays nil.
func Explain(what string, err error) error {
	if err == nil {
		return nil
	}
	_, sending := errors.AsType[*url.Error](err)
	err = bare(err)
	status := Status(err)
	hint := hints[status]
	if status >= 500 {
		hint = "Heroku has trouble: see status.heroku.com"
	}
	switch {
	case hint != "":
		return fmt.Errorf("%s: %w; %s", what, err, hint)
	case sending && status == 0:
		return fmt.Errorf("%s: there was no answer of use: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// InVain reports whether an error means that nothing was made: Heroku refused, or the request never left.
func InVain(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return Status(err)/100 == 4 || ok && dial.Op == "dial"
}

// Forbids reports whether an error is a refusal that asking again does not change. 404 is not: for a moment not every
// part of Heroku knows a new app.
func Forbids(err error) bool {
	return slices.Contains([]int{http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden}, Status(err))
}
