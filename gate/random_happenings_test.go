// Happenings of a random roll-out that take more than one event: restarts, switches of
// preboot, scaling to zero and back, sleep, and exit lines without an exit.

package gate_test

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// restarts begin the hold again, once or several times: mostly shortly before it would
// end, and old dynos live until the end of the new hold.
func (d dice) restarts(r *rolled) {
	hold, limit := r.hidesFor(r.Types["web"].Quantity), 0*time.Second
	if r.platform() != onPreboot {
		hold = 90 * time.Second
	} else {
		limit = hold - time.Second
	}
	lasting := func() map[string]herokusim.Timing {
		t := d.timings(r, r.App.Preboot)
		if web := t["web"]; web.Exit != nil {
			web.Exit, web.Stop, web.LeaveHidden = d.spread(limit-15*time.Second, limit), herokusim.After(d.between(20*time.Millisecond, time.Second)), false
			t["web"] = web
		}
		return t
	}
	r.Events[0].Timing = lasting()
	if d.chance(0.3) { // the old dynos live longer than those in between
		lasting = func() map[string]herokusim.Timing {
			t := d.timings(r, r.App.Preboot)
			if web := t["web"]; web.Exit != nil {
				web.Exit, web.LeaveHidden = d.spread(40*time.Second, 200*time.Second), true
				t["web"] = web
			}
			return t
		}
	}
	at := time.Duration(0)
	for range 1 + d.IntN(3) {
		if d.chance(0.6) {
			at += hold - d.between(3*time.Second, 60*time.Second)
		} else {
			at += d.between(500*time.Millisecond, hold)
		}
		e := d.renewal(r)
		e.Timing = lasting()
		r.add(at, e)
	}
	if d.chance(0.75) {
		r.calm, r.blind = false, true
		if d.chance(0.3) {
			r.inputs["logs"] = "off"
		}
	}
}

// renewal is a random event that gives dynos a new process.
func (d dice) renewal(r *rolled) herokusim.Event {
	switch d.IntN(5) {
	case 0:
		return herokusim.Event{Restart: &herokusim.Restart{All: true}}
	case 1:
		return herokusim.Event{Config: &herokusim.Config{}}
	case 2:
		return herokusim.Event{Deploy: &herokusim.Deploy{}}
	case 3:
		return herokusim.Event{Restart: &herokusim.Restart{Label: "web.1"}}
	}
	return herokusim.Event{Restart: &herokusim.Restart{Type: "web"}}
}

// switchPreboot switches preboot before the release, just after it, or while the gate
// waits. After that, dynos may be restarted, and preboot may be switched back.
func (d dice) switchPreboot(r *rolled) {
	if r.Types["web"].Size == "eco" || r.App.NoFeatures {
		return // has no preboot
	}
	on, off := !r.App.Preboot, r.App.Preboot
	at := d.soon()
	switch d.IntN(3) {
	case 0:
		at = -at
	case 1:
		at = d.between(100*time.Millisecond, 3*time.Second)
	}
	r.add(at, herokusim.Event{Preboot: &on})
	if d.chance(0.5) {
		r.add(at+d.between(100*time.Millisecond, 60*time.Second), d.renewal(r))
	}
	if d.chance(0.3) {
		r.add(at+d.between(100*time.Millisecond, 100*time.Second), herokusim.Event{Preboot: &off})
	}
	if d.chance(0.4) {
		r.calm, r.blind = false, true
	}
}

// zeroAndBack scales a process type to zero and up again.
func (d dice) zeroAndBack(r *rolled) {
	typ, at := []string{"web", "worker"}[d.IntN(2)], d.soon()
	r.add(at, herokusim.Event{Scale: map[string]int{typ: 0}})
	r.add(at+d.between(500*time.Millisecond, 60*time.Second), herokusim.Event{Scale: map[string]int{typ: 1 + d.IntN(4)}})
}

// zeroBefore scales a process type to zero just before the deploy, and perhaps up
// again after it.
func (d dice) zeroBefore(r *rolled) {
	typ := []string{"web", "worker"}[d.IntN(2)]
	r.add(-d.between(500*time.Millisecond, 100*time.Second), herokusim.Event{Scale: map[string]int{typ: 0}})
	if d.chance(0.5) {
		r.add(d.between(500*time.Millisecond, 60*time.Second), herokusim.Event{Scale: map[string]int{typ: 1 + d.IntN(4)}})
	}
}

// scaledUpBefore scales a process type up just before the deploy.
func (d dice) scaledUpBefore(r *rolled) {
	typ := []string{"web", "worker"}[d.IntN(2)]
	r.add(-d.between(300*time.Millisecond, 110*time.Second), herokusim.Event{Scale: map[string]int{typ: r.Types[typ].Quantity + 1 + d.IntN(3)}})
}

// autoscaler adds a web dyno again and again, from shortly after the deploy on.
func (d dice) autoscaler(r *rolled) {
	at := d.between(100*time.Millisecond, 60*time.Second)
	for n := range 2 + d.IntN(5) {
		r.add(at, herokusim.Event{Scale: map[string]int{"web": r.Types["web"].Quantity + 1 + n}})
		at += d.between(20*time.Second, 120*time.Second)
	}
}

// jobsOfAnAddOn runs one-off dynos of an add-on, the first of them before the deploy.
func (d dice) jobsOfAnAddOn(r *rolled) {
	r.calm = false // each of them may look like a dyno of a process type that the release has dropped
	at := -d.between(time.Second, 60*time.Second)
	for range 1 + d.IntN(6) {
		r.add(at, herokusim.Event{AddOn: &herokusim.OneOff{Label: fmt.Sprintf("advanced-scheduler.%d", 1000+d.IntN(9000)), Takes: d.between(5*time.Second, 400*time.Second)}})
		at += d.between(10*time.Second, 60*time.Second)
	}
}

// sleep makes eco dynos fall asleep, and perhaps wakes them.
func (d dice) sleep(r *rolled) {
	if r.Types["web"].Size != "eco" {
		return
	}
	at := d.between(-60*time.Second, 80*time.Second)
	r.add(at, herokusim.Event{Idle: true})
	if d.chance(0.6) {
		r.add(at+d.between(500*time.Millisecond, 60*time.Second), herokusim.Event{Wake: true})
	}
}

// quote makes the app print what the platform prints at the end of a process.
func (d dice) quote(r *rolled) {
	at, label := d.between(0, 60*time.Second), d.web(r)
	for _, text := range []string{"Stopping all processes with SIGTERM", "Process exited with status 143"} {
		r.add(at, herokusim.Event{Say: &herokusim.Say{Label: label, Text: text}})
		at += d.between(10*time.Millisecond, 3*time.Second)
	}
}

// ghost prints an exit line that no process has caused, under a label whose old process still
// runs. The metrics of that process show that it runs, if the new dynos take so long that
// some metrics come before they are up.
func (d dice) ghost(r *rolled) {
	r.ghost = true
	// Only one old process per label: if two end together, the gate counts one exit, and
	// the metrics of the other process come too late to show that it runs.
	r.Releases[1].At, r.Releases[2].At = -48*time.Hour, -24*time.Hour
	timing := d.timings(r, r.App.Preboot)
	for typ, t := range timing {
		t.Up = d.spread(45*time.Second, 58*time.Second)
		timing[typ] = t
	}
	r.Events[0].Deploy, r.Events[0].Timing = &herokusim.Deploy{}, timing
	at, label := d.between(3*time.Second, timing["web"].Up.First-33*time.Second), d.web(r)
	for _, text := range []string{"Stopping all processes with SIGTERM", "Process exited with status 143"} {
		r.add(at, herokusim.Event{Say: &herokusim.Say{Source: "heroku", Label: label, Text: text}})
		at += d.between(10*time.Millisecond, 3*time.Second)
	}
}
