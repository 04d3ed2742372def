// This file is for the whole: opening the log, reading it, opening it again.

package logtail

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// A live stream has a heartbeat now and then; after this long without any byte
	// it is given up.
	silence = 30 * time.Second
	// The waits between tries grow from the one to the other.
	firstWait, lastWait = time.Second, 15 * time.Second
	// A stream that lived this long was a good one: the next is opened at once.
	goodStream = 15 * time.Second
)

// A Tail reads the log of one app.
type Tail struct {
	App      string
	Sessions Sessions
	// Transport carries the streams. nil: the network.
	Transport http.RoundTripper
	// Refused tells of an error of Sessions that asking again cannot mend. nil: none is.
	Refused func(error) bool
	// Spacing is the shortest time between two streams, as a session costs requests.
	// nil: there is none but the wait after a failure.
	Spacing func() time.Duration
}

// Run reads the log until ctx ends or the platform refuses it. It calls emit with
// observations that have only Line or Log set, one call at a time, and none after
// it has returned.
func (t *Tail) Run(ctx context.Context, emit func(observe.Observation)) {
	f := newFollower(t, emit)
	if f.transport == nil {
		own := defaultTransport()
		defer own.CloseIdleConnections()
		f.transport = own
	}
	for n := 1; ctx.Err() == nil; n++ {
		opened := time.Now()
		err := f.stream(ctx)
		var no refusal
		switch {
		case ctx.Err() != nil:
			return
		case errors.As(err, &no):
			f.say(observe.LogStatus{State: observe.Refused, Reason: no.reason})
			return
		}
		f.broken(err)
		pause := wait(n)
		if time.Since(opened) >= goodStream {
			n, pause = 0, 0
		}
		if t.Spacing != nil {
			pause = max(pause, t.Spacing()-time.Since(opened))
		}
		if pause > 0 && !sleep(ctx, pause) {
			return
		}
	}
}

// stream opens one stream and reads it to its end.
func (f *follower) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	res, err := f.open(ctx, true)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	stop := context.AfterFunc(ctx, func() { res.Body.Close() })
	defer stop()

	f.enter()
	defer f.leave()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wg.Go(func() {
		if err := f.join(ctx); err != nil {
			cancel(err)
		}
	})

	watchdog := time.AfterFunc(silence, func() { cancel(errors.New("the log stream was silent for too long")) })
	defer watchdog.Stop()
	d := decoder{sse: isSSE(res.Header.Get("Content-Type")), line: f.line}
	err = readChunks(res.Body, func(p []byte) {
		watchdog.Reset(silence)
		f.mu.Lock()
		defer f.mu.Unlock()
		if d.write(p); f.refused {
			cancel(refusal{"the platform forbids to follow this app's log because of its volume (L20)"})
		}
	})
	// What is left of a line may be cut: it is told whole by the next history.
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case err != nil:
		return errors.New("the log stream broke: " + redactURL(err, res.Request.URL))
	}
	return errors.New("the log stream ended")
}

// open asks for a session and opens its stream.
func (f *follower) open(ctx context.Context, tail bool) (*http.Response, error) {
	u, err := f.address(ctx, tail)
	if err != nil {
		return nil, err
	}
	res, err := f.get(ctx, u)
	if err != nil {
		return nil, err
	}
	if res.Request == nil {
		res.Request = &http.Request{URL: u}
	}
	return res, nil
}

// sleep waits; false if ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wait is how long to wait after the n-th try in a row has failed.
func wait(n int) time.Duration {
	d := min(firstWait<<min(n-1, 10), lastWait)
	return d/2 + rand.N(d/2)
}
