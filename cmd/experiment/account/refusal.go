// This file is for what Heroku refuses, in words that say what to do next.

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

// A Refusal is an answer of Heroku that refuses a request.
type Refusal struct {
	Op     string // what was being done
	Status int
	Said   string // Heroku's sentence
}

func (r *Refusal) Error() string {
	text, hint := r.Op+": "+r.answer(), hints[r.Status]
	if r.Status >= 500 {
		hint = "Heroku has trouble: see status.heroku.com"
	}
	if hint != "" {
		text += "; " + hint
	}
	return text
}

func (r *Refusal) answer() string {
	return fmt.Sprintf("Heroku answered %d: %s", r.Status, strings.TrimRight(oneLine(r.Said), "."))
}

// hints say what to do about a status.
var hints = map[int]string{
	http.StatusUnauthorized:    "give a key that is valid in HEROKU_API_KEY: `heroku authorizations:create --scope global --short` makes one",
	http.StatusPaymentRequired: "Heroku wants a way to pay for the account before it gives such dynos: see its billing page",
	http.StatusForbidden:       "the key may not do that: an experiment needs one of scope global, of an account that may make apps",
	http.StatusTooManyRequests: "the account's budget of requests is used up: try again in some minutes",
}

// refused makes a Refusal of an error of heroku-go, if Heroku answered. Otherwise it says that Heroku did not. nil stays
// nil.
func (c *Client) refused(op string, err error) error {
	if err == nil {
		return nil
	}
	if said, ok := errors.AsType[heroku.Error](err); ok {
		return &Refusal{Op: op, Status: said.StatusCode, Said: c.sender.Redactor.Clean(said.Error())}
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

// InVain reports whether an error means that nothing was made: Heroku refused, or the request never left.
func InVain(err error) bool {
	no, ok := errors.AsType[*Refusal](err)
	_, never := errors.AsType[unsent](err)
	return ok && no.Status/100 == 4 || never
}

// Forbids reports whether an error is a refusal that asking again does not change. 404 is not: for a moment not every
// part of Heroku knows a new app.
func Forbids(err error) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && (r.Status == http.StatusUnauthorized || r.Status == http.StatusPaymentRequired || r.Status == http.StatusForbidden)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
