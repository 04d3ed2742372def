// This file is for the whole: opening the log, reading it, opening it again.

package logtail

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// A live stream has a heartbeat now and then; after this long without any byte
	// it is given up.
	silence = 30 * time.Second
	// A stream can be dead after 15 minutes though its heartbeats go on: the official SDK
	// opens another one then (heroku/heroku-sdk, src/resources/platform/log-session). The
	// next one is opened before that, with time for several tries.
	streamLife = 13 * time.Minute
	// One that tells of nothing for this long may be dead, too, or the app is quiet: the next
	// one is opened to see. If it was the app, that waits twice as long the next time.
	patience = 2 * time.Minute
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
	// NoHistory tells that the app's log has none, as on Fir, where every session follows
	// the log and none ends by itself. nil: it has.
	NoHistory func() bool
	// Speed is how many seconds pass on the platform in one of ours: 1 (or 0) but for a
	// demonstration. All waits but those for a connection are of the platform's time.
	Speed float64
	// Raw is called with each line as it comes, of the app, too, and with some of them again: by
	// several goroutines at once, with a slice that is only good during the call. nil: nobody asks.
	Raw func(line []byte)
	// After is where another process stopped reading: the log goes on from there, or has a gap. nil: none did.
	After *Position

	once    sync.Once
	renew   chan struct{}
	reading atomic.Pointer[follower] // of the last Run
}

// Renew has the stream opened anew: somebody knows of what it should have told.
func (t *Tail) Renew() {
	select {
	case t.renewals() <- struct{}{}:
	default: // it was just asked for
	}
}

func (t *Tail) renewals() chan struct{} {
	t.once.Do(func() { t.renew = make(chan struct{}, 1) })
	return t.renew
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
		begun, err := f.follow(ctx)
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
		if f.passed(begun) >= goodStream {
			n, pause = 0, 0
		}
		pause = max(pause, f.spacing()-f.passed(begun))
		if pause > 0 && !sleep(ctx, f.real(pause)) {
			return
		}
	}
}

var errDeaf = errors.New("the dyno list shows changes of which the log stream told nothing")

// follow reads one stream after the other, each opened before the one before it is old, until
// one ends that has no successor. It returns when that one was begun, and how it ended.
func (f *follower) follow(ctx context.Context) (begun time.Time, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	present, next := f.begin(ctx, &wg), &stream{} // no next one: its channels are nil
	longestQuiet := patience
	due := time.NewTimer(f.real(longestQuiet)) // runs while there is no next one
	defer due.Stop()
	for failed := 0; ; {
		select {
		case err = <-present.ended:
			if next.ended == nil || ctx.Err() != nil {
				return present.begun, err
			}
			f.broken(err)
			present, next = next, &stream{}
			due.Reset(f.real(present.good(longestQuiet)))
		case <-due.C:
			if left := max(present.good(longestQuiet), f.spacing()-f.passed(present.begun)); left > 0 {
				due.Reset(f.real(left))
				continue
			}
			next = f.begin(ctx, &wg)
		case <-next.joined:
			present.cancel(nil)
			<-present.ended
			if longestQuiet *= 2; present.toldNews() {
				longestQuiet = patience
			}
			present, next, failed = next, &stream{}, 0
			due.Reset(f.real(present.good(longestQuiet)))
		case err = <-next.ended:
			next = &stream{}
			if !errors.As(err, new(refusal)) { // the present one is good to its end
				failed++
				due.Reset(f.real(max(wait(failed), f.spacing())))
			}
		case <-f.renewals():
			present.cancel(errDeaf)
		}
	}
}

// passed is how much of the platform's time has gone by since a moment of ours.
func (t *Tail) passed(since time.Time) time.Duration {
	d := time.Since(since)
	if t.Speed > 0 {
		d = time.Duration(float64(d) * t.Speed)
	}
	return d
}

// real is a span of the platform's time in our own.
func (t *Tail) real(d time.Duration) time.Duration {
	if t.Speed > 0 {
		d = time.Duration(float64(d) / t.Speed)
	}
	return d
}

// spacing is the shortest time between two streams.
func (f *follower) spacing() time.Duration {
	if f.Spacing == nil {
		return 0
	}
	return f.Spacing()
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
