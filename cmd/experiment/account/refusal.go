// This file is for the platform's no, in words that say what to do next.

package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	heroku "github.com/heroku/heroku-go/v5"
)

// A Refusal is an answer that is a no.
type Refusal struct {
	// Op is what was being done.
	Op string
	// Status is that of the answer, ID the platform's word for the error, Said its sentence.
	Status   int
	ID, Said string
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("%s: Heroku answered %d: %s", r.Op, r.Status, strings.TrimRight(oneLine(r.Said), "."))
	if hint := r.hint(); hint != "" {
		text += "; " + hint
	}
	return text
}

// hint says what to do.
func (r *Refusal) hint() string {
	switch {
	case r.Status == http.StatusUnauthorized:
		return "give a key that is valid in HEROKU_API_KEY: `heroku authorizations:create --scope global --short` makes one"
	case r.Status == http.StatusPaymentRequired:
		return "Heroku wants a way to pay for the account before it gives such dynos: see its billing page"
	case r.Status == http.StatusForbidden:
		return "the key may not do that: an experiment needs one of scope global, of an account that may make apps"
	case r.Status == http.StatusTooManyRequests:
		return "the account's budget of requests is used up: try again in some minutes"
	case r.Status >= 500:
		return "Heroku has trouble: see status.heroku.com"
	}
	return ""
}

// refused makes a Refusal of what heroku-go returned, if the platform answered; otherwise it says that
// it did not. nil stays nil.
func (c *Client) refused(op string, err error) error {
	if err == nil {
		return nil
	}
	if said, ok := errors.AsType[heroku.Error](err); ok {
		clean := c.sender.Redactor.Clean
		return &Refusal{Op: op, Status: said.StatusCode, ID: clean(said.ID), Said: clean(said.Error())}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", op, err)
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // without the address
	}
	if no, ok := errors.AsType[unsent](err); ok {
		return fmt.Errorf("%s: there is no way to Heroku: %w", op, no)
	}
	return fmt.Errorf("%s: Heroku gave no answer of use: %s", op, c.sender.Redactor.Clean(oneLine(err.Error())))
}

// unsent is why a request never left this machine.
type unsent string

func (u unsent) Error() string { return string(u) }

// InVain reports whether an error means that nothing was made: Heroku said no, or was never asked.
func InVain(err error) bool {
	no, ok := errors.AsType[*Refusal](err)
	_, never := errors.AsType[unsent](err)
	return ok && no.Status/100 == 4 || never
}

// Forbids reports whether an error is a no that asking again does not change. An app that was just made may
// not be known everywhere for a moment, so 404 is none.
func Forbids(err error) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && (r.Status == http.StatusUnauthorized || r.Status == http.StatusPaymentRequired || r.Status == http.StatusForbidden)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
