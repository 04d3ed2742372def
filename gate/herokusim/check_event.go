// Refusing impossible events.

package herokusim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func (c *checker) events() {
	var before time.Duration
	known, next := c.versions()
	for i := range c.sc.Events {
		e, path := &c.sc.Events[i], fmt.Sprintf("events[%d]", i)
		c.event(path, e)
		c.refuse(e.At < before, path+".at", "event at %s comes after one at %s: put events in the order of their times", e.At, before)
		before = e.At
		if e.Deploy != nil || e.Config != nil || e.Rollback != nil {
			next++
			known[next] = true
		}
		if e.Rollback != nil {
			to := e.Rollback.To
			c.refuse(!known[to] || to == next, path+".rollback.to", "there is no release v%d to go back to: take one from before v%d", to, next)
		}
	}
}

// versions returns the releases before the story, and the newest of them.
func (c *checker) versions() (known map[int]bool, newest int) {
	known = map[int]bool{}
	past := c.sc.past()
	for i, r := range past {
		newest = r.Version
		known[newest] = true
		for n := 1; i == 0 && n <= min(c.sc.Earlier, maxEarlier); n++ {
			known[newest-n] = true
		}
	}
	if c.sc.Young {
		newest = youngVersions
	}
	return known, newest
}

func (c *checker) event(path string, e *Event) {
	c.refuse(e.At < 0, path+".at", "event at %s: the story begins at 0s; what came before is told by releases", e.At)
	c.refuse(e.At > lastEnd, path+".at", "event at %s: a story can have %d days", e.At, lastEnd/(24*time.Hour))
	c.refuse(c.sc.Ends > 0 && e.At > c.sc.Ends, path+".at", "event at %s is after the end of the story at %s: make ends more", e.At, c.sc.Ends)
	switch kinds := e.kinds(); len(kinds) {
	case 0:
		c.refuse(true, path, "the event does not say what happens: give it one of %s", strings.Join(eventKinds, ", "))
	case 1:
	default:
		c.refuse(true, path, "one event is one thing, this one is %s: make two events", strings.Join(kinds, " and "))
	}
	c.timings(path, e.Timing)
	switch {
	case e.Deploy != nil:
		c.commit(path+".deploy.commit", e.Deploy.Commit)
		c.phase(path+".deploy.phase", e.Deploy.Phase)
		c.refuse(e.Deploy.Build != nil && e.Deploy.Build.Takes <= 0, path+".deploy.build", "a build takes some time: say how long with takes")
	case e.Config != nil:
		c.phase(path+".config.phase", e.Config.Phase)
		c.refuse(!oneLine.MatchString(e.Config.Vars), path+".config.vars", "the names of config vars are one line")
	case e.Rollback != nil:
		c.refuse(e.Rollback.To < 1, path+".rollback.to", "a rollback needs the version to go back to, as in \"to: 40\"")
		c.phase(path+".rollback.phase", e.Rollback.Phase)
	case e.Restart != nil:
		c.restart(path+".restart", e.Restart)
	case e.Scale != nil:
		c.refuse(len(e.Scale) == 0, path+".scale", "scale needs a process type and how many, as in \"scale: {web: 2}\"")
		for _, typ := range slices.Sorted(maps.Keys(e.Scale)) {
			c.refuse(!c.has(typ), path+".scale."+typ, "scaling of a process type %q that the app does not have: it has %s", typ, c.types())
			c.refuse(e.Scale[typ] < 0 || e.Scale[typ] > 5000, path+".scale."+typ, "quantity is 0 to 5000, not %d", e.Scale[typ])
		}
	case e.Crash != nil:
		c.label(path+".crash.label", e.Crash.Label)
		c.status(path+".crash.status", e.Crash.Status)
		c.refuse(e.Crash.InPlace && (e.Crash.Stays || e.Crash.Back != nil || e.Crash.Instance == "hidden"), path+".crash.in-place", "in-place is of the listed process, and not together with stays or back")
		who := e.Crash.Instance
		c.refuse(who != "" && who != "listed" && who != "hidden", path+".crash.instance", "instance is listed or hidden, not %q", who)
		c.refuse(e.Crash.Back != nil && (e.Crash.Stays || *e.Crash.Back < 0), path+".crash.back", "back is a time from zero on, and not together with stays")
	case e.Cycle != "":
		c.label(path+".cycle", e.Cycle)
	case e.Idle, e.Wake:
		web, ok := c.sc.Types["web"]
		c.refuse(!ok, path, "only web dynos sleep and wake: the app has %s", c.types())
		c.refuse(web.Size != "eco", path, "only eco dynos sleep and wake: give web \"size: eco\"")
	case e.Run != nil:
		c.oneOff(path+".run", e.Run)
	case e.Scheduler != nil:
		c.oneOff(path+".scheduler", e.Scheduler)
	case e.AddOn != nil:
		c.oneOff(path+".add-on", e.AddOn)
	case e.Say != nil:
		c.refuse(e.Say.Label == "" || e.Say.Text == "" || !oneLine.MatchString(c.sayable(e.Say.Text)), path+".say", "say needs a label and one line of text")
		c.refuse(!word.MatchString(e.Say.Label), path+".say.label", "label %q: use letters, digits, - _ and .", e.Say.Label)
		c.refuse(e.Say.Source != "" && !word.MatchString(e.Say.Source), path+".say.source", "source %q: use letters, digits, - _ and .", e.Say.Source)
		c.refuse(e.Say.Times > maxLines, path+".say.times", "say it %d times: a story can have %d lines", e.Say.Times, maxLines)
		c.refuse(e.Say.Times < 0 || e.Say.Every < 0, path+".say", "times and every cannot be less than zero")
		c.refuse(e.Say.Times > 1 && e.Say.Every == 0, path+".say", "say it %d times: how often? add every", e.Say.Times)
	case e.Rename != "":
		c.refuse(!appName.MatchString(e.Rename), path+".rename", "no app can be called %q: use 3 to 30 small letters, digits and -, and begin with a letter", e.Rename)
	case e.Preboot != nil:
		c.refuse(c.sc.App.Space != "" && *e.Preboot, path+".preboot", "preboot is of the Common Runtime, the app is in space %q", c.sc.App.Space)
	}
}

// sayable is the text without line breaks on Fir, whose log records may contain them.
func (c *checker) sayable(text string) string {
	if c.sc.generation() == "fir" {
		text = strings.ReplaceAll(text, "\n", "")
	}
	return text
}

var eventKinds = []string{"deploy", "config", "rollback", "restart", "scale", "crash", "cycle", "idle", "wake", "run", "scheduler", "add-on", "say", "preboot", "maintenance", "rename"}

func (e *Event) kinds() []string {
	set := []bool{e.Deploy != nil, e.Config != nil, e.Rollback != nil, e.Restart != nil, e.Scale != nil, e.Crash != nil, e.Cycle != "", e.Idle, e.Wake, e.Run != nil, e.Scheduler != nil, e.AddOn != nil, e.Say != nil, e.Preboot != nil, e.Maintenance != nil, e.Rename != ""}
	var kinds []string
	for i, is := range set {
		if is {
			kinds = append(kinds, eventKinds[i])
		}
	}
	return kinds
}

func (c *checker) phase(path string, p *Phase) {
	if p == nil {
		return
	}
	c.refuse(p.Takes <= 0, path, "a release phase takes some time: say how long with takes")
	c.refuse(slices.Contains([]string{"succeeded", "failed", "expired"}, p.Status), path+".status", "status %q is an end: leave it out, or say fails", p.Status)
}

func (c *checker) restart(path string, r *Restart) {
	said := 0
	for _, is := range []bool{r.Type != "", r.Label != "", r.All} {
		if is {
			said++
		}
	}
	c.refuse(said != 1, path, "a restart is of one type, one label, or all: give exactly one")
	c.refuse(r.Type != "" && !c.has(r.Type), path+".type", "restart of a process type %q that the app does not have: it has %s", r.Type, c.types())
	if r.Label != "" {
		c.label(path+".label", r.Label)
	}
}

func (c *checker) oneOff(path string, o *OneOff) {
	typ, _, ok := strings.Cut(o.Label, ".")
	c.refuse(!ok || c.has(typ) || !word.MatchString(o.Label), path+".label", "a one-off dyno needs a label that no process type has, as in \"run.1234\", not %q", o.Label)
	c.status(path+".status", &o.Status)
	c.refuse(!oneLine.MatchString(o.Command), path+".command", "a command is one line")
	c.refuse(o.Takes < 0, path+".takes", "takes cannot be less than zero")
}
