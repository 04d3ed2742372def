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

func (c *writeRequest) createApp() *answer {
	var params struct {
		Name   *string
		Region any
		Stack  any
	}
	if bad := c.read(&params); bad != nil {
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
	name := c.unusedName()
	if params.Name != nil {
		if bad := c.checkName(*params.Name); bad != nil {
			return bad
		}
		name = *params.Name
	}
	template := *c.s.base
	template.App.Name = name
	c.app = &app{created: c.now, grows: &growth{template: &template, appID: idOf("app", name, fmt.Sprint(w.made)), created: c.now}}
	if err := c.app.replay(c.app.grows.upTo(c.now + ahead)); err != nil {
		return refusal(http.StatusServiceUnavailable, "service_unavailable", "The simulated Heroku cannot go on: "+err.Error())
	}
	c.s.apps = append(c.s.apps, c.app)
	return reply(c.view().app()).withStatus(http.StatusCreated)
}

// unusedName makes up a name that no app has.
func (c *writeRequest) unusedName() string {
	rng := c.s.writing.rng
	for {
		name := fmt.Sprintf("%s-%s-%05d", names[0][rng.IntN(len(names[0]))], names[1][rng.IntN(len(names[1]))], rng.IntN(100000))
		if c.s.findLocked(name, c.now) == nil {
			return name
		}
	}
}

// checkName refuses a name that the app cannot have.
func (c *writeRequest) checkName(name string) *answer {
	if !appName.MatchString(name) {
		return invalid("Name must start with a letter, end with a letter or digit and can only contain lowercase letters, digits, and dashes.")
	}
	if other := c.s.findLocked(name, c.now); other != nil && other != c.app {
		return invalid("Name %s is already taken", name)
	}
	return nil
}

func (c *writeRequest) updateApp() *answer {
	var params struct {
		Name        *string
		Maintenance *bool
	}
	if bad := c.read(&params); bad != nil {
		return bad
	}
	if params.Name != nil {
		if bad := c.checkName(*params.Name); bad != nil {
			return bad
		}
	}
	if bad := c.change(func(p *play) {
		if params.Name != nil {
			p.rename(*params.Name)
		}
		if params.Maintenance != nil {
			p.app.maintenance = *params.Maintenance
			p.st.app.put("app", p.now, p.app)
		}
	}); bad != nil {
		return bad
	}
	return reply(c.view().app())
}

func (c *writeRequest) deleteApp() *answer {
	last := c.view().app()
	if bad := c.change((*play).end); bad != nil {
		return bad
	}
	c.app.deleted, c.app.gone = c.now, true
	return reply(last)
}

func (c *writeRequest) updateFeature() *answer {
	var params struct{ Enabled *bool }
	if bad := c.read(&params); bad != nil {
		return bad
	}
	f := c.current("features", c.one, http.StatusOK)
	if f.status != http.StatusOK {
		return f
	}
	name := f.value.(object)["name"].(string)
	if params.Enabled == nil {
		return invalid("Require params: enabled.")
	}
	web, _ := c.app.story.formation.get("web", c.now)
	if name == "preboot" && *params.Enabled && (small.MatchString(web.size) || c.s.base.App.Space != "") {
		return invalid("Preboot is not available for %s dynos.", orElse(web.size, "private"))
	}
	if bad := c.change(func(p *play) { p.switchFeature(name, *params.Enabled) }); bad != nil {
		return bad
	}
	return c.current("features", name, http.StatusOK)
}

func (c *writeRequest) updateVars() *answer {
	var params map[string]*string
	if bad := c.read(&params); bad != nil {
		return bad
	}
	now := c.current("config-vars", "", http.StatusOK).value.(object)
	changed := map[string]*string{}
	for name, value := range params {
		old, set := now[name]
		if value == nil && set || value != nil && (!set || old != *value) {
			changed[name] = value
		}
	}
	if len(changed) > 0 { // without changes Heroku makes no release
		if bad := c.change(func(p *play) { p.setVars(changed) }); bad != nil {
			return bad
		}
	}
	return c.current("config-vars", "", http.StatusOK)
}
