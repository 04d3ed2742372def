// A look: the app's lists of dynos, formation and releases, read at the same time.

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

// longestPage is how many rows a page can have
// (https://devcenter.heroku.com/articles/platform-api-reference#ranges).
const longestPage = 1000

// allByID asks for a whole list, in the longest pages.
var allByID = fmt.Sprintf("id ..; max=%d", longestPage)

// The op of each list, for error messages and [patience].
const (
	readingDynos     = "reading the dyno list"
	readingFormation = "reading the formation"
	readingReleases  = "reading the releases"
)

// Look reads the dyno list; with full, at the same time also the formation and at least that many of the newest
// releases. The observation's Date is the earliest of the answers. If only the other lists fail, Look
// returns both an observation of the dyno list and the error.
func (c *Client) Look(ctx context.Context, app string, full bool, releases int) (observe.Observation, error) {
	ctx, cancel := context.WithCancelCause(withByteLimit(ctx, maxLook))
	defer cancel(nil)
	var (
		look      observe.Look
		dates     [3]time.Time
		errs      [3]error
		bugs      [3]any
		wg        sync.WaitGroup
		dynosRead = make(chan struct{}) // closed when the dyno list has been read
	)
	ask := func(i int, ctx context.Context, question func(context.Context) (time.Time, error)) {
		wg.Go(func() {
			defer func() { bugs[i] = recover() }()
			dates[i], errs[i] = question(ctx)
			switch {
			case i == 0 && errs[i] == nil:
				close(dynosRead)
			case i == 0 || isFinal(errs[i]):
				cancel(nil) // without the dyno list, or after a final error, the rest is useless
			}
		})
	}
	ask(0, ctx, func(ctx context.Context) (d time.Time, err error) {
		look.Dynos, d, err = c.dynos(ctx, app)
		return d, err
	})
	if full {
		ask(1, c.limitAfter(ctx, dynosRead, readingFormation, 1), func(ctx context.Context) (d time.Time, err error) {
			look.Formation, d, err = c.formation(ctx, app)
			return d, err
		})
		ask(2, c.limitAfter(ctx, dynosRead, readingReleases, 1+releases/longestPage), func(ctx context.Context) (d time.Time, err error) {
			look.Releases, look.ReleasesCut, d, err = c.releases(ctx, app, max(releases, 1))
			return d, err
		})
	}
	wg.Wait()
	for _, bug := range bugs {
		if bug != nil {
			panic(bug) // in the caller's goroutine, so that the caller can recover
		}
	}
	return c.outcome(look, dates, errs)
}

// outcome puts together what the three questions of a look brought. The dyno list is the first of them.
func (c *Client) outcome(look observe.Look, dates [3]time.Time, errs [3]error) (observe.Observation, error) {
	switch err := errorToReport(errs[:]); {
	case errs[0] != nil:
		return observe.Observation{}, err
	case err != nil:
		return c.dated(dates[0], observe.Observation{Look: &observe.Look{Dynos: look.Dynos}}), err
	}
	// A list that was not asked for has no date.
	return c.dated(earliest(dates[0], earliest(dates[1], dates[2])), observe.Observation{Look: &look}), nil
}

// limitAfter returns a context for another list. It ends some time after the dyno list was read, so that the
// other lists do not delay the dyno list for long. Each list has its own limit: if one list is slow, the other
// is still read.
func (c *Client) limitAfter(ctx context.Context, dynosRead <-chan struct{}, op string, pages int) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-dynosRead:
		case <-ctx.Done():
			return
		}
		limit := c.patience.limit(op, otherListsTime*time.Duration(pages))
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(&errLate{limit, " of the dyno list's"})
		case <-ctx.Done():
		}
	}()
	return ctx
}

// isFinal reports whether retrying is useless.
func isFinal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind() != observe.Unreachable
}

// errorToReport is a final error if there is one. Otherwise it is the first error that is not the
// result of cancelling the other questions.
func errorToReport(errs []error) error {
	var some error
	for _, err := range errs {
		if isFinal(err) {
			return err
		}
		if some == nil || err != nil && errors.Is(some, context.Canceled) && !errors.Is(err, context.Canceled) {
			some = err
		}
	}
	return some
}

func (c *Client) dynos(ctx context.Context, app string) ([]observe.Dyno, time.Time, error) {
	rows, date, err := list[heroku.Dyno](ctx, c, readingDynos, c.appPath(app, "dynos"), allByID)
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
	rows, date, err := list[heroku.Formation](ctx, c, readingFormation, c.appPath(app, "formation"), allByID)
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

// releases reads at least the newest most releases. cut: there are older ones.
// "Newest" is by version: ids are not in order of age.
func (c *Client) releases(ctx context.Context, app string, most int) (releases []observe.Release, cut bool, date time.Time, err error) {
	page := fmt.Sprintf("version ..; max=%d, order=desc", min(most, longestPage))
	rows, cut, date, err := readPages[releaseRow](ctx, c, readingReleases, c.appPath(app, "releases"), page, most)
	if err != nil {
		return nil, false, time.Time{}, err
	}
	releases = make([]observe.Release, 0, len(rows))
	for _, r := range rows {
		releases = append(releases, release(r))
	}
	return releases, cut, date, nil
}

// releaseRow is a release with the artifacts, which are missing in heroku-go: a release without a slug runs
// these (schema.json of heroku/platform-api).
type releaseRow struct {
	heroku.Release
	Artifacts []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"artifacts"`
}

// imageSeparator stands between the ids if a release has several images.
const imageSeparator = "+"

// Release reads one release by its version or id. If the release does not exist (yet), the observation has
// version 0.
func (c *Client) Release(ctx context.Context, app, idOrVersion string) (observe.Observation, error) {
	row, ex, err := c.release(ctx, app, idOrVersion)
	var e *Error
	if errors.As(err, &e) && e.Kind() == observe.NotFound && e.ID != "" {
		row, err = releaseRow{}, nil
	}
	if err != nil {
		return observe.Observation{}, err
	}
	seen := release(row)
	return c.dated(ex.date(), observe.Observation{Release: &seen}), nil
}

func (c *Client) release(ctx context.Context, app, idOrVersion string) (row releaseRow, ex *exchange, err error) {
	name := idOrVersion
	if v, ok := strings.CutPrefix(name, "v"); ok && strings.Trim(v, "0123456789") == "" {
		name = v
	}
	ex, err = c.get(ctx, fmt.Sprintf("reading release %q", idOrVersion), c.appPath(app, "releases", name), "", &row)
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
