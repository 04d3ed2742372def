// The figures of a whole run.

package measure

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// Figures are what a run has shown of Heroku. Its zero value tells that nothing was seen.
type Figures struct {
	App     string `json:"app"`
	Release int    `json:"release"`
	// Finished is when Heroku called the release finished. Times of the types count from then.
	Finished time.Time `json:"finished,omitzero"`
	Types    []Type    `json:"types"`
	// List and Log are the longest that the dyno list and the lines of the log were seen to be behind.
	List Range `json:"list"`
	Log  Range `json:"log"`
}

// A Type are the figures of one process type.
type Type struct {
	Name    string `json:"name"`
	Preboot bool   `json:"preboot,omitempty"`
	// Dynos are the labels under which an old process had to end; Told are those of which each end was seen.
	Dynos int `json:"dynos"`
	Told  int `json:"told"`
	// FirstKill and LastKill are the first and the last SIGTERM of an old process.
	FirstKill Figure `json:"firstKill"`
	LastKill  Figure `json:"lastKill"`
	// Apart is how far the kills are apart: from the first to the last, shared out among the dynos.
	Apart Figure `json:"apart"`
	// Stop is from SIGTERM to exit, the middle of Stops, and LongestStop the longest.
	Stop        Figure `json:"stop"`
	LongestStop Figure `json:"longestStop"`
	Stops       int    `json:"stops"`
	// LastEnd is the last exit of an old process.
	LastEnd Figure `json:"lastEnd"`
	// Hold is when the hold was over, or would have been if nothing had been proven. Spare is how much
	// later than the last exit that is; below 0 if the hold was too short.
	Hold  Figure `json:"hold"`
	Spare Figure `json:"spare"`
}

// Figures are those of a run that ended so.
func (m *Measure) Figures(p rollout.Picture) Figures {
	f := Figures{App: p.App.Name, Finished: p.Times.ReleaseFinished}
	if p.Target != nil {
		f.Release = p.Target.Version
	}
	r := run{target: f.Release, finished: f.Finished, fir: p.App.Generation == "fir"}
	unread := unreadable(p)
	for _, t := range p.Types {
		f.Types = append(f.Types, m.typeOf(r, p, t, unread))
	}
	f.Log = m.logDelay()
	f.List = m.listDelay(r, p, unread)
	return f
}

// unreadable says why the log does not tell of all that has happened since the release was finished;
// empty if it does.
func unreadable(p rollout.Picture) string {
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

// typeOf are the figures of one process type.
func (m *Measure) typeOf(r run, p rollout.Picture, t rollout.TypePicture, unread string) Type {
	f := Type{Name: t.Type, Preboot: t.Type == "web" && p.Preboot}
	f.Hold = moot("no old process of it could hide")
	if !t.Limit.IsZero() && !r.finished.IsZero() {
		f.Hold = saw(t.Limit.Sub(r.finished))
	}
	if unread != "" {
		f.notSeen(unseen("%s", unread))
		return f
	}
	var all tally
	for _, d := range p.Dynos {
		if l := m.labels[d.Label]; d.Type == t.Type && l != nil {
			all.add(l.ends(r, d))
		}
	}
	all.tell(&f, r)
	return f
}

// notSeen says why nothing that the log tells is.
func (t *Type) notSeen(why Figure) {
	t.FirstKill, t.LastKill, t.Apart, t.Stop, t.LongestStop, t.LastEnd, t.Spare = why, why, why, why, why, why, why
}

// A tally adds up the ends of the labels of a process type.
type tally struct {
	dynos, told                   int
	why                           string // why one of them is not told
	lostKill                      bool   // there is an exit without its SIGTERM
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
	a.told++
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
		a.stops = append(a.stops, saw(d))
	}
}

// tell writes the figures of a tally.
func (a *tally) tell(t *Type, r run) {
	t.Dynos, t.Told = a.dynos, a.told
	t.notSeen(moot("no old process was there to end"))
	if a.dynos == 0 {
		return
	}
	t.Stop, t.Stops = Median(a.stops)
	t.LongestStop = t.Stop
	for _, s := range a.stops {
		t.LongestStop.Span = max(t.LongestStop.Span, s.Span)
	}
	if t.Stops == 0 {
		why := "no exit can be told to belong to one SIGTERM"
		if a.told == 0 {
			why = a.why
		}
		t.Stop, t.LongestStop = unseen("%s", why), unseen("%s", why)
	}
	if a.told < a.dynos {
		why := unseen("of %d of %d old dynos: %s", a.dynos-a.told, a.dynos, a.why)
		t.FirstKill, t.LastKill, t.Apart, t.LastEnd, t.Spare = why, why, why, why, why
		return
	}
	t.LastEnd = saw(a.lastExit.Sub(r.finished))
	t.Spare = t.Hold
	if t.Hold.Seen {
		t.Spare = saw(t.Hold.Span - t.LastEnd.Span)
	}
	if a.lostKill {
		why := unseen("the log does not show a SIGTERM for every end")
		t.FirstKill, t.LastKill, t.Apart = why, why, why
		return
	}
	t.FirstKill, t.LastKill = saw(a.firstKill.Sub(r.finished)), saw(a.lastKill.Sub(r.finished))
	t.Apart = moot("there is one dyno")
	if a.dynos > 1 {
		t.Apart = saw(a.lastKill.Sub(a.firstKill) / time.Duration(a.dynos-1))
	}
}

// started is between which times of the platform the run began.
func (m *Measure) started() (from, to time.Time, why string) {
	from, to, known := m.clock.Starts()
	if !known || m.doubted {
		return from, to, "the clock of Heroku's answers cannot be relied on"
	}
	return from, to, ""
}

// logDelay is the longest that a line was on its way from the platform, of those that were written while
// the log was read.
func (m *Measure) logDelay() Range {
	from, to, why := m.started()
	switch {
	case m.live == 0:
		return Range{Why: "no line of a process came while the log was read"}
	case why != "":
		return Range{Why: why}
	case m.soonest.After(to):
		return Range{Why: "the clocks of Heroku's answers and of its log differ"}
	}
	var r Range
	r.widen(from.Sub(m.latest), to.Sub(m.latest))
	// Whatever the clocks say: the latest line took so much longer than the soonest.
	r.Least = max(r.Least, m.soonest.Sub(m.latest))
	return r
}

// listDelay is the longest that a new dyno was up by the log and not yet by the list.
func (m *Measure) listDelay(r run, p rollout.Picture, unread string) Range {
	from, to, why := m.started()
	if unread != "" {
		why = unread
	}
	if why != "" {
		return Range{Why: why}
	}
	delay := Range{Why: "no new dyno came up between two looks at the list"}
	for _, d := range p.Dynos {
		l := m.labels[d.Label]
		if l == nil || l.notUp < 0 || l.upAt < 0 || d.Version < r.target {
			continue
		}
		if up, once := l.cameUp(r.finished); once {
			delay.widen(from.Add(l.notUp).Sub(up), to.Add(l.upAt).Sub(up))
		}
	}
	return delay
}
