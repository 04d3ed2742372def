// This file is for the header Retry-After: when the platform wants to be asked again.

package platform

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// The header holds seconds or a date (RFC 9110, 10.2.3). One answer of Heroku was
	// captured in which it held a moment, in seconds since 1970. No wait is as long as
	// the smallest number that is taken for a moment (in 2001), and no moment in seconds
	// as large as the smallest that is taken for one in milliseconds (also in 2001).
	firstMoment  = 1_000_000_000
	firstMilli   = 1_000_000_000_000
	longestAfter = 24 * time.Hour // a longer wait is a mistake
)

// retryAfter is how long the answer asks to wait; 0 if it does not, or asks for
// something that cannot be meant: a time that is over, or one of days.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	after := time.Duration(0)
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		switch {
		case n < 0:
		case n >= firstMilli:
			after = time.UnixMilli(n).Sub(answeredAt(h))
		case n >= firstMoment:
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

// answeredAt is when the answer was given, by the clock of who gave it: the runner's can
// be wrong.
func answeredAt(h http.Header) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return time.Now()
}
