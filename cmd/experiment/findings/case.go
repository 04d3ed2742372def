// One run, read so that it can be judged: lines, lists and processes on one clock, the platform's.

package findings

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
)

// slack is how far two clocks of Heroku's may differ, with what is known of the platform's.
const slack = 2 * time.Second

// A view is a run, and what can be read from it.
type view struct {
	run   *evidence.Run
	start time.Time // the platform's time when the run began
	give  time.Duration

	lines    []line // of the platform, as they came
	lists    []list // of dynos
	releases []releases
	target   evidence.Release // the release that is measured: the first one of code 2; its version is 0 if there is none
	// finished is when Heroku called it so; zero if it did not.
	finished time.Time
}

// A line is one that tells of a process.
type line struct {
	observe.Line
	came time.Time
	text string
}

// A list is an answer with the dyno list. It was asked for and came at these times.
type list struct {
	asked, came time.Time
	request     *evidence.Request
	dynos       []dyno
}

type dyno struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	State   string `json:"state"`
	Release struct {
		Version int `json:"version"`
	} `json:"release"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// releases is an answer with the newest ones.
type releases struct {
	asked, came time.Time
	request     *evidence.Request
	releases    []release
}

type release struct {
	ID        string    `json:"id"`
	Version   int       `json:"version"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func newView(r *evidence.Run) *view {
	v := &view{run: r}
	v.start, v.give = r.Clock()
	for _, l := range r.Log {
		if parsed, ok := logtail.Parse([]byte(l.Text)); ok {
			v.lines = append(v.lines, line{parsed, v.time(l.At), l.Text})
		}
	}
	for i := range r.Requests {
		v.read(&r.Requests[i])
	}
	for _, x := range r.Releases {
		if x.Code == 2 {
			v.target = x
			break
		}
	}
	for _, list := range v.releases {
		for _, x := range list.releases {
			if x.Version == v.target.Version && x.Status == "succeeded" && v.finished.IsZero() {
				v.finished = x.UpdatedAt
			}
		}
	}
	return v
}

// time is the platform's time at a moment of the run.
func (v *view) time(at time.Duration) time.Time { return v.start.Add(at) }

// read reads an answer that is a list.
func (v *view) read(q *evidence.Request) {
	if q.Method != "GET" || q.Status/100 != 2 {
		return
	}
	asked, came := v.time(q.At), v.time(q.At+q.Took)
	switch _, what := pathOf(q); what {
	case "/dynos":
		l := list{asked: asked, came: came, request: q}
		if json.Unmarshal([]byte(q.Body), &l.dynos) == nil {
			v.lists = append(v.lists, l)
		}
	case "/releases":
		l := releases{asked: asked, came: came, request: q}
		if json.Unmarshal([]byte(q.Body), &l.releases) == nil {
			v.releases = append(v.releases, l)
		}
	}
}

// pathOf is the path of a request in two parts: the app, and what is asked of it.
func pathOf(q *evidence.Request) (app, what string) {
	rest, ok := strings.CutPrefix(q.Path, "/apps/")
	if !ok {
		return "", q.Path
	}
	app, what, _ = strings.Cut(rest, "/")
	return app, "/" + what
}

// since is how long after the release was finished a time is, for people.
func (v *view) since(t time.Time) string {
	d := t.Sub(v.finished).Round(100 * time.Millisecond)
	return fmt.Sprintf("%+.1fs", d.Seconds())
}

// typeOf is the process type of a label.
func typeOf(label string) string {
	typ, _, _ := strings.Cut(label, ".")
	return typ
}

// prebooted reports whether processes of a type are replaced by preboot.
func (v *view) prebooted(typ string) bool { return v.run.Preboot && typ == "web" }

// old are the processes of code before the measured release that still ran when it was finished; without preboot
// those that preboot does not keep.
func (v *view) old(preboot bool) (all []evidence.Process) {
	if v.finished.IsZero() {
		return nil
	}
	for _, p := range v.run.Processes {
		if p.Code < v.target.Code && p.Last.After(v.finished) && v.prebooted(typeOf(p.Dyno)) == preboot {
			all = append(all, p)
		}
	}
	return all
}

// whole reports whether the log was read from one time to another, without a gap, also with lines that come late.
func (v *view) whole(from, to time.Time) bool {
	if to.Add(evidence.Late).After(v.run.Read) {
		return false
	}
	for _, g := range v.run.Gaps {
		if (g.From.IsZero() || g.From.Before(to)) && (g.To.IsZero() || g.To.After(from)) {
			return false
		}
	}
	return true
}

// of are the lines of one kind under a label.
func (v *view) of(label string, kind observe.LineKind) (all []line) {
	for _, l := range v.lines {
		if l.Label == label && l.Kind == kind {
			all = append(all, l)
		}
	}
	return all
}

// sign is what a process last said, as the log has it.
func (v *view) sign(p evidence.Process) string {
	for i := len(v.run.Log) - 1; i >= 0; i-- {
		if s, ok := evidence.ReadSign(v.run.Log[i].Text); ok && s.Process == p.ID && s.At.Equal(p.Last) {
			return v.run.Log[i].Text
		}
	}
	return fmt.Sprintf("process %s of %s, code %d, told of itself until %s", p.ID, p.Dyno, p.Code, p.Last.UTC().Format(time.RFC3339Nano))
}

// acted is when a step was done whose words begin so, and the step; false if none was.
func (v *view) acted(words string) (evidence.Step, time.Time, bool) {
	for _, s := range v.run.Steps {
		if strings.HasPrefix(s.What, words) && v.time(s.At).After(v.target.Created) {
			return s, v.time(s.Done), true
		}
	}
	return evidence.Step{}, time.Time{}, false
}

// show is an answer as a line: what was asked when, and what of it matters.
func (v *view) show(q *evidence.Request, what string) string {
	_, path := pathOf(q)
	if path == "/" {
		path = q.Path
	}
	if what != "" {
		what = ": " + what
	}
	return fmt.Sprintf("%s %s %s %d%s", v.time(q.At).UTC().Format("15:04:05.0"), q.Method, path, q.Status, what)
}

// show are the records of a list as a line shows them.
func (l *list) show(v *view, of func(dyno) bool) string {
	var all []string
	for _, d := range l.dynos {
		if of(d) {
			all = append(all, fmt.Sprintf("%s v%d %s", d.Name, d.Release.Version, d.State))
		}
	}
	return v.show(l.request, strings.Join(all, ", "))
}
