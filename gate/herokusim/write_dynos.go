// Requests that change the formation or restart dynos.

package herokusim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An update is a change of one process type.
type update struct {
	Type     string
	Quantity *quantity
	Size     *string
}

// A quantity is a number, or text: "2", or "+2" for two more, as the official client sends it
// (npm package heroku 11.10.0, ps:scale).
type quantity struct {
	n    int
	more bool // n is relative to the current quantity
}

// UnmarshalJSON reads a number or text.
func (q *quantity) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	n, err := strconv.Atoi(text)
	if err != nil {
		return &json.UnmarshalTypeError{Value: text}
	}
	*q = quantity{n, data[0] == '"' && strings.ContainsAny(text[:1], "+-")}
	return nil
}

// maxOfType is how many dynos a process type may have, except of small sizes, which may
// have one (Dev Center, "Dyno Scaling and Process Limits").
const maxOfType = 100

func (c *writeRequest) updateFormation() *answer {
	var params struct{ Updates []update }
	if bad := c.read(&params); bad != nil {
		return bad
	}
	if params.Updates == nil {
		return invalid("Require params: updates.")
	}
	if bad := c.updateAll(params.Updates); bad != nil {
		return bad
	}
	values := []any{}
	for _, f := range c.app.story.formation.all(c.now) {
		if slices.ContainsFunc(params.Updates, func(u update) bool { return u.Type == f.typ || u.Type == f.id }) {
			values = append(values, c.view().formation(f).value)
		}
	}
	return reply(values)
}

func (c *writeRequest) updateType() *answer {
	var params update
	if bad := c.read(&params); bad != nil {
		return bad
	}
	params.Type = c.one
	if bad := c.updateAll([]update{params}); bad != nil {
		return bad
	}
	return c.current("formation", c.one, http.StatusOK)
}

// updateAll changes the formation, or answers why it does not. It makes either all changes or none.
func (c *writeRequest) updateAll(updates []update) *answer {
	to, sizes := map[string]int{}, map[string]string{}
	for _, u := range updates {
		f, ok := c.typ(u.Type)
		if !ok {
			return refusal(http.StatusNotFound, "not_found", "Couldn't find that process type ("+u.Type+").")
		}
		size, quantity := f.size, f.quantity
		if u.Size != nil {
			size = strings.ToLower(*u.Size)
		}
		if u.Quantity != nil {
			quantity = u.Quantity.n
			if u.Quantity.more {
				quantity += f.quantity
			}
		}
		if bad := c.checkUpdate(f, size, quantity); bad != nil {
			return bad
		}
		to[f.typ], sizes[f.typ] = quantity, size
	}
	if c.app.story.formationLocked(c.now) && !c.s.writing.options.ScaleInWindow {
		return invalid("Cannot change formation for a preboot app until preboot is complete")
	}
	return c.change(func(p *play) { p.setFormation(to, sizes, nil) })
}

// typ finds a process type by its name or id.
func (c *writeRequest) typ(name string) (formationRecord, bool) {
	for _, f := range c.app.story.formation.all(c.now) {
		if f.typ == name || f.id == name {
			return f, true
		}
	}
	return formationRecord{}, false
}

// checkUpdate refuses sizes and quantities that a process type cannot have.
func (c *writeRequest) checkUpdate(f formationRecord, size string, quantity int) *answer {
	app, own := c.s.base.App, c.s.writing.options.Sizes
	state, _ := c.app.story.app.get("app", c.now)
	most := maxOfType
	if small.MatchString(size) {
		most = 1
	}
	switch {
	case !sizes.MatchString(size) || firSize.MatchString(size) != (app.Generation == "fir") || spaceSize.MatchString(size) != (app.Space != "" && app.Generation != "fir"):
		return invalid("No such size: %s.", size)
	case own != nil && !slices.ContainsFunc(own, func(s string) bool { return strings.EqualFold(s, size) }):
		return refusal(http.StatusForbidden, "forbidden", "Your account may not use dynos of size "+sizeName(size)+".")
	case quantity < 0:
		return invalid("The quantity cannot be less than zero.")
	case quantity > most:
		return invalid("Cannot update to more than %d %s size dynos per process type.", most, sizeName(size))
	case state.preboot && f.typ == "web" && small.MatchString(size):
		return invalid("Preboot is not available for %s dynos.", size)
	}
	return nil
}

func (c *writeRequest) restartAll() *answer {
	return c.restart(Restart{All: true})
}

func (c *writeRequest) restartOne() *answer {
	for _, d := range c.app.story.dynos.all(c.now) {
		_, formed := c.typ(d.typ)
		switch {
		case !formed: // one-off dynos are not restarted
		case d.label == c.one || d.id == c.one:
			return c.restart(Restart{Label: d.label})
		case d.typ == c.one:
			return c.restart(Restart{Type: d.typ})
		}
	}
	return notFound("dyno")
}

func (c *writeRequest) restart(r Restart) *answer {
	if bad := c.change(func(p *play) { p.restart(&r, nil) }); bad != nil {
		return bad
	}
	return reply(object{}).withStatus(http.StatusAccepted)
}
