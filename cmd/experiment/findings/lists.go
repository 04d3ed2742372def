// What the gate assumes of Heroku's answers: the dyno list, the list of releases, and the answers to the gates.

package findings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

var aboutLists = []Assumption{
	{"prebooted-unlisted", "With preboot, the dyno list shows no old web dyno, though the processes still run.",
		`"Preboot", Dev Center; heroku/cli, ps:wait`, "web dynos that were listed while an old process ran that preboot kept",
		func(v *view, c *cases) {
			old := v.old(true)
			for _, d := range v.dynos {
				if d.Type == "web" && lives(old, d.came.Add(v.give)) && !d.asked.Before(v.finished.Add(observe.ListLag)) {
					c.add(!v.isOld(d), v.showDyno(d))
				}
			}
		}},
	{"record-turns-first", "Without preboot, the record of a label turns to the new release while the old process still runs.",
		"inferred from schneems/metaas-shutdown-race-condition", "old processes without preboot that ran on for long enough",
		func(v *view, c *cases) {
			for _, p := range v.old(false) {
				turned, late := "", ""
				for _, d := range v.dynos {
					switch {
					case d.Name != p.Dyno || !p.Last.After(d.came.Add(v.give)) || d.asked.Before(v.finished):
					case !v.isOld(d):
						turned = v.showDyno(d)
					case d.asked.After(v.finished.Add(observe.ListLag)):
						late = v.showDyno(d)
					}
				}
				if turned != "" || late != "" {
					c.add(turned != "", turned+late, p.Line)
				}
			}
		}},
	{"one-record", "The dyno list has one record for each label.",
		"inferred (docs/simulator.md)", "records in lists",
		func(v *view, c *cases) {
			type record struct {
				list *evidence.Request
				name string
			}
			seen := map[record]bool{}
			for _, d := range v.dynos {
				r := record{d.request, d.Name}
				c.add(!seen[r], v.showDyno(d))
				seen[r] = true
			}
		}},
	{"list-delay", "The dyno list knows of a new dyno that is up after 10 s at the latest.",
		"assumed (docs/how-it-knows.md, ListLag)", "new dynos that came up between two lists", (*view).listDelay},
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
			for _, x := range v.releases {
				ours := slices.ContainsFunc(v.run.Releases, func(made evidence.Release) bool { return made.Version == x.Version && made.Code > 1 })
				if ours && !v.phases() {
					c.add(x.Status == "succeeded" && x.UpdatedAt.Sub(x.CreatedAt) <= slack, v.show(x.request, fmt.Sprintf("v%d %s, made at %s, changed at %s",
						x.Version, x.Status, x.CreatedAt.UTC().Format(time.TimeOnly), x.UpdatedAt.UTC().Format(time.TimeOnly))))
				}
			}
		}},
	{"failed-phase-harmless", "Where the release phase fails, the release is called failed, and no process is stopped.",
		`"Release Phase", Dev Center`, "release phases that failed, and processes beside them", (*view).failedPhase},
}

var aboutAnswers = []Assumption{
	{"old-id-gone", "An old prebooted dyno's id is answered with 404, though its process still runs.",
		"assumed (docs/simulator.md)", "answers for an old prebooted dyno whose process ran",
		func(v *view, c *cases) {
			labels := map[string]string{} // of the ids of old web dynos
			for _, d := range v.dynos {
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
	for _, d := range v.dynos {
		if done[d.Name] || v.finished.IsZero() {
			continue
		}
		if v.isOld(d) || d.State != "up" {
			notUp[d.Name] = d.asked
			continue
		}
		done[d.Name] = true
		ups := slices.DeleteFunc(v.find(d.Name, observe.State, v.finished, d.came), func(x line) bool { return x.To != "up" })
		if before, ok := notUp[d.Name]; ok && len(ups) == 1 && v.whole(v.finished, d.came) {
			c.span(before.Sub(ups[0].Stamp)-v.give, d.came.Sub(ups[0].Stamp)+v.give, observe.ListLag, ups[0].text, v.showDyno(d))
		}
	}
}

// releaseDelay compares when a release was made with the first list that has it, and the list before that.
func (v *view) releaseDelay(c *cases, made evidence.Release) {
	const limit = observe.ListLag + time.Second // the time at which it was made is cut to whole seconds
	without := made.Created                     // when the last list was asked for that does not have it
	for _, x := range v.releases {
		switch {
		case made.Code < 2 || x.asked.Before(made.Created):
		case x.Version == made.Version:
			c.span(without.Sub(made.Created), x.came.Sub(made.Created), limit, v.show(x.request, fmt.Sprintf("v%d %s", x.Version, x.Status)))
			return
		case x.Version < made.Version:
			without = x.asked
		}
	}
	if without.After(made.Created) {
		c.span(without.Sub(made.Created), forever, limit, fmt.Sprintf("no list has v%d", made.Version))
	}
}

// phases reports whether a release phase has run.
func (v *view) phases() bool {
	return slices.ContainsFunc(v.lines, func(l line) bool { return typeOf(l.Label) == "release" })
}

func (v *view) failedPhase(c *cases) {
	called := ""
	for _, x := range v.releases {
		if x.Version == v.target.Version {
			called = v.show(x.request, fmt.Sprintf("v%d %s", x.Version, x.Status))
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
			c.add(!ended && !p.Sigterm.After(v.target.Created), p.Line)
		}
	}
}
