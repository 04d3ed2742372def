// What may not leave the machine: keys, addresses, e-mail, and the places of logs and uploads.

package evidence

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
)

// A Redactor replaces in texts what a report must not hold. Several goroutines may use it at once.
type Redactor struct {
	mu      sync.Mutex
	secrets map[string]string // by what each is replaced
}

// Hide makes Clean replace a secret wherever it is.
func (r *Redactor) Hide(secret, by string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secrets == nil {
		r.secrets = map[string]string{}
	}
	if len(secret) >= 4 { // a shorter one would be found in ordinary words
		r.secrets[secret] = by
	}
}

var (
	urls   = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>\\]+`)
	emails = regexp.MustCompile(`[\w.+%-]+@[\w-]+(?:\.[\w-]+)+`)
	ipv4   = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	ipv6   = regexp.MustCompile(`(?i)[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*`)
)

// Clean returns the text without secrets, addresses and e-mail. JSON stays JSON.
func (r *Redactor) Clean(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for secret, by := range r.secrets {
		text = strings.ReplaceAll(text, secret, by)
	}
	text = urls.ReplaceAllString(text, "[url]")
	text = emails.ReplaceAllString(text, "[e-mail]")
	text = ipv4.ReplaceAllStringFunc(text, address)
	return ipv6.ReplaceAllStringFunc(text, address)
}

// address replaces an address. What only looks like one, such as a time of day, stays.
func address(s string) string {
	if _, err := netip.ParseAddr(s); err != nil {
		return s
	}
	return "[address]"
}
