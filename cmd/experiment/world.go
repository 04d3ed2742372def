// A world is where an experiment runs: the real Heroku, or the simulated one in this process, where
// time may pass faster.

package main

import (
	"context"
	"net/http"
	"time"
)

// A world is Heroku, and this machine's ways to it.
type world struct {
	simulated bool
	// key makes the app. readKey, if there is one, is what the gates use.
	key, readKey string
	transport    http.RoundTripper
	// now is the clock; speed is how many of its seconds pass in one of ours.
	now   func() time.Time
	speed float64
	// notes is the folder that remembers what was made; empty: nothing is worth remembering.
	notes string
}

// A clock is that of one run. It implements account.Clock.
type clock struct {
	now   func() time.Time
	speed float64
	start time.Time
}

func (w *world) clock() *clock { return &clock{now: w.now, speed: w.speed, start: w.now()} }

// At is how long the run has gone on.
func (c *clock) At() time.Duration { return c.now().Sub(c.start) }

// real is a span of this clock in our own time.
func (c *clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// Sleep waits for a span of this clock.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(c.real(d))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// within is a context that ends after a span of this clock, because of why.
func (c *clock) within(ctx context.Context, d time.Duration, why error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.real(d), why)
}
