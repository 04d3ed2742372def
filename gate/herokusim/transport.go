// Calling the server without a socket, as tests in virtual time must.

package herokusim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Transport calls the server directly, without sockets: inside a testing/synctest
// bubble a goroutine that waits for a socket would stop the virtual time for good.
func (s *Server) Transport() http.RoundTripper { return direct{s} }

type direct struct{ handler http.Handler }

// RoundTrip returns as soon as the handler has begun its answer, so that streams
// can be read while they are written. The handler ends when the request's
// context ends or the body is closed.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	pr, pw := io.Pipe()
	w := &pipeWriter{header: http.Header{}, pipe: pw, begun: make(chan struct{})}
	release := context.AfterFunc(ctx, func() { pw.CloseWithError(ctx.Err()) })
	go func() {
		defer cancel()
		defer release()
		defer in.Body.Close()
		defer func() {
			what := recover()
			if err, ok := what.(error); what != nil && (!ok || !errors.Is(err, http.ErrAbortHandler)) {
				panic(what)
			}
			// If the reader of a stream has gone, the answer ends with an error,
			// even if the handler returned normally.
			err := ctx.Err()
			if err == nil && what != nil {
				err = errReset
			}
			if err != nil {
				w.fail(err)
				pw.CloseWithError(err)
				return
			}
			w.WriteHeader(http.StatusOK)
			pw.Close()
		}()
		d.handler.ServeHTTP(w, in)
	}()
	select {
	case <-w.begun:
	case <-ctx.Done():
		// The handler itself ends the context when it returns.
		select {
		case <-w.begun:
		default:
			return nil, ctx.Err()
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	length := int64(-1)
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: &body{pr, cancel}, ContentLength: length, Request: r,
	}, nil
}

var errReset = fmt.Errorf("read: connection reset by peer: %w", io.ErrUnexpectedEOF)

// A pipeWriter is the ResponseWriter of the handler.
type pipeWriter struct {
	header http.Header
	pipe   *io.PipeWriter
	once   sync.Once
	begun  chan struct{} // closed when status and sent, or err, are set
	status int
	sent   http.Header
	err    error
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

func (w *pipeWriter) fail(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.begun)
	})
}

func (w *pipeWriter) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(data)
}

func (w *pipeWriter) Flush() { w.WriteHeader(http.StatusOK) }

// A body ends the handler when it is closed.
type body struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *body) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
