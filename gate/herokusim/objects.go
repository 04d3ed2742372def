// The objects of the Platform API, with every field of Heroku's published schema.

package herokusim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type idOnly struct {
	ID string `json:"id"`
}

type person struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

type object map[string]any

// AppName is the app's name, or the default if the scenario gives none.
func (sc *Scenario) AppName() string { return orElse(sc.App.Name, "example") }

// AppID is the app's id. It depends on the name only.
func (sc *Scenario) AppID() string { return idOf("app", sc.AppName()) }

func (sc *Scenario) generation() string { return orElse(sc.App.Generation, "cedar") }

// A view is the app as the API shows it at one time, in one version of the API.
type view struct {
	st      *Story
	at      time.Duration
	base    string // of URLs on this server
	sdk     bool   // version=3.sdk
	appRef  named
	userRef person
}

func viewOf(r *http.Request, st *Story, at time.Duration) view {
	return view{
		st: st, at: at, base: base(r), sdk: strings.Contains(r.Header.Get("Accept"), "version=3.sdk"),
		appRef: named{st.appID, st.appName(at)}, userRef: person{idOf("user"), user},
	}
}

// base is the URL of the server, as the request reached it.
func base(r *http.Request) string {
	scheme := r.URL.Scheme
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default:
		scheme = "http"
	}
	return scheme + "://" + r.Host
}

// find answers with a list, or with one of its entries; nil if there is no such list.
func (v view) find(list, one string, r *http.Request) *answer {
	if n, err := strconv.Atoi(strings.TrimPrefix(one, "v")); err == nil && n > 0 && strings.HasPrefix(list, "releases") {
		one = strconv.Itoa(n)
	}
	switch list {
	case "app":
		return reply(v.app())
	case "dynos":
		v.at -= v.st.Scenario.ListLag
		return v.answer("dyno", rows(v, v.st.dynos, v.dyno), one, r, "id", "name")
	case "formation":
		return v.answer("formation", rows(v, v.st.formation, v.formation), one, r, "id", "type")
	case "releases":
		return v.answer("release", rows(v, v.st.releases, v.release), one, r, "id", "version")
	case "releases/config-vars":
		return v.configVars(one)
	case "config-vars":
		return v.configVars(fmt.Sprint(v.st.current(v.at)))
	case "slugs":
		if one == "" {
			return nil // Heroku does not list slugs
		}
		return v.answer("slug", rows(v, v.st.slugs, v.slug), one, r, "id")
	case "oci-images":
		return v.image(one)
	case "builds":
		return v.answer("build", rows(v, v.st.builds, v.build), one, r, "id", "started_at")
	case "features":
		if v.st.Scenario.App.NoFeatures {
			return notFound("feature")
		}
		return v.answer("feature", v.features(), one, r, "id", "name")
	}
	return nil
}

// rows makes rows of the records at the view's time.
func rows[T any](v view, h history[T], object func(T) row) []row {
	var rows []row
	for _, record := range h.all(v.at) {
		rows = append(rows, object(record))
	}
	return rows
}

// answer finds one row by any of its keys, or answers with a page if one is empty.
func (v view) answer(what string, rows []row, one string, r *http.Request, fields ...string) *answer {
	if one == "" {
		return page(r, rows, fields...)
	}
	for _, x := range rows {
		for _, field := range fields {
			if x.keys[field] == one {
				return reply(x.value)
			}
		}
	}
	return notFound(what)
}

func (v view) time(at time.Duration) time.Time { return v.st.stamp(at) }

func (v view) stack() string { return v.st.Scenario.stack() }

func (sc *Scenario) stack() string {
	switch {
	case sc.App.Generation == "fir":
		return "cnb"
	case sc.App.Stack != "":
		return sc.App.Stack
	}
	return "heroku-24"
}

// appRow is the app in a list of apps.
func (v view) appRow() row {
	app := v.app()
	return row{map[string]string{"id": v.appRef.ID, "name": v.appRef.Name, "updated_at": app["updated_at"].(time.Time).Format(time.RFC3339)}, app}
}

func (v view) app() object {
	a, _ := v.st.app.get("app", v.at)
	var buildpack, slugSize any = "Ruby", 1 << 20
	if v.st.made > -365*24*time.Hour { // a new app
		buildpack, slugSize = v.language(), nil
		if buildpack != nil {
			slugSize = 1 << 20
		}
	}
	sc := v.st.Scenario
	var generation any = object{"id": idOf("generation", sc.generation()), "name": sc.generation()}
	if v.sdk {
		generation = sc.generation()
	}
	stack := named{idOf("stack", v.stack()), v.stack()}
	var space, team any
	if sc.App.Space != "" {
		space = object{"id": idOf("space", sc.App.Space), "name": sc.App.Space, "shield": false}
		team = named{idOf("team"), "example-team"}
	}
	return object{
		"acm": false, "archived_at": nil, "buildpack_provided_description": buildpack, "build_stack": stack,
		"created_at": v.time(v.st.made), "git_url": "https://git.heroku.com/" + v.appRef.Name + ".git",
		"generation": generation, "id": v.appRef.ID, "internal_routing": false, "maintenance": a.maintenance,
		"name": v.appRef.Name, "owner": v.userRef, "organization": team, "team": team, "region": named{idOf("region"), "us"},
		"released_at": v.time(a.released), "repo_size": 0, "slug_size": slugSize, "space": space, "stack": stack,
		"updated_at": v.time(a.released), "web_url": "https://" + v.appRef.Name + ".herokuapp.com/",
	}
}

// language is the language of the current code; nil if there is no code yet.
func (v view) language() any {
	for _, r := range v.st.releases.all(v.at) {
		if r.current && r.source != nil {
			return r.source.language
		}
	}
	return nil
}

func (v view) dyno(d dynoRecord) row {
	size := sizeName(d.size)
	return row{map[string]string{"id": d.id, "name": d.label}, object{
		"app": v.appRef, "attach_url": nil, "command": d.command, "created_at": v.time(d.created), "id": d.id, "name": d.label,
		"release": object{"id": d.release, "version": d.version}, "size": size, "state": d.state, "type": d.typ, "updated_at": v.time(d.updated),
	}}
}

func (v view) formation(f formationRecord) row {
	size := sizeName(f.size)
	return row{map[string]string{"id": f.id, "type": f.typ}, object{
		"app": v.appRef, "command": f.command, "created_at": v.time(f.created), "dyno_size": named{idOf("size", size), size},
		"id": f.id, "quantity": f.quantity, "size": size, "type": f.typ, "updated_at": v.time(f.updated),
	}}
}

func (v view) release(r releaseRecord) row {
	var slug, output any
	if r.slug != "" {
		slug = idOnly{r.slug}
	}
	artifacts := []object{}
	if r.slug != "" {
		artifacts = append(artifacts, object{"type": "slug", "id": r.slug})
	} else if r.commit != "" {
		artifacts = append(artifacts, object{"type": "oci-image", "id": imageID(r)})
	}
	if r.phase {
		output = v.base + "/streams/" + r.id
	}
	return row{map[string]string{"id": r.id, "version": fmt.Sprint(r.version)}, object{
		"addon_plan_names": []string{}, "app": v.appRef, "artifacts": artifacts, "created_at": v.time(r.created), "current": r.current,
		"description": r.description, "eligible_for_rollback": r.eligible, "id": r.id, "output_stream_url": output, "slug": slug,
		"status": r.status, "updated_at": v.time(r.updated), "user": v.userRef, "version": r.version,
	}}
}

func (v view) features() []row {
	a, _ := v.st.app.get("app", v.at)
	feature := func(name, description string, enabled bool, updated time.Duration) row {
		id := idOf("feature", name)
		return row{map[string]string{"id": id, "name": name}, object{
			"created_at": v.time(-365 * 24 * time.Hour), "description": description, "display_name": name,
			"doc_url": "https://devcenter.heroku.com/articles/" + name, "enabled": enabled, "feedback_email": "feedback@heroku.com",
			"id": id, "name": name, "state": "general", "updated_at": v.time(updated),
		}}
	}
	return []row{
		feature("log-runtime-metrics", "Emit dyno resource usage information into app logs", a.metrics, a.metricsChanged),
		feature("preboot", "Provide seamless web dyno deploys", a.preboot, a.prebootChanged),
	}
}

func account(stamp func(time.Duration) time.Time) object {
	created := stamp(-1000 * 24 * time.Hour)
	return object{
		"allow_tracking": false, "beta": false, "country_of_residence": nil, "created_at": created, "default_organization": nil,
		"default_team": nil, "delinquent_at": nil, "email": user, "federated": false, "id": idOf("user"), "identity_provider": nil,
		"last_login": created, "name": nil, "sms_number": nil, "suspended_at": nil, "two_factor_authentication": true,
		"updated_at": created, "verified": true,
	}
}

// openSession answers a request for a log session.
func (s *Server) openSession(r *http.Request, a *app) *answer {
	if status := s.base.Log.Refused; status != 0 {
		return refusal(status, errorID(status), "You do not have access to the logs of this app.")
	}
	body := sessionParams{Lines: 100}
	if err := readJSON(r, &body); err != nil {
		return refusal(http.StatusBadRequest, "bad_request", "Unable to parse the JSON request body.")
	}
	now := s.Now()
	x := s.newSession(a, body, now)
	reply := reply(object{
		"created_at": s.stamp(now), "id": x.id, "updated_at": s.stamp(now),
		"logplex_url": fmt.Sprintf("%s/logplex/sessions/%s?srv=%d", base(r), x.id, s.time(now).Unix()),
	})
	reply.status = http.StatusCreated
	return reply
}
