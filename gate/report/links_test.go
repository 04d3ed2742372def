// Links: a name gets a link to its page, and a text that is no name gets none.

package report

import (
	"strings"
	"testing"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// github is the environment of the runner that says where the workflow comes from.
func github(server, repository string) func(string) string {
	return func(k string) string {
		return map[string]string{"GITHUB_SERVER_URL": server, "GITHUB_REPOSITORY": repository}[k]
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	const id, sha = "01234567-89ab-cdef-0123-456789abcdef", "1f2e3d4c5b6a79880716253443526170deadbeef"
	l := newLinks("my-app", github("https://github.com", "octo-org/octo.repo"))
	for what, got := range map[string][2]string{
		"app":              {l.ofApp("my-app", ""), "[my-app](https://dashboard.heroku.com/apps/my-app)"},
		"activity":         {l.ofApp("activity", "/activity"), "[activity](https://dashboard.heroku.com/apps/my-app/activity)"},
		"release":          {l.release("v42", id), "[v42](https://dashboard.heroku.com/apps/my-app/activity/releases/" + id + ")"},
		"commit":           {l.commit(sha), "[1f2e3d4](https://github.com/octo-org/octo.repo/commit/" + sha + ")"},
		"a short commit":   {l.commit("1f2e3d4c"), "1f2e3d4"},
		"no commit":        {l.commit(""), ""},
		"a strange one":    {l.commit("main)"), "main)"},
		"a strange id":     {l.release("v42", id+"/../.."), "v42"},
		"unknown to us":    {newLinks("my-app", github("", "")).commit(sha), "1f2e3d4"},
		"a managed user's": {newLinks("", github("https://github.com", "octo_acme/octo.repo")).commit(sha), "[1f2e3d4](https://github.com/octo_acme/octo.repo/commit/" + sha + ")"},
		"an enterprise's":  {newLinks("", github("https://ghe.example.com:8443", "a/b")).commit(sha), "[1f2e3d4](https://ghe.example.com:8443/a/b/commit/" + sha + ")"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %s, want %s", what, got[0], got[1])
		}
	}
}

func TestTextThatIsNoNameGetsNoLink(t *testing.T) {
	t.Parallel()
	const good = "my-app"
	for _, bad := range []string{"", "x", "My-App", "a b", "a/b", "a)b", "a(b", "a%2fb", "a?b", "a#b", "a@b", "a.b", "a\nb", "a-", "-a", "../x", strings.Repeat("a", 31), evil, good + "\n", "é" + good} {
		if l := newLinks(bad, github("", "")); l.app != "" {
			t.Errorf("the app %q has the address %s", bad, l.app)
		}
	}
	for _, bad := range []string{"", "http://github.com", "javascript:alert(1)//github.com", "https://", "https://github.com/", "https://a@github.com", "https://github.com:x", "https://github.com)", "https://.com", "https://github.com\n", "HTTPS://github.com", evil} {
		if l := newLinks(good, github(bad, "a/b")); l.repo != "" {
			t.Errorf("the server %q has the address %s", bad, l.repo)
		}
	}
	for _, bad := range []string{"", "a", "a/", "/b", "a/b/c", "a/..", "a/.", "../b", "a/b)", "a/b c", "a/b?c", "a/b#c", "a/b\n", "a%/b", evil} {
		if l := newLinks(good, github("https://github.com", bad)); l.repo != "" {
			t.Errorf("the repository %q has the address %s", bad, l.repo)
		}
	}
}

func TestCommandToCopy(t *testing.T) {
	t.Parallel()
	dynos := []rollout.DynoPicture{{Label: "web.1", Version: 42, State: "up"}, {Label: "web.2", Version: 42, State: "starting", Hidden: 1}, {Label: "web-5d8f9c7b66-x2x7k", Version: 41, Old: true, State: "up"}}
	for _, tc := range []struct {
		app, dyno, want string
		reason          rollout.Reason
	}{
		{"my-app", "web.3", "heroku logs --app my-app --dyno web.3 --num 100", rollout.DynosCrashed},
		{"my-app", "", "heroku logs --app my-app --dyno web.2 --num 100", rollout.NewDynosMissing},
		{"my-app", "", "heroku logs --app my-app --dyno web.2 --num 100", rollout.OldDynosRemain},
		{"my-app", "", "heroku releases:output v42 --app my-app", rollout.ReleaseFailed},
		{"my-app", "", "heroku releases --app my-app", rollout.RolledBack},
		{"my-app", "", "", rollout.RolledOut},
		{"my-app", "web.3;id", "heroku logs --app my-app --num 100", rollout.DynosCrashed},
		{"my-app", "web.3 $(id)", "heroku logs --app my-app --num 100", rollout.DynosCrashed},
		{"my-app", "--help", "heroku logs --app my-app --num 100", rollout.DynosCrashed},
		{"my-app", "web.3\nid", "heroku logs --app my-app --num 100", rollout.DynosCrashed},
		{"my-app;id", "web.3", "", rollout.DynosCrashed},
		{"--app", "web.3", "", rollout.ReleaseFailed},
		{evil, evil, "", rollout.ReleaseFailed},
	} {
		e := Ending{Verdict: rollout.Verdict{Reason: tc.reason, Dyno: tc.dyno}, Picture: rollout.Picture{
			App: observe.App{Name: tc.app}, Target: &observe.Release{Version: 42}, Dynos: dynos,
		}}
		if got := toCopy(e); got != tc.want {
			t.Errorf("%s, app %q, dyno %q: got %q, want %q", tc.reason, tc.app, tc.dyno, got, tc.want)
		}
	}
}
