// What a request needs beside what heroku-go offers: the page to ask for, a time limit, and the status and
// headers of the answer.

package platform

import (
	"context"
	"net/http"
	"time"
)

// An exchange is one request and its answer. It travels in the context, because heroku-go does not return
// the headers and the status of an answer, and its ListRange cannot express the value of a
// Next-Range header.
type exchange struct {
	// page is the Range to ask for; empty for none.
	page string
	// limit is how long one attempt may take; 0: attemptTime.
	limit time.Duration

	status int
	header http.Header
	body   []byte
}

type exchangeKey struct{}

func withExchange(ctx context.Context, ex *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, ex)
}

func exchangeOf(ctx context.Context) *exchange {
	ex, _ := ctx.Value(exchangeKey{}).(*exchange)
	if ex == nil {
		ex = &exchange{}
	}
	return ex
}

// date is the platform's time in the answer; zero if there is none.
func (ex *exchange) date() time.Time {
	t, err := http.ParseTime(ex.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
