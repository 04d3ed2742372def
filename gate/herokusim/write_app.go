// Requests that create, change and delete apps, and change their features and config vars.

package herokusim

import (
	"fmt"
	"net/http"
)

// names are the parts of the names that Heroku makes up for new apps.
var names = [2][]string{
	{"quiet", "bright", "distant", "gentle", "hollow", "narrow", "plain", "steady"},
	{"basin", "canyon", "delta", "fjord", "harbor", "meadow", "ridge", "summit"},
}

func (c *edit) createApp() *answer {
	var wish struct {
		Name   *string
		Region any
		Stack  any
	}
	if bad := c.read(&wish); bad != nil {
		return bad
	}
	w, there := c.s.writing, 0
	for _, a := range c.s.apps {
		if a.there(c.now) {
			there++
		}
	}
	if there >= w.options.MostApps {
		return invalid("You've reached the limit of %d apps.", w.options.MostApps)
	}
	w.made++
	name := c.unused()
	if wish.Name != nil {
		if bad := c.nameable(*wish.Name); bad != nil {
			return bad
		}
		name = *wish.Name
	}
	template := *c.s.base
	template.App.Name = name
	c.app = &app{created: c.now, grows: &growth{template: &template, appID: idOf("app", name, fmt.Sprint(w.made)), created: c.now}}
	if err := c.app.become(c.app.grows.upTo(c.now + ahead)); err != nil {
		return refusal(http.StatusServiceUnavailable, "service_unavailable", "The simulated Heroku cannot go on: "+err.Error())
	}
	c.s.apps = append(c.s.apps, c.app)
	return reply(c.view().app()).as(http.StatusCreated)
}

// unusedName makes up a name that no app has.
func (c *edit) unused() string {
	rng := c.s.writing.rng
	for {
		name := fmt.Sprintf("%s-%s-%05d", names[0][rng.IntN(len(names[0]))], names[1][rng.IntN(len(names[1]))], rng.IntN(100000))
		if c.s.named(name, c.now) == nil {
			return name
		}
	}
}

// checkName refuses a name that the app cannot have.
func (c *edit) nameable(name string) *answer {
	if !appName.MatchString(name) {
		return invalid("Name must start with a letter, end with a letter or digit and can only contain lowercase letters, digits, and dashes.")
	}
	if other := c.s.named(name, c.now); other != nil && other != c.app {
		return invalid("Name %s is already taken", name)
	}
	return nil
}

func (c *edit) updateApp() *answer {
	var wish struct {
		Name        *string
		Maintenance *bool
	}
	if bad := c.read(&wish); bad != nil {
		return bad
	}
	if wish.Name != nil {
		if bad := c.nameable(*wish.Name); bad != nil {
			return bad
		}
	}
	if bad := c.do(func(p *play) {
		if wish.Name != nil {
			p.rename(*wish.Name)
		}
		if wish.Maintenance != nil {
			p.app.maintenance = *wish.Maintenance
			p.st.app.put("app", p.now, p.app)
		}
	}); bad != nil {
		return bad
	}
	return reply(c.view().app())
}

func (c *edit) deleteApp() *answer {
	last := c.view().app()
	if bad := c.do((*play).end); bad != nil {
		return bad
	}
	c.app.deleted, c.app.gone = c.now, true
	return reply(last)
}

func (c *edit) updateFeature() *answer {
	var wish struct{ Enabled *bool }
	if bad := c.read(&wish); bad != nil {
		return bad
	}
	f := c.shown("features", c.one, http.StatusOK)
	if f.status != http.StatusOK {
		return f
	}
	name := f.value.(object)["name"].(string)
	if wish.Enabled == nil {
		return invalid("Require params: enabled.")
	}
	web, _ := c.app.story.formation.get("web", c.now)
	if name == "preboot" && *wish.Enabled && (small.MatchString(web.size) || c.s.base.App.Space != "") {
		return invalid("Preboot is not available for %s dynos.", orElse(web.size, "private"))
	}
	if bad := c.do(func(p *play) { p.feature(name, *wish.Enabled) }); bad != nil {
		return bad
	}
	return c.shown("features", name, http.StatusOK)
}

func (c *edit) updateVars() *answer {
	var wish map[string]*string
	if bad := c.read(&wish); bad != nil {
		return bad
	}
	now := c.shown("config-vars", "", http.StatusOK).value.(object)
	changed := map[string]*string{}
	for name, value := range wish {
		old, set := now[name]
		if value == nil && set || value != nil && (!set || old != *value) {
			changed[name] = value
		}
	}
	if len(changed) > 0 { // without changes Heroku makes no release
		if bad := c.do(func(p *play) { p.setVars(changed) }); bad != nil {
			return bad
		}
	}
	return c.shown("config-vars", "", http.StatusOK)
}
