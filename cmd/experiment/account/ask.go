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

	heroku "github.com/heroku/heroku-go/v5"
)

// Upload brings an archive to where builds can read it, and returns that address, which is a secret.
func (c *Client) Upload(ctx context.Context, archive []byte) (string, error) {
	const op = "uploading the app's source"
	place, err := c.service.SourceCreate(ctx)
	if err != nil {
		return "", c.refused(op, err)
	}
	if _, err := c.elsewhere(ctx, http.MethodPut, place.SourceBlob.PutURL, archive); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	return place.SourceBlob.GetURL, nil
}

// elsewhere sends a request to an address that Heroku gave, and returns the answer. It does without heroku-go, which
// would add the key, and a content type, for which the address of an upload is not signed.
func (c *Client) elsewhere(ctx context.Context, method, address string, body []byte) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errors.New("the address that Heroku sent cannot be used")
	}
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	req := (&http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{"Accept": {"text/plain"}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}).WithContext(ctx)
	res, err := c.sender.Transport.RoundTrip(req)
	if err != nil {
		return "", errors.New(c.sender.Redactor.Clean(err.Error()))
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return "", fmt.Errorf("its place answered %d", res.StatusCode)
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxBody)) // what came until it broke is of use
	return string(text), nil
}

// Build begins to build what was uploaded.
func (c *Client) Build(ctx context.Context, a App, from, checksum, version string) (*heroku.Build, error) {
	var o heroku.BuildCreateOpts
	o.SourceBlob.URL, o.SourceBlob.Checksum, o.SourceBlob.Version = &from, &checksum, &version
	b, err := c.service.BuildCreate(ctx, a.ID, o)
	return b, c.refused("building the app "+a.Name, err)
}

// Built tells how a build goes.
func (c *Client) Built(ctx context.Context, a App, id string) (*heroku.Build, error) {
	b, err := c.service.BuildInfo(ctx, a.ID, id)
	return b, c.refused("asking how the build goes", err)
}

// Output is the end of what a build printed, at most so many lines; empty if it cannot be read.
func (c *Client) Output(ctx context.Context, b *heroku.Build, lines int) string {
	text, _ := c.elsewhere(ctx, http.MethodGet, b.OutputStreamURL, nil)
	all := strings.Split(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")), "\n")
	return c.sender.Redactor.Clean(strings.Join(all[max(0, len(all)-lines):], "\n"))
}

// Release asks for one release.
func (c *Client) Release(ctx context.Context, a App, id string) (*heroku.Release, error) {
	r, err := c.service.ReleaseInfo(ctx, a.ID, id)
	return r, c.refused("reading a release", err)
}

// Releases asks for the newest releases, for the record.
func (c *Client) Releases(ctx context.Context, a App) error {
	_, err := c.service.ReleaseList(ctx, a.ID, &heroku.ListRange{Field: "version", Max: 5, Descending: true})
	return c.refused("reading the releases", err)
}

// Dynos asks for the dyno list.
func (c *Client) Dynos(ctx context.Context, a App) (heroku.DynoListResult, error) {
	list, err := c.service.DynoList(ctx, a.ID, nil)
	return list, c.refused("reading the dyno list", err)
}

// Dyno asks for one dyno by its id, for the record.
func (c *Client) Dyno(ctx context.Context, a App, id string) error {
	_, err := c.service.DynoInfo(ctx, a.ID, id)
	return c.refused("reading a dyno", err)
}

// Scale sets how many dynos of each type there are, and their size; without a size that stays as it is.
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
