// What goes wrong at the platform, sorted by what can be done about it.

package platform

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/rollout"
)

// An Error is a request that brought no usable answer.
type Error struct {
	// Op is what was being done: "reading the dyno list".
	Op string
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// ID and Message are the platform's own words; ID may be empty.
	ID, Message string
	// RequestID names the request to Heroku's support; may be empty.
	RequestID string
	err       error
}

func (e *Error) Error() string {
	s := e.Op + ": " + e.Message
	if e.Status != 0 {
		s += fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.RequestID != "" {
		s += fmt.Sprintf(" (request %s)", e.RequestID)
	}
	return s
}

func (e *Error) Unwrap() error { return e.err }

// Kind tells what can be done about it.
func (e *Error) Kind() rollout.TroubleKind {
	switch e.Status {
	case http.StatusUnauthorized:
		return rollout.Unauthorized
	case http.StatusPaymentRequired, http.StatusForbidden:
		return rollout.Forbidden
	case http.StatusNotFound, http.StatusGone:
		return rollout.NotFound
	}
	return rollout.Unreachable
}

// RefusesLog tells whether an error of LogSession means that the platform will
// not give the log to this key or for this app, however often it is asked.
func RefusesLog(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status/100 == 4 && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
}

// failure makes an Error of whatever a request ended with. No URL goes into it.
func failure(op string, x *exchange, err error) error {
	e := &Error{Op: op, err: err}
	if x.header != nil {
		e.RequestID = x.header.Get("Request-Id")
	}
	var he heroku.Error
	var ue *url.Error
	var se statusError
	switch {
	case errors.As(err, &he):
		e.Status, e.ID, e.Message = he.StatusCode, he.ID, he.Error()
	case errors.As(err, &se):
		e.Status, e.Message = int(se), http.StatusText(int(se))
	case errors.As(err, &ue):
		e.Message = ue.Err.Error() // without the URL, which can hold a password
	default:
		e.Message = err.Error()
	}
	if e.Message == "" {
		e.Message = "no usable answer"
	}
	return e
}

// statusError is an answer whose body heroku-go could not read as an error.
type statusError int

func (s statusError) Error() string { return http.StatusText(int(s)) }
