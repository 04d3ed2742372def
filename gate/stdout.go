// Writing the log without blocking: a slow reader, or none, delays neither the wait nor its end.

package gate

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

const (
	// maxPending is how many writes can wait for a slow reader. Further writes are lost.
	maxPending = 4096
	// closeTimeout is how long close waits until the last lines are written.
	closeTimeout = 300 * time.Millisecond
)

// An asyncWriter accepts each write at once, and writes it to out in a goroutine of its own. Only one
// goroutine at a time may use it.
type asyncWriter struct {
	out     io.Writer
	pending chan []byte
	done    chan struct{} // closed when everything is written
	lost    int
	err     atomic.Pointer[error] // the first error of out
}

func newAsyncWriter(out io.Writer) *asyncWriter {
	if out == nil {
		out = io.Discard
	}
	w := &asyncWriter{out: out, pending: make(chan []byte, maxPending), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for b := range w.pending {
			if _, err := w.out.Write(b); err != nil {
				w.err.CompareAndSwap(nil, &err)
			}
		}
	}()
	return w
}

// Write never blocks. It returns the first error of an earlier write, if there was one.
func (w *asyncWriter) Write(b []byte) (int, error) {
	select {
	case w.pending <- bytes.Clone(b):
	default:
		w.lost++
	}
	if err := w.err.Load(); err != nil {
		return len(b), *err
	}
	return len(b), nil
}

// close waits a moment until the last lines are written. Do not write after close.
func (w *asyncWriter) close() error {
	close(w.pending)
	select {
	case <-w.done:
	case <-time.After(closeTimeout):
		return fmt.Errorf("writing the log: nobody reads it, so its last lines are lost")
	}
	if w.lost > 0 {
		return fmt.Errorf("writing the log: it was not read in time, so %d lines are lost", w.lost)
	}
	return nil
}
