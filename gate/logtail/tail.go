// Reading the log of an app: one stream after the other, opened again whenever it ends.

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
	// A live stream has heartbeats. Without a single byte for this long it is given up.
	longestSilence = 30 * time.Second
	// After 15 minutes a stream can be dead although its heartbeats go on: then the official SDK
	// opens another one (heroku/heroku-sdk, src/resources/platform/log-session). The gate opens
	// the next stream earlier, so that there is time for retries.
	streamLife = 13 * time.Minute
	// A stream without a line for this long may be dead, too, or the app is quiet. The gate opens the next
	// stream to find out. If the app was quiet, the gate waits twice as long the next time.
	firstQuietLimit = 2 * time.Minute
	// The wait between retries grows from firstWait to lastWait.
	firstWait, lastWait = time.Second, 15 * time.Second
	// If a stream lived this long, the next is opened without a wait.
	goodStream = 15 * time.Second
)

// A Tail reads the log of one app.
type Tail struct {
	App      string
	Sessions Sessions
	// Transport opens the streams. nil: the network.
	Transport http.RoundTripper
	// Refused reports whether an error of Sessions is final, so that retrying is useless. nil: none is.
	Refused func(error) bool
	// Spacing is the shortest time between two streams, since each session costs requests.
	// nil: only the wait after a failure.
	Spacing func() time.Duration
	// NoHistory reports whether the app's log has no history. On Fir it has none: there every session follows
	// the log, and none ends by itself. nil: it has a history.
	NoHistory func() bool
	// Speed is how many seconds pass on the platform in one second of the gate: 1 (or 0), except in a
	// demonstration. All waits are in the platform's time, except those for a connection.
	Speed float64
	// Raw is called with each line as it arrives, including the app's; with some lines twice. Several goroutines
	// call it at the same time. The slice is valid only during the call. nil: it is not called.
	Raw func(line []byte)
	// After is where another process stopped reading. The log goes on from there, or has a gap there. nil:
	// none did.
	After *Position

	once    sync.Once
	renew   chan struct{}
	reading atomic.Pointer[follower] // of the last Run
}

// Renew closes the stream and opens it again, because it did not report something that it should have.
func (t *Tail) Renew() {
	select {
	case t.renewals() <- struct{}{}:
	default: // a renewal is already waiting
	}
}

func (t *Tail) renewals() chan struct{} {
	t.once.Do(func() { t.renew = make(chan struct{}, 1) })
	return t.renew
}

// Run reads the log until ctx ends or the platform refuses the log. The observations that it emits have only
// Line or Log set. It makes one call of emit at a time, and none after it has returned.
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
			f.emitStatus(observe.LogStatus{State: observe.Refused, Reason: no.reason})
			return
		}
		f.reportBroken(err)
		pause := retryWait(n)
		if f.passed(begun) >= goodStream {
			n, pause = 0, 0
		}
		pause = max(pause, f.spacing()-f.passed(begun))
		if pause > 0 && !sleep(ctx, f.realTime(pause)) {
			return
		}
	}
}

var errNoNews = errors.New("the dyno list shows changes that the log stream did not report")

// follow reads one stream after the other. It opens the next one before the present one is too old. It returns
// when a stream ends and the next one is not open: when that stream was begun, and how it ended.
func (f *follower) follow(ctx context.Context) (begun time.Time, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	present, next := f.begin(ctx, &wg), &stream{} // an empty stream stands for none: its channels are nil
	longestQuiet := firstQuietLimit
	due := time.NewTimer(f.realTime(longestQuiet)) // runs while there is no next stream
	defer due.Stop()
	for failed := 0; ; {
		select {
		case err = <-present.ended:
			if next.ended == nil || ctx.Err() != nil {
				return present.begun, err
			}
			f.reportBroken(err)
			present, next = next, &stream{}
			due.Reset(f.realTime(present.timeToReplace(longestQuiet)))
		case <-due.C:
			if left := max(present.timeToReplace(longestQuiet), f.spacing()-f.passed(present.begun)); left > 0 {
				due.Reset(f.realTime(left))
				continue
			}
			next = f.begin(ctx, &wg)
		case <-next.joined:
			present.cancel(nil)
			<-present.ended
			if longestQuiet *= 2; present.hasHadLines() {
				longestQuiet = firstQuietLimit
			}
			present, next, failed = next, &stream{}, 0
			due.Reset(f.realTime(present.timeToReplace(longestQuiet)))
		case err = <-next.ended:
			next = &stream{}
			if !errors.As(err, new(refusal)) { // after a refusal, the present stream is read to its end
				failed++
				due.Reset(f.realTime(max(retryWait(failed), f.spacing())))
			}
		case <-f.renewals():
			present.cancel(errNoNews)
		}
	}
}

// passed is how much time has passed on the platform since then.
func (t *Tail) passed(since time.Time) time.Duration {
	d := time.Since(since)
	if t.Speed > 0 {
		d = time.Duration(float64(d) * t.Speed)
	}
	return d
}

// realTime converts a span of the platform's time to the gate's.
func (t *Tail) realTime(d time.Duration) time.Duration {
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

// sleep waits. It reports false if ctx ended first.
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

// retryWait is how long to wait after the n-th failure in a row.
func retryWait(n int) time.Duration {
	d := min(firstWait<<min(n-1, 10), lastWait)
	return d/2 + rand.N(d/2)
}
