// Errors, in words that may be shown to anybody.

package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/observe"
)

// Error says why a request brought no useful answer. It never contains the key or
// a secret address.
type Error struct {
	// Op is what the client was doing: "reading the dyno list".
	Op string
	// Status is the HTTP status of the last answer; 0 if there was none.
	Status int
	// ID is the platform's name for the error, such as "rate_limit". It is empty
	// if not the platform answered, but a proxy or a load balancer before it.
	ID string
	// Message is what the platform or the network said; never empty.
	Message string
	// RequestID identifies the request in the platform's own logs; empty without an answer.
	RequestID string

	// foreign: the refusal is not from the platform itself, which has answered before.
	foreign bool
	// mayPass: the refusal may be a passing fault. It has not lasted, and it is a 404, or the platform granted the same before.
	mayPass bool
	// cannotConnect: the set-up is wrong (see errCannotConnect), and the platform has never answered.
	cannotConnect bool
	// outOfBudget: the account has used up its requests.
	outOfBudget bool
	err         error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "Heroku answered %d: ", e.Status)
	}
	b.WriteString(e.Message)
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the context's error if the context ended the request.
func (e *Error) Unwrap() error { return e.err }

// OutOfBudget reports whether the account's budget of requests is used up ("Platform API Reference", rate
// limits).
func (e *Error) OutOfBudget() bool { return e.outOfBudget }

// Kind classifies the error by what can be done about it. A refusal of the key or the app ends
// a wait, so it must come from the platform itself, which gives the error an ID. A refusal without an
// ID counts only before the first good answer: then the address is wrong. Later it is an outage.
// The same goes for a wrong set-up.
func (e *Error) Kind() observe.TroubleKind {
	switch {
	case e.foreign:
		return observe.Unreachable
	case e.cannotConnect:
		return observe.CannotConnect
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return observe.Unauthorized
	case http.StatusForbidden, http.StatusPaymentRequired: // 402: the account is delinquent
		return observe.Forbidden
	case http.StatusNotFound, http.StatusGone:
		return observe.NotFound
	}
	return observe.Unreachable
}

// failure makes an Error from what heroku-go returned. The status is taken from the exchange, because
// heroku-go loses it for an answer without a usable body.
func (c *Client) failure(op string, ex *exchange, err error) *Error {
	e := &Error{Op: op, Status: ex.status, RequestID: ex.header.Get("Request-Id")}
	if ex.status/100 == 2 {
		e.Status = 0 // the answer was good, its content was not
	}
	var said heroku.Error
	var outer *url.Error
	var up *errGivenUp
	switch {
	case errors.As(err, &said):
		e.ID, e.Message = said.ID, said.Error()
	case e.Status >= 400:
		e.Message = "no explanation"
	case errors.As(err, &up):
		e.err, e.Message = up.end, up.Error()
	case errors.Is(err, context.Canceled):
		e.err, e.Message = context.Canceled, "it was given up"
	case errors.As(err, &outer): // its text quotes the address
		e.Message = outer.Err.Error()
	default:
		e.Message = err.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		e.err = context.DeadlineExceeded
	}
	e.ID, e.Message, e.RequestID = c.redact(e.ID), c.redact(e.Message), c.redact(e.RequestID)
	if e.Message == "" {
		e.Message = "no explanation"
	}
	e.outOfBudget = ex.status == http.StatusTooManyRequests || errors.As(err, new(*errPaused))
	e.cannotConnect = errors.As(err, new(*errCannotConnect)) && !c.meter.hasSucceeded()
	e.foreign = e.Status/100 == 4 && e.ID == "" && c.meter.hasSucceeded()
	return e
}

// maxMessage is how many characters of a message from outside are shown.
const maxMessage = 300

// redact removes the key and control characters from s, and cuts it at maxMessage.
func (c *Client) redact(s string) string {
	s = strings.ReplaceAll(s, c.key, "[api-key]")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > maxMessage {
		s = string(r[:maxMessage]) + "…"
	}
	return strings.TrimSpace(s)
}
