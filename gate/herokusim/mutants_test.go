// The check of answers against the schema notices wrong answers.

package herokusim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// For every kind of answer, every attribute is left out, renamed and given another
// type, and one is added to every object. The check must notice each.
func TestSchemaCheckNoticesWrongAnswers(t *testing.T) {
	t.Parallel()
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	plain := NewServer(tell(t, "phase-succeeds"), Options{From: 60 * time.Second})
	fir := NewServer(tell(t, "fir"), Options{From: 60 * time.Second})
	image := "/apps/fir/oci-images/" + imageID(fir.apps[0].story.releases.all(time.Minute)[0])
	for path, s := range map[string]*Server{
		"/account": plain, "/account/rate-limits": plain, "/apps/phased": plain, "/apps/phased/dynos": plain, "/apps/phased/dynos/web.1": plain,
		"/apps/phased/formation/web": plain, "/apps/phased/releases": plain, "/apps/phased/releases/42": plain, "/apps/phased/builds": plain,
		"/apps/phased/features/preboot": plain, "/apps/phased/nothing": plain,
		"/apps/phased/slugs/" + plain.apps[0].story.releases.all(0)[0].slug: plain,
		"/apps/fir": fir, image: fir, "/apps/fir/releases/41": fir,
	} {
		for _, version := range []string{"3", "3.sdk"} {
			resp, body := ask(t, s, "GET", path, "Accept", "application/vnd.heroku+json; version="+version)
			check := func(body []byte) error {
				return all[version].check("GET", path, resp.StatusCode, resp.Header, body)
			}
			if err := check([]byte(body)); err != nil {
				t.Errorf("%s of version=%s: %v", path, version, err)
				continue
			}
			tried := 0
			mutants(t, []byte(body), func(what string, mutant []byte) {
				tried++
				if check(mutant) == nil {
					t.Errorf("%s of version=%s: not seen: %s\n%s", path, version, what, mutant)
				}
			})
			if tried < 4 {
				t.Errorf("%s: only %d wrong answers were tried", path, tried)
			}
		}
	}
	_, body := ask(t, plain, "GET", "/apps/phased/dynos/web.1")
	for what, bad := range map[string]error{
		"of another endpoint":        all["3"].check("GET", "/apps/phased/releases/42", 200, http.Header{"Content-Type": {"application/json"}}, []byte(body)),
		"of an endpoint not known":   all["3"].check("GET", "/apps/phased/dinos/web.1", 200, http.Header{"Content-Type": {"application/json"}}, []byte(body)),
		"with another status":        all["3"].check("GET", "/apps/phased/dynos/web.1", 201, http.Header{"Content-Type": {"application/json"}}, []byte(body)),
		"with another type of media": all["3"].check("GET", "/apps/phased/dynos/web.1", 200, http.Header{"Content-Type": {"text/plain"}}, []byte(body)),
	} {
		if bad == nil {
			t.Errorf("an answer %s is not seen", what)
		}
	}
}

// mutants makes wrong answers of a good one, each with one change.
func mutants(t *testing.T, body []byte, try func(what string, mutant []byte)) {
	var root any
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	send := func(what string) {
		var b bytes.Buffer
		if err := json.NewEncoder(&b).Encode(root); err != nil {
			t.Fatal(err)
		}
		try(what, b.Bytes())
	}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case []any:
			for i, x := range v {
				if i == 0 || i == len(v)-1 {
					walk(fmt.Sprintf("%s[%d]", where, i), x)
				}
			}
		case map[string]any:
			// In a hash of process types the app chooses the keys.
			hash := strings.HasSuffix(where, ".process_types")
			if !hash {
				v["invented"] = "value"
				send("an attribute added to " + where)
				delete(v, "invented")
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				was, name := v[key], where+"."+key
				if !hash {
					delete(v, key)
					send(name + " left out")
					v[key+"_x"] = was
					send(name + " renamed")
					delete(v, key+"_x")
				}
				v[key] = wrongType(was)
				send(name + " of another type")
				v[key] = was
				walk(name, was)
			}
		}
	}
	walk("", root)
}

func wrongType(v any) any {
	switch v.(type) {
	case string, nil:
		return 7.5
	case float64, bool:
		return "text"
	}
	return true // of an object or a list
}
