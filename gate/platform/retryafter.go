// The header Retry-After: how long the platform asks the gate to wait before the next request.

package platform

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// The header holds seconds or a date (RFC 9110, 10.2.3). In one captured answer of Heroku it
	// held a Unix time. So a number this large is a Unix time in seconds, and an even larger one
	// a Unix time in milliseconds. Both limits are in 2001, and no wait is that long.
	smallestUnix      = 1_000_000_000
	smallestUnixMilli = 1_000_000_000_000
	longestAfter      = 24 * time.Hour // a longer wait is a mistake
)

// retryAfter is how long the answer asks to wait; 0 if it does not ask, or if the time is in the past or more
// than a day away, which must be a mistake.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	after := time.Duration(0)
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		switch {
		case n < 0:
		case n >= smallestUnixMilli:
			after = time.UnixMilli(n).Sub(answeredAt(h))
		case n >= smallestUnix:
			after = time.Unix(n, 0).Sub(answeredAt(h))
		default:
			after = time.Duration(n) * time.Second
		}
	} else if t, err := http.ParseTime(value); err == nil {
		after = t.Sub(answeredAt(h))
	}
	if after < 0 || after > longestAfter {
		return 0
	}
	return after
}

// answeredAt is the time of the answer by the clock of the server, since the runner's clock may be wrong.
// Without a Date header it is the runner's.
func answeredAt(h http.Header) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return time.Now()
}
