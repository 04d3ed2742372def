// What runs beside the loop, and what becomes of a bug in it.

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

// Broken is the end of a wait, or of the replay of one, for a bug: a panic.
func Broken(cfg rollout.Config, panicked any) (rollout.Picture, rollout.Verdict) {
	fresh := rollout.New(cfg)
	fresh.Apply(bug(panicked))
	verdict, _ := fresh.Verdict()
	return fresh.Picture(), verdict
}

// start does something beside the loop. A bug in it ends the wait.
func (r *run) start(ctx context.Context, do func()) {
	r.wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				r.send(ctx, news{o: bug(p)})
			}
		}()
		do()
	})
}

// bug tells of a panic and where it came from.
func bug(p any) observe.Observation {
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

// leave waits a moment for what was started to end.
func (r *run) leave() {
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(shutdownGrace):
	}
}
