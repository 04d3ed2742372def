// The events of a random roll-out besides its deploy.

package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// A platform is one of the ways in which Heroku replaces dynos.
type platform int

const (
	onPreboot platform = 1 << iota
	onPlain
	inSpace
	onFir
	common   = onPreboot | onPlain
	labelled = common | inSpace
	unbooted = onPlain | inSpace | onFir
	wherever = common | inSpace | onFir
)

func (r *rolled) platform() platform {
	switch {
	case r.App.Generation == "fir":
		return onFir
	case r.App.Space != "":
		return inSpace
	case r.App.Preboot:
		return onPreboot
	}
	return onPlain
}

// happenings are what can happen, each with its chance and on which platforms.
var happenings = []struct {
	chance float64
	where  platform
	do     func(d dice, r *rolled)
}{
	{0.10, wherever, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Config: &herokusim.Config{}}) }},
	{0.07, wherever, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Deploy: &herokusim.Deploy{}}) }},
	{0.10, wherever, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Restart: &herokusim.Restart{Type: "web"}}) }},
	// An old dyno is hidden behind an old one.
	{0.10, wherever, func(d dice, r *rolled) { r.add(-d.soon(), herokusim.Event{Restart: &herokusim.Restart{All: true}}) }},
	{0.18, common, dice.restarts},
	{0.06, inSpace, dice.restarts},
	{0.12, common, dice.switchPreboot},
	{0.10, unbooted, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Scale: map[string]int{"web": d.IntN(8)}}) }},
	{0.04, onPreboot, func(d dice, r *rolled) {
		r.add(d.soon(), herokusim.Event{Scale: map[string]int{"web": max(1, r.Types["web"].Quantity-1-d.IntN(3))}})
	}},
	{0.07, wherever, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Scale: map[string]int{"worker": d.IntN(5)}}) }},
	{0.08, wherever, dice.zeroAndBack},
	{0.08, wherever, dice.scaledUpBefore},
	{0.06, common, dice.autoscaler},
	{0.05, wherever, dice.zeroBefore},
	{0.5, onPlain, dice.sleep},
	{0.10, labelled, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Crash: &herokusim.Crash{Label: d.web(r)}}) }},
	{0.03, labelled, func(d dice, r *rolled) {
		r.add(d.soon(), herokusim.Event{Crash: &herokusim.Crash{Label: d.web(r), Stays: true}})
	}},
	{0.05, labelled, func(d dice, r *rolled) {
		label, at := d.web(r), d.soon()
		r.add(at, herokusim.Event{Crash: &herokusim.Crash{Label: label}})
		r.add(at+d.between(5*time.Second, 60*time.Second), herokusim.Event{Crash: &herokusim.Crash{Label: label}})
	}},
	{0.06, onPreboot, func(d dice, r *rolled) {
		r.add(d.soon(), herokusim.Event{Crash: &herokusim.Crash{Label: d.web(r), Instance: "hidden"}})
	}},
	{0.05, labelled, func(d dice, r *rolled) { r.add(d.soon(), herokusim.Event{Cycle: d.web(r)}) }},
	{0.03, wherever, func(d dice, r *rolled) {
		r.add(d.soon(), herokusim.Event{Rollback: &herokusim.Rollback{To: max(3, r.before())}})
	}},
	{0.12, wherever, func(d dice, r *rolled) {
		r.add(d.soon()-100*time.Second, herokusim.Event{Run: &herokusim.OneOff{Label: fmt.Sprintf("run.%d", 1000+d.IntN(9000)), Takes: d.soon()}})
	}},
	{0.04, wherever, func(d dice, r *rolled) {
		r.add(d.soon(), herokusim.Event{Scheduler: &herokusim.OneOff{Label: fmt.Sprintf("scheduler.%d", 1000+d.IntN(9000)), Takes: d.soon()}})
	}},
	{0.06, wherever, dice.jobsOfAnAddOn},
	{0.05, labelled, dice.quote},
	{0.03, wherever, func(d dice, r *rolled) { on := true; r.add(d.soon(), herokusim.Event{Maintenance: &on}) }},
}

// soon is a time in the first minutes.
func (d dice) soon() time.Duration { return d.between(3*time.Second, 250*time.Second) }

// web is the label of a random web dyno.
func (d dice) web(r *rolled) string { return fmt.Sprintf("web.%d", 1+d.IntN(r.Types["web"].Quantity)) }

// add adds an event at a time after the deploy. A young app has no events before the deploy.
func (r *rolled) add(at time.Duration, e herokusim.Event) {
	if at < 0 && r.Young {
		return
	}
	for typ := range e.Scale {
		if _, ok := r.Types[typ]; !ok {
			return
		}
	}
	e.At = at
	r.Events = append(r.Events, e)
}

// events are the deploy and everything else that happens around it.
func (d dice) events(r *rolled) {
	r.add(0, herokusim.Event{Deploy: d.deploy()})
	if r.Young { // before its first release nothing can run, not even a one-off dyno
		r.Events[0].Deploy = &herokusim.Deploy{}
	}
	if r.platform()&common != 0 && !r.Young && d.chance(0.06) {
		d.ghost(r)
	} else {
		for _, h := range happenings {
			if h.where&r.platform() != 0 && d.chance(h.chance) {
				h.do(d, r)
			}
		}
	}
	switch d.IntN(14) { // the gate starts before the deploy
	case 0:
		r.inputs["release"] = fmt.Sprint("v", r.before()+1)
	case 1:
		if r.App.Stack == "" && r.platform() != onFir {
			r.Events[0].Deploy.Commit = fmt.Sprintf("%016x%024x", d.Uint64(), d.Uint64())
			r.inputs["commit"] = r.Events[0].Deploy.Commit
		}
	}
	// The story begins at 0, so events before the deploy move the deploy.
	if slices.ContainsFunc(r.Events, func(e herokusim.Event) bool { return e.At < 0 }) || r.awaits() {
		r.deploy = 300 * time.Second
	}
	if r.awaits() && d.chance(0.3) { // so long before that its log stream is old at the deploy
		r.deploy = 17 * time.Minute
	}
	for i := range r.Events {
		r.Events[i].At = max(0, r.Events[i].At+r.deploy)
	}
	r.deploy, _ = releasedAt(r.Events[0])
	r.order()
	d.setTimings(r)
}

// order sorts the events by their times.
func (r *rolled) order() {
	slices.SortStableFunc(r.Events, func(a, b herokusim.Event) int { return int(a.At - b.At) })
}

// deploy is the deploy that the gate waits for.
func (d dice) deploy() *herokusim.Deploy {
	var deploy herokusim.Deploy
	if d.chance(0.15) {
		deploy.Phase = &herokusim.Phase{Takes: d.between(2*time.Second, 60*time.Second), Fails: d.chance(0.15)}
	}
	if d.chance(0.05) {
		deploy.Build = &herokusim.Build{Takes: d.between(2*time.Second, 60*time.Second)}
	}
	return &deploy
}

// setTimings says for every event how long the dynos take.
func (d dice) setTimings(r *rolled) {
	preboot, first := r.App.Preboot, true
	for i := range r.Events {
		e := &r.Events[i]
		if e.Preboot != nil {
			preboot = *e.Preboot
		}
		if e.Timing == nil {
			// A dyno that is scaled away has no successor that could hide it.
			e.Timing = d.timings(r, preboot && e.Scale == nil)
		}
		d.switched(r, e.Timing, preboot)
		if e.Deploy != nil && first {
			first = false
			if !r.ghost {
				d.crashAtBoot(e.Timing)
			}
		}
	}
	for i := range r.Releases {
		r.Releases[i].Timing = d.timings(r, r.App.Preboot)
		r.limit(r.Releases[i].Timing)
	}
	for i := range r.Events {
		r.limit(r.Events[i].Timing)
	}
}

// switched adapts the times to whether preboot is on at that time.
func (d dice) switched(r *rolled, timing map[string]herokusim.Timing, preboot bool) {
	web := timing["web"]
	switch {
	case web.Exit == nil:
		return
	case !preboot:
		web.Exit, web.Term = nil, d.spread(0, 42*time.Second)
	case !r.App.Preboot:
		// Without preboot a replaced process gets SIGTERM within 42 s, even if preboot is
		// switched on meanwhile. (The gate uses an answer about preboot for 150 s.)
		web.LeaveHidden = true
	}
	timing["web"] = web
}

// limit makes hidden web dynos end within the hold for the fewest web dynos that the
// app ever has: the hold includes 12 s for each web dyno.
func (r *rolled) limit(timing map[string]herokusim.Timing) {
	most := r.hidesFor(r.webs(least)) - time.Second
	if web := timing["web"]; web.Exit != nil {
		web.Exit = herokusim.Between(min(web.Exit.First, most), min(web.Exit.Last, most))
		timing["web"] = web
	}
}

// crashAtBoot makes the new dynos of one process type crash before they are up.
func (d dice) crashAtBoot(timing map[string]herokusim.Timing) {
	if !d.chance(0.15) {
		return
	}
	all := slices.Sorted(maps.Keys(timing))
	typ := all[d.IntN(len(all))]
	t := timing[typ]
	rest := time.Duration(0)
	t.Crash, t.Back = 1, &rest
	if d.chance(0.4) {
		rest = d.between(0, 20*time.Second)
		t.Crash = 2
	}
	t.R10 = d.chance(0.2)
	timing[typ] = t
}
