// The printer: lines to the step log or the terminal. Everything but a mask goes
// through Write, which takes secrets out.

package report

import (
	"fmt"
	"heroku-rollout-gate/gate/observe"
	"io"
	"time"
)

// Escape codes of a terminal. A status line switches wrapping off while it is
// written, so that the terminal cuts it at its own width and one line stays one.
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
	live    bool // status lines are updated in place
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

// status prints a line that the next one replaces, where that is possible.
func (p *printer) status(text string) {
	if !p.live {
		p.line(text)
		return
	}
	p.pending = true
	fmt.Fprint(p, clearLine, wrapOff, text, wrapOn)
}

func (p *printer) colored(t tone, text string) {
	if p.color {
		text = colors[t] + text + colorOff
	}
	p.line(text)
}

// stamped puts the time waited before a line.
func stamped(at time.Duration, text string) string {
	return fmt.Sprintf("%6s  %s", observe.Span(at), text)
}
