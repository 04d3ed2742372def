// A write to an app never changes what was before it: tests with random writes to accounts with random faults.

package herokusim

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// past is everything until a time: what every list showed, every line that came, and what the
// processes had done.
func past(st *Story, at time.Duration) map[string][]string {
	all := map[string][]string{}
	lists(all, "app", st.app, at)
	lists(all, "dynos", st.dynos, at)
	lists(all, "formation", st.formation, at)
	lists(all, "releases", st.releases, at)
	lists(all, "slugs", st.slugs, at)
	lists(all, "builds", st.builds, at)
	for _, l := range st.Between(-time.Hour, at) {
		all["lines"] = append(all["lines"], fmt.Sprintf("%s %t %t %s", l.Emitted, l.InTail, l.InHistory, l))
	}
	before := func(d time.Duration) time.Duration {
		if d > at {
			return 0
		}
		return d
	}
	for _, i := range st.Instances {
		if i.Start <= at {
			i.Up, i.Term, i.Exit = before(i.Up), before(i.Term), before(i.Exit)
			all["processes"] = append(all["processes"], fmt.Sprintf("%+v", i))
		}
	}
	return all
}

func lists[T any](all map[string][]string, name string, h history[T], at time.Duration) {
	for key, steps := range h {
		for _, s := range steps {
			if s.at <= at {
				all[name+" "+key] = append(all[name+" "+key], fmt.Sprintf("%+v", s))
			}
		}
	}
}

// randomTemplate is a template with random faults.
func randomTemplate(rng *rand.Rand) *Scenario {
	share, noise := rng.Float64(), rng.Float64()*3
	return &Scenario{
		Seed: rng.Int64(), ListLag: time.Duration(rng.IntN(3)) * time.Second, Noise: &noise, Metrics: rng.IntN(2) == 0,
		App: App{Preboot: rng.IntN(2) == 0},
		Types: map[string]Type{"web": {Timing: Timing{
			Term: Between(time.Duration(rng.IntN(20))*time.Second, time.Duration(20+rng.IntN(60))*time.Second), Crash: Crashes(rng.IntN(2)), Back: new(time.Second),
		}}},
		Log: Log{
			Late: &Late{Share: rng.Float64() / 2, By: time.Duration(rng.IntN(5000)) * time.Millisecond}, Double: rng.Float64() / 4, LoseLines: rng.Float64() / 4,
			MetricsLate: time.Duration(1 + rng.IntN(9000)), APILate: time.Duration(rng.IntN(9000)) * time.Millisecond,
			Lose: []Lose{{From: 30 * time.Second, To: 90 * time.Second, Share: &share, Notice: "L12", Kept: rng.IntN(2) == 0}},
		},
	}
}

// randomWrite does something to the app, or tries to.
func randomWrite(w *writer, rng *rand.Rand) string {
	send := func(method, path, body string) string {
		status, _ := w.send(method, "/apps/growing"+path, body)
		return fmt.Sprintf("%s %s %s: %d", method, path, body, status)
	}
	switch rng.IntN(9) {
	case 0, 1:
		procfile := []string{"web: a\n", "web: a\nworker: b\n", "web: c\nrelease: d\n", "worker: b\n"}[rng.IntN(4)]
		behaviour := fmt.Sprintf(`{"code": %d, "stop": %d, "lines": %d, "build": {"seconds": %d, "fails": %t}, "release": {"seconds": %d, "fails": %t}}`,
			1+rng.IntN(9), rng.IntN(40), rng.IntN(3)*rng.IntN(10), 1+rng.IntN(20), rng.IntN(5) == 0, 1+rng.IntN(10), rng.IntN(3) == 0)
		return send("POST", "/builds", fmt.Sprintf(`{"source_blob": {"url": %q}}`, w.upload(tarball(w.t, python(procfile, behaviour))))) + procfile + behaviour
	case 2:
		return send("PATCH", "/formation/web", fmt.Sprintf(`{"quantity": %d, "size": %q}`, rng.IntN(5), []string{"standard-1x", "performance-m"}[rng.IntN(2)]))
	case 3:
		return send("PATCH", "/formation", fmt.Sprintf(`{"updates": [{"type": "worker", "quantity": %d}]}`, rng.IntN(2)))
	case 4:
		return send("PATCH", "/features/"+[]string{"preboot", "log-runtime-metrics"}[rng.IntN(2)], fmt.Sprintf(`{"enabled": %t}`, rng.IntN(2) == 0))
	case 5:
		return send("PATCH", "/config-vars", fmt.Sprintf(`{"ROUND": "%d"}`, rng.IntN(3)))
	case 6:
		return send("DELETE", []string{"/dynos", "/dynos/web", "/dynos/web.1", "/dynos/worker.1"}[rng.IntN(4)], "")
	case 7:
		releases := w.list("/apps/growing/releases")
		return send("POST", "/releases", fmt.Sprintf(`{"release": %q}`, releases[rng.IntN(len(releases))]["id"]))
	}
	return send("PATCH", "", fmt.Sprintf(`{"maintenance": %t}`, rng.IntN(2) == 0))
}

// pause is how long to wait until the next write: sometimes exactly until something else happens.
func pause(w *writer, rng *rand.Rand) time.Duration {
	if rng.IntN(2) == 0 {
		now, next := w.a.Now(), time.Duration(0)
		changes(w.a.Apps()[0].Story.dynos, func(at time.Duration) {
			if at > now && (next == 0 || at < next) {
				next = at
			}
		})
		if next > 0 {
			return next - now
		}
	}
	return time.Duration(rng.IntN(4)) * time.Duration(rng.IntN(15_000)) * time.Millisecond
}

// A write does not change what was before it, and a client that follows the log meanwhile gets
// each line once.
func TestStoriesGrowAtTheirEnd(t *testing.T) {
	t.Parallel()
	seeds := uint64(16)
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { growAtRandom(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func growAtRandom(t *testing.T, rng *rand.Rand) {
	w := newWriter(t, AccountOptions{Template: randomTemplate(rng), ScaleInWindow: true})
	w.good("POST", "/apps", `{"name": "growing"}`)
	w.send("PATCH", "/apps/growing/features/preboot", `{"enabled": false}`)
	time.Sleep(time.Duration(rng.IntN(2000)) * time.Millisecond)
	joined := w.a.Now()
	var got []string
	body := open(t, t.Context(), w.a.Server, `{"tail": true, "lines": 0}`, "")
	ended := make(chan bool)
	go func() {
		for scan := bufio.NewScanner(body); scan.Scan(); {
			got = append(got, scan.Text())
		}
		close(ended)
	}()
	for range 15 {
		time.Sleep(pause(w, rng))
		now, before := w.a.Now(), w.a.Apps()[0].Story
		what := randomWrite(w, rng)
		was, is := past(before, now), past(w.a.Apps()[0].Story, now)
		for key := range is { // the effect of the write itself comes after that
			is[key] = is[key][:min(len(is[key]), len(was[key]))]
			if len(was[key]) == 0 {
				delete(is, key)
			}
		}
		if diff := cmp.Diff(was, is); diff != "" {
			t.Fatalf("at %s, %s changes what was before (-before +after):\n%.3000s", now, what, diff)
		}
	}
	time.Sleep(20 * time.Second)
	left := w.a.Now()
	synctest.Wait()
	body.Close()
	<-ended
	var want []string
	for _, l := range w.a.Apps()[0].Story.Between(joined, left) {
		if l.InTail {
			want = append(want, l.String())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("%d lines came (-story +stream):\n%.3000s", len(got), diff)
	}
}

// When an app is deleted, its log sessions end, and no new one can be opened.
func TestSessionOfADeletedAppEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, AccountOptions{})
		w.good("POST", "/apps", `{"name": "brief"}`)
		start := time.Now()
		body := open(t, t.Context(), w.a.Server, `{"tail": true, "lines": 100}`, "")
		deleted := make(chan bool)
		time.AfterFunc(5*time.Second, func() { w.good("DELETE", "/apps/brief", ""); close(deleted) })
		got := lines(body, start)
		<-deleted
		if n := len(got); n != 4 || !strings.HasSuffix(got[0], "app[api]: Initial release by user "+user) || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %q", time.Since(start), got)
		}
		if status, _ := w.send("POST", "/apps/brief/log-sessions", "{}"); status != http.StatusNotFound {
			t.Errorf("a session of what is deleted is answered with %d", status)
		}
	})
}

// If nobody writes, a story still goes on, also for a client that follows its log.
func TestStoriesGoOn(t *testing.T) {
	t.Parallel()
	onAccount(t, AccountOptions{}, func(w *writer) {
		w.good("PATCH", "/apps/shop/features/log-runtime-metrics", `{"enabled": true}`)
		w.build("shop", python("web: a\n", `{}`), "v1")
		for _, wait := range []time.Duration{25 * time.Minute, 10 * time.Hour} {
			time.Sleep(wait)
			// A stream lives for 15 minutes; metrics come every 20 s, in two lines.
			got := lines(open(w.t, w.t.Context(), w.a.Server, `{"tail": true, "lines": 0}`, ""), time.Now())
			if n := len(got); n != 90 || !strings.Contains(got[n-1], "sample#memory_total") {
				w.t.Errorf("after %s, %d lines of metrics came in 15 minutes", w.a.Now(), n)
			}
		}
	})
}
