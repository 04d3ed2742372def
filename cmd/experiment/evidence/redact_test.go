// Nothing that a report must not hold stays, and what only looks like it does.

package evidence

import "testing"

func TestClean(t *testing.T) {
	t.Parallel()
	var r Redactor
	r.Hide("HRKU-0123456789", "[api-key]")
	r.Hide("logs.example.net", "[host]")
	r.Hide("a", "[never]")
	for text, want := range map[string]string{
		"key HRKU-0123456789.":                           "key [api-key].",
		"lookup logs.example.net: no such host":          "lookup [host]: no such host",
		`{"logplex_url":"https://x.example/a?srv=1"}`:    `{"logplex_url":"[url]"}`,
		`{"a":"https://x.example/a?b=1\u0026token=2"}`:   `{"a":"[url]"}`,
		"created by user jane.doe+x@mail.example.com":    "created by user [e-mail]",
		"Scaled to web@2:Basic by user a@b.co":           "Scaled to web@2:Basic by user [e-mail]",
		`fwd="203.0.113.9" dyno=web.1`:                   `fwd="[address]" dyno=web.1`,
		"dial tcp 203.0.113.9:443: connection refused":   "dial tcp [address]:443: connection refused",
		"dial tcp [2001:db8::1]:443":                     "dial tcp [[address]]:443",
		"from ::1 to fe80::1":                            "from [address] to [address]",
		"at=2026-06-09T16:13:36.250Z":                    "at=2026-06-09T16:13:36.250Z",
		"2026-06-09T16:13:36.250000+00:00 app[web.1]: a": "2026-06-09T16:13:36.250000+00:00 app[web.1]: a",
		"heroku/1.2.3 of 01234567-89ab-cdef":             "heroku/1.2.3 of 01234567-89ab-cdef",
		"dyno=heroku.1.0f: sample#memory_total=1.00MB":   "dyno=heroku.1.0f: sample#memory_total=1.00MB",
		"999.1.1.1": "999.1.1.1",
	} {
		if got := r.Clean(text); got != want {
			t.Errorf("%q is cleaned to %q, want %q", text, got, want)
		}
	}
}
