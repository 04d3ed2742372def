// The header Retry-After, in all its forms.

package platform

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// After a 429 the client sends nothing before the end of the pause, whatever is asked.
func TestNothingIsSentInThePauseAfterA429(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after, body string
		pause       time.Duration
	}{
		"in seconds":  {"45", `{"id":"rate_limit","message":"slow down"}`, 45 * time.Second},
		"as a date":   {"Wed, 04 Mar 2026 05:07:07 GMT", `{"id":"rate_limit","message":"slow down"}`, time.Minute},
		"no header":   {"", `{"id":"rate_limit","message":"slow down"}`, usualPause},
		"not JSON":    {"40", "slow down", 40 * time.Second},
		"nonsense":    {"tomorrow", "slow down", usualPause},
		"much longer": {"86400", "slow down", longestPause},

		"Unix time in seconds":        {"1772600812", "slow down", 45 * time.Second},
		"Unix time in milliseconds":   {"1772600812000", "slow down", 45 * time.Second},
		"Unix time in the past":       {"1772600000", "slow down", usualPause},
		"Unix time in a year":         {"1804136812", "slow down", usualPause},
		"a date in the past":          {"Wed, 04 Mar 2026 05:06:00 GMT", "slow down", usualPause},
		"a date in a year":            {"Thu, 04 Mar 2027 05:06:07 GMT", "slow down", usualPause},
		"a date in an old form":       {"Wednesday, 04-Mar-26 05:07:07 GMT", "slow down", time.Minute},
		"below zero":                  {"-45", "slow down", usualPause},
		"zero":                        {"0", "slow down", usualPause},
		"days":                        {"999999", "slow down", usualPause},
		"the largest number":          {"9223372036854775807", "slow down", usualPause},
		"larger than any number":      {"99999999999999999999", "slow down", usualPause},
		"far below zero":              {"-9223372036854775808", "slow down", usualPause},
		"a part of a second":          {"45.5", "slow down", usualPause},
		"seconds with spaces":         {" 45 ", "slow down", 45 * time.Second},
		"seconds with a plus":         {"+45", "slow down", 45 * time.Second},
		"a date in another time zone": {"Wed, 04 Mar 2026 05:07:07 CET", "slow down", usualPause},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/shop") {
						answer(w, 200, `{"id":"1","name":"shop"}`)
						return
					}
					if c.after != "" {
						w.Header().Set("Retry-After", c.after)
					}
					answer(w, 429, c.body)
				})
				if _, err := p.Look(t.Context(), "shop", false, 0); err == nil {
					t.Fatal("no error")
				}
				time.Sleep(c.pause - 21*time.Second)
				_, err := p.App(t.Context(), "shop") // it gives up after 20 s
				if len(d.seen) != 1 || err == nil || !strings.Contains(err.Error(), "too many requests were made for this account") {
					t.Errorf("%d requests, %v", len(d.seen), err)
				}
				time.Sleep(2 * time.Second)
				if _, err = p.App(t.Context(), "shop"); err != nil || time.Since(d.begin).Round(time.Second) != c.pause {
					t.Errorf("%v after %v", err, time.Since(d.begin))
				}
			})
		})
	}
}
