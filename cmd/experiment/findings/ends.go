// What the gate assumes of the ends of old processes, with and without preboot: the gate's holds rest on this.

package findings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/rollout"
)

// Figures of the hold, as docs/how-it-knows.md has them; a test holds them against the gate's own.
const (
	bootAndTraffic = 3 * time.Minute // the boot timeout, and until traffic moves
	killsBegin     = 2 * time.Minute // after that, at the latest
	perDyno        = 12 * time.Second
	replaceHold    = 90 * time.Second
)

var aboutEnds = []Assumption{
	{"first-kill", "With preboot, the first old process gets SIGTERM 3 to 5 minutes after the newest new web dyno was made.",
		"S. Dignam: 3 min 11 s; heroku/barnes, issue 58: 4 min 11 s", "first SIGTERMs of processes that preboot kept", (*view).firstKill},
	{"kills-apart", "With preboot, the last SIGTERM comes at most 12 s for each web dyno after the first.",
		"S. Dignam: 117 s for 10 dynos", "roll-outs with two SIGTERMs or more",
		func(v *view, c *cases) {
			if kills := v.kills(c); len(kills) > 1 {
				first, last := kills[0], kills[len(kills)-1]
				apart := last.Sigterm.Sub(first.Sigterm)
				c.span(apart, apart, time.Duration(len(kills))*perDyno+slack, v.stopped(first), v.stopped(last))
			}
		}},
	{"preboot-hold", "With preboot, no old process outlives the gate's hold.",
		"docs/how-it-knows.md, Holds", "holds of gates", (*view).prebootHold},
	{"plain-hold", "Without preboot, and beside web, an old process is gone 90 s after its label's record turned.",
		"captured logs: SIGTERM up to 42 s after the record turned, SIGKILL 30.2 s later", "old processes without preboot",
		func(v *view, c *cases) {
			for _, p := range v.old(false) {
				least, most := ran(p, v.turnedAt(p.Dyno))
				c.span(least, most, replaceHold, p.Line)
			}
		}},
	{"restart-renews", "A restart inside the preboot window gives the hidden old process of the label a new end.",
		"arches/whacamole, pull request 13", "old processes that were hidden when their label was restarted",
		func(v *view, c *cases) {
			for _, s := range v.run.Steps {
				if label, ok := strings.CutPrefix(s.What, "restart "); ok && v.time(s.At).After(v.target.Created) {
					v.renews(c, label, v.time(s.Done))
					return // a later restart of the same label gives the process another end again
				}
			}
		}},
	{"deploy-renews", "A second deploy inside the preboot window gives hidden old processes a new end.",
		"inferred from arches/whacamole, pull request 13", "old processes that were hidden when there was a second deploy",
		func(v *view, c *cases) {
			for _, r := range v.run.Releases {
				if r.Code == 3 {
					v.renews(c, "all", r.Created)
				}
			}
		}},
	{"crash-kills", "Old prebooted processes are stopped in their time although every new one crashes.",
		"assumed (docs/simulator.md)", "old prebooted processes beside new ones of which all crash", (*view).crashKills},
	{"scaling-refused", "Heroku refuses to scale web while preboot keeps old processes running.",
		"Financial-Times/n-heroku-tools, issue 527; hackclub/hcb", "scalings of web while an old process was hidden",
		func(v *view, c *cases) {
			for _, s := range v.run.Steps {
				at := v.time(s.At)
				if strings.HasPrefix(s.What, "scale web") && at.After(v.target.Created) && lives(v.old(true), at) && !passing.MatchString(s.Refused) {
					c.add(s.Refused != "", fmt.Sprintf("%s %s: %s", at.UTC().Format(time.TimeOnly), s.What, s.Refused))
				}
			}
		}},
}

// passing are refusals that are about the key, the account or Heroku's health, and not about the app.
var passing = regexp.MustCompile(`Heroku answered (401|402|429|5\d\d)\b`)

// undisturbed reports whether nothing was done to the app while its old processes were hidden.
func (v *view) undisturbed() bool {
	return !slices.ContainsFunc(v.run.Steps, func(s evidence.Step) bool {
		at := v.time(s.At)
		return s.Refused == "" && at.After(v.target.Created.Add(slack)) && lives(v.old(true), at)
	})
}

// kills returns the old prebooted processes in the order of their SIGTERMs; none if one printed no SIGTERM, or if the
// app was changed meanwhile.
func (v *view) kills(c *cases) []evidence.Process {
	old := v.old(true)
	slices.SortFunc(old, func(a, b evidence.Process) int { return a.Sigterm.Compare(b.Sigterm) })
	switch {
	case len(old) == 0:
		return nil
	case old[0].Sigterm.IsZero():
		c.unsure("not every old process printed that it got SIGTERM")
		return nil
	case !v.undisturbed():
		c.unsure("the app was changed meanwhile")
		return nil
	}
	return old
}

func (v *view) firstKill(c *cases) {
	kills := v.kills(c)
	if len(kills) == 0 {
		return
	}
	var made time.Time // the newest new web dyno before the first SIGTERM
	ids := map[string]string{}
	for _, d := range v.dynos {
		if d.Type != "web" || !v.isNew(d) || d.CreatedAt.After(kills[0].Sigterm) {
			continue
		}
		if ids[d.Name] != "" && ids[d.Name] != d.ID {
			c.unsure("a new web dyno was replaced meanwhile")
			return
		}
		if ids[d.Name] = d.ID; d.CreatedAt.After(made) {
			made = d.CreatedAt
		}
	}
	after, shown := kills[0].Sigterm.Sub(made), v.stopped(kills[0])
	switch {
	case made.IsZero():
		c.unsure("no new web dyno was listed before the first SIGTERM")
	case after < bootAndTraffic-slack:
		c.add(false, shown)
	default:
		c.span(after, after, bootAndTraffic+killsBegin+slack, shown)
	}
}

func (v *view) prebootHold(c *cases) {
	old := v.old(true)
	if len(old) == 0 {
		return
	}
	last := slices.MaxFunc(old, func(a, b evidence.Process) int { return a.Last.Compare(b.Last) })
	for _, g := range v.run.Gates {
		spare := g.Hold.Sub(last.Last)
		switch {
		case g.Hold.IsZero():
		case g.Result != rollout.Passed && v.time(g.Ended).Before(g.Hold): // it gave up, and something could have renewed the hold later
		case last.Open && spare > 0:
			c.unsure("an old process may have run on where the log has a gap, or ended")
		default:
			c.add(spare >= 0, fmt.Sprintf("the hold of the gate from %s the deploy ended %s from the release, %.1f s after the last line of an old process", g.Name, v.since(g.Hold), spare.Seconds()), last.Line)
		}
	}
}

// turnedAt is when the record of a label turned to the target: when the label's first dyno of the target was made.
func (v *view) turnedAt(label string) time.Time {
	for _, d := range v.dynos {
		if d.Name == label && v.isNew(d) {
			return slices.MaxFunc([]time.Time{d.CreatedAt, v.finished}, time.Time.Compare)
		}
	}
	return v.finished
}

// latest is when old prebooted processes are stopped at the latest, if nothing gives them a new end.
func (v *view) latest() (at time.Time) {
	old := v.old(true)
	for _, p := range old {
		if end := v.turnedAt(p.Dyno).Add(bootAndTraffic + killsBegin + time.Duration(len(old))*perDyno + slack); end.After(at) {
			at = end
		}
	}
	return at
}

// renews judges whether what was done to a label, or to all, gave hidden processes a new end. A process that was
// stopped when it would have been stopped anyway shows nothing.
func (v *view) renews(c *cases, label string, done time.Time) {
	for _, p := range v.old(true) {
		after := p.Sigterm.Sub(done)
		switch {
		case label != "all" && p.Dyno != label || !p.Sigterm.After(done):
		case after >= bootAndTraffic-slack && !p.Sigterm.After(v.latest()):
			c.unsure("one was stopped at a time at which it may have been stopped anyway")
		default:
			c.add(after >= bootAndTraffic-slack, fmt.Sprintf("%s, %.1fs from what should have given it a new end", v.stopped(p), after.Seconds()))
		}
	}
}

func (v *view) crashKills(c *cases) {
	crashed := ""
	for _, d := range v.dynos {
		if d.Type == "web" && v.isNew(d) && d.State == "up" {
			return
		}
		if d.Type == "web" && v.isNew(d) && d.State == "crashed" {
			crashed = v.showDyno(d)
		}
	}
	for _, p := range v.old(true) {
		switch {
		case crashed == "":
		case !p.Sigterm.IsZero() && !p.Sigterm.After(v.latest()):
			c.add(true, crashed, v.stopped(p))
		case p.Last.After(v.latest().Add(time.Minute)):
			c.add(false, crashed, p.Line)
		default:
			c.unsure("how an old process ended was not seen")
		}
	}
}
