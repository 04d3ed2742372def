// How late lists and log were. The dates of the platform's answers only give bounds for that.

package measure_test

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

func TestDelaysOfListAndLog(t *testing.T) {
	t.Parallel()
	const clocks, noLine, noDyno = "(the clock of Heroku's answers cannot be relied on)", "(no line of a process came while the log was read)", "(no new dyno came up between two looks at the list)"
	// begun is a run whose beginning is known to 100 ms. Two answers have the date 1 s: one came at 1 s, the
	// other was asked for at 1.9 s.
	begun := func() *play { return newPlay().flows(0).look(sec, "web.1 v41 up").look(1900*ms, "web.1 v41 up") }
	for name, c := range map[string]struct {
		play      *play
		list, log string
	}{
		"nothing":                           {newPlay(), clocks, noLine},
		"a line that comes at once":         {begun().line(5*sec, "web.1", observe.Start), noDyno, "0s to 100ms"},
		"one of two is late":                {begun().line(5*sec, "web.1", observe.Start).late(3*sec, 8*sec, "web.1", observe.Sigterm), noDyno, "3s to 3.1s"},
		"the late one is the first":         {begun().late(3*sec, 5*sec, "web.1", observe.Start).line(9*sec, "web.1", observe.Sigterm), noDyno, "3s to 3.1s"},
		"in the middle":                     {begun().line(5*sec, "web.1", observe.Start).late(3*sec, 8*sec, "web.1", observe.Sigterm).late(sec, 12*sec, "web.1", observe.Exit), noDyno, "3s to 3.1s"},
		"one alone, and it is late":         {begun().late(3*sec, 5*sec, "web.1", observe.Start), noDyno, "3s to 3.1s"},
		"a clock that is hardly known":      {newPlay().flows(0).slowLook(0, 5*sec, "web.1 v41 up").at(1, at(4*sec)).line(9*sec, "web.1", observe.Start).late(3*sec, 12*sec, "web.1", observe.Sigterm), noDyno, "3s to 8s"},
		"a line before any answer":          {newPlay().flows(0).line(sec/2, "web.1", observe.Start).look(sec, "web.1 v41 up").look(1900*ms, "web.1 v41 up"), noDyno, noLine},
		"the same line comes again":         {begun().line(5*sec, "web.1", observe.Start).late(9*sec, 5*sec, "web.1", observe.Start), noDyno, "0s to 100ms"},
		"a line of the history":             {begun().flows(100*sec).late(60*sec, 50*sec, "web.1", observe.Start), noDyno, noLine},
		"a line in a break":                 {broken(begun()).late(3*sec, 8*sec, "web.1", observe.Start), noDyno, noLine},
		"a line of a router":                {begun().late(60*sec, 9*sec, "", observe.API), noDyno, noLine},
		"a line from before it was written": {begun().late(-2*sec, 50*sec, "web.1", observe.Start), noDyno, "(the clocks of Heroku's answers and of its log differ)"},
		"a clock that is not believed":      {doubted(begun()).line(5*sec, "web.1", observe.Start), clocks, clocks},
		"clocks that contradict each other": {begun().look(60*sec, "web.1 v41 up").at(len(newPlay().seen)+3, at(0)).line(5*sec, "web.1", observe.Start), clocks, clocks},

		"up by the list at once":    {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(4*sec, "web.1 v42 starting").slowLook(5*sec, 5200*ms, "web.1 v42 up"), "0s to 300ms", "0s to 100ms"},
		"up by the list later":      {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up"), "4s to 5.1s", "0s to 100ms"},
		"the old record until then": {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v41 up").look(10*sec, "web.1 v42 up"), "4s to 5.1s", "0s to 100ms"},
		"up by the list before":     {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(3*sec, "web.1 v42 starting").look(4*sec, "web.1 v42 up"), "0s to 0s", "0s to 100ms"},
		"what comes after it":       {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up").look(60*sec, "web.1 v42 idle"), "4s to 5.1s", "0s to 100ms"},
		"never up by the list":      {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting"), noDyno, "0s to 100ms"},
		"never up by the log":       {begun().line(3*sec, "web.1", observe.Start).look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up"), noDyno, "0s to 100ms"},
		"another state comes later": {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").line(7*sec, "web.1", observe.State, "up", "down").look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up"), "4s to 5.1s", "0s to 100ms"},
		"a look that was overtaken": {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting").slowLook(6*sec, 9500*ms, "web.1 v42 up").look(10*sec, "web.1 v42 up"), "4s to 5.1s", "0s to 100ms"},
		"it was up before":          {newPlay().flows(0).look(sec, "web.1 v42 up").look(1900*ms, "web.1 v42 up").line(500*ms, "web.1", observe.Start).line(800*ms, "web.1", observe.State, "starting", "up"), noDyno, "0s to 100ms"},
		"it came up twice":          {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").line(6*sec, "web.1", observe.Start).line(7*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up"), noDyno, "0s to 100ms"},
		"it is old":                 {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up").last(func(p *rollout.Picture) { p.Dynos[0].Version = 41 }), noDyno, "0s to 100ms"},
		"the log has a gap":         {begun().line(3*sec, "web.1", observe.Start).line(5*sec, "web.1", observe.State, "starting", "up").look(9*sec, "web.1 v42 starting").look(10*sec, "web.1 v42 up").last(func(p *rollout.Picture) { p.LogSince, p.Gaps = at(sec), []rollout.Gap{{}} }), "(lines of the log were lost)", "0s to 100ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := c.play.figures()
			if list, log := bounds(f.List), bounds(f.Log); list != c.list || log != c.log {
				t.Errorf("the list is %s behind, the log %s; want %s and %s", list, log, c.list, c.log)
			}
		})
	}
}

// at changes the date of an observation.
func (p *play) at(i int, date time.Time) *play { p.seen[i].Date = date; return p }

func broken(p *play) *play {
	p.seen = append(p.seen, observe.Observation{At: 7 * sec, Log: &observe.LogStatus{State: observe.Broken}})
	return p
}

func doubted(p *play) *play {
	p.seen = append(p.seen, observe.Observation{At: 3 * sec, Date: at(time.Hour), Runner: at(3 * sec)})
	return p
}

func bounds(r measure.Range) string {
	if !r.Seen {
		return "(" + r.Why + ")"
	}
	return fmt.Sprintf("%s to %s", r.Least, r.Most)
}
