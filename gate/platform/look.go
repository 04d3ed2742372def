// A look: the lists of an app, every page of them, fetched together.

package platform

import (
	"context"
	"fmt"
	"sync"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/gate/rollout"
)

// maxPages bounds the pages of one list; a thousand dynos make five.
const maxPages = 200

// Look reads the dyno list and, for a full look, the formation and the newest
// releases. AskedAt is left for the caller to say.
func (c *Client) Look(ctx context.Context, app string, full bool, releases int) (rollout.Observation, error) {
	look := &rollout.Look{}
	var dates [3]time.Time
	var errs [3]error
	var wg sync.WaitGroup
	wg.Go(func() { dates[0], errs[0] = c.dynos(ctx, app, look) })
	if full {
		wg.Go(func() { dates[1], errs[1] = c.formation(ctx, app, look) })
		wg.Go(func() { dates[2], errs[2] = c.releases(ctx, app, releases, look) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return rollout.Observation{}, err
		}
	}
	return rollout.Observation{Date: earliest(dates[:]), Look: look}, nil
}

func (c *Client) dynos(ctx context.Context, app string, look *rollout.Look) (time.Time, error) {
	look.Dynos = []rollout.Dyno{}
	first, _, err := pages(ctx, c, "reading the dyno list", path("apps", app, "dynos"), nil, maxPages, func(page heroku.DynoListResult) {
		for _, d := range page {
			look.Dynos = append(look.Dynos, rollout.Dyno{
				ID: d.ID, Name: d.Name, Type: d.Type, Size: d.Size, State: d.State,
				Version: d.Release.Version, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
			})
		}
	})
	return first, err
}

func (c *Client) formation(ctx context.Context, app string, look *rollout.Look) (time.Time, error) {
	look.Formation = []rollout.Formation{}
	first, _, err := pages(ctx, c, "reading the formation", path("apps", app, "formation"), nil, maxPages, func(page heroku.FormationListResult) {
		for _, f := range page {
			look.Formation = append(look.Formation, rollout.Formation{
				Type: f.Type, Quantity: f.Quantity, Size: f.Size, CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
			})
		}
	})
	return first, err
}

// releases reads the newest n: ids are uuids, so they are sorted by version.
func (c *Client) releases(ctx context.Context, app string, n int, look *rollout.Look) (time.Time, error) {
	look.Releases = []rollout.Release{}
	newest := &heroku.ListRange{Field: "version", Max: n, Descending: true}
	first, cut, err := pages(ctx, c, "reading the releases", path("apps", app, "releases"), newest, 1, func(page heroku.ReleaseListResult) {
		for _, r := range page {
			look.Releases = append(look.Releases, release(r))
		}
	})
	look.ReleasesCut = cut
	return first, err
}

func release(r heroku.Release) rollout.Release {
	out := rollout.Release{
		ID: r.ID, Version: r.Version, Status: r.Status, Current: r.Current, Description: r.Description,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Slug != nil {
		out.SlugID = r.Slug.ID
	}
	return out
}

// Builds reads all builds that the platform keeps: their order cannot be asked for by age.
func (c *Client) Builds(ctx context.Context, app string) (rollout.Observation, error) {
	out := &rollout.Builds{Builds: []rollout.Build{}}
	first, _, err := pages(ctx, c, "reading the builds", path("apps", app, "builds"), &heroku.ListRange{Field: "id", Max: 1000}, maxPages, func(page heroku.BuildListResult) {
		for _, b := range page {
			o := rollout.Build{ID: b.ID, Status: b.Status, CreatedAt: b.CreatedAt}
			if b.SourceBlob.Version != nil {
				o.Commit = *b.SourceBlob.Version
			}
			if b.Release != nil {
				o.ReleaseID = b.Release.ID
			}
			if b.Slug != nil {
				o.SlugID = b.Slug.ID
			}
			out.Builds = append(out.Builds, o)
		}
	})
	return rollout.Observation{Date: first, Builds: out}, err
}

// pages reads a list page by page, as far as limit. It tells the platform's clock
// in the first answer, and whether there was more than limit pages.
func pages[T any](ctx context.Context, c *Client, op, p string, rng *heroku.ListRange, limit int, add func(T)) (first time.Time, cut bool, err error) {
	x := &exchange{}
	seen := map[string]bool{}
	for range limit {
		var page T
		if err := c.service.Get(with(ctx, x), &page, p, nil, rng); err != nil {
			return first, false, failure(op, x, c.restore(x, err))
		}
		add(page)
		if first.IsZero() {
			first = date(x)
		}
		next := x.header.Get("Next-Range")
		if next == "" {
			return first, false, nil
		}
		if seen[next] {
			return first, false, &Error{Op: op, Message: fmt.Sprintf("the page %q was promised twice", next)}
		}
		seen[next] = true
		x = &exchange{rng: next}
	}
	if limit > 1 {
		return first, true, &Error{Op: op, Message: fmt.Sprintf("the list has more than %d pages", limit)}
	}
	return first, true, nil
}

func earliest(dates []time.Time) time.Time {
	var first time.Time
	for _, d := range dates {
		if !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}
