// The figures of a run. Above all: no figure is given that the observations do not show.

package measure_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

const sec, ms = time.Second, time.Millisecond

// finished is when the release was finished and the gate began, by the platform's clock.
var finished = time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return finished.Add(d) }

// A play is a run of one web dyno that ended with proof. Each test changes it.
type play struct {
	seen []observe.Observation
	end  rollout.Picture
}

func newPlay() *play {
	return &play{end: rollout.Picture{
		App: observe.App{Name: "shop"}, Preboot: true, Target: &observe.Release{Version: 42}, Times: rollout.Times{ReleaseFinished: at(0)},
		Log: observe.Flowing, LogSince: at(-time.Hour),
		Types: []rollout.TypePicture{{Type: "web", Basis: rollout.Proven, Limit: at(342 * sec)}},
		Dynos: []rollout.DynoPicture{{Label: "web.1", Type: "web", Version: 42, State: "up", Basis: rollout.Proven}},
	}}
}

// line adds a line that comes as soon as it is written; late one that comes later.
func (p *play) line(d time.Duration, label string, kind observe.LineKind, states ...string) *play {
	return p.late(0, d, label, kind, states...)
}

func (p *play) late(by, d time.Duration, label string, kind observe.LineKind, states ...string) *play {
	l := &observe.Line{Stamp: at(d), Label: label, Kind: kind}
	if len(states) == 2 {
		l.From, l.To = states[0], states[1]
	}
	p.seen = append(p.seen, observe.Observation{At: d + by, Line: l})
	return p
}

// look adds a look whose answer comes at once. A dyno is written as "web.1 v42 up".
func (p *play) look(d time.Duration, dynos ...string) *play { return p.slowLook(d, d, dynos...) }

func (p *play) slowLook(asked, came time.Duration, dynos ...string) *play {
	l := &observe.Look{AskedAt: asked}
	for _, text := range dynos {
		var label, state string
		var version int
		if _, err := fmt.Sscanf(text, "%s v%d %s", &label, &version, &state); err != nil {
			panic(err)
		}
		typ, _, _ := strings.Cut(label, ".")
		l.Dynos = append(l.Dynos, observe.Dyno{ID: fmt.Sprint(label, version), Name: label, Type: typ, Version: version, State: state, CreatedAt: at(0)})
	}
	p.seen = append(p.seen, observe.Observation{At: came, Date: at(came).Truncate(sec), Look: l})
	return p
}

func (p *play) flows(d time.Duration) *play {
	p.seen = append(p.seen, observe.Observation{At: d, Log: &observe.LogStatus{State: observe.Flowing, Since: at(-time.Hour)}})
	return p
}

// turns adds the lines of a label that gets a new process at once, and whose old one gets its SIGTERM at kill
// and exits at exit.
func (p *play) turns(label string, kill, exit time.Duration) *play {
	p.line(500*ms, label, observe.State, "up", "starting").line(sec, label, observe.Start).line(4*sec, label, observe.State, "starting", "up")
	return p.line(kill, label, observe.Sigterm).line(exit, label, observe.Exit)
}

// dyno adds a dyno to the picture of the end.
func (p *play) dyno(label string, version int, state string, basis rollout.Basis) *play {
	typ := label[:strings.IndexAny(label, ".-")]
	p.end.Dynos = append(p.end.Dynos, rollout.DynoPicture{Label: label, Type: typ, Version: version, State: state, Basis: basis})
	return p
}

// last changes the picture of the end.
func (p *play) last(change func(*rollout.Picture)) *play { change(&p.end); return p }

func (p *play) figures() measure.Figures {
	var m measure.Measure
	for _, o := range p.seen {
		m.See(o)
	}
	return m.Figures(p.end)
}

// said writes the figures of a type in one line.
func said(t measure.Type) string {
	one := func(f measure.Figure) string {
		if f.Seen {
			return f.Span.String()
		}
		return "(" + f.Why + ")"
	}
	if t.FirstKill == t.LastEnd && !t.FirstKill.Seen {
		return fmt.Sprintf("%d of %d: %s; stop %s of %d", t.Told, t.Dynos, one(t.LastEnd), one(t.Stop), t.Stops)
	}
	return fmt.Sprintf("%d of %d: kills %s to %s, apart %s, last exit %s, spare %s; stop %s of %d, at most %s",
		t.Told, t.Dynos, one(t.FirstKill), one(t.LastKill), one(t.Apart), one(t.LastEnd), one(t.Spare), one(t.Stop), t.Stops, one(t.LongestStop))
}

func TestKillsAndEnds(t *testing.T) {
	t.Parallel()
	one := func() *play { return newPlay().flows(0).look(0, "web.1 v41 up") }
	const good = "1 of 1: kills 3m10s to 3m10s, apart (there is one dyno), last exit 3m11s, spare 2m31s; stop 1s of 1, at most 1s"
	const restarted = "0 of 1: (of 1 of 1 old dynos: it is not known which process an exit belongs to); stop (it is not known which process an exit belongs to) of 0"
	const noEnd = "0 of 1: (of 1 of 1 old dynos: the log does not show every end); stop (the log does not show every end) of 0"
	nothing := func(why string) string { return "0 of 0: (" + why + "); stop (" + why + ") of 0" }
	for name, c := range map[string]struct {
		play *play
		want string
	}{
		"one dyno":               {one().turns("web.1", 190*sec, 191*sec), good},
		"every line comes twice": {one().turns("web.1", 190*sec, 191*sec).turns("web.1", 190*sec, 191*sec), good},
		"lines come in any order": {one().line(191*sec, "web.1", observe.Exit).line(190*sec, "web.1", observe.Sigterm).line(sec, "web.1", observe.Start).
			line(500*ms, "web.1", observe.State, "up", "starting"), good},
		"the lines alone tell that there was an old one": {newPlay().flows(0).turns("web.1", 190*sec, 191*sec), good},
		"a SIGTERM line that is doubled":                 {one().turns("web.1", 190*sec, 191*sec).line(190500*ms, "web.1", observe.Sigterm), good},
		"two dynos": {one().look(0, "web.1 v41 up", "web.2 v41 up").dyno("web.2", 42, "up", rollout.Proven).turns("web.1", 190*sec, 191*sec).turns("web.2", 200*sec, 230*sec),
			"2 of 2: kills 3m10s to 3m20s, apart 10s, last exit 3m50s, spare 1m52s; stop 15.5s of 2, at most 30s"},
		"two old generations": {one().turns("web.1", 190*sec, 191*sec).line(200*sec, "web.1", observe.Sigterm).line(203*sec, "web.1", observe.Exit),
			"1 of 1: kills 3m10s to 3m20s, apart (there is one dyno), last exit 3m23s, spare 2m19s; stop 2s of 2, at most 3s"},
		"two that are stopped together": {one().turns("web.1", 190*sec, 195*sec).line(191*sec, "web.1", observe.Sigterm).line(192*sec, "web.1", observe.Exit),
			"1 of 1: kills 3m10s to 3m11s, apart (there is one dyno), last exit 3m15s, spare 2m27s; stop (no exit can be matched with a SIGTERM) of 0, at most (no exit can be matched with a SIGTERM)"},
		"an exit before its SIGTERM": {one().turns("web.1", 190*sec, 189*sec),
			"1 of 1: kills 3m10s to 3m10s, apart (there is one dyno), last exit 3m9s, spare 2m33s; stop (no exit can be matched with a SIGTERM) of 0, at most (no exit can be matched with a SIGTERM)"},
		"the hold was too short": {one().turns("web.1", 340*sec, 370*sec),
			"1 of 1: kills 5m40s to 5m40s, apart (there is one dyno), last exit 6m10s, spare -28s; stop 30s of 1, at most 30s"},
		"the SIGTERM is lost": {one().line(sec, "web.1", observe.Start).line(191*sec, "web.1", observe.Exit),
			"1 of 1: kills (the log does not show a SIGTERM for every end) to (the log does not show a SIGTERM for every end), apart (the log does not show a SIGTERM for every end), last exit 3m11s, spare 2m31s; stop (no exit can be matched with a SIGTERM) of 0, at most (no exit can be matched with a SIGTERM)"},
		"it was stopped before":       {one().line(-sec, "web.1", observe.Sigterm).line(sec, "web.1", observe.Start).line(29*sec, "web.1", observe.Exit), "1 of 1: kills (the log does not show a SIGTERM for every end) to (the log does not show a SIGTERM for every end), apart (the log does not show a SIGTERM for every end), last exit 29s, spare 5m13s; stop (no exit can be matched with a SIGTERM) of 0, at most (no exit can be matched with a SIGTERM)"},
		"the exit is lost":            {one().line(sec, "web.1", observe.Start).line(190*sec, "web.1", observe.Sigterm), noEnd},
		"exit and SIGTERM are lost":   {one().line(sec, "web.1", observe.Start), noEnd},
		"one of two exits is lost":    {one().turns("web.1", 190*sec, 191*sec).line(200*sec, "web.1", observe.Sigterm), noEnd},
		"a restart":                   {one().turns("web.1", 190*sec, 191*sec).line(100*sec, "web.1", observe.Start), restarted},
		"the start is lost":           {one().line(190*sec, "web.1", observe.Sigterm).line(191*sec, "web.1", observe.Exit), restarted},
		"the new one is not up":       {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Dynos[0].State = "crashed" }), restarted},
		"the listed one is not new":   {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Dynos[0].Version = 41 }), restarted},
		"the start is not the record": {one().line(-sec/2, "web.1", observe.Start).turns("web.1", 190*sec, 191*sec), good}, // it is from before
		"the record is a later one":   {later(one().turns("web.1", 190*sec, 191*sec)), restarted},
		"the end is only presumed": {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Dynos[0].Basis = rollout.Presumed }),
			"0 of 1: (of 1 of 1 old dynos: not every end is proven); stop (not every end is proven) of 0"},
		"an old one is listed": {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Dynos[0].Old, p.Dynos[0].Basis = true, "" }),
			"0 of 1: (of 1 of 1 old dynos: an old process is still listed); stop (an old process is still listed) of 0"},
		"one of two is only presumed": {one().look(0, "web.2 v41 up").dyno("web.2", 42, "up", rollout.Presumed).turns("web.1", 190*sec, 191*sec).turns("web.2", 200*sec, 230*sec),
			"1 of 2: (of 1 of 2 old dynos: not every end is proven); stop 1s of 1"},
		"a dyno that crashed before": {one().look(0, "web.2 v41 crashed").dyno("web.2", 42, "up", rollout.Proven).turns("web.1", 190*sec, 191*sec).line(sec, "web.2", observe.Start), good},
		"a dyno that was made by scaling": {one().dyno("web.2", 42, "up", rollout.Proven).turns("web.1", 190*sec, 191*sec).
			line(sec, "web.2", observe.Start), good},
		"a dyno that was scaled away": {one().look(0, "web.2 v41 up").dyno("web.2", 0, "", rollout.Proven).turns("web.1", 190*sec, 191*sec).
			line(5*sec, "web.2", observe.Sigterm).line(6*sec, "web.2", observe.Exit), good},
		"a dyno of another type": {one().dyno("worker.1", 42, "up", rollout.Proven).turns("web.1", 190*sec, 191*sec).turns("worker.1", sec, 2*sec), good},
		"too many lines":         {crowded(one()), "0 of 1: (of 1 of 1 old dynos: there were too many lines of the dyno since); stop (there were too many lines of the dyno since) of 0"},
		"nothing old is known, and some may be hidden": {newPlay().flows(0).line(sec, "web.1", observe.Start).last(func(p *rollout.Picture) { p.Types[0].Basis = rollout.Presumed }),
			nothing("no old process is known, and one may have been hidden")},
		"nothing old was there": {newPlay().flows(0).line(sec, "web.1", observe.Start), nothing("no old process is known that had to end")},

		"no log":              {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Log = "" }), nothing("the log was not read")},
		"the log is refused":  {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Log = observe.Refused }), nothing("Heroku refused the log")},
		"the log is broken":   {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Log = observe.Broken }), nothing("the log was interrupted")},
		"it has no beginning": {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.LogSince = time.Time{} }), nothing("the log was interrupted")},
		"the log begins late": {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.LogSince = at(12 * sec) }), nothing("the log begins 12s after the release was finished")},
		"the log has a gap": {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.LogSince, p.Gaps = at(12*sec), []rollout.Gap{{}} }),
			nothing("lines of the log were lost")},
		"a gap of before":       {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.LogSince, p.Gaps = at(0), []rollout.Gap{{}} }), good},
		"it was never finished": {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Times.ReleaseFinished = time.Time{} }), nothing("the release was not finished")},
		"no hold":               {one().turns("web.1", 190*sec, 191*sec).last(func(p *rollout.Picture) { p.Types[0].Limit = time.Time{} }), strings.Replace(good, "2m31s", "(no old process of this type could be hidden)", 1)},
		"nothing but the end tells that there was an old one":    {newPlay().flows(0).line(sec, "web.1", observe.Start).line(190*sec, "web.1", observe.Sigterm).line(191*sec, "web.1", observe.Exit), restarted},
		"the new one crashed, and its first start is lost":       {one().turns("web.1", 190*sec, 191*sec).line(3*sec, "web.1", observe.State, "starting", "crashed"), restarted},
		"the new one came up twice, and its first start is lost": {one().turns("web.1", 190*sec, 191*sec).line(3*sec, "web.1", observe.State, "starting", "up"), restarted},
		"nothing is known, and the end is presumed": {newPlay().flows(0).line(sec, "web.1", observe.Start).last(func(p *rollout.Picture) { p.Dynos[0].Basis = rollout.Presumed }),
			"0 of 1: (of 1 of 1 old dynos: not every end is proven); stop (not every end is proven) of 0"},
		"up by the log, and crashed by the list": {newPlay().flows(0).look(0, "web.1 v41 crashed").line(500*ms, "web.1", observe.State, "up", "starting").line(sec, "web.1", observe.Start), noEnd},
		"crashed by the log, and up by the list": {one().line(500*ms, "web.1", observe.State, "crashed", "starting").line(sec, "web.1", observe.Start), nothing("no old process is known that had to end")},
		"it was still starting":                  {newPlay().flows(0).look(0, "web.1 v41 starting").line(sec, "web.1", observe.Start), noEnd},
		"only a new one was listed":              {newPlay().flows(0).look(2*sec, "web.1 v42 up").line(sec, "web.1", observe.Start), nothing("no old process is known that had to end")},
		"one SIGTERM for two exits": {one().turns("web.1", 190*sec, 191*sec).line(200*sec, "web.1", observe.Exit),
			"1 of 1: kills (the log does not show a SIGTERM for every end) to (the log does not show a SIGTERM for every end), apart (the log does not show a SIGTERM for every end), last exit 3m20s, spare 2m22s; stop (no exit can be matched with a SIGTERM) of 0, at most (no exit can be matched with a SIGTERM)"},
		"the SIGTERM of one of two is lost": {one().look(0, "web.1 v41 up", "web.2 v41 up").dyno("web.2", 42, "up", rollout.Proven).line(sec, "web.1", observe.Start).line(191*sec, "web.1", observe.Exit).turns("web.2", 200*sec, 230*sec),
			"2 of 2: kills (the log does not show a SIGTERM for every end) to (the log does not show a SIGTERM for every end), apart (the log does not show a SIGTERM for every end), last exit 3m50s, spare 1m52s; stop 30s of 1, at most 30s"},
		"the first one is stopped last": {one().look(0, "web.1 v41 up", "web.2 v41 up").dyno("web.2", 42, "up", rollout.Proven).turns("web.1", 200*sec, 230*sec).turns("web.2", 190*sec, 191*sec),
			"2 of 2: kills 3m10s to 3m20s, apart 10s, last exit 3m50s, spare 1m52s; stop 15.5s of 2, at most 30s"},
		"two things at the same moment": {one().line(sec, "web.1", observe.Sigterm).line(sec, "web.1", observe.Start).line(sec, "web.1", observe.Exit),
			"1 of 1: kills 1s to 1s, apart (there is one dyno), last exit 1s, spare 5m41s; stop 0s of 1, at most 0s"},
		"a pod that is gone":      {fir().line(5*sec, "web-a", observe.Sigterm).line(6*sec, "web-a", observe.Exit), "1 of 1: kills 5s to 5s, apart (there is one dyno), last exit 6s, spare 5m36s; stop 1s of 1, at most 1s"},
		"a pod started once more": {fir().line(2*sec, "web-a", observe.Start).line(5*sec, "web-a", observe.Sigterm).line(6*sec, "web-a", observe.Exit), restarted},
		"a new pod that crashes": {fir().line(5*sec, "web-a", observe.Sigterm).line(6*sec, "web-a", observe.Exit).
			line(2*sec, "web-b", observe.Start).line(3*sec, "web-b", observe.Exit), "1 of 1: kills 5s to 5s, apart (there is one dyno), last exit 6s, spare 5m36s; stop 1s of 1, at most 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := c.play.figures()
			if got := said(f.Types[0]); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if f.Finished.IsZero() && f.Types[0].Hold.Seen {
				t.Errorf("the release was not finished, and there is a hold: %+v", f.Types[0].Hold)
			}
		})
	}
}

func TestPrebootOnlyForWebAndNoReleaseWithoutATarget(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		p := newPlay().last(func(p *rollout.Picture) {
			p.Preboot = on
			p.Types = append(p.Types, rollout.TypePicture{Type: "worker"})
		})
		if f := p.figures(); f.Types[0].Preboot != on || f.Types[1].Preboot || f.Release != 42 || f.App != "shop" {
			t.Errorf("preboot is %v, and the figures are %+v", on, f)
		}
	}
	if f := newPlay().last(func(p *rollout.Picture) { p.Target = nil }).figures(); f.Release != 0 {
		t.Errorf("without a target the release is %d", f.Release)
	}
}

// later lists a record that was made a minute after the start in the log.
func later(p *play) *play {
	p.look(70*sec, "web.1 v42 up")
	p.seen[len(p.seen)-1].Look.Dynos[0].CreatedAt = at(60 * sec)
	return p
}

// crowded has so many lines that some are dropped.
func crowded(p *play) *play {
	p.turns("web.1", 190*sec, 191*sec)
	for i := range 80 {
		p.line(200*sec+time.Duration(i)*sec, "web.1", observe.State, "up", "crashed")
	}
	return p
}

// fir is a run of two pods on Fir. The first one is old and has left the list.
func fir() *play {
	p := newPlay().flows(0).look(0, "web-a v41 up").dyno("web-b", 42, "up", rollout.Proven)
	return p.last(func(p *rollout.Picture) {
		p.App.Generation = "fir"
		p.Dynos[0] = rollout.DynoPicture{Label: "web-a", Type: "web", Basis: rollout.Proven}
	})
}

// What is remembered is bounded, however long the run is and however many labels it has.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	var m measure.Measure
	for i := range 30_000 {
		m.See(observe.Observation{Line: &observe.Line{Label: fmt.Sprint("web.", i), Kind: observe.Start, Stamp: at(0)}})
	}
	for i := range 1000 {
		m.See(observe.Observation{Line: &observe.Line{Label: "web.1", Kind: observe.Start, Stamp: at(time.Duration(i) * sec)}})
		m.See(observe.Observation{Look: &observe.Look{Dynos: []observe.Dyno{{Name: "web.1", Version: i, State: "up"}, {Name: "late", Version: i}}}})
	}
	m.See(observe.Observation{Look: &observe.Look{Dynos: []observe.Dyno{{Name: "web.1", Version: 3, State: "crashed"}, {Name: "web.1", Version: 999, State: "crashed"}}}})
	if got := measure.States(&m, "web.1"); got[3] != "crashed" || got[999] != "" {
		t.Errorf("the states that are remembered are %v", got)
	}
	labels, lines, versions := measure.Remembered(&m, "web.1")
	if labels != 20_000 || lines != 64 || versions != 16 {
		t.Errorf("%d labels are remembered, with %d lines and %d versions", labels, lines, versions)
	}
}
