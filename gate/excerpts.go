// Why it failed, in the words of those who know: the crashed dyno's last lines, or
// what the release command printed.

package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/platform"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

const (
	// excerptTime bounds the reading: the verdict is there and must not wait long, and
	// no longer than excerptGrace after the deadline.
	excerptTime  = 5 * time.Second
	excerptGrace = 350 * time.Millisecond
	// What still hangs when that is over is left behind after this.
	excerptFarewell = 50 * time.Millisecond

	excerptLines = 40
	excerptBytes = 16 << 10
)

// An explainer knows where it is told why a deploy failed.
type explainer struct {
	client *platform.Client
	tail   *logtail.Tail // nil: the log is not read
	app    string
}

// An excerpt is lines that somebody else wrote.
type excerpt struct {
	title string
	known string // what there is to know of the lines
	lines []string
	err   error
}

// explain shows what belongs to a failed verdict, with so much of the caller's time left.
// Whatever hangs, it is over when that or ctx is.
func (e *explainer) explain(ctx context.Context, left time.Duration, p rollout.Picture, v rollout.Verdict, out *report.Report) {
	what, read := e.source(p, v)
	if read == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(excerptTime, max(left, 0)+excerptGrace))
	defer cancel()
	found := make(chan excerpt, 1)
	go func() {
		x := what
		x.err = errPanic
		defer func() {
			recover()
			found <- x
		}()
		x.lines, x.err = read(ctx)
	}()
	x := what
	x.err = errors.New("there was no time left to read them")
	select {
	case x = <-found:
	case <-ctx.Done():
		select {
		case x = <-found:
		case <-time.After(excerptFarewell):
		}
	}
	switch {
	case x.err != nil:
		out.Excerpt(x.title+" could not be read", []string{x.err.Error()})
	case len(x.lines) > 0:
		out.Excerpt(x.title+x.known, x.lines)
	}
}

// errPanic stands where reading them has met a bug.
var errPanic = errors.New("the gate itself failed while it read them: report it")

// source is what belongs to a verdict, and how it is read; nil if nothing does.
func (e *explainer) source(p rollout.Picture, v rollout.Verdict) (what excerpt, read func(context.Context) ([]string, error)) {
	switch {
	case v.Reason == rollout.DynosCrashed && e.tail != nil:
		what.title = "the last log lines of " + v.Dyno
		if e.client.OnFir() {
			what.known = " that the gate has read (Fir keeps no log history)"
		}
		return what, func(ctx context.Context) ([]string, error) {
			lines, err := e.tail.Last(ctx, v.Dyno, excerptLines)
			return since(p.Times.ReleaseCreated, lines), err
		}
	case v.Reason == rollout.ReleaseFailed && p.Target != nil:
		version := p.Target.Version
		what.title = fmt.Sprintf("the end of the output of the release phase of v%d", version)
		return what, func(ctx context.Context) ([]string, error) {
			text, err := e.client.ReleaseOutput(ctx, e.app, version, excerptBytes)
			if s := strings.TrimSpace(string(text)); s != "" {
				return strings.Split(s, "\n"), err
			}
			return nil, err
		}
	}
	return what, nil
}

// since leaves out the lines from before a time: a log can begin days before the release. A line
// without a time stays.
func since(begin time.Time, lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		stamp, _, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.RFC3339, stamp)
		return err == nil && at.Before(begin)
	})
}
