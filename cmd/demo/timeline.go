// The timeline of a demonstration. Side by side, it shows what Heroku said, what the dyno list said, what was
// true, and the times in the gate's outputs. The last sentence sums it up.

package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// A row of the timeline is a moment.
type row struct {
	at     time.Duration // since the release
	clock  string
	truth  string // what really happened
	alive  int    // old dynos that really ran
	status string // of the release, from Heroku
	list   string // old dynos in the dyno list
	gate   string // the time of the moment in the gate's outputs
}

// rows are the moments of a roll-out that has ended.
func rows(story *herokusim.Story, heroku *witness, e *end) []row {
	clock := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.TimeOnly)
	}
	made := max(e.picture.Times.ReleaseCreated.Sub(story.Start), 0)
	all := []row{{at: made, truth: "the release is made, old code runs", gate: clock(e.picture.Times.ReleaseCreated)}}
	ups, exits := upsAndExits(story, e.picture.Target.Version)
	if len(ups) > 0 {
		all = append(all, row{at: ups[0], truth: "first new dyno is up", gate: clock(e.picture.Times.FirstNewUp)},
			row{at: ups[len(ups)-1], truth: "last new dyno is up", gate: clock(e.picture.Times.AllNewUp)})
	}
	if len(exits) > 0 {
		all = append(all, row{at: exits[0], truth: "first old dyno ends", gate: clock(e.picture.Times.FirstOldStopped)},
			row{at: exits[len(exits)-1], truth: "last old dyno ends", gate: clock(e.picture.Times.OldGone)})
	}
	slices.SortStableFunc(all, func(a, b row) int { return int(a.at - b.at) })
	all = append(all, row{at: e.at, truth: "only new code runs", gate: "(it opens)"})
	for i := range all {
		r := &all[i]
		r.clock = story.Time(r.at).UTC().Format(time.TimeOnly)
		r.alive = len(story.OldRunning(r.at, e.picture.Target.Version))
		r.status, r.list = "?", "?"
		if t, ok := heroku.at(r.at); ok {
			r.status, r.list = t.status, fmt.Sprintf("%d old", t.old)
		}
		r.at -= made
	}
	return all
}

// upsAndExits returns when new dynos came up and when old dynos ended, in the order of time.
func upsAndExits(story *herokusim.Story, version int) (ups, exits []time.Duration) {
	for _, in := range story.Instances {
		switch {
		case in.OneOff:
		case in.Version == version && in.Up > 0:
			ups = append(ups, in.Up)
		case in.Version < version && in.Exit > 0:
			exits = append(exits, in.Exit)
		}
	}
	slices.Sort(ups)
	slices.Sort(exits)
	return ups, exits
}

// timeline draws the rows for a terminal with width columns; 0: no limit.
func timeline(rows []row, width int) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	switch {
	case width == 0 || width >= 140:
		fmt.Fprintln(w, "clock (UTC)\tfrom release\twhat was true\told dynos alive\tHeroku said\tthe dyno list said\tby the gate's outputs")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t+%s\t%s\t%d\t%s\t%s\t%s\n", r.clock, span(r.at), r.truth, r.alive, r.status, r.list, r.gate)
		}
	case width >= 80:
		fmt.Fprintln(w, "at\twhat was true\told\tHeroku said\tHeroku's list")
		for _, r := range rows {
			fmt.Fprintf(w, "+%s\t%s\t%d\t%s\t%s\n", span(r.at), r.truth, r.alive, r.status, r.list)
		}
	default:
		for _, r := range rows {
			// Several short lines for each row fit any terminal.
			fmt.Fprintf(&b, "+%s\n  %s\n  %d old alive\n  Heroku: %s, %s\n", span(r.at), r.truth, r.alive, r.status, r.list)
		}
	}
	w.Flush()
	return b.String()
}

// conclusion sums up the demonstration in a sentence or two.
func conclusion(story *herokusim.Story, e *end) string {
	v, p := e.verdict, e.picture
	last, ended := story.LastOldExit(p.Target.Version)
	switch {
	case v.Result == rollout.Passed && ended && !p.Times.ReleaseFinished.IsZero():
		finished := p.Times.ReleaseFinished.Sub(story.Start)
		return fmt.Sprintf("Heroku called v%d finished %s before its last old dyno ended. The gate opened %s after that end (%s).",
			p.Target.Version, span(last-finished), (e.at - last).Round(10*time.Millisecond), v.Basis)
	case v.Result == rollout.Failed:
		return fmt.Sprintf("the deploy failed, and the gate said so after %s (%s): no later step would have run.", span(e.at-story.Gate), v.Reason)
	}
	return fmt.Sprintf("the gate ended with %s (%s) after %s.", v.Result, v.Reason, span(e.at-story.Gate))
}

// busyApp says how much longer the gate would have waited if the app had a busy log. The log's history is
// 1,500 lines ("Logging", Dev Center). If the app fills it in seconds, the history proves nothing to a gate
// that begins after the deploy.
func busyApp(e *end) string {
	if e.verdict.Basis != rollout.Proven || e.hold <= e.at {
		return ""
	}
	return fmt.Sprintf("A busy app: with 1,000 lines a second the log's history is 1.5 s long, and a gate that comes after the deploy would\n"+
		"have opened %s later, presumed. One that begins before the deploy would have opened as here.\n\n", span(e.hold-e.at))
}

// span writes a duration as 8s or 5m08s.
func span(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s < 60 {
		return fmt.Sprintf("%ds", s)
	}
	return fmt.Sprintf("%dm%02ds", s/60, s%60)
}
