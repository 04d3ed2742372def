// Random scenarios: log, lists and truth must always agree.

package herokusim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRandomStories(t *testing.T) {
	t.Parallel()
	for seed := range int64(400) {
		sc := randomScenario(seed)
		st, err := sc.Play()
		for ; err != nil; st, err = sc.Play() {
			// An event without effect is refused: leave it out.
			var n int
			p, ok := errors.AsType[*problem](err)
			if !ok || !strings.Contains(p.reason, "nothing would happen") {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if _, err := fmt.Sscanf(p.path, "events[%d]", &n); err != nil {
				t.Fatal(err)
			}
			sc.Events = slices.Delete(sc.Events, n, n+1)
		}
		if bad := contradiction(st); bad != "" {
			text, _ := sc.YAML()
			t.Fatalf("seed %d: %s\n%s", seed, bad, text)
		}
	}
}

func randomScenario(seed int64) *Scenario {
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	sc := &Scenario{Seed: seed, Ends: 20 * time.Minute, Types: map[string]Type{"web": {Quantity: r.IntN(5)}, "worker": {Quantity: r.IntN(3)}}}
	switch r.IntN(4) {
	case 0:
		sc.App.Space = "space"
	case 1:
		sc.App = App{Space: "space", Generation: "fir"}
	case 2:
		sc.App.Preboot = true
	default:
		sc.Types["web"] = Type{Quantity: sc.Types["web"].Quantity, Size: "eco"}
	}
	timing := func() map[string]Timing {
		up := time.Duration(1+r.IntN(20)) * time.Second
		return map[string]Timing{"web": {Up: Between(up, 2*up), Stop: After(time.Duration(r.IntN(40)) * time.Second), Crash: Crashes(r.IntN(3)) - 1, R10: false}}
	}
	at := time.Duration(0)
	for range 1 + r.IntN(8) {
		e := Event{At: at, Timing: timing()}
		label := fmt.Sprintf("web.%d", 1+r.IntN(3))
		switch r.IntN(9) {
		case 0:
			e.Config = &Config{}
		case 1:
			e.Restart = &Restart{Label: label}
		case 2:
			e.Scale = map[string]int{"web": r.IntN(6)}
		case 3:
			e.Crash = &Crash{Label: label, Instance: []string{"listed", "hidden"}[r.IntN(2)]}
		case 4:
			e.Cycle = label
		case 5:
			e.Rollback = &Rollback{To: 40}
		case 6:
			e.Idle = true
		case 7:
			e.Wake = true
		default:
			e.Deploy = &Deploy{}
			if r.IntN(2) == 0 {
				e.Deploy.Phase = &Phase{Takes: 5 * time.Second, Fails: r.IntN(2) == 0}
			}
		}
		sc.Events = append(sc.Events, e)
		at += time.Duration(r.IntN(120000)) * time.Millisecond
	}
	// A label that the app never has is refused.
	sc.Events = slices.DeleteFunc(sc.Events, func(e Event) bool {
		c := checker{sc: sc}
		c.event("", &e)
		return c.err() != nil
	})
	return sc
}

// contradiction finds a contradiction in a story; empty if there is none.
func contradiction(st *Story) string {
	alive := map[string]int{}
	for _, l := range st.Lines {
		switch {
		case l.Source != "heroku":
		case strings.HasPrefix(l.Text, "Starting process"):
			alive[l.Proc]++
		case strings.HasPrefix(l.Text, "Process exited"):
			alive[l.Proc]--
		}
	}
	for _, i := range st.Instances {
		if i.Exit == 0 {
			alive[i.Label]--
		}
		if i.Exit != 0 && (i.Exit < i.Start || i.Term > i.Exit || i.Up > i.Exit) {
			return fmt.Sprintf("times out of order: %+v", i)
		}
	}
	for label, n := range alive {
		if n != 0 {
			return fmt.Sprintf("the log has %d processes too many for %s:\n%s", n, label, strings.Join(platform(st, label), "\n"))
		}
	}
	// At some moments: every dyno that is listed as up really runs.
	for at := time.Duration(0); at < st.End; at += 7 * time.Second {
		for _, d := range st.dynos.all(at) {
			if d.state != "up" {
				continue
			}
			runs := false
			for _, i := range st.Instances {
				runs = runs || i.ID == d.id && i.Running(at)
			}
			// The list shows a crash some tens of milliseconds late.
			if !runs && d.state == "up" {
				if later, ok := st.dynos.get(d.label, at+50*time.Millisecond); ok && later.state == "up" && later.id == d.id {
					return fmt.Sprintf("%s is listed as up at %s and does not run", d.label, at)
				}
			}
		}
		for _, f := range st.formation.all(at) {
			n := 0
			for _, d := range st.dynos.all(at) {
				if d.typ == f.typ {
					n++
				}
			}
			if n < f.quantity || st.Scenario.App.Generation != "fir" && n != f.quantity {
				return fmt.Sprintf("at %s %d dynos of %s are listed, the formation wants %d", at, n, f.typ, f.quantity)
			}
		}
	}
	return ""
}
