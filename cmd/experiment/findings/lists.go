// Assumptions about what lists show, and how late.

package findings

import (
	"fmt"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

var listed = []Assumption{
	{
		Name: "prebooted-unlisted", Says: "With preboot, the dyno list shows no old web dyno, though the processes still run.",
		Source: `"Preboot", Dev Center; heroku/cli, ps:wait`, judge: prebootedUnlisted,
	},
	{
		Name: "record-turns-first", Says: "Without preboot, the record of a label turns to the new release while the old process still runs.",
		Source: "inferred from schneems/metaas-shutdown-race-condition", judge: recordTurnsFirst,
	},
	{
		Name: "one-record", Says: "The dyno list has one record for each label.",
		Source: "inferred (docs/simulator.md)", judge: oneRecord,
	},
	{
		Name: "list-delay", Says: "The dyno list knows of a new dyno that is up after 10 s at the latest.",
		Source: "assumed (docs/how-it-knows.md, ListLag)", judge: listDelay,
	},
	{
		Name: "release-listed", Says: "The list of releases has a new one after 10 s at the latest.",
		Source: "assumed (docs/how-it-knows.md, ListLag)", judge: releaseListed,
	},
	{
		Name: "finished-at-once", Says: "A release without a release phase is finished as soon as it is made.",
		Source: "S. Dignam, “Heroku Deployment Deception”", judge: finishedAtOnce,
	},
	{
		Name: "failed-phase-harmless", Says: "Where the release phase fails, the release is called failed, and no process is stopped.",
		Source: `"Release Phase", Dev Center`, judge: failedPhaseHarmless,
	},
}

func prebootedUnlisted(v *view) Finding {
	old := v.old(true)
	var hidden []string
	for i := range v.lists {
		l := &v.lists[i]
		if v.finished.IsZero() || l.asked.Before(v.finished.Add(observe.ListLag)) || !lives(old, l.came.Add(v.give)) {
			continue
		}
		web := func(d dyno) bool { return d.Type == "web" }
		is := func(d dyno) bool { return web(d) && d.Release.Version < v.target.Version }
		for _, d := range l.dynos {
			if is(d) {
				return refuted([]string{l.show(v, is)}, "%s after the release was finished it shows an old one", l.asked.Sub(v.finished).Round(time.Second))
			}
		}
		hidden = append(hidden, l.show(v, web))
	}
	if len(hidden) == 0 {
		return notSeen("no old process was kept by preboot while the list was read")
	}
	return confirmed(hidden[:1], "%d lists show none while one runs", len(hidden))
}

// lives reports whether one of them told of itself later than that.
func lives(all []evidence.Process, t time.Time) bool {
	for _, p := range all {
		if p.Last.After(t) {
			return true
		}
	}
	return false
}

func recordTurnsFirst(v *view) Finding {
	var turned, late []string
	for _, p := range v.old(false) {
		for i := range v.lists {
			l := &v.lists[i]
			if !p.Last.After(l.came.Add(v.give)) || l.asked.Before(v.finished) {
				continue
			}
			is := func(d dyno) bool { return d.Name == p.Dyno }
			for _, d := range l.dynos {
				switch {
				case !is(d):
				case d.Release.Version >= v.target.Version:
					turned = append(turned, l.show(v, is)+"; "+v.sign(p))
				case l.asked.After(v.finished.Add(observe.ListLag)):
					late = append(late, l.show(v, is)+"; "+v.sign(p))
				}
			}
		}
	}
	switch {
	case len(turned) > 0:
		return confirmed(turned, "%d lists show it", len(turned))
	case len(late) > 0:
		return refuted(late, "%d lists show the old one to its end", len(late))
	}
	return notSeen("no old process without preboot ran on for long enough")
}

func oneRecord(v *view) Finding {
	for i := range v.lists {
		seen := map[string]bool{}
		for _, d := range v.lists[i].dynos {
			if seen[d.Name] {
				return refuted([]string{v.lists[i].show(v, func(x dyno) bool { return x.Name == d.Name })}, "%s has two", d.Name)
			}
			seen[d.Name] = true
		}
	}
	if len(v.lists) == 0 {
		return notSeen("the list was not read")
	}
	return confirmed(nil, "%d lists", len(v.lists))
}

func listDelay(v *view) Finding {
	delay := v.figures().List
	switch {
	case !delay.Seen:
		return notSeen("%s", delay.Why)
	case delay.Least > observe.ListLag:
		return refuted(nil, "it was %.1f s behind or more", delay.Least.Seconds())
	case delay.Most > observe.ListLag:
		return notSeen("it was between %.1f s and %.1f s behind", delay.Least.Seconds(), delay.Most.Seconds())
	}
	return confirmed(nil, "it was %.1f s behind at most", delay.Most.Seconds())
}

func releaseListed(v *view) Finding {
	var longest time.Duration
	var shown []string
	for _, made := range v.run.Releases {
		if made.Code < 2 {
			continue
		}
		for _, l := range v.releases {
			has := ""
			for _, x := range l.releases {
				if x.Version == made.Version {
					has = fmt.Sprintf("v%d %s", x.Version, x.Status)
				}
			}
			after := l.asked.Sub(made.Created)
			if has == "" && after > observe.ListLag+time.Second {
				return refuted([]string{v.show(l.request, fmt.Sprintf("no v%d", made.Version))}, "%.1f s after v%d was made it does not have it", after.Seconds(), made.Version)
			}
			if has != "" {
				longest, shown = max(longest, l.came.Sub(made.Created)), append(shown, v.show(l.request, has))
				break
			}
		}
	}
	switch {
	case len(shown) == 0:
		return notSeen("no list of releases was read after one was made")
	case longest > observe.ListLag+time.Second:
		return notSeen("the first list that has it came %.1f s after it was made", longest.Seconds())
	}
	return confirmed(shown, "it had it %.1f s after that at most", longest.Seconds())
}

// phases reports whether a release phase has run.
func (v *view) phases() bool {
	for _, l := range v.lines {
		if typeOf(l.Label) == "release" {
			return true
		}
	}
	return false
}

func finishedAtOnce(v *view) Finding {
	if v.phases() {
		return notSeen("the releases have a release phase")
	}
	var shown []string
	for _, made := range v.run.Releases {
		for _, l := range v.releases {
			for _, x := range l.releases {
				switch took := x.UpdatedAt.Sub(x.CreatedAt); {
				case x.Version != made.Version:
				case x.Status != "succeeded":
					return refuted([]string{v.show(l.request, fmt.Sprintf("v%d %s", x.Version, x.Status))}, "v%d was %s", x.Version, x.Status)
				case took > slack:
					return refuted([]string{v.show(l.request, fmt.Sprintf("v%d made at %s, changed at %s", x.Version, x.CreatedAt.UTC().Format(time.TimeOnly), x.UpdatedAt.UTC().Format(time.TimeOnly)))}, "v%d was finished %s after it was made", x.Version, took)
				default:
					shown = append(shown, v.show(l.request, fmt.Sprintf("v%d %s", x.Version, x.Status)))
				}
			}
		}
	}
	if len(shown) == 0 {
		return notSeen("no release was listed")
	}
	return confirmed(shown[len(shown)-1:], "each was, whenever it was listed")
}

func failedPhaseHarmless(v *view) Finding {
	if !v.phases() {
		return notSeen("there is no release phase")
	}
	failed := ""
	for _, l := range v.releases {
		for _, x := range l.releases {
			if x.Version == v.target.Version && x.Status == "failed" {
				failed = v.show(l.request, fmt.Sprintf("v%d failed", x.Version))
			}
		}
	}
	exited := ""
	for _, l := range v.lines {
		if typeOf(l.Label) == "release" && l.Kind == observe.Exit && l.Text != "Process exited with status 0" && l.Stamp.After(v.target.Created.Add(-slack)) {
			exited = l.text
		}
	}
	switch {
	case exited == "":
		return notSeen("no release phase failed")
	case failed == "":
		return refuted([]string{exited}, "it failed, and v%d was never called failed", v.target.Version)
	}
	for _, p := range v.run.Processes {
		switch {
		case p.Code >= v.target.Code:
		case p.Sigterm.After(v.target.Created):
			return refuted([]string{failed, v.sign(p)}, "a process of %s was stopped after it", p.Dyno)
		case p.Last.After(v.target.Created) && !p.Open:
			return refuted([]string{failed, v.sign(p)}, "a process of %s ended after it", p.Dyno)
		}
	}
	return confirmed([]string{exited, failed}, "it is called failed, and nothing was stopped")
}
