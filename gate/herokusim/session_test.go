// Tests of what a log session shows and how long it lives.

package herokusim

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The filters of a session also apply to L11: most filters hide it.
func TestL11InAFilteredSession(t *testing.T) {
	t.Parallel()
	st := tellText(t, saying+"{cut: 20s, lose: [{from: 2s, to: 8s, notice: L11}]}\n")
	for wish, want := range map[string]int{
		`{"lines": 0, "tail": true}`:                     1,
		`{"lines": 0, "tail": true, "source": "heroku"}`: 0,
		`{"lines": 0, "tail": true, "source": "app"}`:    0,
		`{"lines": 0, "tail": true, "dyno": "web.1"}`:    0,
	} {
		synctest.Test(t, func(t *testing.T) {
			text := strings.Join(lines(open(t, t.Context(), NewServer(st, Options{}), wish, ""), time.Now()), "\n")
			if n := strings.Count(text, " logplex[1]: Error L11 "); n != want {
				t.Errorf("%s: %d notices, want %d:\n%s", wish, n, want, text)
			}
		})
	}
}

// On Cedar the filter "web" matches the process type web only. On Fir it matches the pods web-….
func TestFilterByProcessType(t *testing.T) {
	t.Parallel()
	for label, want := range map[string][2]bool{
		"web.1": {true, true}, "web-admin.1": {false, true}, "web-848cd4f64d-pvpr2": {false, true}, "webhook.1": {false, false}, "web": {true, true},
	} {
		for i, pods := range []bool{false, true} {
			x := &session{params: sessionParams{Dyno: "web"}, pods: pods}
			if got := x.wants(Line{Source: "heroku", Proc: label}); got != want[i] {
				t.Errorf("%s, pods %t: %t", label, pods, got)
			}
		}
	}
}

// L20 forbids tails only.
func TestL20ForbidsTailsOnly(t *testing.T) {
	t.Parallel()
	st := tellText(t, "types: {web: {quantity: 1}}\nnoise: 0\nlog: {l20: true}\n")
	synctest.Test(t, func(t *testing.T) {
		got := lines(open(t, t.Context(), NewServer(st, Options{}), `{"lines": 2}`, ""), time.Now())
		if len(got) != 2 || strings.Contains(strings.Join(got, ""), "L20") {
			t.Errorf("%q", got)
		}
	})
}

// An unused session lives for 5 minutes, a used one for an hour.
func TestSessionLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(tell(t, "plain-restart"), Options{})
		s.Begin()
		fresh, used := s.newSession(s.apps[0], sessionParams{}, 0), s.newSession(s.apps[0], sessionParams{Lines: 1}, 0)
		status := func(x *session) int {
			resp, _ := ask(t, s, "GET", "/logplex/sessions/"+x.id)
			return resp.StatusCode
		}
		time.Sleep(5 * time.Minute)
		got := []int{status(used)}
		time.Sleep(time.Second)
		got = append(got, status(fresh), status(used))
		time.Sleep(55*time.Minute - time.Second)
		got = append(got, status(used))
		time.Sleep(time.Second)
		got = append(got, status(used))
		if want := []int{200, 404, 200, 200, 404}; !slices.Equal(got, want) {
			t.Errorf("answered with %d, want %d", got, want)
		}
	})
}

func TestHistoryHas1500Lines(t *testing.T) {
	t.Parallel()
	st := tellText(t, "types: {web: {quantity: 1}}\nnoise: 0\nevents:\n  - {at: 0s, say: {label: web.1, text: tick, every: 1ms, times: 2000}}\n")
	x := &session{params: sessionParams{Lines: 9999}}
	if n := len(x.history(st, time.Minute)); n != 1500 {
		t.Errorf("%d lines are kept, not 1500", n)
	}
}
