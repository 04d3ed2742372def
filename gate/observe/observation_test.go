// The methods of looks and releases.

package observe_test

import (
	"testing"

	"heroku-rollout-gate/gate/observe"
)

// A look is full if it requested formation and releases, even if the app has none.
func TestFull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		look observe.Look
		want bool
	}{
		{observe.Look{}, false},
		{observe.Look{Formation: []observe.Formation{}}, false},
		{observe.Look{Releases: []observe.Release{}}, false},
		{observe.Look{Formation: []observe.Formation{}, Releases: []observe.Release{}}, true},
	} {
		if got := c.look.Full(); got != c.want {
			t.Errorf("%+v: full %v, want %v", c.look, got, c.want)
		}
	}
}

func TestDeployed(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{"succeeded": true, "expired": true, "failed": false, "pending": false, "": false} {
		if got := (&observe.Release{Status: status}).Deployed(); got != want {
			t.Errorf("a release that is %q was deployed: %v, want %v", status, got, want)
		}
	}
}

func TestCodeOfRelease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about   string
		release observe.Release
		want    observe.CodeRef
	}{
		{"a slug", observe.Release{SlugID: "s"}, observe.CodeRef{ID: "s"}},
		{"a slug, and an image", observe.Release{SlugID: "s", ImageID: "i"}, observe.CodeRef{ID: "s"}},
		{"an image", observe.Release{ImageID: "i"}, observe.CodeRef{ID: "i", Image: true}},
		{"no code", observe.Release{}, observe.CodeRef{}},
	} {
		if got := c.release.Code(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.about, got, c.want)
		}
	}
}
