// If something between the runner and Heroku is set up wrong, the gate says so, and soon.

package gate_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// astray fails every request to the API from a moment on. It never fails other requests.
type astray struct {
	http.RoundTripper
	from time.Time
	err  error
}

func (a astray) RoundTrip(r *http.Request) (*http.Response, error) {
	if time.Now().Before(a.from) || strings.HasPrefix(r.URL.Path, "/logplex") {
		return a.RoundTripper.RoundTrip(r)
	}
	return nil, a.err
}

func TestCannotConnect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a host name that nobody knows": {
			&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.herokuu.com", IsNotFound: true}},
			`no host is known by the name "api.herokuu.com"`,
		},
		"a proxy's name that nobody knows": {
			&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "proxy.local", IsNotFound: true}},
			`no host is known by the name "proxy.local"`,
		},
		"an unknown CA": {
			&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
			"the certificate is not trusted (x509: certificate signed by unknown authority): if a proxy on the way has one of its own, name its CA's file in SSL_CERT_FILE",
		},
		"no TLS": {
			tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
			"what answers does not speak TLS",
		},
	} {
		for _, from := range []time.Duration{0, 10 * time.Second} {
			t.Run(name+" after "+from.String(), func(t *testing.T) {
				t.Parallel()
				sc := faulty()
				st := story(t, sc)
				synctest.Test(t, func(t *testing.T) {
					o := playOver(t, st, sc.AppName(), st.Gate, map[string]string{"timeout": "3m"}, 0, func(rt http.RoundTripper) http.RoundTripper {
						return astray{rt, time.Now().Add(from), c.err}
					})
					want, latest := rollout.CannotConnect, 13*time.Second
					if from > 0 { // after good answers it is an outage
						want, latest = rollout.PlatformUnreachable, 4*time.Minute
					}
					if o.verdict.Reason != want || o.at > latest || !strings.Contains(o.stdout, c.want) {
						t.Errorf("%+v at %s\n%s", o.verdict, o.at, o.stdout)
					}
				})
			})
		}
	}
}
