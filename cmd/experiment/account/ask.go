// This file is for what is asked of an app of ours, and what is done to it.

package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	heroku "github.com/heroku/heroku-go/v5"
)

// Upload brings an archive to where builds can read it, and returns that address, which is a secret.
func (c *Client) Upload(ctx context.Context, archive []byte) (string, error) {
	const op = "uploading the app's source"
	place, err := c.service.SourceCreate(ctx)
	if err != nil {
		return "", c.refused(op, err)
	}
	u, err := url.Parse(place.SourceBlob.PutURL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errors.New(op + ": Heroku sent an address that cannot be used")
	}
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	// Not by heroku-go, which would add the key, and a content type, for which the address is not signed.
	req := (&http.Request{Method: http.MethodPut, URL: u, Host: u.Host, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(archive)), ContentLength: int64(len(archive))}).WithContext(ctx)
	res, err := c.sender.Transport.RoundTrip(req)
	if err != nil {
		return "", fmt.Errorf("%s: %s", op, c.sender.Redactor.Clean(err.Error()))
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return "", fmt.Errorf("%s: its place answered %d", op, res.StatusCode)
	}
	return place.SourceBlob.GetURL, nil
}

// A Build is one build of an app.
type Build struct {
	ID, Status, ReleaseID string
	output                string
}

// Build begins to build what was uploaded.
func (c *Client) Build(ctx context.Context, a App, from, checksum, version string) (Build, error) {
	var o heroku.BuildCreateOpts
	o.SourceBlob.URL, o.SourceBlob.Checksum, o.SourceBlob.Version = &from, &checksum, &version
	b, err := c.service.BuildCreate(ctx, a.ID, o)
	if err != nil {
		return Build{}, c.refused("building the app "+a.Name, err)
	}
	return buildOf(b), nil
}

// Built tells how a build goes.
func (c *Client) Built(ctx context.Context, a App, id string) (Build, error) {
	b, err := c.service.BuildInfo(ctx, a.ID, id)
	if err != nil {
		return Build{}, c.refused("asking how the build goes", err)
	}
	return buildOf(b), nil
}

func buildOf(b *heroku.Build) Build {
	build := Build{ID: b.ID, Status: b.Status, output: b.OutputStreamURL}
	if b.Release != nil {
		build.ReleaseID = b.Release.ID
	}
	return build
}

// Output is the end of what a build printed, at most so many lines; empty if it cannot be read.
func (c *Client) Output(ctx context.Context, b Build, lines int) string {
	u, err := url.Parse(b.output)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{"Accept": {"text/plain"}}}).WithContext(ctx)
	res, err := c.sender.Transport.RoundTrip(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxBody)) // what came until it broke is of use
	all := strings.Split(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(string(text), "\x00", ""), "")), "\n")
	return c.sender.Redactor.Clean(strings.Join(all[max(0, len(all)-lines):], "\n"))
}

// A Release is one release of an app.
type Release struct {
	ID, Status string
	Version    int
	Created    time.Time
}

// Release asks for one release.
func (c *Client) Release(ctx context.Context, a App, id string) (Release, error) {
	r, err := c.service.ReleaseInfo(ctx, a.ID, id)
	if err != nil {
		return Release{}, c.refused("reading a release", err)
	}
	return Release{ID: r.ID, Status: r.Status, Version: r.Version, Created: r.CreatedAt}, nil
}

// Releases asks for the newest releases, so that the answer is written down.
func (c *Client) Releases(ctx context.Context, a App) error {
	_, err := c.service.ReleaseList(ctx, a.ID, &heroku.ListRange{Field: "version", Max: 5, Descending: true})
	return c.refused("reading the releases", err)
}

// A Dyno is one record of the dyno list.
type Dyno struct {
	ID, Label, Type, State string
	Version                int
}

// Dynos asks for the dyno list.
func (c *Client) Dynos(ctx context.Context, a App) ([]Dyno, error) {
	list, err := c.service.DynoList(ctx, a.ID, nil)
	if err != nil {
		return nil, c.refused("reading the dyno list", err)
	}
	all := make([]Dyno, len(list))
	for i, d := range list {
		all[i] = Dyno{ID: d.ID, Label: d.Name, Type: d.Type, State: d.State, Version: d.Release.Version}
	}
	return all, nil
}

// Dyno asks for one dyno by its id, so that the answer is written down.
func (c *Client) Dyno(ctx context.Context, a App, id string) error {
	_, err := c.service.DynoInfo(ctx, a.ID, id)
	return c.refused("reading a dyno", err)
}

// Scale sets how many dynos of each type there are, and of which size; without a size that stays.
func (c *Client) Scale(ctx context.Context, a App, quantities map[string]int, size string) error {
	var o heroku.FormationBatchUpdateOpts
	for _, t := range slices.Sorted(maps.Keys(quantities)) {
		n := quantities[t]
		o.Updates = append(o.Updates, struct {
			Quantity *int    `json:"quantity,omitempty" url:"quantity,omitempty,key"`
			Size     *string `json:"size,omitempty" url:"size,omitempty,key"`
			Type     string  `json:"type" url:"type,key"`
		}{Quantity: &n, Type: t})
		if size != "" {
			o.Updates[len(o.Updates)-1].Size = &size
		}
	}
	_, err := c.service.FormationBatchUpdate(ctx, a.ID, o)
	return c.refused("scaling the app "+a.Name, err)
}

// Feature switches a feature of the app on.
func (c *Client) Feature(ctx context.Context, a App, name string) error {
	f, err := c.service.AppFeatureUpdate(ctx, a.ID, name, heroku.AppFeatureUpdateOpts{Enabled: true})
	if err == nil && !f.Enabled {
		return fmt.Errorf("switching %s on: Heroku answered that it stays off", name)
	}
	return c.refused("switching "+name+" on", err)
}

// Restart restarts one dyno, or all if the label is empty.
func (c *Client) Restart(ctx context.Context, a App, label string) error {
	where := "/apps/" + a.ID + "/dynos"
	if label != "" {
		where += "/" + url.PathEscape(label)
	}
	return c.refused("restarting", c.service.Delete(ctx, nil, where))
}

// LogSession opens a log session and returns its address, which is a secret.
func (c *Client) LogSession(ctx context.Context, app string, lines int, tail bool) (string, error) {
	s, err := c.service.LogSessionCreate(ctx, app, heroku.LogSessionCreateOpts{Lines: &lines, Tail: &tail})
	if err != nil {
		return "", c.refused("opening a log session", err)
	}
	return s.LogplexURL, nil
}
