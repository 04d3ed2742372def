// The count of requests, and the account's budget: the platform allows each account a number of requests an
// hour, for all its programs together.

package platform

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Budget is how many requests a client has sent, and how many the account has left.
type Budget struct {
	// Requests is how many were sent, including retries.
	Requests int
	// Remaining is how many requests are left by the newest answer, and Lowest the lowest number in any
	// answer; -1 if no answer said it.
	Remaining, Lowest int
}

// A meter counts the requests of a client, and remembers what the answers said about further requests.
type meter struct {
	mu          sync.Mutex
	b           Budget
	success     bool      // the platform has given at least one good answer
	pausedUntil time.Time // the platform wants no request before
}

func newMeter() *meter { return &meter{b: Budget{Remaining: -1, Lowest: -1}} }

func (m *meter) sent() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b.Requests++
}

// answered reads the budget from the headers of an answer.
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

// succeeded records a good answer.
func (m *meter) succeeded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.success = true
}

// hasSucceeded reports whether there was ever a good answer.
func (m *meter) hasSucceeded() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.success
}

// pause records that the platform wants no request for a time. The longest pause counts.
func (m *meter) pause(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := time.Now().Add(d); until.After(m.pausedUntil) {
		m.pausedUntil = until
	}
}

// pauseLeft is how much longer the platform wants no request.
func (m *meter) pauseLeft() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(time.Until(m.pausedUntil), 0)
}

func (m *meter) budget() Budget {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b
}
