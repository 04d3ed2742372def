// The printer: lines to the step log or the terminal. Everything but a mask goes
// through Write, which takes secrets out.

package report

import (
	"fmt"
	"heroku-rollout-gate/gate/observe"
	"io"
	"time"
)

// Escape codes of a terminal. A status line is cut to the width, and switches wrapping off
// while it is written: it stays one line also where the width is not known, or a character
// takes two columns.
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
	live    bool       // status lines are updated in place
	columns func() int // of the terminal at the moment; nil: not known
	color   bool
	pending bool // a status line stands without a line end
	err     error
}

// Write prints b without secrets. It never fails, so that a closed log does not
// keep the outputs from being written; the first error is kept.
func (p *printer) Write(b []byte) (int, error) {
	p.raw([]byte(p.secrets.redact(string(b))))
	return len(b), nil
}

func (p *printer) raw(b []byte) {
	if _, err := p.w.Write(b); err != nil && p.err == nil {
		p.err = fmt.Errorf("writing the log: %w", err)
	}
}

// line prints a line that stays. The text has to be inert.
func (p *printer) line(text string) {
	if p.pending {
		text = clearLine + text
		p.pending = false
	}
	fmt.Fprintln(p, text)
}

// width is that of the terminal; 0 is no limit.
func (p *printer) width() int {
	if !p.live || p.columns == nil {
		return 0
	}
	return max(p.columns(), 0)
}

// sentence prints a text that stays, in as many lines as the terminal wants.
func (p *printer) sentence(text string) { p.line(fold(text, p.width(), stampWidth)) }

// status prints a line that the next one replaces, where that is possible.
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

// stampWidth is how wide the time and the blanks behind it are.
const stampWidth = 8

// stamped puts the time waited before a line.
func stamped(at time.Duration, text string) string {
	return fmt.Sprintf("%*s  %s", stampWidth-2, observe.Span(at), text)
}
