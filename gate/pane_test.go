// A terminal for the tests: what the screen shows after some output.

package gate_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A pane is a screen of endless height. Every character is one column wide.
type pane struct {
	width   int
	rows    [][]rune
	col     int
	noWrap  bool
	spilled []string // lines that did not fit, as they were written
	line    []rune   // since the last line end or return
}

func newPane(width int) *pane { return &pane{width: width, rows: [][]rune{nil}} }

// write draws a text. An unknown escape code is an error.
func (p *pane) write(t *testing.T, b []byte) {
	t.Helper()
	for len(b) > 0 {
		if rest, ok := p.code(b); ok {
			b = rest
			continue
		}
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\n':
			p.next()
			p.line = nil
		case r == '\r':
			p.col, p.line = 0, nil
		case r < ' ' || r == utf8.RuneError:
			t.Fatalf("the terminal is sent %q", b[:min(len(b), 20)])
		default:
			p.put(r)
		}
		b = b[n:]
	}
}

// code executes an escape code, if there is one.
func (p *pane) code(b []byte) (rest []byte, ok bool) {
	for code, obey := range map[string]func(){
		"\x1b[K":   func() { p.rows[len(p.rows)-1] = p.rows[len(p.rows)-1][:min(p.col, len(p.rows[len(p.rows)-1]))] },
		"\x1b[?7l": func() { p.noWrap = true },
		"\x1b[?7h": func() { p.noWrap = false },
		"\x1b[0m":  func() {}, "\x1b[31m": func() {}, "\x1b[32m": func() {}, "\x1b[33m": func() {},
	} {
		if rest, ok := bytes.CutPrefix(b, []byte(code)); ok {
			obey()
			return rest, true
		}
	}
	return b, false
}

func (p *pane) next() {
	p.rows, p.col = append(p.rows, nil), 0
}

// put draws one character. If it does not fit, it first begins a new line, as terminals do.
func (p *pane) put(r rune) {
	p.line = append(p.line, r)
	if p.col == p.width {
		p.spill()
		if p.noWrap {
			p.col--
		} else {
			p.next()
		}
	}
	row := &p.rows[len(p.rows)-1]
	for len(*row) <= p.col {
		*row = append(*row, ' ')
	}
	(*row)[p.col] = r
	p.col++
}

func (p *pane) spill() {
	text := string(p.line[:len(p.line)-1])
	p.spilled = slices.DeleteFunc(p.spilled, func(s string) bool { return strings.HasPrefix(text, s) })
	p.spilled = append(p.spilled, text)
}

// String is the screen without empty lines at its end.
func (p *pane) String() string {
	var b strings.Builder
	for _, row := range p.rows {
		b.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
