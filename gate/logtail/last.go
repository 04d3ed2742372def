// The last lines of one dyno, to show why it crashed. They are text that somebody else wrote.

package logtail

import (
	"bytes"
	"context"
	"errors"
	"slices"
)

const (
	// What is kept of a log without history; a few megabytes at most.
	linesPerDyno = 40
	keptLength   = 500 // bytes of a line
	maxDynos     = 200
)

var errUnread = errors.New("the gate itself has read no line of this dyno, and Fir keeps no log history")

// Last returns the last n lines under a label, those of the app and those of the platform. It reads the log's
// history for that. If the log has no history, it returns what Run has read so far.
func (t *Tail) Last(ctx context.Context, label string, n int) ([]string, error) {
	if t.NoHistory != nil && t.NoHistory() {
		lines := t.keptLines(label)
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
	d.flush()
	if ctx.Err() != nil || len(lines) > 0 {
		err = nil // some lines are better than none
	}
	return lines, err
}

// keptLines are the lines of a label that the last Run has kept.
func (t *Tail) keptLines(label string) []string {
	f := t.reading.Load()
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dynoLines.of(label)
}

// dynoLines are the last lines of each dyno, for up to maxDynos dynos.
type dynoLines struct {
	dynos  map[string]*lineRing
	count  int       // of all lines
	newest *lineRing // the dyno of the newest line; nil if that line is not a dyno's
}

// A lineRing is the last lines of one dyno.
type lineRing struct {
	lines   [linesPerDyno][]byte
	n       int
	newest  int  // the number of its newest line, counted over all dynos
	crashed bool // the dyno has crashed: its lines are the most needed
}

// add handles a line of the log. Not every line is a dyno's.
func (d *dynoLines) add(line []byte) {
	d.newest = nil
	p, ok := split(line)
	if !ok || !isLabel(p.proc) {
		return
	}
	x := d.dynos[string(p.proc)]
	if x == nil {
		x = d.newRing(string(p.proc))
	}
	d.newest = x
	d.count++
	x.newest = d.count
	x.crashed = x.crashed || origin(p) == fromLabel && bytes.HasSuffix(p.message, []byte(" to crashed"))
	x.add("", line)
}

// more handles the text after a line break within the newest line.
func (d *dynoLines) more(rest []byte) {
	if d.newest != nil {
		d.newest.add("    ", rest)
	}
}

func (x *lineRing) add(indent string, line []byte) {
	at := &x.lines[x.n%linesPerDyno]
	*at = append(append((*at)[:0], indent...), line[:min(len(line), keptLength)]...)
	x.n++
}

// newRing makes a ring for a new dyno. If there are too many dynos, it drops the one whose newest line is the
// oldest; a dyno that has crashed is dropped only if all have.
func (d *dynoLines) newRing(label string) *lineRing {
	if d.dynos == nil {
		d.dynos = map[string]*lineRing{}
	}
	if len(d.dynos) >= maxDynos {
		least := ""
		for name, x := range d.dynos {
			o := d.dynos[least]
			if o == nil || o.crashed && !x.crashed || o.crashed == x.crashed && x.newest < o.newest {
				least = name
			}
		}
		delete(d.dynos, least)
	}
	x := &lineRing{}
	d.dynos[label] = x
	return x
}

// of is the lines of a label, the oldest first.
func (d *dynoLines) of(label string) []string {
	x := d.dynos[label]
	if x == nil {
		return nil
	}
	var lines []string
	for i := max(0, x.n-linesPerDyno); i < x.n; i++ {
		lines = append(lines, string(x.lines[i%linesPerDyno]))
	}
	return slices.Clip(lines)
}
