// The lines that processes print agree with the truth.

package herokusim

import (
	"bufio"
	"fmt"
	"regexp"
	"testing"
	"testing/synctest"
	"time"
)

var sign = regexp.MustCompile(`^(\S+) app\[(\S+)\]: (alive|sigterm) code=(\d+) process=([0-9a-f]{16}) dyno=(\S+) n=(\d+) at=(\S+)$`)

// Each process prints a line every second from its beginning to its end, whatever the platform
// does.
func TestProcessesPrintTheTruth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, feature string }{
		"they end at once":       {`{"code": 1}`, `{"code": 2}`, ""},
		"they ignore SIGTERM":    {`{"code": 1, "stop": 60}`, `{"code": 2, "stop": 60}`, ""},
		"preboot":                {`{"code": 1, "stop": 3}`, `{"code": 2, "stop": 3}`, "preboot"},
		"with a busy log":        {`{"code": 1, "stop": 5, "lines": 40}`, `{"code": 2, "lines": 40}`, ""},
		"the new ones are quiet": {`{"code": 1, "stop": 5}`, `{}`, "log-runtime-metrics"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onAccount(t, AccountOptions{}, func(w *writer) {
				body := open(w.t, w.t.Context(), w.a.Server, `{"tail": true, "lines": 0}`, "")
				printed := make(chan []string, 1)
				go func() {
					var all []string
					for scan := bufio.NewScanner(body); scan.Scan(); {
						all = append(all, scan.Text())
					}
					printed <- all
				}()
				w.build("shop", python(plain, c.first), "v1")
				w.form(`{"updates": [{"type": "web", "quantity": 2, "size": "standard-1x"}, {"type": "worker", "quantity": 1}]}`)
				if c.feature != "" {
					w.good("PATCH", "/apps/shop/features/"+c.feature, `{"enabled": true}`)
				}
				time.Sleep(30*time.Second + 400*time.Millisecond)
				w.build("shop", python(plain, c.second), "v2")
				time.Sleep(6 * time.Minute)
				w.good("DELETE", "/apps/shop", "")
				synctest.Wait()
				checkPrinted(t, w.a.Apps()[0], <-printed)
			})
		})
	}
}

// checkPrinted compares lines with the truth about a deleted app.
func checkPrinted(t *testing.T, app AppTruth, lines []string) {
	t.Helper()
	type run struct {
		first, last, sigterm time.Time
		n                    int
		label                string
	}
	runs := map[string]*run{}
	for _, line := range lines {
		m := sign.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, m[8])
		if err != nil {
			t.Fatal(err)
		}
		r := runs[m[5]]
		if r == nil {
			r = &run{first: at, label: m[2]}
			runs[m[5]] = r
		}
		if fmt.Sprint(r.n) != m[7] || m[2] != m[6] || m[2] != r.label {
			t.Errorf("line %d of the process is %s", r.n, line)
		}
		r.n++
		if r.last = at; m[3] == "sigterm" {
			r.sigterm = at
		}
	}
	n := 0
	for _, i := range app.Story.Instances {
		if i.Process == "" {
			continue
		}
		n++
		r := runs[i.Process]
		if r == nil {
			t.Errorf("%+v printed nothing", i)
			continue
		}
		near := func(what string, at time.Time, truth, before, after time.Duration) {
			t.Helper()
			if d := at.Sub(app.Story.Time(truth)); d < -before || d > after {
				t.Errorf("%s of %+v: it says %s, which is %s off", what, i, at, d)
			}
		}
		end := min(i.Exit, app.Deleted) // nobody reads the log of a deleted app
		near("the beginning", r.first, i.Start, 0, loadTime)
		near("the end", r.last, end, time.Second, 0)
		if i.Term > 0 && i.Term < app.Deleted {
			near("SIGTERM", r.sigterm, i.Term, 0, 2*time.Millisecond)
		}
	}
	if n < 3 || n != len(runs) {
		t.Errorf("%d processes printed, there were %d", len(runs), n)
	}
}

// Lines of a busy app that nobody reads cost nothing: 1,000 lines a second for an hour.
func TestBusyApp(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("prints millions of lines")
	}
	onAccount(t, AccountOptions{}, func(w *writer) {
		w.build("shop", python("web: a\n", `{"code": 1, "lines": 1000}`), "v1")
		time.Sleep(time.Hour)
		began := w.a.Now()
		st := w.story()
		if n := len(st.Lines); n > 1000 {
			t.Errorf("%d lines are kept", n)
		}
		if n := len(st.Between(began-10*time.Second, began)); n < 10_000 || n > 10_020 {
			t.Errorf("%d lines came in 10 s", n)
		}
		resp := lines(open(w.t, w.t.Context(), w.a.Server, `{"lines": 1500}`, ""), time.Now())
		if len(resp) != 1500 {
			t.Errorf("the history has %d lines", len(resp))
		}
		seen := map[string]bool{}
		for _, l := range resp {
			seen[l] = true
		}
		if len(seen) != 1500 {
			t.Errorf("%d of the lines are different ones", len(seen))
		}
	})
}
