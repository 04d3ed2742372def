// Assumptions about the time in which old processes hide: the holds rest on them.

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
	plainHold      = 90 * time.Second
)

var hiding = []Assumption{
	{
		Name: "first-kill", Says: "With preboot, the first old process gets SIGTERM 3 to 5 minutes after the newest new web dyno was made.",
		Source: "S. Dignam: 3 min 11 s; heroku/barnes, issue 58: 4 min 11 s", judge: firstKill,
	},
	{
		Name: "kills-apart", Says: "With preboot, the last SIGTERM comes at most 12 s for each web dyno after the first.",
		Source: "S. Dignam: 117 s for 10 dynos", judge: killsApart,
	},
	{
		Name: "preboot-hold", Says: "With preboot, no old process outlives the gate's hold.",
		Source: "docs/how-it-knows.md, Holds", judge: prebootHold,
	},
	{
		Name: "plain-hold", Says: "Without preboot, and beside web, an old process is gone 90 s after its label's record turned.",
		Source: "captured logs: SIGTERM up to 42 s after the record turned, SIGKILL 30.2 s later", judge: plainHoldHolds,
	},
	{
		Name: "restart-renews", Says: "A restart inside the preboot window gives the hidden old process of the label a new end.",
		Source: "arches/whacamole, pull request 13", judge: restartRenews,
	},
	{
		Name: "deploy-renews", Says: "A second deploy inside the preboot window gives hidden old processes a new end.",
		Source: "inferred from arches/whacamole, pull request 13", judge: deployRenews,
	},
	{
		Name: "crash-kills", Says: "Old prebooted processes are stopped in their time although every new one crashes.",
		Source: "assumed (docs/simulator.md)", judge: crashKills,
	},
	{
		Name: "scaling-refused", Says: "Heroku refuses to scale web while preboot keeps old processes running.",
		Source: "Financial-Times/n-heroku-tools, issue 527; hackclub/hcb", judge: scalingRefused,
	},
}

// newest is when the newest web dyno of the release was made, by the lists, of those made before a time. Again: a label
// had two of them, so that a dyno was replaced meanwhile.
func (v *view) newest(before time.Time) (made time.Time, again bool) {
	ids := map[string]string{}
	for _, l := range v.lists {
		for _, d := range l.dynos {
			if d.Type != "web" || d.Release.Version != v.target.Version || d.CreatedAt.After(before) {
				continue
			}
			again = again || ids[d.Name] != "" && ids[d.Name] != d.ID
			ids[d.Name] = d.ID
			if d.CreatedAt.After(made) {
				made = d.CreatedAt
			}
		}
	}
	return made, again
}

// undisturbed reports whether nothing was done to the app while its old processes hid.
func (v *view) undisturbed() bool {
	for _, s := range v.run.Steps {
		at := v.time(s.At)
		if s.Refused == "" && at.After(v.target.Created.Add(slack)) && lives(v.old(true), at) {
			return false
		}
	}
	return true
}

// kills are the old prebooted processes that told of their SIGTERM, in the order of it.
func (v *view) kills() (all []evidence.Process) {
	for _, p := range v.old(true) {
		if !p.Sigterm.IsZero() {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b evidence.Process) int { return a.Sigterm.Compare(b.Sigterm) })
	return all
}

// stopped is a process with its SIGTERM, for people.
func (v *view) stopped(p evidence.Process) string {
	return fmt.Sprintf("%s, code %d: SIGTERM at %s, %s from the release", p.Dyno, p.Code, p.Sigterm.UTC().Format("15:04:05.000"), v.since(p.Sigterm))
}

func firstKill(v *view) Finding {
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
	switch {
	case after < bootAndTraffic-slack: // whatever came before it was sooner still
		return refuted(lines, "it came after %.1f s", after.Seconds())
	case len(kills) < len(v.old(true)):
		return notSeen("not every old process told of its SIGTERM, so an earlier one may be missing")
	case after > bootAndTraffic+killsBegin+slack:
		return refuted(lines, "it came after %.1f s", after.Seconds())
	}
	return confirmed(lines, "it came after %.1f s", after.Seconds())
}

func killsApart(v *view) Finding {
	kills := v.kills()
	switch {
	case len(kills) < 2 || len(kills) < len(v.old(true)):
		return notSeen("not every old process told of its SIGTERM, or there was one")
	case !v.undisturbed():
		return notSeen("the app was changed meanwhile")
	}
	first, last := kills[0], kills[len(kills)-1]
	spread, lines := last.Sigterm.Sub(first.Sigterm), []string{v.stopped(first), v.stopped(last)}
	if spread > time.Duration(len(kills))*perDyno+slack {
		return refuted(lines, "%.1f s for %d dynos", spread.Seconds(), len(kills))
	}
	return confirmed(lines, "%.1f s for %d dynos", spread.Seconds(), len(kills))
}

// last is the one that told of itself the latest.
func last(all []evidence.Process) evidence.Process {
	return slices.MaxFunc(all, func(a, b evidence.Process) int { return a.Last.Compare(b.Last) })
}

func prebootHold(v *view) Finding {
	old := v.old(true)
	if len(old) == 0 {
		return notSeen("no old process was kept by preboot")
	}
	gate, until := v.hold("web")
	if until.IsZero() {
		return notSeen("no gate told of its hold")
	}
	p := last(old)
	ended := fmt.Sprintf("the hold of the gate from %s the deploy ended %s from the release", gate, v.since(until))
	if spare := until.Sub(p.Last); spare < 0 {
		return refuted([]string{v.sign(p)}, "%s, and an old process told of itself %.1f s later", ended, -spare.Seconds())
	} else if p.Open {
		return notSeen("an old process may have run on where the log has a gap, or ended")
	}
	return confirmed([]string{v.sign(p)}, "%s, %.1f s after the last sign", ended, until.Sub(p.Last).Seconds())
}

func plainHoldHolds(v *view) Finding {
	old := v.old(false)
	if len(old) == 0 {
		return notSeen("no such process ran when the release was finished")
	}
	var longest time.Duration
	var shown []string
	open := false
	for _, p := range old {
		if d := p.Last.Sub(v.turnedAt(p.Dyno)); shown == nil || d > longest {
			longest, shown = d, []string{v.sign(p)}
		}
		open = open || p.Open
	}
	switch {
	case longest > plainHold:
		return refuted(shown, "one told of itself %.1f s later", longest.Seconds())
	case open:
		return notSeen("an old process may have run on where the log has a gap, or ended")
	}
	return confirmed(shown, "the last sign of one came %.1f s after that", longest.Seconds())
}

// turnedAt is when the record of a label turned to the measured release: when its first dyno of that was made.
func (v *view) turnedAt(label string) time.Time {
	for _, l := range v.lists {
		for _, d := range l.dynos {
			if d.Name == label && d.Release.Version == v.target.Version {
				return slices.MaxFunc([]time.Time{d.CreatedAt, v.finished}, time.Time.Compare)
			}
		}
	}
	return v.finished
}

func crashKills(v *view) Finding {
	ups, crashes := 0, ""
	for i := range v.lists {
		l := &v.lists[i]
		is := func(d dyno) bool { return d.Type == "web" && d.Release.Version == v.target.Version }
		for _, d := range l.dynos {
			switch {
			case !is(d):
			case d.State == "up":
				ups++
			case d.State == "crashed":
				crashes = l.show(v, is)
			}
		}
	}
	old := v.old(true)
	if ups > 0 || crashes == "" || len(old) == 0 {
		return notSeen("there were no old processes beside new ones of which all crash")
	}
	kills := v.kills()
	latest := v.finished.Add(bootAndTraffic + killsBegin + time.Duration(len(old))*perDyno)
	if len(kills) == len(old) && !kills[len(kills)-1].Sigterm.After(latest.Add(slack)) {
		return confirmed([]string{crashes, v.stopped(kills[0])}, "they were")
	}
	if p := last(old); p.Last.After(latest.Add(time.Minute)) {
		return refuted([]string{crashes, v.sign(p)}, "one still told of itself %s from the release", v.since(p.Last))
	}
	return notSeen("how the old processes ended was not seen")
}

// passing are refusals that are about the key, the account or Heroku's health, and not about the app.
var passing = regexp.MustCompile(`Heroku answered (401|402|429|5\d\d)\b`)

func scalingRefused(v *view) Finding {
	var refusals []string
	for _, s := range v.run.Steps {
		at := v.time(s.At)
		if !strings.HasPrefix(s.What, "scale web") || !at.After(v.target.Created) || !lives(v.old(true), at) {
			continue
		}
		if s.Refused == "" {
			return refuted([]string{fmt.Sprintf("%s %s", at.UTC().Format(time.TimeOnly), s.What)}, "it was done %s from the release", v.since(at))
		}
		if passing.MatchString(s.Refused) {
			continue
		}
		refusals = append(refusals, fmt.Sprintf("%s %s: %s", at.UTC().Format(time.TimeOnly), s.What, s.Refused))
	}
	if len(refusals) == 0 {
		return notSeen("nothing was scaled while an old process hid")
	}
	return confirmed(refusals, "it refused %d times", len(refusals))
}
