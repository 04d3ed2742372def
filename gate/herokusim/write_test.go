// Tests of writing requests: what they do, what is refused, and with which message.

package herokusim

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// onAccount plays a test on an account that has the app "shop", in virtual time.
func onAccount(t *testing.T, o AccountOptions, play func(w *writer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, o)
		w.good("POST", "/apps", `{"name": "shop"}`)
		play(w)
	})
}

// story is the story of the app "shop".
func (w *writer) story() *Story { return w.a.Apps()[0].Story }

const plain = "web: python app.py\nworker: python app.py\n"

// Wrong requests are refused, and change nothing.
func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{Sizes: []string{"basic", "Standard-1X", "standard-2x"}, MostApps: 2}, func(w *writer) {
		w.build("shop", python(plain, `{"code": 1}`), "v1")
		release := w.list("/apps/shop/releases")[0]["id"]
		before := w.story()
		for _, c := range []struct {
			method, path, body string
			status             int
			id, says           string
		}{
			{"POST", "/apps", `{"name": "shop"}`, 422, "invalid_params", "Name shop is already taken"},
			{"POST", "/apps", `{"name": "Shop!"}`, 422, "invalid_params", "Name must start with a letter"},
			{"POST", "/apps", `{"name": 7}`, 422, "invalid_params", "not of the types"},
			{"POST", "/apps", `{"name"`, 400, "bad_request", "parse the JSON"},
			{"PATCH", "/apps/shop", `{"name": "x"}`, 422, "invalid_params", "Name must start"},
			{"PATCH", "/apps/other", `{}`, 404, "not_found", "that app"},
			{"DELETE", "/apps/other", "", 404, "not_found", "that app"},
			{"POST", "/apps/other/builds", `{}`, 404, "not_found", "that app"},
			{"POST", "/apps/shop/builds", `{}`, 422, "invalid_params", "source_blob"},
			{"POST", "/apps/shop/builds", `{"source_blob": {"url": "https://example.com/source.tgz"}}`, 422, "invalid_params", "only what was uploaded"},
			{"PATCH", "/apps/shop/formation", `{}`, 422, "invalid_params", "updates"},
			{"PATCH", "/apps/shop/formation", `{"updates": [{"type": "clock", "quantity": 1}]}`, 404, "not_found", "Couldn't find that process type (clock)."},
			{"PATCH", "/apps/shop/formation/clock", `{"quantity": 1}`, 404, "not_found", "Couldn't find that process type (clock)."},
			{"PATCH", "/apps/shop/formation/web", `{"quantity": 2}`, 422, "invalid_params", "Cannot update to more than 1 Basic size dynos per process type."},
			{"PATCH", "/apps/shop/formation/web", `{"quantity": 101, "size": "standard-1x"}`, 422, "invalid_params", "more than 100"},
			{"PATCH", "/apps/shop/formation/web", `{"quantity": -1}`, 422, "invalid_params", "less than zero"},
			{"PATCH", "/apps/shop/formation/web", `{"quantity": "many"}`, 422, "invalid_params", "not of the types"},
			{"PATCH", "/apps/shop/formation/web", `{"size": "huge"}`, 422, "invalid_params", "huge"},
			{"PATCH", "/apps/shop/formation/web", `{"size": "private-s"}`, 422, "invalid_params", "private-s"},
			{"PATCH", "/apps/shop/formation/web", `{"size": "dyno-1c-0.5gb"}`, 422, "invalid_params", "dyno-1c"},
			{"PATCH", "/apps/shop/formation/web", `{"size": "performance-m"}`, 403, "forbidden", "Performance-M"},
			// Either all updates are made or none.
			{"PATCH", "/apps/shop/formation", `{"updates": [{"type": "worker", "quantity": 1}, {"type": "web", "quantity": 5}]}`, 422, "invalid_params", "more than 1"},
			{"PATCH", "/apps/shop/features/nothing", `{"enabled": true}`, 404, "not_found", "that feature"},
			{"PATCH", "/apps/shop/features/preboot", `{}`, 422, "invalid_params", "enabled"},
			{"PATCH", "/apps/shop/features/preboot", `{"enabled": true}`, 422, "invalid_params", "Preboot is not available for basic dynos."},
			{"PATCH", "/apps/shop/config-vars", `{"A": 1}`, 422, "invalid_params", "not of the types"},
			{"DELETE", "/apps/shop/dynos/web.7", "", 404, "not_found", "that dyno"},
			{"POST", "/apps/shop/releases", `{}`, 422, "invalid_params", "slug"},
			{"POST", "/apps/shop/releases", `{"slug": "01234567-89ab-4def-8123-456789abcdef"}`, 404, "not_found", "that slug"},
			{"POST", "/apps/shop/releases", `{"release": "01234567-89ab-4def-8123-456789abcdef"}`, 404, "not_found", "that release"},
			{"PUT", "/apps/shop", "", 405, "method_not_allowed", "PUT"},
			{"POST", "/apps/shop/addons", "", 404, "not_found", "that resource"},
		} {
			w.refused(c.method, c.path, c.body, c.status, c.id, c.says)
		}
		if after := w.story(); after != before {
			t.Error("what was refused changed the story")
		}
		w.good("POST", "/apps", "")
		w.refused("POST", "/apps", "", 422, "invalid_params", "You've reached the limit of 2 apps.")
		w.good("POST", "/apps/shop/releases", fmt.Sprintf(`{"release": %q}`, release))
	})
}

// Preboot needs the larger sizes, and forbids smaller ones. While old dynos are hidden, the formation
// cannot be changed.
func TestPrebootAndTheFormation(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		onAccount(t, AccountOptions{ScaleInWindow: allowed}, func(w *writer) {
			w.build("shop", python(plain, `{"code": 1}`), "v1")
			w.good("PATCH", "/apps/shop/formation/web", `{"size": "Standard-1X", "quantity": 2}`)
			w.good("PATCH", "/apps/shop/features/preboot", `{"enabled": true}`)
			w.refused("PATCH", "/apps/shop/formation/web", `{"size": "basic", "quantity": 1}`, 422, "invalid_params", "Preboot")
			time.Sleep(time.Minute)
			w.good("PATCH", "/apps/shop/config-vars", `{"ROUND": "1"}`)
			time.Sleep(time.Minute)
			status, _ := w.send("PATCH", "/apps/shop/formation/worker", `{"quantity": 1}`)
			if (status == 200) != allowed {
				t.Errorf("scaling in the window, with ScaleInWindow %t, is answered with %d", allowed, status)
			}
			time.Sleep(5 * time.Minute)
			w.good("PATCH", "/apps/shop/formation/web", `{"quantity": 3}`)
		})
	}
}

// A quantity may be text, and relative.
func TestQuantities(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		w.build("shop", python(plain, `{}`), "v1")
		w.good("PATCH", "/apps/shop/formation/web", `{"size": "standard-2x"}`)
		for _, c := range []struct {
			quantity string
			want     float64
		}{{`3`, 3}, {`"5"`, 5}, {`"+2"`, 7}, {`"-4"`, 3}, {`0`, 0}} {
			status, body := w.sendWrong("PATCH", "/apps/shop/formation/web", `{"quantity": `+c.quantity+`}`)
			time.Sleep(10 * time.Second)
			if n := len(w.list("/apps/shop/dynos")); status != 200 || !strings.Contains(string(body), fmt.Sprintf(`"quantity":%g,`, c.want)) || n != int(c.want) {
				t.Errorf("%s: %d, %d dynos, want %g: %s", c.quantity, status, n, c.want, body)
			}
		}
	})
}

// sendWrong sends a request that the schema does not have, although Heroku accepts it.
func (w *writer) sendWrong(method, path, body string) (int, []byte) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://api.heroku.com"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	resp, err := w.a.Transport().RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, data
}

// Only new values make a release. It keeps the other config vars, and its description names the changed ones.
func TestConfigVars(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		for _, body := range []string{`{"A": "1", "B": "x"}`, `{"A": "1"}`, `{"A": "2"}`, `{"B": null, "C": null}`} {
			w.good("PATCH", "/apps/shop/config-vars", body)
		}
		var said []string
		for _, r := range w.list("/apps/shop/releases") {
			said = append(said, r["description"].(string))
		}
		slices.Sort(said)
		want := []string{"Enable Logplex", "Initial release", "Remove B config vars", "Set A config vars", "Set A, B config vars"}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("releases (-want +got):\n%s", diff)
		}
		if vars := w.good("GET", "/apps/shop/config-vars", ""); len(vars) != 1 || vars["A"] != "2" {
			t.Errorf("config vars %v", vars)
		}
		if vars := w.good("GET", "/apps/shop/releases/3/config-vars", ""); len(vars) != 2 || vars["A"] != "1" {
			t.Errorf("config vars of v3 %v", vars)
		}
	})
}

// A renamed app is found by its new name only. A name that is free again can be used for another app.
func TestAppNames(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		first := w.good("PATCH", "/apps/shop", `{"name": "store", "maintenance": true}`)
		if first["name"] != "store" || first["maintenance"] != true {
			t.Errorf("it is %v", first)
		}
		w.refused("GET", "/apps/shop", "", 404, "not_found", "")
		second := w.good("POST", "/apps", `{"name": "shop"}`)
		if second["id"] == first["id"] {
			t.Error("two apps have one id")
		}
		w.good("DELETE", "/apps/"+second["id"].(string), "")
		third := w.good("POST", "/apps", `{"name": "shop"}`)
		if third["id"] == second["id"] {
			t.Error("a new app has the id of a deleted one")
		}
		made := w.good("POST", "/apps", "")["name"].(string)
		if !regexp.MustCompile(`^[a-z]+-[a-z]+-\d{5}$`).MatchString(made) {
			t.Errorf("a made-up name is %q", made)
		}
		if n := len(w.list("/users/~/apps")); n != 3 {
			t.Errorf("%d apps, want 3", n)
		}
	})
}

// Every fault in AccountKinds works, and its error has the id in the list.
func TestAccountKinds(t *testing.T) {
	t.Parallel()
	for _, k := range AccountKinds {
		f, err := ParseFault(k.Example)
		if err != nil {
			t.Fatal(err)
		}
		onAccountAfter(t, f, func(w *writer) {
			w.build("shop", python(plain, `{}`), "v1")
			time.Sleep(time.Minute) // and then the fault begins
			method, pattern, _ := strings.Cut(f.Request, " ")
			status, body := w.ask(method, strings.NewReplacer("/apps/*", "/apps/shop", "/formation/*", "/formation/web").Replace(pattern), "{}")
			if status != f.Status || body["id"] != k.Word || body["message"] == "" {
				t.Errorf("%s: %d %v", k.Example, status, body)
			}
			w.good("GET", "/apps/shop", "")
		})
	}
}

// onAccountAfter is onAccount with a fault that begins after a minute.
func onAccountAfter(t *testing.T, f Fault, play func(w *writer)) {
	t.Helper()
	f.From = time.Minute
	onAccount(t, AccountOptions{Template: &Scenario{Faults: []Fault{f}}}, play)
}
