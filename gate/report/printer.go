// The printer writes lines to the step log or the terminal. Everything except the commands that mask secrets
// goes through Write, which removes secrets.

package report

import (
	"fmt"
	"io"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// Escape codes of a terminal. Wrapping is off while a status line is written: so the status line stays one line
// even if the width is not known, or if a character takes two columns.
const (
	clearLine = "\r\x1b[K"
	wrapOff   = "\x1b[?7l"
	wrapOn    = "\x1b[?7h"
	colorOff  = "\x1b[0m"
)

var colors = map[tone]string{good: "\x1b[32m", doubtful: "\x1b[33m", bad: "\x1b[31m"}

type printer struct {
	w       io.Writer
	secrets *secrets
	live    bool       // a status line is updated in place
	columns func() int // the present width of the terminal; nil: not known
	color   bool
	pending bool  // the last line is a status line, without a line break
	err     error // the first error of w
}

// Write prints b without secrets. It never returns an error, so that the outputs are written even
// if the log is closed; the first error is kept in err.
func (p *printer) Write(b []byte) (int, error) {
	p.raw([]byte(p.secrets.redact(string(b))))
	return len(b), nil
}

// raw prints b with secrets.
func (p *printer) raw(b []byte) {
	if _, err := p.w.Write(b); err != nil && p.err == nil {
		p.err = fmt.Errorf("writing the log: %w", err)
	}
}

// line prints a line that is not updated later. The text must be inert.
func (p *printer) line(text string) {
	if p.pending {
		text = clearLine + text
		p.pending = false
	}
	fmt.Fprintln(p, text)
}

// width is the width of the terminal; 0: no limit.
func (p *printer) width() int {
	if !p.live || p.columns == nil {
		return 0
	}
	return max(p.columns(), 0)
}

// sentence prints a text, folded to the width of the terminal.
func (p *printer) sentence(text string) { p.line(fold(text, p.width(), stampWidth)) }

// status prints a line. In a terminal the next line replaces it.
func (p *printer) status(text string) {
	if !p.live {
		p.line(text)
		return
	}
	p.pending = true
	if w := p.width(); w > 0 {
		text = cut(text, w)
	}
	fmt.Fprint(p, clearLine, wrapOff, text, wrapOn)
}

func (p *printer) colored(t tone, text string) {
	text = fold(text, p.width(), 2)
	if p.color {
		text = colors[t] + text + colorOff
	}
	p.line(text)
}

// stampWidth is the width of the time and the two spaces after it.
const stampWidth = 8

// stamped puts the time since the start of the wait before a line.
func stamped(at time.Duration, text string) string {
	return fmt.Sprintf("%*s  %s", stampWidth-2, observe.Span(at), text)
}
