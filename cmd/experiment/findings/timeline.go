// The timeline of the README, as measured: what happened, what Heroku called the release, and how many old dynos the
// list had.

package findings

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

func (v *view) timelineText() string {
	return Table("What happened", []string{"from the release", "what happened", "Heroku said", "the dyno list said"}, v.timeline())
}

// A moment is something that happened.
type moment struct {
	at   time.Time
	what string
}

// timeline returns the rows: when, what happened, what Heroku called the release, and how many old dynos the list had.
// There are none if the measured release was never made.
func (v *view) timeline() (rows [][]string) {
	if v.target.Version == 0 {
		return nil
	}
	all := []moment{{v.target.Created, fmt.Sprintf("release v%d of code %d is made", v.target.Version, v.target.Code)}}
	if v.finished.After(v.target.Created) {
		all = append(all, moment{v.finished, "Heroku calls it finished"})
	}
	all = append(all, v.changes()...)
	for _, s := range v.run.Steps {
		what := s.What
		if s.Refused != "" {
			what += ": refused"
		}
		if at := v.time(s.At); at.After(v.target.Created.Add(slack)) {
			all = append(all, moment{at, what})
		}
	}
	for _, g := range v.run.Gates {
		verdict := g.Result
		if g.Result == "passed" {
			verdict = "opens, " + g.Basis
		}
		all = append(all, moment{v.time(g.Ended), fmt.Sprintf("the gate from %s the deploy %s", g.Name, verdict)})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range all {
		rows = append(rows, []string{after(m.at.Sub(v.target.Created)), m.what, v.called(m.at), v.listed(m.at)})
	}
	return rows
}

// changes are the first and the last of the new processes that began, and of the old processes that ended.
func (v *view) changes() (all []moment) {
	var begun, ended []evidence.Process
	seen := map[string]bool{}
	for _, p := range v.run.Processes { // in the order of their first lines
		if p.Code == v.target.Code && !seen[p.Dyno] { // not those of a later restart
			seen[p.Dyno], begun = true, append(begun, p)
		}
		if p.Code < v.target.Code && p.Last.After(v.target.Created) && !p.Open {
			ended = append(ended, p)
		}
	}
	slices.SortFunc(ended, func(a, b evidence.Process) int { return a.Last.Compare(b.Last) })
	if n := len(begun); n > 0 {
		all = append(all, moment{begun[0].First, fmt.Sprintf("first line of a new process (%s)", begun[0].Dyno)})
		if n > 1 {
			all = append(all, moment{begun[n-1].First, fmt.Sprintf("first line of the last of %d new processes (%s)", n, begun[n-1].Dyno)})
		}
	}
	if n := len(ended); n > 0 {
		all = append(all, moment{ended[0].Last, fmt.Sprintf("last line of the first old process to end (%s)", ended[0].Dyno)})
		if n > 1 {
			all = append(all, moment{ended[n-1].Last, fmt.Sprintf("last line of the last of %d old processes (%s)", n, ended[n-1].Dyno)})
		}
	}
	return all
}

// called is what Heroku called the release at a moment: its final status, if the release had it by then, or what the
// newest list before that shows.
func (v *view) called(at time.Time) string {
	said := ""
	for l, x := range each(v.releases) {
		final := map[string]string{"succeeded": "finished", "failed": "failed"}[x.Status]
		switch {
		case x.Version != v.target.Version:
		case final != "" && !x.UpdatedAt.After(at):
			return final
		case final == "" && (said == "" || !l.asked.After(at)):
			said = x.Status
		}
	}
	return said
}

// listed is how many old dynos the first list shows that was asked for a second later, because the time at which a
// release was made is cut to whole seconds; or else the last list.
func (v *view) listed(at time.Time) string {
	if len(v.lists) == 0 {
		return ""
	}
	i := slices.IndexFunc(v.lists, func(l answer[dyno]) bool { return !l.asked.Before(at.Add(time.Second)) })
	if i < 0 {
		i = len(v.lists) - 1
	}
	n := 0
	for _, d := range v.lists[i].all {
		if v.isOld(d) && d.State != "crashed" {
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
