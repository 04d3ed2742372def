// The figures of a whole run.

package measure

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Figures are what a run has shown of Heroku. In the zero value, nothing was seen.
type Figures struct {
	App     string `json:"app"`
	Release int    `json:"release"`
	// Finished is when Heroku called the release finished. The times of the types count from then.
	Finished time.Time `json:"finished,omitzero"`
	Types    []Type    `json:"types"`
	// List and Log are the longest delays of the dyno list and of the log that were seen.
	List Range `json:"list"`
	Log  Range `json:"log"`
}

// A Type is the figures of one process type.
type Type struct {
	Name    string `json:"name"`
	Preboot bool   `json:"preboot,omitempty"`
	// Dynos is how many labels had an old process that had to end. Told is how many of these labels have
	// their ends known.
	Dynos int `json:"dynos"`
	Told  int `json:"told"`
	// FirstKill and LastKill are the first and the last SIGTERM of an old process.
	FirstKill Figure `json:"firstKill"`
	LastKill  Figure `json:"lastKill"`
	// Apart is the average time between two kills: from the first to the last, divided by the number of dynos
	// less one.
	Apart Figure `json:"apart"`
	// Stop is the time from SIGTERM to exit: the median. LongestStop is the longest, Stops how many were seen.
	Stop        Figure `json:"stop"`
	LongestStop Figure `json:"longestStop"`
	Stops       int    `json:"stops"`
	// LastEnd is the last exit of an old process.
	LastEnd Figure `json:"lastEnd"`
	// Hold is when the hold ended, or would have ended without proof. Spare is from the last exit to the end
	// of the hold; negative if the hold was too short.
	Hold  Figure `json:"hold"`
	Spare Figure `json:"spare"`
}

// Figures returns the figures of the run. p is the picture at its end.
func (m *Measure) Figures(p rollout.Picture) Figures {
	f := Figures{App: p.App.Name, Finished: p.Times.ReleaseFinished}
	if p.Target != nil {
		f.Release = p.Target.Version
	}
	r := run{target: f.Release, finished: f.Finished, fir: p.App.Generation == "fir"}
	incomplete := whyLogIncomplete(p)
	for _, t := range p.Types {
		f.Types = append(f.Types, m.figuresOfType(r, p, t, incomplete))
	}
	f.Log = m.logDelay()
	f.List = m.listDelay(r, p, incomplete)
	return f
}

// whyLogIncomplete says why the log does not show everything since the release was finished; empty if it does.
func whyLogIncomplete(p rollout.Picture) string {
	finished, whole := p.Times.ReleaseFinished, p.LogSince
	switch {
	case finished.IsZero():
		return "the release was not finished"
	case p.Log == "":
		return "the log was not read"
	case p.Log == observe.Refused:
		return "Heroku refused the log"
	case p.Log != observe.Flowing || whole.IsZero():
		return "the log was interrupted"
	case whole.After(finished) && len(p.Gaps) > 0:
		return "lines of the log were lost"
	case whole.After(finished):
		return fmt.Sprintf("the log begins %s after the release was finished", observe.Span(whole.Sub(finished)))
	}
	return ""
}

// figuresOfType returns the figures of one process type. incomplete is why the log is, or empty.
func (m *Measure) figuresOfType(r run, p rollout.Picture, t rollout.TypePicture, incomplete string) Type {
	f := Type{Name: t.Type, Preboot: t.Type == "web" && p.Preboot}
	f.Hold = notApplicable("no old process of this type could be hidden")
	if !t.Limit.IsZero() && !r.finished.IsZero() {
		f.Hold = seen(t.Limit.Sub(r.finished))
	}
	if incomplete != "" {
		f.setFromLog(notSeen("%s", incomplete))
		return f
	}
	var all tally
	for _, d := range p.Dynos {
		if l := m.labels[d.Label]; d.Type == t.Type && l != nil {
			all.add(l.ends(r, d))
		}
	}
	all.fill(&f, r, t.Basis)
	return f
}

// setFromLog sets all figures that come from the log.
func (t *Type) setFromLog(f Figure) {
	t.FirstKill, t.LastKill, t.Apart, t.Stop, t.LongestStop, t.LastEnd, t.Spare = f, f, f, f, f, f, f
}

// A tally adds up the ends of the labels of a process type.
type tally struct {
	dynos, known                  int    // as Dynos and Told of Type
	why                           string // why the ends of one label are not known
	lostKill                      bool   // there is an exit without a SIGTERM
	firstKill, lastKill, lastExit time.Time
	stops                         []Figure
}

func (a *tally) add(e ends) {
	if !e.any {
		return
	}
	a.dynos++
	if e.why != "" {
		a.why = e.why
		return
	}
	a.known++
	a.lostKill = a.lostKill || len(e.kills) < len(e.exits)
	for _, at := range e.kills {
		if a.firstKill.IsZero() || at.Before(a.firstKill) {
			a.firstKill = at
		}
		if at.After(a.lastKill) {
			a.lastKill = at
		}
	}
	for _, at := range e.exits {
		if at.After(a.lastExit) {
			a.lastExit = at
		}
	}
	for _, d := range e.stops {
		a.stops = append(a.stops, seen(d))
	}
}

// fill sets the figures of the process type. basis is how it is known that no old process is left.
func (a *tally) fill(t *Type, r run, basis rollout.Basis) {
	t.Dynos, t.Told = a.dynos, a.known
	switch {
	case a.dynos > 0:
	case basis == rollout.Proven:
		t.setFromLog(notApplicable("no old process is known that had to end"))
		return
	default:
		t.setFromLog(notSeen("no old process is known, and one may have been hidden"))
		return
	}
	t.Stop, t.Stops = Median(a.stops)
	t.LongestStop = t.Stop
	for _, s := range a.stops {
		t.LongestStop.Span = max(t.LongestStop.Span, s.Span)
	}
	if t.Stops == 0 {
		why := "no exit can be matched with a SIGTERM"
		if a.known == 0 {
			why = a.why
		}
		t.Stop, t.LongestStop = notSeen("%s", why), notSeen("%s", why)
	}
	if a.known < a.dynos {
		why := notSeen("of %d of %d old dynos: %s", a.dynos-a.known, a.dynos, a.why)
		t.FirstKill, t.LastKill, t.Apart, t.LastEnd, t.Spare = why, why, why, why, why
		return
	}
	t.LastEnd = seen(a.lastExit.Sub(r.finished))
	t.Spare = t.Hold
	if t.Hold.Seen {
		t.Spare = seen(t.Hold.Span - t.LastEnd.Span)
	}
	if a.lostKill {
		why := notSeen("the log does not show a SIGTERM for every end")
		t.FirstKill, t.LastKill, t.Apart = why, why, why
		return
	}
	t.FirstKill, t.LastKill = seen(a.firstKill.Sub(r.finished)), seen(a.lastKill.Sub(r.finished))
	t.Apart = notApplicable("there is one dyno")
	if a.dynos > 1 {
		t.Apart = seen(a.lastKill.Sub(a.firstKill) / time.Duration(a.dynos-1))
	}
}

// started returns the earliest and the latest time, on the platform's clock, at which the run can have begun;
// or why that is not known.
func (m *Measure) started() (from, to time.Time, why string) {
	from, to, known := m.clock.Starts()
	if !known || m.doubted {
		return from, to, "the clock of Heroku's answers cannot be relied on"
	}
	return from, to, ""
}

// logDelay is the longest delay of a line, from when it was written to when it came. Only lines count that were
// written while the log was read.
func (m *Measure) logDelay() Range {
	from, to, why := m.started()
	switch {
	case m.liveLines == 0:
		return Range{Why: "no line of a process came while the log was read"}
	case why != "":
		return Range{Why: why}
	case m.soonest.After(to):
		return Range{Why: "the clocks of Heroku's answers and of its log differ"}
	}
	var r Range
	r.widen(from.Sub(m.latest), to.Sub(m.latest))
	// This bound needs no clock: the slowest line took at least this much longer than the fastest.
	r.Least = max(r.Least, m.soonest.Sub(m.latest))
	return r
}

// listDelay is the longest time for which the log showed a new dyno as up and the list did not yet.
func (m *Measure) listDelay(r run, p rollout.Picture, incomplete string) Range {
	from, to, why := m.started()
	if incomplete != "" {
		why = incomplete
	}
	if why != "" {
		return Range{Why: why}
	}
	delay := Range{Why: "no new dyno came up between two looks at the list"}
	for _, d := range p.Dynos {
		l := m.labels[d.Label]
		if l == nil || l.notUpAt < 0 || l.upAt < 0 || d.Version < r.target {
			continue
		}
		if up, once := l.cameUp(r.finished); once {
			delay.widen(from.Add(l.notUpAt).Sub(up), to.Add(l.upAt).Sub(up))
		}
	}
	return delay
}
