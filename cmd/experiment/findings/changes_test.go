// What tests make of a made-up run: other ends, other lists, other releases.

package findings

import (
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// kill has both old processes stopped at a moment.
func (m *maker) kill(at time.Duration) {
	for i := range 2 {
		m.procs[i].sigterm, m.procs[i].last = at, at
	}
}

// third is a second deploy.
func (m *maker) third(at time.Duration) {
	m.run.Releases = append(m.run.Releases, evidence.Release{Code: 3, Version: 5, Created: began.Add(at)})
}

// turnLate has the records turn 20 s after the release.
func (m *maker) turnLate() {
	m.records = func(at time.Duration) []heroku.Dyno {
		d := m.record("web.1", at-20*sec)
		if d.Release.Version == 4 {
			d.CreatedAt = began.Add(120 * sec)
		}
		e := d
		e.Name = "web.2"
		return []heroku.Dyno{d, e}
	}
}

// again has the records of the new code turn once more, as a restart does.
func (m *maker) again(restarted time.Duration) {
	m.records = func(at time.Duration) []heroku.Dyno {
		all := []heroku.Dyno{m.record("web.1", at), m.record("web.2", at)}
		for i := range all {
			if at >= restarted {
				all[i].ID, all[i].CreatedAt = idOf("c", all[i].Name), began.Add(restarted)
			}
		}
		return all
	}
}

func status(s string) func(time.Duration) heroku.Release {
	return func(at time.Duration) heroku.Release {
		return heroku.Release{Version: 4, Status: s, CreatedAt: began.Add(100 * sec), UpdatedAt: began.Add(100 * sec)}
	}
}

var failed = status("failed")

// phaseFails is a release phase that fails, so that code 1 runs on.
func phaseFails(m *maker) {
	m.release = failed
	m.says(101*sec, "release.1", "Starting process with command `x`")
	m.says(106*sec, "release.1", "Process exited with status 1")
	m.procs = m.procs[:2]
	for i := range m.procs {
		m.procs[i].last, m.procs[i].sigterm, m.procs[i].open = 600*sec, 0, true
	}
	m.records = func(time.Duration) []heroku.Dyno { return []heroku.Dyno{m.record("web.1", 0), m.record("web.2", 0)} }
}

// allCrash has new dynos that are never up.
func allCrash(m *maker) {
	m.records = func(at time.Duration) []heroku.Dyno {
		all := []heroku.Dyno{m.record("web.1", at), m.record("web.2", at)}
		for i := range all {
			if all[i].Release.Version == 4 {
				all[i].State = "crashed"
			}
		}
		return all
	}
}

// oneUp has a new dyno up beside those that crash.
func oneUp(m *maker) {
	records := m.records
	m.records = func(at time.Duration) []heroku.Dyno {
		all := records(at)
		all[1].State = "up"
		return all
	}
}
