// This file is for what lies between the runner and the platform, and can be set up wrong: names,
// certificates, proxies. Such a thing is not an outage of the platform, and does not pass by itself.

package platform

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// errWrongWay tells that what was reached, or was not, is not the platform.
type errWrongWay struct{ what string }

func (e *errWrongWay) Error() string { return e.what }

// wrongWay says what is wrong with the way; nil if the error can be one that passes.
func wrongWay(err error) *errWrongWay {
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return &errWrongWay{fmt.Sprintf("no host is known by the name %q", name.Name)}
	case errors.As(err, &cert):
		return &errWrongWay{fmt.Sprintf("the certificate is not trusted (%v): if a proxy on the way has one of its own, name its CA's file in SSL_CERT_FILE", cert.Err)}
	case errors.As(err, &plain), errors.Is(err, http.ErrSchemeMismatch):
		return &errWrongWay{fmt.Sprintf("what answers does not speak TLS (%v)", err)}
	}
	return nil
}
