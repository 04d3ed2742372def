// The errors of the API have the form of Heroku's errors.

package herokusim

import (
	"fmt"
	"strings"
	"testing"
)

// Every refusal of the API has Heroku's form of an error.
func TestErrorsHaveTheForm(t *testing.T) {
	t.Parallel()
	schema, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	for status, id := range map[int]string{
		400: "bad_request", 401: "unauthorized", 402: "delinquent", 403: "forbidden", 404: "not_found", 406: "not_acceptable", 410: "gone",
		416: "requested_range_not_satisfiable", 422: "invalid_params", 429: "rate_limit", 500: "internal_server_error", 503: "service_unavailable",
	} {
		s := NewServer(tellText(t, fmt.Sprintf("types: {web: {quantity: 1}}\nfaults: [{status: %d}]\n", status)), Options{})
		resp, body := ask(t, s, "GET", "/apps/example")
		if resp.StatusCode != status || !strings.Contains(body, fmt.Sprintf("%q", id)) {
			t.Errorf("%d: %d %s", status, resp.StatusCode, body)
		}
		if err := schema["3"].check("GET", "/apps/example", status, resp.Header, []byte(body)); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	zero := 0
	st := tellText(t, "types: {web: {quantity: 1}}\n")
	for _, c := range []struct {
		status                     int
		method, path, name, header string
	}{
		{405, "DELETE", "/apps/example/dynos", "", ""},
		{406, "GET", "/apps/example/dynos", "Accept", "text/html"},
		{416, "GET", "/apps/example/dynos", "Range", "colour .."},
		{429, "GET", "/apps/example/dynos", "", ""},
	} {
		st.Scenario.Budget = nil
		if c.status == 429 {
			st.Scenario.Budget = &zero
		}
		resp, body := ask(t, NewServer(st, Options{}), c.method, c.path, orElse(c.name, "X-Nothing"), c.header)
		if err := schema["3"].check(c.method, c.path, resp.StatusCode, resp.Header, []byte(body)); err != nil || resp.StatusCode != c.status {
			t.Errorf("%d: %d %s %v", c.status, resp.StatusCode, body, err)
		}
	}
}
