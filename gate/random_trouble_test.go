// Faults of the list, the log and the API in a random roll-out.

package gate_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// trouble adds faults. It loses only some lines without notice: if every line of a
// generation were lost, no gate could know about it.
func (d dice) trouble(r *rolled) {
	if d.chance(0.3) {
		r.ListLag = d.between(100*time.Millisecond, 5*time.Second)
	} else if d.chance(0.1) {
		r.ListLag = d.between(5*time.Second, 9*time.Second)
	}
	d.log(r)
	d.faults(r)
	if d.chance(0.25) {
		d.lateReleases(r)
	}
	if r.platform() == onFir && d.chance(0.4) {
		r.aims = append(r.aims, restartInPlace)
	}
	d.refusals(r)
	if r.ghost {
		return
	}
	if d.chance(0.15) {
		r.aims = append(r.aims, crashWhileStopping)
	}
	if d.chance(0.1) {
		r.aims = append(r.aims, doubleLine)
	}
	if r.platform() == onFir && d.chance(0.4) {
		r.aims = append(r.aims, quoteOnFir)
	}
	_, recent := r.recent()
	if r.blind || d.chance(0.3) || recent && d.chance(0.4) {
		d.blind(r)
	}
	if d.chance(0.3) {
		r.aims = append(r.aims, loseLine)
	} else {
		d.losses(r)
	}
}

// lateReleases makes the list of releases and the log show a release some seconds late. If also the
// clock in all the first answers is behind, the release seems to come after the gate has
// started: no gate could know better.
func (d dice) lateReleases(r *rolled) {
	if slices.ContainsFunc(r.Faults, func(f herokusim.Fault) bool { return f.Clock < 0 }) {
		return
	}
	r.Faults = append(r.Faults, herokusim.Fault{Path: "/releases", Stale: d.between(1500*time.Millisecond, 8*time.Second)})
	r.Log.APILate = d.between(4*time.Second, 9*time.Second)
}

// blind makes a log that cannot prove anything.
func (d dice) blind(r *rolled) {
	r.blind = true
	l := &r.Log
	how := d.IntN(12)
	if _, ok := r.recent(); ok && d.chance(0.7) {
		how = 10 + d.IntN(2)
	}
	switch how {
	case 0, 1, 2:
		l.Refused = 403
	case 3, 4, 5:
		r.inputs["logs"] = "off"
	case 6:
		l.L20 = true
	case 7, 8:
		n := d.IntN(300)
		l.History = &n
	case 9:
		l.SilentAfter = d.between(10*time.Second, 100*time.Second)
	case 10:
		r.aims = append(r.aims, gapBetween)
	case 11:
		r.aims = append(r.aims, historyBetween)
	}
}

// log adds faults of the log that lose no line.
func (d dice) log(r *rolled) {
	l := &r.Log
	if d.chance(0.3) {
		l.Cut = d.between(3*time.Second, 90*time.Second)
	}
	if d.chance(0.3) {
		l.Double = 0.1
	}
	if d.chance(0.3) {
		l.Late = &herokusim.Late{Share: 0.15, By: d.between(10*time.Millisecond, 2*time.Second)}
	}
	if d.chance(0.12) { // nothing but heartbeats comes any more
		l.DeafAfter, l.Cut, l.Heartbeat = d.between(5*time.Second, 5*time.Minute), time.Hour, 15*time.Second
	}
	l.PlainText = d.chance(0.2)
	l.JoinLoss = d.chance(0.3)
	if d.chance(0.2) {
		l.Chunk = 1 + d.IntN(50)
	}
	if d.chance(0.2) {
		l.Heartbeat = 15 * time.Second
	}
	if d.chance(0.1) {
		l.APILate = d.between(time.Second, 37*time.Second)
	}
	r.RestartingLine = d.chance(0.05)
	if r.ghost { // the metrics of the process must come
		l.DeafAfter, l.JoinLoss = 0, false
	}
}

// losses loses lines, with or without notice.
func (d dice) losses(r *rolled) {
	if d.chance(0.3) {
		r.Log.LoseLines = d.Float64() * 0.03
	}
	if !d.chance(0.4) {
		return
	}
	from, to := d.while(r)
	notice := []string{"L11", "L12", "L13", ""}[d.IntN(4)]
	lose := herokusim.Lose{From: from, To: to, Notice: notice, Kept: notice == "L11" && d.chance(0.5)}
	if notice == "" {
		share := 0.1 + 0.3*d.Float64()
		lose.Share = &share
	}
	r.Log.Lose = append(r.Log.Lose, lose)
}

// while is a short time around the roll-out.
func (d dice) while(r *rolled) (from, to time.Duration) {
	from = r.deploy + d.between(-60*time.Second, 400*time.Second)
	return from, from + d.between(200*time.Millisecond, 20*time.Second)
}

// faults adds faults of the API for a while.
func (d dice) faults(r *rolled) {
	for d.chance(0.4) {
		from, to := d.while(r)
		f := herokusim.Fault{From: from, To: to, Path: []string{"", "/dynos", "/releases", "/formation", "/log-sessions", "/features", "/slugs/"}[d.IntN(7)]}
		switch d.IntN(11) {
		case 0:
			f.Status, f.HTML = 503, true
		case 1:
			f.Status = 429
			if d.chance(0.8) {
				f.RetryAfter = time.Duration(1+d.IntN(20)) * time.Second
				f.RetryAfterAs = []string{"", "date", "moment"}[d.IntN(3)]
			}
		case 2:
			f.Hang = true
		case 10: // at the first answer a 404 of the app itself ends the wait
			f.Status = 404
			if f.Path == "" {
				f.Path = "/dynos"
			}
		case 3:
			f.CutBody = true
		case 4, 5:
			f.Stale = d.between(time.Second, 10*time.Second)
		case 6:
			f.Reset = true
		case 7:
			f.Delay = d.between(100*time.Millisecond, 8*time.Second)
		case 8:
			f.NoDate = true
		case 9: // an empty list is no answer of a platform that keeps its limits, but one that was seen
			f.Path, f.Body = "/dynos", "[]"
		}
		r.Faults = append(r.Faults, f)
	}
	if d.chance(0.05) { // one server's clock is behind
		share := 0.5
		r.Faults = append(r.Faults, herokusim.Fault{Share: &share, Clock: -d.between(time.Second, 40*time.Second)})
	} else if d.chance(0.1) { // the clock of a proxy is ahead
		share := []float64{0.5, 1}[d.IntN(2)]
		r.Faults = append(r.Faults, herokusim.Fault{Share: &share, Clock: d.between(7*time.Second, 2*time.Hour)})
	}
}

// refusals adds refused requests for a while, after good answers; or renames the app, whose
// old name is refused from then on.
func (d dice) refusals(r *rolled) {
	if len(r.Faults) > 0 {
		return // only without other faults it is certain that the gate had a good answer before
	}
	from := *r.Gate + d.between(20*time.Second, 200*time.Second)
	switch d.IntN(12) {
	case 0:
		r.Faults = []herokusim.Fault{{From: from, To: from + d.between(time.Second, 40*time.Second), Status: 403 + d.IntN(2), Path: []string{"/apps/", "/dynos", "/releases"}[d.IntN(3)]}}
	case 1:
		r.Faults = []herokusim.Fault{{From: from, To: from + d.between(time.Second, 5*time.Second), Status: 401}}
	case 3: // and no refusal, but a list that is slow from then on, the others being fast
		r.Faults = []herokusim.Fault{{From: from, To: time.Hour, Path: []string{"/releases", "/formation"}[d.IntN(2)], Delay: d.between(3*time.Second, 15*time.Second)}}
	case 2:
		r.renamed = from - *r.Gate
	}
}

// metrics turns on runtime metrics where they can prove something: with preboot and a short log history. Their
// lines come late, or some are lost. They may have been switched on so late that some processes do not
// report.
func (r *rolled) metrics() {
	if r.ghost {
		return // which they must give away
	}
	own := dice{rand.New(rand.NewPCG(uint64(r.seed), 78))}
	busy := !r.calm && r.App.Preboot && !r.noLog() && own.chance(0.25)
	r.Metrics = r.Metrics || busy
	if !r.Metrics {
		return
	}
	if busy {
		n, noise := own.IntN(40), 0.5
		r.blind, r.Log.History, r.Noise = true, &n, &noise
	}
	if own.chance(0.3) {
		r.MetricsChanged = r.deploy - own.between(time.Second, 400*time.Second)
		if own.chance(0.3) {
			r.MetricsChanged = -own.between(time.Hour, 50*time.Hour)
		}
	}
	if own.chance(0.3) {
		r.Log.MetricsLate = own.between(10*time.Millisecond, 9*time.Second)
	}
	if own.chance(0.3) {
		r.Log.MetricsLose = own.Float64() * 0.1
	}
}
