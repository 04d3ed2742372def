// This file is for the stream: from chunks of bytes, cut anywhere, to lines.

package logtail

import (
	"bytes"
	"mime"
)

// maxLine bounds what is kept of one line. The platform splits its own at 10,000
// bytes; what is longer is cut.
const maxLine = 16 << 10

// A decoder calls line for each line of the log that is written to it. The slice is
// only good during the call. Zero bytes are heartbeats and belong to no line.
type decoder struct {
	// sse says that lines come as server-sent events.
	sse  bool
	line func([]byte)
	// more is called for what stands behind a line break within the line before. nil: nobody wants it.
	more  func([]byte)
	held  []byte
	given bool // the event has given its first data field
	lined bool // and that was a line
}

// isSSE reports whether a Content-Type means server-sent events.
func isSSE(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "text/event-stream"
}

func (d *decoder) write(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			d.hold(p)
			return
		}
		whole := p[:i]
		p = p[i+1:]
		if len(d.held) == 0 && len(whole) <= maxLine && bytes.IndexByte(whole, 0) < 0 {
			d.give(whole)
			continue
		}
		d.hold(whole)
		d.flush()
	}
}

// flush treats what is held as a whole line.
func (d *decoder) flush() {
	d.give(d.held)
	d.held = d.held[:0]
}

// hold keeps a part of a line, without zero bytes and as far as there is room.
func (d *decoder) hold(p []byte) {
	for len(p) > 0 && len(d.held) < maxLine {
		part := p
		if i := bytes.IndexByte(p, 0); i >= 0 {
			part, p = p[:i], p[i+1:]
		} else {
			p = nil
		}
		d.held = append(d.held, part[:min(len(part), maxLine-len(d.held))]...)
	}
}

func (d *decoder) give(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if d.sse {
		d.field(line)
		return
	}
	if len(line) > 0 {
		d.line(line)
	}
}

// field takes in one line of an event stream. An event is one line of the log, and its
// first data field holds the beginning, where it says who wrote it. Further data fields
// are how such a stream carries line breaks
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): what stands behind one is
// text of the same writer, whatever it looks like.
func (d *decoder) field(line []byte) {
	if len(line) == 0 { // the end of the event
		d.given = false
		return
	}
	name, data, _ := bytes.Cut(line, []byte(":"))
	data = bytes.TrimPrefix(data, []byte(" "))
	switch {
	case string(name) != "data": // id, event, retry, a comment
	case !d.given:
		if d.given, d.lined = true, len(data) > 0; d.lined {
			d.line(data)
		}
	case d.lined && d.more != nil:
		d.more(data)
	}
}
