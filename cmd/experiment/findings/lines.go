// Assumptions about what the log prints, and when.

package findings

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

var printed = []Assumption{
	{
		Name: "turn-line", Says: "When a running dyno is replaced, its label goes from up to starting.",
		Source: `Stack Overflow, "Confirming Heroku's preboot"; captured logs`, judge: turnLine,
	},
	{
		Name: "no-restarting-with-preboot", Says: "With preboot, a deploy prints no “Restarting”.",
		Source: "inferred (docs/simulator.md)", judge: noRestarting,
	},
	{
		Name: "no-state-at-hidden-end", Says: "The end of an old prebooted process prints no state of its label.",
		Source: "inferred (docs/simulator.md)", judge: noStateAtHiddenEnd,
	},
	{
		Name: "log-delay", Says: "A line of a process comes within 10 s of its stamp.",
		Source: "captured logs: at most 0.09 s late; the gate allows 10 s", judge: logDelay,
	},
	{
		Name: "one-clock", Says: "The Date of answers, the stamps of the log and the clocks of dynos differ by 2 s at most.",
		Source: "assumed (docs/how-it-knows.md, StampSlack)", judge: oneClock,
	},
	{
		Name: "metrics-id", Says: "The id in lines of runtime metrics is that of the API's dyno.",
		Source: "signalfx/heroku-signalfx-collector takes it so; not established", judge: metricsID,
	},
	{
		Name: "metrics-come", Says: "Where runtime metrics are on, a process reports at least once a minute.",
		Source: `"Log Runtime Metrics", Dev Center: about every 20 s`, judge: metricsCome,
	},
}

// turned are the labels of which the list showed an old dyno up before the release and a new one after it.
func (v *view) turned() map[string]bool {
	old, both := map[string]bool{}, map[string]bool{}
	for _, l := range v.lists {
		for _, d := range l.dynos {
			switch {
			case v.finished.IsZero():
			case d.Release.Version < v.target.Version && d.State == "up":
				old[d.Name] = true
			case d.Release.Version == v.target.Version && old[d.Name]:
				both[d.Name] = true
			}
		}
	}
	return both
}

func turnLine(v *view) Finding {
	var shown, without []string
	for _, label := range slices.Sorted(maps.Keys(v.turned())) {
		if !v.whole(v.finished, v.finished.Add(time.Minute)) {
			continue
		}
		found := false
		for _, l := range v.of(label, observe.State) {
			if l.From == "up" && l.To == "starting" && l.Stamp.After(v.finished.Add(-slack)) {
				found, shown = true, append(shown, l.text)
				break
			}
		}
		if !found {
			without = append(without, label+" turned without one")
		}
	}
	switch {
	case len(without) > 0:
		return refuted(without, "%d of %d labels turned without that line", len(without), len(without)+len(shown))
	case len(shown) == 0:
		return notSeen("no running dyno was replaced")
	}
	return confirmed(shown, "%d of %d labels", len(shown), len(shown))
}

func noRestarting(v *view) Finding {
	if !v.run.Preboot || len(v.turned()) == 0 {
		return notSeen("no dyno was replaced by preboot")
	}
	until := v.finished.Add(30 * time.Second)
	if _, at, ok := v.acted("restart"); ok && at.Before(until) {
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

func noStateAtHiddenEnd(v *view) Finding {
	seen := 0
	for _, p := range v.old(true) {
		from, to := p.Last.Add(-slack), p.Last.Add(evidence.Every+2*slack)
		if p.Open || !v.whole(from, to) || v.startsNear(p.Dyno, p.Last) {
			continue
		}
		seen++
		for _, l := range v.of(p.Dyno, observe.State) {
			if l.Stamp.After(from) && l.Stamp.Before(to) {
				return refuted([]string{v.sign(p), l.text}, "a state is printed at the end of an old process of %s", p.Dyno)
			}
		}
	}
	if seen == 0 {
		return notSeen("no old prebooted process ended by itself")
	}
	return confirmed(nil, "none at %d ends", seen)
}

// startsNear reports whether a process of the label was started within half a minute: then its states are told, too.
func (v *view) startsNear(label string, t time.Time) bool {
	for _, l := range v.of(label, observe.Start) {
		if l.Stamp.Sub(t).Abs() < 30*time.Second {
			return true
		}
	}
	return false
}

func logDelay(v *view) Finding {
	const most = 10 * time.Second
	delay := v.figures().Log
	switch {
	case !delay.Seen:
		return notSeen("%s", delay.Why)
	case delay.Least > most:
		return refuted(v.latest(), "one was %.1f s late or more", delay.Least.Seconds())
	case delay.Most > most:
		return notSeen("the latest was between %.1f s and %.1f s late", delay.Least.Seconds(), delay.Most.Seconds())
	}
	return confirmed(nil, "the latest was %.1f s late at most", delay.Most.Seconds())
}

// latest is the line that came the longest after its stamp.
func (v *view) latest() []string {
	var longest time.Duration
	var shown []string
	for _, l := range v.lines {
		if d := l.came.Sub(l.Stamp); v.ofFormation(l.Label) && d > longest {
			longest, shown = d, []string{fmt.Sprintf("%s came at %s", l.text, l.came.UTC().Format("15:04:05.0"))}
		}
	}
	return shown
}

// ids are those that lists have shown under a label.
func (v *view) ids() map[string]map[string]bool {
	ids := map[string]map[string]bool{}
	for _, l := range v.lists {
		for _, d := range l.dynos {
			if ids[d.Name] == nil {
				ids[d.Name] = map[string]bool{}
			}
			ids[d.Name][d.ID] = true
		}
	}
	return ids
}

func metricsID(v *view) Finding {
	ids := v.ids()
	var same, other []string
	for _, l := range v.lines {
		switch {
		case l.Kind != observe.Metric || len(ids[l.Label]) == 0:
		case ids[l.Label][l.UUID]:
			same = append(same, l.text)
		default:
			other = append(other, l.text)
		}
	}
	switch {
	case len(same) == 0 && len(other) == 0:
		return notSeen("no line of runtime metrics came")
	case len(same) == 0:
		return refuted(other, "%d lines have an id that no list has shown under the label", len(other))
	case len(other) > 0: // a dyno may have come and gone between two lists
		return notSeen("%d lines have one, and %d another", len(same), len(other))
	}
	return confirmed(same, "%d lines have one", len(same))
}

func metricsCome(v *view) Finding {
	const most = time.Minute
	last := map[string]line{}
	var longest time.Duration
	var shown []string
	reports := 0
	for _, l := range v.lines {
		if l.Kind != observe.Metric {
			continue
		}
		before, ok := last[l.UUID]
		last[l.UUID] = l
		if !ok || !v.whole(before.Stamp, l.Stamp) {
			continue
		}
		reports++
		if d := l.Stamp.Sub(before.Stamp); d > longest {
			longest, shown = d, []string{before.text, l.text}
		}
	}
	if f, silent := v.hiddenSilent(last, most); silent {
		return f
	}
	switch {
	case reports == 0:
		return notSeen("no process reported twice")
	case longest > most:
		return refuted(shown, "one was silent for %.0f s", longest.Seconds())
	}
	return confirmed(shown, "the longest silence is %.0f s", longest.Seconds())
}

// hiddenSilent looks for an old prebooted process that reported under its dyno's id, and no longer does, though it
// lives on unlisted. last are the newest reports by id.
func (v *view) hiddenSilent(last map[string]line, most time.Duration) (f Finding, silent bool) {
	for _, p := range v.old(true) {
		var report line
		for _, l := range v.lists {
			for _, d := range l.dynos {
				if d.Name == p.Dyno && d.Release.Version < v.target.Version && last[d.ID].Stamp.After(report.Stamp) {
					report = last[d.ID]
				}
			}
		}
		if d := p.Last.Sub(report.Stamp); !report.Stamp.IsZero() && d > most && v.whole(report.Stamp, p.Last) {
			return refuted([]string{report.text, v.sign(p)}, "the last report of an old process came %.0f s before its last sign", d.Seconds()), true
		}
	}
	return Finding{}, false
}
