// Requests for everything that the API answers, at many moments of many stories. Every answer must fit
// Heroku's schema and be readable by Heroku's own client library.

package herokusim

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	heroku "github.com/heroku/heroku-go/v5"
)

func TestEveryAnswerIsHerokus(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	moments, each := 24, 1
	if testing.Short() { // as with the race detector: it finds the same in a few stories
		moments, each = 4, 4
	}
	t.Run("all", func(t *testing.T) {
		for _, name := range Names() {
			t.Run(name, func(t *testing.T) { answers(t, tell(t, name), moments, asked) })
		}
		files, err := filepath.Glob("../testdata/stories/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatal("no stories")
		}
		for i, file := range files {
			if i%each != 0 {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				text, _, _ := strings.Cut(string(data), "\n---\n")
				if strings.HasPrefix(text, "scenario: ") {
					t.Skip("an embedded scenario")
				}
				sc, err := Parse(file, []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				sc.Faults = nil // their answers are wrong on purpose
				for _, e := range sc.Events {
					if e.Deploy != nil && e.Deploy.Phase != nil {
						e.Deploy.Phase.Status = "" // an unknown status is wrong on purpose, too
					}
				}
				answers(t, tellScenario(t, sc), 2, asked)
			})
		}
	})
	// These are all endpoints of the simulator. There was a good answer from each.
	want := []string{
		"GET /account", "GET /account/rate-limits", "GET /apps", "GET /apps/{}", "GET /apps/{}/builds", "GET /apps/{}/builds/{}", "GET /apps/{}/config-vars",
		"GET /apps/{}/dynos", "GET /apps/{}/dynos/{}", "GET /apps/{}/features", "GET /apps/{}/features/{}", "GET /apps/{}/formation", "GET /apps/{}/formation/{}",
		"GET /apps/{}/oci-images/{}", "GET /apps/{}/releases", "GET /apps/{}/releases/{}", "GET /apps/{}/releases/{}/config-vars", "GET /apps/{}/slugs/{}",
		"GET /users/{}/apps", "POST /apps/{}/log-sessions",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(asked))); diff != "" {
		t.Errorf("endpoints with a good answer (-want +got):\n%s", diff)
	}
}

// answers requests everything at several moments spread over a story. most is the largest number of moments.
func answers(t *testing.T, st *Story, most int, asked map[string]bool) {
	moments := st.moments()
	n := min(most, len(moments))
	for i := range n {
		at := moments[(2*i+1)*len(moments)/(2*n)]
		c := checked{t, NewServer(st, Options{From: at, Speed: 1e-6}), asked}
		for _, version := range []string{"3", "3.sdk"} {
			everything(c, at, version)
		}
		decoded(c, at)
		if t.Failed() {
			return // the errors of one moment are enough to read
		}
	}
}

// moments returns the times at which something in the API changes.
func (st *Story) moments() []time.Duration {
	found := map[time.Duration]bool{-time.Second: true, 0: true, st.Gate: true, st.End: true}
	add := func(at time.Duration) {
		if at >= -time.Hour && at <= st.End {
			found[at] = true
		}
	}
	changes(st.app, add)
	changes(st.dynos, add)
	changes(st.formation, add)
	changes(st.releases, add)
	changes(st.builds, add)
	return slices.Sorted(maps.Keys(found))
}

func changes[T any](h history[T], add func(time.Duration)) {
	for _, steps := range h {
		for _, s := range steps {
			add(s.at)
		}
	}
}

// everything requests every list, and the first and last entry of each list by all its keys.
func everything(c checked, at time.Duration, version string) {
	st := c.s.apps[0].story
	state, _ := st.app.get("app", at)
	app := "/apps/" + state.name
	for _, path := range []string{"/account", "/account/rate-limits", "/apps", "/users/~/apps", app, app + "/config-vars", "/apps/" + st.appID, app + "/dynos", app + "/formation", app + "/releases", app + "/builds", app + "/features"} {
		c.get(path, version)
	}
	one := func(list string, names ...string) {
		for _, name := range names {
			c.get(app+"/"+list+"/"+name, version)
		}
	}
	for _, d := range ends(st.dynos.all(at - st.Scenario.ListLag)) {
		one("dynos", d.id, d.label)
	}
	for _, f := range ends(st.formation.all(at)) {
		one("formation", f.id, f.typ)
	}
	for _, r := range ends(st.releases.all(at)) {
		one("releases", r.id, fmt.Sprint(r.version), fmt.Sprintf("v%d/config-vars", r.version), r.id+"/config-vars")
		one("slugs", orElse(r.slug, "none"))
		one("oci-images", imageID(r))
	}
	for _, b := range ends(st.builds.all(at)) {
		one("builds", b.id)
	}
	one("features", "preboot", "log-runtime-metrics", "nothing")
	one("dynos", "web.100000")
	one("releases", "100000", "100000/config-vars")
	one("nothing", "at-all")
}

func ends[T any](all []T) []T {
	if len(all) > 2 {
		return []T{all[0], all[len(all)-1]}
	}
	return all
}

// decoded sends requests with Heroku's own client library, and compares what it reads with the story.
func decoded(c checked, at time.Duration) {
	c.t.Helper()
	st := c.s.apps[0].story
	sc := st.Scenario
	h := heroku.NewService(&http.Client{Transport: &heroku.Transport{BearerToken: "key", Transport: c}})
	state, _ := st.app.get("app", at)
	ctx, app := c.t.Context(), state.name
	differ := func(what string, err error, want, got any) {
		c.t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			c.t.Errorf("heroku-go at %s: %s: error %v (-want +got):\n%s", at, what, err, diff)
		}
	}
	all := &heroku.ListRange{Field: "id", Max: maxPage}

	a, err := h.AppInfo(ctx, app)
	differ("app", err, []any{sc.AppID(), app, state.maintenance, st.stamp(state.released)}, []any{a.ID, a.Name, a.Maintenance, *a.ReleasedAt})

	dynos, err := h.DynoList(ctx, app, all)
	want, got := map[string]string{}, map[string]string{}
	listed := st.dynos.all(at - sc.ListLag)
	slices.SortFunc(listed, func(a, b dynoRecord) int { return strings.Compare(a.id, b.id) })
	for _, d := range listed[:min(len(listed), maxPage)] {
		want[d.label] = fmt.Sprint(d.id, d.typ, d.state, d.version, d.release, st.stamp(d.created), st.stamp(d.updated))
	}
	for _, d := range dynos {
		got[d.Name] = fmt.Sprint(d.ID, d.Type, d.State, d.Release.Version, d.Release.ID, d.CreatedAt, d.UpdatedAt)
	}
	differ("dynos", err, want, got)

	formation, err := h.FormationList(ctx, app, all)
	wanted, read := map[string]int{}, map[string]int{}
	for _, f := range st.formation.all(at) {
		wanted[f.typ] = f.quantity
	}
	for _, f := range formation {
		read[f.Type] = f.Quantity
	}
	differ("formation", err, wanted, read)

	releases, err := h.ReleaseList(ctx, app, &heroku.ListRange{Field: "version", Max: maxPage, Descending: true})
	clear(want)
	clear(got)
	known := st.releases.all(at)
	slices.SortFunc(known, func(a, b releaseRecord) int { return b.version - a.version })
	for _, r := range known[:min(len(known), maxPage)] {
		want[fmt.Sprint("v", r.version)] = fmt.Sprint(r.id, r.description, r.status, r.current, r.slug, st.stamp(r.created), st.stamp(r.updated))
	}
	for _, r := range releases {
		slug := ""
		if r.Slug != nil {
			slug = r.Slug.ID
		}
		got[fmt.Sprint("v", r.Version)] = fmt.Sprint(r.ID, r.Description, r.Status, r.Current, slug, r.CreatedAt, r.UpdatedAt)
	}
	differ("releases", err, want, got)
	if len(known) > 0 && known[0].slug != "" {
		s, err := h.SlugInfo(ctx, app, known[0].slug)
		differ("slug", err, known[0].commit, *s.Commit)
	}

	builds, err := h.BuildList(ctx, app, all)
	clear(want)
	clear(got)
	for _, b := range st.builds.all(at) {
		want[b.id] = fmt.Sprint(b.status, b.commit, b.release)
	}
	for _, b := range builds {
		release := ""
		if b.Release != nil {
			release = b.Release.ID
		}
		got[b.ID] = fmt.Sprint(b.Status, *b.SourceBlob.Version, release)
	}
	differ("builds", err, want, got)

	if !sc.App.NoFeatures {
		preboot, err := h.AppFeatureInfo(ctx, app, "preboot")
		differ("preboot", err, state.preboot, preboot.Enabled)
	}
	log, err := h.LogSessionCreate(ctx, app, heroku.LogSessionCreateOpts{Lines: heroku.Int(5), Tail: heroku.Bool(false)})
	switch {
	case sc.Log.Refused != 0 && err == nil:
		c.t.Error("heroku-go opens a log session that is to be refused")
	case sc.Log.Refused == 0:
		differ("log session", err, true, strings.HasPrefix(log.LogplexURL, "https://api.heroku.com/logplex/sessions/"))
	}
}
