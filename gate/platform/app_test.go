// Answers about the app, its features, and what was built for it.

package platform

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
)

func TestApp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		want observe.App
	}{
		"common":            {`{"id":"1","name":"shop","space":null,"generation":{"id":"9","name":"cedar"}}`, observe.App{ID: "1", Name: "shop", Generation: "cedar"}},
		"fir, in 3.sdk":     {`{"id":"1","name":"shop","space":{"id":"2","name":"hall","shield":false},"generation":"fir"}`, observe.App{ID: "1", Name: "shop", Space: "hall", Generation: "fir"}},
		"maintenance":       {`{"id":"1","name":"shop","maintenance":true,"generation":null}`, observe.App{ID: "1", Name: "shop", Maintenance: true}},
		"strange":           {`{"id":"1","name":"shop","generation":7}`, observe.App{ID: "1", Name: "shop"}},
		"generation absent": {`{"id":"1","name":"shop"}`, observe.App{ID: "1", Name: "shop"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, c.body) })
			got, err := p.App(t.Context(), "my/app")
			if diff := cmp.Diff(observe.Observation{Date: dated, App: &c.want}, got); diff != "" || err != nil {
				t.Errorf("%v; -want +got:\n%s", err, diff)
			}
			if diff := cmp.Diff([]string{"GET /apps/my%2Fapp"}, d.seen); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(Budget{Requests: 1, Remaining: 4321, Lowest: 4321}, p.Budget()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPreboot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testPreboot)
}

func testPreboot(t *testing.T) {
	body, status := "", 0
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, status, body) })
	for _, tc := range []struct {
		status int
		body   string
		want   *observe.Preboot // nil: an error
	}{
		{200, `{"enabled":true,"updated_at":"2026-03-01T00:00:00Z"}`, &observe.Preboot{Known: true, Enabled: true, ChangedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, nil}, // which does not say that it is off
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, nil}, // nor does it when it lasts
		{200, `{"enabled":true}`, &observe.Preboot{Known: true, Enabled: true}},
		{403, `{"id":"forbidden","message":"no"}`, nil},
		{404, "<html>not found", nil}, // not the platform's word
		{200, `{"updated_at":"2026-03-01T00:00:00Z"}`, nil},
		{200, `{"enabled":null}`, nil},
	} {
		status, body = tc.status, tc.body
		got, err := p.Preboot(t.Context(), "shop")
		if diff := cmp.Diff(tc.want, got.Preboot); diff != "" || (err != nil) != (tc.want == nil) {
			t.Errorf("status %d: %v %s", tc.status, err, diff)
		}
		time.Sleep(time.Minute) // in virtual time
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testMetrics)
}

func testMetrics(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   *observe.Metrics // nil: an error
	}{
		{200, `{"enabled":true,"updated_at":"2026-03-01T00:00:00Z"}`, &observe.Metrics{Known: true, Enabled: true, ChangedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{200, `{"enabled":false}`, &observe.Metrics{Known: true}},
		{404, `{"id":"not_found","message":"Couldn't find that app feature."}`, &observe.Metrics{Known: true}},
		{404, "<html>not found", nil}, // not the platform's word
		{403, `{"id":"forbidden","message":"no"}`, nil},
		{200, `{"updated_at":"2026-03-01T00:00:00Z"}`, nil},
	} {
		p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, tc.status, tc.body) })
		got, err := p.Metrics(t.Context(), "shop")
		if diff := cmp.Diff(tc.want, got.Metrics); diff != "" || (err != nil) != (tc.want == nil) {
			t.Errorf("status %d, %s: %v %s", tc.status, tc.body, err, diff)
		}
		if want := "GET /apps/shop/features/log-runtime-metrics"; d.seen[0] != want {
			t.Errorf("it asks %q, want %q", d.seen, want)
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	built := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		code   observe.CodeRef
		status int
		body   string
		want   observe.Code
		path   string
	}{
		"slug":                      {observe.CodeRef{ID: "s"}, 200, `{"id":"s","commit":"abc","created_at":"2026-03-04T05:00:00Z"}`, observe.Code{ID: "s", Commit: "abc", CreatedAt: built}, "slugs/s"},
		"slug without a commit":     {observe.CodeRef{ID: "s"}, 200, `{"id":"s","commit":null}`, observe.Code{ID: "s"}, "slugs/s"},
		"slug that may not be seen": {observe.CodeRef{ID: "s"}, 403, `{"id":"forbidden","message":"no"}`, observe.Code{ID: "s"}, "slugs/s"},
		"image":                     {observe.CodeRef{ID: "i", Image: true}, 200, `[{"id":"i","commit":"abc","created_at":"2026-03-04T05:00:00Z"}]`, observe.Code{ID: "i", Commit: "abc", CreatedAt: built}, "oci-images/i"},
		"image alone":               {observe.CodeRef{ID: "i", Image: true}, 200, `{"id":"i","commit":"abc"}`, observe.Code{ID: "i", Commit: "abc"}, "oci-images/i"},
		"no image":                  {observe.CodeRef{ID: "i", Image: true}, 200, `[]`, observe.Code{ID: "i"}, "oci-images/i"},
		"something else":            {observe.CodeRef{ID: "i", Image: true}, 200, `"what"`, observe.Code{ID: "i"}, "oci-images/i"},
		"no such endpoint":          {observe.CodeRef{ID: "i", Image: true}, 404, `{"id":"not_found","message":"Couldn't find that page."}`, observe.Code{ID: "i"}, "oci-images/i"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, tc.status, tc.body) })
			o, err := p.Code(t.Context(), "shop", tc.code)
			if diff := cmp.Diff(&tc.want, o.Code); diff != "" || err != nil {
				t.Error(err, diff)
			}
			if diff := cmp.Diff([]string{"GET /apps/shop/" + tc.path}, d.seen); diff != "" {
				t.Error(diff)
			}
		})
	}
	p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 401, `{"id":"unauthorized","message":"no"}`) })
	if _, err := p.Code(t.Context(), "shop", observe.CodeRef{ID: "s"}); err == nil {
		t.Error("a revoked key passed for a slug without a commit")
	}
}

// A single 404 for a slug may be a mistake. That the slug is gone is believed after a minute.
func TestSlugThatIsNotFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status, body := 0, ""
		p, _ := client(t, func(w http.ResponseWriter, r *http.Request) { answer(w, status, body) })
		for _, step := range []struct {
			after  time.Duration
			status int
			want   string // empty: an error
		}{
			{0, 404, ""},
			{59 * time.Second, 404, ""},
			{0, 200, "abc"},
			{0, 404, ""},
			{59 * time.Second, 404, ""},
			{0, 503, ""},
			{time.Second, 404, ""},
			{time.Minute, 404, "none"},
		} {
			time.Sleep(step.after) // in virtual time
			status, body = step.status, `{"id":"not_found","message":"no slug"}`
			if status == 200 {
				body = `{"id":"s","commit":"abc"}`
			}
			o, err := p.Code(t.Context(), "shop", observe.CodeRef{ID: "s"})
			got := ""
			if err == nil {
				if got = o.Code.Commit; got == "" {
					got = "none"
				}
			}
			if got != step.want {
				t.Errorf("%+v: commit %q, %v", step, got, err)
			}
			p.Code(t.Context(), "shop", observe.CodeRef{ID: "another"}) // which has its own minute
		}
	})
}

func TestBuilds(t *testing.T) {
	t.Parallel()
	p, d := client(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `[{"id":"1","status":"succeeded","created_at":"2026-03-04T05:00:00Z","release":{"id":"r"},"slug":{"id":"s"},"source_blob":{"version":"abc"}},
			{"id":"2","status":"pending","created_at":"2026-03-04T05:01:00Z","release":null,"slug":null,"source_blob":{"version":null}}]`)
	})
	builds, err := p.Builds(t.Context(), "shop")
	want := &observe.Builds{Builds: []observe.Build{
		{ID: "2", Status: "pending", CreatedAt: time.Date(2026, 3, 4, 5, 1, 0, 0, time.UTC)},
		{ID: "1", Status: "succeeded", Commit: "abc", ReleaseID: "r", SlugID: "s", CreatedAt: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)},
	}}
	if diff := cmp.Diff(want, builds.Builds); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if diff := cmp.Diff([]string{"GET /apps/shop/builds started_at ..; max=50, order=desc"}, d.seen); diff != "" {
		t.Error(diff)
	}
}
