// What the dyno list and the list of releases show, and how late.

package findings

import (
	"fmt"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

func (v *view) prebootedUnlisted() Finding {
	old := v.old(true)
	var c cases
	for i := range v.lists {
		l := &v.lists[i]
		if v.finished.IsZero() || l.asked.Before(v.finished.Add(observe.ListLag)) || !lives(old, l.came.Add(v.give)) {
			continue
		}
		web := func(d dyno) bool { return d.Type == "web" }
		oldWeb := func(d dyno) bool { return web(d) && v.isOld(d) }
		if slices.ContainsFunc(l.all, oldWeb) {
			return refuted([]string{v.showDynos(l, oldWeb)}, "%s after the release was finished it shows an old one", l.asked.Sub(v.finished).Round(time.Second))
		}
		shown := ""
		if c.n == 0 { // one is enough: it has all dynos
			shown = v.showDynos(l, web)
		}
		c.add(true, shown)
	}
	return c.finding("no old process was kept by preboot while the list was read", "lists show none while one runs", "")
}

func (v *view) recordTurnsFirst() Finding {
	var turned, late []string
	for _, p := range v.old(false) {
		for l, d := range each(v.lists) {
			if d.Name != p.Dyno || !p.Last.After(l.came.Add(v.give)) || l.asked.Before(v.finished) {
				continue
			}
			shown := v.showDynos(l, func(d dyno) bool { return d.Name == p.Dyno }) + "; " + v.lastLine(p)
			switch {
			case !v.isOld(d):
				turned = append(turned, shown)
			case l.asked.After(v.finished.Add(observe.ListLag)):
				late = append(late, shown)
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

func (v *view) oneRecord() Finding {
	seen := map[*evidence.Request]map[string]bool{}
	for l, d := range each(v.lists) {
		if seen[l.request][d.Name] {
			return refuted([]string{v.showDynos(l, func(x dyno) bool { return x.Name == d.Name })}, "%s has two", d.Name)
		}
		if seen[l.request] == nil {
			seen[l.request] = map[string]bool{}
		}
		seen[l.request][d.Name] = true
	}
	if len(v.lists) == 0 {
		return notSeen("the list was not read")
	}
	return confirmed(nil, "%d lists", len(v.lists))
}

// listDelay compares when a new dyno was up by the log with the first list that shows it up, and the list before that.
func (v *view) listDelay() Finding {
	var least, most longest
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
		ups := slices.DeleteFunc(v.of(d.Name, observe.State), func(x line) bool {
			return x.To != "up" || x.Stamp.Before(v.finished) || x.Stamp.After(l.came.Add(slack))
		})
		if before, ok := notUp[d.Name]; ok && len(ups) == 1 && v.whole(v.finished, l.came) {
			least.add(before.Sub(ups[0].Stamp), ups[0].text, v.showDynos(l, func(x dyno) bool { return x.Name == d.Name }))
			most.add(l.came.Sub(ups[0].Stamp))
		}
	}
	return delay(least, most, v.give, "no new dyno came up between two lists")
}

func (v *view) releaseListed() Finding {
	var first longest // when the first list came that has a release
	var shown []string
	for _, made := range v.run.Releases {
		for _, l := range v.releases {
			i := slices.IndexFunc(l.all, func(x release) bool { return x.Version == made.Version })
			after := l.asked.Sub(made.Created)
			if made.Code >= 2 && i < 0 && after > observe.ListLag+time.Second {
				return refuted([]string{v.show(l.request, fmt.Sprintf("no v%d", made.Version))}, "%.1f s after v%d was made it does not have it", after.Seconds(), made.Version)
			}
			if made.Code >= 2 && i >= 0 {
				first.add(l.came.Sub(made.Created))
				shown = append(shown, v.show(l.request, fmt.Sprintf("v%d %s", made.Version, l.all[i].Status)))
				break
			}
		}
	}
	switch {
	case first.n == 0:
		return notSeen("no list of releases was read after one was made")
	case first.span > observe.ListLag+time.Second:
		return notSeen("the first list that has it came %.1f s after it was made", first.span.Seconds())
	}
	return confirmed(shown, "it had it %.1f s after that at most", first.span.Seconds())
}

// phases reports whether a release phase has run.
func (v *view) phases() bool {
	return slices.ContainsFunc(v.lines, func(l line) bool { return typeOf(l.Label) == "release" })
}

func (v *view) finishedAtOnce() Finding {
	if v.phases() {
		return notSeen("the releases have a release phase")
	}
	shown := ""
	for l, x := range each(v.releases) {
		if !slices.ContainsFunc(v.run.Releases, func(made evidence.Release) bool { return made.Version == x.Version }) {
			continue
		}
		line := v.show(l.request, fmt.Sprintf("v%d %s, made at %s, changed at %s", x.Version, x.Status, x.CreatedAt.UTC().Format(time.TimeOnly), x.UpdatedAt.UTC().Format(time.TimeOnly)))
		if x.Status != "succeeded" {
			return refuted([]string{line}, "v%d was %s", x.Version, x.Status)
		}
		if took := x.UpdatedAt.Sub(x.CreatedAt); took > slack {
			return refuted([]string{line}, "v%d was finished %s after it was made", x.Version, took)
		}
		if shown == "" || x.Version == v.target.Version {
			shown = line
		}
	}
	if shown == "" {
		return notSeen("no release was listed")
	}
	return confirmed([]string{shown}, "each was, whenever it was listed")
}

func (v *view) failedPhaseHarmless() Finding {
	if !v.phases() {
		return notSeen("there is no release phase")
	}
	failed, exited := "", ""
	for l, x := range each(v.releases) {
		if v.target.Version == x.Version && x.Status == "failed" {
			failed = v.show(l.request, fmt.Sprintf("v%d failed", x.Version))
		}
	}
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
			return refuted([]string{failed, v.lastLine(p)}, "a process of %s was stopped after it", p.Dyno)
		case p.Last.After(v.target.Created) && !p.Open:
			return refuted([]string{failed, v.lastLine(p)}, "a process of %s ended after it", p.Dyno)
		}
	}
	return confirmed([]string{exited, failed}, "it is called failed, and nothing was stopped")
}
