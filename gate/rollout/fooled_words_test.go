// The words of the cases in testdata/fooled, and the observations that the core gets for them.

package rollout_test

import (
	"cmp"

	"regexp"
	"strconv"
	"strings"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// matches reports whether the words of the line have a form, and sets their parts.
func (c *fooledCase) matches(form string) bool {
	c.parts = regexp.MustCompile("^" + form + "$").FindStringSubmatch(c.words)
	return c.parts != nil
}

func number(digits string) int { n, _ := strconv.Atoi(digits); return n }

// event reads a line of the script.
func (c *fooledCase) event(d time.Duration) {
	if !c.begun && !c.appUnknown {
		c.add(0, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Generation: "cedar"}})
		c.add(0, observe.Observation{Preboot: &observe.Preboot{Known: true}})
	}
	if c.begun && d < c.now {
		c.fail("%s comes after %s", d, c.now)
	}
	c.begun, c.now = true, d
	switch {
	case c.matches(`app: (Cedar|Fir), in the space (\S+)`):
		c.add(d, observe.Observation{App: &observe.App{ID: "a", Name: "shop", Space: c.parts[2], Generation: strings.ToLower(c.parts[1])}})
	case c.matches(`preboot: (on|off|not told)`):
		c.add(d, observe.Observation{Preboot: &observe.Preboot{Known: c.parts[1] != "not told", Enabled: c.parts[1] == "on"}})
	case c.matches(`releases: (.+)`):
		c.setReleases(c.parts[1])
	case c.matches(`formation: (.+)`):
		c.setFormation(c.parts[1])
	case c.matches(`look: (.+)`):
		c.addLook(d, d, c.parts[1])
	case c.matches(`look, asked for at (\S+): (.+)`):
		c.addLook(c.time(c.parts[1]), d, c.parts[2])
	case c.matches(`look every (\S+) until (\S+): (.+)`):
		for every, until, list := c.time(c.parts[1]), c.time(c.parts[2]), c.parts[3]; d <= until && every > 0; d += every {
			c.addLook(d, d, list)
			c.now = d
		}
	case c.matches(`slug (\S+): commit ([0-9a-f]+)`):
		c.add(d, observe.Observation{Code: &observe.Code{ID: c.parts[1], Commit: c.parts[2]}})
	case c.matches(`build: (pending|succeeded|failed), commit ([0-9a-f]+), created (\S+)`):
		build := observe.Build{Status: c.parts[1], Commit: c.parts[2], CreatedAt: at(c.time(c.parts[3]))}
		c.add(d, observe.Observation{Builds: &observe.Builds{Builds: []observe.Build{build}}})
	case c.matches(`log whole since (\S+)`):
		c.add(d, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing, Since: at(c.time(c.parts[1]))}})
		c.steps, c.history = append(c.steps, c.history...), nil
	case c.matches(`log (broken|gapped|refused): (.+)`):
		c.add(d, observe.Observation{Log: &observe.LogStatus{State: observe.LogState(c.parts[1]), Reason: c.parts[2]}})
	case c.matches(`time passes`):
		c.add(d, observe.Observation{})
	case c.matches(`the timeout is reached`):
		c.add(d, observe.Observation{End: observe.Deadline})
	case c.matches(`shut: .+`):
		c.addCheck(func(_ rollout.Verdict, done bool) bool { return !done })
	case c.matches(`open: (proven|presumed)`):
		basis := rollout.Basis(c.parts[1])
		c.addCheck(func(v rollout.Verdict, _ bool) bool { return v.Result == rollout.Passed && v.Basis == basis })
	case c.matches(`ends: ([a-z-]+)`):
		reason := rollout.Reason(c.parts[1])
		c.addCheck(func(v rollout.Verdict, _ bool) bool { return v.Reason == reason })
	case c.matches(`late, of ([^ :]+): (\S+): (.+)`):
		c.addLine(d, c.time(c.parts[1]), c.parts[2], c.parts[3])
	case c.matches(`([a-z0-9.\[\]-]+): (.+)`):
		c.addLine(d, d, c.parts[1], c.parts[2])
	default:
		c.fail("unknown words %q", c.words)
	}
}

func (c *fooledCase) addCheck(holds func(rollout.Verdict, bool) bool) {
	c.checked = true
	c.steps = append(c.steps, step{line: c.line, words: c.words, holds: holds})
}

func (c *fooledCase) add(d time.Duration, o observe.Observation) {
	o.At = max(d, 0)
	s := step{line: c.line, words: c.words, observed: &o}
	switch {
	case d >= 0:
		c.steps = append(c.steps, s)
	case o.Line == nil:
		c.fail("before 0s there are only lines of the log")
	default:
		c.history = append(c.history, s)
	}
}

// addLine adds a line of the log. Its time is a millisecond after the second that the case gives.
func (c *fooledCase) addLine(d, written time.Duration, source, message string) {
	if source != "app[api]" {
		source = "heroku[" + source + "]"
	}
	stamp := at(written + time.Millisecond).Format(time.RFC3339Nano)
	l, ok := logtail.Parse([]byte(stamp + " " + source + ": " + message))
	if !ok {
		c.fail("unknown words %q: Heroku's log has no such line", c.words)
	}
	c.add(d, observe.Observation{Line: &l})
}

// items splits a list into its items. Each must have the form; the result has its parts.
func (c *fooledCase) items(list, empty, form string) (items [][]string) {
	if list == empty {
		return nil
	}
	form = "^" + strings.ReplaceAll(form, "TIME", `([^ ,]+)`) + "$"
	for item := range strings.SplitSeq(list, "; ") {
		parts := regexp.MustCompile(form).FindStringSubmatch(item)
		if parts == nil {
			c.fail("unknown words %q in the list", item)
			return nil
		}
		items = append(items, parts[1:])
	}
	return items
}

// addLook adds a look at all lists. If the case does not say when the state of a dyno changed, that is 5 s
// after the creation.
func (c *fooledCase) addLook(asked, d time.Duration, list string) {
	look := c.lists
	look.AskedAt, look.Dynos = asked, []observe.Dyno{}
	const form = `(([a-z]+)[.-]\S+) v(\d+) (crashed|down|idle|starting|up), created TIME(?:, changed TIME)?`
	for _, p := range c.items(list, "no dynos", form) {
		rec := dyno(p[0], number(p[2]), p[3], c.time(p[4]))
		rec.Type = p[1]
		if p[5] != "" {
			rec.UpdatedAt = at(c.time(p[5]))
		}
		look.Dynos = append(look.Dynos, rec)
	}
	c.add(d, observe.Observation{Date: at(asked), Look: &look})
}

func (c *fooledCase) setFormation(list string) {
	c.lists.Formation = []observe.Formation{}
	for _, p := range c.items(list, "empty", `([a-z]+)=(\d+)(?:, created TIME)?(?:, scaled TIME)?`) {
		c.lists.Formation = append(c.lists.Formation, observe.Formation{
			Type: p[0], Quantity: number(p[1]),
			CreatedAt: at(c.time(cmp.Or(p[2], "-999h"))), UpdatedAt: at(c.time(cmp.Or(p[3], "-99h"))),
		})
	}
}

// setReleases sets what the list of releases shows. What the case does not say of a release stays as it was.
// A new release has succeeded, and has a slug of its own.
func (c *fooledCase) setReleases(list string) {
	c.lists.Releases = []observe.Release{}
	const form = `v(\d+)(?:, (pending|succeeded|failed|expired|status "[a-z]*"))?(?:, (current|not current))?(?:, slug ([^ ,]+)|, (no slug))?(?:, created TIME)?(?:, updated TIME)?`
	for _, p := range c.items(list, "", form) {
		r, known := c.releases[p[0]]
		if !known {
			r = observe.Release{ID: "r" + p[0], Version: number(p[0]), Status: "succeeded", SlugID: "s" + p[0]}
		}
		if p[1] != "" {
			r.Status = strings.Trim(strings.TrimPrefix(p[1], "status "), `"`)
		}
		if p[2] != "" {
			r.Current = p[2] == "current"
		}
		if p[3] != "" || p[4] != "" {
			r.SlugID = p[3]
		}
		if p[5] != "" {
			r.CreatedAt = at(c.time(p[5]))
		}
		if p[6] != "" {
			r.UpdatedAt = at(c.time(p[6]))
		}
		c.releases[p[0]] = r
		c.lists.Releases = append(c.lists.Releases, r)
	}
}
