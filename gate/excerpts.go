// Why it failed, in the words of those who know: the crashed dyno's last lines, or
// what the release command printed.

package gate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/platform"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

const (
	// excerptTime bounds the reading: the verdict is there and must not wait long, and
	// no longer than this after the deadline.
	excerptTime  = 5 * time.Second
	excerptGrace = 400 * time.Millisecond
	excerptLines = 40
	excerptBytes = 16 << 10
)

// explain shows what belongs to a failed verdict, with so much of the caller's time left.
func explain(ctx context.Context, left time.Duration, p rollout.Picture, v rollout.Verdict, app string, client *platform.Client, tail *logtail.Tail, out *report.Report) {
	ctx, cancel := context.WithTimeout(ctx, min(excerptTime, max(left, 0)+excerptGrace))
	defer cancel()
	var title string
	var lines []string
	var err error
	switch {
	case v.Reason == rollout.DynosCrashed && tail != nil:
		title = "the last log lines of " + v.Dyno
		lines, err = tail.Last(ctx, v.Dyno, excerptLines)
	case v.Reason == rollout.ReleaseFailed && p.Target != nil:
		title = fmt.Sprintf("the end of the output of the release phase of v%d", p.Target.Version)
		var text []byte
		text, err = client.ReleaseOutput(ctx, app, p.Target.Version, excerptBytes)
		if s := strings.TrimSpace(string(text)); s != "" {
			lines = strings.Split(s, "\n")
		}
	default:
		return
	}
	switch {
	case err != nil:
		out.Excerpt(title+" could not be read", []string{err.Error()})
	case len(lines) > 0:
		out.Excerpt(title, lines)
	}
}
