// One line of the log: did the platform write it, and does it matter?

package logtail

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heroku-rollout-gate/gate/observe"
)

// maxText is how many bytes of a message are kept.
const maxText = 300

// Parse reads one line, without its line break. It returns true only for a line of the platform about the
// life of a dyno, about a change through the API, or about lost lines. It never does so for a line of the
// app or of the router, even if that quotes such a line.
//
// The syntax is "TIMESTAMP SOURCE[PROC]: MESSAGE"
// (https://devcenter.heroku.com/articles/logging). Only the platform can write with
// the source heroku, or as app[api].
func Parse(line []byte) (observe.Line, bool) {
	h, ok := split(line)
	if !ok {
		return observe.Line{}, false
	}
	var l observe.Line
	switch origin(h) {
	case fromLabel:
		if !describe(h.message, &l) {
			return observe.Line{}, false
		}
		if l.Kind != observe.Loss {
			l.Label = string(h.proc)
		}
	case fromAPI:
		// The gate's own log sessions have such lines, too, and change nothing.
		if bytes.HasPrefix(h.message, []byte("Log session created")) {
			return observe.Line{}, false
		}
		l.Kind, l.Release, l.Scaled = observe.API, createdRelease(h.message), isScaling(h.message)
	case fromLogs:
		if !isLossNotice(h.message) {
			return observe.Line{}, false
		}
		l.Kind = observe.Loss
	default:
		return observe.Line{}, false
	}
	if l.Stamp, ok = parseStamp(h.stamp); !ok {
		return observe.Line{}, false
	}
	switch l.Kind {
	case observe.API, observe.Metric, observe.Start:
		// Without the text: it can quote configuration, and commands can contain secrets.
	default:
		l.Text = clean(h.message)
	}
	return l, true
}

// isScaling reports whether an API line says that the formation was scaled: "Scaled to web@2:Basic by user …".
func isScaling(message []byte) bool { return bytes.HasPrefix(message, []byte("Scaled to ")) }

// createdRelease is the version in "Release v42 created by ..."; 0 if the message says something else.
func createdRelease(message []byte) int {
	rest, ok := bytes.CutPrefix(message, []byte("Release v"))
	digits, _, ok2 := bytes.Cut(rest, []byte(" created"))
	if !ok || !ok2 || len(digits) > 9 {
		return 0
	}
	n, err := strconv.Atoi(string(digits))
	if err != nil {
		return 0
	}
	return n
}

// parts are the four parts of a line. proc is nil if the line has none.
type parts struct{ stamp, source, proc, message []byte }

func split(line []byte) (parts, bool) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return parts{}, false
	}
	p := parts{stamp: line[:i]}
	rest := line[i+1:]
	j := bytes.IndexByte(rest, ':')
	if j < 1 || j+1 < len(rest) && rest[j+1] != ' ' {
		return parts{}, false
	}
	p.source, p.message = rest[:j], bytes.TrimPrefix(rest[j+1:], []byte(" "))
	if k := bytes.IndexByte(p.source, '['); k >= 0 {
		if p.source[j-1] != ']' {
			return parts{}, false
		}
		p.source, p.proc = p.source[:k], p.source[k+1:j-1]
	}
	return p, true
}

// writer is who wrote a line.
type writer int

const (
	fromOther writer = iota
	fromLabel        // the platform, about one dyno
	fromAPI          // the platform, about a change through its API
	fromLogs         // the log system, about itself
)

// origin is who wrote a line. Lines about changes through the API came from heroku[api] until
// about 2017, and come from app[api] now. The log system has written under many names:
// logplex[1] in its code (https://github.com/heroku/logplex), heroku[logplex] in
// the documentation, and heroku[log-shuttle] or app[log-shuttle]
// (https://github.com/heroku/log-shuttle).
func origin(p parts) writer {
	switch string(p.source) {
	case "heroku":
		switch string(p.proc) {
		case "router", "nginx":
			return fromOther
		case "api":
			return fromAPI
		case "logplex", "log-shuttle":
			return fromLogs
		}
		if isLabel(p.proc) {
			return fromLabel
		}
	case "app":
		switch string(p.proc) {
		case "api":
			return fromAPI
		case "log-shuttle":
			return fromLogs
		}
	case "logplex", "Logplex":
		return fromLogs
	}
	return fromOther
}

// isLabel reports whether b can be the name of a dyno, such as web.1, or of a pod on Fir.
func isLabel(b []byte) bool {
	for _, c := range b {
		if !isWord(c) && c != '.' {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 200
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// isOneWord reports whether b is a word of letters, digits, "_" and "-".
func isOneWord(b []byte) bool {
	for _, c := range b {
		if !isWord(c) {
			return false
		}
	}
	return len(b) > 0
}

func parseStamp(b []byte) (time.Time, bool) {
	if len(b) > len("2006-01-02T15:04:05.000000000+00:00") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil || t.Year() < 2000 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// isTailForbidden reports whether a line says that this app's log cannot be followed. The line has no
// process, and the stream ends after it (logplex_api.erl, no_tail_warning).
func isTailForbidden(line []byte) bool {
	const word = "Error L20"
	i := bytes.Index(line, []byte(word))
	if i < 0 {
		return false
	}
	if i == 0 {
		return true
	}
	p, ok := split(line)
	return ok && bytes.HasPrefix(p.message, []byte(word)) && origin(p) == fromLogs ||
		bytes.EqualFold(line[:i], []byte("Logplex: "))
}

// clean removes control characters from a message, and cuts it at maxText.
func clean(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, string(b[:min(len(b), 4*maxText)]))
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
