// How much of an answer is read: maxBody bytes of one answer, and maxLook bytes in all answers of a look.

package platform

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
)

const (
	maxBody = 16 << 20
	// maxLook is for one look: all pages of all its lists together. The lists of an app with 1,000 dynos
	// are about 1 MiB.
	maxLook = 64 << 20
)

type bytesLeftKey struct{}

// withByteLimit limits how many bytes all requests with this context may read together.
func withByteLimit(ctx context.Context, bytes int64) context.Context {
	left := &atomic.Int64{}
	left.Store(bytes)
	return context.WithValue(ctx, bytesLeftKey{}, left)
}

// errTooLong is final: a retry would be as long.
var errTooLong = fmt.Errorf("the lists of this look are longer than %d MiB together, more than any app's: check the API's address", maxLook>>20)

// sharedLimit is a body that counts against the limit of withByteLimit.
type sharedLimit struct {
	io.Reader
	left *atomic.Int64
}

func (s sharedLimit) Read(p []byte) (int, error) {
	const piece = 64 << 10 // small, so that lists that are read at the same time exceed the limit only a little
	n, err := s.Reader.Read(p[:min(len(p), piece)])
	if s.left.Add(-int64(n)) < 0 {
		return n, errTooLong
	}
	return n, err
}

// limitBody limits how much of a body can be read: one byte more than maxBody, so that the caller can see that
// the body is longer.
func limitBody(ctx context.Context, body io.Reader) io.Reader {
	if left, ok := ctx.Value(bytesLeftKey{}).(*atomic.Int64); ok {
		body = sharedLimit{body, left}
	}
	return io.LimitReader(body, maxBody+1)
}
