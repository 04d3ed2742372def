// Looks, and lists of several pages.

package platform

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
)

// pages serves three pages of dynos, one formation, and cut releases.
func pages(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	switch r.URL.Path + " " + r.Header.Get("Range") {
	case "/apps/shop/dynos id ..; max=1000":
		h.Set("Next-Range", "id ]a..; max=1000")
		answer(w, 206, `[{"id":"a","name":"web.1","type":"web","state":"up","size":"Standard-1X","release":{"id":"r","version":7},"created_at":"2026-03-04T05:00:00Z","updated_at":"2026-03-04T05:00:09Z"}]`)
	case "/apps/shop/dynos id ]a..; max=1000":
		h.Set("Next-Range", "id ]b..; max=1000")
		answer(w, 206, `[{"id":"b","name":"web.2","type":"web","state":"down","release":{"version":6}}]`)
	case "/apps/shop/dynos id ]b..; max=1000":
		answer(w, 200, `[{"id":"c","name":"run.1","type":"run","state":"up","release":{"version":7}}]`)
	case "/apps/shop/formation id ..; max=1000":
		answer(w, 200, `[{"type":"web","quantity":2,"size":"Standard-1X"}]`)
	case "/apps/shop/releases version ..; max=2, order=desc":
		h.Set("Next-Range", "version ..6; max=2, order=desc")
		answer(w, 206, `[{"id":"r","version":7,"status":"succeeded","current":true,"slug":{"id":"s"},"description":"Deploy 1","created_at":"2026-03-04T05:00:00Z"},{"id":"q","version":6,"status":null,"slug":null,"created_at":"2026-03-03T05:00:00Z"}]`)
		h.Set("Date", "x")
	default:
		answer(w, 416, `{"id":"requested_range_not_satisfiable","message":"no"}`)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	want := &observe.Look{
		Dynos: []observe.Dyno{
			{ID: "a", Name: "web.1", Type: "web", State: "up", Size: "Standard-1X", Version: 7,
				CreatedAt: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 3, 4, 5, 0, 9, 0, time.UTC)},
			{ID: "b", Name: "web.2", Type: "web", State: "down", Version: 6}, {ID: "c", Name: "run.1", Type: "run", State: "up", Version: 7},
		},
		Formation: []observe.Formation{{Type: "web", Quantity: 2, Size: "Standard-1X"}},
		Releases: []observe.Release{
			{ID: "r", Version: 7, Status: "succeeded", Current: true, SlugID: "s", Description: "Deploy 1", CreatedAt: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)},
			{ID: "q", Version: 6, CreatedAt: time.Date(2026, 3, 3, 5, 0, 0, 0, time.UTC)},
		},
		ReleasesCut: true,
	}
	p, _ := client(t, pages)
	got, err := p.Look(t.Context(), "shop", true, 2)
	if diff := cmp.Diff(want, got.Look); diff != "" || err != nil || got.Date != dated {
		t.Errorf("%v, %v; -want +got:\n%s", err, got.Date, diff)
	}
	got, err = p.Look(t.Context(), "shop", false, 2)
	want.Formation, want.Releases, want.ReleasesCut = nil, nil, false
	if diff := cmp.Diff(want, got.Look); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
}

func TestEmptyLook(t *testing.T) {
	t.Parallel()
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, "[]") })
	got, err := p.Look(t.Context(), "shop", true, 0)
	if err != nil || got.Look.Dynos == nil || !got.Look.Full() {
		t.Errorf("%v, %+v", err, got.Look)
	}
}

func TestAListWithAMissingPageIsAnError(t *testing.T) {
	t.Parallel()
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Range"), "]b") {
			answer(w, 404, `{"id":"not_found","message":"gone"}`)
			return
		}
		pages(w, r)
	})
	got, err := p.Look(t.Context(), "shop", true, 2)
	var e *Error
	if !errors.As(err, &e) || e.Kind() != observe.NotFound || got.Look != nil {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestAListWithoutAnEndIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(n int) string{
		"the same":  func(int) string { return "id ]a.." },
		"the first": func(int) string { return allByID },
		"always":    func(n int) string { return fmt.Sprintf("id ]%d..", n) },
	} {
		n := 0
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			w.Header().Set("Next-Range", next(n))
			answer(w, 206, "["+oneDyno+"]")
		})
		if _, err := p.Look(t.Context(), "shop", false, 0); err == nil || n > maxPages {
			t.Errorf("%s: %v after %d pages", name, err, n)
		}
	}
}

func TestReleasesAreReadPageByPageAndNoFurtherThanAsked(t *testing.T) {
	t.Parallel()
	p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/releases") {
			answer(w, 200, `[]`)
			return
		}
		switch r.Header.Get("Range") {
		case "version ..; max=1000, order=desc":
			w.Header().Set("Next-Range", "version ]3..; max=1000, order=desc")
			answer(w, 206, `[{"id":"a","version":5,"created_at":"2026-03-04T05:00:00Z","status":"succeeded","slug":null,"artifacts":[{"type":"slug","id":"x"},{"type":"oci-image","id":"i"}]},{"id":"b","version":3,"created_at":"2026-03-04T05:00:00Z"}]`)
		case "version ]3..; max=1000, order=desc":
			w.Header().Set("Next-Range", "version ]2..; max=1000, order=desc")
			answer(w, 206, `[{"id":"c","version":2,"created_at":"2026-03-04T05:00:00Z"}]`)
		default:
			answer(w, 200, `[{"id":"d","version":1,"created_at":"2026-03-04T05:00:00Z"}]`)
		}
	})
	for most, want := range map[int]struct {
		versions []int
		cut      bool
	}{2000: {[]int{5, 3, 2, 1}, false}, 1003: {[]int{5, 3, 2, 1}, false}} {
		o, err := p.Look(t.Context(), "shop", true, most)
		if err != nil {
			t.Fatal(err)
		}
		var versions []int
		for _, r := range o.Look.Releases {
			versions = append(versions, r.Version)
		}
		if diff := cmp.Diff(want.versions, versions); diff != "" || o.Look.ReleasesCut != want.cut {
			t.Errorf("most %d: cut %v, %s", most, o.Look.ReleasesCut, diff)
		}
		if first := o.Look.Releases[0]; first.ImageID != "i" || first.SlugID != "" {
			t.Errorf("the newest release is %+v", first)
		}
	}
	if n := len(d.seen); n != 10 {
		t.Errorf("%d requests: %s", n, d.seen)
	}
	rows, cut, _, err := readPages[releaseRow](t.Context(), p, "reading", "/apps/shop/releases", "version ..; max=1000, order=desc", 3)
	if len(rows) != 3 || !cut || err != nil {
		t.Errorf("%d rows, cut %v, %v", len(rows), cut, err)
	}
}
