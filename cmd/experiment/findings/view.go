// One run, read so that it can be judged: lines, lists and processes by one clock, that of Heroku.

package findings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
)

// slack is how far two clocks of Heroku may differ, with what is known of each.
const slack = 2 * time.Second

// A view is a run, and what can be read from it.
type view struct {
	run *evidence.Run
	// start is Heroku's time when the run began, give or take give.
	start time.Time
	give  time.Duration

	lines    []line           // of the platform, as they came
	dynos    []dyno           // of all dyno lists, as they came
	lists    []dynoList       // all dyno lists, as they came
	releases []release        // of all lists of releases, as they came
	target   evidence.Release // the release that is measured: the first one of code 2; its version is 0 if there is none
	finished time.Time        // when Heroku called the target finished; zero if it did not
}

// A line is a line of the platform about a process.
type line struct {
	observe.Line
	came time.Time
	text string
}

// A dyno is a record of a dyno list, and a release is one of a list of releases.
type (
	dyno struct {
		heroku.Dyno
		answer
	}
	release struct {
		heroku.Release
		answer
	}
	dynoList struct {
		answer
		old int // how many of its dynos are of a release before the target and have not crashed
	}
	// answer is when the list was asked for and came.
	answer struct {
		asked, came time.Time
		request     *evidence.Request
	}
)

func newView(r *evidence.Run) *view {
	v := &view{run: r}
	v.start, v.give = r.Clock()
	for _, l := range r.Log {
		if parsed, ok := logtail.Parse([]byte(l.Text)); ok {
			v.lines = append(v.lines, line{parsed, v.time(l.At), l.Text})
		}
	}
	if i := slices.IndexFunc(r.Releases, func(x evidence.Release) bool { return x.Code == 2 }); i >= 0 {
		v.target = r.Releases[i]
	}
	for i := range r.Requests {
		v.readList(&r.Requests[i])
	}
	for _, x := range v.releases {
		if x.Version == v.target.Version && x.Status == "succeeded" && v.finished.IsZero() {
			v.finished = x.UpdatedAt
		}
	}
	return v
}

// readList reads an answer, if it is a list of dynos or releases.
func (v *view) readList(q *evidence.Request) {
	if q.Method != "GET" || q.Status/100 != 2 {
		return
	}
	var dynos []heroku.Dyno
	var releases []heroku.Release
	switch {
	case strings.HasSuffix(q.Path, "/dynos"):
		_ = json.Unmarshal([]byte(q.Body), &dynos) // another answer has no records
	case strings.HasSuffix(q.Path, "/releases"):
		_ = json.Unmarshal([]byte(q.Body), &releases)
	}
	a := answer{v.time(q.At), v.time(q.At + q.Took), q}
	old := 0
	for _, x := range dynos {
		d := dyno{x, a}
		v.dynos = append(v.dynos, d)
		if v.isOld(d) && d.State != "crashed" {
			old++
		}
	}
	if strings.HasSuffix(q.Path, "/dynos") {
		v.lists = append(v.lists, dynoList{a, old})
	}
	for _, r := range releases {
		v.releases = append(v.releases, release{r, a})
	}
}

// observed yields every observation in the gates' recordings. A recording that breaks off is read as far as it goes.
func (v *view) observed() iter.Seq2[string, observe.Observation] {
	return func(yield func(string, observe.Observation) bool) {
		for _, g := range v.run.Gates {
			_, rest, _ := bytes.Cut(g.Recording, []byte("\n")) // the first line is no observation
			for text := range bytes.Lines(rest) {
				var o observe.Observation
				if json.Unmarshal(text, &o) != nil {
					break
				}
				if !yield(fmt.Sprintf("the gate from %s the deploy, at %s: ", g.Name, observe.Span(o.At)), o) {
					return
				}
			}
		}
	}
}

// time is Heroku's time at a moment of the run.
func (v *view) time(at time.Duration) time.Time { return v.start.Add(at) }

// typeOf is the process type of a label.
func typeOf(label string) string {
	typ, _, _ := strings.Cut(label, ".")
	return typ
}

// isOld and isNew report whether a dyno is of a release before the target, or of the target.
func (v *view) isOld(d dyno) bool { return d.Release.Version < v.target.Version }
func (v *view) isNew(d dyno) bool { return d.Release.Version == v.target.Version }

// keeps reports whether preboot keeps old processes of a label.
func (v *view) keeps(label string) bool { return v.run.Preboot && typeOf(label) == "web" }

// old returns the processes of code before the target that still ran when the target was finished: those that preboot
// kept, or all others.
func (v *view) old(preboot bool) (all []evidence.Process) {
	for _, p := range v.run.Processes {
		if !v.finished.IsZero() && p.Code < v.target.Code && p.Last.After(v.finished) && v.keeps(p.Dyno) == preboot {
			all = append(all, p)
		}
	}
	return all
}

// lives reports whether one of the processes printed a line after a time.
func lives(all []evidence.Process, t time.Time) bool {
	return slices.ContainsFunc(all, func(p evidence.Process) bool { return p.Last.After(t) })
}

// ran is how long a process ran on from a time: at least, and at most.
func ran(p evidence.Process, since time.Time) (least, most time.Duration) {
	if least = p.Last.Sub(since); p.Open {
		return least, forever
	}
	return least, least
}

// whole reports whether the log was read from one time to another without a gap, also the lines that come late.
func (v *view) whole(from, to time.Time) bool {
	return !to.Add(evidence.Late).After(v.run.Read) && !slices.ContainsFunc(v.run.Gaps, func(g evidence.Gap) bool { return g.Meets(from, to) })
}

// find returns the lines of one kind under a label from one time to another, by clocks that may differ. The zero time
// is no limit.
func (v *view) find(label string, kind observe.LineKind, from, to time.Time) (all []line) {
	for _, l := range v.lines {
		if l.Label == label && l.Kind == kind && !l.Stamp.Before(from.Add(-slack)) && (to.IsZero() || !l.Stamp.After(to.Add(slack))) {
			all = append(all, l)
		}
	}
	return all
}

// ofPlan reports whether a label is of a process type of the plan. One-off dynos are not.
func (v *view) ofPlan(label string) bool {
	_, is := v.run.Types[typeOf(label)]
	return is
}

// stopped is a process with its SIGTERM, as a line.
func (v *view) stopped(p evidence.Process) string {
	return fmt.Sprintf("%s, code %d: SIGTERM at %s, %s from the release", p.Dyno, p.Code, p.Sigterm.UTC().Format("15:04:05.000"), v.since(p.Sigterm))
}

// since is how long after the end of the release a time is, for people.
func (v *view) since(t time.Time) string {
	return fmt.Sprintf("%+.1fs", t.Sub(v.finished).Round(100*time.Millisecond).Seconds())
}

// show is an answer as a line: what was asked when, and what of the answer matters.
func (v *view) show(q *evidence.Request, what string) string {
	return fmt.Sprintf("%s %s %s %d: %s", v.time(q.At).UTC().Format("15:04:05.0"), q.Method, q.Path, q.Status, what)
}

// showDyno is a listed dyno as a line.
func (v *view) showDyno(d dyno) string {
	return v.show(d.request, fmt.Sprintf("%s v%d %s", d.Name, d.Release.Version, d.State))
}

// came is a line with when it came.
func came(text string, at time.Time) string {
	return fmt.Sprintf("%s came at %s", text, at.UTC().Format("15:04:05.0"))
}
