// What people and Heroku do to dynos between releases: restart, scale, crash, sleep. And the pods of Fir.

package herokusim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (p *play) restart(r *Restart, timing map[string]Timing) {
	if r.Type != "" && len(p.staying(r.Type)) == 0 {
		p.noEffect("restart of %s, which has no dyno", r.Type)
	}
	for _, typ := range slices.Sorted(maps.Keys(p.types)) {
		if r.All || r.Type == typ {
			p.roll(typ, "Restarting", timing)
		}
	}
	if r.Label != "" {
		p.replace(r.Label, "Restarting", timing)
	}
}

func (p *play) cycle(label string, timing map[string]Timing) { p.replace(label, "Cycling", timing) }

// replace turns one label to a new process.
func (p *play) replace(label, why string, timing map[string]Timing) {
	s := p.find(label)
	if s == nil {
		p.noEffect("%s is not there", label)
		return
	}
	t := p.times(s.record.typ, timing, 0, 1)
	if p.fir() {
		p.swap(s, t)
		return
	}
	p.turn(s, why, t)
}

// find returns the slot of a label; nil if there is none. On Fir "web.2" is the second pod of web.
func (p *play) find(label string) *slot {
	typ, number, _ := strings.Cut(label, ".")
	for i, s := range p.staying(typ) {
		if s.record.label == label || p.fir() && number == strconv.Itoa(i+1) {
			return s
		}
	}
	return nil
}

func (p *play) crash(c *Crash, timing map[string]Timing) {
	s := p.find(c.Label)
	if s == nil {
		p.noEffect("%s is not there", c.Label)
		return
	}
	status := 1
	if c.Status != nil {
		status = *c.Status
	}
	if c.Instance == "hidden" {
		for _, h := range s.hidden {
			if h.runs() {
				p.exit(h, status) // without a state line: the state is that of the new process
				return
			}
		}
		p.noEffect("no process of %s is hidden", c.Label)
		return
	}
	if !s.proc.runs() {
		p.noEffect("no process of %s runs", c.Label)
		return
	}
	if c.InPlace && s.record.state != "up" {
		p.noEffect("%s is not up", c.Label)
		return
	}
	if c.InPlace {
		p.exit(s.proc, status)
		s.proc = &process{index: -1, label: s.record.label, version: s.record.version}
		p.started(s.proc, s.record, false)
		p.st.Instances[s.proc.index].Up = p.now
		return
	}
	back := c.Back
	if c.Stays {
		never := time.Duration(-1)
		back = &never
	}
	t := p.times(s.record.typ, timing, 0, 1)
	t.crash = 0
	s.crashes = 0
	p.crashed(s, status, t, back)
}

// rename gives the app another name. The id stays.
func (p *play) rename(to string) {
	p.app.name = to
	p.st.app.put("app", p.now, p.app)
}

// scale changes quantities. With preboot Heroku refuses that while old dynos are
// hidden; a scenario may do it anyway.
func (p *play) scale(to map[string]int, timing map[string]Timing) { p.setFormation(to, nil, timing) }

// setFormation changes the quantities of process types, and their sizes if sizes has them.
func (p *play) setFormation(to map[string]int, sizes map[string]string, timing map[string]Timing) {
	changed := slices.Sorted(maps.Keys(to))
	resized := map[string]bool{}
	for _, typ := range changed {
		f := p.types[typ]
		size := orElse(sizes[typ], f.size)
		resized[typ] = size != f.size
		f.quantity, f.size, f.updated = to[typ], size, p.now
		p.types[typ] = f
		p.st.formation.put(typ, p.now, f)
	}
	p.api(p.scaledText(changed))
	for _, typ := range changed {
		f := p.types[typ]
		if resized[typ] {
			p.roll(typ, "Restarting", timing)
		}
		p.grow(typ, f.quantity, timing)
		for staying := p.staying(typ); len(staying) > f.quantity; staying = p.staying(typ) {
			i := len(staying) - 1
			p.remove(staying[i], p.removalTimes(typ, timing, i, len(staying)))
		}
	}
}

// scaledText is the API's log line about the new quantities of these types.
func (p *play) scaledText(types []string) string {
	var said []string
	for _, typ := range types {
		f := p.types[typ]
		said = append(said, fmt.Sprintf("%s@%d:%s", typ, f.quantity, sizeName(f.size)))
	}
	return fmt.Sprintf("Scaled to %s by user %s", strings.Join(said, " "), user)
}

// grow adds labels to a type. In captures such a start has no state line before it.
func (p *play) grow(typ string, to int, timing map[string]Timing) {
	from := len(p.staying(typ))
	for i := from; i < to; i++ {
		label := fmt.Sprintf("%s.%d", typ, i+1)
		if p.fir() {
			label = p.pod(typ)
		}
		s := p.add(typ, label)
		p.boot(s, p.times(typ, timing, i-from, to-from))
	}
}

// staying lists the slots of a type, without pods that are being replaced.
func (p *play) staying(typ string) []*slot {
	return slices.DeleteFunc(slices.Clone(p.slots[typ]), func(s *slot) bool { return s.leaving })
}

func (p *play) add(typ, label string) *slot {
	s := &slot{record: dynoRecord{typ: typ, label: label}}
	p.slots[typ] = append(p.slots[typ], s)
	p.newRecord(s)
	return s
}

// remove removes a label from the dyno list and stops its process.
func (p *play) remove(s *slot, t times) {
	typ := s.record.typ
	p.slots[typ] = slices.DeleteFunc(p.slots[typ], func(x *slot) bool { return x == s })
	s.gone = true
	s.turns++
	if s.record.state != "idle" && !p.fir() {
		p.heroku(s.record.label, "State changed from "+s.record.state+" to down")
	}
	p.st.dynos.drop(s.record.label, p.now)
	if s.proc.runs() {
		p.stop(s.proc, t.term, t.stop, t.status)
	}
}

// idle puts the web dynos to sleep; wake starts them again.
func (p *play) idle(timing map[string]Timing) {
	found := false
	for i, s := range p.slots["web"] {
		if s.record.state != "up" {
			continue
		}
		found = true
		t := p.removalTimes("web", timing, i, len(p.slots["web"]))
		p.heroku(s.record.label, "Idling")
		p.heroku(s.record.label, "State changed from up to down")
		s.turns++
		p.setState(s, "idle")
		s.hidden = append(s.hidden, s.proc)
		p.stop(s.proc, t.term, t.stop, t.status)
		s.proc = nil
	}
	if !found {
		p.noEffect("no web dyno is up")
	}
}

func (p *play) wake(timing map[string]Timing) {
	found := false
	for i, s := range p.slots["web"] {
		if s.record.state != "idle" {
			continue
		}
		found = true
		p.heroku(s.record.label, "Unidling")
		p.heroku(s.record.label, "State changed from down to starting")
		p.newRecord(s)
		p.boot(s, p.times("web", timing, i, len(p.slots["web"])))
	}
	if !found {
		p.noEffect("no web dyno sleeps")
	}
}

// rollPods replaces the pods of a type. New pods have new names; old pods stay
// listed until they receive SIGTERM.
func (p *play) rollPods(typ string, old []*slot, roll int, timing map[string]Timing) {
	n := max(len(old), p.types[typ].quantity)
	for i, s := range old {
		t := p.times(typ, timing, i, n)
		p.after(t.turn, func() {
			if p.rolls[typ] == roll && !s.gone {
				p.swap(s, t)
			}
		})
	}
}

// swap starts a new pod, and later stops the old one.
func (p *play) swap(old *slot, t times) {
	typ := old.record.typ
	if old.leaving {
		return
	}
	old.leaving = true
	p.boot(p.add(typ, p.pod(typ)), t)
	p.after(t.term, func() {
		if !old.gone {
			rest := t
			rest.term = 0
			p.remove(old, rest)
		}
	})
}

// pod makes a name like web-848cd4f64d-pvpr2: its second part stands for the release,
// the third for the pod.
func (p *play) pod(typ string) string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	var name [5]byte
	for i := range name {
		name[i] = letters[p.rng.IntN(len(letters))]
	}
	return fmt.Sprintf("%s-%s-%s", typ, strings.ReplaceAll(p.current.id, "-", "")[:10], name[:])
}

// sizeName writes a size as the API does: Standard-1X, Performance-L-RAM, Private-S.
// The sizes of Fir are in lower case.
func sizeName(size string) string {
	first, rest, _ := strings.Cut(size, "-")
	if first == "dyno" || first == "" {
		return size
	}
	name := strings.ToUpper(first[:1]) + first[1:]
	if rest != "" {
		name += "-" + strings.ToUpper(rest)
	}
	return name
}
