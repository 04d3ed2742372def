// The step log is printed beside the wait: whoever reads it, or does not, holds up
// neither the wait nor its end.

package gate

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

const (
	// unread is how many lines may wait for a reader; what is more is lost.
	unread = 4096
	// lastLines is how long the end waits for its lines to be taken.
	lastLines = 300 * time.Millisecond
)

// A patientWriter takes everything at once and hands it on in its own time. It is
// used by one goroutine at a time.
type patientWriter struct {
	out   io.Writer
	lines chan []byte
	done  chan struct{}
	lost  int
	err   atomic.Pointer[error] // the first of out
}

func newPatientWriter(out io.Writer) *patientWriter {
	if out == nil {
		out = io.Discard
	}
	p := &patientWriter{out: out, lines: make(chan []byte, unread), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for b := range p.lines {
			if _, err := p.out.Write(b); err != nil {
				p.err.CompareAndSwap(nil, &err)
			}
		}
	}()
	return p
}

// Write never blocks. Its error is the first that the log had so far.
func (p *patientWriter) Write(b []byte) (int, error) {
	select {
	case p.lines <- bytes.Clone(b):
	default:
		p.lost++
	}
	if err := p.err.Load(); err != nil {
		return len(b), *err
	}
	return len(b), nil
}

// close waits a moment for the last lines to be taken. Nothing may be written after it.
func (p *patientWriter) close() error {
	close(p.lines)
	select {
	case <-p.done:
	case <-time.After(lastLines):
		return fmt.Errorf("writing the log: nobody takes it, so its last lines are lost")
	}
	if p.lost > 0 {
		return fmt.Errorf("writing the log: it was not taken in time, so %d lines are lost", p.lost)
	}
	return nil
}
