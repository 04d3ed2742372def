// One wait: makes the parts, connects them, waits, and reports the end.

package gate

import (
	"context"
	"fmt"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/platform"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// parts are the parts of the program that a wait uses.
type parts struct {
	client   *platform.Client
	tail     *logtail.Tail // nil: the log is not read
	recorder *recorder
	measure  *safeMeasure
}

func (c *Command) build(s settings) (*parts, error) {
	client, err := platform.New(platform.Options{Key: s.key, URL: s.apiURL, Version: c.Version, Transport: c.Transport, Now: c.Now})
	if err != nil {
		return nil, &inputError{Name: "api-url", Value: s.apiURL, Allowed: err.Error(), secret: true}
	}
	p := &parts{client: client, measure: newSafeMeasure()}
	if s.UseLog {
		p.tail = &logtail.Tail{
			App: s.App, Sessions: client, Transport: c.Transport, Refused: platform.RefusesLog,
			NoHistory: client.OnFir, Speed: c.Speed,
			// Opening a log stream costs at least two requests, and looks at the app are more important.
			Spacing: func() time.Duration { return 5 * watch.BudgetSpacing(client.Remaining()) },
		}
	}
	if s.record != "" {
		if p.recorder, err = newRecorder(s.record, s.key, header{Program: c.Version, Config: s.Config}); err != nil {
			return nil, &inputError{Name: "record", Value: s.record, Allowed: "give a file that can be written (" + err.Error() + ")"}
		}
	}
	return p, nil
}

// wait runs the gate to its end.
func (c *Command) wait(ctx context.Context, s settings, p *parts, out *report.Report, h *headStart) int {
	defer p.client.Close()
	if h.earlier != nil {
		defer h.earlier.stop()
	}
	w := c.watcher(s, p, h)
	w.Report, w.Debug = c.pictureReport(out), c.debug(out)
	picture, verdict := w.Run(ctx)
	if h.abandoned.Load() {
		return exitStatus(verdict)
	}
	e := explainer{client: p.client, tail: p.tail, app: s.App}
	e.explain(ctx, s.Timeout-picture.At, picture, verdict, out)
	return c.reportEnd(s, p, out, report.Ending{Picture: picture, Verdict: verdict, Waited: picture.At, ObserveOnly: s.observeOnly})
}

// watcher connects the parts with the loop that waits.
func (c *Command) watcher(s settings, p *parts, h *headStart) *watch.Watcher {
	w := &watch.Watcher{
		Config: s.Config, Platform: p.client,
		Interval: s.pollInterval, Speed: c.Speed, Begin: h.begin,
	}
	if p.tail != nil {
		w.Log = p.tail
	}
	if e := h.earlier; e != nil {
		w.Ahead, w.Since = e.observations, e.now
		if e.tail = p.tail; e.tail != nil {
			w.Log = e
		}
	}
	w.Record = func(o observe.Observation) {
		p.measure.see(o)
		if p.recorder != nil {
			p.recorder.observe(o)
		}
		if h.see != nil {
			h.see(o)
		}
	}
	return w
}

// pictureReport returns who gets each picture: the report, and c.Seen if it is set.
func (c *Command) pictureReport(out *report.Report) watch.Report {
	if c.Seen == nil {
		return out
	}
	return reportAndSeen{out, c.Seen}
}

// reportAndSeen gives each picture to a function and to the report.
type reportAndSeen struct {
	watch.Report
	seen func(rollout.Picture)
}

func (r reportAndSeen) Update(p rollout.Picture) time.Duration {
	r.seen(p)
	return r.Report.Update(p)
}

// reportEnd writes the end of the wait to the log, the outputs, the summary and the recording. It returns
// the exit status.
func (c *Command) reportEnd(s settings, p *parts, out *report.Report, e report.Ending) int {
	budget := p.client.Budget()
	e.Requests, e.BudgetRemaining, e.BudgetLowest = budget.Requests, budget.Remaining, budget.Lowest
	e.Measured = p.measure.figures(e.Picture)
	unwritten := out.End(e)
	if c.Ended != nil {
		c.Ended(e.Picture, e.Verdict)
	}
	var unrecorded error
	if p.recorder != nil {
		unrecorded = p.recorder.close()
	}
	for _, err := range []error{unwritten, out.LogError(), unrecorded} {
		if err != nil {
			fmt.Fprintln(c.errorLog, "rollout-gate:", err)
		}
	}
	switch status := exitStatus(e.Verdict); {
	case s.observeOnly && status != ExitInvalid:
		return ExitPassed
	case unwritten != nil && status == ExitPassed:
		return ExitUndecided // later steps would miss the outputs
	default:
		return status
	}
}

func exitStatus(v rollout.Verdict) int {
	switch v.Result {
	case rollout.Passed:
		return ExitPassed
	case rollout.Failed:
		if v.Reason == rollout.InvalidInput {
			return ExitInvalid
		}
		return ExitFailed
	case rollout.TimedOut:
		return ExitTimedOut
	case rollout.Cancelled:
		return ExitInterrupted
	}
	return ExitUndecided
}
