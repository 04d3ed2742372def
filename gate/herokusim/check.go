// Refusing scenarios with something impossible.

package herokusim

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A problem is what is wrong, and its YAML path.
type problem struct{ path, reason string }

func (p *problem) Error() string { return p.path + ": " + p.reason }

// check finds the first problem of a scenario; nil if there is none.
func (sc *Scenario) check() *problem {
	c := checker{sc: sc}
	c.app()
	c.releases()
	for _, typ := range slices.Sorted(maps.Keys(sc.Types)) {
		c.typ("types."+typ, typ, sc.Types[typ])
	}
	c.events()
	c.amount()
	c.log()
	for i, f := range sc.Faults {
		c.fault(fmt.Sprintf("faults[%d]", i), f)
	}
	return c.first
}

// checker keeps the first problem that it finds.
type checker struct {
	sc    *Scenario
	first *problem
}

func (c *checker) refuse(bad bool, path, format string, args ...any) {
	if bad && c.first == nil {
		c.first = &problem{path, fmt.Sprintf(format, args...)}
	}
}

// err is the first problem as an error, without its path.
func (c *checker) err() error {
	if c.first == nil {
		return nil
	}
	return errors.New(c.first.reason)
}

var (
	typeName = regexp.MustCompile(`^[-\w]{1,128}$`)
	// These are from Heroku's schema of the Platform API.
	appName   = regexp.MustCompile(`^[a-z][a-z0-9-]{1,28}[a-z0-9]$`)
	spaceName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	hexName   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sizes     = regexp.MustCompile(`^(eco|basic|standard-[12]x|(performance|private|shield)-(s|m|l|l-ram|xl|2xl)|dyno-\d+c-[\d.]+gb)$`)
	small     = regexp.MustCompile(`^(eco|basic)$`)
	spaceSize = regexp.MustCompile(`^(private|shield)-`)
	firSize   = regexp.MustCompile(`^dyno-`)
	request   = regexp.MustCompile(`^[A-Z]+ /\S*$`)
	word      = regexp.MustCompile(`^[-\w.]+$`)
	oneLine   = regexp.MustCompile(`^[^\n\r\x00]*$`)
)

// The limits of a story: enough for the largest app for a week.
const (
	lastEnd    = 7 * 24 * time.Hour
	maxDynos   = 10_000
	maxLines   = 1_000_000
	maxEarlier = 10_000
)

func (c *checker) app() {
	sc := c.sc
	c.refuse(len(sc.Types) == 0, "types", "a scenario needs types: the process types of the app, as in \"types: {web: {quantity: 1}}\"")
	c.refuse(!appName.MatchString(sc.AppName()), "app.name", "no app can be called %q: use 3 to 30 small letters, digits and -, and begin with a letter", sc.App.Name)
	c.refuse(sc.App.Space != "" && (len(sc.App.Space) < 3 || !spaceName.MatchString(sc.App.Space)), "app.space",
		"no space can be called %q: use 3 or more small letters and digits, and single - between them", sc.App.Space)
	gen := sc.App.Generation
	c.refuse(gen != "" && gen != "cedar" && gen != "fir", "app.generation", "generation is cedar or fir, not %q", gen)
	c.refuse(gen == "fir" && sc.App.Space == "", "app", "an app on Fir is in a space: give it one")
	c.refuse(sc.App.Preboot && sc.App.Space != "", "app.preboot", "preboot is of the Common Runtime: leave out space %q or preboot", sc.App.Space)
	c.refuse(sc.App.Stack != "" && sc.App.Stack != "container", "app.stack", "stack is left out or \"container\", not %q", sc.App.Stack)
	c.refuse(sc.MetricsIDs != "" && sc.MetricsIDs != "dyno" && sc.MetricsIDs != "other", "metrics-ids", "metrics-ids is dyno or other, not %q", sc.MetricsIDs)
	c.refuse(sc.Noise != nil && !(*sc.Noise >= 0 && *sc.Noise <= 10000), "noise", "noise is lines in a second, 0 to 10000")
	for path, d := range map[string]time.Duration{"boot-timeout": sc.BootTimeout, "list-lag": sc.ListLag, "ends": sc.Ends} {
		c.refuse(d < 0, path, "%s is %s: it cannot be less than zero", path, d)
	}
	if sc.Gate != nil {
		c.refuse(*sc.Gate < 0, "gate", "gate is %s: the deploy step ends at 0s or later", *sc.Gate)
		c.refuse(*sc.Gate > sc.end(), "gate", "gate at %s is after the end of the story at %s: make gate less, or ends more", *sc.Gate, sc.end())
	}
	c.refuse(sc.Budget != nil && *sc.Budget < 0, "budget", "budget cannot be less than zero")
	c.refuse(sc.Ends > lastEnd, "ends", "the story ends at %s: it can have %d days", sc.Ends, lastEnd/(24*time.Hour))
	c.refuse(!(sc.Drain >= 0), "drain", "drain cannot be less than zero")
}

func (c *checker) releases() {
	sc := c.sc
	c.refuse(sc.Young && len(sc.Releases) > 0, "young", "a young app has no releases: leave out one of the two")
	c.refuse(sc.Earlier < 0 || sc.Earlier > 0 && (len(sc.Releases) == 0 || sc.Earlier >= sc.Releases[0].Version), "earlier",
		"earlier is a number of versions below the first of releases, which has to be given")
	c.refuse(sc.Earlier > maxEarlier, "earlier", "earlier is %d: it can be %d", sc.Earlier, maxEarlier)
	for i, r := range c.sc.Releases {
		path := fmt.Sprintf("releases[%d]", i)
		c.refuse(r.Version < 1, path+".version", "a release needs a version from 1 on, not %d", r.Version)
		c.refuse(r.At >= 0, path+".at", "release v%d is at %s: releases before the story have a time below zero; later ones are events", r.Version, r.At)
		c.commit(path+".commit", r.Commit)
		c.timings(path, r.Timing)
		if i > 0 {
			before := c.sc.Releases[i-1]
			c.refuse(r.Version <= before.Version, path+".version", "release v%d comes after v%d: give it a higher version", r.Version, before.Version)
			c.refuse(r.At <= before.At, path+".at", "release v%d is not later than v%d: give it a later time", r.Version, before.Version)
		}
	}
}

func (c *checker) commit(path, commit string) {
	c.refuse(commit != "" && !hexName.MatchString(commit), path, "a commit is 40 digits of 0-9a-f, not %q", commit)
}

func (c *checker) typ(path, name string, t Type) {
	c.refuse(!typeName.MatchString(name), path, "process type %q: use letters, digits, - and _", name)
	c.refuse(t.Quantity < 0 || t.Quantity > 5000, path+".quantity", "quantity is 0 to 5000, not %d", t.Quantity)
	c.refuse(t.Size != "" && !sizes.MatchString(t.Size), path+".size", "dyno type %q: write one of Heroku's, such as eco, basic, standard-1x, performance-m, private-s or dyno-1c-0.5gb", t.Size)
	at, app := path+".size", c.sc.App
	fir, space := app.Generation == "fir", app.Space != ""
	c.refuse(t.Size != "" && fir && !firSize.MatchString(t.Size), at, "dyno type %q is not of Fir: take one such as dyno-1c-0.5gb", t.Size)
	c.refuse(t.Size != "" && !fir && firSize.MatchString(t.Size), at, "dyno type %q is of Fir alone: take another one, or give the app a space and generation: fir", t.Size)
	c.refuse(t.Size != "" && !fir && space && !spaceSize.MatchString(t.Size), at, "dyno type %q is not of a Private Space: take one such as private-s", t.Size)
	c.refuse(!space && spaceSize.MatchString(t.Size), at, "dyno type %q is of Private Spaces: give the app a space, or take one such as standard-1x", t.Size)
	c.refuse(!oneLine.MatchString(t.Command), path+".command", "a command is one line")
	c.refuse(c.sc.App.Preboot && name == "web" && small.MatchString(t.Size), path+".size", "%s dynos have no preboot: take standard or performance ones, or leave out preboot", t.Size)
	c.timing(path+".timing", t.Timing)
	c.timing(path+".preboot", t.Preboot)
}

// amount refuses a story that is too large for any machine.
func (c *checker) amount() {
	now := map[string]int{}
	sum := func() (n int) {
		for _, quantity := range now {
			n += quantity
		}
		return n
	}
	for typ, t := range c.sc.Types {
		now[typ] = t.Quantity
	}
	c.refuse(sum() > maxDynos, "types", "the app has %d dynos: it can have %d", sum(), maxDynos)
	for i, e := range c.sc.Events {
		maps.Copy(now, e.Scale)
		c.refuse(e.Scale != nil && sum() > maxDynos, fmt.Sprintf("events[%d].scale", i), "the app has %d dynos then: it can have %d", sum(), maxDynos)
	}
	noise := c.sc.noise() * (c.sc.end() + routine).Seconds()
	c.refuse(noise > maxLines, "noise", "noise makes about %d lines to the end of the story at %s: they can be %d", int(min(noise, 1e12)), c.sc.end(), maxLines)
}

func (c *checker) timings(path string, all map[string]Timing) {
	for _, typ := range slices.Sorted(maps.Keys(all)) {
		c.refuse(!c.has(typ), path+".timing."+typ, "timing of a process type %q that the app does not have: it has %s", typ, c.types())
		c.timing(path+".timing."+typ, all[typ])
	}
}

// types lists the app's process types, for a message.
func (c *checker) types() string {
	return strings.Join(slices.Sorted(maps.Keys(c.sc.Types)), ", ")
}

func (c *checker) has(typ string) bool { _, ok := c.sc.Types[typ]; return ok }

func (c *checker) timing(path string, t Timing) {
	for name, s := range map[string]*Span{"turn": t.Turn, "start": t.Start, "up": t.Up, "term": t.Term, "stop": t.Stop, "exit": t.Exit} {
		c.refuse(s != nil && (s.First < 0 || s.Last < 0), path+"."+name, "%s cannot be less than zero", name)
	}
	c.refuse(t.Term != nil && t.Exit != nil, path, "term and exit both say when the old process ends: keep one")
	c.refuse(t.Start != nil && t.Up != nil && (t.Start.First >= t.Up.First || t.Start.Last >= t.Up.Last), path, "a process is up after its start: make start less than up")
	if t.Exit != nil && t.Stop != nil {
		c.refuse(t.Exit.First < stopTime(t.Stop.First) || t.Exit.Last < stopTime(t.Stop.Last), path, "exit leaves no room for stop: the old process would get SIGTERM before the event")
	}
	c.refuse(t.Back != nil && *t.Back < 0, path+".back", "back cannot be less than zero")
	c.status(path+".status", t.Status)
	c.refuse(t.Crash < Always, path+".crash", "crash is a number or \"always\", not \"%d\"", t.Crash)
	c.refuse(t.R10 && t.Crash == 0, path+".r10", "r10 says how the process crashes: say how often with crash")
}

func (c *checker) status(path string, status *int) {
	c.refuse(status != nil && (*status < 0 || *status > 255), path, "an exit status is 0 to 255")
}

// label checks that the app has a dyno of this label, now or after scaling.
func (c *checker) label(path, label string) {
	typ, number, _ := strings.Cut(label, ".")
	n, err := strconv.Atoi(number)
	c.refuse(err != nil || n < 1 || strconv.Itoa(n) != number || !c.has(typ), path, "label %q: write it as in \"web.1\", with a process type of the app, which are %s", label, c.types())
	most := c.sc.Types[typ].Quantity
	for _, e := range c.sc.Events {
		most = max(most, e.Scale[typ])
	}
	c.refuse(n > most, path, "label %q: there are never more than %d dynos of %s: give it a higher quantity, or another label", label, most, typ)
}

func (c *checker) log() {
	l := c.sc.Log
	c.refuse(l.Refused != 0 && (l.Refused < 400 || l.Refused > 599), "log.refused", "refused is the status of an error, 400 to 599, not %d", l.Refused)
	c.refuse(l.History != nil && (*l.History < 0 || *l.History > 1500), "log.history", "history is 0 to 1500 lines")
	c.refuse(l.Chunk < 0, "log.chunk", "chunk is a number of bytes")
	for path, d := range map[string]time.Duration{"cut": l.Cut, "heartbeat": l.Heartbeat, "silent-after": l.SilentAfter, "deaf-after": l.DeafAfter, "api-late": l.APILate} {
		c.refuse(d < 0, "log."+path, "%s cannot be less than zero", path)
	}
	c.share("log.double", &l.Double)
	c.share("log.lose-lines", &l.LoseLines)
	c.share("log.metrics-lose", &l.MetricsLose)
	if l.Late != nil {
		c.share("log.late.share", &l.Late.Share)
		c.refuse(l.Late.By < 0, "log.late.by", "by cannot be less than zero")
	}
	for i, x := range l.Lose {
		path := fmt.Sprintf("log.lose[%d]", i)
		c.share(path+".share", x.Share)
		c.refuse(x.To <= x.From, path, "to is %s, from %s: make to later than from", x.To, x.From)
		c.refuse(!slices.Contains([]string{"", "L11", "L12", "L13"}, x.Notice), path+".notice", "notice is L11, L12, L13 or left out, not %q", x.Notice)
	}
}

func (c *checker) share(path string, share *float64) {
	c.refuse(share != nil && !(*share >= 0 && *share <= 1), path, "a share is 0 to 1")
}

func (c *checker) fault(at string, f Fault) {
	c.refuse(f.To != 0 && f.To <= f.From, at, "to is %s, from %s: make to later than from", f.To, f.From)
	c.share(at+".share", f.Share)
	c.refuse(f.RetryAfter > 0 && f.Status == 0, at+".retry-after", "retry-after goes with a status: add one, such as 429")
	c.refuse(f.RetryAfterAs != "" && f.RetryAfter == 0, at+".retry-after-as", "retry-after-as goes with retry-after: add that")
	c.refuse(!slices.Contains([]string{"", "date", "moment"}, f.RetryAfterAs), at+".retry-after-as", "retry-after-as is date, moment or left out, not %q", f.RetryAfterAs)
	c.refuse(f.Status != 0 && (f.Status < 200 || f.Status > 599), at+".status", "status is 200 to 599, not %d", f.Status)
	c.refuse(f.Delay < 0 || f.Stale < 0 || f.RetryAfter < 0 || f.Trickle < 0, at, "delay, stale, trickle and retry-after cannot be less than zero")
	_, bad := path.Match(f.Request, "")
	c.refuse(f.Request != "" && (!request.MatchString(f.Request) || bad != nil), at+".request", "request is a method and a path, as in \"PATCH /apps/*/formation\", not %q", f.Request)
	c.refuse(f.Page < 0 || f.Page > 2, at+".page", "page is 1, the first, or 2, all further ones")
	wrong := f.Status != 0 || f.Body != "" || f.HTML || f.Hang || f.Reset || f.CutBody || f.Stale > 0 || f.Delay > 0 || f.Clock != 0 || f.NoDate || f.Trickle > 0
	c.refuse(!wrong, at, "the fault does not say what is wrong: give status, body, html, hang, reset, cut-body, stale, delay, clock, no-date or trickle")
}
