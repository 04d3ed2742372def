// The dynos of the formation: their labels turn to new processes, which start, crash and stop.

package herokusim

import (
	"fmt"
	"slices"
	"time"
)

// roll turns every label of a type to a new process of the current release.
func (p *play) roll(typ, why string, timing map[string]Timing) {
	p.rolls[typ]++
	roll := p.rolls[typ]
	slots := p.staying(typ)
	if p.fir() {
		p.rollPods(typ, slots, roll, timing)
		return
	}
	for i, s := range slots {
		t := p.times(typ, timing, i, len(slots))
		p.after(t.turn, func() {
			// A newer roll-out takes over the labels that have not turned yet.
			if p.rolls[typ] == roll && !s.gone {
				p.turn(s, why, t)
			}
		})
	}
}

// turn gives a label a new process. The record in the dyno list shows the new process at
// once. The old one keeps running unlisted, for seconds, or with preboot for minutes.
func (p *play) turn(s *slot, why string, t times) {
	state := s.record.state
	if state == "idle" {
		state = "down" // the log's word for it
	}
	preboot := p.prebooted(s.record.typ)
	if state == "up" || state == "starting" {
		if !preboot || why == "Cycling" || p.sc.RestartingLine {
			p.heroku(s.record.label, why)
		}
	}
	// Captured: a restart of a dyno that is not up yet prints no state line.
	if state != "starting" {
		p.heroku(s.record.label, "State changed from "+state+" to starting")
	}
	old := s.proc
	if old.runs() {
		s.hidden = append(s.hidden, old)
		old.hidden = preboot
		if preboot && p.sc.ListsHidden {
			old.listed = s.record.label + " " + s.record.id
			p.st.dynos.put(old.listed, p.now, s.record)
		}
	}
	s.crashes = 0
	p.newRecord(s)
	p.boot(s, t)
	s.hidden = slices.DeleteFunc(s.hidden, func(h *process) bool { return !h.runs() })
	for i, h := range s.hidden {
		// With preboot the end of earlier hidden processes is put off, too.
		if h == old || preboot && !t.leaveHidden {
			// The last is the newest: it ends at the exact time, the others a bit earlier.
			earlier := time.Duration(len(s.hidden)-1-i) * 40 * time.Millisecond
			p.stop(h, t.term-earlier, t.stop, t.status)
		}
	}
}

// newRecord gives the label a new record, for a new process.
func (p *play) newRecord(s *slot) {
	s.turns++
	s.proc = nil
	f := p.types[s.record.typ]
	s.record = dynoRecord{
		id: p.uuid(), label: s.record.label, typ: f.typ, size: f.size, command: f.command, state: "starting",
		release: p.current.id, version: p.current.version, created: p.now, updated: p.now,
	}
	p.st.dynos.put(s.record.label, p.now, s.record)
}

// setState changes the state of the record.
func (p *play) setState(s *slot, state string) {
	s.record.state, s.record.updated = state, p.now
	p.st.dynos.put(s.record.label, p.now, s.record)
}

// boot starts the process of a new record. It comes up or crashes.
func (p *play) boot(s *slot, t times) {
	turn, d := s.turns, s.record
	proc := &process{index: -1, label: d.label, version: d.version}
	s.proc = proc
	p.after(t.start, func() {
		if s.turns != turn {
			return
		}
		p.started(proc, d, false)
		p.heroku(d.label, fmt.Sprintf("Starting process with command `%s`", d.command))
	})
	fails := t.crash == Always || s.crashes < int(t.crash)
	if src := p.byVer[d.version].source; src != nil && src.behaviour.Crashes {
		fails = true
	}
	ready := t.up
	if fails && t.r10 {
		ready = t.start + p.bootTimeout()
	}
	p.after(ready, func() {
		switch {
		case s.turns != turn || proc.ended:
		case !fails:
			p.heroku(d.label, "State changed from starting to up")
			p.st.Instances[proc.index].Up = p.now
			p.setState(s, "up")
		case t.r10:
			p.heroku(d.label, fmt.Sprintf("Error R10 (Boot timeout) -> Web process failed to bind to $PORT within %d seconds of launch", int(p.bootTimeout().Seconds())))
			p.heroku(d.label, "Stopping process with SIGKILL")
			p.crashed(s, 137, t, nil)
		default:
			p.crashed(s, 1, t, nil)
		}
	})
}

// crashed ends the listed process by itself and plans its restart: at once after the
// first crash, and after t.back after further ones. back, if it is not nil, overrides
// both; less than zero means never.
func (p *play) crashed(s *slot, status int, t times, back *time.Duration) {
	p.exit(s.proc, status)
	s.crashes++
	turn, state, rest := s.turns, s.record.state, 100*time.Millisecond
	if s.crashes > 1 {
		rest = max(rest, t.back)
	}
	if back != nil {
		rest = *back
	}
	// Captured: the state line comes some tens of milliseconds after the exit.
	p.after(40*time.Millisecond, func() {
		if s.turns != turn {
			return
		}
		p.heroku(s.record.label, "State changed from "+state+" to crashed")
		p.setState(s, "crashed")
		if rest < 0 {
			return
		}
		p.after(rest, func() {
			if s.turns != turn {
				return
			}
			p.heroku(s.record.label, "State changed from crashed to starting")
			p.newRecord(s)
			p.boot(s, t)
		})
	})
}

// started records that a process begins to run.
func (p *play) started(proc *process, d dynoRecord, oneOff bool) {
	proc.index = len(p.st.Instances)
	p.procs = append(p.procs, proc)
	id := d.id
	if p.sc.MetricsIDs == "other" {
		id = p.uuid()
	}
	i := Instance{Label: d.label, Type: d.typ, Version: d.version, ID: d.id, OneOff: oneOff, Start: p.now, metricsID: id, reports: p.app.metrics && p.now >= p.app.metricsChanged}
	if src := p.byVer[d.version].source; src != nil && !oneOff {
		i.setProgram(src.behaviour, p.st.appID)
		proc.stop = src.behaviour.stop()
	}
	p.st.Instances = append(p.st.Instances, i)
}

// exit records that a process ends. If it does not run, nothing happens.
func (p *play) exit(proc *process, status int) {
	if !proc.runs() {
		return
	}
	proc.ended = true
	p.st.Instances[proc.index].Exit = orElse(p.now, 1) // zero would mean that it runs
	if proc.listed != "" {
		p.st.dynos.drop(proc.listed, p.now)
	}
	if proc.hidden && p.sc.SilentEnd {
		return
	}
	p.heroku(proc.label, fmt.Sprintf("Process exited with status %d", status))
}

// stop plans SIGTERM and the end of a process. A later plan replaces it, until the
// process has received SIGTERM.
func (p *play) stop(proc *process, term, stop time.Duration, status int) {
	if proc.stopping {
		return
	}
	proc.plan++
	plan := proc.plan
	if proc.stop != nil {
		stop = *proc.stop
	}
	p.after(max(term, 0), func() {
		if proc.plan != plan || !proc.runs() {
			return
		}
		proc.stopping = true
		p.st.Instances[proc.index].Term = p.now
		p.heroku(proc.label, "Stopping all processes with SIGTERM")
		if stop < grace {
			p.after(stop, func() { p.exit(proc, status) })
			return
		}
		p.after(grace, func() {
			if !proc.runs() {
				return
			}
			p.heroku(proc.label, "Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM")
			p.after(3*time.Millisecond, func() { p.heroku(proc.label, "Stopping remaining processes with SIGKILL") })
			p.after(killed-grace, func() { p.exit(proc, 137) })
		})
	})
}
