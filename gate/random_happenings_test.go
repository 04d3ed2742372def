// What happens in a random roll-out that takes more than one event: restarts, preboot
// switched, scaling to zero and back, sleep, and ends that are none.

package gate_test

import (
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// restarts begin the hold anew, once or several times: mostly shortly before it
// would be over, with old dynos that live to the end of the new one.
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
	if d.chance(0.3) { // the old ones outlive those that came in between
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

// renewal is something that gives dynos a new process.
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
// waits; something may be restarted then, and preboot switched back.
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

// sleep lets eco dynos fall asleep, and perhaps wakes them.
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

// quote has the app print what the platform says at the end of a process.
func (d dice) quote(r *rolled) {
	at, label := d.between(0, 60*time.Second), d.web(r)
	for _, text := range []string{"Stopping all processes with SIGTERM", "Process exited with status 143"} {
		r.add(at, herokusim.Event{Say: &herokusim.Say{Label: label, Text: text}})
		at += d.between(10*time.Millisecond, 3*time.Second)
	}
}

// ghost prints an end too many under a label whose old process still runs. Its metrics
// give it away, if the new dynos take long enough for some to come before they are up.
func (d dice) ghost(r *rolled) {
	r.ghost = true
	// One old process a label: of two that end together, the one end would be counted,
	// and the metrics of the other come too late to tell.
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
