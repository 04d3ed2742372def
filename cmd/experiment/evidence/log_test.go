// What the app's lines tell, with lines that are lost, doubled, late and forged.

package evidence

import (
	"fmt"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
)

var second0 = time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC)

func sign(code int, process, dyno string, n int, at time.Duration) string {
	printed := second0.Add(at)
	return fmt.Sprintf("%s app[%s]: alive code=%d process=%s dyno=%s n=%d at=%s", printed.Add(40*time.Millisecond).Format("2006-01-02T15:04:05.000000-07:00"),
		dyno, code, process, dyno, n, printed.Format("2006-01-02T15:04:05.000Z"))
}

func TestReadAppLine(t *testing.T) {
	t.Parallel()
	good := "2026-06-09T16:13:36.290000+00:00 app[web.1]: alive code=2 process=5f0c dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z"
	s, ok := ReadAppLine(good)
	if want := (AppLine{Code: 2, Process: "5f0c", Dyno: "web.1", N: 17, At: time.Date(2026, 6, 9, 16, 13, 36, 250e6, time.UTC)}); !ok || s != want {
		t.Errorf("read %+v, %v, want %+v", s, ok, want)
	}
	for _, bad := range []string{
		"",
		"alive code=2 process=5f0c dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z",
		"2026-06-09T16:13:36+00:00 heroku[web.1]: alive code=2 process=5f0c dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z",
		"2026-06-09T16:13:36+00:00 app[web.2]: alive code=2 process=5f0c dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z",
		"2026-06-09T16:13:36+00:00 app[web.1]: alive code=two process=5f0c dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z",
		"2026-06-09T16:13:36+00:00 app[web.1]: alive code=2 process= dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z",
		"2026-06-09T16:13:36+00:00 app[web.1]: alive code=2 process=5f0c dyno=web.1 n=17 at=16:13:36",
		"2026-06-09T16:13:36+00:00 app[web.1]: alive code=2 process=5f0c dyno=web.1 n=17",
		"2026-06-09T16:13:36+00:00 app[web.1]: padding code=2 process=5f0c dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z",
	} {
		if s, ok := ReadAppLine(bad); ok {
			t.Errorf("%q is taken for a line of the app: %+v", bad, s)
		}
	}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	var truth Log
	for n := range 5 {
		truth.Add(0, sign(1, "old", "web.1", n, time.Duration(n)*time.Second))
	}
	truth.Add(0, sign(1, "old", "web.1", 6, 6*time.Second)) // the line before it was lost
	truth.Add(0, sign(1, "old", "web.1", 2, 2*time.Second)) // once more
	truth.Add(0, sign(2, "new", "web.1", 1, 31*time.Second))
	truth.Add(0, sign(2, "new", "web.1", 0, 30*time.Second)) // late
	truth.Add(0, "2026-06-09T16:00:03+00:00 heroku[web.1]: Process exited with status 143")
	all := truth.Processes(second0.Add(time.Minute), nil)
	if len(all) != 2 || all[0].ID != "old" || all[1].ID != "new" {
		t.Fatalf("the processes are %+v", all)
	}
	if old := all[0]; old.Missing != 1 || old.Open || !old.First.Equal(second0) || !old.Last.Equal(second0.Add(6*time.Second)) {
		t.Errorf("the old one is %+v", old)
	}
	if young := all[1]; young.Missing != 0 || !young.First.Equal(second0.Add(30*time.Second)) {
		t.Errorf("the new one is %+v", young)
	}
}

// A last line before a gap, or before the end of what was read, proves no end.
func TestOpen(t *testing.T) {
	t.Parallel()
	var truth Log
	truth.Add(0, sign(1, "old", "web.1", 0, 10*time.Second))
	at := func(s int) time.Time { return second0.Add(time.Duration(s) * time.Second) }
	for name, c := range map[string]struct {
		read time.Time
		gaps []Gap
		open bool
	}{
		"read on":              {at(60), nil, false},
		"read to right behind": {at(11), nil, true},
		"gap right behind":     {at(60), []Gap{{From: at(11), To: at(20)}}, true},
		"gap around it":        {at(60), []Gap{{From: at(5), To: at(20)}}, true},
		"gap before":           {at(60), []Gap{{From: at(2), To: at(9)}}, false},
		"gap later":            {at(60), []Gap{{From: at(30), To: at(40)}}, false},
		"gap without an end":   {at(60), []Gap{{From: at(11)}}, true},
		"gap from the start":   {at(60), []Gap{{To: at(11)}}, true},
	} {
		if p := truth.Processes(c.read, c.gaps)[0]; p.Open != c.open {
			t.Errorf("%s: open is %v", name, p.Open)
		}
	}
}

// What came last says until when the log was read, unless nobody was there to print more.
func TestReadUntil(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		quiet time.Duration
		up    bool
		read  time.Duration // after the last line
		gaps  int
	}{
		"it flows": {time.Second, true, 0, 0}, "it has fallen silent": {25 * time.Second, true, 0, 1}, "nobody prints": {25 * time.Second, false, 24 * time.Second, 0},
	} {
		var l Log
		l.Status(observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
		l.Add(0, second0.Format("2006-01-02T15:04:05.000000-07:00")+" heroku[web.1]: Starting process")
		var run Run
		if err := l.Fill(&run, c.quiet, c.up); err != nil {
			t.Error(err)
		}
		if after := run.Read.Sub(second0); after != c.read || len(run.Gaps) != c.gaps {
			t.Errorf("%s: read until %s after the last line, want %s; gaps %v", name, after, c.read, run.Gaps)
		}
	}
}
