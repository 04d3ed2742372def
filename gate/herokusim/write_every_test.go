// Tests of every writing request: it and its answer fit Heroku's schema, and docs/simulator.md lists it.

package herokusim

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// docs/simulator.md lists all writing requests.
func TestPageListsWritingRequests(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, x := range writes {
		want = append(want, x.method+" "+x.path)
	}
	part := between(t, simulatorPage(t), "<!-- writes -->", "<!-- /writes -->")
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+ [^`]+)` \\|").FindAllStringSubmatch(part, -1) {
		got = append(got, m[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-code +page):\n%s", diff)
	}
}

// The same requests work in a Private Space and on Fir, with their sizes, and without preboot.
func TestWritesInSpaces(t *testing.T) {
	t.Parallel()
	for size, app := range map[string]App{"Private-M": {Space: "west"}, "dyno-1c-4gb": {Space: "west", Generation: "fir"}} {
		onAccount(t, AccountOptions{Template: &Scenario{App: app}}, func(w *writer) {
			look := func() {
				for _, version := range []string{"3", "3.sdk"} {
					everything(checked{w.t, w.a.Server, map[string]bool{}}, w.a.Now(), version)
				}
			}
			w.build("shop", python(plain, `{"code": 1, "stop": 3}`), "v1")
			w.form(fmt.Sprintf(`{"updates": [{"type": "web", "quantity": 5, "size": %q}]}`, size))
			w.refused("PATCH", "/apps/shop/formation/web", `{"size": "standard-1x"}`, 422, "invalid_params", "standard-1x")
			w.refused("PATCH", "/apps/shop/features/preboot", `{"enabled": true}`, 422, "invalid_params", "Preboot")
			time.Sleep(5 * time.Minute)
			look()
			w.build("shop", python(plain, `{"code": 2}`), "v2")
			time.Sleep(30 * time.Second)
			look()
			if old := len(w.story().OldRunning(w.a.Now(), 4)); old == 0 || old == 5 {
				w.t.Errorf("%s: %d old processes run in the middle", size, old)
			}
			time.Sleep(5 * time.Minute)
			w.good("DELETE", "/apps/shop/dynos/web", "")
			time.Sleep(5 * time.Minute)
			if dynos := w.list("/apps/shop/dynos"); len(dynos) != 5 || dynos[0]["size"] != size || len(w.story().OldRunning(w.a.Now(), 4)) != 0 {
				w.t.Errorf("at last there are %v", dynos)
			}
			w.good("DELETE", "/apps/shop", "")
			for _, i := range w.story().Instances {
				if i.Exit == 0 {
					w.t.Errorf("%+v runs on", i)
				}
			}
		})
	}
}

// Every writing request and its answer fit the schema, and so does everything that can be read
// after each.
func TestEveryWriteIsHerokus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, AccountOptions{})
		look := func() {
			for _, version := range []string{"3", "3.sdk"} {
				everything(checked{t, w.a.Server, map[string]bool{}}, w.a.Now(), version)
			}
		}
		send := func(method, path, body string) {
			t.Helper()
			if status, answer := w.send(method, path, body); status >= 300 {
				t.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
			}
			look()
			time.Sleep(5 * time.Second)
			look()
		}
		send("POST", "/apps", `{"name": "shop", "region": "us", "stack": "heroku-24"}`)
		send("POST", "/apps/shop/sources", "")
		url := w.upload(tarball(t, python(plain+"release: r\n", `{"code": 1}`)))
		send("POST", "/apps/shop/builds", fmt.Sprintf(`{"source_blob": {"url": %q, "version": "v1", "checksum": null}}`, url))
		time.Sleep(time.Minute)
		send("POST", "/apps/shop/builds", fmt.Sprintf(`{"source_blob": {"url": %q}}`, url))
		send("PATCH", "/apps/shop/formation", `{"updates": [{"type": "web", "quantity": 2, "size": "Standard-1X"}]}`)
		send("PATCH", "/apps/shop/formation/worker", `{"quantity": 1}`)
		send("PATCH", "/apps/shop/features/preboot", `{"enabled": true}`)
		send("PATCH", "/apps/shop/features/log-runtime-metrics", `{"enabled": true}`)
		send("PATCH", "/apps/shop/config-vars", `{"A": "1", "B": null}`)
		send("DELETE", "/apps/shop/dynos", "")
		send("DELETE", "/apps/shop/dynos/web.1", "")
		send("POST", "/apps/shop/releases", fmt.Sprintf(`{"release": %q}`, w.good("GET", "/apps/shop/releases/3", "")["id"]))
		slug := w.list("/apps/shop/builds")[0]["slug"].(map[string]any)["id"]
		send("POST", "/apps/shop/releases", fmt.Sprintf(`{"slug": %q, "description": "again"}`, slug))
		send("PATCH", "/apps/shop", `{"name": "store", "maintenance": true}`)
		w.good("DELETE", "/apps/store", "")
		var want []string
		for _, x := range writes {
			want = append(want, x.method+" "+strings.ReplaceAll(x.path, "*", "{}"))
		}
		got := slices.DeleteFunc(slices.Sorted(maps.Keys(w.asked)), func(endpoint string) bool { return strings.HasPrefix(endpoint, "GET ") })
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
			t.Errorf("good answers (-code +seen):\n%s", diff)
		}
	})
}
