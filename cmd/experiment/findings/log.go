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

// replaced returns the labels of which the list showed an old dyno up, and later a new dyno.
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
	return delay(v.figures().Log, evidence.Late, v.latest())
}

// latest is the line that came the longest after its stamp.
func (v *view) latest() []string {
	var late longest
	for _, l := range v.lines {
		if v.ofFormation(l.Label) {
			late.add(l.came.Sub(l.Stamp), came(l.text, l.came))
		}
	}
	return late.lines
}

// oneClock looks for lines that came before they were written.
func (v *view) oneClock() Finding {
	if len(v.lines) == 0 || v.give == 0 {
		return notSeen("there are no lines, or no dates of answers")
	}
	var early longest
	for _, l := range v.lines {
		early.add(l.Stamp.Sub(l.came), came(l.text, l.came))
	}
	soonest := -early.span
	switch {
	case soonest < -slack-v.give:
		return refuted(early.lines, "a line came %.1f s before it was written", -soonest.Seconds())
	case soonest > slack+v.give: // all are late by the Date, or its clock is ahead
		return refuted(v.latest(), "every line came %.1f s or more after it was written", soonest.Seconds())
	}
	if f, wrong := v.dynoClocks(); wrong {
		return f
	}
	why := fmt.Sprintf("the soonest line came %.1f s after its stamp, give or take %.1f s", soonest.Round(100*time.Millisecond).Seconds(), v.give.Seconds())
	if soonest.Abs()+v.give > slack {
		return notSeen("%s", why)
	}
	return confirmed(nil, "%s", why)
}

// dynoClocks looks for a dyno whose clock is off, which would make the truth wrong: its lines come before the time that
// they tell, or all of them come late.
func (v *view) dynoClocks() (f Finding, wrong bool) {
	early := map[string]*longest{} // of each process
	var order []evidence.AppLine   // one of each process
	for _, l := range v.run.Log {
		s, ok := evidence.ReadAppLine(l.Text)
		if !ok {
			continue
		}
		if early[s.Process] == nil {
			early[s.Process] = &longest{}
			order = append(order, s)
		}
		early[s.Process].add(s.At.Sub(v.time(l.At)), came(l.Text, v.time(l.At)))
	}
	for _, s := range order {
		switch e := early[s.Process]; {
		case e.span > slack+v.give:
			return refuted(e.lines, "the clock of %s is %.1f s ahead", s.Dyno, e.span.Seconds()), true
		case e.span < -slack-v.give && e.n >= 10: // fewer lines may all be late
			return refuted(e.lines, "the clock of %s is %.1f s behind, or every line of it came late", s.Dyno, -e.span.Seconds()), true
		}
	}
	return Finding{}, false
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
