// What writing requests do to an app: create it, declare process types with code, change features, delete it.

package herokusim

import (
	"container/heap"
	"maps"
	"slices"
	"strings"
	"time"
)

// afterAll is larger than the number of any moment that is planned while the story is
// played. So at the time of a write, everything else that happens at that time comes first.
const afterAll = 1 << 40

// createApp begins a writable app as a new app, and plans the writes so far.
func (p *play) createApp() {
	p.now = p.grows.created
	p.app.released, p.app.prebootChanged, p.app.metricsChanged = p.now, p.now, p.now
	p.st.app.put("app", p.now, p.app)
	p.addYoungReleases()
	for i, w := range p.grows.writes {
		heap.Push(&p.queue, moment{w.at, afterAll + i, func() { w.do(p) }})
	}
}

// setProcessTypes gives the formation the process types of the Procfile. A new type has no dyno,
// except web in the first release, which has one.
func (p *play) setProcessTypes(src *source, first bool) {
	for _, typ := range slices.Sorted(maps.Keys(p.types)) {
		if _, still := src.types[typ]; still {
			continue
		}
		for staying := p.staying(typ); len(staying) > 0; staying = p.staying(typ) {
			i := len(staying) - 1
			p.remove(staying[i], p.removalTimes(typ, nil, i, len(staying)))
		}
		delete(p.types, typ)
		p.st.formation.drop(typ, p.now)
	}
	for _, typ := range slices.Sorted(maps.Keys(src.types)) {
		f, known := p.types[typ]
		if !known {
			f = formationRecord{id: p.uuid(), typ: typ, size: p.sc.newSize(), created: p.now}
			if first && typ == "web" {
				f.quantity = 1
			}
		}
		if command := src.types[typ]; f.command != command {
			f.command, f.updated = command, p.now
			p.types[typ] = f
			p.st.formation.put(typ, p.now, f)
		}
	}
}

// newSize is the size of a new process type.
func (sc *Scenario) newSize() string {
	if sc.App.Space == "" {
		return "basic"
	}
	return sc.usualSize()
}

// setVars makes a release with changed config vars. A nil value removes a variable.
func (p *play) setVars(change map[string]*string) {
	vars := maps.Clone(p.current.vars)
	if vars == nil {
		vars = map[string]string{}
	}
	verb, names := "Remove", slices.Sorted(maps.Keys(change))
	for _, name := range names {
		if change[name] == nil {
			delete(vars, name)
			continue
		}
		verb, vars[name] = "Set", *change[name]
	}
	r := p.current
	r.vars = vars
	p.release(verb+" "+strings.Join(names, ", ")+" config vars", r, nil, nil)
}

// releaseAgain makes a release with the code of an older one.
func (p *play) releaseAgain(description string, of int) {
	p.release(description, p.byVer[of], nil, nil)
}

// switchFeature switches a feature of the app.
func (p *play) switchFeature(name string, enabled bool) {
	switch name {
	case "preboot":
		p.app.preboot, p.app.prebootChanged = enabled, p.now
	case "log-runtime-metrics":
		p.app.metrics, p.app.metricsChanged = enabled, p.now
	}
	p.st.app.put("app", p.now, p.app)
}

// end deletes the app: all its processes receive SIGTERM, and nothing more begins.
func (p *play) end() {
	p.over = true
	for _, typ := range slices.Sorted(maps.Keys(p.slots)) {
		for _, s := range slices.Clone(p.slots[typ]) {
			p.remove(s, p.removalTimes(typ, nil, 0, 1))
		}
	}
	for _, proc := range p.procs {
		t := p.removalTimes("web", nil, 0, 1)
		p.stop(proc, t.term, t.stop, t.status)
	}
}

// setProgram gives an instance the behaviour of its source.
func (i *Instance) setProgram(b Behaviour, app string) {
	if b.Code == 0 {
		return
	}
	i.program = program{b.Code, b.Lines}
	i.Code, i.Process = b.Code, strings.ReplaceAll(idOf("process", app, i.ID, i.Start.String()), "-", "")[:16]
}

// formationLocked reports whether Heroku refuses to change the formation: with preboot, while
// old web processes run that the list does not show.
func (st *Story) formationLocked(at time.Duration) bool {
	app, _ := st.app.get("app", at)
	return app.preboot && slices.ContainsFunc(st.Instances, func(i Instance) bool {
		d, listed := st.dynos.get(i.Label, at)
		return i.Type == "web" && !i.OneOff && i.Running(at) && listed && d.id != i.ID
	})
}
