// The goroutines beside the loop. A panic in one of them ends the wait with a verdict.

package watch

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Broken returns how a wait, or the replay of a wait, ends after a panic.
func Broken(cfg rollout.Config, panicked any) (rollout.Picture, rollout.Verdict) {
	fresh := rollout.New(cfg)
	fresh.Apply(panicTrouble(panicked))
	verdict, _ := fresh.Verdict()
	return fresh.Picture(), verdict
}

// background runs do in a goroutine. A panic in do ends the wait.
func (r *run) background(ctx context.Context, do func()) {
	r.wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				r.send(ctx, arrival{o: panicTrouble(p)})
			}
		}()
		do()
	})
}

// panicTrouble is the observation that the gate panicked, with the line that did. Call it from the deferred
// function that recovered: it reads the stack.
func panicTrouble(p any) observe.Observation {
	where, panicked := "somewhere", false
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			where = fmt.Sprintf("%s, line %d", f.Function, f.Line)
			break
		}
		panicked = panicked || f.Function == "runtime.gopanic"
	}
	return observe.Observation{Trouble: &observe.Trouble{Kind: observe.Internal, Message: fmt.Sprintf("%v in %s", p, where)}}
}

// waitForBackground waits for the goroutines to end, for at most shutdownGrace.
func (r *run) waitForBackground() {
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(shutdownGrace):
	}
}
