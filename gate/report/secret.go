// Secrets are removed from every text, in all spellings in which they could occur.

package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// A secret with fewer bytes is not masked.
const shortestSecret = 4

const redacted = "***"

type secrets struct {
	spellings []string
	replacer  *strings.Replacer
}

// add adds a secret. It returns the lines of the secret, each of which the runner has to mask.
func (s *secrets) add(secret string) []string {
	var parts []string
	for _, part := range strings.FieldsFunc(secret, func(c rune) bool { return c == '\n' || c == '\r' }) {
		part = strings.TrimSpace(part)
		if len(part) >= shortestSecret {
			parts = append(parts, part)
			s.spellings = append(s.spellings, spellings(part)...)
		}
	}
	// The longest first: a spelling can contain another one.
	slices.SortFunc(s.spellings, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	s.spellings = slices.Compact(s.spellings)
	pairs := make([]string, 0, 2*len(s.spellings))
	for _, sp := range s.spellings {
		pairs = append(pairs, sp, redacted)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return parts
}

func (s *secrets) redact(text string) string {
	if len(s.spellings) == 0 {
		return text
	}
	return s.replacer.Replace(text)
}

// redactCut is redact for a text that may have been cut within a secret: it also removes the beginning of a
// secret at the end of the text.
func (s *secrets) redactCut(text string) string {
	text = s.redact(text)
	most := 0
	for _, sp := range s.spellings {
		for n := min(len(sp)-1, len(text)); n > most && n >= shortestSecret; n-- {
			if strings.HasSuffix(text, sp[:n]) {
				most = n
			}
		}
	}
	if most == 0 {
		return text
	}
	return text[:len(text)-most] + redacted
}

// spellings returns the secret as it is, escaped for URLs and for JSON, and in base64: alone, and
// as a part of a longer text, such as an Authorization header.
func spellings(secret string) []string {
	all := []string{secret}
	for _, e := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		all = append(all, e, lowerHex(e))
	}
	all = append(all, quoted(secret, true), quoted(secret, false))
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		all = append(all, enc.EncodeToString([]byte(secret)))
		raw := enc.WithPadding(base64.NoPadding)
		// Three bytes become four characters, so a text before the secret shifts it
		// by 0, 1 or 2 bytes. Keep only the characters that depend on nothing but the secret.
		for shift, skip := range []int{0, 2, 3} {
			e := raw.EncodeToString(append(make([]byte, shift), secret...))
			e = e[skip : (shift+len(secret))*8/6]
			if len(e) >= shortestSecret {
				all = append(all, e)
			}
		}
	}
	return all
}

// lowerHex turns %2F into %2f.
func lowerHex(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// quoted is s as a JSON string, without the quotes. html: with HTML characters escaped.
func quoted(s string, html bool) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}
