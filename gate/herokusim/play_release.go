// Releases: deploys with their builds, config changes, rollbacks, release phases.

package herokusim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const user = "developer@example.com"

func (p *play) deploy(d *Deploy, timing map[string]Timing) {
	commit := d.Commit
	if commit == "" {
		commit = strings.ReplaceAll(p.uuid(), "-", "") + fmt.Sprintf("%08x", p.rng.Uint32())
	}
	p.build(d, commit, nil, timing)
}

// build makes a release of a commit. src is the uploaded source; nil if there is none.
func (p *play) build(d *Deploy, commit string, src *source, timing map[string]Timing) {
	build := buildRecord{id: p.uuid(), status: "pending", commit: commit, source: src, created: p.now, updated: p.now}
	put := func() {
		build.updated = p.now
		p.st.builds.put(build.id, p.now, build)
	}
	done := func() {
		build.status = "succeeded"
		slug := ""
		if !p.fir() && p.sc.App.Stack != "container" {
			slug = p.uuid()
			p.st.slugs.put(slug, p.now, slugRecord{id: slug, commit: commit, source: src, created: p.now})
		}
		build.slug = slug
		build.release = p.release(p.deployDescription(commit), releaseRecord{slug: slug, commit: commit, source: src, vars: p.current.vars}, d.Phase, timing)
		put()
	}
	if d.Build == nil {
		done()
		return
	}
	put()
	p.api("Build started by user " + user)
	if src != nil {
		p.st.outputs[build.id] = output{p.now, p.now + d.Build.Takes, src.says(p.sc.stack(), d.Build.Fails)}
	}
	p.after(d.Build.Takes, func() {
		if p.over {
			return
		}
		if d.Build.Fails {
			build.status = "failed"
			put()
			p.api("Build failed -- check your build output: https://dashboard.heroku.com/apps/" + p.st.appID + "/activity/builds/" + build.id)
			return
		}
		done()
		p.api("Build succeeded")
	})
}

// deployDescription describes a release with new code. For a container app it has the
// process types, each with its image. (The capture has only one type.)
func (p *play) deployDescription(commit string) string {
	if p.sc.App.Stack != "container" {
		return "Deploy " + commit[:min(8, len(commit))]
	}
	var images []string
	for _, typ := range slices.Sorted(maps.Keys(p.types)) {
		images = append(images, fmt.Sprintf("%s (%s)", typ, commit[:12]))
	}
	return "Deployed " + strings.Join(images, ", ")
}

func (p *play) config(c *Config, timing map[string]Timing) {
	names := orElse(c.Vars, "FOO")
	vars := maps.Clone(p.current.vars)
	if vars == nil {
		vars = map[string]string{}
	}
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == ',' || r == ' ' }) {
		vars[name] = fmt.Sprintf("set in v%d", p.version+1)
	}
	r := p.current
	r.vars = vars
	p.release(fmt.Sprintf("Set %s config vars", names), r, c.Phase, timing)
}

func (p *play) rollback(r *Rollback, timing map[string]Timing) {
	p.release(fmt.Sprintf("Rollback to v%d", r.To), p.byVer[r.To], r.Phase, timing)
}

// release makes the next release, with the code and the config vars of another one,
// and returns its id. Without a release phase it gets the status succeeded at once.
func (p *play) release(description string, of releaseRecord, phase *Phase, timing map[string]Timing) string {
	if phase == nil {
		phase = of.source.phase()
	}
	p.version++
	r := releaseRecord{
		id: p.uuid(), description: description, status: "pending", version: p.version,
		slug: of.slug, commit: of.commit, source: of.source, vars: of.vars, phase: phase != nil, created: p.now,
	}
	p.api(fmt.Sprintf("%s by user %s", description, user))
	if phase == nil {
		p.succeed(r, timing)
		return r.id
	}
	r.status = orElse(phase.Status, r.status)
	p.putRelease(r)
	p.api(fmt.Sprintf("Running release v%d commands by user %s", r.version, user))
	p.phase(r, phase)
	p.after(phase.Takes, func() {
		switch {
		case p.over:
		case phase.Fails:
			r.status = "failed"
			p.putRelease(r)
		default:
			p.succeed(r, timing)
		}
	})
	return r.id
}

// putRelease records the current state of a release.
func (p *play) putRelease(r releaseRecord) {
	r.updated = p.now
	p.byVer[r.version] = r
	p.st.releases.put(r.id, p.now, r)
}

// succeed makes a release the current one, and turns the dynos to it.
func (p *play) succeed(r releaseRecord, timing map[string]Timing) {
	r.status, r.eligible = "succeeded", true
	p.api(fmt.Sprintf("Release v%d created by user %s", r.version, user))
	if r.version < p.current.version {
		p.putRelease(r) // a newer release was faster
		return
	}
	if p.current.version > 0 {
		// Not by putRelease: Heroku does not change updated_at of the release that stops being current.
		before := p.byVer[p.current.version]
		before.current = false
		p.byVer[before.version] = before
		p.st.releases.put(before.id, p.now, before)
	}
	r.current = true
	p.putRelease(r)
	p.current = r
	p.app.released = p.now
	p.st.app.put("app", p.now, p.app)
	if r.commit == "" {
		return // without code nothing runs
	}
	first := !p.grown
	p.grown = true
	if r.source != nil {
		p.setProcessTypes(r.source, first)
	}
	if first && p.sc.Young { // only a young app has no formation before its first code
		for typ, f := range p.types {
			f.created, f.updated = p.now-180*time.Millisecond, p.now-180*time.Millisecond
			p.types[typ] = f
			p.st.formation.put(typ, p.now, f)
		}
		p.api(p.scaledText(slices.Sorted(maps.Keys(p.types))))
	}
	for _, typ := range slices.Sorted(maps.Keys(p.types)) {
		if first {
			p.grow(typ, p.types[typ].quantity, timing)
		} else {
			p.roll(typ, "Restarting", timing)
		}
	}
}

// phase runs the release command in a one-off dyno. The dyno starts a bit after the
// release became pending, and ends a bit before the release does.
func (p *play) phase(r releaseRecord, phase *Phase) {
	begins, ends := min(time.Second, phase.Takes/4), phase.Takes-min(500*time.Millisecond, phase.Takes/10)
	status := 0
	if phase.Fails {
		status = 1
	}
	var lines []string
	if text := strings.TrimRight(phase.Output, "\n"); text != "" {
		lines = strings.Split(text, "\n")
	}
	p.st.outputs[r.id] = output{p.now + begins, p.now + ends, lines}
	label := fmt.Sprintf("release.%d", 1000+p.rng.IntN(9000))
	command := "bundle exec rake db:migrate"
	if r.source != nil {
		command = r.source.release
	}
	p.api(fmt.Sprintf("Starting process with command `%s` by user %s", command, user))
	p.after(begins, func() {
		p.runOneOff(OneOff{Label: label, Command: command, Takes: ends - begins, Status: status, StartLine: true}, "release", r)
		for i, line := range lines {
			p.after((ends-begins)*time.Duration(i+1)/time.Duration(len(lines)+1), func() { p.line("app", label, line) })
		}
	})
}

// oneOff runs a one-off dyno with the current release.
func (p *play) oneOff(o OneOff, typ string) {
	p.api(fmt.Sprintf("Starting process with command `%s` by user %s", orElse(o.Command, "bash"), user))
	o.StartLine = o.StartLine || typ == "scheduler"
	p.runOneOff(o, typ, p.current)
}

func (p *play) runOneOff(o OneOff, typ string, r releaseRecord) {
	d := dynoRecord{
		id: p.uuid(), label: o.Label, typ: typ, size: p.sc.usualSize(), command: orElse(o.Command, "bash"),
		state: "starting", release: r.id, version: r.version, created: p.now, updated: p.now,
	}
	p.st.dynos.put(d.label, p.now, d)
	proc := &process{index: -1, label: d.label, version: d.version}
	boot := 600 * time.Millisecond
	if o.Takes > 0 {
		boot = min(boot, o.Takes/4)
	}
	p.started(proc, d, true)
	if o.StartLine {
		p.heroku(d.label, fmt.Sprintf("Starting process with command `%s`", d.command))
	}
	p.after(boot, func() {
		p.heroku(d.label, "State changed from starting to up")
		p.st.Instances[proc.index].Up = p.now
		d.state, d.updated = "up", p.now
		p.st.dynos.put(d.label, p.now, d)
	})
	if o.Takes == 0 {
		return
	}
	p.after(o.Takes, func() {
		p.exit(proc, o.Status)
		p.after(20*time.Millisecond, func() {
			p.heroku(d.label, "State changed from up to complete")
			p.st.dynos.drop(d.label, p.now)
		})
	})
}
