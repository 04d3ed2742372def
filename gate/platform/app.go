// The app, its features, and what was built for it.

package platform

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/observe"
)

// uuid is the form of Heroku's ids.
var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

type appAnswer struct {
	heroku.App
	// Generation is missing in heroku-go. It is an object in version=3 of the API and a
	// string in 3.sdk (schema.json of heroku/platform-api against heroku/cli).
	Generation json.RawMessage `json:"generation"`
}

// App reads where the app runs.
func (c *Client) App(ctx context.Context, app string) (observe.Observation, error) {
	var a appAnswer
	ex, err := c.get(ctx, "reading the app", c.appPath(app), "", &a)
	if err != nil {
		return observe.Observation{}, err
	}
	if uuid.MatchString(a.ID) {
		c.appIDs.Store(app, a.ID)
	}
	seen := &observe.App{ID: a.ID, Name: a.Name, Generation: generation(a.Generation), Maintenance: a.Maintenance}
	c.fir.Store(seen.Generation == "fir")
	if a.Space != nil {
		seen.Space = a.Space.Name
	}
	return c.dated(ex.date(), observe.Observation{App: seen}), nil
}

// OnFir reports whether the app is on Fir by the newest answer about it; false before the first answer.
func (c *Client) OnFir() bool { return c.fir.Load() }

func generation(raw json.RawMessage) string {
	var object struct{ Name string }
	if json.Unmarshal(raw, &object) == nil && object.Name != "" {
		return object.Name
	}
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return name
	}
	return ""
}

// Preboot reads whether preboot is on, with which old web dynos keep running for minutes. It is not documented what a 404
// means, so it is an error like any other, and the gate assumes that preboot is on.
func (c *Client) Preboot(ctx context.Context, app string) (observe.Observation, error) {
	var f heroku.AppFeature
	ex, err := c.get(ctx, "reading the app feature preboot", c.appPath(app, "features", "preboot"), "", &f)
	if err != nil {
		return observe.Observation{}, err
	}
	return c.dated(ex.date(), observe.Observation{Preboot: &observe.Preboot{Known: true, Enabled: f.Enabled, ChangedAt: f.UpdatedAt}}), nil
}

// Metrics reads whether the log has runtime metrics, and since when. A 404 means that there is no such feature.
// It counts as "off" at once: that is safe, since nothing can be proven without metrics.
func (c *Client) Metrics(ctx context.Context, app string) (observe.Observation, error) {
	var f heroku.AppFeature
	ex, err := c.get(ctx, "reading the app feature log-runtime-metrics", c.appPath(app, "features", "log-runtime-metrics"), "", &f)
	var e *Error
	switch {
	case errors.As(err, &e) && e.Kind() == observe.NotFound && e.ID != "":
		return c.dated(ex.date(), observe.Observation{Metrics: &observe.Metrics{Known: true}}), nil
	case err != nil:
		return observe.Observation{}, err
	}
	return c.dated(ex.date(), observe.Observation{Metrics: &observe.Metrics{Known: true, Enabled: f.Enabled, ChangedAt: f.UpdatedAt}}), nil
}

// Code reads which commit a slug or an OCI image was built from. The commit is empty if the platform does not have the
// code any more, or if the key may not see it. That a slug is gone is believed only when the platform has said so for
// [refusalLasts].
func (c *Client) Code(ctx context.Context, app string, code observe.CodeRef) (observe.Observation, error) {
	var seen observe.Code
	var ex *exchange
	var err error
	if code.Image {
		first, _, _ := strings.Cut(code.ID, imageSeparator)
		seen, ex, err = c.image(ctx, app, first)
	} else {
		seen, ex, err = c.slug(ctx, app, code.ID)
	}
	var e *Error
	errors.As(err, &e)
	switch {
	case e != nil && e.Kind() == observe.NotFound && !code.Image:
		if c.codeRefused.lasting(code.ID) {
			seen, err = observe.Code{}, nil
		}
	case e != nil && (e.Kind() == observe.NotFound || e.Kind() == observe.Forbidden):
		seen, err = observe.Code{}, nil
	default:
		c.codeRefused.end(code.ID)
	}
	if err != nil {
		return observe.Observation{}, err
	}
	seen.ID = code.ID
	return c.dated(ex.date(), observe.Observation{Code: &seen}), nil
}

func (c *Client) slug(ctx context.Context, app, id string) (observe.Code, *exchange, error) {
	var s heroku.Slug
	ex, err := c.get(ctx, "reading a slug", c.appPath(app, "slugs", id), "", &s)
	return observe.Code{Commit: deref(s.Commit), CreatedAt: s.CreatedAt}, ex, err
}

// image reads an OCI image, which is missing in heroku-go. The answer is a list of one image
// (schema.json of heroku/platform-api, where it is a prototype); a later version may
// answer with the object alone.
func (c *Client) image(ctx context.Context, app, id string) (observe.Code, *exchange, error) {
	type image struct {
		Commit    string    `json:"commit"`
		CreatedAt time.Time `json:"created_at"`
	}
	var raw json.RawMessage
	ex, err := c.get(ctx, "reading an OCI image", c.appPath(app, "oci-images", id), "", &raw)
	var one image
	var list []image
	switch {
	case json.Unmarshal(raw, &list) == nil && len(list) == 1:
		one = list[0]
	case json.Unmarshal(raw, &one) != nil:
		one = image{}
	}
	return observe.Code{Commit: one.Commit, CreatedAt: one.CreatedAt}, ex, err
}

// newestBuilds asks for enough builds to find the one that the gate waits for. The
// API sorts builds by id or started_at (schema.json), and ids are not in order of age.
const newestBuilds = "started_at ..; max=50, order=desc"

// Builds lists the newest builds, newest first.
func (c *Client) Builds(ctx context.Context, app string) (observe.Observation, error) {
	var list []heroku.Build
	ex, err := c.get(ctx, "reading the builds", c.appPath(app, "builds"), newestBuilds, &list)
	if err != nil {
		return observe.Observation{}, err
	}
	builds := make([]observe.Build, 0, len(list))
	for _, b := range list {
		seen := observe.Build{ID: b.ID, Status: b.Status, Commit: deref(b.SourceBlob.Version), CreatedAt: b.CreatedAt}
		if b.Release != nil {
			seen.ReleaseID = b.Release.ID
		}
		if b.Slug != nil {
			seen.SlugID = b.Slug.ID
		}
		builds = append(builds, seen)
	}
	slices.SortStableFunc(builds, func(a, b observe.Build) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return c.dated(ex.date(), observe.Observation{Builds: &observe.Builds{Builds: builds}}), nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
