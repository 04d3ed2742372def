// This file is for one view of the app's lists, fetched together.

package platform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/observe"
)

// longestPage is as many rows as a page can have
// (https://devcenter.heroku.com/articles/platform-api-reference#ranges).
const longestPage = 1000

// allByID asks for a whole list, in pages as long as can be.
var allByID = fmt.Sprintf("id ..; max=%d", longestPage)

// moreTime is how long the other lists may take once the dyno list is there, for
// each page of the releases.
const moreTime = 3 * time.Second

// Look reads the dyno list; with full also the formation and so many of the newest
// releases, at the same time. Its Date is that of the earliest answer. If only
// these others fail, the error comes with an observation of the dyno list alone.
func (c *Client) Look(ctx context.Context, app string, full bool, releases int) (observe.Observation, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		look  observe.Look
		dates [3]time.Time
		errs  [3]error
		bugs  [3]any
		wg    sync.WaitGroup
	)
	ask := func(i int, question func() (time.Time, error)) {
		wg.Go(func() {
			defer func() { bugs[i] = recover() }()
			dates[i], errs[i] = question()
			switch {
			case i == 0 && errs[i] == nil:
				limit := moreTime * time.Duration(1+releases/longestPage)
				time.AfterFunc(limit, func() { cancel(fmt.Errorf("no answer within %v of the dyno list's", limit)) })
			case i == 0 || final(errs[i]):
				cancel(nil)
			}
		})
	}
	ask(0, func() (d time.Time, err error) {
		look.Dynos, d, err = c.dynos(ctx, app)
		return d, err
	})
	if full {
		ask(1, func() (d time.Time, err error) {
			look.Formation, d, err = c.formation(ctx, app)
			return d, err
		})
		ask(2, func() (d time.Time, err error) {
			look.Releases, look.ReleasesCut, d, err = c.releases(ctx, app, max(releases, 1))
			return d, err
		})
	}
	wg.Wait()
	for _, bug := range bugs {
		if bug != nil {
			panic(bug) // where the caller can recover
		}
	}
	switch err := worst(errs[:]); {
	case errs[0] != nil:
		return observe.Observation{}, err
	case err != nil:
		return c.dated(dates[0], observe.Observation{Look: &observe.Look{Dynos: look.Dynos}}), err
	}
	date := dates[0]
	if full {
		date = earliest(date, earliest(dates[1], dates[2]))
	}
	return c.dated(date, observe.Observation{Look: &look}), nil
}

// final tells an error that asking again cannot mend.
func final(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind() != observe.Unreachable
}

// worst is the error to tell: a final one, or else the first that is not only
// there because it was given up for another.
func worst(errs []error) error {
	var some error
	for _, err := range errs {
		if final(err) {
			return err
		}
		if some == nil || err != nil && errors.Is(some, context.Canceled) && !errors.Is(err, context.Canceled) {
			some = err
		}
	}
	return some
}

func (c *Client) dynos(ctx context.Context, app string) ([]observe.Dyno, time.Time, error) {
	rows, date, err := list[heroku.Dyno](ctx, c, "reading the dyno list", appPath(app, "dynos"), allByID)
	if err != nil {
		return nil, date, err
	}
	dynos := make([]observe.Dyno, 0, len(rows))
	for _, d := range rows {
		dynos = append(dynos, observe.Dyno{
			ID: d.ID, Name: d.Name, Type: d.Type, Size: d.Size, State: d.State,
			Version: d.Release.Version, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
		})
	}
	return dynos, date, nil
}

func (c *Client) formation(ctx context.Context, app string) ([]observe.Formation, time.Time, error) {
	rows, date, err := list[heroku.Formation](ctx, c, "reading the formation", appPath(app, "formation"), allByID)
	if err != nil {
		return nil, date, err
	}
	formation := make([]observe.Formation, 0, len(rows))
	for _, f := range rows {
		formation = append(formation, observe.Formation{
			Type: f.Type, Quantity: f.Quantity, Size: f.Size, CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
		})
	}
	return formation, date, nil
}

// releases reads so many of the newest releases or a few more, and whether older
// ones exist. "Newest" is by version: ids tell no age.
func (c *Client) releases(ctx context.Context, app string, most int) (releases []observe.Release, cut bool, date time.Time, err error) {
	page := fmt.Sprintf("version ..; max=%d, order=desc", min(most, longestPage))
	rows, cut, date, err := readPages[releaseRow](ctx, c, "reading the releases", appPath(app, "releases"), page, most)
	if err != nil {
		return nil, false, time.Time{}, err
	}
	releases = make([]observe.Release, 0, len(rows))
	for _, r := range rows {
		releases = append(releases, release(r))
	}
	return releases, cut, date, nil
}

// releaseRow is a release with what heroku-go does not know of: what runs where
// there is no slug (schema.json of heroku/platform-api).
type releaseRow struct {
	heroku.Release
	Artifacts []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"artifacts"`
}

// imageSeparator stands between the ids, if a release should have several images.
const imageSeparator = "+"

func (c *Client) release(ctx context.Context, app, idOrVersion string) (row heroku.Release, ex *exchange, err error) {
	name := idOrVersion
	if v, ok := strings.CutPrefix(name, "v"); ok && strings.Trim(v, "0123456789") == "" {
		name = v
	}
	ex, err = c.get(ctx, fmt.Sprintf("reading release %q", idOrVersion), appPath(app, "releases", name), "", &row)
	return row, ex, err
}

func release(r releaseRow) observe.Release {
	seen := observe.Release{
		ID: r.ID, Version: r.Version, Status: r.Status, Current: r.Current,
		Description: r.Description, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Slug != nil {
		seen.SlugID = r.Slug.ID
	}
	var images []string
	for _, a := range r.Artifacts {
		if a.Type == "oci-image" {
			images = append(images, a.ID)
		}
	}
	slices.Sort(images)
	seen.ImageID = strings.Join(images, imageSeparator)
	return seen
}
