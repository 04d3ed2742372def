// Mistakes in the set-up between the runner and the platform: names, certificates, proxies. They are not an
// outage of the platform, and do not go away by themselves.

package platform

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// errCannotConnect says that the request did not reach the platform because of such a mistake.
type errCannotConnect struct{ what string }

func (e *errCannotConnect) Error() string { return e.what }

// cannotConnect says which mistake the error shows; nil if the error may be temporary.
func cannotConnect(err error) *errCannotConnect {
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return &errCannotConnect{fmt.Sprintf("no host is known by the name %q", name.Name)}
	case errors.As(err, &cert):
		return &errCannotConnect{fmt.Sprintf("the certificate is not trusted (%v): if a proxy on the way has one of its own, name its CA's file in SSL_CERT_FILE", cert.Err)}
	case errors.As(err, &plain), errors.Is(err, http.ErrSchemeMismatch):
		return &errCannotConnect{fmt.Sprintf("what answers does not speak TLS (%v)", err)}
	}
	return nil
}
