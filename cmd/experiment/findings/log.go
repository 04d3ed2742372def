// What the log prints, and when: states, runtime metrics, and whether the clocks agree.

package findings

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

// replaced returns the labels under which the list showed an old dyno up, and later a new dyno.
func (v *view) replaced() []string {
	old, both := map[string]bool{}, map[string]bool{}
	if v.finished.IsZero() {
		return nil
	}
	for _, d := range each(v.lists) {
		switch {
		case v.isOld(d) && d.State == "up":
			old[d.Name] = true
		case v.isNew(d) && old[d.Name]:
			both[d.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(both))
}

func (v *view) turnLine() Finding {
	var c cases
	if v.whole(v.finished, v.finished.Add(time.Minute)) {
		for _, label := range v.replaced() {
			states := v.of(label, observe.State)
			i := slices.IndexFunc(states, func(l line) bool {
				return l.From == "up" && l.To == "starting" && l.Stamp.After(v.finished.Add(-slack))
			})
			if i < 0 {
				c.add(false, label+" turned without that line")
			} else {
				c.add(true, states[i].text)
			}
		}
	}
	return c.finding("no running dyno was replaced", "labels", "labels turned without that line")
}

func (v *view) noRestarting() Finding {
	if !v.run.Preboot || len(v.replaced()) == 0 {
		return notSeen("no dyno was replaced by preboot")
	}
	until := v.finished.Add(30 * time.Second)
	if _, at, ok := v.did("restart"); ok && at.Before(until) {
		until = at.Add(-slack)
	}
	for _, l := range v.lines {
		if l.Kind == observe.Replace && typeOf(l.Label) == "web" && l.Stamp.After(v.finished.Add(-slack)) && l.Stamp.Before(until) {
			return refuted([]string{l.text}, "it is printed")
		}
	}
	if !v.whole(v.finished, until) {
		return notSeen("the log has a gap there")
	}
	return confirmed(nil, "none in the %s after the release", until.Sub(v.finished).Round(time.Second))
}

// did returns the first step after the release whose words begin so, and when it was done.
func (v *view) did(words string) (s evidence.Step, done time.Time, ok bool) {
	for _, s := range v.run.Steps {
		if len(s.What) >= len(words) && s.What[:len(words)] == words && v.time(s.At).After(v.target.Created) {
			return s, v.time(s.Done), true
		}
	}
	return s, done, false
}

func (v *view) noStateAtHiddenEnd() Finding {
	var c cases
	for _, p := range v.old(true) {
		from, to := p.Last.Add(-slack), p.Last.Add(evidence.Every+2*slack)
		// A new process of the label has states of its own.
		started := slices.ContainsFunc(v.of(p.Dyno, observe.Start), func(l line) bool { return l.Stamp.Sub(p.Last).Abs() < 30*time.Second })
		if p.Open || started || !v.whole(from, to) {
			continue
		}
		states := v.of(p.Dyno, observe.State)
		i := slices.IndexFunc(states, func(l line) bool { return l.Stamp.After(from) && l.Stamp.Before(to) })
		if i >= 0 {
			return refuted([]string{v.lastLine(p), states[i].text}, "a state is printed at the end of an old process of %s", p.Dyno)
		}
		c.add(true, "")
	}
	return c.finding("no old prebooted process ended by itself", "ends print none", "")
}

func (v *view) logDelay() Finding {
	var late longest
	for _, l := range v.lines {
		if v.ofFormation(l.Label) && l.Stamp.After(v.lines[0].came) { // not what was written before the log was opened
			late.add(l.came.Sub(l.Stamp), came(l.text, l.came))
		}
	}
	return delay(late, late, v.give, "no line of a process came while the log was read")
}

// oneClock compares the clocks of the log and of each dyno with the Date of answers. A clock is off if a line came before
// the time in it, or if all lines came late. The clock of a dyno that is off would make the truth wrong.
func (v *view) oneClock() Finding {
	if len(v.lines) == 0 || v.give == 0 {
		return notSeen("there are no lines, or no dates of answers")
	}
	type clock struct {
		name string
		longest
	}
	early, order := map[string]*clock{}, []*clock{}
	add := func(process, name string, at, arrived time.Time, text string) {
		if early[process] == nil {
			early[process] = &clock{name: name}
			order = append(order, early[process])
		}
		early[process].add(at.Sub(arrived), came(text, arrived))
	}
	for _, l := range v.lines {
		add("", "the log", l.Stamp, l.came, l.text)
	}
	for _, l := range v.run.Log {
		if s, ok := evidence.ReadAppLine(l.Text); ok {
			add(s.Process, s.Dyno, s.At, v.time(l.At), l.Text)
		}
	}
	for _, c := range order {
		switch {
		case c.span > slack+v.give:
			return refuted(c.lines, "by the Date of answers, the clock of %s is %.1f s ahead", c.name, c.span.Seconds())
		case c.span < -slack-v.give && c.n >= 10: // fewer lines may all be late
			return refuted(c.lines, "by the Date of answers, the clock of %s is %.1f s behind, or every line came late", c.name, -c.span.Seconds())
		}
	}
	soonest := -order[0].span
	why := fmt.Sprintf("the soonest line came %.1f s after its stamp, give or take %.1f s", soonest.Round(100*time.Millisecond).Seconds(), v.give.Seconds())
	if soonest.Abs()+v.give > slack {
		return notSeen("%s", why)
	}
	return confirmed(nil, "%s", why)
}

func (v *view) metricsID() Finding {
	listed, known := map[[2]string]bool{}, map[string]bool{} // labels with their ids, and labels
	for _, d := range each(v.lists) {
		listed[[2]string{d.Name, d.ID}], known[d.Name] = true, true
	}
	var c cases
	for _, l := range v.lines {
		if l.Kind == observe.Metric && known[l.Label] {
			c.add(listed[[2]string{l.Label, l.UUID}], l.text)
		}
	}
	if c.against > 0 && c.against < c.n { // a dyno may have come and gone between two lists
		return notSeen("%d lines have one, and %d another", c.n-c.against, c.against)
	}
	return c.finding("no line of runtime metrics came", "lines have one", "lines have an id that no list has shown under the label")
}

func (v *view) metricsCome() Finding {
	const most = time.Minute
	last := map[string]line{} // the newest report, by its id
	var l longest
	for _, report := range v.lines {
		if report.Kind != observe.Metric {
			continue
		}
		before, ok := last[report.UUID]
		if last[report.UUID] = report; ok && v.whole(before.Stamp, report.Stamp) {
			l.add(report.Stamp.Sub(before.Stamp), before.text, report.text)
		}
	}
	// An old process that preboot keeps, and that no longer reports under the id of its dyno.
	for _, p := range v.old(true) {
		var report line
		for _, d := range each(v.lists) {
			if d.Name == p.Dyno && v.isOld(d) && last[d.ID].Stamp.After(report.Stamp) {
				report = last[d.ID]
			}
		}
		if d := p.Last.Sub(report.Stamp); !report.Stamp.IsZero() && d > most && v.whole(report.Stamp, p.Last) {
			return refuted([]string{report.text, v.lastLine(p)}, "the last report of an old process came %.0f s before its last line", d.Seconds())
		}
	}
	return l.finding(most, "no process reported twice", "the longest silence is %.1f s")
}
