// Tests of the form of answers: refusals, pages, headers, the rate limit, faults.

package herokusim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	heroku "github.com/heroku/heroku-go/v5"
)

func service(s *Server, key string) *heroku.Service {
	return heroku.NewService(&http.Client{Transport: &heroku.Transport{BearerToken: key, Transport: s.Transport()}})
}

// ask sends a request with a key.
func ask(t *testing.T, s *Server, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://api.heroku.com"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestRefusalsOfTheAPI(t *testing.T) {
	t.Parallel()
	s := NewServer(tell(t, "plain-restart"), Options{Key: "key"})
	for _, c := range []struct {
		method, path, auth string
		status             int
		id                 string
	}{
		{"GET", "/apps/plain", "Bearer key", 200, ""},
		{"GET", "/apps/plain", "Bearer other", 401, "unauthorized"},
		{"GET", "/apps/plain", "Basic key", 401, "unauthorized"},
		{"GET", "/apps/other", "Bearer key", 404, "not_found"},
		{"GET", "/apps/plain/releases/99", "Bearer key", 404, "not_found"},
		{"GET", "/apps/plain/nothing", "Bearer key", 404, "not_found"},
		{"DELETE", "/apps/plain/dynos", "Bearer key", 405, "method_not_allowed"},
	} {
		resp, body := ask(t, s, c.method, c.path, "Authorization", c.auth)
		if resp.StatusCode != c.status || c.id != "" && !strings.Contains(body, `"id":"`+c.id+`"`) {
			t.Errorf("%s %s with %s: %d %s", c.method, c.path, c.auth, resp.StatusCode, body)
		}
	}
	if got := s.Requests(); len(got) != 7 || got[6].Method != "DELETE" {
		t.Errorf("recorded %v", got)
	}
	var herr heroku.Error
	if _, err := service(s, "wrong").AppInfo(t.Context(), "plain"); !errors.As(err, &herr) || herr.ID != "unauthorized" {
		t.Errorf("heroku-go sees %v", err)
	}
}

// The sizes for which the official client has prices (npm package heroku 11.10.0, ps:type).
func TestSizes(t *testing.T) {
	t.Parallel()
	for size := range strings.FieldsSeq("Basic Eco Performance-M Performance-L Performance-L-RAM Performance-XL Performance-2XL Private-S Private-L-RAM Private-2XL Shield-M Shield-XL Standard-1X Standard-2X dyno-1c-0.5gb dyno-32c-64gb") {
		for _, written := range []string{size, strings.ToLower(size)} {
			if got := sizeName(written); got != size {
				t.Errorf("size %s is answered as %s, not as %s", written, got, size)
			}
		}
	}
}

func TestConfigVarsOfAReleaseAreAsItWasMade(t *testing.T) {
	t.Parallel()
	s := NewServer(tellText(t, `types: {web: {quantity: 1}}
events:
  - {at: 1s, config: {vars: "ONE, TWO"}}
  - {at: 2s, deploy: {}}
  - {at: 3s, config: {vars: ONE}}
  - {at: 4s, rollback: {to: 42}}
`), Options{From: time.Minute})
	for version, want := range map[string]string{
		"41": "{}", "42": `{"ONE":"set in v42","TWO":"set in v42"}`, "v43": `{"ONE":"set in v42","TWO":"set in v42"}`,
		"44": `{"ONE":"set in v44","TWO":"set in v42"}`, "v45": `{"ONE":"set in v42","TWO":"set in v42"}`,
	} {
		if resp, body := ask(t, s, "GET", "/apps/example/releases/"+version+"/config-vars"); resp.StatusCode != 200 || strings.TrimSpace(body) != want {
			t.Errorf("%s: %d %s, want %s", version, resp.StatusCode, body, want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := NewServer(tellText(t, "types: {web: {quantity: 450}}\n"), Options{})
	next, seen, statuses := "", map[string]bool{}, []int{}
	for range 10 {
		resp, body := ask(t, s, "GET", "/apps/example/dynos", "Range", next)
		statuses = append(statuses, resp.StatusCode)
		var dynos []struct{ Name string }
		if err := json.Unmarshal([]byte(body), &dynos); err != nil {
			t.Fatal(err)
		}
		for _, d := range dynos {
			seen[d.Name] = true
		}
		if next = resp.Header.Get("Next-Range"); next == "" {
			break
		}
	}
	if want := []int{206, 206, 200}; !slices.Equal(statuses, want) || len(seen) != 450 {
		t.Errorf("pages with statuses %v and %d dynos, want %v and 450", statuses, len(seen), want)
	}
	resp, body := ask(t, s, "GET", "/apps/example/releases", "Range", "version ..; max=1, order=desc")
	if resp.StatusCode != 206 || !strings.Contains(body, `"version":41`) || resp.Header.Get("Next-Range") != "version ]41..; max=1, order=desc" {
		t.Errorf("newest release: %d %s %v", resp.StatusCode, body, resp.Header)
	}
	if resp, _ := ask(t, s, "GET", "/apps/example/releases", "Range", "colour .."); resp.StatusCode != 416 {
		t.Errorf("an unknown field is answered with %d", resp.StatusCode)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := NewServer(tell(t, "measured-deploy"), Options{From: -time.Second})
	resp, _ := ask(t, s, "GET", "/apps/measured")
	for key, want := range map[string]string{"Date": "Fri, 18 Sep 2020 23:51:32 GMT", "Ratelimit-Remaining": "4499", "Content-Type": "application/json"} {
		if got := resp.Header.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	again, body := ask(t, s, "GET", "/apps/measured", "If-None-Match", resp.Header.Get("ETag"))
	if again.StatusCode != 304 || body != "" || resp.Header.Get("ETag") == "" {
		t.Errorf("the same again is answered with %d %q", again.StatusCode, body)
	}
	for accept, want := range map[string]string{"version=3": `"generation":{`, "version=3.sdk": `"generation":"cedar"`} {
		if _, body := ask(t, s, "GET", "/apps/measured", "Accept", "application/vnd.heroku+json; "+accept); !strings.Contains(body, want) {
			t.Errorf("%s: no %s in %s", accept, want, body)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(tellText(t, "types: {web: {quantity: 1}}\nbudget: 2\n"), Options{})
		statuses := []int{}
		try := func(path string) {
			resp, _ := ask(t, s, "GET", path)
			statuses = append(statuses, resp.StatusCode)
		}
		try("/apps/example")
		try("/apps/example")
		try("/apps/example")
		try("/account/rate-limits")
		time.Sleep(time.Minute)
		try("/apps/example")
		if want := []int{200, 200, 429, 200, 200}; !slices.Equal(statuses, want) {
			t.Errorf("statuses %v, want %v", statuses, want)
		}
	})
}

// Each minute some requests come back.
func TestBudgetComesBack(t *testing.T) {
	t.Parallel()
	s := NewServer(tellText(t, "types: {web: {quantity: 1}}\nbudget: 10\n"), Options{})
	if left, _ := s.spend(0, 0); left != 10 {
		t.Errorf("at first %d are left, want 10", left)
	}
	if left, _ := s.spend(2*time.Minute, 0); left != 160 {
		t.Errorf("after two minutes %d are left, want 160", left)
	}
	if left, _ := s.spend(300*time.Minute, 1); left != 4499 {
		t.Errorf("after hours %d are left, want 4499", left)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"status: 422":                  "422 application/json {\"id\":\"invalid_params\",\"message\":\"Unprocessable Entity\"}\n after 0s",
		"trickle: 1ms, path: /dynos":   "200 application/json [{ after slowly",
		"no-date: true":                "200 application/json [{ without a date after 0s",
		"clock: -30s":                  "200 application/json [{ 30s behind after 0s",
		"page: 1, hang: true":          "context deadline exceeded after 10s",
		"page: 2, hang: true":          "200 application/json [{ after 0s",
		"status: 503":                  "503 application/json {\"id\":\"service_unavailable\",\"message\":\"Service Unavailable\"}\n after 0s",
		"html: true":                   "503 text/html <!DOCTYPE html> after 0s",
		"status: 429, body: slow it":   "429 text/plain slow it after 0s",
		"delay: 2s":                    "200 application/json [{ after 2s",
		"hang: true":                   "context deadline exceeded after 10s",
		"reset: true":                  "read: connection reset by peer: unexpected EOF after 0s",
		"cut-body: true":               "200 application/json [{ then read: connection reset by peer: unexpected EOF after 0s",
		"stale: 30s":                   "200 application/json [{ after 0s",
		"path: /releases, reset: true": "200 application/json [{ after 0s",
		"body: \"[]\"":                 "200 application/json [] after 0s",
	}
	for _, k := range FaultKinds {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(cases)), func(fault string) bool { return strings.Contains(fault, k.Word+": ") }) {
			t.Errorf("no case has %s", k.Word)
		}
	}
	for fault, want := range cases {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			st := tellText(t, "types: {web: {quantity: 9}}\nfaults:\n  - {from: 0s, to: 1m, "+fault+"}\nevents:\n  - {at: 10s, deploy: {}}\n")
			synctest.Test(t, func(t *testing.T) {
				s, start := NewServer(st, Options{From: 20 * time.Second}), time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				r, _ := http.NewRequestWithContext(ctx, "GET", "http://localhost/apps/example/dynos", nil)
				r.Header.Set("Authorization", "Bearer key")
				resp, err := s.Transport().RoundTrip(r)
				got := fmt.Sprint(err)
				if err == nil {
					body, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					text := string(body)
					if strings.HasPrefix(text, "[{") {
						if stale := strings.Contains(fault, "stale"); stale == strings.Contains(text, `"version":42`) {
							t.Errorf("the list is of the wrong time: %s", text)
						}
						text = text[:2]
					}
					if strings.HasPrefix(text, "<") {
						text, _, _ = strings.Cut(text, "\n")
					}
					got = fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Content-Type"), " ", text)
					date, bad := http.ParseTime(resp.Header.Get("Date"))
					if bad != nil {
						got += " without a date"
					} else if late := st.Time(20 * time.Second).Sub(date).Round(time.Second); late == 30*time.Second {
						got += " 30s behind"
					}
					if err != nil {
						got += fmt.Sprint(" then ", err)
					}
					if strings.Contains(fault, "trickle") && time.Since(start) > time.Second {
						start, got = time.Now(), got+" after slowly"
					}
				}
				if !strings.HasSuffix(got, "slowly") {
					got += fmt.Sprint(" after ", time.Since(start))
				}
				if got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		})
	}
}
