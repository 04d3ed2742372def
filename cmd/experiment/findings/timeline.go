// The timeline of the README, measured: what happened, what Heroku said of the release, and what the dyno
// list said of old dynos.

package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// A Moment is one row: the time since the release was made, what happened then, and what was said then.
type Moment struct {
	After  time.Duration
	What   string
	Heroku string // of the release; empty if nobody asked
	List   string // of old dynos; empty if nobody asked
}

// Timeline is that of a run; empty if the release that is measured was never made.
func Timeline(r *evidence.Run) []Moment {
	v := newView(r)
	if v.target.Version == 0 {
		return nil
	}
	var all []Moment
	add := func(at time.Time, what string, args ...any) {
		if !at.IsZero() {
			all = append(all, Moment{at.Sub(v.target.Created), fmt.Sprintf(what, args...), v.heroku(at), v.listed(at)})
		}
	}
	add(v.target.Created, "release v%d of code %d is made", v.target.Version, v.target.Code)
	if v.finished.After(v.target.Created) {
		add(v.finished, "Heroku calls it finished")
	}
	firsts := v.newProcesses()
	if n := len(firsts); n > 0 {
		add(firsts[0].First, "first new process tells of itself (%s)", firsts[0].Dyno)
		if n > 1 {
			add(firsts[n-1].First, "last of %d new processes does (%s)", n, firsts[n-1].Dyno)
		}
	}
	ended := v.ended()
	if n := len(ended); n > 0 {
		add(ended[0].Last, "first old process tells of itself for the last time (%s)", ended[0].Dyno)
		if n > 1 {
			add(ended[n-1].Last, "last of %d old processes does (%s)", n, ended[n-1].Dyno)
		}
	}
	for _, s := range r.Steps {
		if at := v.time(s.At); at.After(v.target.Created.Add(slack)) {
			what := s.What
			if s.Refused != "" {
				what += ": refused"
			}
			add(at, "%s", what)
		}
	}
	for _, g := range r.Gates {
		verdict := g.Result
		if g.Result == "passed" {
			verdict = "opens, " + g.Basis
		}
		add(v.time(g.Ended), "the gate from %s the deploy %s", g.Name, verdict)
	}
	slices.SortStableFunc(all, func(a, b Moment) int { return int((a.After - b.After) / time.Millisecond) })
	return all
}

// newProcesses are the first ones of the new code under each label, in their order.
func (v *view) newProcesses() (all []evidence.Process) {
	seen := map[string]bool{}
	for _, p := range v.run.Processes { // in the order of their first signs
		if p.Code == v.target.Code && !seen[p.Dyno] {
			seen[p.Dyno] = true
			all = append(all, p)
		}
	}
	return all
}

// ended are the old processes that ran when the release was made, in the order of their ends.
func (v *view) ended() (all []evidence.Process) {
	for _, p := range v.run.Processes {
		if p.Code < v.target.Code && p.Last.After(v.target.Created) && !p.Open {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b evidence.Process) int { return a.Last.Compare(b.Last) })
	return all
}

// heroku is what was said of the release at a moment: its last word, if the release has it since then, or
// what the newest list of that time shows.
func (v *view) heroku(at time.Time) string {
	said := ""
	for _, l := range v.releases {
		for _, x := range l.releases {
			word, last := map[string]string{"succeeded": "finished", "failed": "failed"}[x.Status]
			switch {
			case x.Version != v.target.Version:
			case last && !x.UpdatedAt.After(at):
				return word
			case !last && (said == "" || !l.asked.After(at)):
				said = x.Status
			}
		}
	}
	return said
}

// listed is how many old dynos the first list shows that was asked for a second later, as the moment that a
// release was made is cut to whole seconds; or else the last list.
func (v *view) listed(at time.Time) string {
	if len(v.lists) == 0 {
		return ""
	}
	i := slices.IndexFunc(v.lists, func(l list) bool { return !l.asked.Before(at.Add(time.Second)) })
	if i < 0 {
		i = len(v.lists) - 1
	}
	n := 0
	for _, d := range v.lists[i].dynos {
		if d.Release.Version < v.target.Version && d.State != "crashed" {
			n++
		}
	}
	switch n {
	case 0:
		return "no old dyno"
	case 1:
		return "1 old dyno"
	}
	return fmt.Sprintf("%d old dynos", n)
}

// An Answer is what was asked, and how often it was answered with which status.
type Answer struct {
	Request  string
	Statuses map[int]int
}

// Answers are those to the experiment's own requests, by path and method.
func Answers(r *evidence.Run) []Answer {
	var all []Answer
	index := map[string]int{}
	for i := range r.Requests {
		q := &r.Requests[i]
		request := q.Method + " " + pattern(q.Path)
		n, ok := index[request]
		if !ok {
			n = len(all)
			index[request] = n
			all = append(all, Answer{request, map[int]int{}})
		}
		all[n].Statuses[q.Status]++
	}
	slices.SortFunc(all, func(a, b Answer) int {
		method, path, _ := strings.Cut(a.Request, " ")
		other, with, _ := strings.Cut(b.Request, " ")
		return cmp.Or(strings.Compare(path, with), strings.Compare(method, other))
	})
	return all
}

// pattern is a path without what is its run's own.
func pattern(path string) string {
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i += 2 {
		if parts[i-1] != "features" && parts[i] != "" {
			parts[i] = "{" + strings.TrimSuffix(parts[i-1], "s") + "}"
		}
	}
	return strings.Join(parts, "/")
}
