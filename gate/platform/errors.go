// This file is for what went wrong, in words that may be shown to anybody.

package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/observe"
)

// Error is a request that brought no answer of use. It never holds the key, nor
// an address that is a secret.
type Error struct {
	// Op is what was being done: "reading the dyno list".
	Op string
	// Status is the HTTP status of the last answer; 0 if there was none.
	Status int
	// ID is the platform's word for the error, such as "rate_limit". It is empty
	// where something before the platform answered: a proxy, a load balancer.
	ID string
	// Message is what the platform or the network said; never empty.
	Message string
	// RequestID finds the request in the platform's own logs; empty without an answer.
	RequestID string

	// stray: it is not the platform's word, and the platform has answered before.
	stray bool
	// passing: it refuses what was given before, and may not do so for long.
	passing bool
	// astray: what was reached is not the platform, and never was.
	astray bool
	// outOfBudget: too many requests were made.
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

// Unwrap lets callers see the end of a context behind an error.
func (e *Error) Unwrap() error { return e.err }

// OutOfBudget reports whether the account's budget of requests is used up ("Platform API Reference", rate
// limits).
func (e *Error) OutOfBudget() bool { return e.outOfBudget }

// Kind sorts the error by what can be done about it. A refusal of key or app ends
// a wait, so it has to be the platform's own. Without its word for the error it
// is that only as long as nothing good ever came from the address, which then is
// a wrong one; later it is an outage. So it is with what is wrong on the way.
func (e *Error) Kind() observe.TroubleKind {
	switch {
	case e.stray:
		return observe.Unreachable
	case e.astray:
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

// failure makes an Error of what heroku-go returned. An answer without a usable
// body comes untyped from it, so the status is taken from the exchange.
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
	e.astray = errors.As(err, new(*errWrongWay)) && !c.meter.hasAnswered()
	e.stray = e.Status/100 == 4 && e.ID == "" && c.meter.hasAnswered()
	return e
}

// refusalLasts is how long something has to be refused to be given up, if it may be a whim:
// answers of 404 were seen from a platform that was well (github/docs:
// script/deployment/deploy-to-production).
const refusalLasts = time.Minute

// refused is how long the platform has refused one thing.
type refused struct {
	mu     sync.Mutex
	before bool      // it was given once
	since  time.Time // zero if it is not refused
}

// lasts takes in an answer, and reports whether it has been a no for long.
func (r *refused) lasts(no bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !no:
		r.since = time.Time{}
	case r.since.IsZero():
		r.since = time.Now()
	}
	return no && time.Since(r.since) >= refusalLasts
}

// give takes in that it was given.
func (r *refused) give() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before, r.since = true, time.Time{}
}

// given reports whether it was given once.
func (r *refused) given() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.before
}

// maxMessage bounds what is shown of a message from outside.
const maxMessage = 300

// redact is s without the key, without control characters and not too long.
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
