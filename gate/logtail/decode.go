// From the bytes of a stream, in chunks that are cut anywhere, to lines.

package logtail

import (
	"bytes"
	"mime"
)

// maxLine is how much of a line is kept; the rest is cut off. The platform itself splits lines at
// 10,000 bytes.
const maxLine = 16 << 10

// A decoder splits what is written to it into lines of the log. It drops zero bytes, which are heartbeats. The
// slices that it passes on are valid only during the call.
type decoder struct {
	// sse says that the lines come as server-sent events.
	sse bool
	// line is called with each line.
	line func([]byte)
	// more is called with the text after each line break within a line. nil: that text is dropped.
	more func([]byte)

	held    []byte // an unfinished line
	hasData bool   // the current event has had its first data field
	isLine  bool   // that field was not empty, so line was called with it
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
			d.decode(whole) // without a copy
			continue
		}
		d.hold(whole)
		d.flush()
	}
}

// flush decodes the unfinished line as if it were finished.
func (d *decoder) flush() {
	d.decode(d.held)
	d.held = d.held[:0]
}

// hold keeps a part of a line, up to maxLine bytes and without zero bytes.
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

func (d *decoder) decode(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if d.sse {
		d.decodeField(line)
		return
	}
	if len(line) > 0 {
		d.line(line)
	}
}

// decodeField decodes one line of an event stream. An event is one line of the log. Its first data field holds
// the beginning of the line, which names the writer. Further data fields stand for line breaks within the line
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): their text is from the same writer,
// even if it looks like a line of the platform.
func (d *decoder) decodeField(line []byte) {
	if len(line) == 0 { // the end of the event
		d.hasData = false
		return
	}
	name, data, _ := bytes.Cut(line, []byte(":"))
	data = bytes.TrimPrefix(data, []byte(" "))
	switch {
	case string(name) != "data": // id, event, retry, or a comment
	case !d.hasData:
		if d.hasData, d.isLine = true, len(data) > 0; d.isLine {
			d.line(data)
		}
	case d.isLine && d.more != nil:
		d.more(data)
	}
}
