// Tests of the fields with which a scenario breaks an assumption about Heroku.

package herokusim

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const twoOfPreboot = "app: {preboot: true}\ntypes: {web: {quantity: 2}}\nevents: [{at: 0s, deploy: {}}]\n"

// With lists-hidden the list has both generations until the old one ends; without it only the new one.
func TestListsHidden(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][3]string{
		"":                     {"v42 v42", "v42 v42", "v42 v42"},
		"lists-hidden: true\n": {"v42 v41 v42 v41", "v42 v42 v41", "v42 v42"},
	} {
		st := tellText(t, twoOfPreboot+more)
		for n, at := range []time.Duration{time.Minute, 195 * time.Second, 4 * time.Minute} {
			var got []string
			for _, d := range st.dynos.all(at) {
				got = append(got, fmt.Sprint("v", d.version))
			}
			if strings.Join(got, " ") != want[n] {
				t.Errorf("%q, at %s the list has %v, want %s", more, at, got, want[n])
			}
		}
		if resp, body := ask(t, NewServer(st, Options{From: time.Minute}), "GET", "/apps/example/dynos/web.1"); resp.StatusCode != 200 || !strings.Contains(body, `"version":42`) {
			t.Errorf("%q: web.1 is %s", more, body)
		}
	}
}

// With silent-end processes that preboot has hidden end without a line. Others still have one.
func TestSilentEnd(t *testing.T) {
	t.Parallel()
	restart := "  - {at: 6m, scale: {web: 0}}\n"
	for more, want := range map[string]int{"": 4, "silent-end: true\n": 2} {
		st := tellText(t, strings.Replace(twoOfPreboot, "[{at: 0s, deploy: {}}]", "\n  - {at: 0s, deploy: {}}", 1)+restart+more)
		exits := len(stamps(st, "web.1", "Process exited")) + len(stamps(st, "web.2", "Process exited"))
		terms := len(stamps(st, "web.1", "Stopping all")) + len(stamps(st, "web.2", "Stopping all"))
		if exits != want || terms != 4 {
			t.Errorf("%q: %d exit lines, want %d, and %d of SIGTERM", more, exits, want, terms)
		}
	}
}

// A fault with a request does not affect other requests, not even to the same path.
func TestFaultOfOneRequest(t *testing.T) {
	t.Parallel()
	s := NewServer(tellText(t, "types: {web: {quantity: 1}}\nfaults: [{request: GET /apps/*/dynos, status: 503}]\n"), Options{})
	for path, want := range map[string]int{"GET /apps/example/dynos": 503, "GET /apps/example/dynos/web.1": 200, "GET /apps/example": 200, "POST /apps/example/dynos": 405} {
		method, path, _ := strings.Cut(path, " ")
		if resp, _ := ask(t, s, method, path); resp.StatusCode != want {
			t.Errorf("%s %s: %d, want %d", method, path, resp.StatusCode, want)
		}
	}
	for _, bad := range []string{"/dynos", "get /apps", "GET /apps/[", "GET"} {
		if _, err := ParseFault(fmt.Sprintf("status: 503, request: %q", bad)); err == nil {
			t.Errorf("request %q is taken", bad)
		}
	}
}

// The notice of lost lines also counts lines that processes print.
func TestNoticeCountsPrintedLines(t *testing.T) {
	t.Parallel()
	template := &Scenario{Log: Log{Lose: []Lose{{From: 60 * time.Second, To: 70 * time.Second, Notice: "L12"}}}}
	onAccount(t, AccountOptions{Template: template}, func(w *writer) {
		w.build("shop", python("web: a\n", `{"code": 1, "lines": 50}`), "v1")
		body := open(w.t, w.t.Context(), w.a.Server, `{"tail": true, "lines": 0}`, "")
		var got []string
		ended := make(chan bool)
		go func() {
			for scan := bufio.NewScanner(body); scan.Scan(); {
				got = append(got, scan.Text())
			}
			close(ended)
		}()
		time.Sleep(80*time.Second - w.a.Now())
		synctest.Wait()
		body.Close()
		<-ended
		said, from, to := "", w.story().Time(61*time.Second), w.story().Time(69*time.Second)
		for _, line := range got {
			stamp, err := time.Parse(time.RFC3339Nano, line[:32])
			if err != nil {
				w.t.Fatal(err)
			}
			if stamp.After(from) && stamp.Before(to) {
				w.t.Errorf("it should be lost: %s", line)
			}
			if strings.Contains(line, "Error L12") {
				said = line
			}
		}
		if !strings.Contains(said, "Error L12: 510 messages dropped") {
			w.t.Errorf("the notice is %q", said)
		}
	})
}
