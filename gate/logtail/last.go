// This file is for the last lines of one dyno, to show why it crashed. They are foreign text.

package logtail

import (
	"bytes"
	"context"
	"errors"
	"slices"
)

const (
	// Of a log without history so many lines of a dyno are kept, each up to this length, and of so many dynos:
	// a few megabytes at most.
	linesOfDyno   = 40
	lengthOfLine  = 500
	dynosWithText = 200
)

var errUnread = errors.New("the gate itself has read no line of this dyno, and Fir keeps no log history")

// Last returns the last n lines of the label, those of the app and those of the platform: of the log's history,
// which it reads once, or where there is none, of what was read so far.
func (t *Tail) Last(ctx context.Context, label string, n int) ([]string, error) {
	if t.NoHistory != nil && t.NoHistory() {
		lines := t.read(label)
		if len(lines) == 0 {
			return nil, errUnread
		}
		return lines[max(0, len(lines)-n):], nil
	}
	f := newFollower(t, nil)
	if f.transport == nil {
		own := defaultTransport()
		defer own.CloseIdleConnections()
		f.transport = own
	}
	res, err := f.open(ctx, false)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	stop := context.AfterFunc(ctx, func() { res.Body.Close() })
	defer stop()
	var lines []string
	d := decoder{sse: isSSE(res.Header.Get("Content-Type")), line: func(line []byte) {
		if p, ok := split(line); ok && bytes.Equal(p.proc, []byte(label)) {
			lines = append(lines, string(line))
			lines = lines[max(0, len(lines)-n):]
		}
	}}
	err = readChunks(res.Body, d.write)
	if ctx.Err() != nil || len(lines) > 0 {
		err = nil // what was read is of use
	}
	return lines, err
}

// read is what the last Run has read of a label.
func (t *Tail) read(label string) []string {
	f := t.reading.Load()
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.texts.of(label)
}

// texts are the last lines of each dyno, as far as there is room.
type texts struct {
	dynos map[string]*text
	count int   // of all lines
	last  *text // where the newest line is; nil if it was of none
}

// A text is the last lines of one dyno: a ring.
type text struct {
	lines   [linesOfDyno][]byte
	n       int
	heard   int  // the number of its newest line among all
	crashed bool // it is needed more than others
}

// add takes in a line of the log, which may tell of no dyno.
func (t *texts) add(line []byte) {
	t.last = nil
	p, ok := split(line)
	if !ok || !isLabel(p.proc) {
		return
	}
	x := t.dynos[string(p.proc)]
	if x == nil {
		x = t.room(string(p.proc))
	}
	t.last = x
	t.count++
	x.heard = t.count
	x.crashed = x.crashed || origin(p) == fromLabel && bytes.HasSuffix(p.message, []byte(" to crashed"))
	x.add("", line)
}

// more takes in what stands behind a line break within the newest line.
func (t *texts) more(rest []byte) {
	if t.last != nil {
		t.last.add("    ", rest)
	}
}

func (x *text) add(indent string, line []byte) {
	at := &x.lines[x.n%linesOfDyno]
	*at = append(append((*at)[:0], indent...), line[:min(len(line), lengthOfLine)]...)
	x.n++
}

// room is for a dyno of which nothing is kept yet. If need be it takes that of another: of the one that was heard
// of the longest ago, and rather of one that has not crashed.
func (t *texts) room(label string) *text {
	if t.dynos == nil {
		t.dynos = map[string]*text{}
	}
	if len(t.dynos) >= dynosWithText {
		least := ""
		for name, x := range t.dynos {
			o := t.dynos[least]
			if o == nil || o.crashed && !x.crashed || o.crashed == x.crashed && x.heard < o.heard {
				least = name
			}
		}
		delete(t.dynos, least)
	}
	x := &text{}
	t.dynos[label] = x
	return x
}

// of is the lines of a label, in order.
func (t *texts) of(label string) []string {
	x := t.dynos[label]
	if x == nil {
		return nil
	}
	var lines []string
	for i := max(0, x.n-linesOfDyno); i < x.n; i++ {
		lines = append(lines, string(x.lines[i%linesOfDyno]))
	}
	return slices.Clip(lines)
}
