// Excerpts show why a deploy failed: the last log lines of the crashed dyno, or the end of the output of the
// release command.

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
	// Reading an excerpt delays the verdict: at most by excerptTime, and at most until excerptGrace after the
	// timeout of the gate.
	excerptTime  = 5 * time.Second
	excerptGrace = 350 * time.Millisecond
	// If the reading does not end then, the gate goes on without it after this time.
	excerptGiveUp = 50 * time.Millisecond

	excerptLines = 40
	excerptBytes = 16 << 10
)

// An explainer reads why a deploy failed.
type explainer struct {
	client *platform.Client
	tail   *logtail.Tail // nil: the log is not read
	app    string
}

// An excerpt is lines from the app, with a title from the gate.
type excerpt struct {
	title string
	note  string // added to the title if there are lines
	lines []string
	err   error
}

// explain shows the excerpt that belongs to a failed verdict, if there is one. left is the time until the
// timeout of the gate. explain returns in time also if the reading hangs.
func (e *explainer) explain(ctx context.Context, left time.Duration, p rollout.Picture, v rollout.Verdict, out *report.Report) {
	titled, read := e.source(p, v)
	if read == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(excerptTime, max(left, 0)+excerptGrace))
	defer cancel()
	found := make(chan excerpt, 1)
	go func() {
		x := titled
		x.err = errPanic
		defer func() {
			recover()
			found <- x
		}()
		x.lines, x.err = read(ctx)
	}()
	x := titled
	x.err = errors.New("there was no time left to read them")
	select {
	case x = <-found:
	case <-ctx.Done():
		select {
		case x = <-found:
		case <-time.After(excerptGiveUp):
		}
	}
	switch {
	case x.err != nil:
		out.Excerpt(x.title+" could not be read", []string{x.err.Error()})
	case len(x.lines) > 0:
		out.Excerpt(x.title+x.note, x.lines)
	}
}

// errPanic is shown if the code that reads the lines panics.
var errPanic = errors.New("the gate itself failed while it read them: report it")

// source returns the title of the excerpt for a verdict, and a function that reads its lines. read is nil if the
// verdict has no excerpt.
func (e *explainer) source(p rollout.Picture, v rollout.Verdict) (x excerpt, read func(context.Context) ([]string, error)) {
	switch {
	case v.Reason == rollout.DynosCrashed && e.tail != nil:
		x.title = "the last log lines of " + v.Dyno
		if e.client.OnFir() {
			x.note = " that the gate has read (Fir keeps no log history)"
		}
		return x, func(ctx context.Context) ([]string, error) {
			lines, err := e.tail.Last(ctx, v.Dyno, excerptLines)
			return since(p.Times.ReleaseCreated, lines), err
		}
	case v.Reason == rollout.ReleaseFailed && p.Target != nil:
		version := p.Target.Version
		x.title = fmt.Sprintf("the end of the output of the release phase of v%d", version)
		return x, func(ctx context.Context) ([]string, error) {
			text, err := e.client.ReleaseOutput(ctx, e.app, version, excerptBytes)
			if s := strings.TrimSpace(string(text)); s != "" {
				return strings.Split(s, "\n"), err
			}
			return nil, err
		}
	}
	return x, nil
}

// since removes the lines that are older than begin: a log can begin days before the release. A line
// without a time stays.
func since(begin time.Time, lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		stamp, _, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.RFC3339, stamp)
		return err == nil && at.Before(begin)
	})
}
