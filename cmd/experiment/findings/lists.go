// What the gate assumes of Heroku's answers: the dyno list, the list of releases, and the answers to the gates.

package findings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

var aboutLists = []Assumption{
	{"prebooted-unlisted", "With preboot, the dyno list shows no old web dyno, though the processes still run.",
		`"Preboot", Dev Center; heroku/cli, ps:wait`, "lists that came while an old process ran that preboot kept",
		func(v *view, c *cases) {
			for i := range v.lists {
				l := &v.lists[i]
				if lives(v.old(true), l.came.Add(v.give)) && !l.asked.Before(v.finished.Add(observe.ListLag)) {
					old := slices.ContainsFunc(l.all, func(d heroku.Dyno) bool { return d.Type == "web" && v.isOld(d) })
					c.add(!old, v.showDynos(l, "web"))
				}
			}
		}},
	{"record-turns-first", "Without preboot, the record of a label turns to the new release while the old process still runs.",
		"inferred from schneems/metaas-shutdown-race-condition", "old processes without preboot that ran on for long enough",
		func(v *view, c *cases) {
			for _, p := range v.old(false) {
				turned, late := "", ""
				for l, d := range each(v.lists) {
					switch {
					case d.Name != p.Dyno || !p.Last.After(l.came.Add(v.give)) || l.asked.Before(v.finished):
					case !v.isOld(d):
						turned = v.showDynos(l, p.Dyno)
					case l.asked.After(v.finished.Add(observe.ListLag)):
						late = v.showDynos(l, p.Dyno)
					}
				}
				if turned != "" || late != "" {
					c.add(turned != "", turned+late, v.lastLine(p))
				}
			}
		}},
	{"one-record", "The dyno list has one record for each label.",
		"inferred (docs/simulator.md)", "lists",
		func(v *view, c *cases) {
			for i := range v.lists {
				l, labels := &v.lists[i], map[string]bool{}
				for _, d := range l.all {
					labels[d.Name] = true
				}
				c.add(len(labels) == len(l.all), v.showDynos(l, ""))
			}
		}},
	{"list-delay", "The dyno list knows of a new dyno that is up after 10 s at the latest.",
		"assumed (docs/how-it-knows.md, ListLag)", "new dynos that came up between two lists",
		(*view).listDelay},
	{"release-listed", "The list of releases has a new one after 10 s at the latest.",
		"assumed (docs/how-it-knows.md, ListLag)", "releases that were made between two lists",
		func(v *view, c *cases) {
			for _, made := range v.run.Releases {
				v.releaseDelay(c, made)
			}
		}},
	{"finished-at-once", "A release without a release phase is finished as soon as it is made.",
		"S. Dignam, “Heroku Deployment Deception”", "listed releases without a release phase",
		func(v *view, c *cases) {
			for l, x := range each(v.releases) {
				ours := slices.ContainsFunc(v.run.Releases, func(made evidence.Release) bool { return made.Version == x.Version && made.Code > 1 })
				if ours && !v.phases() {
					c.add(x.Status == "succeeded" && x.UpdatedAt.Sub(x.CreatedAt) <= slack, v.show(l.request, fmt.Sprintf("v%d %s, made at %s, changed at %s",
						x.Version, x.Status, x.CreatedAt.UTC().Format(time.TimeOnly), x.UpdatedAt.UTC().Format(time.TimeOnly))))
				}
			}
		}},
	{"failed-phase-harmless", "Where the release phase fails, the release is called failed, and no process is stopped.",
		`"Release Phase", Dev Center`, "release phases that failed, and processes beside them",
		(*view).failedPhase},
}

var aboutAnswers = []Assumption{
	{"old-id-gone", "An old prebooted dyno's id is answered with 404, though its process still runs.",
		"assumed (docs/simulator.md)", "answers for an old prebooted dyno whose process ran",
		func(v *view, c *cases) {
			labels := map[string]string{} // of the ids of old web dynos
			for _, d := range each(v.lists) {
				if v.isOld(d) && d.Type == "web" {
					labels[d.ID] = d.Name
				}
			}
			for i := range v.run.Requests {
				q := &v.run.Requests[i]
				_, id, _ := strings.Cut(q.Path, "/dynos/")
				runs := slices.ContainsFunc(v.old(true), func(p evidence.Process) bool {
					return p.Dyno == labels[id] && p.Last.After(v.time(q.At+q.Took).Add(v.give))
				})
				if runs && q.Method == "GET" && (q.Status == 404 || q.Status == 200) && !v.time(q.At).Before(v.finished.Add(observe.ListLag)) {
					c.add(q.Status == 404, v.show(q, labels[id]+" of before the release"))
				}
			}
		}},
	{"preboot-answer", "The feature preboot is answered with what it was switched to.",
		"schema of the Platform API", "answers about preboot to the gates",
		func(v *view, c *cases) {
			for where, o := range v.observed() {
				if p := o.Preboot; p != nil {
					c.add(p.Known && p.Enabled == v.run.Preboot, fmt.Sprintf("%spreboot is known: %v, on: %v", where, p.Known, p.Enabled))
				}
			}
		}},
	{"read-scope", "A key of scope read may read all that the gate reads, also the log.",
		"not established (docs/simulator.md)", "logs that a gate with such a key has read, and refusals",
		func(v *view, c *cases) {
			for where, o := range v.observed() {
				switch {
				case !v.run.ReadKey:
					c.unsure("the gates had the key that made the app: give one of scope read in HEROKU_READ_KEY")
				case o.Log != nil && o.Log.State == observe.Refused:
					c.add(false, where+o.Log.Reason)
				case o.Log != nil && o.Log.State == observe.Flowing:
					c.add(true, where+"the log flows")
				case o.Trouble != nil && (o.Trouble.Kind == observe.Forbidden || o.Trouble.Kind == observe.Unauthorized):
					c.add(false, where+o.Trouble.Message)
				}
			}
		}},
	{"answers-fit", "Every answer is of use to the gate, and has the form that it expects.",
		"schema of the Platform API", "answers to the gates",
		func(v *view, c *cases) {
			for where, o := range v.observed() {
				if o.Trouble != nil {
					c.add(false, where+o.Trouble.Message)
				} else if o.Look != nil || o.App != nil || o.Preboot != nil || o.Release != nil || o.Code != nil || o.Builds != nil {
					c.add(true)
				}
			}
		}},
}

// listDelay compares when a new dyno was up by the log with the first list that shows it up, and the list before that.
func (v *view) listDelay(c *cases) {
	notUp, done := map[string]time.Time{}, map[string]bool{} // by label
	for l, d := range each(v.lists) {
		if done[d.Name] || v.finished.IsZero() {
			continue
		}
		if v.isOld(d) || d.State != "up" {
			notUp[d.Name] = l.asked
			continue
		}
		done[d.Name] = true
		ups := slices.DeleteFunc(v.find(d.Name, observe.State, v.finished, l.came), func(x line) bool { return x.To != "up" })
		if before, ok := notUp[d.Name]; ok && len(ups) == 1 && v.whole(v.finished, l.came) {
			c.span(before.Sub(ups[0].Stamp)-v.give, l.came.Sub(ups[0].Stamp)+v.give, observe.ListLag, ups[0].text, v.showDynos(l, d.Name))
		}
	}
}

// releaseDelay compares when a release was made with the first list that has it, and the list before that.
func (v *view) releaseDelay(c *cases, made evidence.Release) {
	without := made.Created // when the last list was asked for that does not have it
	for _, l := range v.releases {
		i := slices.IndexFunc(l.all, func(x heroku.Release) bool { return x.Version == made.Version })
		switch {
		case made.Code < 2 || l.asked.Before(made.Created):
		case i < 0:
			without = l.asked
		default:
			c.span(without.Sub(made.Created), l.came.Sub(made.Created), observe.ListLag+time.Second, v.show(l.request, fmt.Sprintf("v%d %s", made.Version, l.all[i].Status)))
			return
		}
	}
	if without.After(made.Created) {
		c.span(without.Sub(made.Created), forever, observe.ListLag+time.Second, fmt.Sprintf("no list has v%d", made.Version))
	}
}

// phases reports whether a release phase has run.
func (v *view) phases() bool {
	return slices.ContainsFunc(v.lines, func(l line) bool { return typeOf(l.Label) == "release" })
}

func (v *view) failedPhase(c *cases) {
	called := ""
	for l, x := range each(v.releases) {
		if x.Version == v.target.Version {
			called = v.show(l.request, fmt.Sprintf("v%d %s", x.Version, x.Status))
		}
	}
	for _, l := range v.lines {
		if typeOf(l.Label) == "release" && l.Kind == observe.Exit && l.Text != "Process exited with status 0" && l.Stamp.After(v.target.Created.Add(-slack)) {
			c.add(strings.HasSuffix(called, " failed"), l.text, called)
		}
	}
	for _, p := range v.run.Processes {
		if c.yes > 0 && p.Code < v.target.Code {
			ended := p.Last.After(v.target.Created) && !p.Open
			c.add(!ended && !p.Sigterm.After(v.target.Created), v.lastLine(p))
		}
	}
}
