// This file is for the last lines of one dyno, to show why it crashed.

package logtail

import (
	"bytes"
	"context"

	"heroku-rollout-gate/gate/observe"
)

// Last reads the history once and returns the last n lines of the label, those of
// the app and those of the platform. They are foreign text.
func (t *Tail) Last(ctx context.Context, label string, n int) ([]string, error) {
	f := newFollower(t, func(observe.Observation) {})
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
