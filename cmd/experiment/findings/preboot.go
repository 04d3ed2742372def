// When old processes end, with and without preboot: the gate's holds rest on this.

package findings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// Figures of the hold, as docs/how-it-knows.md has them; a test holds them against the gate's own.
const (
	bootAndTraffic = 3 * time.Minute // the boot timeout, and until traffic moves
	killsBegin     = 2 * time.Minute // after that, at the latest
	perDyno        = 12 * time.Second
	replaceHold    = 90 * time.Second
)

// newest is when the newest web dyno of the release was made, of the dynos made before a time. again: a label had two
// new dynos, so that one was replaced.
func (v *view) newest(before time.Time) (made time.Time, again bool) {
	ids := map[string]string{}
	for _, d := range each(v.lists) {
		if d.Type != "web" || !v.isNew(d) || d.CreatedAt.After(before) {
			continue
		}
		again = again || ids[d.Name] != "" && ids[d.Name] != d.ID
		if ids[d.Name] = d.ID; d.CreatedAt.After(made) {
			made = d.CreatedAt
		}
	}
	return made, again
}

// undisturbed reports whether nothing was done to the app while its old processes were hidden.
func (v *view) undisturbed() bool {
	return !slices.ContainsFunc(v.run.Steps, func(s evidence.Step) bool {
		at := v.time(s.At)
		return s.Refused == "" && at.After(v.target.Created.Add(slack)) && lives(v.old(true), at)
	})
}

// kills returns the old prebooted processes that printed that they got SIGTERM, in the order of that.
func (v *view) kills() []evidence.Process {
	all := slices.DeleteFunc(v.old(true), func(p evidence.Process) bool { return p.Sigterm.IsZero() })
	slices.SortFunc(all, func(a, b evidence.Process) int { return a.Sigterm.Compare(b.Sigterm) })
	return all
}

// stopped is a process with its SIGTERM, as a line.
func (v *view) stopped(p evidence.Process) string {
	return fmt.Sprintf("%s, code %d: SIGTERM at %s, %s from the release", p.Dyno, p.Code, p.Sigterm.UTC().Format("15:04:05.000"), v.since(p.Sigterm))
}

func (v *view) firstKill() Finding {
	kills := v.kills()
	if len(kills) == 0 {
		return notSeen("no old process was kept by preboot and then stopped")
	}
	made, again := v.newest(kills[0].Sigterm)
	switch {
	case made.IsZero():
		return notSeen("no new web dyno was listed before the first SIGTERM")
	case !v.undisturbed():
		return notSeen("the app was changed meanwhile")
	case again:
		return notSeen("a new web dyno was replaced meanwhile")
	}
	after, lines := kills[0].Sigterm.Sub(made), []string{v.stopped(kills[0])}
	tooSoon, tooLate := after < bootAndTraffic-slack, after > bootAndTraffic+killsBegin+slack
	switch {
	case !tooSoon && len(kills) < len(v.old(true)): // the one that is missing may be the first
		return notSeen("not every old process printed that it got SIGTERM")
	case tooSoon || tooLate:
		return refuted(lines, "it came after %.1f s", after.Seconds())
	}
	return confirmed(lines, "it came after %.1f s", after.Seconds())
}

func (v *view) killsApart() Finding {
	kills := v.kills()
	switch {
	case len(kills) < 2 || len(kills) < len(v.old(true)):
		return notSeen("there were fewer than two old processes, or not every old process printed that it got SIGTERM")
	case !v.undisturbed():
		return notSeen("the app was changed meanwhile")
	}
	first, last, n := kills[0], kills[len(kills)-1], len(kills)
	var l longest
	l.add(last.Sigterm.Sub(first.Sigterm), v.stopped(first), v.stopped(last))
	return l.finding(time.Duration(n)*perDyno+slack, "", fmt.Sprintf("%%.1f s for %d dynos", n))
}

func (v *view) prebootHold() Finding {
	old := v.old(true)
	if len(old) == 0 {
		return notSeen("no old process was kept by preboot")
	}
	gate, until := v.hold()
	if until.IsZero() {
		return notSeen("no gate had a hold to its end")
	}
	p := last(old)
	lines, spare := []string{v.lastLine(p)}, until.Sub(p.Last)
	ended := fmt.Sprintf("the hold of the gate from %s the deploy ended %s from the release", gate, v.since(until))
	switch {
	case spare < 0:
		return refuted(lines, "%s, and an old process printed a line %.1f s later", ended, -spare.Seconds())
	case p.Open:
		return notSeen("an old process may have run on where the log has a gap, or ended")
	}
	return confirmed(lines, "%s, %.1f s after the last line of an old process", ended, spare.Seconds())
}

func (v *view) plainHold() Finding {
	var l longest
	open := false
	for _, p := range v.old(false) {
		l.add(p.Last.Sub(v.turnedAt(p.Dyno)), v.lastLine(p))
		open = open || p.Open
	}
	if l.span <= replaceHold && open {
		return notSeen("an old process may have run on where the log has a gap, or ended")
	}
	return l.finding(replaceHold, "no such process ran when the release was finished", "the last line of one came %.1f s after that")
}

// turnedAt is when the record of a label turned to the target: when the label's first dyno of the target was made.
func (v *view) turnedAt(label string) time.Time {
	for _, d := range each(v.lists) {
		if d.Name == label && v.isNew(d) {
			return slices.MaxFunc([]time.Time{d.CreatedAt, v.finished}, time.Time.Compare)
		}
	}
	return v.finished
}

func (v *view) restartRenews() Finding {
	s, done, ok := v.did("restart ")
	if !ok || !v.run.Preboot {
		return notSeen("nothing was restarted inside the window")
	}
	label := strings.TrimPrefix(s.What, "restart ")
	old := slices.DeleteFunc(v.old(true), func(p evidence.Process) bool { return label != "all" && p.Dyno != label })
	return v.renews(old, done, "the restart")
}

func (v *view) deployRenews() Finding {
	for _, r := range v.run.Releases {
		if r.Code == 3 {
			return v.renews(v.old(true), r.Created, "the second release")
		}
	}
	return notSeen("there was no second deploy")
}

// renews judges whether what was done gave hidden processes a new end. A process that was stopped when it would have
// been stopped anyway shows nothing.
func (v *view) renews(old []evidence.Process, done time.Time, what string) Finding {
	var anyway time.Time // when they are stopped at the latest without what was done
	all := v.old(true)
	for _, p := range all {
		if end := v.turnedAt(p.Dyno).Add(bootAndTraffic + killsBegin + time.Duration(len(all))*perDyno + slack); end.After(anyway) {
			anyway = end
		}
	}
	var shown []string
	either := false
	for _, p := range old {
		if !p.Last.After(done) || p.Sigterm.IsZero() {
			continue
		}
		if after := p.Sigterm.Sub(done); after < bootAndTraffic-slack {
			return refuted([]string{v.stopped(p)}, "it was stopped %.1f s after %s", after.Seconds(), what)
		}
		shown, either = append(shown, v.stopped(p)), either || !p.Sigterm.After(anyway)
	}
	switch {
	case len(shown) == 0:
		return notSeen("no old process that was hidden then was stopped later")
	case either:
		return notSeen("it was stopped 3 minutes or more after %s, but at a time at which it may have been stopped anyway", what)
	}
	return confirmed(shown, "it was stopped 3 minutes or more after %s", what)
}

func (v *view) crashKills() Finding {
	newWeb := func(d dyno) bool { return d.Type == "web" && v.isNew(d) }
	up, crashed := false, ""
	for l, d := range each(v.lists) {
		up = up || newWeb(d) && d.State == "up"
		if newWeb(d) && d.State == "crashed" {
			crashed = v.showDynos(l, newWeb)
		}
	}
	old, kills := v.old(true), v.kills()
	if up || crashed == "" || len(old) == 0 {
		return notSeen("there were no old processes beside new ones of which all crash")
	}
	latest := v.finished.Add(bootAndTraffic + killsBegin + time.Duration(len(old))*perDyno)
	if len(kills) == len(old) && !kills[len(kills)-1].Sigterm.After(latest.Add(slack)) {
		return confirmed([]string{crashed, v.stopped(kills[0])}, "they were")
	}
	if p := last(old); p.Last.After(latest.Add(time.Minute)) {
		return refuted([]string{crashed, v.lastLine(p)}, "one still printed a line %s from the release", v.since(p.Last))
	}
	return notSeen("how the old processes ended was not seen")
}

// passing are refusals that are about the key, the account or Heroku's health, and not about the app.
var passing = regexp.MustCompile(`Heroku answered (401|402|429|5\d\d)\b`)

func (v *view) scalingRefused() Finding {
	var refusals []string
	for _, s := range v.run.Steps {
		at := v.time(s.At)
		if !strings.HasPrefix(s.What, "scale web") || !at.After(v.target.Created) || !lives(v.old(true), at) || passing.MatchString(s.Refused) {
			continue
		}
		shown := at.UTC().Format(time.TimeOnly) + " " + s.What
		if s.Refused == "" {
			return refuted([]string{shown}, "it was done %s from the release", v.since(at))
		}
		refusals = append(refusals, shown+": "+s.Refused)
	}
	if len(refusals) == 0 {
		return notSeen("nothing was scaled while an old process was hidden")
	}
	return confirmed(refusals, "it refused %d times", len(refusals))
}
