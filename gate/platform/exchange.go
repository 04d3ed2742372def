// This file is for what travels beside a request through heroku-go: the page that
// is asked for, the headers of the answer, and the count of all requests.

package platform

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// An exchange belongs to one request and its answer. heroku-go gives a caller
// neither the headers nor the status of an answer, and its ListRange cannot say
// what a Next-Range says.
type exchange struct {
	// page is the Range to ask for; empty for none.
	page string
	// limit is how long one attempt may take; 0: the usual time.
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

// maxLook bounds what is read for one look, all pages of all its lists together. The lists
// of an app with 1,000 dynos are about 1 MiB.
const maxLook = 64 << 20

type allowanceKey struct{}

// withAllowance lets the requests of one look read so much together.
func withAllowance(ctx context.Context, bytes int64) context.Context {
	left := &atomic.Int64{}
	left.Store(bytes)
	return context.WithValue(ctx, allowanceKey{}, left)
}

// errTooLong is the end of reading for good: another try would be as long.
var errTooLong = fmt.Errorf("the lists of this look are longer than %d MiB together, more than any app's: check the API's address", maxLook>>20)

// measured is a body of which no more is read than the look is allowed.
type measured struct {
	io.Reader
	left *atomic.Int64
}

func (a measured) Read(p []byte) (int, error) {
	const piece = 64 << 10 // so that lists that are read at once go little beyond it
	n, err := a.Reader.Read(p[:min(len(p), piece)])
	if a.left.Add(-int64(n)) < 0 {
		return n, errTooLong
	}
	return n, err
}

// bounded is a body as it may be read.
func bounded(ctx context.Context, body io.Reader) io.Reader {
	if left, ok := ctx.Value(allowanceKey{}).(*atomic.Int64); ok {
		body = measured{body, left}
	}
	return io.LimitReader(body, maxBody+1)
}

// date is the platform's clock as told by the answer.
func (ex *exchange) date() time.Time {
	t, err := http.ParseTime(ex.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Budget is what was asked of the platform, which allows each account a number of
// requests that all its programs share.
type Budget struct {
	// Requests is how many were sent, with those that were tried again.
	Requests int
	// Remaining is what the platform last said is left, Lowest the least that it
	// said; -1 if it said nothing.
	Remaining, Lowest int
}

// A meter keeps the account of all requests of a client.
type meter struct {
	mu     sync.Mutex
	b      Budget
	good   bool      // the platform has given at least one good answer
	paused time.Time // the platform wants no request before
}

func newMeter() *meter { return &meter{b: Budget{Remaining: -1, Lowest: -1}} }

func (m *meter) sent() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b.Requests++
}

func (m *meter) answered(h http.Header) {
	n, err := strconv.Atoi(h.Get("RateLimit-Remaining"))
	if err != nil || n < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b.Remaining = n
	if m.b.Lowest < 0 || n < m.b.Lowest {
		m.b.Lowest = n
	}
}

// succeeded notes a good answer.
func (m *meter) succeeded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.good = true
}

func (m *meter) hasAnswered() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.good
}

// pause notes that the platform wants no request for so long.
func (m *meter) pause(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := time.Now().Add(d); until.After(m.paused) {
		m.paused = until
	}
}

// pausing is how long the platform still wants no request.
func (m *meter) pausing() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(time.Until(m.paused), 0)
}

func (m *meter) budget() Budget {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b
}
